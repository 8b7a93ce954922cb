"""Operating points: worked numbers, repeated images, halves, and what makes no sense."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, operating_point
from segeval.analysis.bootstrap import replicates_of
from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.analysis.thresholds.best import by_category, together
from segeval.analysis.thresholds.operating_point import OperatingPoint
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.words import counted
from tests.unit.metrics.strips import Records, exact, scene, strip

# Three objects. By falling score: right with IoU 1, wrong, right with IoU 0.8, wrong.
OBJECTS: Records = [{"mask": strip(0, 10)}, {"mask": strip(20, 30)}, {"mask": strip(40, 50)}]
FOUND: Records = [
    {"mask": strip(0, 10), "score": 0.9},
    {"mask": strip(100, 110), "score": 0.8},
    {"mask": strip(20, 28), "score": 0.7},
    {"mask": strip(120, 130), "score": 0.6},
]


def point_of(objects: Records, found: Records, images: int = 1, **settings: Any) -> OperatingPoint:
    """The operating point of a scene, with few replicates."""
    return operating_point(*scene(objects, found, images=images), **{"resamples": 20, **settings})


def many_images(seed: int, images: int = 24) -> tuple[Records, dict[str, Any]]:
    """Random objects of three categories, found with higher scores than what is wrong."""
    rng = np.random.default_rng(seed)
    objects, found = [], []
    for image in range(1, images + 1):
        for place in range(int(rng.integers(1, 5))):
            where = {"image_id": image, "category_id": int(rng.integers(1, 4))}
            start = 40 * place
            objects.append({**where, "mask": strip(start, start + 20)})
            if rng.random() < 0.8:
                shift = int(rng.integers(0, 8))
                score = round(float(rng.beta(4, 2)), 2)
                found.append({**where, "mask": strip(start + shift, start + 20), "score": score})
            if rng.random() < 0.6:
                score = round(float(rng.beta(2, 4)), 2)
                found.append({**where, "mask": strip(start + 22, start + 30), "score": score})
    return scene(objects, found, images=images)


def codes(result: OperatingPoint) -> list[str]:
    return [note.code for note in result.notes]


def message(result: OperatingPoint, code: str) -> str:
    (found,) = [note.message for note in result.notes if note.code == code]
    return found


def test_the_best_f1_keeps_two_right_ones_and_one_wrong() -> None:
    # F1 = 2 TP / (objects + kept): 2/4, 2/5, 4/6, 4/7
    result = point_of(OBJECTS, FOUND)
    point = result.first.point
    assert (point.score, point.tp, point.fp, point.fn) == (0.7, 2, 1, 1)
    assert (point.precision, point.recall, point.f) == (exact(2 / 3), exact(2 / 3), exact(2 / 3))
    assert result.score == 0.7
    assert [each["f"] for each in result.first.curve()] == [
        exact(2 / 4), exact(2 / 5), exact(4 / 6), exact(4 / 7),
    ]  # fmt: skip


def test_beta_weighs_recall() -> None:
    # F0.5 = 1.25 TP / (0.25 * 3 + kept): 1.25/1.75, 1.25/2.75, 2.5/3.75, 2.5/4.75
    assert point_of(OBJECTS, FOUND, beta=0.5).score == 0.9
    # F2 = 5 TP / (4 * 3 + kept): 5/13, 5/14, 10/15, 10/16
    result = point_of(OBJECTS, FOUND, beta=2)
    assert (result.score, result.first.point.f) == (0.7, exact(10 / 15))
    assert "F2" in str(result.tables["overall"])


def test_lrp_adds_what_is_missing_of_masks_to_wrong_and_missed_ones() -> None:
    # at 0.9: 2 missed of 3. At 0.7: ((1 - 0.8) / 0.5 + 1 wrong + 1 missed) / (3 + 1)
    result = point_of(OBJECTS, FOUND)
    assert [each["lrp"] for each in result.first.curve()] == [
        exact(2 / 3), exact(3 / 4), exact(2.4 / 4), exact(3.4 / 5),
    ]  # fmt: skip
    lrp = result.first.lrp
    assert (lrp.score, lrp.lrp, lrp.localisation) == (0.7, exact(0.6), exact(0.1))
    assert (lrp.fp, lrp.fn) == (exact(1 / 3), exact(1 / 3))
    assert result.first.olrp == exact(0.6)


def test_olrp_is_the_mean_over_categories_with_objects() -> None:
    # category 2 is found perfectly, category 3 has no object
    objects = [*OBJECTS, {"category_id": 2, "mask": strip(60, 70)}]
    found = [
        *FOUND,
        {"category_id": 2, "mask": strip(60, 70), "score": 0.5},
        {"category_id": 3, "mask": strip(80, 90), "score": 0.4},
    ]
    preds, gt = scene(objects, found)
    gt["categories"].append({"id": 3, "name": "category 3"})
    result = operating_point(preds, gt, resamples=5)
    assert result.first.olrp == exact(0.3)
    assert [each.lrp.lrp for each in result.first.categories] == [exact(0.6), 0.0, None]
    assert [each.point.score for each in result.first.categories] == [0.7, 0.5, None]
    assert message(result, "no-objects") == (
        "1 prediction is of 1 category without ground truth: AP leaves them out, here they are "
        "false"
    )


def test_equal_scores_are_kept_together() -> None:
    found = [{**record, "score": 0.5} for record in FOUND]
    result = point_of(OBJECTS, found)
    assert (result.score, result.first.point.tp, result.first.point.fp) == (0.5, 2, 2)
    assert len(result.first.curve()) == 1


def test_the_highest_of_equally_good_scores_is_chosen() -> None:
    # F1 of 2/4 with the first one, and of 4/8 with all five
    found = [
        *FOUND[:2],
        {"mask": strip(140, 150), "score": 0.75},
        {"mask": strip(160, 170), "score": 0.72},
        FOUND[2],
    ]
    assert point_of(OBJECTS, found).score == 0.9


def test_scores_may_be_of_any_scale() -> None:
    found = [{**record, "score": 100 * record["score"] - 75} for record in FOUND]
    assert point_of(OBJECTS, found).score == -5.0


def test_crowd_regions_count_neither_way() -> None:
    crowd = {"mask": strip(95, 135), "iscrowd": 1}
    point = point_of([*OBJECTS, crowd], FOUND).first.point
    assert (point.score, point.tp, point.fp, point.fn) == (0.7, 2, 0, 1)


def test_what_nothing_finds_has_no_threshold() -> None:
    result = point_of(OBJECTS, [FOUND[1]])
    point = result.first.point
    assert (point.score, point.precision, point.recall, point.f) == (None, None, 0.0, 0.0)
    assert (result.first.lrp.score, result.first.lrp.lrp) == (None, 1.0)


def test_without_predictions_f_is_0_and_without_objects_undefined() -> None:
    nothing = point_of(OBJECTS, [])
    assert (nothing.first.point.f, nothing.first.point.fn, nothing.score) == (0.0, 3, None)
    assert nothing.first.curve() == []
    aimless = point_of([], FOUND)
    assert (aimless.first.point.f, aimless.first.point.recall) == (None, None)
    assert (aimless.primary, aimless.first.olrp) == (None, None)
    assert "no-ground-truth" in codes(aimless)


def test_sizes_are_judged_at_the_overall_threshold() -> None:
    # objects of 10 pixels are small with one edge at 3.5 pixels; the wrong ones are small too
    large = {"mask": strip(60, 90)}
    result = point_of([*OBJECTS, large], [*FOUND, {**large, "score": 0.65}], sizes=[3.5])
    assert result.score == 0.65
    small, rest = result.first.sizes
    assert (small.gt, small.precision, small.recall) == (3, exact(2 / 3), exact(2 / 3))
    assert (rest.gt, rest.precision, rest.recall, rest.f) == (1, 1.0, 1.0, 1.0)


def test_curves_in_json_are_thinned() -> None:
    found = [{"mask": strip(0, 10), "score": 0.9 - k / 1000} for k in range(300)]
    scores = point_of(OBJECTS, found, max_dets=0).first
    assert (len(scores.curve()), len(scores.to_dict()["curve"])) == (300, 101)
    assert scores.to_dict()["curve"][-1]["score"] == exact(0.9 - 0.299)


def test_a_second_copy_of_an_image_counts_as_a_weight_of_2() -> None:
    preds, gt = many_images(3)
    [evaluation] = evaluations(preds, gt, Arguments(thresholds=0.5), None)
    matches = evaluation.matches
    found = outcomes_at(matches, overlapping_pairs(evaluation, least=0.5), 0.5)
    rng = np.random.default_rng(0)
    for beta in (1.0, 2.0):
        weights = rng.integers(0, 3, (4, len(matches.image_ids))).astype(np.uint16)
        best = together(found).best(weights, beta)[:, 0]
        by_name = by_category(found).best(weights, beta)
        for row, own_weights in enumerate(weights):
            result = operating_point(*repeated(preds, gt, own_weights), beta=beta, resamples=2)
            assert best[row] == result.score
            assert by_name[row].tolist() == [each.point.score for each in result.first.categories]


def repeated(
    preds: Records, gt: dict[str, Any], weights: np.ndarray[Any, Any]
) -> tuple[Records, dict[str, Any]]:
    """Files in which each image stands as often as its weight says."""
    copies = {image["id"]: int(n) for image, n in zip(gt["images"], weights, strict=True)}
    again = [1000 * number for number in range(3)]

    def each(records: Records, key: str) -> Records:
        return [
            {**record, key: record[key] + more, **({"id": i} if "id" in record else {})}
            for i, (record, more) in enumerate(
                (record, more) for record in records for more in again[: copies[record[key]]]
            )
        ]

    images = [
        {**image, "id": image["id"] + more, "file_name": f"{image['id'] + more}.jpg"}
        for image in gt["images"]
        for more in again[: copies[image["id"]]]
    ]
    truth = copy.deepcopy({**gt, "images": images})
    truth["annotations"] = each(gt["annotations"], "image_id")
    return each(preds, "image_id"), truth


def test_unseen_numbers_are_of_thresholds_that_the_other_half_chose() -> None:
    preds, gt = many_images(5, images=30)
    result = operating_point(preds, gt, resamples=50)
    half = replicates_of(average_precision(preds, gt).matches, 1, 0).half
    ids = np.array([image["id"] for image in gt["images"]])
    tp = fp = objects = 0
    by_name = np.zeros((3, 3), int)
    for own in (half, ~half):
        chosen = operating_point(preds, gt, images=ids[own].tolist(), resamples=2)
        judge = operating_point(preds, gt, images=ids[~own].tolist(), resamples=2)
        counts = judge.first.counts
        kept = np.flatnonzero(counts.score >= np.float64(chosen.score))
        tp, fp = tp + int(counts.tp[kept[-1]]), fp + int(counts.fp[kept[-1]])
        objects += counts.gt
        for k, each in enumerate(chosen.first.categories):
            some = [
                p for p in preds if p["category_id"] == k + 1 and p["score"] >= each.point.score
            ]
            at = operating_point(
                some, gt, images=ids[~own].tolist(), categories=[k + 1], resamples=2
            )
            by_name[k] += [at.first.counts.tp[-1], at.first.counts.fp[-1], at.first.counts.gt]
    assert 12 <= half.sum() <= 18
    unseen = result.first.held_out
    assert unseen.precision == exact(tp / (tp + fp))
    assert unseen.recall == exact(tp / objects)
    assert unseen.f == exact(2 * tp / (tp + fp + objects))
    for k, each in enumerate(result.first.categories):
        assert each.held_out.f == exact(2 * by_name[k, 0] / by_name[k].sum())
    both = by_name.sum(axis=0)
    assert result.first.by_category_held_out.f == exact(2 * both[0] / both.sum())


def test_intervals_hold_the_observed_numbers_and_shrink_with_more_images() -> None:
    few, many = (operating_point(*many_images(7, n), resamples=200) for n in (20, 200))
    widths = []
    for result in (few, many):
        low, high = result.first.held_out.interval or (np.nan, np.nan)
        assert low < (result.first.held_out.f or 0) < high
        start, end = result.first.interval or (np.nan, np.nan)
        assert start <= (result.score or 0) <= end
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_numbers_depend_neither_on_the_order_of_images_nor_on_workers() -> None:
    preds, gt = many_images(2)
    first = operating_point(preds, gt, resamples=40, workers=1)
    shuffled = {**gt, "images": gt["images"][::-1], "annotations": gt["annotations"][::-1]}
    other = operating_point(preds, shuffled, resamples=40, workers=3)
    assert first.to_dict()["results"] == other.to_dict()["results"]
    moved = operating_point(preds, gt, resamples=40, seed=1).to_dict()["results"]
    assert moved["segm"]["score"] == first.score
    assert moved != first.to_dict()["results"]


def test_few_images_have_neither_intervals_nor_halves() -> None:
    result = operating_point(*many_images(1, images=9))
    scores = result.first
    assert (scores.interval, scores.held_out.f, scores.by_category_held_out.f) == (None, None, None)
    assert scores.point.f is not None
    assert message(result, "few-images") == (
        f"{counted(9, 'image is', 'images are')} too few for intervals and for numbers from other "
        "images: expected at least 10"
    )
    assert "few-images" not in codes(operating_point(*many_images(1, images=10), resamples=5))


def test_a_single_replicate_gives_no_interval() -> None:
    scores = operating_point(*many_images(1), resamples=1).first
    assert (scores.interval, scores.held_out.interval) == (None, None)
    assert scores.held_out.f is not None


def test_every_kind_of_iou_has_its_own_threshold() -> None:
    result = point_of(OBJECTS, FOUND, iou=["segm", "bbox"])
    assert list(result.scores) == ["segm", "bbox"]
    assert [table.name for table in result.tables] == [
        "overall", "unseen", "size", "segm_category", "bbox_category",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"thresholds": [0.5, 0.75]},
            (
                "`thresholds` are [0.5, 0.75], expected a single one: a prediction is true or "
                "false at one IoU. Ask for each by itself."
            ),
        ),
        ({"beta": 0}, "`beta` is 0, expected a number from 0.01 to 100, such as 2."),
        ({"beta": float("nan")}, "`beta` is nan, expected a number from 0.01 to 100, such as 2."),
        (
            {"resamples": 0},
            "`resamples` is 0, expected a whole number from 1 to 1,000,000; 1,000 is usual.",
        ),
        (
            {"resamples": 2.5},
            "`resamples` is 2.5, expected a whole number from 1 to 1,000,000; 1,000 is usual.",
        ),
        ({"seed": "x"}, "`seed` is 'x', expected a whole number."),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        point_of(OBJECTS, FOUND, **settings)
    assert caught.value.message == words


def test_at_iou_1_lrp_is_undefined() -> None:
    result = point_of(OBJECTS, FOUND, thresholds=1.0)
    assert result.score == 0.9
    assert (result.first.lrp.lrp, result.first.olrp) == (None, None)
    assert {each["lrp"] for each in result.first.curve()} == {None}


def test_f_of_the_images_that_chose_flatters_and_that_of_unseen_images_does_not() -> None:
    # 20 images against 2,000 of the same kind: the mean over 40 sets of images
    everything = operating_point(*many_images(1000, images=2000), resamples=1).first.counts
    f = everything.f()
    seen, unseen = [], []
    for seed in range(40):
        scores = operating_point(*many_images(seed, images=20), resamples=1).first
        at = np.flatnonzero(everything.score >= np.float64(scores.point.score))[-1]
        seen.append((scores.point.f or 0) - f[at])
        unseen.append((scores.held_out.f or 0) - f.max())
    assert np.mean(seen) > 0.01
    assert np.mean(unseen) < 0.5 * np.mean(seen)
