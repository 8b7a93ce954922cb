"""The set as a whole: images that nobody predicted anything for, and crowd regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.checks.warning_codes import UNPREDICTED
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import Keys, shown_id, shown_key, written
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.words import counted, first_few

UNPREDICTED_KIND = "images without predictions"
"""The kind of finding on such images."""

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
    """Images with objects but no prediction: a warning if they are a striking part, else a note.

    Nothing is said where predictions were refused: theirs may be the images.
    """
    gt = records.gt
    if gt is not None and not records.unreadable:
        images = distinct(gt.image_id[~gt.is_crowd])
        places = index_of(records.columns.image_id, images)
        counts = np.bincount(places[places >= 0], minlength=len(images))
        keys, source = records.columns.image_keys, records.columns.source
        found = PredictedImages.of(images, counts)
        told = next(unpredicted_images(source, found, keys), None)
        if told is not None:
            yield replace(told, total=len(images))
        elif found.first is not None and len(records.columns):
            missing = int((counts == 0).sum())
            yield Finding(
                "note",
                UNPREDICTED_KIND,
                f"{missing:,} of {counted(len(images), 'image')} with objects "
                f"{'has' if missing == 1 else 'have'} no prediction, first image "
                f"{shown_id(found.first, keys)}",
                count=missing,
                path=source,
                code=UNPREDICTED,
                total=len(images),
            )


@frozen(eq=False, repr=False)
class PredictedImages:
    """Images with objects, by how much was predicted for them.

    Attributes:
        images: their number.
        first: id of the first one without predictions, None if there is none.
        number: different numbers of predictions of the others, ascending, int64.
        often: how many images have each, int64.
    """

    images: int
    first: int | None
    number: NDArray[np.int64]
    often: NDArray[np.int64]

    @classmethod
    def of(cls, images: NDArray[np.int64], found: NDArray[np.int64]) -> PredictedImages:
        """Those of images.

        Args:
            images: their ids, ascending, shape (I,).
            found: number of predictions in each, shape (I,).
        """
        there = found > 0
        number = distinct(found[there])
        often = np.bincount(np.searchsorted(number, found[there]), minlength=len(number))
        first = None if there.all() else int(images[np.argmin(there)])
        return cls(len(images), first, number, often)

    @classmethod
    def together(cls, parts: Sequence[PredictedImages]) -> PredictedImages:
        """Those of several lists of images, each of which comes before the next."""
        every = np.concatenate([part.number for part in parts])
        number = distinct(every)
        often = np.zeros(len(number), np.int64)
        more = np.concatenate([part.often for part in parts])
        np.add.at(often, np.searchsorted(number, every), more)
        first = next((part.first for part in parts if part.first is not None), None)
        return cls(sum(part.images for part in parts), first, number, often)


def unpredicted_images(source: str, found: PredictedImages, keys: Keys | None) -> Iterator[Finding]:
    """Images with objects but no prediction, if there are strikingly many.

    Args:
        source: name of the predictions.
        found: the images with objects.
        keys: those of the ids, as in `Images`.
    """
    missing = found.images - int(found.often.sum())
    if missing < FEW or missing == found.images or found.first is None:
        return
    share = missing / found.images
    if share < SOME:
        return
    if share < MANY and np.quantile(np.repeat(found.number, found.often), 0.1) < MUCH:
        return
    first = shown_id(found.first, keys)
    yield Finding(
        "warn",
        UNPREDICTED_KIND,
        f"{missing:,} of {counted(found.images, 'image')} with objects have no prediction: their "
        f"objects count as missed, first image {first}",
        count=missing,
        path=source,
        hint="Was the model run on a part? Choose its images with `images`.",
        code=UNPREDICTED,
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
            UNPREDICTED_KIND,
            f"{missing:,} of {counted(len(images), 'image')} with objects have no prediction: "
            f"their objects count as missed, first image {images[int(np.argmin(found))]}",
            count=missing,
            path=source,
            hint="Was the model run on a part?",
            code=UNPREDICTED,
        )


@frozen(eq=False, repr=False)
class CategoryCounts:
    """How much there is of one category.

    Attributes:
        key: its id as the file writes it.
        label: its id and name, such as "3 (car)".
        objects: number of annotations of objects.
        crowds: number of crowd regions.
        is_predicted: whether any prediction is of it.
    """

    key: int | str
    label: str
    objects: int
    crowds: int
    is_predicted: bool

    @property
    def annotations(self) -> int:
        """Number of all annotations."""
        return self.objects + self.crowds

    @classmethod
    def together(cls, parts: Sequence[CategoryCounts]) -> CategoryCounts:
        """The counts of one category in parts of the set, at least one."""
        return cls(
            parts[0].key,
            parts[0].label,
            sum(own.objects for own in parts),
            sum(own.crowds for own in parts),
            any(own.is_predicted for own in parts),
        )


def counts_by_category(
    gt: GroundTruth, rows: NDArray[np.int64] | None, predicted: NDArray[np.int64]
) -> list[CategoryCounts]:
    """The categories with annotations or predictions, ascending by id.

    Args:
        gt: the ground truth.
        rows: annotations that take part; None for all.
        predicted: category ids of predictions, in any order.
    """
    ids, crowd = gt.category_id, gt.is_crowd
    if rows is not None:
        ids, crowd = ids[rows], crowd[rows]
    known = distinct(gt.categories.id)
    place = index_of(ids, known)
    if len(place) and place.min() < 0:
        known = distinct(ids)  # of categories that the file does not list
        place = index_of(ids, known)
    number = np.bincount(place, minlength=len(known))
    crowds = np.bincount(place[crowd], minlength=len(known))
    there = np.bincount(index_of(predicted, known) + 1, minlength=len(known) + 1)[1:] > 0
    labels = _labels(gt, known)
    columns = (own.tolist() for own in (number - crowds, crowds, there))
    keys = written(known, gt.categories.keys)
    every = zip(keys, labels, *columns, strict=True)
    return [CategoryCounts(*own) for own in every if any(own[2:])]


def crowd_share(
    records: Records[GroundTruth], rows: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Crowd regions, if there are many: they never count as objects. LVIS has none.

    Args:
        records: the annotations.
        rows: rows that take part; None for all.
    """
    gt = records.columns
    if gt.is_lvis or not gt.is_crowd.any():
        return
    rows = np.arange(len(gt)) if rows is None else rows
    crowd = rows[gt.is_crowd[rows]]
    written_ids = written(gt.category_id[crowd], gt.categories.keys)
    counts = counts_by_category(gt, rows, np.empty(0, np.int64))
    for key, finding in _crowds(gt.source, counts):
        first = int(crowd[0 if key is None else written_ids.index(key)])
        yield replace(finding, index=records.place(first), first=records.name(first))


