"""The best evaluation of a run: what is better, and how long ago it was."""

from __future__ import annotations

from segeval.models.training.best import Best, best_of
from segeval.models.training.run_settings import RunSettings
from tests.tiny_training import Measured


def test_only_a_better_value_is_taken() -> None:
    best = Best("AP", patience=2)
    taken = [best.takes(value, update) for update, value in enumerate((0.2, 0.2, 0.3, None), 1)]
    assert taken == [True, False, True, False]
    assert (best.value, best.update, best.stale, best.is_stale) == (0.3, 3, 1, False)
    assert not best.takes(0.1, 5)
    assert best.is_stale


def test_less_is_better_with_the_mode_min() -> None:
    best = Best("loss", "min")
    assert [best.takes(value, 1) for value in (0.3, 0.4, 0.1)] == [True, False, True]
    assert not best.is_stale  # without patience, however long it takes


def test_an_undefined_value_is_the_first_best_and_any_number_is_better() -> None:
    best = Best("AP")
    assert [best.takes(value, update) for update, value in ((1, None), (2, None), (3, 0.0))] == [
        True,
        False,
        True,
    ]


def test_the_first_metric_counts_unless_the_run_names_another() -> None:
    measured = Measured()
    assert best_of(RunSettings(), measured).metric == "AP"
    assert best_of(RunSettings(metric="loss", mode="min"), measured) == Best("loss", "min")
    assert best_of(RunSettings(), None).metric == ""


def test_of_equal_values_of_0_the_last_is_kept_and_patience_goes_on() -> None:
    """Weights that find nothing yet have learnt more than those before."""
    best = Best("AP", patience=3)
    taken = [best.takes(value, update) for update, value in enumerate((0.0, 0.0, 0.0), 1)]
    assert (taken, best.update, best.stale) == ([True, True, True], 3, 2)
    assert best.takes(0.1, 4)
    assert not best.takes(0.0, 5)
    least = Best("loss", "min")
    assert [least.takes(0.0, update) for update in (1, 2)] == [True, False]
