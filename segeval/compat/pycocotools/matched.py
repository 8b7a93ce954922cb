"""Predictions matched in all cells at once, by the kernels of `segeval.metrics.coco`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.geometry import runs_of, strings_of_side
from segeval.compat.pycocotools.records import Side, boxes_of, refused
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.masks import CompressedMasks, RunLengths, boundary_width
from segeval.metrics.coco.cell_iou import box_cell_iou
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.filling import ALMOST_ONE, Judging, match_all
from segeval.metrics.coco.large_cells import NO_WIDTHS, MaskCells
from segeval.metrics.pair_blocks import Spans

TINY = 1e-300
"""Below every IoU of masks that overlap."""


@frozen(eq=False)
class Settings:
    """The settings of an evaluation, as they were when it ran.

    Attributes:
        images: ids of I images.
        categories: ids of K categories; (-1,) where they are merged.
        iou: "segm", "bbox" or "boundary".
        thresholds: T IoU thresholds, in the caller's order, float64, shape (T,).
        caps: on the predictions of a cell, rising.
        ranges: A ranges of areas.
        given_ranges: the same as the caller gave them.
    """

    images: list[Any]
    categories: list[Any]
    iou: str
    thresholds: NDArray[np.float64]
    caps: list[int]
    ranges: list[tuple[float, float]]
    given_ranges: list[Any]

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Places of the thresholds by rising value, shape (T,)."""
        return np.argsort(self.thresholds, kind="stable")

    @cached_property
    def rising(self) -> NDArray[np.float64]:
        """The thresholds as they are compared, rising, shape (T,)."""
        return np.minimum(self.thresholds[self.order], ALMOST_ONE)


@frozen(eq=False)
class Geometry:
    """What is compared: boxes of both, or masks of both.

    Attributes:
        boxes: of predictions and annotations, xywh in pixels, float64, shapes (N, 4) and (G, 4).
        masks: of predictions and annotations.
        widths: of the boundary of each annotation in pixels, int32, shape (G,); empty for others.
    """

    boxes: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    masks: tuple[CompressedMasks, RunLengths] | None
    widths: NDArray[np.int32]


def geometry_of(preds: Side, gts: Side, iou: str, coco_preds: Any, coco_gts: Any) -> Geometry:
    """What is compared of two sides.

    Args:
        preds: predictions.
        gts: annotations.
        iou: "segm", "bbox" or "boundary".
        coco_preds: the data set of the predictions, with their images.
        coco_gts: the data set of the annotations.

    Raises:
        FormatError: for a record without what is compared, or a malformed mask.
    """
    if iou == "bbox":
        return Geometry((boxes_of(preds), boxes_of(gts)), None, NO_WIDTHS)
    masks = runs_of(gts, coco_gts)
    widths = boundary_width(masks.sizes) if iou == "boundary" else NO_WIDTHS
    return Geometry(None, (strings_of_side(preds, coco_preds), masks), widths)


@frozen(eq=False)
class Matched:
    """All records, matched.

    Attributes:
        settings: of the evaluation.
        preds: predictions within the largest cap.
        gts: annotations.
        geometry: what was compared.
        cells: of both.
        matched: bits of the thresholds, rising, unsigned, shape (A, N), in the order of curves.
        ignored: the same of what counts neither way.
        counted: whether each annotation counts, bool, shape (A, G).
    """

    settings: Settings
    preds: Side
    gts: Side
    geometry: Geometry
    cells: Cells
    matched: NDArray[Any]
    ignored: NDArray[Any]
    counted: NDArray[np.bool_]

    @property
    def score(self) -> NDArray[np.float64]:
        """Scores in the order of curves, float64, shape (N,)."""
        return np.array(self.preds.scores, np.float64)[self.cells.by_category]

    @property
    def rank(self) -> NDArray[np.int32]:
        """Place of each prediction in its cell, in the order of curves, int32, shape (N,)."""
        return self.cells.rank[self.cells.by_category]


