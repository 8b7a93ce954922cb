"""What draws lack where a mean runs over categories of one, two or three images."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import segeval
from segeval.analysis.comparison.differences import PairNumbers
from segeval.analysis.comparison.intervals import centred_intervals
from segeval.analysis.comparison.own_intervals import result_intervals
from segeval.analysis.comparison.rare_categories import share_of_variance, stretches
from segeval.analysis.resampling.draws import Units, copies, image_keys
from segeval.analysis.resampling.means import means_of
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.data.coco.from_arrays import predictions_from_arrays
from tests.bench.equal_models import equal_models

Floats = NDArray[np.float64]

IMAGES = 200


def of_categories(
    values: Floats, category: NDArray[np.int64], weights: NDArray[np.uint16]
) -> Floats:
    """The mean over categories of the mean over their images, and each of them; (B, 1 + K)."""
    holds = category == np.arange(category.max() + 1)[:, None]
    drawn = weights @ holds.T.astype(float)
    with np.errstate(invalid="ignore"):
        own = (weights * values) @ holds.T / drawn
    return np.concatenate([np.nanmean(own, axis=1, keepdims=True), own], axis=1)


def drawn(units: Units, replicates: int = 1000, seed: int = 0) -> NDArray[np.uint16]:
    return copies(units, seed, 0, replicates)


EACH = Units.of_keys(image_keys(np.arange(IMAGES)))

ONCE = np.ones((1, IMAGES), np.uint16)


def mean_over(categories: int) -> CategoryMean:
    return CategoryMean(0, tuple(range(1, 1 + categories)))


@pytest.mark.parametrize("held", [2, 3, 4])
def test_draws_show_the_share_of_the_variance_that_is_stated(held: int) -> None:
    weights = drawn(EACH, 40_000)[:, :held].astype(float)
    values = np.arange(held)
    weights = weights[weights.sum(axis=1) > 0]
    shown = (weights @ values / weights.sum(axis=1)).var()
    assert share_of_variance(held) == pytest.approx(shown / (values.var(ddof=1) / held), rel=0.02)


def test_with_four_images_and_more_nothing_is_stretched() -> None:
    category = np.arange(IMAGES) % 50
    values = np.random.default_rng(1).normal(size=IMAGES)
    [observed] = of_categories(values, category, ONCE)
    replicates = of_categories(values, category, drawn(EACH))
    assert stretches(observed, replicates, [mean_over(50)]).tolist() == [1.0] * 51


def test_the_error_of_a_mean_over_rare_categories_is_too_small_no_more() -> None:
    # 40 categories each in one, two and three images, whose values have a variance of 1
    category = np.repeat(np.arange(120), np.repeat([1, 2, 3], 40))[:IMAGES]
    held = np.bincount(category)
    true = np.sqrt((1 / held).sum()) / len(held)
    found = []
    for seed in range(30):
        values = np.random.default_rng(seed).normal(size=IMAGES)
        [observed] = of_categories(values, category, ONCE)
        replicates = of_categories(values, category, drawn(EACH, 400, seed))
        stretch = stretches(observed, replicates, [mean_over(len(held))])
        both = [
            centred_intervals(observed, replicates, stretch=each).se[0] for each in (None, stretch)
        ]
        found.append(both)
    plain, stretched = np.mean(found, axis=0)
    assert plain < 0.85 * true
    assert true < stretched < 1.15 * true  # draws have fewer categories, so each weighs more


def test_a_category_of_one_image_varies_as_such_categories_differ() -> None:
    # two of four categories are in one image: a share of 1/e of the draws lacks them
    observed = np.array([0.5, 0.2, 0.8, 0.4, 0.6])
    replicates = np.tile([0.4, 0.6], 500)[:, None] + np.zeros((1000, 5))
    replicates[:368, 1] = replicates[200:568, 2] = np.nan
    shown = np.exp(-1) * (1 - np.exp(-1))
    lacking = (1 - shown) * 4 / 3 * 2 * 0.3**2 / 4**2
    variance = replicates[:, 0].var(ddof=1)
    stretch = stretches(observed, replicates, [mean_over(4)])
    assert stretch[0] == pytest.approx(np.sqrt(1 + lacking / variance), abs=1e-12)
    assert stretch[1:].tolist() == [1.0] * 4


def test_a_category_of_one_group_of_many_images_is_rare() -> None:
    category = np.repeat(np.arange(10), 20)
    values = np.random.default_rng(2).normal(size=IMAGES)
    [observed] = of_categories(values, category, ONCE)
    groups = Units.of_groups(category.tolist())
    by_group, by_image = (
        stretches(observed, of_categories(values, category, drawn(units)), [mean_over(10)])[0]
        for units in (groups, EACH)
    )
    assert by_image == 1.0
    assert by_group > 1.5


def test_numbers_that_do_not_vary_are_not_stretched() -> None:
    observed = np.array([0.5, 0.5, 0.5])
    replicates = np.full((100, 3), 0.5)
    replicates[:37, 1] = np.nan
    assert stretches(observed, replicates, [mean_over(2)]).tolist() == [1.0] * 3


def test_a_stretched_interval_and_its_error_are_wider_by_the_factor() -> None:
    draws = np.random.default_rng(3).normal(size=(500, 2))
    observed = np.array([0.3, 0.3])
    plain = centred_intervals(observed, draws)
    wide = centred_intervals(observed, draws, stretch=np.array([1.0, 2.0]))
    assert (wide.low[0], wide.high[0], wide.se[0]) == (plain.low[0], plain.high[0], plain.se[0])
    assert wide.se[1] == pytest.approx(2 * plain.se[1], abs=1e-12)
    assert wide.low[1] - 0.3 == pytest.approx(2 * (plain.low[1] - 0.3), abs=1e-12)
    assert wide.high[1] - 0.3 == pytest.approx(2 * (plain.high[1] - 0.3), abs=1e-12)


def test_ap_of_sizes_and_of_all_are_means_over_categories_and_mean_iou_is_left_as_it_is() -> None:
    paths = [
        ("segm", "ap"),
        ("segm", "sizes", "small", "ap"),
        ("segm", "sizes", "small", "ap50"),
        ("segm", "categories", "cat", "ap"),
        ("segm", "categories", "cat", "ap_by_size", "small"),
        ("miou",),
        ("categories", 1, "iou"),
        ("iiou",),
        ("categories", 1, "iiou"),
    ]
    assert set(means_of(paths)) == {CategoryMean(0, (3,)), CategoryMean(1, (4,), alike=(2,))}


def test_intervals_of_ap_and_of_sizes_are_wider_where_categories_are_rare() -> None:
    gt, models = equal_models(60, 40, np.random.default_rng(6))
    result = segeval.average_precision(
        predictions_from_arrays(**vars(models[0])), gt, iou="bbox", workers=1
    )
    found = result_intervals(result, resamples=200, workers=1)
    size = ("bbox", "sizes", "small")
    for path in (("bbox", "ap"), ("bbox", "ap50"), (*size, "ap"), (*size, "ar")):
        draws = found.replicates[:, found.paths.index(path)]
        low, high = found.by_path[path] or (np.nan, np.nan)
        assert high - low > 1.1 * (np.quantile(draws, 0.975) - np.quantile(draws, 0.025))
    common = ("bbox", "categories", 1, "ap")
    draws = found.replicates[:, found.paths.index(common)]
    low, high = found.by_path[common] or (np.nan, np.nan)
    spread = np.quantile(draws, 0.975) - np.quantile(draws, 0.025)
    assert high - low == pytest.approx(spread, abs=1e-12)


def test_errors_of_a_comparison_are_stretched_as_well() -> None:
    gt, models = equal_models(60, 40, np.random.default_rng(4))
    results = [
        segeval.average_precision(predictions_from_arrays(**vars(model)), gt, iou="bbox")
        for model in models
    ]
    found = segeval.compare(*results, resamples=200).scores
    place = found.paths.index(("bbox", "ap"))
    one, other = (own[:, place] for own in found.replicates.values())
    se = found.pairs[0].differences["bbox", "ap"].se
    assert se is not None
    assert se > 1.1 * (other - one).std(ddof=1)


def test_chosen_numbers_keep_their_stretch() -> None:
    observed = np.array([[0.5, 0.2, 0.8], [0.6, 0.5, 0.7]])
    draws = np.random.default_rng(5).normal(size=(300, 3))
    draws[:110, 1] = np.nan
    every = PairNumbers.of([mean_over(2)], observed, draws, None, None)
    chosen = PairNumbers.of([mean_over(2)], observed, draws, None, None, [0])
    assert chosen.stretches.tolist() == every.stretches[:1].tolist()
    assert chosen.stretches[0] > 1
    assert chosen.observed.shape == (2, 1)


def test_recall_under_smaller_caps_lacks_what_recall_lacks() -> None:
    paths = [("segm", "ar"), ("segm", "categories", 3, "ar"), ("segm", "ar_by_max_dets", "10")]
    assert means_of(paths) == (CategoryMean(0, (1,), alike=(2,)),)
