"""Ids, counts and hints in words."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.words import (
    counted,
    id_range,
    ids_hint,
    more_like_it,
    shifted_ids,
    size_text,
    thousands,
)

COCO_IDS = [*range(1, 12), *range(13, 26), 27, 28]


@pytest.mark.parametrize(
    ("found", "known", "shift"),
    [
        (range(34), range(1, 35), 1),
        ([0, 33], range(1, 35), 1),
        (range(1, 35), range(34), -1),
        (range(1, 35), range(1, 35), None),
        ([1, 91], range(1, 91), None),
        ([], range(3), None),
        ([5], [], None),
        (np.array([0, 0, 1], np.int64), np.array([2, 1]), 1),
    ],
)
def test_a_shift_is_found_if_all_ids_fit_after_it(
    found: object, known: object, shift: object
) -> None:
    assert shifted_ids(found, known) == shift  # type: ignore[arg-type]


def test_positions_in_a_list_with_gaps_are_recognised() -> None:
    positions = range(len(COCO_IDS))
    assert ids_hint(positions, COCO_IDS) == (
        "These are 0..25, as many as there are ids (26): positions in the list. Write the ids "
        "themselves."
    )
    assert ids_hint([p + 1 for p in positions], COCO_IDS).startswith("These are 1..26, as many as")
    assert ids_hint(range(12), COCO_IDS[12:]).startswith("These may be positions in the list")


def test_one_id_alone_is_not_called_off_by_one() -> None:
    assert ids_hint([91], range(1, 91)) == ""
    assert ids_hint([0], [1]).startswith("Off by one?")
    assert ids_hint([*range(1, 12), 12, 91], COCO_IDS) == ""
    assert ids_hint([12345], COCO_IDS) == ""


def test_a_shift_down_says_subtract() -> None:
    assert "subtract 1 when you export" in ids_hint([1, 2], [0, 1])


@pytest.mark.parametrize(
    ("ids", "words"),
    [([], "none"), ([4], "4"), ([2, 9, 2], "2, 9"), ([3, 4], "3..4"), ([1, 2, 7, 9], "1..9")],
)
def test_ids_in_few_words(ids: list[int], words: str) -> None:
    assert id_range(ids) == words


def test_counts_have_commas_and_nouns_their_number() -> None:
    assert thousands(1234567) == "1,234,567"
    assert counted(1, "category", "categories") == "1 category"
    assert counted(0, "category", "categories") == "0 categories"
    assert counted(2, "image") == "2 images"


def test_more_like_it_is_silent_about_a_single_one() -> None:
    assert more_like_it(1) == ""
    assert more_like_it(1205) == " 1,204 more like it."


def test_sizes_are_height_times_width() -> None:
    assert size_text(np.array([480, 640], np.int32)) == "480 x 640"


def test_ids_at_both_ends_of_64_bits_do_not_wrap() -> None:
    ends = np.array([-(2**63), 2**63 - 1])
    assert id_range(ends) == "-9223372036854775808, 9223372036854775807"
    assert shifted_ids(ends, [1, 2]) is None
    assert shifted_ids([2**63 - 1], [-(2**63)]) is None
