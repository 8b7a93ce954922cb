"""What lies inside of what, and scores that follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval import load_predictions
from segeval.data import GroundTruth, Predictions, load_ground_truth
from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import compress, encode
from segeval.rescore import rescore_context, rescore_cooccurrence, rescore_surround
from segeval.rescore.by_surround import SurroundRule, noisy_or, reduced, rescored_by_surround
from segeval.rescore.statistics.surround import Surround, surround_statistics
from tests.unit.rescore.scenes import BICYCLE, WHEEL, ground_truth, street

LAX: dict[str, Any] = {"min_objects": 1, "min_lift": 0.0}
INSIDE, ASIDE = [10, 40, 20, 20], [90, 40, 20, 20]
FRAME = [0, 0, 100, 60]


def test_the_worked_wheels() -> None:
    found = surround_statistics(
        ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE), (WHEEL, ASIDE)]])
    )  # all of the first wheel is inside, half of the second
    assert found.inside.tolist() == [[0, 1], [0, 0]]
    assert found.p_in[0, 1] == 0.5
    assert found.p_out[0, 1] == 1.0
    lax = surround_statistics(
        ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE), (WHEEL, ASIDE)]]), tau=0.5
    )
    assert lax.p_in[0, 1] == 1.0


def test_what_surrounds_is_larger() -> None:
    found = surround_statistics(ground_truth([[(BICYCLE, FRAME), (WHEEL, FRAME)]]))
    assert not found.inside.any()
    assert not found.around.any()


def test_an_object_counts_once_whatever_surrounds_it() -> None:
    objects = [(BICYCLE, FRAME), (BICYCLE, [0, 0, 99, 60]), (WHEEL, INSIDE), (WHEEL, INSIDE)]
    found = surround_statistics(ground_truth([objects]))
    assert found.inside[0, 1] == 2
    assert found.around[0, 1] == 2
    assert found.objects.tolist() == [[2, 2], [2, 2]]


def test_chance_takes_the_objects_of_the_next_image_with_both() -> None:
    far = [300, 300, 20, 20]
    found = surround_statistics(
        ground_truth(
            [
                [(BICYCLE, FRAME), (WHEEL, INSIDE)],
                [(WHEEL, INSIDE)],  # no bicycle: its wheel is not moved, and counts
                [(BICYCLE, FRAME), (WHEEL, far)],
                [(BICYCLE, [290, 290, 100, 60]), (WHEEL, far)],
            ]
        )
    )
    assert found.p_in[0, 1] == 2 / 4
    # moved: the far wheel to the first image, the far one of the last to the third, INSIDE to the
    # last: none is inside
    assert found.inside_by_chance[0, 1] == 0
    assert found.lift[0, 1] == np.inf
    again = surround_statistics(
        ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE)], [(BICYCLE, FRAME), (WHEEL, INSIDE)]])
    )
    assert again.inside_by_chance[0, 1] == 1.0  # as often as in their own image
    assert again.around_by_chance[0, 1] == 1.0
    assert not again.valid(min_objects=1).any()


def test_one_image_with_both_knows_no_chance() -> None:
    found = surround_statistics(ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE)]]))
    assert np.isnan(found.inside_by_chance[0, 1])
    assert not found.valid(min_objects=1, min_lift=0.1).any()


def test_pairs_need_twenty_objects_half_of_them_inside_and_twice_chance() -> None:
    far = [300, 300, 20, 20]
    pairs = [(FRAME, INSIDE), ([290, 290, 100, 60], far)]  # moved by one, no wheel is inside

    def of(number: int, outside: int = 0) -> Surround:
        objects = [[(BICYCLE, pairs[n % 2][0]), (WHEEL, pairs[n % 2][1])] for n in range(number)]
        return surround_statistics(ground_truth([*objects, *([[(WHEEL, far)]] * outside)]))

    assert of(20).valid()[0, 1]
    assert not of(18).valid()[0, 1]
    assert of(20, 20).valid()[0, 1]
    assert not of(20, 22).valid()[0, 1]


def test_crowd_regions_are_left_out() -> None:
    gt = ground_truth([[(BICYCLE, FRAME), (WHEEL, INSIDE)]])
    gt.is_crowd[0] = True
    found = surround_statistics(gt)
    assert not found.inside.any()
    assert found.objects[0].tolist() == [0, 1]


def test_of_federated_data_only_images_count_where_the_other_is_verified() -> None:
    lists: dict[str, list[int]] = {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    scene = [[(BICYCLE, FRAME), (WHEEL, INSIDE)], [(WHEEL, INSIDE)]]
    found = surround_statistics(ground_truth(scene, **lists))
    assert found.objects[0, 1] == 1  # nobody looked for bicycles in the second image
    assert found.p_in[0, 1] == 1.0
    lists["neg_category_ids"] = [BICYCLE]
    assert surround_statistics(ground_truth(scene[1:], **lists)).objects[0, 1] == 1


def brute(gt: GroundTruth, tau: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Objects inside and around, one by one."""
    x, y, w, h = gt.boxes.T
    inside, around = np.zeros((2, 2), np.int64), np.zeros((2, 2), np.int64)
    holds = np.zeros((len(gt), len(gt)), np.bool_)
    for a in range(len(gt)):
        for b in range(len(gt)):
            if gt.image_id[a] != gt.image_id[b] or gt.category_id[a] == gt.category_id[b]:
                continue
            wide = min(x[a] + w[a], x[b] + w[b]) - max(x[a], x[b])
            high = min(y[a] + h[a], y[b] + h[b]) - max(y[a], y[b])
            common = wide * high if min(wide, high) > 0 else 0
            holds[a, b] = w[a] * h[a] > w[b] * h[b] and common / (w[b] * h[b]) >= tau
    for a in (0, 1):
        for b in (0, 1):
            own = holds[np.ix_(gt.category_id == a + 1, gt.category_id == b + 1)]
            inside[a, b], around[a, b] = own.any(axis=0).sum(), own.any(axis=1).sum()
    return inside, around


