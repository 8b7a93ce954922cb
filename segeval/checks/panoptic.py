"""Mistakes in the JSON of panoptic files that do not belong together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.category_mapping import (
    LEAST,
    LEAST_OF_CATEGORY,
    OWN,
    SAME_IDS,
    taken_for,
    taken_text,
)
from segeval.checks.whole_set import FEW, MANY, NOT_RUN_LENGTHS
from segeval.data.files import is_same_file
from segeval.data.keys import Keys, shown_id, written
from segeval.data.kinds_of_ids import another_kind
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.wrong_ids import NO_ISTHING, unknown_categories
from segeval.errors import MismatchError
from segeval.findings import MAPPED, PERHAPS_SWAPPED, Finding
from segeval.words import counted, ids_hint, more_like_it


def mistakes_of_pair(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Mistakes of the ground truth, and of files that do not belong together.

    Repeated ids are left to the reader, which refuses them.
    """
    yield from swapped(preds, gt)
    yield from mistakes_of_ground_truth(gt)
    yield from missing_images(preds, gt)
    if len(gt.categories):
        yield from unknown_categories(preds, gt)


def mistakes_of_ground_truth(gt: PanopticSegments) -> Iterator[Finding]:
    """Mistakes of a ground truth by itself, but for repeated ids."""
    yield from no_categories(gt)
    if len(gt.categories):
        yield from unknown_categories(gt)


