"""Compressed strings to runs and back.

Every count (from the fourth on, its difference from the count two before) is a signed number in
groups of five bits, low group first. A group is one character: 48 + bits, plus 32 if more groups
follow (pycocotools maskApi.c, rleToString and rleFrString).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.instructions import load_word
from segeval.kernels.promise import kernel
from segeval.masks.long_runs import LONGEST, whole_run

# Defects of a string: negative results of the kernels.
BAD_CHARACTER = -1
TRUNCATED = -2
NEGATIVE_COUNT = -3
WRONG_TOTAL = -4

MOST_SHIFTED = 45
"""Bits below the last group of a number: ten groups hold any difference of runs below 2**49."""


@kernel
def run_ends(text: NDArray[np.uint8], start: int, stop: int, ends: NDArray[np.int64]) -> int:
    """Ends of the runs of one string, in pixels; returns their number, or a defect.

    `ends` (int64) needs room for one value per character.
    """
    runs = 0
    end = np.int64(0)
    last = np.int64(0)
    before = np.int64(0)
    place = start
    while place < stop:
        # Almost every difference fits one character: read eight at once.
        while runs > 2 and place + 8 <= stop:
            word = load_word(text, place) - np.uint64(0x3030303030303030)
            if word & np.uint64(0xE0E0E0E0E0E0E0E0):
                break  # a longer number, or a bad character
            word ^= np.uint64(0x1010101010101010)
            sign = np.int64(0)
            for k in range(0, 8, 2):
                before += np.int64((word >> np.uint64(8 * k)) & np.uint64(31)) - 16
                end += before
                ends[runs + k] = end
                last += np.int64((word >> np.uint64(8 * k + 8)) & np.uint64(31)) - 16
                end += last
                ends[runs + k + 1] = end
                sign |= before | last
            if sign | end < 0:  # an end beyond 63 bits is negative
                return NEGATIVE_COUNT
            runs += 8
            place += 8
        if place >= stop:
            break
        value = np.int64(0)
        shift = 0
        while True:
            if place >= stop:
                return TRUNCATED
            group = np.int64(text[place]) - 48
            place += 1
            if group < 0 or group > 63 or shift > MOST_SHIFTED:
                return BAD_CHARACTER
            value |= (group & 31) << shift
            shift += 5
            if group < 32:
                break
        if group & 16:
            value -= np.int64(1) << shift
        if runs > 2:
            value += before
        if value < 0:
            return NEGATIVE_COUNT
        before = last
        last = value
        end += value
        if end < 0:
            return NEGATIVE_COUNT
        ends[runs] = end
        runs += 1
    return runs


@kernel
def count_string_runs(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Number of runs of every string (N,), counted by characters that end a number.

    Assumes a `CompressedMasks`, proven by its constructor.
    """
    counts = np.zeros(starts.size, np.int64)
    for i in range(starts.size):
        for place in range(starts[i], starts[i] + lengths[i]):
            counts[i] += (text[place] - 48) & 32 == 0
    return counts


@kernel
def decode_strings(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    offsets: NDArray[np.int64],
    counts: NDArray[np.integer[Any]],
) -> tuple[int, int]:
    """Fill counts (R,) with the runs of all strings; returns (index, defect) of a bad one.

    Assumes a `CompressedMasks`, proven by its constructor, and offsets (N + 1,) from
    `count_string_runs`; a run that ends has a character that ends it.
    """
    ends = np.empty(0, np.int64)
    for i in range(starts.size):
        if ends.size <= lengths[i]:
            ends = np.empty(2 * lengths[i] + 64, np.int64)
        runs = run_ends(text, starts[i], starts[i] + lengths[i], ends)
        if runs < 0:
            return i, runs
        total = ends[runs - 1] if runs else np.int64(0)
        if total != np.int64(sizes[i, 0]) * np.int64(sizes[i, 1]):
            return i, WRONG_TOTAL
        done = np.int64(0)
        for run in range(runs):
            counts[offsets[i] + run] = ends[run] - done
            done = ends[run]
    return -1, 0


@kernel
def measure_strings(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    areas: NDArray[np.int64],
    defects: NDArray[np.int8],
) -> None:
    """Fill areas (N,) and defects (N,) of strings."""
    ends = np.empty(4096, np.int64)
    for i in range(starts.size):
        if ends.size <= lengths[i]:
            ends = np.empty(2 * lengths[i] + 64, np.int64)
        runs = run_ends(text, starts[i], starts[i] + lengths[i], ends)
        if runs < 0:
            defects[i] = runs
            continue
        total = ends[runs - 1] if runs else np.int64(0)
        if total != np.int64(sizes[i, 0]) * np.int64(sizes[i, 1]):
            defects[i] = WRONG_TOTAL
        area = np.int64(0)
        for run in range(1, runs, 2):
            area += ends[run] - ends[run - 1]
        areas[i] = area


@kernel
def encode_strings(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    text: NDArray[np.uint8],
    stops: NDArray[np.int64],
) -> int:
    """Write the strings of all masks to text; stops[i + 1] is where string i ends.

    Assumes a sound `RunLengths`, proven by its constructor, and room for 7 characters a count.
    """
    place = 0
    for i in range(offsets.size - 1):
        if np.int64(sizes[i, 0]) * np.int64(sizes[i, 1]) > LONGEST:
            place = encode_whole_runs(counts, offsets[i], offsets[i + 1], text, place)
        else:
            for run in range(offsets[i], offsets[i + 1]):
                value = np.int64(counts[run])
                if run - offsets[i] > 2:
                    value -= np.int64(counts[run - 2])
                place = put_number(text, place, value)
        stops[i + 1] = place
    return place


@kernel
def encode_whole_runs(
    counts: NDArray[np.uint32], run: int, stop: int, text: NDArray[np.uint8], place: int
) -> int:
    """Write the string of one mask, with pieces of runs joined; returns the place after it."""
    number = 0
    last = before = np.int64(0)
    while run < stop:
        length, run = whole_run(counts, run, stop)
        place = put_number(text, place, length - before if number > 2 else length)
        before, last = last, length
        number += 1
    return place


@kernel
def put_number(text: NDArray[np.uint8], place: int, value: np.int64) -> int:
    """Write one number in groups of five bits, low group first; returns the place after it."""
    while True:
        group = value & 31
        value >>= 5
        more = value != (-1 if group & 16 else 0)
        text[place] = group + 48 + (32 if more else 0)
        place += 1
        if not more:
            return place


@kernel
def copy_text(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    out: NDArray[np.uint8],
) -> None:
    """Copy N texts to out, end to end.

    Assumes spans inside the text, proven by `CompressedMasks`, and room for all.
    """
    at = 0
    for i in range(starts.size):
        for k in range(lengths[i]):
            out[at + k] = text[starts[i] + k]
        at += lengths[i]
