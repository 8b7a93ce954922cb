"""What was measured of every part of the data, by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.analysis.errors.measure import Measured
from segeval.analysis.errors.scores import (
    CategoryCosts,
    ErrorScores,
    L,
    SizeCosts,
    SliceCosts,
    ThresholdCosts,
)
from segeval.data.keys import written


def by_part(one: Measured, lost: Sequence[L]) -> ErrorScores[L]:
    """Where AP is lost in every part, by name.

    Args:
        one: whose parts they are.
        lost: where AP is lost in each of the P parts.
    """
    matches = one.matches
    counted = matches.gt_counted
    parts = list(zip(one.parts, lost, strict=True))
    buckets = {bucket.name: place for place, bucket in enumerate(matches.buckets)}
    gt = np.bincount(matches.gt_category[counted[0]], minlength=len(matches.category_ids))
    ids = written(matches.category_ids, matches.category_keys)
    sizes: list[SizeCosts[L]] = []
    for part, each in parts:
        if part.table == "size":
            place = buckets[str(part.name)]
            size, number = matches.buckets[place], int(counted[place].sum())
            ends = size.min_area, size.max_area
            sizes.append(SizeCosts(size.name, *ends, number, each, size.relative))
    slices: list[SliceCosts[L]] = []
    in_slices = [(part, each) for part, each in parts if part.table == "slice"]
    for (part, each), images in zip(in_slices, one.slices, strict=True):
        number = int((counted[0] & images[matches.gt_image]).sum())
        slices.append(SliceCosts(str(part.name), int(images.sum()), number, each))
    categories: list[CategoryCosts[L]] = []
    for part, each in parts:
        if part.table == "category":
            k = int(part.name)
            categories.append(CategoryCosts(ids[k], matches.category_names[k], int(gt[k]), each))
    return ErrorScores(
        iou=matches.request.iou,
        gt=int(gt.sum()),
        overall=lost[0],
        thresholds=tuple(
            ThresholdCosts(float(part.name), each)
            for part, each in parts
            if part.table == "threshold"
        ),
        sizes=tuple(sizes),
        slices=tuple(slices),
        categories=tuple(categories),
    )
