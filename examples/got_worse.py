"""My new model is better on the whole. Which images got worse, and what happens in them?"""

import matplotlib.pyplot as plt

import segeval
from segeval import plots
from segeval.analysis import evaluated, image_errors
from segeval.data.synthetic import furniture
from segeval.pictures import Seen, image_tiles

# Rooms with furniture. The new model makes about half of the mistakes of the old one.
made = furniture(images=40)
gt, old, new = made.ground_truth, made.weaker, made.better

# A comparison also knows the AP of every image by itself.
found = segeval.compare(old, new, gt)
of, pair = found.flat(), found.scores.pairs[0]
print(f"AP {100 * of['AP/a']:.1f} -> {100 * of['AP/b']:.1f}, {found.verdict}")
print("images:", ", ".join(f"{number} {word}" for word, number in pair.image_counts.items()))
change = {image.id: 100 * (image.difference or 0) for image in pair.images}
worst = sorted(change, key=change.__getitem__)[: pair.image_counts["worse"]]

# What happens there? Look at predictions of at least 0.5, as a product would.
models = []
for name, preds in (("old", old), ("new", new)):
    shown = evaluated(preds, gt, min_score=0.5)
    models.append(Seen(name, shown, image_errors(shown, threshold=0.5)))
ids = models[0].matches.image_ids.tolist()
tiles = image_tiles(models, [ids.index(image) for image in worst])
for tile in tiles:
    true, false, missed = tile.counts
    print(f"{tile.name} {change[tile.image_id]:+.1f}", end="   ")
    print(f"{tile.model}: {true} true, {false} false, {missed} missed")

# The image that lost most, before and after: T is true, F false, N not found.
figure, ax = plt.subplots(figsize=(7, 2.7), layout="constrained")
plots.plot_images(tiles[:2], ax=ax)
figure.savefig("got_worse.png")
