"""cgF1 of drawn images, and that of files that hold each image so often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import concept_f1
from segeval.analysis.comparison.own_intervals import result_intervals
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import resampled

Files = tuple[list[dict[str, Any]], list[dict[str, Any]]]
Side = list[int]


def phrases(seed: int, images: int = 14) -> tuple[list[list[Side]], list[list[list[Side]]]]:
    """Boxes of predictions by image, and those of two annotators, of whom each may see none."""
    rng = np.random.default_rng(seed)
    found, gold = [], ([], [])  # type: ignore[var-annotated]
    for _ in range(images):
        own = [[int(x), 0, 20, 20] for x in rng.integers(0, 200, rng.integers(0, 4))]
        gold[0].append([] if rng.random() < 0.3 else own)
        gold[1].append([[x + int(rng.integers(0, 4)), *rest] for x, *rest in own])
        moved = [[x + int(rng.integers(0, 6)), *rest] for x, *rest in own]
        found.append(moved[: rng.integers(0, 4)] + ([[300, 0, 9, 9]] if rng.random() < 0.3 else []))
    return found, [*gold]


def files(found: list[list[Side]], gold: list[list[list[Side]]], chosen: list[int]) -> Files:
    """Predictions and ground truth of some images, which may be chosen several times."""
    preds = [
        {"image_id": place, "bbox": box, "score": 0.9}
        for place, own in enumerate(chosen, start=1)
        for box in found[own]
    ]
    truths = []
    for annotator in gold:
        pairs = [(place, box) for place, own in enumerate(chosen, 1) for box in annotator[own]]
        truths.append({
            "images": [{"id": place} for place in range(1, len(chosen) + 1)],
            "categories": [{"id": 1}],
            "annotations": [
                {"id": k, "image_id": place, "category_id": 1, "bbox": box, "area": box[2] * box[3]}
                for k, (place, box) in enumerate(pairs, start=1)
            ],
        })  # fmt: skip
    return preds, truths


def value_at(document: dict[str, Any], path: KeyPath) -> float:
    """A number of the JSON, NaN where undefined."""
    value: Any = document
    for key in path:
        if isinstance(value, list):
            value = next(one for one in value if f"{one['threshold']:.2f}" == key)
        else:
            value = value[key]
    return np.nan if value is None else value


@pytest.mark.parametrize("seed", range(6))
def test_weights_are_repeated_images(seed: int) -> None:
    found, gold = phrases(seed)
    run = resampled(concept_f1(*files(found, gold, list(range(14))), iou="bbox"))
    weights = np.random.default_rng(seed).integers(0, 3, (3, 14))
    weights[2] = np.arange(14) == 3
    for own, numbers in zip(weights, run.numbers(weights), strict=True):
        chosen = np.repeat(np.arange(14), own).tolist()
        repeated = concept_f1(*files(found, gold, chosen), iou="bbox").to_dict()["results"]
        expected = [value_at(repeated, path) for path in run.paths]
        np.testing.assert_allclose(numbers, expected, rtol=0, atol=1e-12)


def test_swapping_nothing_gives_both_models() -> None:
    (found, gold), (other, _) = phrases(0), phrases(1)
    every = list(range(14))
    a, b = (
        resampled(concept_f1(*files(own, gold, every), iou="bbox")) for own in (found, other)
    )  # fmt: skip
    swapped = np.stack([np.zeros(14, bool), np.ones(14, bool)])
    one, two = a.mixed(b, swapped)
    np.testing.assert_allclose(one, np.concatenate([a.numbers(), b.numbers()]), atol=1e-12)
    np.testing.assert_allclose(two, one[::-1], atol=1e-12)


def test_an_interval_has_no_width_where_all_images_are_of_one_number() -> None:
    box = [[0, 0, 20, 20]]
    preds, gt = files([box] * 20, [[box] * 20], list(range(20)))
    found = concept_f1(preds, gt, iou="bbox")
    intervals = result_intervals(found, resamples=50)
    low, high = intervals.of("macro_f1") or (0.0, 1.0)
    assert low == pytest.approx(high, abs=1e-12) == pytest.approx(found.scores.mean.macro_f1)
    assert intervals.of() is None  # without negative images there is no cgF1


def test_the_main_number_is_cgf1_and_thresholds_have_intervals_of_their_own() -> None:
    found = concept_f1(*files(*phrases(2, 40), list(range(40))), iou="bbox")
    low, high = result_intervals(found, resamples=200).of() or (1.0, 0.0)
    assert low < (found.cgf1 or 0) < high
    document = result_intervals(found, resamples=200).into(found.to_dict())["results"]
    assert document["intervals"]["cgf1"] == [low, high]
    assert set(document["thresholds"][0]["intervals"]) == {
        "cgf1", "pmf1", "macro_f1", "precision", "positive_precision", "recall", "f1"
    }  # fmt: skip
    assert document["image_level"]["intervals"]["mcc"][0] < document["image_level"]["mcc"]
