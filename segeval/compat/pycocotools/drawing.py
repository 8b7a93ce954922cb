"""What `COCO.showAnns` draws, into the current axes of matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.records import Record
from segeval.errors import InputError


def show(coco: Any, anns: list[Record], *, boxes: bool) -> int | None:
    """Draw annotations, or print captions.

    Args:
        coco: the data set that they are of.
        anns: the annotations.
        boxes: draw their boxes, too.

    Raises:
        InputError: for annotations that have neither masks, keypoints nor captions.
    """
    if not len(anns):
        return 0
    if "segmentation" in anns[0] or "keypoints" in anns[0]:
        _draw(coco, anns, boxes=boxes)
    elif "caption" in anns[0]:
        for ann in anns:
            print(ann["caption"])
    else:
        raise InputError(
            f"annotations with {', '.join(map(str, anns[0]))} cannot be drawn, expected "
            "segmentation, keypoints or caption.",
            code="type",
            option="anns",
        )
    return None


def _draw(coco: Any, anns: list[Record], *, boxes: bool) -> None:
    """Draw masks, keypoints and boxes."""
    import matplotlib.pyplot as plt  # only now: numbers need none of it
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Polygon

    axes = plt.gca()
    axes.set_autoscale_on(False)
    outlines, colours = [], []
    for ann in anns:
        colour = (np.random.random((1, 3)) * 0.6 + 0.4).tolist()[0]  # noqa: NPY002 - users seed it
        mask = ann.get("segmentation")
        corners = []
        if isinstance(mask, list):
            corners += [np.array(part).reshape(len(part) // 2, 2) for part in mask]
        elif mask is not None:
            axes.imshow(_layer(coco, ann))
        if isinstance(ann.get("keypoints"), list):
            _draw_keypoints(plt, coco, ann, colour)
        if boxes:
            x, y, width, height = ann["bbox"]
            right, bottom = x + width, y + height
            corners.append(np.array([[x, y], [x, bottom], [right, bottom], [right, y]]))
        outlines += [Polygon(part) for part in corners]
        colours += [colour] * len(corners)
    axes.add_collection(PatchCollection(outlines, facecolor=colours, linewidths=0, alpha=0.4))
    axes.add_collection(
        PatchCollection(outlines, facecolor="none", edgecolors=colours, linewidths=2)
    )


def _layer(coco: Any, ann: Record) -> NDArray[np.float64]:
    """A mask as a half transparent picture, (H, W, 4)."""
    pixels = coco.annToMask(ann)
    colour = np.array([2.0, 166.0, 101.0]) / 255
    if ann["iscrowd"] == 0:
        colour = np.random.random(3)  # noqa: NPY002 - users seed it
    picture = np.ones((*pixels.shape, 3)) * colour
    return np.dstack((picture, pixels * 0.5))


def _draw_keypoints(plt: Any, coco: Any, ann: Record, colour: list[float]) -> None:
    """Draw the skeleton and the points of an annotation."""
    skeleton = np.array(coco.loadCats(ann["category_id"])[0]["skeleton"]) - 1
    points = np.array(ann["keypoints"])
    x, y, seen = points[0::3], points[1::3], points[2::3]
    for line in skeleton:
        if np.all(seen[line] > 0):
            plt.plot(x[line], y[line], linewidth=3, color=colour)
    for least, edge in ((0, "k"), (1, colour)):
        plt.plot(
            x[seen > least], y[seen > least], "o", markersize=8, markerfacecolor=colour,
            markeredgecolor=edge, markeredgewidth=2,
        )  # fmt: skip
