"""What the line below the heading, the definitions and the footnote of a page say."""

from __future__ import annotations

import re
from typing import Any

import pytest

import segeval
from segeval.data.synthetic import furniture
from tests.page_reader import assert_sound

SCENE = furniture(images=24)
GT, A, B = SCENE.ground_truth, SCENE.weaker, SCENE.better
HALVES = {each["id"]: ("odd", "even")[place % 2] for place, each in enumerate(GT["images"])}


def words(*files: Any, **arguments: Any) -> str:
    return assert_sound(segeval.report(*files, resamples=20, top=0, **arguments).html).words


def test_the_footnote_says_what_an_interval_is_built_to_hold() -> None:
    assert (
        "Intervals are built to hold, in 95 % of cases, the average over all sets of as many "
        "images like these; the number of one other set may differ more. They do not speak of "
        "another training run."
    ) in words(A, GT)


def test_an_interval_is_no_promise_of_symmetry_and_may_pass_0() -> None:
    assert (
        "The spread of 20 draws of as many images with replacement (seed 0), moved from the mean "
        "of the draws to the number; it need not reach equally far to both sides. It may pass 0 or "
        "100 a little, which says that it is wide, not that the number can be there."
    ) in words(A, GT)


@pytest.mark.parametrize(
    ("slices", "parts"),
    [(None, "categories and sizes"), (HALVES, "categories, sizes and slices")],
    ids=["none", "slices"],
)
def test_verdicts_name_the_tables_whose_tests_are_corrected(slices: Any, parts: str) -> None:
    said = words(A, B, GT, slices=slices)
    assert f"of {parts}, which are many, the swap test corrected for all of them (max-T)" in said


def test_what_an_undecided_number_could_show_is_explained() -> None:
    said = words(A, A[:-10], GT)
    assert "undecided (shows ≥ " in said
    assert (
        '"Shows ≥ 0.3" says which difference they would show in 80 % of cases, 2.8 standard errors.'
    ) in said


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"categories": ["chair", "bed"]}, "only bed and chair"),
        (
            {"categories": [each["name"] for each in GT["categories"]][:6]},
            "only 6 chosen categories",
        ),
        ({"images": [each["id"] for each in GT["images"]][:11]}, "only 11 chosen images"),
        ({"min_score": 0.5}, "only predictions with a score of at least 0.5"),
        (
            {"categories": ["bed"], "agnostic": True, "min_score": 0.25},
            "only 1 chosen category, only predictions with a score of at least 0.25",
        ),
    ],
)
def test_the_line_below_the_heading_says_what_is_left_out(chosen: Any, said: str) -> None:
    page = assert_sound(segeval.report(A, GT, resamples=20, top=0, **chosen).html)
    [line] = re.findall('<p class="sub">(.*)</p>', page.text)
    assert line.endswith(f", {said}")
    assert "only" not in line.removesuffix(said)
    assert ("categories as one" in line) == ("agnostic" in chosen)


def test_where_nothing_is_left_out_the_line_below_the_heading_says_nothing() -> None:
    page = assert_sound(segeval.report(A, GT, resamples=20, top=0).html)
    [line] = re.findall('<p class="sub">(.*)</p>', page.text)
    assert line == "coco protocol, 0.50:0.95, max_dets 100"
