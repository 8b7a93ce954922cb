"""The CSV files of Open Images as a whole: repeated lines, and images without predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.repeats import amid, equal_rows, keys_of
from segeval.checks.whole_set import without_predictions
from segeval.data.open_images import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.findings import Finding
from segeval.masks import CompressedMasks
from segeval.words import counted


def mistakes_of_set(preds: OpenImagesPredictions, gt: OpenImagesGroundTruth) -> Iterator[Finding]:
    """Predictions and objects that are there several times, and images without predictions."""
    yield from _repeated_predictions(preds)
    yield from _repeated_objects(gt)
    places = preds.images_among(gt.image_ids)
    found = np.zeros(len(gt.image_ids), np.int64)
    np.add.at(
        found, places[places >= 0], np.bincount(preds.image, minlength=len(places))[places >= 0]
    )
    objects = np.bincount(gt.image, minlength=len(gt.image_ids)) > 0
    yield from without_predictions(
        preds.source, np.array(gt.image_ids)[objects].tolist(), found[objects]
    )


def _repeated_predictions(preds: OpenImagesPredictions) -> Iterator[Finding]:
    """Predictions of one image, class, score and mask or box."""
    columns: list[NDArray[Any]] = [preds.image, preds.label, preds.score]
    groups = _repeats(columns, preds.boxes_xyxy, preds.masks)
    if groups:
        what = "box" if preds.masks is None else "mask"
        yield _finding(
            preds.source,
            groups,
            f"{counted(len(groups), 'prediction is', 'predictions are')} there {_often(groups)} "
            f"(same image, class, score and {what}), first in image "
            f"{preds.image_ids[preds.image[groups[0][0]]]}",
            "Gathered from several processes?",
        )


def _repeated_objects(gt: OpenImagesGroundTruth) -> Iterator[Finding]:
    """Objects of one image, class, box and mask."""
    masks = gt.masks.take(np.maximum(gt.mask, 0)) if len(gt.masks) else None
    groups = _repeats([gt.image, gt.label, gt.mask >= 0], gt.boxes_xyxy, masks, gt.mask >= 0)
    if groups:
        yield _finding(
            gt.source,
            groups,
            f"{counted(len(groups), 'object is', 'objects are')} there {_often(groups)} (same "
            f"image, class and box), first in image {gt.image_ids[gt.image[groups[0][0]]]}",
            "Each counts as an object of its own.",
        )


def _repeats(
    columns: Sequence[NDArray[Any]],
    boxes: NDArray[np.float64] | None,
    masks: CompressedMasks | None,
    has_mask: NDArray[np.bool_] | None = None,
) -> list[list[int]]:
    """Rows that are equal in all columns, and in box and mask where they have them."""
    sides = [] if boxes is None else [*boxes.T]
    parts = [*columns, *sides, *([] if masks is None or sides else [masks.lengths, amid(masks)])]

    def content(row: int) -> tuple[object, ...]:
        text = masks.bytes_of(row) if masks is not None else b""
        own = text if has_mask is None or has_mask[row] else b""
        return (*(part[row] for part in (*columns, *sides)), own)

    return equal_rows(np.arange(len(columns[0])), keys_of(parts), content)


def _often(groups: list[list[int]]) -> str:
    """How often records are there."""
    return "twice" if max(map(len, groups)) == 2 else "several times"


def _finding(source: str, groups: list[list[int]], message: str, hint: str) -> Finding:
    """The finding about groups of equal records."""
    return Finding(
        "warn", "repeats", message, count=len(groups), path=source, hint=hint, code="repeats"
    )
