"""Which trees a search tries, and which it takes, by AP that is worked out by hand."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from segeval.ensemble.search.candidates import Candidate, Paired
from segeval.ensemble.search.rules import Progress
from segeval.ensemble.search.structure import (
    agglomerative,
    best_structure,
    exhaustive,
    forward,
    kept_models,
)
from segeval.ensemble.trees.tree import Leaf, Tree, joined


@dataclass(frozen=True)
class Stated:
    """AP as stated; every gain is shown, or none, and has a standard error."""

    aps: Mapping[str, float]
    probability: float = 1.0
    se: float = 0.0

    def ap(self, candidate: Candidate) -> float:
        return self.aps[str(candidate)]

    def paired(self, one: Candidate, other: Candidate) -> Paired:
        return Paired(self.ap(one) - self.ap(other), self.probability, self.se)


def result(steps: Generator[str, None, Any]) -> Any:
    """What a search returns at its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


UNITS: list[Tree] = [Leaf(place) for place in range(3)]
WORKED = {
    "a": 0.50, "b": 0.48, "c": 0.40, "(a,b)": 0.55, "(a,c)": 0.52, "(b,c)": 0.53, "((a,b),c)": 0.56,
    "((b,c),a)": 0.54, "((a,c),b)": 0.53,
}  # fmt: skip


def test_pairs_are_merged_by_their_gain_over_the_better_one_and_ties_by_ap() -> None:
    progress = Progress(Stated(WORKED))
    found = result(agglomerative(progress, UNITS))
    assert str(found[-1].tree) == "((a,b),c)"
    assert progress.evaluations == 4  # (3 - 1) squared


def test_from_the_best_model_the_others_are_added() -> None:
    progress = Progress(Stated(WORKED))
    assert str(result(forward(progress, UNITS))[-1].tree) == "((a,b),c)"
    assert progress.evaluations == 3  # 3 * 2 / 2


@pytest.mark.parametrize(("models", "count"), [(5, 16), (11, 100)])
def test_merging_pairs_takes_as_many_candidates_as_the_formula_says(
    models: int, count: int
) -> None:
    class Longer:
        """The more models, the better."""

        def ap(self, candidate: Candidate) -> float:
            assert isinstance(candidate, Tree)
            return 0.01 * len(candidate.leaves)

    progress = Progress(Longer())  # type: ignore[arg-type]
    found = result(agglomerative(progress, [Leaf(place) for place in range(models)]))
    assert progress.evaluations == count
    assert len(found[-1].tree.leaves) == models


def test_all_trees_of_three_models_are_tried_and_those_of_two() -> None:
    progress = Progress(Stated(WORKED))
    assert len(result(exhaustive(progress, UNITS))) == 3 + 3 + 3
    assert progress.evaluations == 6


def test_the_smallest_tree_within_one_standard_error_is_taken() -> None:
    assert str(result(best_structure(Progress(Stated(WORKED)), UNITS))) == "((a,b),c)"
    progress = Progress(Stated(WORKED, se=0.02))
    assert str(result(best_structure(progress, UNITS))) == "(a,b)"
    assert progress.rejected[0].why == "within one standard error: 2 models will do"


def test_a_step_that_is_not_shown_to_gain_is_not_taken() -> None:
    progress = Progress(Stated(WORKED, probability=0.85))
    both = joined(UNITS[0], UNITS[1])
    result(progress.each([UNITS[0], both]))
    assert not progress.is_shown(both, UNITS[0])
    assert not progress.accepts(both, UNITS[0], "a and b")
    [rejected] = progress.rejected
    assert (rejected.what, rejected.why) == ("a and b", "not shown to gain")
    assert rejected.probability == 0.85
    assert Progress(Stated(WORKED), dict(progress.seen)).is_shown(both, UNITS[0])


def test_a_step_that_loses_is_not_asked_about() -> None:
    progress = Progress(Stated({"a": 0.5, "(a,b)": 0.5}))
    both = joined(UNITS[0], UNITS[1])
    result(progress.each([UNITS[0], both]))
    assert not progress.accepts(both, UNITS[0], "a and b")
    assert progress.rejected == []


def test_one_model_is_its_own_tree() -> None:
    assert result(best_structure(Progress(Stated({})), UNITS[:1])) == UNITS[0]


def test_a_model_without_which_all_are_as_good_is_left_out() -> None:
    known = Stated({
        "nms(a,b,c)": 0.50, "nms(b,c)": 0.45, "nms(a,c)": 0.50, "nms(a,b)": 0.48,
    })  # fmt: skip
    progress = Progress(known)
    assert result(kept_models(progress, range(3), ["a.json", "b.json", "c.json"])) == (0, 2)
    assert progress.rejected[0].what == "b.json among the models"
