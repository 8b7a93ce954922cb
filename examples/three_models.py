"""I have three models. Do they give more together than the best of them alone?"""

import random

import segeval
from segeval.data.synthetic import furniture

# Rooms with furniture, and what two models predict in them. The third model sees seven of ten
# objects without holes and draws them with a shaky hand. It is the worst, but finds half of what
# the best one misses.
made = furniture(images=30)
random.seed(0)
third = [
    {
        "image_id": thing["image_id"],
        "category_id": thing["category_id"],
        "bbox": thing["bbox"],
        "segmentation": [[x + random.gauss(0, 3) for x in part] for part in thing["segmentation"]],
        "score": random.betavariate(4, 2),
    }
    for thing in made.ground_truth["annotations"]
    if isinstance(thing["segmentation"], list) and random.random() < 0.7
]
models = {"first": made.better, "second": made.weaker, "third": third}

# What a model is worth is its AP on images with ground truth, and its weight follows from that.
# The same images would flatter what they chose. So they are cut in five: each fifth judges what the
# other four chose, the best model included.
gt = segeval.load_ground_truth(made.ground_truth)
for names in (["first", "second"], ["first", "second", "third"]):
    found = segeval.fuse([models[name] for name in names], fit=gt)
    gain = found.scores.gain
    if gain is None or gain.over_best.interval is None:
        raise SystemExit("nothing can be said about the gain")
    alone, together = 100 * (gain.over_best.a or 0), 100 * (gain.over_best.b or 0)
    low, high = (100 * end for end in gain.over_best.interval)
    print(f"{' + '.join(names)}: AP {together:.1f}, the best alone {alone:.1f}")
    verdict = gain.over_best.verdict.value
    print(f"  gain {together - alone:+.1f} ({low:+.1f} .. {high:+.1f}): {verdict}")

    # What is each of them worth, and how much of it stays?
    for name, share in zip(names, found.scores.models, strict=True):
        print(f"  {name:6}  AP {100 * (share.worth or 0):.1f}", end=", ")
        print(f"weight {share.weight:.2f}, {share.rows} of {share.predictions} rows kept")
