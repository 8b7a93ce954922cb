"""Masks from values of pixels, probabilities or logits, also of a picture of another size."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import FormatError, InputError, ShapeError
from segeval.kernels.threads import map_slices
from segeval.limits import check_limit
from segeval.masks.dense import SLICE, arrays_of_masks, check_dense, packed_one_by_one, shapes_of
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.proofs import proven_sizes, size_of_each
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.value_runs import value_runs

MaskValues = Literal["probabilities", "logits"]

CUTS = {"probabilities": 0.5, "logits": 0.0}
"""The least value of a pixel in the mask, for each meaning of values."""

NEAR = 1e-3
"""How far below the cut rounding might lift an interpolated value to it, with much to spare."""


def encode_values(
    values: ArrayLike | Sequence[ArrayLike],
    mask_values: MaskValues,
    *,
    cut: float | None = None,
    size: tuple[int, int] | None = None,
    workers: int | None = None,
) -> RunLengths:
    """Runs of masks that are given as a value for each pixel.

    A pixel is foreground if its value is at least the cut. Values for a picture of another size are
    interpolated first, row by row: no dense mask is made, and no more than one mask is copied.

    Args:
        values: float16, float32 or float64, shape (N, h, w), or a list of N arrays (h, w). Arrays
            of any library will do, through `__array__` or `__dlpack__`; bfloat16 becomes float32.
        mask_values: what the values are, "probabilities" or "logits".
        cut: the least value of foreground; None for 0.5 for probabilities and 0 for logits.
        size: (H, W) of all masks in pixels; None for that of the values.
        workers: threads, None for all cores.

    Returns:
        N masks in canonical runs: only the first may have length 0.

    Raises:
        FormatError: if a mask holds NaN, no floats, a probability outside of 0 to 1, or an infinite
            value that would be interpolated.
        ShapeError: if an array is not two-dimensional, or values without pixels get a size.
        InputError: if mask_values is another word, the cut is not finite, or workers is below 1.

    Source:
        Equal to PyTorch's interpolate(values, size, mode="bilinear", align_corners=False) >= cut
        wherever the interpolated value differs from the cut by 1e-5 or more; float16 as float32.

    Example:
        >>> encode_values([[[0.1, 0.7], [0.9, 0.8]]], "probabilities").counts
        array([1, 3], dtype=uint32)
        >>> encode_values([[[-3.0, 1.0]]], "logits", size=(1, 8)).counts
        array([5, 3], dtype=uint32)
    """
    if str(mask_values) not in CUTS:
        raise InputError(
            f'`mask_values` is {mask_values!r}, expected "probabilities" or "logits".',
            code="mask-values",
            option="mask_values",
        )
    cut = CUTS[mask_values] if cut is None else cut
    if not isinstance(cut, Real) or not abs(cut) <= sys.float_info.max:
        raise InputError(f"`cut` is {cut}, expected a finite number.", code="cut", option="cut")
    arrays = arrays_of_masks(values)
    given = np.array(shapes_of(arrays), np.int64).reshape(-1, 2)
    sizes = proven_sizes(given, len(arrays), against="the masks")
    if size is not None:
        sizes = size_of_each(size, len(arrays))
        _check_resized(given, sizes)
    for index, one in enumerate(arrays if isinstance(arrays, list) else arrays[:1]):
        if one.dtype.kind != "f":
            raise _wrong_type(index, one.dtype)
    meaning = _Meaning(mask_values, cut)

    def some(start: int, stop: int) -> RunLengths:
        return _encoded(arrays[start:stop], sizes[start:stop], meaning, start)

    pixels = np.maximum(given.prod(axis=1), sizes.astype(np.int64).prod(axis=1))
    least = max(SLICE // max(4 * int(pixels.max(initial=1)), 1), 1)
    parts = map_slices(some, len(arrays), workers, least=least)
    return parts[0] if len(parts) == 1 else concatenate(parts)


class _Meaning(NamedTuple):
    """What values mean, and the least value of foreground."""

    mask_values: str
    cut: float

    def bounds(self, *, is_resized: bool) -> tuple[float, float]:
        """The least and the greatest value that a pixel may have."""
        if self.mask_values == "probabilities":
            return -ROUNDING, 1 + ROUNDING
        return (-MOST, MOST) if is_resized else (-np.inf, np.inf)


ROUNDING = 1e-3
"""How far interpolation in 16 bits may have lifted a probability above 1."""

MOST = float(np.finfo(np.float32).max)
"""The greatest logit that is interpolated."""


def _check_resized(given: NDArray[np.int64], sizes: NDArray[np.int32]) -> None:
    """Refuse sizes beyond the limit of pictures, and values without pixels for masks with some."""
    if not len(sizes):
        return
    height, width = sizes[0].tolist()
    what = f"masks of {height} x {width} would have {height * width:,} pixels"
    check_limit("picture_pixels", height * width, what, source="masks")
    empty = np.flatnonzero((given.prod(axis=1) == 0) & (sizes != given).any(axis=1))
    if len(empty):
        h, w = given[empty[0]]
        raise ShapeError(
            f"mask #{empty[0]} has {h} x {w} values, expected at least one to make "
            f"{height} x {width} pixels from.",
            code="mask-shape",
            index=int(empty[0]),
        )


def _wrong_type(index: int, dtype: np.dtype[Any]) -> FormatError:
    """The error for masks that hold no floats."""
    return FormatError(
        f"mask #{index} holds {dtype}, expected float16, float32 or float64. "
        "Masks of 0 and 1 need no `mask_values`.",
        code="mask-values",
        index=index,
        field="masks",
    )


def _encoded(
    values: NDArray[Any] | list[NDArray[Any]],
    sizes: NDArray[np.int32],
    meaning: _Meaning,
    first: int,
) -> RunLengths:
    """Runs of some masks, of which the first is mask #`first`."""
    if isinstance(values, np.ndarray) and _is_in_place(values):
        return RunLengths(*packed(*_runs(values, sizes, meaning, first)), sizes)

    def one(index: int) -> NDArray[np.integer[Any]]:
        batch = values[index][np.newaxis]
        if not _is_in_place(batch):
            check_dense(*batch.shape[1:])
            wide = np.float64 if batch.dtype.itemsize > 4 else np.float32
            batch = np.ascontiguousarray(batch, wide)
        return _runs(batch, sizes[index : index + 1], meaning, first + index)[0]

    return packed_one_by_one(one, sizes)


