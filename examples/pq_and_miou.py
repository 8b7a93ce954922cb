"""Two models draw the same street. Why does mIoU prefer one of them, and PQ the other?"""

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import segeval

Map = NDArray[np.int64]
CATEGORIES = [{"id": 1, "name": "road", "isthing": 0}, {"id": 2, "name": "car", "isthing": 1}]


# A map has a number at every pixel: 1 is the road, and 2, 3, ... are cars, bumper to bumper. One
# model knows the class of every pixel and takes cars that touch for one; the other tells them apart
# and loses two pixels along their edges.
def street(rng: np.random.Generator) -> Map:
    """Four cars in a row on a road, shape (60, 160)."""
    pixels = np.ones((60, 160), np.int64)
    edges = 10 + np.cumsum([0, *rng.integers(20, 34, 4)])
    for car in range(4):
        pixels[22:42, edges[car] : edges[car + 1]] = 2 + car
    return pixels


def joined(truth: Map) -> Map:
    """All cars as one, exact."""
    return np.minimum(truth, 2)


def shrunk(truth: Map) -> Map:
    """Every car by itself, two pixels smaller on all sides."""
    moves = [(2, 0), (-2, 0), (0, 2), (0, -2)]
    inside = [np.roll(truth, move, axis=(0, 1)) == truth for move in moves]
    return np.where(np.all(inside, axis=0), truth, 1)


def segments(pixels: Map) -> dict[str, object]:
    """The map and the category of every number in it."""
    found = [{"id": int(each), "category_id": int(min(each, 2))} for each in np.unique(pixels)]
    return {"segmentation": pixels, "segments_info": found}


# Mean IoU compares the pixels of classes. Panoptic quality first looks for a partner of every car,
# and a row of four is the partner of none: if cars are counted, look at PQ.
truths = [street(np.random.default_rng(seed)) for seed in range(20)]
figure, axes = plt.subplots(3, layout="constrained", figsize=(6, 7))
axes[0].imshow(truths[0], vmin=1, vmax=5)
axes[0].set_title("truth")
for model, ax in zip((joined, shrunk), axes[1:], strict=True):
    seen = [model(truth) for truth in truths]
    preds, gt = ([np.minimum(each, 2) for each in maps] for maps in (seen, truths))
    miou = segeval.mean_iou(preds, gt, classes={1: "road", 2: "car"}).miou
    quality = segeval.PanopticMetric(CATEGORIES)
    quality.update(range(20), [segments(each) for each in seen], [segments(t) for t in truths])
    pq = quality.compute().flat()["PQ"]
    print(f"{model.__name__}: mIoU {100 * (miou or 0):.1f}, PQ {100 * pq:.1f}")
    print(quality.compute().table("category"))
    ax.imshow(seen[0], vmin=1, vmax=5)
    ax.set_title(model.__name__)
figure.savefig("pq_and_miou.png")
