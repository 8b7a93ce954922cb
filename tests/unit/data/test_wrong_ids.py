"""Ids that do not exist, or exist twice: one text, one class of error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.data.wrong_ids import repeated_ids, repetitions, unknown_ids
from segeval.errors import FormatError, MismatchError
from segeval.findings import Finding

KNOWN = np.array([10, 20, 35])


def found(ids: list[int], kind: Any = "category", **settings: Any) -> list[Finding]:
    """What is wrong with the ids of some cats."""
    column = np.array(ids, np.int64)
    name = "cat #{}".format
    return list(
        unknown_ids(kind, column, KNOWN, source="cats.json", noun="cat", name=name, **settings)
    )


def test_ids_that_are_known_are_no_mistake() -> None:
    assert found([20, 10, 20]) == []
    assert found([]) == []


def test_ids_that_the_own_file_lacks_make_a_malformed_file() -> None:
    (finding,) = found([10, 7, 8], otherwise="Drop them.", option="skip")
    assert finding.message == (
        "2 cats have category_id 7..8, which the file does not list (3 categories, 10, 20, 35), "
        "first in cat #1"
    )
    assert finding.error is FormatError
    assert (finding.code, finding.field, finding.index) == ("unknown-category", "category_id", 1)
    assert (finding.count, finding.hint, finding.option) == (2, "Drop them.", "skip")


def test_ids_that_another_file_lacks_make_files_that_do_not_belong_together() -> None:
    (finding,) = found([10, 7], kind="image", owner="gt.json")
    assert finding.message == (
        "1 cat is for 1 image that gt.json does not have, first image_id 7 (cat #1)"
    )
    assert (finding.error, finding.code) == (MismatchError, "unknown-image")


def test_an_obvious_reason_takes_the_place_of_other_advice() -> None:
    (finding,) = found([9, 19, 34], otherwise="Drop them.", option="skip")
    assert finding.hint.startswith("Off by one?")
    assert finding.option is None


def test_records_that_do_not_take_part_may_have_any_id() -> None:
    assert found([10, 7], taking=np.array([True, False])) == []
    assert found([7, 7], taking=np.array([False, False])) == []


def test_the_first_repeated_id_is_named_and_others_are_counted() -> None:
    (finding,) = repeated_ids("image", np.array([4, 5, 4, 4, 5]), source="gt.json")
    assert finding.message == (
        "image id 4 occurs 3 times (records #0 and #2); ids must be unique. 1 more like it."
    )
    assert (finding.index, finding.count, finding.code) == (2, 3, "duplicate-image")


def test_places_in_the_file_are_told_where_records_were_left_out() -> None:
    (finding,) = repeated_ids("image", np.array([4, 4]), source="gt.json", places=np.array([3, 8]))
    assert "(records #3 and #8)" in finding.message
    assert finding.index == 8


@pytest.mark.parametrize("seed", range(3))
def test_repetitions_are_the_rows_whose_id_came_before(seed: int) -> None:
    ids = np.random.default_rng(seed).integers(0, 9, 30)
    expected = [row for row in range(30) if ids[row] in ids[:row]]
    assert repetitions(ids).tolist() == expected