def many_crowds(source: str, categories: Sequence[CategoryCounts]) -> Iterator[Finding]:
    """Crowd regions, if there are many in all, or the categories that have nothing else.

    Args:
        source: name of the ground truth, which is no LVIS.
        categories: what there is of each.
    """
    return (finding for _, finding in _crowds(source, categories))


def _crowds(
    source: str, categories: Sequence[CategoryCounts]
) -> Iterator[tuple[int | str | None, Finding]]:
    """The same, each with the category that it is about, None for all."""
    crowds = sum(own.crowds for own in categories)
    total = sum(own.annotations for own in categories)
    if crowds and crowds >= CROWDED * total:
        yield (
            None,
            _of_crowds(
                source,
                f"{crowds:,} of {counted(total, 'annotation')} "
                f"{'is a crowd region' if crowds == 1 else 'are crowd regions'} (iscrowd 1): never "
                "missed and never found",
                crowds,
            ),
        )
        return
    for own in categories:
        if own.crowds >= LEAST_CROWDS and not own.objects:
            yield (
                own.key,
                _of_crowds(
                    source,
                    f"all {own.crowds:,} annotations of category {own.label} are crowd "
                    "regions (iscrowd 1): it has no AP",
                    own.crowds,
                ),
            )


def _of_crowds(source: str, message: str, count: int) -> Finding:
    """A finding about crowd regions."""
    return Finding(
        "warn",
        "crowd regions",
        message,
        count=count,
        path=source,
        hint=NOT_RUN_LENGTHS,
        code="crowd-share",
        field="iscrowd",
    )


def categories_without_predictions(records: Records[Predictions]) -> Iterator[Finding]:
    """Categories of many objects that no prediction is of, though other ones have predictions.

    Args:
        records: the predictions.
    """
    gt, preds = records.gt, records.columns
    if gt is not None and not gt.is_lvis and not records.unreadable:
        yield from unpredicted_categories(
            preds.source, counts_by_category(gt, None, preds.category_id)
        )


def unpredicted_categories(source: str, categories: Sequence[CategoryCounts]) -> Iterator[Finding]:
    """Categories of many objects that no prediction is of, though other ones have predictions.

    Args:
        source: name of the predictions.
        categories: what there is of each in ground truth that is no LVIS.
    """
    own = [each for each in categories if each.objects]
    least = max(COMMON, COMMON_SHARE * sum(each.objects for each in own))
    missing = [each for each in own if each.objects >= least and not each.is_predicted]
    if not missing or not any(each.is_predicted for each in own):
        return
    shown = [f"{each.label}: {each.objects:,}" for each in missing]
    which = counted(len(missing), "category has", "categories have")
    yield Finding(
        "warn",
        "categories without predictions",
        f"{which} objects, but no prediction ({first_few(shown, SHOWN)}): "
        f"{'its' if len(shown) == 1 else 'their'} AP is 0",
        count=sum(each.objects for each in missing),
        path=source,
        hint="Are all classes of the model written?",
        code="no-prediction-for-category",
        field="category_id",
    )


def _labels(gt: GroundTruth, categories: NDArray[np.int64]) -> list[str]:
    """Categories by id and name: "3 (car)"."""
    known = gt.categories
    names = dict(zip(known.id[::-1].tolist(), known.names[::-1], strict=True))
    found = []
    keys = written(categories, known.keys)
    for category, key in zip(categories.tolist(), keys, strict=True):
        shown, name = shown_key(key), names.get(category, "")
        found.append(f"{shown} ({name})" if name and name != shown else shown)
    return found
