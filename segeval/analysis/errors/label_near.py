"""Wrong pixels of label maps that lie near both the right pixels and the rest of their class.

All pixels of a disk around one are found in time that does not depend on its size: along columns by
counting up in both directions, along rows by carrying how far the nearest pixel of a column still
reaches. The map is cut into tiles, so that a class costs time only where it has wrong pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel

RIGHT = 1
"""Bit of a pixel whose class is predicted."""

SEED_PRED, SEED_GT = 2, 4
"""Bits of wrong pixels near both areas: of the predicted class, and of the true one."""

BAND_PRED, BAND_GT = 8, 16
"""Bits of wrong pixels of the same class near such a pixel."""

NEAR_RIGHT_PRED, NEAR_OTHER_PRED, NEAR_RIGHT_GT, NEAR_OTHER_GT = 32, 64, 128, 256
"""Bits of wrong pixels near right ones of their class, or of another: the predicted, the true."""

NEAR_PRED, NEAR_GT = NEAR_RIGHT_PRED | NEAR_OTHER_PRED, NEAR_RIGHT_GT | NEAR_OTHER_GT
"""Both bits."""


def half_widths(reach: int, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """Half the width of a disk in each row away from its centre, and -1 beyond, (reach + 2,).

    Args:
        reach: radius in pixels; distances count rounded to whole pixels.
        dtype: of the result.

    Example:
        >>> half_widths(2, np.int16)  # 5 rows: 3, 5, 5, 5 and 3 pixels
        array([ 2,  2,  1, -1], dtype=int16)
    """
    rows = np.arange(reach + 1, dtype=np.int64)
    # A distance rounds to at most `reach` if its square is at most (reach + 1/2)^2.
    squares = reach * (reach + 1) - rows**2
    half = np.floor(np.sqrt(squares)).astype(np.int64)
    half -= half**2 > squares
    half += (half + 1) ** 2 <= squares
    return np.append(half, -1).astype(dtype)


@kernel
def mark_right(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    state: NDArray[np.uint16],
) -> None:
    """Write `RIGHT` to the state (H, W) of right pixels and 0 to that of all others.

    Assumes maps of one size, proven by `check_index`.
    """
    label = gt.dtype.type(classes)
    for y in range(gt.shape[0]):
        own, true, into = pred[y], gt[y], state[y]
        for x in range(gt.shape[1]):
            into[x] = np.uint16((own[x] == true[x]) & (true[x] < label))


@kernel
def mark_plain_seeds(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    reach: int,
    state: NDArray[np.uint16],
) -> None:
    """Add the bits of seeds that four pixels tell: the nearest right ones to the sides.

    These are most seeds. The bits of what is near are left over, for `mark_bands` to take away.

    Assumes maps of one size, proven by `check_index`.
    """
    height, width = gt.shape
    beside = np.empty(width, np.int64)  # row of the last right pixel of each column
    for way in range(2):
        for x in range(width):
            beside[x] = -reach - 1 if way == 0 else height + reach
        for step in range(height):
            y = height - 1 - step if way else step
            own, true, bits = pred[y], gt[y], state[y]
            last = -1
            for place in range(width):
                x = width - 1 - place if way else place
                now = bits[x]
                if now & np.uint16(RIGHT):
                    last = x
                    beside[x] = y
                    continue
                p, g = int(own[x]), int(true[x])
                if last >= 0 and abs(x - last) <= reach:
                    now |= told(p, g, int(true[last]))
                if abs(y - beside[x]) <= reach:
                    now |= told(p, g, int(gt[beside[x], x]))
                if p < classes and (now & np.uint16(NEAR_PRED)) == np.uint16(NEAR_PRED):
                    now |= np.uint16(SEED_PRED)
                if g < classes and (now & np.uint16(NEAR_GT)) == np.uint16(NEAR_GT):
                    now |= np.uint16(SEED_GT)
                bits[x] = now


@kernel
def told(p: int, g: int, label: int) -> Any:
    """The bits of a wrong pixel that has a right one of a label near."""
    bits = NEAR_RIGHT_PRED if label == p else NEAR_OTHER_PRED
    bits |= NEAR_RIGHT_GT if label == g else NEAR_OTHER_GT
    return np.uint16(bits)


@kernel
def mark_bands(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    half: NDArray[Any],
    side: int,
    state: NDArray[np.uint16],
) -> None:
    """Add the bits of all seeds and bands to a state (H, W), and take away those of what is near.

    half (reach + 2,) comes from `half_widths`; tiles have `side` pixels.

    Assumes maps of one size, proven by `check_index`.
    """
    height, width = gt.shape
    reach = half.size - 2
    room = side + 2 * reach
    mask = np.empty((min(room, height), min(room, width)), np.uint8)
    far = np.empty((min(side, height), min(room, width)), half.dtype)
    one = np.empty((min(side, height), min(side, width)), np.uint8)
    two = np.empty((min(side, height), min(side, width)), np.uint8)
    seen = np.zeros(classes, np.uint8)
    listed = np.empty(classes, np.int64)
    boxes = np.empty((classes, 4), np.int64)
    for stage in range(2):
        for top in range(0, height, side):
            bottom = min(top + side, height)
            for left in range(0, width, side):
                right = min(left + side, width)
                found = list_classes(
                    pred, gt, state, stage, top, bottom, left, right, seen, listed, boxes
                )
                for place in range(found):
                    category = listed[place]
                    box = boxes[category]
                    mark_class(
                        pred, gt, state, stage, category, box[0], box[1] + 1, box[2], box[3] + 1,
                        half, mask, far, one, two,
                    )  # fmt: skip
        if stage == 0:
            for y in range(height):
                bits = state[y]
                for x in range(width):
                    # a seed is in its band: SEED bits are followed by BAND bits
                    seeds = np.uint16(bits[x] & np.uint16(SEED_PRED | SEED_GT))
                    bits[x] = np.uint16((bits[x] & np.uint16(RIGHT)) | seeds | (seeds << 2))


@kernel
def list_classes(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    state: NDArray[np.uint16],
    stage: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    seen: NDArray[np.uint8],
    listed: NDArray[np.int64],
    boxes: NDArray[np.int64],
) -> int:
    """Number of classes with wrong pixels in a tile that are not known to be seeds, or in bands.

    They are written to listed (C,), and the first and last rows and columns of these pixels to
    boxes (C, 4); seen (C,) is all 0 before and after.
    """
    number = 0
    classes = seen.size
    of_pred = np.uint16(BAND_PRED if stage else SEED_PRED)
    of_gt = np.uint16(BAND_GT if stage else SEED_GT)
    every = np.uint16(of_pred | of_gt)
    for y in range(top, bottom):
        for x in range(left, right):
            own = state[y, x]
            if own & np.uint16(RIGHT) or (own & every) == every:
                continue
            for which in range(2):
                label = int(gt[y, x]) if which else int(pred[y, x])
                if label >= classes or own & (of_gt if which else of_pred):
                    continue
                box = boxes[label]
                if not seen[label]:
                    seen[label] = 1
                    listed[number] = label
                    number += 1
                    box[0], box[1], box[2], box[3] = y, y, x, x
                box[1] = y
                box[2], box[3] = min(box[2], x), max(box[3], x)
    for place in range(number):
        seen[listed[place]] = 0
    return number


@kernel
def mark_class(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    state: NDArray[np.uint16],
    stage: int,
    category: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    half: NDArray[Any],
    mask: NDArray[np.uint8],
    far: NDArray[Any],
    one: NDArray[np.uint8],
    two: NDArray[np.uint8],
) -> None:
    """Add the bits of one class in one tile: of seeds in stage 0, of bands in stage 1.

    The last four arrays are scratch space.
    """
    label = gt.dtype.type(category)
    own_label = pred.dtype.type(category)
    reach = half.size - 2
    first, last = max(top - reach, 0), min(bottom + reach, gt.shape[0])
    begin, end = max(left - reach, 0), min(right + reach, gt.shape[1])
    for which in range(2):
        covered = two if which else one
        if not fill_mask(
            pred, gt, state, 2 * stage + which, category, first, last, begin, end, mask
        ):
            if stage == 0:
                return
            covered[: bottom - top, : right - left] = 0
            continue
        cover(
            mask,
            last - first,
            end - begin,
            top - first,
            left - begin,
            bottom - top,
            right - left,
            half,
            far,
            covered,
        )
    for y in range(top, bottom):
        for x in range(left, right):
            if state[y, x] & np.uint16(RIGHT):
                continue
            is_one, is_two = one[y - top, x - left], two[y - top, x - left]
            is_pred, is_gt = pred[y, x] == own_label, gt[y, x] == label
            if stage == 0:
                if is_one & is_two:
                    state[y, x] |= np.uint16(SEED_PRED * is_pred + SEED_GT * is_gt)
            else:
                state[y, x] |= np.uint16(
                    BAND_PRED * (is_pred & (is_one > 0)) + BAND_GT * (is_gt & (is_two > 0))
                )


@kernel
def fill_mask(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    state: NDArray[np.uint16],
    what: int,
    category: int,
    first: int,
    last: int,
    begin: int,
    end: int,
    mask: NDArray[np.uint8],
) -> bool:
    """Write some pixels of rows and columns to a mask; whether there are any.

    They are, by `what`, the right pixels of a class, those of other classes on both sides, or the
    seeds that are false or missed.
    """
    own_label, label = pred.dtype.type(category), gt.dtype.type(category)
    any_set = np.uint8(0)
    for y in range(first, last):
        own, true, bits, row = pred[y], gt[y], state[y], mask[y - first]
        if what == 0:
            for x in range(begin, end):
                row[x - begin] = (own[x] == own_label) & (true[x] == label)
                any_set |= row[x - begin]
        elif what == 1:
            for x in range(begin, end):
                row[x - begin] = (own[x] != own_label) & (true[x] != label)
                any_set |= row[x - begin]
        elif what == 2:
            for x in range(begin, end):
                row[x - begin] = ((bits[x] & np.uint16(SEED_PRED)) != 0) & (own[x] == own_label)
                any_set |= row[x - begin]
        else:
            for x in range(begin, end):
                row[x - begin] = ((bits[x] & np.uint16(SEED_GT)) != 0) & (true[x] == label)
                any_set |= row[x - begin]
    return bool(any_set > 0)


@kernel
def cover(
    mask: NDArray[np.uint8],
    height: int,
    width: int,
    top: int,
    left: int,
    rows: int,
    columns: int,
    half: NDArray[Any],
    far: NDArray[Any],
    covered: NDArray[np.uint8],
) -> None:
    """Write to covered (rows, columns) whether a disk around a pixel holds any of a mask.

    The mask is mask[:height, :width]; the pixels asked about begin at its row `top` and column
    `left`. far (rows, width) is scratch space.
    """
    step = far.dtype.type
    beyond = step(half.size - 1)
    count = np.empty(width, far.dtype)
    for x in range(width):
        count[x] = beyond
    for y in range(top + rows):
        count_on(mask[y], beyond, count)
        if y >= top:
            into = far[y - top]
            for x in range(width):
                into[x] = count[x]
    for x in range(width):
        count[x] = beyond
    for y in range(height - 1, top - 1, -1):
        count_on(mask[y], beyond, count)
        if y < top + rows:
            into = far[y - top]
            for x in range(width):
                into[x] = into[x] if into[x] < count[x] else count[x]
    for y in range(rows):
        reach_along(far[y], width, left, columns, half, covered[y])


@kernel
def count_on(row: NDArray[np.uint8], beyond: Any, count: NDArray[Any]) -> None:
    """Move distances from the nearest pixel of a mask in each column (W,) on to the next row."""
    step = count.dtype.type
    for x in range(count.size):
        more = step(count[x] + step(1))
        more = more if more < beyond else beyond
        count[x] = step(0) if row[x] else more


@kernel
def reach_along(
    away: NDArray[Any],
    width: int,
    left: int,
    columns: int,
    half: NDArray[Any],
    into: NDArray[np.uint8],
) -> None:
    """Write whether disks around a row's pixels reach any of a mask, from distances in columns."""
    step = away.dtype.type
    still = step(-1)
    for x in range(left + columns):
        own = half[away[x]]
        still = step(still - step(1))
        still = still if still > own else own
        if x >= left:
            into[x - left] = still >= 0
    still = step(-1)
    for x in range(width - 1, left - 1, -1):
        own = half[away[x]]
        still = step(still - step(1))
        still = still if still > own else own
        if x < left + columns:
            into[x - left] |= np.uint8(still >= 0)
