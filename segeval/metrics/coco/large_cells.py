"""IoU of masks by cells, in bounded memory for boundaries as large as the image too.

Boundaries are compared as bits. A cell with too many is cut into blocks of ground truths; a pair
too large by itself is compared by areas of rectangles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.masks import CompressedMasks, RunLengths, boxes
from segeval.masks.bands import is_all_boundary
from segeval.masks.text_runs import run_ends
from segeval.masks.toggles import AREA, FAR, expand, measure
from segeval.masks.uncovered import inside_pixels, shared_inside_pixels
from segeval.metrics.coco.cell_iou import LARGE, mask_cell_iou, ratio

MOST_WORDS = 1 << 22
"""Words of 64 pixels of the boundaries of a cell that a thread holds as bits: 32 MB, four times."""

NO_WIDTHS = np.empty(0, np.int32)
"""In place of widths of boundaries: mask IoU alone."""

NO_AREAS = np.empty(0, np.int64)
"""In place of areas that are not known."""


@frozen(eq=False)
class MaskCells:
    """What is compared in cells.

    Attributes:
        preds: all predicted masks.
        pred_rows: rows of the predictions of all cells, int64, shape (N,).
        gts: all masks of the ground truth.
        gt_rows: rows of the ground truths of all cells, int64, shape (G,).
        crowd: whether each ground truth is a crowd region, bool, shape (M,).
        widths: width of the boundary of each, int32, shape (M,); empty for mask IoU alone.
        least: an IoU that cannot reach it may be 0.
        most_words: words of bits of the boundaries of a cell.
        areas: pixels of all predicted masks, which spare reading most that cannot reach `least`,
            int64, shape (N,); None where they are not known.

    Raises:
        ShapeError: unless there is an area for each mask.
    """

    preds: CompressedMasks
    pred_rows: NDArray[np.int64]
    gts: RunLengths
    gt_rows: NDArray[np.int64]
    crowd: NDArray[np.bool_]
    widths: NDArray[np.int32]
    least: float
    most_words: int = MOST_WORDS
    areas: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Prove that there is an area for each mask, as the kernel assumes."""
        if self.areas is not None and len(self.areas) != len(self.preds):
            raise ShapeError(
                f"there are {len(self.areas)} areas of {len(self.preds)} masks, expected one each.",
                code="mask-count",
                field="areas",
            )

    def fill(
        self, spans: NDArray[np.int64], gt_spans: NDArray[np.int64], iou: NDArray[np.float64]
    ) -> tuple[int, int]:
        """Fill iou with the (D, G) matrices of C cells, end to end.

        Args:
            spans: cell c has the predictions `pred_rows[spans[c, 0]:spans[c, 1]]`, int64, (C, 2).
            gt_spans: the same for `gt_rows`.
            iou: float64, shape (pairs of all cells,).

        Returns:
            Row and defect of a malformed string, or (-1, 0).
        """
        while True:
            row, code = self._call(spans, gt_spans, self.widths, iou)
            if code != LARGE:
                return row, code
            sizes = np.diff(spans)[:, 0] * np.diff(gt_spans)[:, 0]
            at, pairs = int(sizes[:row].sum()), int(sizes[row])
            failed, code = self._fill_large(spans[row], gt_spans[row], iou[at : at + pairs])
            if code:
                return failed, code
            spans, gt_spans, iou = spans[row + 1 :], gt_spans[row + 1 :], iou[at + pairs :]

    def _fill_large(
        self, span: NDArray[np.int64], gt_span: NDArray[np.int64], iou: NDArray[np.float64]
    ) -> tuple[int, int]:
        """Fill one cell, by blocks of ground truths."""
        matrix = iou.reshape(int(span[1] - span[0]), -1)
        first = int(gt_span[0])
        for begin, end in self._blocks(self.gt_rows[first : int(gt_span[1])]):
            part = np.empty(matrix[:, begin:end].size)
            spans, gt_spans = span[None], np.array([[first + begin, first + end]])
            row, code = self._call(spans, gt_spans, self.widths, part)
            if code == LARGE:
                row, code = self._call(spans, gt_spans, NO_WIDTHS, part)
                if not code:
                    self._take_smaller(spans, gt_spans, part)
            if code:
                return row, code
            matrix[:, begin:end] = part.reshape(len(matrix), -1)
        return -1, 0

    def _blocks(self, rows: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Consecutive ground truths whose boundaries have few enough words, or one with more."""
        _, y, width, height = boxes(self.gts.take(rows)).astype(np.int64).T
        words = width * (((y + height - 1) >> 6) - (y >> 6) + 1)
        edges = [0]
        total = 0
        for place, each in enumerate(words.tolist()):
            if total and total + each > self.most_words:
                edges.append(place)
                total = 0
            total += each
        return list(zip(edges, [*edges[1:], len(rows)], strict=True))

    def _call(
        self,
        spans: NDArray[np.int64],
        gt_spans: NDArray[np.int64],
        widths: NDArray[np.int32],
        iou: NDArray[np.float64],
    ) -> tuple[int, int]:
        """The kernel on some cells."""
        preds, gts = self.preds, self.gts
        areas = NO_AREAS if self.areas is None else self.areas
        row, code = mask_cell_iou(
            spans, self.pred_rows, preds.text, preds.starts, preds.lengths, preds.sizes,
            gt_spans, self.gt_rows, gts.counts, gts.offsets, gts.sizes, self.crowd, widths,
            areas, self.least, self.most_words, iou,
        )  # fmt: skip
        return int(row), int(code)

    def _take_smaller(
        self, spans: NDArray[np.int64], gt_spans: NDArray[np.int64], iou: NDArray[np.float64]
    ) -> None:
        """Replace the mask IoUs of one cell by boundary IoUs where these are smaller."""
        preds, gts = self.preds, self.gts
        take_smaller(
            self.pred_rows[spans[0, 0] : spans[0, 1]], preds.text, preds.starts, preds.lengths,
            preds.sizes, self.gt_rows[gt_spans[0, 0] : gt_spans[0, 1]], gts.counts, gts.offsets,
            self.crowd, self.widths, self.least, iou,
        )  # fmt: skip


@kernel
def take_smaller(
    preds: NDArray[np.int64],
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    gts: NDArray[np.int64],
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    crowd: NDArray[np.bool_],
    widths: NDArray[np.int32],
    least: float,
    iou: NDArray[np.float64],
) -> None:
    """Lower the mask IoUs (D, G) of one cell to boundary IoU, as `mask_cell_iou` does with bits.

    preds (D,) and gts (G,) are rows of the masks, which are sound.
    """
    shape = np.empty(6, np.int64)
    shapes = np.empty((gts.size, 6), np.int64)
    pixels = np.full(gts.size, -1, np.int64)  # of boundaries
    for i in range(preds.size):
        row = preds[i]
        height = int(sizes[row, 0])
        own = -1
        ends = np.empty(lengths[row] + 2, np.int64)
        size = run_ends(text, starts[row], starts[row] + lengths[row], ends) & ~1
        ends[size] = FAR
        measure(ends, size, height, shape)
        for j in range(gts.size):
            gt = gts[j]
            at = i * gts.size + j
            if iou[at] == 0.0 or crowd[gt] or not iou[at] >= least:
                continue
            width = int(widths[gt])
            mask = np.empty(offsets[gt + 1] - offsets[gt] + 1, np.int64)
            number = expand(counts[offsets[gt] : offsets[gt + 1]], mask)
            measure(mask, number, height, shapes[j])
            if is_all_boundary(shape, width) and is_all_boundary(shapes[j], width):
                continue
            if own < 0:
                own = int(shape[AREA]) - inside_pixels(ends, size, height, width, shape)
            if pixels[j] < 0:
                inside = inside_pixels(mask, number, height, width, shapes[j])
                pixels[j] = shapes[j, AREA] - inside
            other = int(pixels[j])
            value = ratio(min(own, other), own, other, False)  # noqa: FBT003
            if value >= least:
                shared = shared_boundary_pixels(
                    ends, size, shape, mask, number, shapes[j], height, width
                )
                value = ratio(shared, own, other, False)  # noqa: FBT003
            else:
                value = 0.0
            iou[at] = min(iou[at], value)


@kernel
def shared_boundary_pixels(
    a: NDArray[np.int64],
    size_a: int,
    shape_a: NDArray[np.int64],
    b: NDArray[np.int64],
    size_b: int,
    shape_b: NDArray[np.int64],
    height: int,
    width: int,
) -> int:
    """Common pixels of the boundaries of two masks of one image: in both, and inside of neither."""
    return (
        shared_inside_pixels(a, size_a, 0, shape_a, b, size_b, 0, shape_b, height)
        - shared_inside_pixels(a, size_a, width, shape_a, b, size_b, 0, shape_b, height)
        - shared_inside_pixels(a, size_a, 0, shape_a, b, size_b, width, shape_b, height)
        + shared_inside_pixels(a, size_a, width, shape_a, b, size_b, width, shape_b, height)
    )
