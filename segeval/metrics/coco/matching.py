"""From selected records to matches, for one kind of IoU."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of, rank_among
from segeval.data.keys import coded
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.metrics.coco import federated, objects
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.filling import fill
from segeval.metrics.coco.geometry import Geometry, geometry
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.merging import Origin, numbered_alike
from segeval.metrics.coco.outside_buckets import check_image_sizes, outside_buckets
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection, has_area, under_cap
from segeval.metrics.coco.tolerated import check_zero_id


@frozen(eq=False)
class Compared:
    """What was compared of both files, row by row.

    Attributes:
        where: masks or boxes of the predictions.
        masks: masks of the ground truth, those that take part; None where boxes are compared.
    """

    where: Geometry
    masks: RunLengths | None


def match_selected(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    workers: int | None = None,
) -> tuple[Matches, Compared]:
    """Match the selected predictions to the selected ground truth.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        request: how they are judged.
        workers: threads, None for all cores; the matches do not depend on it.

    Returns:
        The matches, and the masks or boxes that were compared.

    Raises:
        FormatError: for a record that lacks what is compared, a malformed mask, or an annotation
            of another size than its image.
        MismatchError: for a prediction of another size than its image.
    """
    check_image_sizes(gt, selection, request)
    where = geometry(preds, gt, selection, request, workers=workers)
    notes = [*selection.notes, *where.notes]
    notes += check_zero_id(gt, selection.gt, request.rules)
    objects.check_what_is_compared(gt, selection, request)
    masks = None
    if request.iou != "bbox":
        masks, found = objects.checked_masks(preds, gt, selection, request, where, workers)
        notes += found
    areas = objects.areas(gt, masks, selection.gt)
    judged, found = _judged(preds, gt, selection, request, where.area, areas)
    matches = _unmatched(preds, gt, judged, request, where.area, areas)
    cells = judged.cells
    fill(matches, preds, gt, cells, judged.selection.preds[cells.preds], where, masks, workers)
    return replace(matches, notes=(*notes, *found)), Compared(where, masks)


@frozen(eq=False)
class _JudgedRecords:
    """The records that are judged.

    Attributes:
        selection: the judged records of both files.
        cells: their cells.
        rank: place of each prediction under its cap, int32, shape (N,).
        tolerated: whether a prediction is never false, in any bucket, bool, shape (N,).
        unverified: whether its category was not looked for in its image, bool, shape (N,).
    """

    selection: Selection
    cells: Cells
    rank: NDArray[np.int32]
    tolerated: NDArray[np.bool_]
    unverified: NDArray[np.bool_]


def _judged(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    pred_area: NDArray[np.float64],
    gt_area: NDArray[np.float64],
) -> tuple[_JudgedRecords, list[Note]]:
    """Drop what is beyond a cap and, for LVIS, what nobody verified; areas in pixels squared.

    A cap over the whole set depends on which images count, so it is applied to the matches.
    """
    scope = request.protocol.cap_scope
    notes: list[Note] = []
    tolerated = np.zeros(len(preds), np.bool_)
    rank = np.zeros(len(preds), np.int32)
    within = np.ones(len(preds), np.bool_)
    unverified = np.zeros(len(preds), np.bool_)
    if scope != "image and category":
        rank = rank_among(preds.image_id if scope == "image" else preds.category_id, preds.score)
        capped, notes = under_cap(selection, rank[selection.preds], request)
        if scope == "image":
            selection = capped
        else:
            within[selection.preds] = False
            within[capped.preds] = True
    if request.protocol.federated:
        if not request.rules.picks_by_id:  # it has chosen them by their own areas already
            selection = federated.with_area(selection, gt_area)
        unverified[selection.preds] = has_area(pred_area[selection.preds])
        selection, tolerated, found = federated.judged(selection, gt, request, pred_area, within)
        unverified[selection.preds] = False
        notes += found
    cells = _cells(preds, selection)
    if scope == "image and category":
        rank[selection.preds] = cells.rank
        capped, found = under_cap(selection, cells.rank, request)
        notes += found
        if capped is not selection:
            selection, cells = capped, _cells(preds, capped)
    return _JudgedRecords(selection, cells, rank, tolerated, unverified), notes


def _cells(preds: Predictions, selection: Selection) -> Cells:
    return make_cells(
        pred_image=selection.pred_image,
        pred_category=selection.pred_category,
        score=preds.score[selection.preds],
        gt_image=selection.gt_image,
        gt_category=selection.gt_category,
        images=len(selection.image_ids),
        categories=len(selection.category_ids),
    )


def _unmatched(
    preds: Predictions,
    gt: GroundTruth,
    judged: _JudgedRecords,
    request: Request,
    pred_area: NDArray[np.float64],
    gt_area: NDArray[np.float64],
) -> Matches:
    """Matches in which nothing is matched yet; records outside a bucket are ignored there."""
    selection, cells = judged.selection, judged.cells
    buckets = request.buckets
    thresholds = np.array(request.protocol.thresholds)
    rows = selection.preds[cells.by_category]
    outside = outside_buckets(pred_area[rows], preds.image_id[rows], gt, request)
    outside |= judged.tolerated[rows]
    every = np.array(2 ** len(thresholds) - 1, np.min_scalar_type(2 ** len(thresholds) - 1))
    counted = ~outside_buckets(gt_area, gt.image_id, gt, request)
    counted &= ~objects.never_counted(gt, request)
    names = gt.images.file_names
    over_set = request.protocol.cap_scope == "category"
    matches = Matches(
        request=request,
        thresholds=thresholds,
        buckets=buckets,
        image_ids=selection.image_ids,
        file_names=tuple(names[row] for row in selection.image_rows),
        category_ids=selection.category_ids,
        category_names=selection.category_names(gt.categories),
        frequencies=selection.frequencies(gt.categories),
        offsets=cells.category_offsets,
        prediction=rows,
        image=selection.pred_image[cells.by_category],
        score=preds.score[rows],
        rank=judged.rank[rows],
        matched_bits=np.zeros(outside.shape, every.dtype),
        ignored_bits=outside * every,
        gt=selection.gt,
        gt_image=selection.gt_image,
        gt_category=selection.gt_category,
        gt_counted=counted[:, selection.gt],
        unjudged=_unjudged(preds, judged) if over_set else Unjudged.none(),
        origins=(origin(preds, gt),),
        image_origin=np.zeros(len(selection.image_ids), np.int32),
        image_keys=gt.images.keys,
        category_keys=selection.category_keys,
    )
    [whole] = numbered_alike([matches])
    return whole


def _unjudged(preds: Predictions, judged: _JudgedRecords) -> Unjudged:
    """Predictions of evaluated categories that are not judged, in file order."""
    selection = judged.selection
    merged = len(selection.category_rows) == 0
    category = index_of(preds.category_id, selection.category_ids)
    category = np.zeros(len(preds), np.int32) if merged else category
    others = category >= 0
    others[selection.preds] = False
    rows = np.flatnonzero(others)
    return Unjudged(
        category=category[rows],
        score=preds.score[rows],
        prediction=rows,
        image_id=preds.image_id[rows],
        origin=np.zeros(len(rows), np.int32),
        is_unverified=judged.unverified[rows],
    )


def origin(preds: Predictions, gt: GroundTruth) -> Origin:
    """The files that matches come from."""
    key = _known(preds, lambda: (preds.score, coded(preds.image_id, preds.image_keys)))
    gt_key = _known(
        gt,
        lambda: (
            coded(gt.id, gt.keys),
            coded(gt.image_id, gt.images.keys),
            coded(gt.category_id, gt.categories.keys),
            *(gt.area, gt.boxes, gt.is_crowd, gt.segmentations.strings.lengths),
        ),
    )
    return Origin(key, preds.source, gt_key, gt.source, len(preds), len(gt))


_KEYS: WeakKeyDictionary[Predictions | GroundTruth, int] = WeakKeyDictionary()
"""Keys of files in memory, which shards and kinds of IoU share."""


def _known(
    columns: Predictions | GroundTruth, parts: Callable[[], tuple[NDArray[Any], ...]]
) -> int:
    """The key of a file, which is made once."""
    key = _KEYS.get(columns)
    if key is None:
        key = _KEYS[columns] = _key(columns.source, *parts())
    return key


def _key(source: str, *columns: NDArray[Any]) -> int:
    """A number of 63 bits that tells files apart, made from a name and two columns or more."""
    name = zlib.crc32(source.encode(errors="replace"))
    first, *others = (np.ascontiguousarray(column).data for column in columns)
    rest = 0
    for column in others:
        rest = zlib.crc32(column, rest)
    return zlib.crc32(first, name) << 31 ^ rest