def _is_in_place(values: NDArray[Any]) -> bool:
    """Whether kernels can read the values where they are."""
    return values.dtype in (np.float32, np.float64) and values.flags.c_contiguous


def _runs(
    values: NDArray[Any], sizes: NDArray[np.int32], meaning: _Meaning, first: int
) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Run lengths of masks (N, h, w) that get one size, and their offsets (N + 1,)."""
    number, h, w = values.shape
    height, width = sizes[0].tolist() if number else (h, w)
    is_resized = (h, w) != (height, width)
    least, greatest = meaning.bounds(is_resized=is_resized)
    nearly = meaning.cut - NEAR * max(abs(meaning.cut), 1) if is_resized else meaning.cut
    offsets = np.zeros(number + 1, np.int64)
    only_read = values.view()
    only_read.flags.writeable = False  # kernels are compiled for arrays that are only read
    lengths, wrong = value_runs(
        only_read,
        np.array([meaning.cut, nearly, least, greatest], values.dtype),
        *_places(h, height, values.dtype),
        *_places(w, width, values.dtype),
        offsets,
        np.empty(0, lengths_type(sizes)),
    )
    if wrong < number:
        raise _wrong_value(values[wrong], first + wrong, meaning, least, greatest)
    return lengths, offsets


def _places(
    old: int, new: int, dtype: np.dtype[Any]
) -> tuple[NDArray[np.int64], NDArray[np.floating[Any]]]:
    """Between which of `old` pixels each of `new` ones lies along a side, as PyTorch computes it.

    Returns:
        The pixel before the centre, int64, shape (new,), and the shares of it and of the next one,
        shape (new, 2).
    """
    scale = np.float64(dtype.type(old) / dtype.type(max(new, 1)))
    # rounded once, as by the fused multiply-add of PyTorch
    centre = ((np.arange(new) + 0.5) * scale - 0.5).astype(dtype)
    pixel = np.clip(np.floor(centre), 0, max(old - 1, 0))
    share = np.clip(centre - pixel, 0, 1)
    return pixel.astype(np.int64), np.stack([1 - share, share], axis=1).astype(dtype)


def _wrong_value(
    values: NDArray[Any], index: int, meaning: _Meaning, least: float, greatest: float
) -> FormatError:
    """The error for a mask (h, w) with a value that means nothing."""
    value = values[~((values >= least) & (values <= greatest))][0]
    if np.isnan(value):
        return holds_nan(index)
    option = "mask_values" if meaning.mask_values == "probabilities" else None
    problem = "finite values, since they are resized."
    if option:
        problem = 'probabilities from 0 to 1. For logits, set `mask_values="logits"`.'
    return FormatError(
        f"mask #{index} holds {value:g}, expected {problem}",
        code="mask-values",
        index=index,
        field="masks",
        option=option,
    )


def holds_nan(index: int) -> FormatError:
    """The error for a mask with a value that is no number."""
    return FormatError(
        f"mask #{index} holds NaN, expected a number for every pixel.",
        code="mask-values",
        index=index,
        field="masks",
    )
