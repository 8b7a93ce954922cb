"""Two results whose images are drawn already."""

from __future__ import annotations

import pytest

import segeval
from segeval.analysis.comparison.compare import compare, compare_drawn
from segeval.analysis.comparison.own_intervals import result_intervals
from segeval.data.synthetic import furniture

SET = furniture(images=12)


def results() -> tuple[segeval.APResult, segeval.APResult]:
    """Of a model and a better one."""
    weaker, better = (
        segeval.average_precision(preds, SET.ground_truth) for preds in (SET.weaker, SET.better)
    )
    return weaker, better


def test_draws_that_are_known_give_the_comparison_of_draws_that_are_made() -> None:
    weaker, better = results()
    drawn = [result_intervals(each, resamples=30, seed=7) for each in (weaker, better)]
    steps: list[tuple[int, int]] = []
    found = compare_drawn(
        drawn[0], drawn[1], margin=0.01, on_progress=lambda *each: steps.append(each)
    )
    made = compare(weaker, better, margin=0.01, resamples=30, seed=7)
    assert {**found.to_dict(), "seconds": 0} == {**made.to_dict(), "seconds": 0}
    assert steps[-1] == (3, 3)  # two results, and one block of swaps


def test_groups_and_slices_are_those_of_the_draws() -> None:
    weaker, better = results()
    ids = [str(image) for image in weaker.matches.image_ids.tolist()]
    groups = {image: f"pair {place // 2}" for place, image in enumerate(ids)}
    slices = {image: "odd" if place % 2 else "even" for place, image in enumerate(ids)}
    drawn = [result_intervals(each, resamples=20) for each in (weaker, better)]
    found = compare_drawn(drawn[0], drawn[1], slices=slices)
    made = compare(weaker, better, slices=slices, resamples=20)
    assert {**found.to_dict(), "seconds": 0} == {**made.to_dict(), "seconds": 0}
    with pytest.raises(segeval.InputError, match="the intervals are of other draws"):
        compare_drawn(drawn[0], drawn[1], groups=groups)


def test_other_draws_are_refused() -> None:
    weaker, better = results()
    one = result_intervals(weaker, resamples=5)
    other = result_intervals(better, resamples=5, seed=1)
    with pytest.raises(segeval.InputError) as caught:
        compare_drawn(one, other)
    assert str(caught.value) == (
        "the intervals are of other draws: {'level': 0.95, 'resamples': 5, 'seed': 0, 'groups': "
        "None} and {'level': 0.95, 'resamples': 5, 'seed': 1, 'groups': None}; expected the same "
        "resamples and seed, and the groups None."
    )
