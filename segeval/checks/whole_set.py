"""The set as a whole: images that nobody predicted anything for, and crowd regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import shown_id
from segeval.findings import Finding
from segeval.words import counted, first_few

FEW = 3
"""Fewer images without predictions are not worth reporting."""

MANY = 0.2
"""Share of images without predictions that is always reported."""

SOME = 0.02
"""Share that is reported if a model predicts much for nearly every other image."""

MUCH = 10
"""Least predictions in nine of ten of these images of a model that predicts much."""

COMMON = 10
"""Least objects of a category whose lack of predictions is reported."""

COMMON_SHARE = 0.05
"""Least share of all objects that such a category has."""

LEAST_CROWDS = 5
"""Least annotations of a category of crowd regions alone that is reported."""

SHOWN = 3
"""Most categories named in a message."""

CROWDED = 0.3
"""Least share of crowd regions for which they are reported."""

NOT_RUN_LENGTHS = "iscrowd marks groups of objects, not run lengths."
"""The hint on crowd regions."""


def images_without_predictions(records: Records[Predictions]) -> Iterator[Finding]:
    """Images with objects but no prediction, if they are a striking part.

    Nothing is said where predictions were refused: theirs may be the images.
    """
    gt = records.gt
    if gt is not None and not records.unreadable:
        images = distinct(gt.image_id[~gt.is_crowd])
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


def without_predictions(
    source: str, images: Sequence[str], found: NDArray[np.integer]
) -> Iterator[Finding]:
    """Images with objects but no prediction, in files whose images cannot be chosen.

    Args:
        source: name of the predictions.
        images: the images with objects.
        found: number of predictions in each, shape (I,).
    """
    missing = int((found == 0).sum())
    if FEW <= missing < len(images) and missing >= MANY * len(images):
        yield Finding(
            "warn",
            "images without predictions",
            f"{missing:,} of {counted(len(images), 'image')} with objects have no prediction: "
            f"their objects count as missed, first image {images[int(np.argmin(found))]}",
            count=missing,
            path=source,
            hint="Was the model run on a part?",
            code="no-prediction-for-images",
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
            hint=NOT_RUN_LENGTHS,
            field="iscrowd",
        )
        return
    if not len(crowd) or gt.is_lvis:
        return
    for category in distinct(gt.category_id[crowd]).tolist():
        own = rows[gt.category_id[rows] == category]
        if len(own) >= LEAST_CROWDS and gt.is_crowd[own].all():
            yield records.finding(
                "warn",
                "crowd regions",
                f"all {len(own):,} annotations of category {_category(gt, category)} are crowd "
                "regions (iscrowd 1): it has no AP",
                code="crowd-share",
                rows=own,
                hint=NOT_RUN_LENGTHS,
                field="iscrowd",
            )


def categories_without_predictions(
    records: Records[Predictions], objects: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Categories of many objects that no prediction is of, though other ones have predictions.

    Args:
        records: the predictions.
        objects: rows of the ground truth that take part; None for all.
    """
    gt = records.gt
    if gt is None or gt.is_lvis or records.unreadable or not len(records.columns):
        return
    rows = np.arange(len(gt)) if objects is None else objects
    categories, counts = np.unique(gt.category_id[rows[~gt.is_crowd[rows]]], return_counts=True)
    found = np.isin(categories, records.columns.category_id)
    missing = ~found & (counts >= np.maximum(COMMON, COMMON_SHARE * counts.sum()))
    if not found.any() or not missing.any():
        return
    shown = [
        f"{_category(gt, category)}: {count:,}"
        for category, count in zip(
            categories[missing].tolist(), counts[missing].tolist(), strict=True
        )
    ]
    which = counted(int(missing.sum()), "category has", "categories have")
    yield records.finding(
        "warn",
        "categories without predictions",
        f"{which} objects, but no prediction ({first_few(shown, SHOWN)}): "
        f"{'its' if len(shown) == 1 else 'their'} AP is 0",
        code="no-prediction-for-category",
        count=int(counts[missing].sum()),
        hint="Are all classes of the model written?",
        field="category_id",
    )


def _category(gt: GroundTruth, category: int) -> str:
    """A category by its id and name: "3 (car)"."""
    shown = shown_id(category, gt.categories.keys)
    place = np.flatnonzero(gt.categories.id == category)
    name = gt.categories.names[place[0]] if len(place) else ""
    return f"{shown} ({name})" if name and name != str(shown) else str(shown)
