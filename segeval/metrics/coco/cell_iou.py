"""IoU of every prediction with every ground truth of its cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.bands import (
    COLUMNS,
    PIXELS,
    WORDS,
    is_all_boundary,
    place_band,
    shared_band_pixels,
    with_room,
    write_band,
)
from segeval.masks.text_runs import WRONG_TOTAL, run_ends
from segeval.masks.toggles import (
    AREA,
    BOTTOM,
    FAR,
    FIRST_COLUMN,
    HAS_EMPTY_RUN,
    LAST_COLUMN,
    TOP,
    expand,
    measure,
    measure_columns,
)

LARGE = 1
"""In place of a defect: a cell whose boundaries have too many words of bits."""


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
    widths: NDArray[np.int32],
    areas: NDArray[np.int64],
    least: float,
    most_words: int,
    iou: NDArray[np.float64],
) -> tuple[int, int]:
    """Fill iou with the (D, G) matrices of C cells, end to end.

    pred_spans, gt_spans (C, 2) cut preds and gts (rows); text, starts, lengths, sizes are
    CompressedMasks; counts, offsets, gt_sizes are RunLengths; crowd (G,). With boundary widths (G,)
    IoU is the smaller of mask IoU and boundary IoU, except for crowd regions; empty widths give
    mask IoU alone. An IoU that cannot reach `least` may stay 0: where `areas` of predicted masks
    are given, whose strings are sound then, those too small or large for all of a cell are not
    read. Returns (row, defect) of a bad string, (cell, LARGE) for boundaries of more than
    most_words, or (-1, 0).

    Empty runs matter only where both masks have some. Without any among the ground truths of a
    cell, areas bound the IoU, and for mask IoU alone a known area spares measuring the prediction.

    Assumes a `CompressedMasks`, a `RunLengths` of sound totals, and rows and spans from
    `make_cells` over a `Selection`.
    """
    at = -1
    store = np.empty(1 << 10, np.uint64)  # boundaries of the ground truths of a cell
    own = np.empty(1 << 10, np.uint64)  # boundary of a prediction
    scratch = np.empty(1 << 10, np.uint64)
    own_band = np.empty(6, np.int64)
    ends = np.empty(4096, np.int64)
    toggles = np.empty(1 << 16, np.int64)
    shape = np.empty(6, np.int64)
    for cell in range(pred_spans.shape[0]):
        first, last = gt_spans[cell]
        begins = np.zeros(last - first + 1, np.int64)
        shapes = np.empty((last - first, 6), np.int64)
        bands = np.empty((last - first, 6), np.int64)
        toggles = expand_all(gts[first:last], counts, offsets, toggles, begins)
        room = 0
        is_bounded = areas.size > 0
        for j in range(last - first):
            mask = toggles[begins[j] : begins[j + 1]]
            measure(mask, mask.size - 1, int(gt_sizes[gts[first + j], 0]), shapes[j])
            place_band(shapes[j], room, bands[j])
            room += bands[j, COLUMNS] * bands[j, WORDS]
            is_bounded &= shapes[j, HAS_EMPTY_RUN] == 0
        if widths.size:
            if room > most_words:
                return cell, LARGE
            store = with_room(store, room)
            scratch = with_room(scratch, 2 * room)
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            row = preds[i]
            if is_bounded and not can_reach(areas[row], gts[first:last], shapes, crowd, least):
                iou[at + 1 : at + 1 + last - first] = 0.0
                at += last - first
                continue
            if ends.size <= lengths[row] + 1:
                ends = np.empty(2 * lengths[row] + 2, np.int64)
            height = int(sizes[row, 0])
            pixels = height * int(sizes[row, 1])
            size = read_toggles(text, starts[row], starts[row] + lengths[row], pixels, ends)
            if size < 0:
                return row, size
            if is_bounded and not widths.size:
                measure_columns(ends, size, height, areas[row], shape)
            else:
                measure(ends, size, height, shape)
            if widths.size:
                place_band(shape, 0, own_band)
                if own_band[COLUMNS] * own_band[WORDS] > most_words:
                    return cell, LARGE
                own = with_room(own, own_band[COLUMNS] * own_band[WORDS])
                scratch = with_room(scratch, 2 * own_band[COLUMNS] * own_band[WORDS])
            for j in range(last - first):
                gt = gts[first + j]
                at += 1
                iou[at] = 0.0
                if sizes[row, 0] != gt_sizes[gt, 0] or sizes[row, 1] != gt_sizes[gt, 1]:
                    continue
                mask = toggles[begins[j] : begins[j + 1]]
                most = most_shared(shape, shapes[j])
                if most and shape[HAS_EMPTY_RUN] and shapes[j, HAS_EMPTY_RUN]:
                    # pixels that are left out count in no union: there is no bound
                    iou[at] = iou_with_empty_runs(ends, size, mask, mask.size - 1, crowd[gt])
                elif most and ratio(most, shape[AREA], shapes[j, AREA], crowd[gt]) >= least:
                    shared = shared_run_pixels(ends, size, mask, mask.size - 1)
                    iou[at] = ratio(shared, shape[AREA], shapes[j, AREA], crowd[gt])
                if (
                    widths.size == 0
                    or crowd[gt]
                    or not iou[at] >= least
                    or (
                        is_all_boundary(shape, widths[gt])
                        and is_all_boundary(shapes[j], widths[gt])
                    )
                ):
                    continue
                if own_band[PIXELS] < 0:
                    write_band(ends, size, height, widths[gt], shape, own_band, own, scratch)
                if bands[j, PIXELS] < 0:
                    write_band(
                        mask, mask.size - 1, height, widths[gt], shapes[j], bands[j],
                        store, scratch,
                    )  # fmt: skip
                iou[at] = min(iou[at], band_iou(own_band, own, bands[j], store, least))
    return -1, 0


@kernel
def read_toggles(
    text: NDArray[np.uint8], start: int, stop: int, pixels: int, toggles: NDArray[np.int64]
) -> int:
    """Write the toggles of a string, followed by FAR; returns their (even) number, or a defect.

    Assumes room for one value more than characters.
    """
    size = run_ends(text, start, stop, toggles)
    if size < 0:
        return size
    if (toggles[size - 1] if size else 0) != pixels:
        return WRONG_TOTAL
    size &= ~1
    toggles[size] = FAR
    return size


@kernel
def can_reach(
    area: int,
    gts: NDArray[np.int64],
    shapes: NDArray[np.int64],
    crowd: NDArray[np.bool_],
    least: float,
) -> bool:
    """Whether a mask of some area is large and small enough for one of these ground truths."""
    for j in range(gts.size):
        other = shapes[j, AREA]
        if crowd[gts[j]] or ratio(min(area, other), area, other, False) >= least:  # noqa: FBT003
            return True
    return False


@kernel
def expand_all(
    rows: NDArray[np.int64],
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    toggles: NDArray[np.int64],
    begins: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The toggles of some masks, each followed by FAR, in `toggles` or, if too short, in new ones.

    Those of rows[j] are at begins[j]:begins[j + 1].
    """
    total = 0
    for row in rows:
        total += offsets[row + 1] - offsets[row] + 1
    if toggles.size < total:
        toggles = np.empty(2 * total, np.int64)
    for j in range(rows.size):
        runs = counts[offsets[rows[j]] : offsets[rows[j] + 1]]
        begins[j + 1] = begins[j] + expand(runs, toggles[begins[j] :]) + 1
    return toggles