def match_records(
    preds: Side, gts: Side, settings: Settings, coco_preds: Any, coco_gts: Any
) -> Matched:
    """Match all records.

    Args:
        preds: predictions.
        gts: annotations.
        settings: of the evaluation.
        coco_preds: the data set of the predictions, with their images.
        coco_gts: the data set of the annotations.

    Raises:
        FormatError: for a record without what is compared, or a malformed mask.
    """
    _check_ids(preds)
    cells = _cells(preds, gts, settings)
    within = cells.rank < settings.caps[-1]
    if not within.all():
        preds = _taken(preds, np.flatnonzero(within))
        cells = _cells(preds, gts, settings)
    where = geometry_of(preds, gts, settings.iou, coco_preds, coco_gts)
    number = len(settings.thresholds)
    every = np.array(2**number - 1, np.min_scalar_type(2**number - 1))
    rows = cells.by_category
    ignored = preds.outside(settings.ranges)[:, rows] * every
    gt_ignored = gts.outside(settings.ranges) | gts.ignored
    slots = np.empty(len(preds), np.int64)
    slots[rows] = np.arange(len(rows))
    found = Matched(
        settings, preds, gts, where, cells, np.zeros(ignored.shape, every.dtype), ignored,
        ~gt_ignored,
    )  # fmt: skip
    # pycocotools writes the id of a match and takes 0 for none: who matches id 0 is unmatched
    void = np.array([identity == 0 for identity in gts.ids], np.bool_)
    judging = Judging(settings.rising, gt_ignored, gts.crowd, void)
    match_all(
        cells.pred_spans, cells.gt_spans, cells.preds, cells.gts,
        overlaps(found, float(settings.rising[0])), judging,
        (slots, found.matched, found.ignored), None,
    )  # fmt: skip
    return found


def overlaps(
    found: Matched, least: float = TINY
) -> Callable[[Spans, Spans, NDArray[np.float64]], None]:
    """What fills the IoUs of some cells; of masks, those that cannot reach `least` count as 0."""
    where, cells, crowd = found.geometry, found.cells, found.gts.crowd
    if where.boxes is not None:
        boxes, gt_boxes = where.boxes

        def fill_boxes(spans: Spans, gt_spans: Spans, iou: NDArray[np.float64]) -> None:
            box_cell_iou(spans, cells.preds, boxes, gt_spans, cells.gts, gt_boxes, crowd, iou)

        return fill_boxes
    if where.masks is None:
        raise FormatError("there is neither a box nor a mask.", code="no-mask")
    strings, masks = where.masks
    of_masks = MaskCells(strings, cells.preds, masks, cells.gts, crowd, where.widths, least)

    def fill_masks(spans: Spans, gt_spans: Spans, iou: NDArray[np.float64]) -> None:
        bad, defect = of_masks.fill(spans, gt_spans, iou)
        if defect:
            text = f"{strings.defect(bad, defect)}."
            raise refused(found.preds.records, [bad], "prediction", text, "segmentation")

    return fill_masks


def _cells(preds: Side, gts: Side, settings: Settings) -> Cells:
    """The records of both sides by category and image."""
    return make_cells(
        pred_image=preds.image,
        pred_category=preds.category,
        score=np.array(preds.scores, np.float64),
        gt_image=gts.image,
        gt_category=gts.category,
        images=len(settings.images),
        categories=len(settings.categories),
    )


def _taken(side: Side, rows: NDArray[np.intp]) -> Side:
    """Some records of a side."""
    places = rows.tolist()
    return Side(
        noun=side.noun,
        records=[side.records[row] for row in places],
        image=side.image[rows],
        category=side.category[rows],
        ids=[side.ids[row] for row in places],
        areas=[side.areas[row] for row in places],
        ignored=side.ignored[rows],
        crowd=side.crowd[rows],
        scores=[side.scores[row] for row in places],
    )


def _check_ids(preds: Side) -> None:
    """Refuse predictions that take an object without occupying it, by the rules of pycocotools."""
    wrong = [row for row, identity in enumerate(preds.ids) if not identity > 0]
    if wrong:
        text = (
            f"id is {preds.ids[wrong[0]]}, expected a number above 0: pycocotools lets several "
            "such predictions take one object."
        )
        raise refused(preds.records, wrong, "prediction", text, "id")
