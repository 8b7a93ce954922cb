"""Masks as pycocotools passes them, dicts of `size` and `counts`, from and to segeval's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.masks import CompressedMasks, RunLengths, compress
from segeval.masks.long_runs import packed
from segeval.masks.proofs import proven_sizes

Encoded = dict[str, Any]
"""A mask: `size` as [H, W], and its compressed `counts`."""


def strings_of(masks: Iterable[Any]) -> CompressedMasks:
    """Compressed masks as a column.

    Args:
        masks: dicts of `size` and of `counts` as bytes or text.

    Raises:
        FormatError: for anything else; what is in `counts` is not looked at.
    """
    several = list(masks)
    try:
        texts = [each["counts"] for each in several]
        sizes = [each["size"] for each in several]
    except (KeyError, TypeError, IndexError):
        raise _without_mask(several) from None
    if not {*map(type, texts)} <= {bytes, str}:
        index = next(i for i, text in enumerate(texts) if type(text) not in (bytes, str))
        raise FormatError(
            f"mask #{index}: counts is of the type {type(texts[index]).__name__}, expected bytes "
            "or text. `frPyObjects` compresses lists of counts.",
            code="bad-counts",
            index=index,
            field="counts",
        )
    return CompressedMasks.from_strings(texts, _sizes(sizes))


def _without_mask(masks: list[Any]) -> FormatError:
    """The error for the first that is no mask."""
    index, mask = next(
        (index, each)
        for index, each in enumerate(masks)
        if not isinstance(each, Mapping) or not {"counts", "size"} <= {*each}
    )
    return FormatError(
        f"mask #{index} is {_shown(mask)}, expected a dict with size and counts.",
        code="bad-segmentation",
        index=index,
    )


def sound_strings(masks: Iterable[Any]) -> tuple[CompressedMasks, NDArray[np.int64]]:
    """Compressed masks as a column, and their areas in pixels, int64, shape (N,).

    Raises:
        FormatError: for a mask that is malformed, or whose runs are not H x W pixels.
    """
    strings = strings_of(masks)
    areas, defects = strings.measure()
    wrong = np.flatnonzero(defects)
    if len(wrong):
        index = int(wrong[0])
        raise FormatError(
            f"mask #{index}: {strings.defect(index, int(defects[index]))}.",
            code="bad-counts",
            index=index,
            field="counts",
            count=len(wrong),
        )
    return strings, areas


def encoded(masks: RunLengths) -> list[Encoded]:
    """Masks as dicts with bytes, one after the other."""
    strings = compress(masks)
    sizes = masks.sizes.tolist()
    return [{"size": size, "counts": strings.bytes_of(index)} for index, size in enumerate(sizes)]


def from_counts(masks: Sequence[Any]) -> RunLengths:
    """Masks of which `counts` is a list of run lengths; their total is not looked at.

    Raises:
        FormatError: for run lengths that are no whole numbers from 0.
    """
    runs, sizes = [np.empty(0, np.int64)], []
    for index, each in enumerate(masks):
        try:
            counts = np.array(each["counts"])
            whole = counts.ndim == 1 and (counts.size == 0 or counts.dtype.kind in "iu")
        except (KeyError, TypeError, ValueError):
            whole, counts = False, np.empty(0)
        if not whole or (counts.size and (counts.min() < 0 or counts.max() >= 2**32)):
            raise FormatError(
                f"mask #{index} is {_shown(each)}, expected a dict with size and a list of run "
                "lengths as counts.",
                code="bad-counts",
                index=index,
                field="counts",
            )
        runs.append(counts.astype(np.int64))
        sizes.append(each["size"])
    lengths = np.array([0, *(len(each) for each in runs[1:])], np.int64)
    counts, offsets = packed(np.concatenate(runs), np.cumsum(lengths))
    shapes = proven_sizes(_sizes(sizes), len(sizes), against="the masks")
    return RunLengths(counts, offsets, shapes)


def _sizes(sizes: list[Any]) -> NDArray[np.int64]:
    """(H, W) of every mask, int64, shape (N, 2)."""
    try:
        found = np.array(sizes)
        if not sizes or (found.shape == (len(sizes), 2) and found.dtype.kind in "iu"):
            return found.astype(np.int64).reshape(-1, 2)
    except ValueError:
        pass  # rows of different lengths
    for index, size in enumerate(sizes):
        own = np.array(size, object).ravel()
        if len(own) != 2 or not all(isinstance(side, int | np.integer) for side in own):
            raise FormatError(
                f"mask #{index}: size is {_shown(size)}, expected two whole numbers, height and "
                "width.",
                code="mask-size",
                index=index,
                field="size",
            )
    return np.array([[int(side) for side in size] for size in sizes], np.int64)


def _shown(value: object) -> str:
    """A value for messages, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