def ids_of_another_kind(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Ids of the predictions that are text where the ground truth has numbers, or the other way."""
    listed = dict(zip(gt.images.written_ids, gt.images.file_names, strict=True))
    own = written(gt.image_id, gt.images.keys)
    names = [listed.get(key) or name for key, name in zip(own, gt.file_names, strict=True)]
    yield from another_kind(
        "image",
        (preds.image_id, preds.images.keys),
        (gt.image_id, gt.images.keys),
        names,
        source=preds.source,
        owner=gt.source,
        name="annotation #{}".format,
    )
    yield from another_kind(
        "category",
        (preds.category_id, preds.categories.keys),
        (gt.categories.id, gt.categories.keys),
        gt.categories.names,
        source=preds.source,
        owner=gt.source,
        name=preds.name,
    )


def swapped(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Predictions in the place of ground truth: the first file alone lists categories."""
    if len(preds.categories) and not len(gt.categories):
        yield Finding(
            "error",
            "swapped",
            f"has no categories, as in predictions, but {preds.source} has them",
            count=1,
            path=gt.source,
            hint=f"Predictions come first: `panoptic_quality({gt.source!r}, {preds.source!r})`",
            code="swapped",
        )


def perhaps_swapped(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """A doubt about the order: the first file alone has what only ground truth needs.

    Ground truth may do without `iscrowd`, and without areas, so this is no error.
    """
    if not len(gt.id) or not len(preds.id):
        return
    has_none = _without_crowd(gt) == len(gt.id)
    if has_none and not np.isnan(preds.area).any() and not _without_crowd(preds):
        lacks, has = "neither area nor iscrowd", "both"
        if not np.isnan(gt.area).all():  # predictions of detectron2 have areas
            lacks, has = "no iscrowd", "it"
        yield Finding(
            "warn",
            "swapped",
            f"its segments have {lacks}, all of {preds.source} have {has}, as in ground truth",
            count=1,
            path=gt.source,
            hint=f"If {preds.source} is the ground truth, swap the files: predictions come first.",
            code=PERHAPS_SWAPPED,
        )


def given_twice(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """A doubt about files of which one has the pictures of the other: they measure nothing."""
    are_files = preds.pictures is None and gt.pictures is None
    if not are_files or not is_same_file(preds.folder, gt.folder):
        return
    message = (
        f"predictions and ground truth have the same pictures, {gt.folder}: every segment of a "
        "picture fits itself"
    )
    hint = ""
    if _have_same_segments(preds, gt):
        message = "predictions and ground truth have the same segments and the same pictures"
        hint = "Is the same file given twice?"
    yield Finding(
        "warn", "pictures", message, count=len(gt), path=gt.source if hint else None, hint=hint,
        code="same-files",
    )  # fmt: skip


def _have_same_segments(preds: PanopticSegments, gt: PanopticSegments) -> bool:
    """Whether two files list the same segments with the same categories, in the same order."""
    columns = ("image_id", "offsets", "id", "category_id")
    same_columns = all(np.array_equal(getattr(preds, each), getattr(gt, each)) for each in columns)
    return same_columns and preds.file_names == gt.file_names


def _without_crowd(segments: PanopticSegments) -> int:
    """Number of segments without `iscrowd`."""
    return sum(note.count for note in segments.notes if note.code == "crowd-assumed")


def no_categories(gt: PanopticSegments) -> Iterator[Finding]:
    """Ground truth without categories, or with categories that lack `isthing`."""
    if not len(gt.categories):
        yield Finding(
            "error",
            "categories",
            "has no categories, expected a list of {id, name, isthing}",
            count=1,
            path=gt.source,
            code="no-categories",
            field="categories",
        )
    elif gt.is_thing is None:
        yield Finding(
            "error",
            "categories",
            NO_ISTHING,
            count=1,
            path=gt.source,
            hint="This looks like categories of instances.",
            code="no-isthing",
            field="isthing",
        )


def missing_images(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Images of the ground truth that have no prediction."""
    missing = gt.image_id[~np.isin(gt.image_id, preds.image_id)]
    keys = gt.images.keys
    if len(missing):
        others = ~np.isin(preds.image_id, gt.image_id)
        clue = ids_hint(preds.image_id, gt.image_id) if keys is None and others.any() else ""
        advice = "Every image needs one; without segments its segments_info is empty."
        yield Finding(
            "error",
            "image ids",
            f"has no prediction for image_id {shown_id(missing[0], keys)} of {gt.source}."
            f"{more_like_it(len(missing))}",
            count=len(missing),
            path=preds.source,
            hint=f"{advice} {clue}".rstrip(),
            code="missing-image",
            field="image_id",
            error=MismatchError,
        )


def mapped_categories(
    found: NDArray[np.int64], true: NDArray[np.int64], keys: Keys | None, source: str
) -> Iterator[Finding]:
    """Categories whose segments are predicted as another one.

    Args:
        found: category id of a predicted segment that fits one of the ground truth, shape (P,).
        true: category id of the latter, shape (P,).
        keys: the keys of both.
        source: name of the predictions.
    """
    few = len(true) < LEAST or (found == true).sum() > OWN * len(true)
    least = LEAST_OF_CATEGORY if few else 1
    taken = taken_for(np.arange(len(true)), found, true, least)
    if taken:
        yield Finding(
            "warn",
            "categories of segments",
            taken_text(taken, keys, "segments"),
            count=sum(count for _, _, count, _ in taken),
            path=source,
            hint=SAME_IDS,
            code=MAPPED,
            field="category_id",
            error=MismatchError,
        )


def images_without_segments(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Images with segments, but without predicted ones, if there are strikingly many."""
    images = np.intersect1d(_with_segments(gt), preds.image_id)
    missing = images[~np.isin(images, _with_segments(preds))]
    if FEW <= len(missing) < len(images) and len(missing) >= MANY * len(images):
        yield Finding(
            "warn",
            "images without predictions",
            f"{len(missing):,} of {counted(len(images), 'image')} with segments have no predicted "
            f"segment: theirs count as missed, first image {shown_id(missing[0], gt.images.keys)}",
            count=len(missing),
            path=preds.source,
            hint="Was the model run on a part?",
            code="no-prediction-for-images",
        )


def _with_segments(segments: PanopticSegments) -> NDArray[np.int64]:
    """Ids of the images that have segments, int64."""
    return np.asarray(segments.image_id[np.diff(segments.offsets) > 0])


def all_crowds(gt: PanopticSegments) -> Iterator[Finding]:
    """Ground truth in which nothing is left to be found."""
    if len(gt.id) and gt.is_crowd.all():
        yield Finding(
            "warn",
            "crowd regions",
            f"{len(gt.id):,} of {counted(len(gt.id), 'segment')} "
            f"{'is a crowd region' if len(gt.id) == 1 else 'are crowd regions'} (iscrowd 1): none "
            "counts, and PQ is undefined",
            count=len(gt.id),
            path=gt.source,
            hint=NOT_RUN_LENGTHS,
            code="crowd-share",
            field="iscrowd",
        )
