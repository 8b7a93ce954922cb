"""AP under weights of the images and of mixed models: as if the files had been written so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval import APResult, Matches, average_precision
from segeval.analysis.resampling import ap_columns, weighted_precision
from segeval.analysis.resampling.ap_numbers import APNumbers
from segeval.analysis.resampling.average_precision import ResampledAP, of_result
from segeval.analysis.resampling.draws import Units, copies, swaps
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import InputError, MismatchError, ShapeError
from segeval.metrics.coco.curves import RECALLS
from segeval.metrics.coco.protocol import COCO, LVIS_FIXED, PROTOCOLS
from tests.parity.scenes import Pair
from tests.unit.analysis.test_sweep import lvis_scene
from tests.unit.metrics.coco.test_matches import repeated, scene, settings_of
from tests.unit.metrics.strips import Records

NAMES = tuple(PROTOCOLS)
SEEDS = range(6)
RULES = {**PROTOCOLS, "lvis-fixed": replace(LVIS_FIXED, max_dets=(7,))}


def result_of(pair: Pair, protocol: str, **settings: Any) -> APResult:
    """A result of all kinds of IoU, with caps that cut."""
    return average_precision(*pair, iou=["segm", "boundary"], **settings_of(protocol) | settings)


def by_hand(matches: Matches, weights: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers of one replicate, from the curves of `Matches`."""
    layout = APNumbers(matches)
    found = np.empty((len(matches.buckets), len(matches.category_ids), 4, 1))
    for bucket in range(len(matches.buckets)):
        curves = matches.curves(bucket, weights=weights)
        ar = np.where(curves.gt > 0, curves.recall[:, -1].mean(axis=1), np.nan)
        ap = [curves.by_group(), curves.by_group(0), curves.by_group(5)]
        found[bucket, :, :, 0] = np.stack([*ap, ar], axis=1)
    lower = None
    if len(layout.caps) > 1:
        every = matches.curves(0, weights=weights)
        defined = np.where(every.gt[:, np.newaxis] > 0, every.recall.mean(axis=2), np.nan)
        lower = defined[:, :-1, np.newaxis]
    (numbers,) = layout.of_curves(found, lower)
    return np.asarray(numbers, np.float64)


