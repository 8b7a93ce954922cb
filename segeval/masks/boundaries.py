"""The boundary of a mask: its pixels within a few pixels of its contour.

The boundary of width d is the mask minus its erosion by a block of 2d + 1 pixels, with background
outside the image (Cheng et al. 2021, Boundary IoU, section 3; d erosions by a block of 3 are the
same).
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError
from segeval.kernels.instructions import trailing_zeros
from segeval.kernels.promise import kernel, uninterruptible
from segeval.kernels.threads import map_slices
from segeval.masks.bands import (
    COLUMNS,
    FIRST,
    FIRST_WORD,
    PLACE,
    WORDS,
    place_band,
    with_room,
    write_band,
)
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_totals
from segeval.masks.overlap import mask_iou
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.toggles import AREA, expand, measure

RATIO = 0.02
"""Width of the boundary as a fraction of the image diagonal, for COCO and LVIS."""


def boundary_width(
    sizes: ArrayLike, *, ratio: float = RATIO, px: int | None = None
) -> NDArray[np.int32]:
    """Width of the boundary in images of some sizes.

    Args:
        sizes: (H, W) in pixels, shape (N, 2).
        ratio: width as a fraction of the image diagonal.
        px: width in pixels, for all images; overrules ratio.

    Returns:
        Pixels, at least 1, int32, shape (N,). Halves are rounded to even, as by Python's round.

    Raises:
        InputError: if ratio is not between 0 and 1, or px no whole number of 1 or more.

    Source:
        boundary-iou-api 37d2558, boundary_utils.py.

    Example:
        >>> boundary_width([[480, 640], [75, 100]])
        array([16,  2], dtype=int32)
    """
    pairs = np.asarray(sizes, np.float64).reshape(-1, 2)
    check_width(ratio, px)
    widest = np.iinfo(np.int32).max // 4
    if px is not None:
        return np.full(len(pairs), min(px, widest), np.int32)
    diagonal = np.sqrt(pairs[:, 0] ** 2 + pairs[:, 1] ** 2)
    return np.clip(np.rint(ratio * diagonal), 1, widest).astype(np.int32)


def check_width(ratio: float, px: int | None, *, prefix: str = "") -> None:
    """Refuse an impossible width.

    Args:
        ratio: width as a fraction of the image diagonal.
        px: width in pixels; overrules ratio.
        prefix: what the names of the caller's arguments have before `ratio` and `px`.

    Raises:
        InputError: if ratio is not between 0 and 1, or px no whole number of 1 or more.

    Example:
        >>> check_width(0.02, 0, prefix="boundary_")
        Traceback (most recent call last):
        segeval.errors.InputError: `boundary_px` is 0, expected a whole number of 1 or more
    """
    is_whole = isinstance(px, Integral) and not isinstance(px, bool)
    if px is not None and not (is_whole and px >= 1):
        name, found = f"{prefix}px", f"{px!r}, expected a whole number of 1 or more"
    elif px is None and not 0 < ratio < 1:
        name = f"{prefix}ratio"
        found = f"{ratio}, expected a part of the image's diagonal, such as 0.02"
    else:
        return
    raise InputError(f"`{name}` is {found}", code="boundary", option=name)


def boundary(
    masks: RunLengths,
    *,
    ratio: float = RATIO,
    px: int | None = None,
    workers: int | None = None,
) -> RunLengths:
    """The boundary of every mask: its pixels within a few pixels of its contour.

    The border of the image is a contour. A mask at most twice as thick as the width is its own
    boundary. It takes three bits for every pixel of the largest box; boundary AP does not.

    Args:
        masks: N masks.
        ratio: width as a fraction of the image diagonal; at least 1 pixel, with halves rounded to
            even.
        px: width in pixels, for all images; overrules ratio.
        workers: threads, None for all cores.

    Returns:
        N masks of the same sizes in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        InputError: if ratio is not between 0 and 1, or px no whole number of 1 or more.

    Source:
        Cheng et al. 2021, Boundary IoU, section 3; equal to boundary-iou-api 37d2558.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(boundary(encode(np.ones((1, 4, 5))), px=1))
        array([[[1, 1, 1, 1, 1],
                [1, 0, 0, 0, 1],
                [1, 0, 0, 0, 1],
                [1, 1, 1, 1, 1]]], dtype=uint8)
    """
    check_totals(masks)
    widths = boundary_width(masks.sizes, ratio=ratio, px=px)
    like = np.empty(0, lengths_type(masks.sizes))

    def one(start: int, stop: int) -> RunLengths:
        offsets = np.zeros(stop - start + 1, np.int64)
        counts = boundary_runs(
            masks.counts,
            masks.offsets[start : stop + 1],
            masks.sizes[start:stop],
            widths[start:stop],
            offsets,
            like,
        )
        return RunLengths(*packed(counts, offsets), masks.sizes[start:stop])

    return concatenate(map_slices(one, len(masks), workers))


def boundary_iou(
    preds: RunLengths, gts: RunLengths, *, ratio: float = RATIO, px: int | None = None
) -> NDArray[np.float64]:
    """Pairwise IoU of the boundaries of two sets of masks of one image.

    Boundary AP takes the smaller of this and `mask_iou`, because this alone is also high for a mask
    that covers only the contour of an object.

    Args:
        preds: N masks of one image, all (H, W).
        gts: M masks of the same image.
        ratio: width of the boundary as a fraction of the image diagonal.
        px: width in pixels; overrules ratio.

    Returns:
        IoU in [0, 1], float64, shape (N, M). A row or column of an empty mask is 0.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        InputError: if ratio is not between 0 and 1, or px no whole number of 1 or more.
        ShapeError: if sizes differ.

    Source:
        Cheng et al. 2021, Boundary IoU, section 3.

    Example:
        >>> from segeval.masks import encode
        >>> square = encode(np.ones((1, 9, 9)))
        >>> boundary_iou(square, boundary(square, px=1), px=1)
        array([[1.]])
    """
    return mask_iou(boundary(preds, ratio=ratio, px=px), boundary(gts, ratio=ratio, px=px))


@kernel
def boundary_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    widths: NDArray[np.int32],
    new_offsets: NDArray[np.int64],
    like: NDArray[np.integer[Any]],
) -> NDArray[np.integer[Any]]:
    """Lengths of the runs of the boundaries of N masks, of the type of `like`.

    Fills new_offsets (N + 1,). Assumes `RunLengths` of sound totals, proven by `check_totals`, and
    widths of 1 or more.
    """
    runs = np.empty(1 << 10, like.dtype)
    used = 0
    shape = np.empty(6, np.int64)
    band = np.empty(6, np.int64)
    store = np.empty(1 << 10, np.uint64)
    scratch = np.empty(1 << 10, np.uint64)
    for i in range(sizes.shape[0]):
        toggles = np.empty(offsets[i + 1] - offsets[i] + 1, np.int64)
        size = expand(counts[offsets[i] : offsets[i + 1]], toggles)
        height = int(sizes[i, 0])
        measure(toggles, size, height, shape)
        end = 0  # of the last run
        place_band(shape, 0, band)
        if shape[AREA]:
            store = with_room(store, band[COLUMNS] * band[WORDS])
            scratch = with_room(scratch, 2 * band[COLUMNS] * band[WORDS])
            write_band(toggles, size, height, widths[i], shape, band, store, scratch)
        for column in range(band[COLUMNS]):
            # at most every other pixel of a column, with two runs each; one more ends the mask
            if used + height + 4 > runs.size:
                runs = longer_runs(runs, used, 2 * runs.size + height + 4)
            used, end = column_runs(band, store, column, height, runs, new_offsets[i], used, end)
        total = height * np.int64(sizes[i, 1])
        if used == runs.size:
            runs = longer_runs(runs, used, 2 * used)
        if total > end or used == new_offsets[i]:
            runs[used] = total - end
            used += 1
        new_offsets[i + 1] = used
    return runs[:used].copy()


@kernel
def longer_runs(runs: NDArray[np.integer[Any]], used: int, size: int) -> NDArray[np.integer[Any]]:
    """A longer array that begins with the used runs."""
    longer = np.empty(size, runs.dtype)
    for k in range(used):
        longer[k] = runs[k]
    return longer


@uninterruptible
def column_runs(
    band: NDArray[np.int64],
    store: NDArray[np.uint64],
    column: int,
    height: int,
    runs: NDArray[np.integer[Any]],
    first: int,
    used: int,
    end: int,
) -> tuple[int, int]:
    """Append the runs of one column of a boundary to those in runs[first:used], which end at `end`.

    A run that continues from the last column is extended. Returns the new used and end.
    """
    place = band[PLACE] + column * band[WORDS]
    base = (band[FIRST] + column) * height + 64 * band[FIRST_WORD]
    begin = np.int64(-1)  # of the run that is open
    for word in range(band[WORDS] + 1):
        bits = store[place + word] if word < band[WORDS] else np.uint64(0)
        row = np.int64(0)
        while row < 64:
            seen = (~bits if begin >= 0 else bits) >> np.uint64(row)
            if seen == np.uint64(0):
                break
            row += trailing_zeros(seen)
            pixel = base + 64 * word + row
            if begin < 0:
                begin = pixel
                continue
            if used > first and begin == end:
                runs[used - 1] += pixel - begin
            else:
                runs[used] = begin - end
                runs[used + 1] = pixel - begin
                used += 2
            end = pixel
            begin = np.int64(-1)
    return used, end