@kernel
def ratio(shared: int, area: int, gt_area: int, is_crowd: bool) -> float:  # noqa: FBT001
    """Intersection over union, or over the prediction where the ground truth is a crowd."""
    if shared == 0:
        return 0.0
    return shared / (area if is_crowd else area + gt_area - shared)


@kernel
def band_iou(
    a: NDArray[np.int64],
    a_store: NDArray[np.uint64],
    b: NDArray[np.int64],
    b_store: NDArray[np.uint64],
    least: float,
) -> float:
    """IoU of two boundaries, 0 if it cannot reach `least`."""
    if ratio(min(a[PIXELS], b[PIXELS]), a[PIXELS], b[PIXELS], False) < least:  # noqa: FBT003
        return 0.0
    shared = shared_band_pixels(a, a_store, b, b_store)
    return ratio(shared, a[PIXELS], b[PIXELS], False)  # noqa: FBT003


@kernel
def most_shared(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Upper bound on the pixels that two masks share, from their areas and boxes."""
    columns = min(a[LAST_COLUMN], b[LAST_COLUMN]) - max(a[FIRST_COLUMN], b[FIRST_COLUMN]) + 1
    rows = min(a[BOTTOM], b[BOTTOM]) - max(a[TOP], b[TOP]) + 1
    if columns <= 0 or rows <= 0:
        return 0
    return int(min(min(a[AREA], b[AREA]), columns * rows))


@kernel
def shared_run_pixels(a: NDArray[np.int64], size_a: int, b: NDArray[np.int64], size_b: int) -> int:
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
        # Where masks have one run per column, both move on together: a well-predicted branch.
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
    """IoU of two masks with runs of length 0, as pycocotools computes it.

    Its rleIou stops where such runs meet at one pixel, and leaves out the rest.
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
    return ratio(shared_run_pixels(a, size_a, b, size_b), area_a, area_b, is_crowd)


@kernel
def pixels_before(toggles: NDArray[np.int64], size: int, end: int) -> int:
    """Number of pixels of a mask before one of its toggles."""
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
    """Fill iou with the (D, G) matrices of C cells, end to end; boxes xywh, shape (rows, 4).

    Assumes boxes proven by `GroundTruth` and `Predictions`, and rows and spans from `make_cells`.
    """
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
