"""Models that are simulated to be equally good, and what a simulation of a comparison counts."""

from __future__ import annotations

import numpy as np
import pytest

import segeval
from segeval.data.coco.from_arrays import predictions_from_arrays
from tests.bench.equal_models import equal_models
from tests.bench.stats import Outcome, Setting, row, simulated


def outcome(**changed: object) -> Outcome:
    """A simulation in which nothing was called different."""
    usual = {
        "verdicts": (False,) * 4,
        "p": (False,) * 4,
        "interval": (False,) * 4,
        "families": {"categories": False, "sizes": False},
        "values": ((0.5,) * 7,) * 2,
        "low": (0.4,) * 7,
        "high": (0.6,) * 7,
        "peer": None,
        "seconds": 0.0,
    }
    return Outcome(**{**usual, **changed})  # type: ignore[arg-type]


def test_objects_of_simulated_images_lie_inside_and_apart() -> None:
    gt, models = equal_models(30, 5, np.random.default_rng(0))
    results = [
        segeval.average_precision(predictions_from_arrays(**vars(model)), gt, iou="bbox")
        for model in models
    ]
    assert [result.notes for result in results] == [(), ()]
    boxes: dict[int, list[list[float]]] = {}
    for annotation in gt["annotations"]:
        boxes.setdefault(annotation["image_id"], []).append(annotation["bbox"])
    for own in boxes.values():
        corners = {(x // 256, y // 256) for x, y, _, _ in own}
        assert len(corners) == len(own)
        assert max(max(w, h) for _, _, w, h in own) <= 200


def test_neither_of_two_equal_models_is_better_on_the_average() -> None:
    differences = []
    for seed in range(60):
        gt, models = equal_models(20, 3, np.random.default_rng(seed))
        one, other = (
            segeval.average_precision(predictions_from_arrays(**vars(model)), gt, iou="bbox").ap
            for model in models
        )
        assert one is not None
        assert other is not None
        differences.append(other - one)
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert error < 0.01
    assert abs(np.mean(differences)) < 3 * error


def test_a_simulation_is_the_same_whenever_it_runs() -> None:
    setting = Setting(images=12, categories=2, resamples=50, peer_resamples=0, seed=3)
    one, other = simulated(setting), simulated(setting)
    assert (one.values, one.low, one.high, one.verdicts) == (
        *(other.values, other.low),
        *(other.high, other.verdicts),
    )


def test_a_row_counts_wrong_verdicts_wrong_families_and_intervals_that_hold_the_truth() -> None:
    found = [
        outcome(),
        outcome(verdicts=(True, True, False, False), p=(True,) * 4, interval=(True,) * 4),
        outcome(
            families={"categories": True, "sizes": False},
            low=(0.52, 0.52, 0.4, 0.4, np.nan, 0.52, 0.4),
        ),
        outcome(interval=(True,) * 4, peer=True),
    ]
    assert row(20, 80, found, [0.5] * 7) == (
        "| 20 | 80 | 25.0 ± 21.7 | 50.0 ± 25.0 | 25.0 ± 21.7 | 12.5 | 25.0 ± 21.7 | 0.0 ± 0.0 "
        "| 75.0 ± 21.7 | 91.7 | 90.9 | 100.0 ± 0.0 |"
    )


def test_a_family_of_one_category_is_left_out_of_its_row() -> None:
    assert row(20, 1, [outcome()], [0.5] * 7).split(" | ")[6] == "-"


@pytest.mark.parametrize("categories", [1, 80])
def test_equal_models_have_objects_of_every_size(categories: int) -> None:
    gt, _ = equal_models(50, categories, np.random.default_rng(1))
    areas = np.array([annotation["area"] for annotation in gt["annotations"]])
    shares = np.diff([0, *(np.searchsorted(np.sort(areas), [32**2, 96**2])), len(areas)])
    assert (shares > 0.08 * len(areas)).all()
