"""Uncompressed run lengths from their JSON text: lists of counts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.broken import shown
from segeval.data.json.grammar import CLOSE_LIST, COMMA, byte_at, skip_blank
from segeval.data.json.id_text import scan_integer
from segeval.errors import FormatError
from segeval.kernels.pointers import pointer
from segeval.kernels.promise import kernel
from segeval.masks import CompressedMasks, RunLengths
from segeval.masks.long_runs import lengths_type, packed


def parse_counts(masks: CompressedMasks) -> RunLengths:
    """Masks whose text is a JSON list of counts.

    Raises:
        FormatError: for the first list that is malformed or does not add up to H x W.
    """
    most = int(masks.lengths.sum(dtype=np.int64)) // 2 + 1
    runs = np.empty(most, lengths_type(masks.sizes))
    offsets = np.zeros(len(masks) + 1, np.int64)
    bad = int(scan_counts(masks.text, masks.starts, masks.lengths, masks.sizes, runs, offsets))
    if bad < 0:
        return RunLengths(*packed(runs[: offsets[-1]].copy(), offsets), masks.sizes)
    height, width = (int(side) for side in masks.sizes[bad])
    reason = f"{counts_defect(json.loads(masks.bytes_of(bad)), height, width)}."
    raise FormatError(
        f"mask #{bad}: {reason}", code="bad-counts", index=bad, field="counts", reason=reason
    )


def counts_defect(value: list[Any], height: int, width: int) -> str:
    """What is wrong with a list of counts for a mask of height x width pixels, in words."""
    for place, count in enumerate(value):
        if not isinstance(count, int) or isinstance(count, bool):
            return f"counts[{place}] is {shown(count, 40)}, expected a whole number"
        if count < 0:
            return "counts holds a negative run length"
    return (
        f"the runs add up to {sum(value):,} pixels, expected {height} x {width} = "
        f"{height * width:,}"
    )


@kernel
def scan_counts(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    runs: NDArray[np.integer[Any]],
    offsets: NDArray[np.int64],
) -> int:
    """Fill runs (R,) and offsets (N + 1,) from lists of counts; returns the first bad one or -1.

    Assumes a `CompressedMasks`, proven by its constructor, and room for a run per two characters.
    """
    run = 0
    data = pointer(text)
    for i in range(starts.size):
        stop = starts[i] + lengths[i]
        place = skip_blank(data, starts[i] + 1, stop)
        total = np.int64(0)
        pixels = np.int64(sizes[i, 0]) * np.int64(sizes[i, 1])
        while byte_at(data, place, stop) != CLOSE_LIST:
            value, place, good = scan_integer(data, place, stop)
            place = skip_blank(data, place, stop)
            c = byte_at(data, place, stop)
            if not good or (c != COMMA and c != CLOSE_LIST) or not 0 <= value <= pixels - total:
                return i
            runs[run] = value
            run += 1
            total += value
            if c == COMMA:
                place = skip_blank(data, place + 1, stop)
        if total != pixels:
            return i
        offsets[i + 1] = run
    return -1
