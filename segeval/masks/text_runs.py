"""Compressed strings to runs and back.

Every count (from the fourth on, its difference from the count two before) is a signed number in
groups of five bits, low group first. A group is one character: 48 + bits, plus 32 if more groups
follow (pycocotools maskApi.c, rleToString and rleFrString).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.instructions import load_word, trailing_zeros
from segeval.kernels.pointers import pointer
from segeval.kernels.promise import kernel
from segeval.masks.extents import LAST_PLACE, put_box, reach_rows
from segeval.masks.long_runs import LONGEST, whole_run

# Defects of a string: negative results of the kernels.
BAD_CHARACTER = -1
TRUNCATED = -2
NEGATIVE_COUNT = -3
WRONG_TOTAL = -4

MOST_SHIFTED = 45
"""Bits below the last group of a number: ten groups hold any difference of runs below 2**49."""

# Words of eight characters, the first of which is the lowest.
NOTHING, ONE = np.uint64(0), np.uint64(1)
EIGHT_ZEROS = np.uint64(0x3030303030303030)  # subtracted, leaves six bits of each character
MORE = np.uint64(0x2020202020202020)  # bits that say that more groups follow
OUTSIDE = np.uint64(0xC0C0C0C0C0C0C0C0)  # bits that only bad characters have, or those behind one
SIGNS = np.uint64(0x1010101010101010)  # negative differences have it; flipped, it adds 16
# Every other group, or pair of groups, and where the others are put behind them.
GROUPS, UPPER_GROUPS = np.uint64(0x001F001F001F001F), np.uint64(0x03E003E003E003E0)
PAIRS, UPPER_PAIRS = np.uint64(0x000003FF000003FF), np.uint64(0x000FFC00000FFC00)


@kernel
def run_ends(text: NDArray[np.uint8], start: int, stop: int, ends: NDArray[np.int64]) -> int:
    """Ends of the runs of one string, in pixels; returns their number, or a defect.

    `ends` (int64) needs room for one value per character. From the fourth on, a number is the
    difference to the run before the last one. Differences are read from words of eight characters:
    eight at once where each is one character, which most are, else the first two. Other numbers,
    and those of a string's beginning and end, are read one by one.

    Words are looked at for negative runs and ends afterwards. An end of 2**63 or more is negative
    as int64 unless it reaches 2**64, and none can: a run has at most 2**49 pixels more than the run
    before the last one, so that those which lead up to a run of 2**57 add up to more than 2**63.
    The eight shorter runs of a word take an end below 2**63 to less than 2**63 + 2**61.
    """
    runs = 0
    end = np.int64(0)
    last = np.int64(0)
    before = np.int64(0)
    place = start
    out = pointer(ends)
    while place < stop:
        sign = np.int64(0)  # negative as soon as a run or an end is, and from then on
        while runs > 2 and place + 8 <= stop:
            word = load_word(text, place) - EIGHT_ZEROS
            if word & (MORE | OUTSIDE) == NOTHING:
                before, last, end, sign = add_eight(
                    word ^ SIGNS, before, last, end, sign, out, runs
                )
                runs += 8
                place += 8
                continue
            final = ~word & MORE  # one bit for each number that ends in the word
            second = final & (final - ONE)
            if second == NOTHING or word & OUTSIDE != NOTHING:
                break
            one = trailing_zeros(final) + 3  # bits of the first number
            two = trailing_zeros(second) + 3 - one
            if one > 32 or two > 32:
                break
            first, other = two_numbers(word, final, second, one, two)
            before += first
            out[runs] = end + before
            last += other
            end += before + last
            out[runs + 1] = end
            sign |= before | last | end
            runs += 2
            place += (one + two) >> 3
        if sign < 0:
            return NEGATIVE_COUNT
        if place >= stop:
            break
        value, place = read_number(text, place, stop)
        if place < 0:
            return place
        if runs > 2:
            value += before
        if value < 0:
            return NEGATIVE_COUNT
        before = last
        last = value
        end += value
        if end < 0:
            return NEGATIVE_COUNT
        out[runs] = end
        runs += 1
    return runs


@kernel
def add_eight(
    word: np.uint64,
    before: np.int64,
    last: np.int64,
    end: np.int64,
    sign: np.int64,
    out: NDArray[np.int64],
    run: int,
) -> tuple[np.int64, np.int64, np.int64, np.int64]:
    """Eight differences of one group each, of which 16 is to be taken; the state behind them."""
    for k in range(0, 8, 2):
        before += np.int64((word >> np.uint64(8 * k)) & np.uint64(31)) - 16
        end += before
        out[run + k] = end
        last += np.int64((word >> np.uint64(8 * k + 8)) & np.uint64(31)) - 16
        end += last
        out[run + k + 1] = end
        sign |= before | last
    return before, last, end, sign | end


@kernel
def two_numbers(
    word: np.uint64, final: np.uint64, second: np.uint64, one: int, two: int
) -> tuple[np.int64, np.int64]:
    """The first two numbers of a word, of at most four groups each.

    `final` has a bit in the last group of each number of the word, and `second` has the same but
    for that of the first number. This takes `one` bits of the word, the other the next `two`.

    Each gets 32 bits, in which its groups move together, both numbers at once:
    ...ddddd...ccccc...bbbbb...aaaaa, ......dddddccccc......bbbbbaaaaa, dddddcccccbbbbbaaaaa.
    """
    both = word & (final ^ (final - ONE))  # the bits up to the lowest one of `final`
    both |= ((word & (second ^ (second - ONE))) >> np.uint64(one)) << np.uint64(32)
    both = (both & GROUPS) | ((both >> np.uint64(3)) & UPPER_GROUPS)
    both = (both & PAIRS) | ((both >> np.uint64(6)) & UPPER_PAIRS)
    return signed(both, 5 * (one >> 3)), signed(both >> np.uint64(32), 5 * (two >> 3))


@kernel
def read_number(text: NDArray[np.uint8], place: int, stop: int) -> tuple[np.int64, int]:
    """The number from a place on, and the place after it; a defect in its stead."""
    value = np.int64(0)
    shift = 0
    while True:
        if place >= stop:
            return value, TRUNCATED
        group = np.int64(text[place]) - 48
        place += 1
        if group < 0 or group > 63 or shift > MOST_SHIFTED:
            return value, BAD_CHARACTER
        value |= (group & 31) << shift
        shift += 5
        if group < 32:
            break
    if group & 16:
        value -= np.int64(1) << shift
    return value, place


@kernel
def signed(word: np.uint64, bits: int) -> np.int64:
    """The signed number in the lowest bits of a word."""
    unused = 64 - bits
    return np.int64(word << np.uint64(unused)) >> unused


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
    boxes: NDArray[np.float64],
) -> None:
    """Fill areas (N,), defects (N,) and, unless that is empty, xywh boxes (N, 4) of strings.

    Assumes a `CompressedMasks`, proven by its constructor. Boxes of strings with a defect stay as
    they are.
    """
    ends = np.empty(4096, np.int64)
    for i in range(starts.size):
        if ends.size <= lengths[i]:
            ends = np.empty(2 * lengths[i] + 64, np.int64)
        runs = run_ends(text, starts[i], starts[i] + lengths[i], ends)
        if runs < 0:
            defects[i] = runs
            continue
        height, width = np.int64(sizes[i, 0]), np.int64(sizes[i, 1])
        total = ends[runs - 1] if runs else np.int64(0)
        is_sound = total == height * width
        if not is_sound:
            defects[i] = WRONG_TOTAL
        if is_sound and runs > 1 and boxes.size > 0:
            areas[i] = box_of_ends(ends, runs, height, width, boxes[i])
        else:
            areas[i] = area_of_ends(ends, runs)


@kernel
def area_of_ends(ends: NDArray[np.int64], runs: int) -> np.int64:
    """Foreground pixels of a mask from the ends of its runs."""
    area = np.int64(0)
    for run in range(1, runs, 2):
        area += ends[run] - ends[run - 1]
    return area


@kernel
def box_of_ends(
    ends: NDArray[np.int64], runs: int, height: np.int64, width: np.int64, box: NDArray[np.float64]
) -> np.int64:
    """Write the xywh box (4,) of a sound mask of two runs or more; returns its area.

    A sound mask has no pixel without a height, as `reach_rows` assumes.
    """
    known = pointer(ends)
    first, stop, above, below = LAST_PLACE, np.int64(0), np.int64(0), height
    after = area = np.int64(0)
    for run in range(1, runs, 2):
        start, end = known[run - 1], known[run]
        if start == end:
            continue
        area += end - start
        first, stop = min(first, start), end
        after, above, below = reach_rows(start, end, height, after, above, below)
    put_box(box, first, stop, height, width, above, below)
    return area


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