def random_scene(seed: int) -> GroundTruth:
    """A few images with boxes of whole numbers."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(4):
        boxes = np.concatenate([rng.integers(0, 9, (5, 2)), rng.integers(1, 9, (5, 2))], axis=1)
        images.append([(int(rng.integers(1, 3)), [float(v) for v in box]) for box in boxes])
    return ground_truth(images)


@given(st.integers(0, 10**9), st.sampled_from([0.5, 0.9, 1.0]))
@settings(max_examples=30)
def test_counts_equal_those_one_by_one(seed: int, tau: float) -> None:
    gt = random_scene(seed)
    found = surround_statistics(gt, tau)
    inside, around = brute(gt, tau)
    assert found.inside.tolist() == inside.tolist()
    assert found.around.tolist() == around.tolist()


def masks(*pictures: NDArray[np.bool_]) -> GroundTruth:
    """One image with a bicycle and wheels as masks."""
    texts = compress(encode(list(pictures)))
    return load_ground_truth(
        {
            "images": [{"id": 1, "height": 10, "width": 10}],
            "categories": [{"id": 1, "name": "bicycle"}, {"id": 2, "name": "wheel"}],
            "annotations": [
                {
                    "id": n + 1,
                    "image_id": 1,
                    "category_id": min(n + 1, 2),
                    "segmentation": {"size": [10, 10], "counts": texts.bytes_of(n).decode()},
                    "area": int(picture.sum()),
                    "iscrowd": 0,
                }
                for n, picture in enumerate(pictures)
            ],
        }
    )


def test_a_box_may_surround_what_its_mask_does_not() -> None:
    ring, hole, part = (np.zeros((10, 10), np.bool_) for _ in range(3))
    ring[0:10, 0:10] = True
    ring[2:8, 2:8] = False
    hole[4:6, 4:6] = True
    part[0:2, 3:6] = True
    gt = masks(ring, hole, part)
    assert surround_statistics(gt).inside[0, 1] == 2
    assert surround_statistics(gt, iou="segm").inside[0, 1] == 1


def test_the_worked_noisy_or() -> None:
    assert noisy_or(np.array([0.4]), np.array([0.9 * 0.95]))[0] == pytest.approx(0.6565)
    assert reduced(np.array([0.4]), np.array([0.95]), 1.0)[0] == pytest.approx(0.02)


def statistics(p_in: float = 0.95) -> Surround:
    """Of a hundred wheels, most of them inside of bicycles."""
    table = np.array([[0, round(100 * p_in)], [0, 0]])
    nothing = np.zeros((2, 2))
    return Surround(
        categories=(BICYCLE, WHEEL), names=("bicycle", "wheel"), source="gt", images=100,
        inside=table, around=table, objects=np.full((2, 2), 100), inside_by_chance=nothing,
        around_by_chance=nothing,
    )  # fmt: skip


def row(category: int, box: list[int], score: float, image: int = 1) -> dict[str, Any]:
    """A prediction."""
    return {"image_id": image, "category_id": category, "bbox": box, "score": score}


def test_a_wheel_inside_a_bicycle_rises_by_the_worked_rule() -> None:
    preds = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, INSIDE, 0.4)])
    assert rescored_by_surround(preds, statistics()).tolist() == pytest.approx([0.9, 0.6565])


def test_the_strongest_of_several_counts() -> None:
    rows = [row(BICYCLE, FRAME, 0.2), row(WHEEL, INSIDE, 0.4), row(BICYCLE, FRAME, 0.9)]
    found = rescored_by_surround(load_predictions(rows), statistics())
    assert found.tolist() == pytest.approx([0.2, 0.6565, 0.9])


def test_a_wheel_without_a_bicycle_falls_only_if_almost_all_wheels_have_one() -> None:
    alone = load_predictions([row(BICYCLE, FRAME, 0.9), row(WHEEL, ASIDE, 0.4)])
    assert rescored_by_surround(alone, statistics()).tolist() == pytest.approx([0.9, 0.21])
    assert rescored_by_surround(alone, statistics(0.94)).tolist() == [0.9, 0.4]
    elsewhere = load_predictions([row(BICYCLE, FRAME, 0.9, image=2), row(WHEEL, INSIDE, 0.4)])
    assert rescored_by_surround(elsewhere, statistics()).tolist() == pytest.approx([0.9, 0.21])


def test_scores_stay_from_zero_to_one_and_the_order_of_rows_decides_nothing() -> None:
    rng = np.random.default_rng(3)
    preds = street(20, seed=1, inside=True)[1]
    found = rescored_by_surround(preds, statistics())
    assert ((found >= 0) & (found <= 1)).all()
    order = rng.permutation(len(preds))
    assert rescored_by_surround(preds.take(order), statistics()).tolist() == found[order].tolist()
    assert rescored_by_surround(preds, statistics(), workers=3).tolist() == found.tolist()


def test_it_helps_where_wheels_lie_inside_of_bicycles() -> None:
    train, _ = street(60, seed=1, inside=True)
    val, preds = street(60, seed=2, inside=True)
    found = rescore_surround(preds, train, gt=val)
    gain = found.scores.gain
    assert gain is not None
    assert gain.interval is not None
    assert gain.interval[0] > 0.05
    assert gain.verdict.value == "better"
    assert found.notes == ()
    assert found.scores.relations is not None
    assert [each.evidence for each in found.scores.relations.strongest] == ["inside bicycle"]


def test_it_says_so_where_it_does_not_help() -> None:
    train, _ = street(60, seed=1, inside=True)
    val, preds = street(60, seed=2, inside=False)  # true wheels lie anywhere here
    found = rescore_surround(preds, train, gt=val)
    assert [note.code for note in found.notes] == ["no-gain"]
    assert "this helps" in found.notes[0].message or "not help" in found.notes[0].message


def test_ground_truth_of_the_same_images_judges_in_folds() -> None:
    val, preds = street(60, seed=2, inside=True)
    found = rescore_surround(preds, val)
    assert found.scores.gain_on == "5 folds of ground truth"
    assert found.scores.gain is not None
    assert found.scores.gain.verdict.value == "better"
    final = rescored_by_surround(preds, surround_statistics(val))
    assert found.predictions.score.tolist() == final.tolist()  # by all images


def test_ground_truth_of_other_images_gives_no_gain_by_itself() -> None:
    train, _ = street(60, seed=1, inside=True)
    preds = load_predictions([row(BICYCLE, FRAME, 0.9, image=7)])
    assert rescore_surround(preds, train).scores.gain is None


def test_few_images_give_scores_without_a_gain() -> None:
    val, preds = street(5, seed=2, inside=True)
    found = rescore_surround(preds, val)
    assert found.scores.gain is None
    assert [note.code for note in found.notes] == ["no-relations", "few-images"]
    limits = "by the limits `min_objects=20`, `min_share=0.5` and `min_lift=2`"
    assert limits in found.notes[0].message


def test_predictions_of_categories_that_nobody_counted_keep_their_scores() -> None:
    val, preds = street(60, seed=2, inside=True)
    strange = load_predictions([row(7, FRAME, 0.5)])
    for method in (rescore_surround, rescore_context, rescore_cooccurrence):
        found = method(Predictions.concatenate([preds, strange]), val)
        assert found.predictions.score[-1] == 0.5
        assert found.scores.gain is not None
        assert found.notes[0].message == (
            "1 prediction is of a category that ground truth does not list, and keeps its score"
        )


def test_no_predictions_are_no_error() -> None:
    train, _ = street(30, seed=1, inside=True)
    for method in (rescore_surround, rescore_cooccurrence):
        assert method([], train).scores.predictions == 0


def test_wrong_input_is_refused() -> None:
    train, preds = street(12, seed=1, inside=True)
    with pytest.raises(InputError, match="`tau` is 0, expected a number above 0 and up to 1"):
        rescore_surround(preds, train, tau=0)
    with pytest.raises(InputError, match="`rise` is 2, expected a number from 0 to 1"):
        SurroundRule(rise=2)
    with pytest.raises(
        InputError, match=r"prediction #0 .*: score is 1e\+06, expected numbers from"
    ):
        rescore_surround(preds.with_scores(np.full(len(preds), 1e6)), train)
    with pytest.raises(FormatError, match="has no mask"):
        rescore_surround(preds, train, iou="segm")
    with pytest.raises(InputError, match="12 images of 12 are in"):
        rescore_surround(preds, train, gt=train)
    other = load_predictions([row(7, FRAME, 0.5)])
    with pytest.raises(MismatchError, match="1 prediction has category_id 7"):
        rescore_surround(other, train)
