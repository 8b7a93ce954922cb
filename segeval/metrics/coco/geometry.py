"""Masks, boxes and areas of predictions, by the rules of the mode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.checks import masks as of_masks
from segeval.checks.records import Records
from segeval.data import GroundTruth, Predictions
from segeval.data.segmentations import Format
from segeval.errors import FormatError, InputError, Note
from segeval.findings import raise_first, refusal
from segeval.frozen import frozen
from segeval.limits import limits, way_to_raise
from segeval.masks import CompressedMasks, Polygons, boxes, compress, rasterise
from segeval.masks.drawn_runs import most_drawn_runs
from segeval.masks.polygons import COORDINATE_LIMIT
from segeval.metrics.coco.compat import CompatRules
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection
from segeval.metrics.coco.tolerated import Rows, odd_polygons
from segeval.tallies import tallied

BYTES_OF_RECORD = 100
"""Of a prediction with a box, about."""


@frozen(eq=False)
class Geometry:
    """Where the predictions are, row by row as in `Predictions`.

    Attributes:
        area: area of each prediction for its size bucket, in pixels squared, float64, shape (N,).
        masks: N compressed masks, or None where boxes are compared.
        boxes: xywh in pixels, float64, shape (N, 4), or None where masks are compared.
        notes: what the user should know.
        pixels: of each mask, int64, shape (N,); None where nobody has counted them.
    """

    area: NDArray[np.float64]
    masks: CompressedMasks | None
    boxes: NDArray[np.float64] | None
    notes: tuple[Note, ...]
    pixels: NDArray[np.int64] | None = None


def geometry(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    *,
    workers: int | None,
) -> Geometry:
    """What to compare, and the area that decides the size bucket.

    Args:
        preds: the predictions.
        gt: the ground truth; gives image sizes to polygons.
        selection: the records of both that take part; the masks of others need no image size.
        request: how records are judged.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask, a record that lacks what is compared, or an image
            without the size that masks need.
    """
    by_mask = request.iou != "bbox"
    if len(preds) == 0:
        empty = np.empty((0, 4))
        masks = preds.segmentations.strings if by_mask else None
        return Geometry(np.empty(0), masks, empty if masks is None else None, ())
    by_box = request.area_from == "bbox"
    rules = request.rules
    if rules.first_record_decides:
        _check_like_first(preds, rules, by_box=by_box)
    masks = None
    notes: list[Note] = []
    if by_mask or not by_box or not preds.has_box.all():
        boxes_too = by_box or not by_mask
        masks, found = _masks(preds, gt, selection.preds, request, boxes_too=boxes_too)
        notes += found
    box = preds.boxes
    if by_box or not by_mask:
        box, found = _boxes(Records(preds, gt), masks, workers)
        notes += found
        if rules.is_strict:
            raise_first(of_masks.boxes_not_finite(Records(preds, gt), boxes=box))
    pixels = None
    if masks is not None and (not by_box or (by_mask and rules.is_strict)):
        pixels = _check_strings(preds, masks, workers)
    if by_box or pixels is None:
        with np.errstate(over="ignore"):  # as in pycocotools, such a box is of the largest size
            area = box[:, 2] * box[:, 3]
    else:
        area = pixels.astype(np.float64)
        empty = area[selection.preds] == 0
        empty_masks = int(empty.sum())
        if empty_masks and rules.is_strict and by_mask:
            text = (
                "{n:mask|masks} of {preds} {n?covers|cover} no pixel and {n?matches|match} nothing"
            )
            images = preds.image_id[selection.preds[empty]]
            notes.append(
                tallied("empty-mask", text, images=images, n=empty_masks, preds=preds.source)
            )
    return Geometry(
        area,
        masks if by_mask else None,
        None if by_mask else box,
        tuple(notes),
        pixels,
    )


def _check_like_first(preds: Predictions, rules: CompatRules, *, by_box: bool) -> None:
    """Refuse records that lack what the first one has: the official packages stop there."""
    if by_box:
        wrong = ~preds.has_box
        reason = "has no bbox, but the first record has one"
    else:
        wrong = preds.segmentations.format != Format.STRING
        reason = "has no compressed mask, and the first record has no bbox"
    if wrong.any():
        raise refusal(
            preds,
            f"{reason}: {rules.package} stops here.",
            rows=np.flatnonzero(wrong),
            code="mixed-records",
            field="bbox" if by_box else "segmentation",
            hint="The default mode scores the file.",
        )


def _masks(
    preds: Predictions,
    gt: GroundTruth,
    rows: NDArray[np.int64],
    request: Request,
    *,
    boxes_too: bool,
) -> tuple[CompressedMasks, list[Note]]:
    """All masks as strings; some packages draw a box in place of a missing mask.

    Only polygons at `rows` need an image size, and none where a box will do.
    """
    rules = request.rules
    image_sizes = gt.images.sizes_of(preds.image_id)
    needed = np.zeros(len(preds), np.bool_)
    needed[rows] = True
    if request.area_from == "bbox" and request.iou == "bbox":
        needed &= ~preds.has_box
    draws = rules.draws_boxes and not rules.is_strict
    raise_first(of_masks.unknown_sizes(Records(preds, gt), np.flatnonzero(needed), boxes_too=draws))
    has_size = np.asarray((image_sizes > 0).all(axis=1))
    polygon = preds.segmentations.format == Format.POLYGON
    drawable = preds.segmentations.without(np.flatnonzero(polygon & ~has_size))
    short, odd = Rows(), Rows()
    masks = drawable.compressed(
        image_sizes,
        preds,
        on_short_parts=short.append if rules.draws_short_parts else None,
        on_odd_parts=odd.append if rules.draws_short_parts else None,
    )
    notes = _format_notes(preds, rules)
    notes += odd_polygons(preds, short, odd, rules)
    none = preds.segmentations.rows(Format.NONE)
    if not len(none) or (boxes_too and not rules.draws_boxes):
        return masks, notes
    if not rules.draws_boxes:
        raise_first(of_masks.missing_masks(Records(preds, gt)))
    none = none[needed[none] & has_size[none]]
    return masks.replaced(none, _drawn_boxes(preds, none, image_sizes[none])), notes


def _drawn_boxes(
    preds: Predictions, rows: NDArray[np.intp], sizes: NDArray[np.int32]
) -> CompressedMasks:
    """The boxes of some records as masks of images of some sizes."""
    x, y, w, h = preds.boxes[rows].T
    corners = np.stack([x, y, x, y + h, x + w, y + h, x + w, y], axis=1)
    far = ~(np.abs(corners) <= COORDINATE_LIMIT).all(axis=1)  # NaN is far, too
    if far.any():
        raise refusal(
            preds,
            f"bbox is {preds.boxes[rows[far][0]].tolist()}, expected finite numbers within "
            f"{COORDINATE_LIMIT:.0e}",
            rows=rows[far],
            code="bad-box",
            field="bbox",
        )
    parts = np.arange(len(rows) + 1)
    drawn = Polygons(corners.reshape(-1, 2), 4 * parts, parts)
    most = max(limits().drawn_runs, limits().drawn_ratio * BYTES_OF_RECORD * len(rows))
    runs = int(most_drawn_runs(drawn, sizes, each=most, together=most).sum())
    if runs > most:
        raise refusal(
            preds.source,
            f"boxes drawn as masks cross {runs:,} columns of pixels, expected at most {most:,}",
            rows=rows,
            code="limit",
            field="bbox",
            told=len(rows),
            hint=way_to_raise("drawn_runs", runs),
            option="limit drawn_runs",
        )
    return compress(rasterise(drawn, sizes))


def _format_notes(preds: Predictions, rules: CompatRules) -> list[Note]:
    """Notes on masks that pycocotools would not read, or would draw from boxes."""
    form = preds.segmentations.format
    if rules.draws_boxes:
        bare = form == Format.NONE
        boxes_only, images = int(bare.sum()), preds.image_id[bare]
        text = "{n:prediction has|predictions have} no mask: {package} uses the box instead"
        package = str(rules.package)
        note = tallied("boxes-as-masks", text, images=images, n=boxes_only, package=package)
        return [note] if boxes_only else []
    notes = []
    for wanted, name in ((Format.COUNTS, "list of counts"), (Format.POLYGON, "polygon")):
        alone = (form == wanted) & ~preds.has_box
        number = int(alone.sum())
        if number:
            text = (
                f"{{n:prediction gives|predictions give}} the mask as a {name}, which pycocotools "
                "reads only beside a bbox"
            )
            notes.append(tallied("mask-format", text, images=preds.image_id[alone], n=number))
    return notes


def _boxes(
    records: Records[Predictions], masks: CompressedMasks | None, workers: int | None
) -> tuple[NDArray[np.float64], list[Note]]:
    """Boxes of all records, from masks where a record has none."""
    preds = records.columns
    missing = np.flatnonzero(~preds.has_box)
    if not len(missing):
        return preds.boxes, []
    raise_first(of_masks.missing_boxes(records))
    if masks is None:
        return preds.boxes, []
    box = preds.boxes.copy()
    try:
        box[missing] = boxes(masks.take(missing).decode())
    except FormatError:
        _check_strings(preds, masks, workers)  # whose error names the record
        raise
    text = "{n:prediction has|predictions have} no bbox; the box of the mask is used"
    images = preds.image_id[missing]
    return box, [tallied("boxes-from-masks", text, images=images, n=len(missing))]


def _check_strings(
    preds: Predictions, masks: CompressedMasks, workers: int | None
) -> NDArray[np.int64]:
    """Areas of all masks, int64, shape (N,); refuses malformed ones."""
    areas, defects = masks.measure(workers)
    is_mask = preds.segmentations.format != Format.NONE
    wrong = np.flatnonzero((defects != 0) & is_mask)
    if len(wrong):
        raise bad_mask(preds, masks, wrong, int(defects[wrong[0]]))
    return areas


def bad_mask(
    preds: Predictions, masks: CompressedMasks, rows: int | NDArray[np.intp], defect: int
) -> InputError:
    """The error for malformed compressed strings, the first of which has the defect."""
    text = masks.defect(int(np.ravel(rows)[0]), defect)
    return refusal(preds, text, rows=rows, code="bad-counts", field="counts")
