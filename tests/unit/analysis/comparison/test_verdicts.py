"""Each verdict, at its edges."""

from __future__ import annotations

import pytest

from segeval.analysis.comparison.verdicts import (
    Verdict,
    family_verdict,
    headline_verdict,
    verdict_text,
)


@pytest.mark.parametrize(
    ("interval", "margin", "verdict"),
    [
        ((0.001, 0.02), 0.0, "better"),
        ((-0.02, -0.001), 0.0, "worse"),
        ((0.0, 0.02), 0.0, "undecided"),
        ((-0.02, 0.02), 0.0, "undecided"),
        ((-0.003, 0.002), 0.003, "same"),
        ((-0.0031, 0.002), 0.003, "undecided"),
        ((0.001, 0.002), 0.003, "better"),
        ((0.0, 0.0), 0.0, "undecided"),
        ((0.0, 0.0), 0.001, "same"),
        (None, 0.003, "undecided"),
    ],
)
def test_the_interval_decides_where_the_swap_test_agrees(
    interval: tuple[float, float] | None, margin: float, verdict: str
) -> None:
    assert headline_verdict(interval, margin=margin, images=50, p=0.05) == verdict


@pytest.mark.parametrize(("images", "p", "verdict"), [
    (49, 0.05, "better"), (49, 0.051, "undecided"), (10, 0.01, "better"), (50, 0.05, "better"),
    (50, 0.051, "undecided"), (5000, 0.051, "undecided"), (5000, None, "better"),
    (9, 0.001, "too few images"), (20, None, "better"),
])  # fmt: skip
def test_the_swap_test_has_to_agree_whatever_the_number_of_images(
    images: int, p: float | None, verdict: str
) -> None:
    assert headline_verdict((0.01, 0.02), margin=0.0, images=images, p=p) == verdict


@pytest.mark.parametrize(
    ("p", "verdict"), [(0.05, "worse"), (0.051, "undecided"), (None, "undecided")]
)
def test_in_a_family_better_and_worse_need_the_corrected_p(p: float | None, verdict: str) -> None:
    found = family_verdict((-0.02, -0.01), margin=0.0, images=80, p_corrected=p)
    assert found == verdict


def test_in_a_family_a_small_p_is_not_enough_without_the_interval() -> None:
    found = family_verdict((-0.001, 0.01), margin=0.0, images=80, p_corrected=0.001)
    assert found is Verdict.UNDECIDED


def test_in_a_family_same_goes_by_the_interval() -> None:
    found = family_verdict((-0.001, 0.001), margin=0.002, images=80, p_corrected=1.0)
    assert found is Verdict.SAME


def test_undecided_says_which_difference_this_set_shows() -> None:
    assert verdict_text(Verdict.UNDECIDED, 0.0, 0.0192) == "undecided (shows >= 1.9)"
    assert verdict_text(Verdict.UNDECIDED, 0.0, None) == "undecided"


def test_no_verdict_speaks_of_significance_or_of_no_difference() -> None:
    words = " ".join(verdict_text(each, 0.003, 0.01) for each in Verdict)
    assert "signific" not in words
    assert "no difference" not in words
