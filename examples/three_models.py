"""I have three models. Do they give more together than the best of them alone?"""

import random

import segeval
from segeval.data.synthetic import furniture

# Three models of different worth. The third is like the first in some images and like the second in
# the others, and overlooks a tenth of what they see.
made = furniture(images=60)
random.seed(0)
like_first = {image["id"] for image in made.ground_truth["images"] if random.random() < 0.5}
third = [row for row in made.better if row["image_id"] in like_first]
third += [row for row in made.weaker if row["image_id"] not in like_first]
third = [row for row in third if random.random() < 0.9]
models = [made.better, made.weaker, third]

# What a model is worth is its AP on images with ground truth, and its weight follows from that.
# The same images would flatter what they chose. So they are cut in five: each fifth judges what the
# other four chose, the best model included.
gt = segeval.load_ground_truth(made.ground_truth)
together = {name: segeval.fuse(models, strategy=name, fit=gt) for name in ("nms", "interp", "wbf")}
for name, found in together.items():
    gain = found.scores.gain
    if gain is not None and gain.over_best.interval is not None:
        best, merged = 100 * (gain.over_best.a or 0), 100 * (gain.over_best.b or 0)
        low, high = (100 * end for end in gain.over_best.interval)
        print(f"{name:6}  AP {best:.1f} alone, {merged:.1f} together", end="   ")
        print(f"{merged - best:+.1f} ({low:+.1f} .. {high:+.1f})  {gain.over_best.verdict.value}")

# `interp` wins here. What does it make of the three?
for model, share in zip(
    ("first", "second", "third"), together["interp"].scores.models, strict=True
):
    worth = 100 * (share.worth or 0)
    print(f"{model:6}  AP {worth:.1f}, scores times {share.weight:.2f}: ", end="")
    print(f"{share.rows} of {share.predictions} rows kept")
together["interp"].save("merged.json")
