"""IoU of every prediction with every ground truth of its cell.

A mask is handled as its toggles: pixels, in column-major order, at which it switches on and off.
Behind its toggles stands FAR, so that a look ahead needs no test for the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.masks.jit import kernel
from segeval.masks.strings import WRONG_TOTAL, run_ends

FAR = 1 << 62

# What is known of a mask before it is compared: a row of six int64.
AREA, FIRST_COLUMN, LAST_COLUMN, TOP, BOTTOM, HAS_EMPTY_RUN = range(6)


@kernel
def mask_cell_iou(
    pred_spans: NDArray[np.int64],
    preds: NDArray[np.int64],
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    gt_spans: NDArray[np.int64],
    gts: NDArray[np.int64],
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    gt_sizes: NDArray[np.int32],
    crowd: NDArray[np.bool_],
    least: float,
    iou: NDArray[np.float64],
) -> tuple[int, int]:
    """Fill iou with the (D, G) matrices of C cells, end to end.

    pred_spans, gt_spans (C, 2) cut preds and gts (rows); text, starts, lengths, sizes are
    CompressedMasks; counts, offsets, gt_sizes are RunLengths; crowd (G,). An IoU that cannot reach
    `least` is left 0. Returns (row, defect) of a bad string, or (-1, 0).
    """
    at = 0
    ends = np.empty(4096, np.int64)
    toggles = np.empty(1 << 16, np.int64)
    shape = np.empty(6, np.int64)
    for cell in range(pred_spans.shape[0]):
        first, last = gt_spans[cell]
        total = 0
        for j in range(first, last):
            total += offsets[gts[j] + 1] - offsets[gts[j]] + 1
        if toggles.size < total:
            toggles = np.empty(2 * total, np.int64)
        begins = np.zeros(last - first + 1, np.int64)
        shapes = np.empty((last - first, 6), np.int64)
        for j in range(last - first):
            row = gts[first + j]
            mask = toggles[begins[j] :]
            size = expand(counts[offsets[row] : offsets[row + 1]], mask)
            begins[j + 1] = begins[j] + size + 1
            measure(mask, size, int(gt_sizes[row, 0]), shapes[j])
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            row = preds[i]
            if ends.size <= lengths[row] + 1:
                ends = np.empty(2 * lengths[row] + 2, np.int64)
            size = run_ends(text, starts[row], starts[row] + lengths[row], ends)
            if size < 0:
                return row, size
            height = int(sizes[row, 0])
            if (ends[size - 1] if size else 0) != height * int(sizes[row, 1]):
                return row, WRONG_TOTAL
            size &= ~1
            ends[size] = FAR
            measure(ends, size, height, shape)
            for j in range(last - first):
                gt = gts[first + j]
                iou[at] = 0.0
                if sizes[row, 0] == gt_sizes[gt, 0] and sizes[row, 1] == gt_sizes[gt, 1]:
                    most = most_shared(shape, shapes[j])
                    if most and ratio(most, shape[AREA], shapes[j, AREA], crowd[gt]) >= least:
                        mask = toggles[begins[j] : begins[j + 1]]
                        if shape[HAS_EMPTY_RUN] and shapes[j, HAS_EMPTY_RUN]:
                            iou[at] = iou_with_empty_runs(
                                ends, size, mask, mask.size - 1, crowd[gt]
                            )
                        else:
                            shared = shared_pixels(ends, size, mask, mask.size - 1)
                            iou[at] = ratio(shared, shape[AREA], shapes[j, AREA], crowd[gt])
                at += 1
    return -1, 0


@kernel
def expand(counts: NDArray[np.uint32], toggles: NDArray[np.int64]) -> int:
    """Write the toggles of one mask and FAR behind them; returns their (even) number."""
    end = 0
    for run in range(counts.size):
        end += int(counts[run])
        toggles[run] = end
    size = counts.size & ~1
    toggles[size] = FAR
    return size


@kernel
def ratio(shared: int, area: int, gt_area: int, is_crowd: bool) -> float:  # noqa: FBT001
    """Intersection over union, or over the prediction where the ground truth is a crowd."""
    if shared == 0:
        return 0.0
    return shared / (area if is_crowd else area + gt_area - shared)


@kernel
def measure(toggles: NDArray[np.int64], size: int, height: int, shape: NDArray[np.int64]) -> None:
    """Fill shape (6,) of one mask."""
    area = 0
    top = height
    bottom = -1
    base = 0  # first pixel of the current column
    shape[HAS_EMPTY_RUN] = 0
    before = -1
    for k in range(0, size, 2):
        start = toggles[k]
        stop = toggles[k + 1]
        if start in (before, stop):
            shape[HAS_EMPTY_RUN] = 1
            if start == stop:
                before = stop
                continue
        before = stop
        area += stop - start
        if start - base >= height:
            base += height
            if start - base >= height:
                base = start // height * height
        top = min(top, start - base)
        bottom = max(bottom, stop - 1 - base)
    if bottom >= height:  # some run goes on in the next column
        top = 0
        bottom = height - 1
    shape[AREA] = area
    shape[TOP] = top
    shape[BOTTOM] = bottom
    shape[FIRST_COLUMN] = toggles[0] // height if area else 0
    shape[LAST_COLUMN] = (toggles[size - 1] - 1) // height if area else -1


@kernel
def most_shared(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Upper bound on the pixels that two masks share, from their areas and boxes."""
    columns = min(a[LAST_COLUMN], b[LAST_COLUMN]) - max(a[FIRST_COLUMN], b[FIRST_COLUMN]) + 1
    rows = min(a[BOTTOM], b[BOTTOM]) - max(a[TOP], b[TOP]) + 1
    if columns <= 0 or rows <= 0:
        return 0
    return int(min(min(a[AREA], b[AREA]), columns * rows))


