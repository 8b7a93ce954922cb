"""The rules of the Open Images challenge, written down slowly: dense masks, dictionaries, loops.

Shares nothing with segeval. Matching goes by dense arrays, one prediction at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass
class Object:
    """One annotated object; box is x0, y0, x1, y1 as parts of the image, mask None for a box."""

    image: str
    label: str
    box: Box
    mask: Mask | None
    is_group: bool


@dataclass
class Found:
    """One prediction."""

    image: str
    label: str
    score: float
    mask: Mask


def parents_of(node: Mapping[str, Any], path: Sequence[str] = ()) -> dict[str, set[str]]:
    """The labels above each label, without the root."""
    result: dict[str, set[str]] = defaultdict(set)
    for child in node.get("Subcategory", []):
        result[child["LabelName"]] |= set(path)
        for label, above in parents_of(child, [*path, child["LabelName"]]).items():
            result[label] |= above
    return result


def tight(mask: Mask) -> Box:
    """The box around a mask."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return (
        columns.min() / width,
        rows.min() / height,
        (columns.max() + 1) / width,
        (rows.max() + 1) / height,
    )


def overlap(found: Found, gt: Object, *, by_box: bool, over_own: bool) -> float:
    """IoU, or the part of the prediction that is shared."""
    if not by_box:
        assert gt.mask is not None
        shared = np.float32((found.mask & gt.mask).sum())
        own, other = np.float32(found.mask.sum()), np.float32(gt.mask.sum())
        if over_own:
            return float(shared / (own + np.float32(1e-7)))
        return float(shared / np.maximum(own + other - shared, np.float32(1e-7)))
    a, b = tight(found.mask), gt.box
    wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    high = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    area, gt_area = ((one[2] - one[0]) * (one[3] - one[1]) for one in (a, b))
    return wide * high / (area if over_own else area + gt_area - wide * high)


def cell(
    found: list[Found], objects: list[Object], *, by_box: bool, weight: float
) -> list[tuple[float, float]]:
    """Score and value of what one image and class add to the ranking."""
    ranked = sorted(found, key=lambda one: -one.score)
    value: dict[int, float] = dict.fromkeys(range(len(ranked)), 0.0)
    groups: list[tuple[float, float]] = []
    settled: set[int] = set()
    stages = [(box, group) for box in (False, True) for group in (False, True)]
    for box, group in stages:
        of_stage = [
            one for one in objects if one.is_group == group and (by_box or one.mask is None) == box
        ]
        best: dict[int, float] = {}
        taken: set[int] = set()
        for place, one in enumerate(ranked if of_stage else []):
            values = [overlap(one, gt, by_box=box, over_own=group) for gt in of_stage]
            at = int(np.argmax(values))
            if place in settled or values[at] < 0.5:
                continue
            if group:
                settled.add(place)
                del value[place]
                best[at] = max(best.get(at, 0.0), one.score)
            elif at not in taken:
                taken.add(at)
                settled.add(place)
                if box and not by_box:
                    del value[place]
                else:
                    value[place] = 1.0
        if by_box or not box:
            groups += [(score, weight) for score in best.values() if weight > 0]
    return [(ranked[place].score, one) for place, one in value.items()] + groups


def average_precisions(
    found: list[Found],
    objects: list[Object],
    verified: list[tuple[str, str, bool]],
    tree: Mapping[str, Any],
    *,
    by_box: bool = False,
    weight: float = 1.0,
) -> dict[str, float | None]:
    """AP of every class that occurs."""
    above = parents_of(tree)
    objects = [
        Object(one.image, label, one.box, one.mask, one.is_group)
        for one in objects
        for label in (one.label, *above[one.label])
    ]
    # of equal overlaps the first by XMin, XMax, YMin, YMax wins
    objects.sort(key=lambda one: (one.box[0], one.box[2], one.box[1], one.box[3]))
    known = {(one.image, one.label) for one in objects}
    for image, label, present in verified:
        others = above[label] if present else {low for low, up in above.items() if label in up}
        known |= {(image, each) for each in (label, *others)}
    found = [one for one in found if (one.image, one.label) in known and one.mask.any()]
    result: dict[str, float | None] = {}
    for label in sorted({label for _, label in known}):
        of_class = [one for one in objects if one.label == label]
        counted = [one for one in of_class if by_box or one.mask is not None]
        positives = sum(weight if one.is_group else 1.0 for one in counted)
        if positives == 0:
            result[label] = None
            continue
        entries: list[tuple[float, float]] = []
        for image in sorted({one.image for one in found}):
            entries += cell(
                [one for one in found if (one.image, one.label) == (image, label)],
                [one for one in of_class if one.image == image],
                by_box=by_box,
                weight=weight,
            )
        entries.sort(key=lambda entry: -entry[0])
        result[label] = _area([value for _, value in entries], positives)
    return result


def _area(values: list[float], positives: float) -> float:
    """Area under the highest precision at each recall or above."""
    points: list[tuple[float, float]] = []
    true = false = 0.0
    for value in values:
        true, false = true + value, false + (value == 0)
        points.append((true / positives, true / (true + false)))
    area = last = 0.0
    for place, (recall, _) in enumerate(points):
        area += (recall - last) * max(precision for _, precision in points[place:])
        last = recall
    return area
