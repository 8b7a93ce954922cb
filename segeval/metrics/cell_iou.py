"""IoU of every prediction with every ground truth of its cell.

A mask is handled as its toggles: pixels, in column-major order, at which it switches on and off.
"""

from __future__ import annotations

import numpy as np

from segeval.masks.jit import kernel
from segeval.masks.strings import WRONG_TOTAL, run_ends


@kernel
def mask_cell_iou(  # type: ignore[no-untyped-def]
    pred_spans, preds, text, starts, lengths, sizes,
    gt_spans, gts, counts, offsets, gt_sizes, crowd,
    least, iou,
):  # fmt: skip
    """Fill iou with the (D, G) matrices of C cells, end to end.

    pred_spans, gt_spans (C, 2) cut preds and gts (rows); text, starts, lengths, sizes are
    CompressedMasks; counts, offsets, gt_sizes are RunLengths; crowd (G,) bool.
    IoU that cannot reach `least` is left 0. Returns (row, defect) of a bad string, or (-1, 0).
    """
    at = 0
    ends = np.empty(4096, np.int64)
    toggles = np.empty(1 << 16, np.int64)
    for cell in range(pred_spans.shape[0]):
        first = gt_spans[cell, 0]
        number = gt_spans[cell, 1] - first
        total = 0
        for j in range(number):
            total += offsets[gts[first + j] + 1] - offsets[gts[first + j]]
        if toggles.size < total:
            toggles = np.empty(2 * total, np.int64)
        begins = np.zeros(number + 1, np.int64)
        shapes = np.empty((number, 6), np.int64)
        for j in range(number):
            row = gts[first + j]
            end = np.int64(0)
            begin = begins[j]
            for run in range(offsets[row], offsets[row + 1]):
                end += np.int64(counts[run])
                toggles[begin + run - offsets[row]] = end
            size = (offsets[row + 1] - offsets[row]) & ~1
            begins[j + 1] = begin + size
            measure(toggles[begin : begin + size], size, np.int64(gt_sizes[row, 0]), shapes[j])
        shape = np.empty(6, np.int64)
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            row = preds[i]
            if ends.size <= lengths[row]:
                ends = np.empty(2 * lengths[row], np.int64)
            size = run_ends(text, starts[row], starts[row] + lengths[row], ends)
            height = np.int64(sizes[row, 0])
            if size < 0:
                return row, size
            if size == 0 or ends[size - 1] != height * np.int64(sizes[row, 1]):
                if size or height * np.int64(sizes[row, 1]):
                    return row, WRONG_TOTAL
            size &= ~1
            measure(ends, size, height, shape)
            for j in range(number):
                gt = gts[first + j]
                iou[at] = 0.0
                if sizes[row, 0] == gt_sizes[gt, 0] and sizes[row, 1] == gt_sizes[gt, 1]:
                    most = most_shared(shape, shapes[j])
                    if most and ratio(most, shape[0], shapes[j, 0], crowd[gt]) >= least:
                        shared = shared_pixels(
                            ends, size, toggles[begins[j] : begins[j + 1]], begins[j + 1] - begins[j]
                        )
                        iou[at] = ratio(shared, shape[0], shapes[j, 0], crowd[gt])
                at += 1
    return -1, 0


@kernel
def ratio(shared, area, gt_area, is_crowd):  # type: ignore[no-untyped-def]
    """Intersection over union, or over the prediction where the ground truth is a crowd."""
    if shared == 0:
        return 0.0
    return shared / (area if is_crowd else area + gt_area - shared)


@kernel
def measure(toggles, size, height, shape):  # type: ignore[no-untyped-def]
    """Fill shape (6,): area, first and last column, first and last row, whether it has a box."""
    area = np.int64(0)
    top = height
    bottom = np.int64(-1)
    base = np.int64(0)  # first pixel of the current column
    for k in range(0, size, 2):
        start = toggles[k]
        stop = toggles[k + 1]
        if start == stop:
            continue
        area += stop - start
        if start - base >= height:
            base += height
            if start - base >= height:
                base = start // height * height
        top = min(top, start - base)
        bottom = max(bottom, stop - 1 - base)
    if bottom >= height:  # some run goes on in the next column
        top = np.int64(0)
        bottom = height - 1
    shape[0] = area
    shape[5] = area > 0
    if area:
        first = 0
        while toggles[first] == toggles[first + 1]:
            first += 2
        last = size - 1
        while toggles[last] == toggles[last - 1]:
            last -= 2
        shape[1] = toggles[first] // height
        shape[2] = (toggles[last] - 1) // height
        shape[3] = top
        shape[4] = bottom


@kernel
def most_shared(a, b):  # type: ignore[no-untyped-def]
    """Upper bound on the pixels that two masks share, from their areas and boxes."""
    if not a[5] or not b[5]:
        return np.int64(0)
    columns = min(a[2], b[2]) - max(a[1], b[1]) + 1
    rows = min(a[4], b[4]) - max(a[3], b[3]) + 1
    if columns <= 0 or rows <= 0:
        return np.int64(0)
    return min(min(a[0], b[0]), columns * rows)


@kernel
def shared_pixels(a, size_a, b, size_b):  # type: ignore[no-untyped-def]
    """Number of pixels that two masks share, both given as toggles."""
    i = 0
    j = 0
    shared = np.int64(0)
    while i < size_a and j < size_b:
        stop_a = a[i + 1]
        stop_b = b[j + 1]
        shared += max(min(stop_a, stop_b) - max(a[i], b[j]), 0)
        step = stop_a < stop_b
        i += 2 * step
        j += 2 - 2 * step
    return shared


@kernel
def box_cell_iou(pred_spans, preds, boxes, gt_spans, gts, gt_boxes, crowd, iou):  # type: ignore[no-untyped-def]
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