@kernel
def shared_pixels(a: NDArray[np.int64], size_a: int, b: NDArray[np.int64], size_b: int) -> int:
    """Number of pixels that two masks share."""
    i = 0
    j = 0
    shared = 0
    while i < size_a and j < size_b:
        start_a, stop_a = a[i], a[i + 1]
        start_b, stop_b = b[j], b[j + 1]
        if stop_a <= start_b:
            i += 2
            continue
        if stop_b <= start_a:
            j += 2
            continue
        shared += min(stop_a, stop_b) - max(start_a, start_b)
        # Where masks have one run per column, both move on together: a branch that is foreseen.
        if a[i + 2] >= stop_b and b[j + 2] >= stop_a:
            i += 2
            j += 2
        elif stop_a < stop_b:
            i += 2
        else:
            j += 2
    return shared


@kernel
def iou_with_empty_runs(
    a: NDArray[np.int64],
    size_a: int,
    b: NDArray[np.int64],
    size_b: int,
    is_crowd: bool,  # noqa: FBT001
) -> float:
    """IoU of two masks that both have runs of length 0, which pycocotools does not read to the end.

    Its rleIou stops where such runs meet at one pixel: what lies behind is not counted.
    """
    i = 1
    j = 1
    end = FAR
    while i < size_a and j < size_b:
        if a[i] != a[i - 1] or a[i] < b[j]:
            i += 1
        elif b[j] != b[j - 1] or b[j] < a[i]:
            j += 1
        else:
            end = a[i]
            break
    area_a = pixels_before(a, size_a, FAR if is_crowd else end)
    area_b = pixels_before(b, size_b, end)
    while size_a and a[size_a - 1] > end:
        size_a -= 2
    return ratio(shared_pixels(a, size_a, b, size_b), area_a, area_b, is_crowd)


@kernel
def pixels_before(toggles: NDArray[np.int64], size: int, end: int) -> int:
    """Number of pixels of a mask before a toggle of it."""
    area = 0
    for k in range(0, size, 2):
        if toggles[k] < end:
            area += toggles[k + 1] - toggles[k]
    return area


@kernel
def box_cell_iou(
    pred_spans: NDArray[np.int64],
    preds: NDArray[np.int64],
    boxes: NDArray[np.float64],
    gt_spans: NDArray[np.int64],
    gts: NDArray[np.int64],
    gt_boxes: NDArray[np.float64],
    crowd: NDArray[np.bool_],
    iou: NDArray[np.float64],
) -> None:
    """Fill iou with the (D, G) matrices of C cells, end to end; boxes xywh, shape (rows, 4)."""
    at = 0
    for cell in range(pred_spans.shape[0]):
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            a = boxes[preds[i]]
            for j in range(gt_spans[cell, 0], gt_spans[cell, 1]):
                b = gt_boxes[gts[j]]
                width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
                height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
                iou[at] = 0.0
                if width > 0 and height > 0:
                    shared = width * height
                    union = a[2] * a[3]
                    if not crowd[gts[j]]:
                        union = union + b[2] * b[3] - shared
                    iou[at] = shared / union
                at += 1
