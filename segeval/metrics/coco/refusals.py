"""Whether two files belong together: the mistakes that would give a plausible wrong number.

The default mode refuses them; a compat mode scores what the official package scores, and says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.metrics.coco.compat import BOUNDARY_API
from segeval.metrics.coco.protocol import Protocol
from segeval.words import counted, id_range, ids_hint, more_like_it, size_text


def check_ids(
    preds: Predictions, gt: GroundTruth, compat: str | None, *, skip_unknown: bool
) -> list[Note]:
    """Ids that are repeated, unknown or zero, and scores that are no numbers.

    Returns:
        Notes on what is tolerated.

    Raises:
        FormatError: for repeated ids and scores that are not finite.
        MismatchError: for unknown ids.
    """
    notes: list[Note] = []
    strict = compat is None
    if len(gt.categories) == 0 and strict:
        raise FormatError(
            f"{gt.source}: the list of categories is empty, so nothing can be counted.",
            code="no-categories",
            path=gt.source,
        )
    for kind, ids in (
        ("annotation", gt.id),
        ("image", gt.images.id),
        ("category", gt.categories.id),
    ):
        notes += _check_unique(gt.source, kind, ids, strict=strict)
    known_images, known_categories = gt.images.id, gt.categories.id
    for kind, ids, known in (
        ("image", gt.image_id, known_images),
        ("category", gt.category_id, known_categories),
    ):
        wrong = np.flatnonzero(index_of(ids, np.unique(known)) < 0)
        if len(wrong) and strict and not skip_unknown:
            raise MismatchError(
                f"{gt.describe(int(wrong[0]))}: {kind}_id is {ids[wrong[0]]}, which the file does "
                f"not list.{more_like_it(len(wrong))} Drop them with --skip-unknown.",
                code=f"unknown-{kind}",
                path=gt.source,
                index=int(wrong[0]),
                field=f"{kind}_id",
                count=len(wrong),
            )
        notes += _dropped(gt.source, len(wrong), "annotation", kind)
    notes += _check_unknown_images(preds, gt, skip_unknown=skip_unknown)
    notes += _check_unknown_categories(preds, gt, strict=strict and not skip_unknown)
    notes += _check_scores(preds, strict=strict)
    if len(preds) == 0:
        notes.append(Note("no-predictions", f"{preds.source} holds no predictions", 0))
    return notes


def check_zero_id(gt: GroundTruth, rows: NDArray[np.int64], compat: str | None) -> list[Note]:
    """Annotation id 0, which pycocotools and lvis take for "unmatched"."""
    zeros = int((gt.id[rows] == 0).sum())
    if not zeros:
        return []
    if compat is None:
        message = (
            f"{gt.source} has an annotation with id 0: it counts here; the official packages "
            "take its match for a miss"
        )
    else:
        message = (
            f"{gt.source} has an annotation with id 0: {compat} takes its match for a miss, so "
            "the numbers are too low"
        )
    return [Note("id-zero", message, zeros)]


def check_mask_sizes(
    sizes: NDArray[np.int32],
    image_sizes: NDArray[np.int32],
    rows: NDArray[np.int64],
    source: Predictions | GroundTruth,
    compat: str | None,
) -> list[Note]:
    """Masks whose (H, W) is not that of their image.

    Args:
        sizes: of the masks, int32, shape (n, 2).
        image_sizes: of their images, int32, shape (n, 2).
        rows: index of each in the source, shape (n,).
        source: where they are from.
        compat: as in `Request`.
    """
    missing = np.flatnonzero((image_sizes < 0).any(axis=1))
    if len(missing) and isinstance(source, GroundTruth):
        image = source.image_id[rows[missing[0]]]
        raise FormatError(
            f"{source.source}: image {image} has no height and width, which masks need.",
            code="no-size",
            path=source.source,
            field="height",
        )
    wrong = np.flatnonzero((sizes != image_sizes).any(axis=1) & (image_sizes >= 0).all(axis=1))
    if not len(wrong):
        return []
    first = wrong[0]
    if compat is not None:
        message = counted(
            len(wrong),
            f"mask of {source.source} differs in size from its image and matches nothing",
            f"masks of {source.source} differ in size from their images and match nothing",
        )
        return [Note("mask-size", message, len(wrong))]
    raise MismatchError(
        f"{source.describe(int(rows[first]))}: mask is {size_text(sizes[first])}, its image "
        f"{size_text(image_sizes[first])}. Sizes are [height, width].{more_like_it(len(wrong))}",
        code="mask-size",
        path=source.source,
        index=int(rows[first]),
        field="segmentation",
        count=len(wrong),
    )


def check_fields_of_compat(
    gt: GroundTruth,
    rows: NDArray[np.int64],
    has_predictions: NDArray[np.bool_],
    compat: str,
    protocol: Protocol,
) -> None:
    """Fields without which an official package stops.

    Args:
        gt: the ground truth.
        rows: annotations that take part, shape (G,).
        has_predictions: whether there are some of their image and category, bool, shape (G,).
        compat: name of the package.
        protocol: which it follows.
    """
    federated = protocol.federated
    needs_frequency = federated and compat != BOUNDARY_API and len(gt.categories) > 0
    if needs_frequency and gt.categories.frequencies is None:
        raise FormatError(
            f'{gt.source}: not every category has the frequency "r", "c" or "f", without which '
            f"{compat} stops. Is this LVIS ground truth?",
            code="missing-frequency",
            path=gt.source,
            field="frequency",
        )
    for field, lacking in (
        ("area", np.isnan(gt.area[rows]) & ~(gt.is_crowd[rows] & (not federated))),
        ("iscrowd", gt.crowd_missing[rows] & has_predictions & (not federated)),
    ):
        if lacking.any():
            index = int(rows[np.flatnonzero(lacking)[0]])
            raise FormatError(
                f"{gt.describe(index)} has no {field}, without which {compat} stops."
                f"{more_like_it(int(lacking.sum()))} The default mode makes up for it.",
                code=f"missing-{field}",
                path=gt.source,
                index=index,
                field=field,
                count=int(lacking.sum()),
            )


def short_parts(source: str, counts: list[int], compat: str | None) -> list[Note]:
    """Polygons with later parts of fewer than three points, which a compat mode draws."""
    if not counts:
        return []
    found = counted(sum(counts), "polygon of", "polygons of")
    message = f"{found} {source} with a part of fewer than three points, drawn as {compat} does"
    return [Note("short-parts", message, sum(counts))]


def _check_unique(source: str, kind: str, ids: NDArray[np.int64], *, strict: bool) -> list[Note]:
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(np.diff(ids[order]) == 0) + 1
    if not len(again):
        return []
    first = again[np.argmin(order[again])]
    earlier, later = int(order[first - 1]), int(order[first])
    found = f"{source}: {kind} id {ids[later]} occurs twice (records #{earlier} and #{later})"
    if strict:
        raise FormatError(
            f"{found}; ids must be unique.{more_like_it(len(again))}",
            code=f"duplicate-{kind}",
            path=source,
            index=later,
            field="id",
            count=len(again),
        )
    message = f"{found}: the later record replaces the earlier one"
    return [Note(f"duplicate-{kind}", message, len(again))]


def _check_unknown_images(preds: Predictions, gt: GroundTruth, *, skip_unknown: bool) -> list[Note]:
    wrong = np.flatnonzero(index_of(preds.image_id, np.unique(gt.images.id)) < 0)
    if not len(wrong):
        return []
    if skip_unknown:
        return _dropped(preds.source, len(wrong), "prediction", "image")
    ids = preds.image_id[wrong]
    hint = ids_hint(preds.image_id, gt.images.id)
    first = int(wrong[0])
    verb = "is" if len(wrong) == 1 else "are"
    raise MismatchError(
        f"{preds.source}: {counted(len(wrong), 'prediction')} {verb} for "
        f"{counted(len(np.unique(ids)), 'image')} that {gt.source} does not have, first image_id "
        f"{ids[0]} (prediction #{first}). {hint or 'Wrong split?'} Or drop them: --skip-unknown",
        code="unknown-image",
        path=preds.source,
        index=first,
        field="image_id",
        count=len(wrong),
    )


def _check_unknown_categories(preds: Predictions, gt: GroundTruth, *, strict: bool) -> list[Note]:
    known = np.unique(gt.categories.id)
    wrong = np.flatnonzero(index_of(preds.category_id, known) < 0)
    if not len(wrong):
        return []
    hint = ids_hint(preds.category_id, known)
    first = int(wrong[0])
    if hint:
        message = (
            f"{preds.source}: category ids are {id_range(preds.category_id)}, {gt.source} has "
            f"{id_range(known)}. {hint}"
        )
    else:
        verb = "has" if len(wrong) == 1 else "have"
        message = (
            f"{preds.source}: {counted(len(wrong), 'prediction')} {verb} category_id "
            f"{id_range(preds.category_id[wrong])}, which {gt.source} does not list "
            f"({counted(len(known), 'category', 'categories')}, {id_range(known)}), first in "
            f"prediction #{first}. Drop them with --skip-unknown."
        )
    if strict:
        raise MismatchError(
            message,
            code="unknown-category",
            path=preds.source,
            index=first,
            field="category_id",
            count=len(wrong),
        )
    # those of unknown images are counted there
    of_known_images = index_of(preds.image_id[wrong], np.unique(gt.images.id)) >= 0
    return _dropped(preds.source, int(of_known_images.sum()), "prediction", "category")


def _check_scores(preds: Predictions, *, strict: bool) -> list[Note]:
    wrong = np.flatnonzero(~np.isfinite(preds.score))
    if not len(wrong):
        return []
    first = int(wrong[0])
    shown = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(preds.score[first])]
    found = f"{preds.describe(first)}: score is {shown}"
    if strict:
        raise FormatError(
            f"{found}, expected a finite number.{more_like_it(len(wrong))}",
            code="score",
            path=preds.source,
            index=first,
            field="score",
            count=len(wrong),
        )
    return [Note("score", f"{found}; NaN is ranked last", len(wrong))]


def _dropped(source: str, count: int, record: str, kind: str) -> list[Note]:
    """A note on records of unknown images or categories."""
    if not count:
        return []
    kinds = {"image": "images", "category": "categories"}[kind]
    message = f"{counted(count, record)} of {source} for unknown {kinds} dropped"
    return [Note(f"unknown-{kind}", message, count)]


def check_boxes_finite(
    source: Predictions | GroundTruth, boxes: NDArray[np.float64], rows: NDArray[np.int64]
) -> None:
    """Boxes that hold something else than finite numbers, or that are not there.

    Args:
        source: where they are from.
        boxes: xywh in pixels of all records, shape (n, 4); NaN rows where missing.
        rows: the records whose boxes are compared.
    """
    wrong = rows[~np.isfinite(boxes[rows]).all(axis=1)]
    if not len(wrong):
        return
    index = int(wrong[0])
    box = boxes[index]
    if np.isnan(box).all():
        reason = "has no bbox, which --iou bbox compares"
    else:
        shown = ", ".join(f"{side:g}" for side in box)
        reason = f"bbox is [{shown}], expected finite numbers"
    raise FormatError(
        f"{source.describe(index)}{' ' if reason.startswith('has') else ': '}{reason}."
        f"{more_like_it(len(wrong))}",
        code="box",
        path=source.source,
        index=index,
        field="bbox",
        count=len(wrong),
    )


def no_boxes(preds: Predictions, index: int) -> InputError:
    """A prediction without anything to compare as a box."""
    return FormatError(
        f"{preds.describe(index)} has neither bbox nor segmentation.",
        code="no-box",
        path=preds.source,
        index=index,
        field="bbox",
    )


def has_area(area: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether LVIS counts a record at all: 0 < area < infinity, bool, shape of area."""
    return (area > 0) & (area < np.inf)