def assert_near(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    """Equal but for the order of sums, and undefined at the same places."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_the_recall_points_are_multiples_of_a_step() -> None:
    points = np.arange(weighted_precision.POINTS) * weighted_precision.STEP
    assert (points == RECALLS).all()


@pytest.mark.parametrize("positives", [1, 3, 7, 10, 25, 50, 99, 100, 101, 300, 11004])
def test_points_reached_are_those_that_a_recall_passes(positives: int) -> None:
    reached = [weighted_precision.points_reached(n, float(positives)) for n in range(positives + 1)]
    recalls = np.arange(1, positives + 1) / positives
    wanted = [0, *(recalls[:, np.newaxis] >= RECALLS).sum(axis=1)]
    assert reached == wanted


@pytest.mark.parametrize("protocol", NAMES)
def test_paths_lead_to_the_numbers_in_json(protocol: str) -> None:
    result = result_of(scene(1, protocol), protocol, pool=True)
    own = resampled(result)
    assert {path[2] for path in own.paths if path[1] == "pool"} >= {"all"}
    (numbers,) = own.numbers()
    written = result.to_dict()["results"]
    for path, number in zip(own.paths, numbers, strict=True):
        found = written
        for step in path:
            if isinstance(found, list):
                (found,) = [each for each in found if each["id"] == step]
            else:
                found = found[step]
        assert (None if np.isnan(number) else number) == found


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_weights_count_as_images_that_are_repeated(seed: int, protocol: str) -> None:
    pair = scene(seed, protocol)
    result = result_of(pair, protocol, pool=True)
    weights = np.random.default_rng([seed, 4]).integers(0, 4, len(result.matches.image_ids))
    weights[0] = 2  # an empty file has no lists of LVIS
    times = dict(zip(result.matches.image_ids.tolist(), weights.tolist(), strict=True))
    expected = of_result(result_of(repeated(pair, times), protocol, pool=True))
    own = of_result(result)
    assert own.paths == expected.paths
    assert_near(own.numbers(weights[np.newaxis]), expected.numbers())


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("protocol", NAMES)
def test_every_replicate_equals_the_curves_under_its_weights(protocol: str, *, ties: bool) -> None:
    preds, gt = lvis_scene(2, ties=ties)
    result = average_precision(preds, gt, protocol=RULES[protocol])
    own = of_result(result)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 70)
    found = own.numbers(weights)
    for row in range(70):
        assert_near(found[row], by_hand(result.matches, weights[row]))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(NAMES), st.integers(1, 4), st.integers(0, 10**6))
def test_random_weights_of_random_scenes_equal_the_curves(
    seed: int, protocol: str, replicates: int, most: int
) -> None:
    result = average_precision(*scene(seed, protocol), **settings_of(protocol))
    shape = (replicates, len(result.matches.image_ids))
    weights = np.random.default_rng(seed).integers(0, most + 1, shape)
    found = of_result(result).numbers(weights)
    for row in range(replicates):
        assert_near(found[row], by_hand(result.matches, weights[row]))


def test_more_thresholds_than_16_are_counted_as_well() -> None:
    preds, gt = lvis_scene(3)
    thresholds = np.linspace(0.5, 0.95, 46).tolist()
    result = average_precision(preds, gt, thresholds=thresholds)
    own = of_result(result)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 3)
    for found, weight in zip(own.numbers(weights), weights, strict=True):
        curves = result.matches.curves(weights=weight)
        assert found[0] == pytest.approx(curves.ap(), abs=1e-12)
        assert found[2] == pytest.approx(curves.ap(0.75), abs=1e-12)


def test_ap75_is_undefined_where_its_threshold_is_not_evaluated() -> None:
    preds, gt = lvis_scene(3)
    own = of_result(average_precision(preds, gt, thresholds=[0.5, 0.6]))
    found = dict(zip(own.paths, own.numbers(np.ones((1, 6), np.uint8))[0], strict=True))
    assert np.isnan(found["segm", "ap75"])
    assert found["segm", "ap50"] > 0


@pytest.mark.parametrize("protocol", NAMES)
def test_workers_blocks_and_order_do_not_change_a_bit(protocol: str) -> None:
    # fixed AP keeps the earlier of two equal scores in the file, so there an order is a choice
    preds, others, gt = two_models(4, ties=protocol != "lvis-fixed")
    rules = RULES[protocol]
    own = of_result(average_precision(preds, gt, protocol=rules))
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 75)
    chosen = swaps(Units.of_keys(own.image_keys), 0, 0, 75)
    wanted = own.numbers(weights, workers=1)
    other = of_result(average_precision(others, gt, protocol=rules))
    mixed = own.mixed(other, chosen, workers=1)
    np.testing.assert_array_equal(own.numbers(weights, workers=3), wanted)
    for first, last in ((0, 1), (3, 50), (50, 75)):
        np.testing.assert_array_equal(own.numbers(weights[first:last]), wanted[first:last])
        for found, every in zip(own.mixed(other, chosen[first:last]), mixed, strict=True):
            np.testing.assert_array_equal(found, every[first:last])
    turned = {**gt, "images": gt["images"][::-1], "annotations": gt["annotations"][::-1]}
    again = of_result(average_precision(by_image(preds), turned, protocol=rules))
    np.testing.assert_array_equal(again.numbers(weights), wanted)


@pytest.mark.parametrize("size", [1, 15, 60])
def test_a_cap_over_the_set_does_not_depend_on_chunks(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    preds, others, gt = two_models(2, ties=True)
    results = [average_precision(p, gt, protocol=RULES["lvis-fixed"]) for p in (preds, others)]
    one, two = map(of_result, results)
    weights = copies(Units.of_keys(one.image_keys), 0, 0, 20)
    chosen = swaps(Units.of_keys(one.image_keys), 0, 0, 20)
    assert len(one.kinds["segm"].read.columns.chunks) == 1
    wanted = [one.numbers(weights), *one.mixed(two, chosen)]
    monkeypatch.setattr(ap_columns, "CHUNK", size)
    again = of_result(results[0])
    assert len(again.kinds["segm"].read.columns.chunks) > 1
    found = [again.numbers(weights), *again.mixed(two, chosen)]
    np.testing.assert_array_equal(found, wanted)


def many_categories(seed: int) -> Pair:
    """Boxes of 150 categories in 12 images."""
    rng = np.random.default_rng(seed)
    objects, found = [], []
    for number in range(900):
        left, side = int(rng.integers(0, 300)), int(rng.integers(5, 120))
        where = {"image_id": int(rng.integers(1, 13)), "category_id": int(rng.integers(1, 151))}
        box = [left, 0, side, side]
        objects.append({**where, "id": number + 1, "bbox": box, "area": side**2, "iscrowd": 0})
        moved = [left + int(rng.integers(0, 9)), 0, side, side]
        found.append({**where, "bbox": moved, "score": float(rng.random())})
    images = [{"id": number} for number in range(1, 13)]
    categories = [{"id": number} for number in range(1, 151)]
    return found, {"images": images, "categories": categories, "annotations": objects}


def test_means_over_many_categories_do_not_depend_on_the_block() -> None:
    own = of_result(average_precision(*many_categories(0), iou="bbox"))
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 130)
    every = own.numbers(weights)
    one_by_one = [own.numbers(weight[np.newaxis], workers=1) for weight in weights]
    np.testing.assert_array_equal(np.concatenate(one_by_one), every)
    assert_near(every[7], by_hand(own.kinds["bbox"].matches, weights[7]))


def by_image(preds: Records) -> Records:
    """The same records, images in the opposite order; of one image in the order that they had."""
    return sorted(preds, key=lambda record: -record["image_id"])


def two_models(seed: int, *, ties: bool) -> tuple[Records, Records, dict[str, Any]]:
    """Two models' records on one ground truth; the second has lost some and moved others."""
    preds, gt = lvis_scene(seed, ties=ties)
    rng = np.random.default_rng([seed, 9])
    most = 1.0 if ties else np.inf
    other = [
        {
            **record,
            "score": float(np.clip(record["score"] + rng.normal(0, 0.2), 1 - most, most)) / 3,
        }
        for record in preds
        if rng.random() < 0.8
    ]
    return preds, other, gt


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("ties", [True, False])
def test_swapping_nothing_or_everything_gives_the_two_models(protocol: str, *, ties: bool) -> None:
    first, second, gt = two_models(1, ties=ties)
    # equal scores: AP-pool goes by category, the ranks of a swap test by row
    settings: dict[str, Any] = {"iou": ["segm", "bbox"], "pool": not ties}
    one, two = (of_result(average_precision(p, gt, protocol=RULES[protocol], **settings))
                for p in (first, second))  # fmt: skip
    swapped = np.array([[False] * 6, [True] * 6])
    own, its = one.mixed(two, swapped)
    assert_near(own, np.concatenate([one.numbers(), two.numbers()]))
    assert_near(its, np.concatenate([two.numbers(), one.numbers()]))


def by_rank(result: APResult, records: Records) -> Records:
    """The judged records with minus their rank as score; what only uses up a cap lies between."""
    matches = result.matches
    order = np.lexsort((matches.prediction, matches.image, -matches.score))
    kept = [{**records[row], "score": -float(place)}
            for place, row in enumerate(matches.prediction[order].tolist())]  # fmt: skip
    above = np.sort(-matches.score)
    others = [
        {**records[row], "score": 0.5 - np.searchsorted(above, -score, side="right")}
        for row, score in zip(matches.unjudged.prediction, matches.unjudged.score, strict=True)
    ]
    return sorted([*kept, *others], key=lambda record: record["image_id"])


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_mixed_sets_are_files_with_ranks_for_scores(seed: int, protocol: str) -> None:
    rules = RULES[protocol]
    first, second, gt = two_models(seed, ties=False)
    one, two = (average_precision(p, gt, protocol=rules, pool=True) for p in (first, second))
    ranked = [by_rank(one, first), by_rank(two, second)]
    own, its = of_result(one), of_result(two)
    chosen = swaps(Units.of_keys(own.image_keys), seed, 0, 5)
    found = own.mixed(its, chosen)
    for row, swapped in enumerate(chosen):
        takes_other = dict(zip(one.matches.image_ids.tolist(), swapped.tolist(), strict=True))
        for side in (0, 1):
            records = [
                record
                for model in (0, 1)
                for record in ranked[model]
                if (takes_other[record["image_id"]] != side) == (model == 1)
            ]
            records.sort(key=lambda record: record["image_id"])
            wanted = of_result(average_precision(records, gt, protocol=rules, pool=True))
            assert_near(found[side][row], wanted.numbers()[0])


def test_images_with_counts_images_that_have_counted_ground_truth() -> None:
    box = {"bbox": [0, 0, 9, 9], "iscrowd": 0}
    objects = [
        {**box, "id": 1, "image_id": 1, "category_id": 1, "area": 81},
        {**box, "id": 2, "image_id": 1, "category_id": 1, "area": 81},
        {**box, "id": 3, "image_id": 2, "category_id": 2, "area": 81},
        {**box, "id": 4, "image_id": 3, "category_id": 1, "area": 81, "iscrowd": 1},
        {**box, "id": 5, "image_id": 3, "category_id": 1, "area": 5000},
    ]
    gt = {
        "images": [{"id": number} for number in (1, 2, 3, 4)],
        "categories": [{"id": 1}, {"id": 2}],
        "annotations": objects,
    }
    own = of_result(average_precision([], gt, iou="bbox"))
    found = dict(zip(own.paths, own.images_with.tolist(), strict=True))
    assert found["bbox", "ap"] == found["bbox", "ar"] == 3
    assert found["bbox", "sizes", "small", "ap50"] == 2
    assert found["bbox", "sizes", "medium", "ap"] == 1
    assert found["bbox", "sizes", "large", "ap"] == 0
    assert found["bbox", "categories", 1, "ap"] == 2
    assert found["bbox", "categories", 1, "ap_by_size", "small"] == 1
    assert found["bbox", "categories", 2, "ap75"] == 1


def test_images_with_of_a_frequency_group_are_those_of_its_categories() -> None:
    own = of_result(average_precision(*lvis_scene(0)))
    counted = own.kinds["segm"].matches
    found = dict(zip(own.paths, own.images_with.tolist(), strict=True))
    rare = counted.gt_counted[0] & (counted.gt_category == 0)
    assert found["segm", "frequencies", "rare", "ap"] == len(set(counted.gt_image[rare].tolist()))


def test_numbers_of_frequency_groups_are_means_over_their_categories() -> None:
    own = of_result(average_precision(*lvis_scene(0)))
    found = {own.paths[mean.place]: mean.members for mean in own.means}
    groups = own.kinds["segm"].matches.frequency_groups
    ids = own.kinds["segm"].layout.ids
    for name, places in groups.items():
        for key in ("ap", "ar"):
            members = [own.paths[place] for place in found["segm", "frequencies", name, key]]
            assert members == [("segm", "categories", ids[place], key) for place in places]
    numbers = own.numbers()[0]
    for path, places_of in found.items():
        values = numbers[list(places_of)]
        if not np.isnan(values).all():
            assert numbers[own.paths.index(path)] == pytest.approx(np.nanmean(values), abs=1e-12)


def test_a_number_without_ground_truth_in_a_replicate_is_undefined() -> None:
    own = of_result(average_precision(*lvis_scene(0)))
    assert np.isnan(own.numbers(np.zeros((1, 6), np.uint8))).all()


def test_no_predictions_are_ap_0_under_any_weights() -> None:
    _, gt = lvis_scene(0)
    own = of_result(average_precision([], gt))
    assert own.numbers(np.full((2, 6), 3))[:, 0].tolist() == [0.0, 0.0]
    one, two = own.mixed(own, np.eye(6, dtype=bool))
    assert one[:, 0].tolist() == two[:, 0].tolist() == [0.0] * 6


def test_images_are_named_as_their_file_names_them() -> None:
    preds, gt = lvis_scene(0)
    for record in [*preds, *gt["annotations"]]:
        record["image_id"] = f"street/{record['image_id']}"
    for image in gt["images"]:
        image["id"] = f"street/{image['id']}"
    own = of_result(average_precision(preds, gt))
    assert own.image_ids == tuple(f"street/{number}" for number in range(1, 7))
    assert own.file_names == tuple(f"{number}.jpg" for number in range(1, 7))
    assert len(set(own.image_keys.tolist())) == 6


@pytest.mark.parametrize(
    ("weights", "error", "words"),
    [
        (
            np.ones(6),
            ShapeError,
            "`weights` has shape (6,), expected one per replicate and image: (replicates, 6).",
        ),
        (
            np.full((2, 6), 0.5),
            InputError,
            (
                "`weights` holds 0.5, expected whole numbers from 0 to 1,000,000: how often each "
                "image counts."
            ),
        ),
        (
            np.full((2, 6), -1),
            InputError,
            (
                "`weights` holds -1, expected whole numbers from 0 to 1,000,000: how often each "
                "image counts."
            ),
        ),
    ],
)
def test_other_weights_are_refused(weights: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        of_result(average_precision(*lvis_scene(0))).numbers(weights)
    assert str(caught.value) == words


def test_swaps_need_a_truth_value_per_replicate_and_image() -> None:
    own = of_result(average_precision(*lvis_scene(0)))
    with pytest.raises(ShapeError) as caught:
        own.mixed(own, np.ones((2, 5), bool))
    assert str(caught.value) == (
        "`swapped` holds bool of shape (2, 5), expected a truth value per replicate and image: "
        "(replicates, 6)."
    )


@pytest.mark.parametrize("change", ["ground truth", "thresholds", "kind of IoU", "cap"])
def test_models_of_other_evaluations_are_not_mixed(change: str) -> None:
    preds, gt = lvis_scene(0)
    own = of_result(average_precision(preds, gt, protocol=COCO))
    other: ResampledAP
    if change == "ground truth":
        other = of_result(average_precision(preds, lvis_scene(1)[1], protocol=COCO))
    elif change == "thresholds":
        other = of_result(average_precision(preds, gt, protocol=COCO, thresholds=[0.5]))
    elif change == "cap":
        other = of_result(average_precision(preds, gt, protocol=COCO, max_dets=3))
    else:
        other = of_result(average_precision(preds, gt, protocol=COCO, iou="bbox"))
    with pytest.raises(MismatchError) as caught:
        own.mixed(other, np.ones((1, 6), bool))
    assert str(caught.value) == (
        "the two results differ in images, categories, sizes, thresholds or kinds of IoU, "
        "expected two evaluations on the same ground truth by the same rules."
    )
