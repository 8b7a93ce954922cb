"""The set as a whole: images that nobody predicted anything for, and crowd regions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import shown_id
from segeval.findings import Finding
from segeval.words import counted

FEW = 3
"""Images without predictions that are not worth saying."""

MANY = 0.2
"""Share of images without predictions that is always striking."""

SOME = 0.02
"""Share that is striking where a model predicts much for every other image."""

MUCH = 10
"""Predictions in nine of ten of the other images from which on they are much."""

CROWDED = 0.3
"""Share of crowd regions from which on they are reported."""


def images_without_predictions(records: Records[Predictions]) -> Iterator[Finding]:
    """Images with objects but no prediction, if there are strikingly many.

    Nothing is said where predictions were refused: theirs may be the images.
    """
    gt = records.gt
    if gt is not None and not records.unreadable:
        images = np.unique(gt.image_id[~gt.is_crowd])
        places = index_of(records.columns.image_id, images)
        counts = np.bincount(places[places >= 0], minlength=len(images))
        yield from unpredicted_images(records, images, counts)


def unpredicted_images(
    records: Records[Predictions], images: NDArray[np.int64], found: NDArray[np.int64]
) -> Iterator[Finding]:
    """Images with objects but no prediction, if there are strikingly many.

    Args:
        records: the predictions.
        images: ids of the images with objects, ascending, shape (I,).
        found: number of predictions in each, shape (I,).
    """
    missing = int((found == 0).sum())
    if missing < FEW or missing == len(images):
        return
    share = missing / len(images)
    if share < MANY and (share < SOME or np.quantile(found[found > 0], 0.1) < MUCH):
        return
    first = shown_id(images[np.argmin(found)], records.columns.image_keys)
    yield records.finding(
        "warn",
        "images without predictions",
        f"{missing:,} of {counted(len(images), 'image')} with objects have no prediction: their "
        f"objects count as missed, first image {first}",
        code="no-prediction-for-images",
        count=missing,
        hint="Was the model run on a part? Choose its images with `images`.",
        option="images",
    )


def crowd_share(
    records: Records[GroundTruth], rows: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Crowd regions, if there are many: they never count as objects. LVIS has none.

    Args:
        records: the annotations.
        rows: rows that take part; None for all.
    """
    gt = records.columns
    rows = np.arange(len(gt)) if rows is None else rows
    crowd = rows[gt.is_crowd[rows]]
    if len(crowd) and len(crowd) >= CROWDED * len(rows) and not gt.is_lvis:
        yield records.finding(
            "warn",
            "crowd regions",
            f"{len(crowd):,} of {counted(len(rows), 'annotation')} "
            f"{'is a crowd region' if len(crowd) == 1 else 'are crowd regions'} (iscrowd 1): never "
            "missed and never found",
            code="crowd-share",
            rows=crowd,
            hint="iscrowd marks groups of objects, not run lengths.",
            field="iscrowd",
        )
