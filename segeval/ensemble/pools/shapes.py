"""What overlaps are computed from: boxes, masks, or masks and their boundaries."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.checks.together.lineup import Lineup
from segeval.checks.together.weighable import mask_sizes_of_models
from segeval.data.segmentations import Format
from segeval.ensemble.pools.pair_iou import Masks
from segeval.ensemble.pools.pool import Pool
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.masks import RunLengths, boundary
from segeval.masks.boolean import without_empty_runs
from segeval.masks.measure import areas_and_boxes
from segeval.metrics.choices import check_choice

Iou = Literal["bbox", "segm", "boundary"]
"""What overlaps are measured by."""

NO_MASKS: Masks = (np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros(0, np.int64))
"""In place of masks where only boxes are compared."""


@frozen(eq=False)
class Shapes:
    """Shapes of n predictions, for `pair_iou`.

    Attributes:
        boxes: x0, y0, x1, y1, float64, shape (n, 4): of the masks, where masks are compared.
        masks: the runs, where each mask's begin, and areas.
        boundaries: the same of the boundaries.
        iou: what is compared.
    """

    boxes: NDArray[np.float64]
    masks: Masks = NO_MASKS
    boundaries: Masks = NO_MASKS
    iou: Iou = "bbox"

    @property
    def arguments(self) -> tuple[NDArray[np.float64], bool, Masks, bool, Masks]:
        """What kernels take."""
        by_boundary = self.iou == "boundary"
        return self.boxes, self.iou != "bbox", self.masks, by_boundary, self.boundaries

    def take(self, rows: NDArray[np.int64]) -> Shapes:
        """The shapes of some of the predictions, in that order."""
        if self.iou == "bbox":
            return Shapes(self.boxes[rows])
        edges = _taken(self.boundaries, rows) if self.iou == "boundary" else NO_MASKS
        return Shapes(self.boxes[rows], _taken(self.masks, rows), edges, self.iou)


def shapes_of(pool: Pool, iou: Iou) -> Shapes:
    """The shapes of all predictions of a pool, measured as `iou` needs them.

    Raises:
        InputError: for another kind of IoU.
        FormatError: if masks are compared and one is missing or malformed.
    """
    check_choice("iou", iou, get_args(Iou))
    if iou == "bbox":
        return Shapes(pool.boxes)
    masks = without_empty_runs(pool.masks(np.arange(len(pool))))
    areas, boxes = areas_and_boxes(masks)
    boxes[:, 2:] += boxes[:, :2]
    edges = _packed(boundary(masks, workers=1)) if iou == "boundary" else NO_MASKS
    return Shapes(boxes, (masks.counts, masks.offsets, areas), edges, iou)


def _taken(masks: Masks, rows: NDArray[np.int64]) -> Masks:
    """Some masks as kernels take them."""
    counts, offsets, areas = masks
    runs = RunLengths(counts, offsets, np.zeros((len(offsets) - 1, 2), np.int32)).take(rows)
    return runs.counts, runs.offsets, areas[rows] if len(areas) else areas


def _packed(masks: RunLengths) -> Masks:
    """Masks as kernels take them, their areas left out."""
    return masks.counts, masks.offsets, np.zeros(0, np.int64)


def usual_iou(pool: Pool) -> Iou:
    """Masks where every prediction has one, else boxes."""
    bare = (each.segmentations.format == Format.NONE for each in pool.files)
    return "bbox" if any(one.any() for one in bare) else "segm"


def check_sizes(pool: Pool) -> None:
    """Refuse masks of different sizes in one image.

    Raises:
        MismatchError: names both files and sizes.
    """
    raise_first(mask_sizes_of_models(Lineup(pool.files)))
