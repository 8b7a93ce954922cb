"""Whether part files of two models hold the same images and objects, matched by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import written
from segeval.errors import MismatchError
from segeval.metrics.coco import merging
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.streaming.matches import streamed
from segeval.metrics.parts.alike import check_alike, other_objects
from segeval.metrics.parts.digests import row_digests

OF_PREDICTIONS = ("area_from", "skip_unknown")
"""Rules that may follow from the predictions of a model."""


def check_comparable_matches(paths: Sequence[str | Path]) -> None:
    """Refuse part files by other rules, or of other images or ground truth.

    Args:
        paths: of the parts, at least one.

    Raises:
        InputError: if there is no such file.
        FormatError: if one is something else, damaged, or of another version.
        MismatchError: names the first difference: a rule with both values, or an image.
    """
    first: tuple[str, list[Matches], dict[str, str | None]] | None = None
    for path in paths:
        found, compat = streamed(path)
        name, frames = str(path), [own.without_predictions() for own in found]
        kinds = ",".join(frame.request.iou for frame in frames)
        rules = {"iou": kinds, "compat": compat}
        if first is None:
            first = name, frames, rules
            continue
        check_alike([(first[0], first[2]), (name, rules)])
        for one, other in zip(first[1], frames, strict=True):
            check_same_images(first[0], one, name, other)


def check_same_images(first: str, one: Matches, name: str, other: Matches) -> None:
    """Refuse matches by other rules, or of other images or ground truth.

    Args:
        first: name of the part that is right.
        one: its matches, with or without predictions.
        name: of the other part.
        other: its matches.

    Raises:
        MismatchError: names the first difference.
    """
    its, own = merging.numbered_alike([one, other], [first, name])
    rules = [
        {what: value for what, value in each.alike().items() if what not in OF_PREDICTIONS}
        for each in (its, own)
    ]
    check_alike([(first, rules[0]), (name, rules[1])])
    alone = np.setxor1d(own.image_ids, its.image_ids)
    if len(alone):
        [key] = written(alone[:1], own.image_keys)
        lacks, holds = (first, name) if alone[0] in own.image_ids else (name, first)
        raise MismatchError(
            f"{lacks}: does not hold image {key!r}, which {holds} holds. Match both models on the "
            "same images.",
            code="images",
            path=lacks,
        )
    differs = np.flatnonzero(_object_digests(own, its) != _object_digests(its, own))
    if len(differs):
        [key] = written(own.image_ids[differs[:1]], own.image_keys)
        raise other_objects(name, key, first)


def _object_digests(matches: Matches, beside: Matches) -> NDArray[np.uint64]:
    """Hashes of the objects of each image, uint64, shape (I,).

    Args:
        matches: with the objects.
        beside: what they are compared with: as they were read if both parts know.
    """
    found = np.zeros(len(matches.image_ids), np.uint64)
    np.add.at(found, matches.gt_image, row_digests([matches.gt_category, *matches.gt_counted]))
    known, others = (
        None if each.evidence is None else each.evidence.by_image for each in (matches, beside)
    )
    return found if known is None or others is None else row_digests([found, known.objects])
