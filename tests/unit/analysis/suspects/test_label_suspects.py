"""What may be wrong in a ground truth."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO

from segeval.analysis import LabelSuspects, label_suspects
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from tests.build import build_gt, build_preds
from tests.slow_suspects import missing_of, shared_of, unfound_of

CHAIR, STOOL = 1, 2


def block(left: int, width: int = 10, *, height: int = 10) -> NDArray[np.uint8]:
    """A block at the top of an image of 20 x 200 pixels."""
    mask = np.zeros((20, 200), np.uint8)
    mask[:height, left : left + width] = 1
    return mask


def pred(left: int, score: float, category: int = CHAIR, **shape: int) -> dict[str, Any]:
    return {"mask": block(left, **shape), "score": score, "category_id": category}


def scene(
    *objects: dict[str, Any], models: list[list[dict[str, Any]]], **how: Any
) -> LabelSuspects:
    """One image with a chair at 0 and a stool at 20, which every model finds, and more objects."""
    known: list[dict[str, Any]] = [
        {"mask": block(0), "category_id": CHAIR}, {"mask": block(20), "category_id": STOOL}
    ]  # fmt: skip
    gt = build_gt([(20, 200)], [*known, *objects])
    found = [pred(0, 0.6), pred(20, 0.6, STOOL)]
    return label_suspects(*(build_preds([*found, *own]) for own in models), gt, **how)


def test_a_prediction_above_the_score_of_the_best_f1_that_hits_nothing_is_a_suspect() -> None:
    # from 0.6 on: 2 of 3 true and nothing missed, F1 = 4/5; from 0.9 on nothing is true
    found = scene(models=[[pred(60, 0.9), pred(120, 0.5)]])
    assert found.least_scores == (0.6,)
    assert found.precisions == (2 / 3,)
    [one] = found.missing
    assert (one.predictions, one.scores, one.agreement) == ((2,), (0.9,), None)
    assert (one.image_id, one.file_name, one.category) == (1, "1.jpg", "category 1")
    assert one.bbox == (60, 0, 10, 10)


def test_what_overlaps_an_object_of_any_category_by_more_than_a_tenth_is_none() -> None:
    # 20 x 10 pixels at 60, predicted with 2 or 3 of its columns and 8 or 7 beside it:
    # IoU 20 / 280 = 0.071 and 30 / 270 = 0.111
    stool = {"mask": block(60, 20), "category_id": STOOL}
    assert len(scene(stool, models=[[pred(52, 0.9)]]).missing) == 1
    assert not scene(stool, models=[[pred(53, 0.9)]]).missing


def test_an_iou_of_exactly_a_tenth_is_background() -> None:
    # 10 x 10 pixels inside of 100 x 10
    wide = {"mask": block(60, 100), "category_id": STOOL}
    assert len(scene(wide, models=[[pred(60, 0.9)]]).missing) == 1


def test_a_part_of_an_object_of_its_category_is_none() -> None:
    # 9 x 10 pixels of 120 x 10, IoU 0.075: a leg of that chair; half of it outside still is
    wide = {"mask": block(60, 120), "category_id": CHAIR}
    assert not scene(wide, models=[[pred(70, 0.9, width=9)]]).missing
    assert not scene(wide, models=[[pred(56, 0.9, width=8)]]).missing
    assert len(scene(wide, models=[[pred(55, 0.9, width=9)]]).missing) == 1


def test_one_mask_around_many_small_objects_of_its_category_is_none() -> None:
    books = [{"mask": block(60 + 5 * k, 4), "category_id": CHAIR} for k in range(20)]
    assert not scene(*books, models=[[pred(60, 0.9, width=100)]]).missing


def test_crowd_regions_of_any_category_count_by_the_share_of_the_prediction_inside() -> None:
    for category in (CHAIR, STOOL):
        crowd = {"mask": block(60, 140, height=20), "category_id": category, "iscrowd": 1}
        assert not scene(crowd, models=[[pred(58, 0.9)]]).missing
        assert len(scene(crowd, models=[[pred(51, 0.9)]]).missing) == 1  # a tenth of it


def test_objects_of_categories_left_out_count_too() -> None:
    stool = {"mask": block(60), "category_id": STOOL}
    models = [[pred(60, 0.9), pred(100, 0.8)]]
    found = scene(stool, models=models, categories=[CHAIR])
    assert [one.bbox[0] for one in found.missing] == [100]


def test_an_object_predicted_twice_is_one_suspect() -> None:
    # 10 and 10 columns of which 8 or 6 are common: IoU 8 / 12 and 6 / 14
    assert [one.scores for one in scene(models=[[pred(60, 0.7), pred(62, 0.9)]]).missing] == [
        (0.9,)
    ]
    assert len(scene(models=[[pred(60, 0.7), pred(64, 0.9)]]).missing) == 2


def test_what_two_models_predict_comes_first_by_the_lower_score() -> None:
    a = [pred(60, 0.99), pred(100, 0.7), pred(140, 0.9)]
    b = [pred(140, 0.65), pred(102, 0.8), pred(180, 0.95, STOOL)]
    found = scene(models=[a, b])
    assert [one.scores for one in found.missing] == [
        (0.7, 0.8), (0.9, 0.65), (0.99, None), (None, 0.95)
    ]  # fmt: skip
    assert [one.agreement for one in found.missing] == [8 / 12, 1, None, None]
    assert [one.predictions for one in found.missing] == [(3, 3), (4, 2), (2, None), (None, 4)]
    assert found.missing[0].bbox == (102, 0, 10, 10), "that of the surer model"
    assert found.shared == 2


def test_predictions_of_other_categories_or_below_half_do_not_agree() -> None:
    other = scene(models=[[pred(60, 0.9)], [pred(60, 0.9, STOOL)]])
    apart = scene(models=[[pred(60, 0.9)], [pred(64, 0.9)]])
    unsure = scene(models=[[pred(60, 0.9)], [pred(60, 0.5)]])
    assert (other.shared, apart.shared, unsure.shared) == (0, 0, 0)
    assert [len(each.missing) for each in (other, apart, unsure)] == [2, 2, 1]


def test_the_best_overlap_pairs_first() -> None:
    a, b = [pred(60, 0.9), pred(66, 0.8)], [pred(63, 0.7)]  # IoU 7 / 13 with both
    found = scene(models=[a, [*b, pred(67, 0.65)]])  # 9 / 11 with the second of A
    assert [one.scores for one in found.missing] == [(0.9, 0.7), (0.8, 0.65)]
    assert found.shared == 2


def test_an_object_that_both_models_call_by_one_other_name_is_disputed() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    found = scene(chair, models=[[pred(61, 0.9, STOOL)], [pred(60, 0.7, STOOL)]])
    assert not found.missing
    [one] = found.disputed
    assert (one.annotation_id, one.category, one.predicted) == (3, "category 1", "category 2")
    assert (one.scores, one.ious, one.predictions) == ((0.9, 0.7), (9 / 11, 1), (2, 2))
    assert one.bbox == (60, 0, 10, 10)
    [record] = found.records()
    assert (record["kind"], record["predictions"]) == ("category", [2, 2])


def test_a_name_is_not_disputed_by_some_models_two_names_or_where_one_agrees_with_it() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    lamp = {"mask": block(180), "category_id": 3}
    stool = [pred(60, 0.9, STOOL)]
    for models in (
        [stool, []],
        [stool, stool, []],
        [stool, [pred(60, 0.9, 3)]],
        [stool, [pred(60, 0.9, STOOL), pred(60, 0.8)]],
        [stool, [pred(66, 0.9, STOOL)]],
    ):
        assert not scene(chair, lamp, models=models).disputed
    assert not scene(chair, lamp, models=[stool, stool], agnostic=True).disputed


def test_a_single_model_disputes_names_too() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    found = scene(chair, models=[[pred(60, 0.9, STOOL)]])
    assert [(one.annotation_id, one.scores) for one in found.disputed] == [(3, (0.9,))]


def test_a_name_that_three_models_dispute_has_the_scores_of_all() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    found = scene(chair, models=[[pred(60, score, STOOL)] for score in (0.9, 0.7, 0.8)])
    [one] = found.disputed
    assert (one.scores, one.score, one.models) == ((0.9, 0.7, 0.8), 0.7, 3)


def test_what_more_of_three_models_predict_comes_first() -> None:
    a = [pred(60, 0.99), pred(100, 0.7), pred(140, 0.9)]
    b = [pred(140, 0.65), pred(101, 0.8)]
    c = [pred(102, 0.75), pred(180, 0.95)]
    found = scene(models=[a, b, c])
    assert [one.scores for one in found.missing] == [
        (0.7, 0.8, 0.75), (0.9, 0.65, None), (0.99, None, None), (None, None, 0.95)
    ]  # fmt: skip
    assert [one.models for one in found.missing] == [3, 2, 1, 1]
    assert found.missing[0].agreement == 8 / 12, "of A and C, which agree least"
    assert found.missing[0].bbox == (101, 0, 10, 10), "that of the surest model"
    assert found.shared == 2


def test_predictions_of_a_chain_are_of_one_object_and_two_of_a_model_never_are() -> None:
    # B agrees with A and C, 7 / 13 each; A and C alone share 4 of 16 columns
    found = scene(models=[[pred(60, 0.9)], [pred(63, 0.8)], [pred(66, 0.7)]])
    assert [(one.models, one.agreement) for one in found.missing] == [(3, 4 / 16)]
    twice = scene(models=[[pred(60, 0.9), pred(66, 0.9)], [pred(63, 0.8)], [pred(66, 0.7)]])
    assert [one.predictions for one in twice.missing] == [(2, 2, None), (3, None, 2)]


def test_an_object_that_no_prediction_of_any_score_overlaps_by_more_than_a_tenth_is_unfound() -> (
    None
):
    # 10 x 10 pixels, predicted with 2 or 1 of its columns and 8 or 9 beside it: IoU 2 / 18, 1 / 19
    chair = {"mask": block(60), "category_id": CHAIR}
    assert not scene(chair, models=[[pred(52, 0.01, STOOL)]]).unfound
    found = scene(chair, models=[[pred(51, 0.01, STOOL)], []])
    [one] = found.unfound
    assert (one.annotation_id, one.category, one.models) == (3, "category 1", 2)
    assert (one.bbox, one.area) == ((60, 0, 10, 10), 100)
    assert not scene(chair, models=[[], [pred(60, 0.01)]]).unfound, "one of two models finds it"


def test_an_iou_of_exactly_a_tenth_finds_no_object() -> None:
    wide = {"mask": block(60, 100), "category_id": STOOL}
    assert len(scene(wide, models=[[pred(60, 0.9)]]).unfound) == 1
    assert not scene(wide, models=[[pred(60, 0.9, width=11)]]).unfound


def test_predictions_that_are_not_evaluated_find_objects_too() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    for how in (
        {"min_score": 0.5}, {"max_dets": 1}, {"categories": [CHAIR]},
        {"categories": [CHAIR], "iou": "boundary", "boundary_px": 1},
    ):  # fmt: skip
        assert not scene(chair, models=[[pred(60, 0.3, STOOL)]], **how).unfound
        assert len(scene(chair, models=[[pred(90, 0.3, STOOL)]], **how).unfound) == 1


def test_crowd_regions_are_never_unfound_and_larger_objects_come_first() -> None:
    crowd = {"mask": block(100), "category_id": CHAIR, "iscrowd": 1}
    small, large = (
        {"mask": block(left, width), "category_id": CHAIR} for left, width in ((60, 10), (130, 30))
    )
    found = scene(crowd, small, large, models=[[]])
    assert [one.annotation_id for one in found.unfound] == [5, 4]


def test_boxes_find_objects_where_they_alone_are_compared() -> None:
    box = {"image_id": 1, "category_id": 1}
    gt = {
        "images": [{"id": 1, "width": 200, "height": 20}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [
            {**box, "id": 7 + k, "bbox": [40 * k, 0, 10, 10], "area": 1, "iscrowd": 0}
            for k in range(3)
        ],
    }
    preds = [{**box, "bbox": [40 * k, 0, 10, 10], "score": 0.9 - k / 2} for k in range(2)]
    found = label_suspects(preds, gt, iou="bbox", min_score=0.5)
    assert [(one.annotation_id, one.area) for one in found.unfound] == [(9, 100)]


def test_only_the_kinds_asked_for_are_looked_for() -> None:
    chair = {"mask": block(60), "category_id": CHAIR}
    models = [[pred(100, 0.9)], [pred(100, 0.9)]]
    assert [one["kind"] for one in scene(chair, models=models).records()] == ["missing", "unfound"]
    for kind in ("missing", "unfound"):
        found = scene(chair, models=models, kinds=kind)
        assert [one["kind"] for one in found.records()] == [kind]
    assert not list(scene(chair, models=models, kinds=["category"]).records())
    with pytest.raises(InputError, match="`kinds` is 'absent', expected some of: missing, unfound"):
        scene(models=models, kinds="absent")


def test_what_models_share_comes_first_and_what_none_finds_last() -> None:
    chairs = [{"mask": block(left), "category_id": CHAIR} for left in (60, 80)]
    a = [pred(60, 0.8, STOOL), pred(120, 0.7), pred(140, 0.99), pred(160, 0.9)]
    b = [pred(60, 0.85, STOOL), pred(120, 0.75), pred(160, 0.95)]
    found = scene(*chairs, models=[a, b])
    listed = [(each["kind"], each["bbox"][0]) for each in found.records()]
    assert listed == [
        ("missing", 160), ("category", 60), ("missing", 120), ("missing", 140), ("unfound", 80)
    ]  # fmt: skip
    alone = [each["kind"] for each in scene(*chairs, models=[a]).records()]
    assert alone == ["missing", "missing", "category", "missing", "unfound"]


def test_two_objects_at_one_place_dispute_no_name() -> None:
    both = [{"mask": block(60), "category_id": each} for each in (CHAIR, STOOL)]
    assert not scene(*both, models=[[pred(60, 0.9, STOOL)]] * 2).disputed


def test_boxes_stand_for_masks_where_they_alone_are_compared() -> None:
    box = {"image_id": 1, "category_id": 1}
    gt = {
        "images": [{"id": 1, "width": 200, "height": 20}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [{**box, "id": 7, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0}],
    }
    preds = [{**box, "bbox": [left, 0, 10, 10], "score": 0.9} for left in (0, 60)]
    found = label_suspects(preds, preds, gt, iou="bbox")
    assert (found.iou, found.shared, found.missing[0].bbox) == ("bbox", 1, (60, 0, 10, 10))


def test_a_model_that_finds_nothing_is_never_sure() -> None:
    gt = build_gt([(20, 200)], [{"mask": block(0), "category_id": CHAIR}])
    found = label_suspects(build_preds([pred(60, 0.9)]), gt)
    assert (found.least_scores, found.missing) == ((None,), ())
    assert label_suspects([], gt).missing == ()


def test_masks_decide_where_boundaries_are_compared() -> None:
    # the band of a prediction of 10 x 20 pixels in an object of 200 x 20 shares almost nothing
    wide = {"mask": block(60, 140, height=20), "category_id": STOOL}
    own = [pred(70, 0.9, width=30, height=20)]
    assert not scene(wide, models=[own], iou="boundary", boundary_px=1).missing


def test_suspects_are_those_of_pycocotools_pair_by_pair_whatever_the_order_of_images() -> None:
    texts = furniture(images=30).to_json()
    gt = json.loads(texts["gt.json"])
    gt["annotations"] = [each for each in gt["annotations"] if each["id"] % 3 or each["iscrowd"]]
    a, b = json.loads(texts["model_a.json"]), json.loads(texts["model_b.json"])
    found = label_suspects(a, b, gt)
    known = COCO()
    known.dataset = gt
    with contextlib.redirect_stdout(io.StringIO()):
        known.createIndex()
    missing = (
        missing_of(a, known, found.least_scores[0]),
        missing_of(b, known, found.least_scores[1]),
    )
    shared = shared_of(a, b, missing)
    assert len(shared) > 10
    assert {one.predictions for one in found.missing if one.agreement is not None} == shared
    for place, own in enumerate(missing):
        listed = [one.predictions[place] for one in found.missing]
        assert sorted(each for each in listed if each is not None) == sorted(own)
    assert {one.annotation_id for one in found.unfound} == unfound_of([a, b], known)
    alone = label_suspects(b, gt)
    assert {one.annotation_id for one in alone.unfound} == unfound_of([b], known)
    assert len(alone.unfound) > len(found.unfound) > 0
    other = label_suspects(a, b, {**gt, "images": gt["images"][::-1]}, workers=1)
    assert other.to_dict() == found.to_dict()
    assert label_suspects(a[::-1], b[::-1], gt).to_dict() == found.to_dict()


def test_too_few_files_are_refused() -> None:
    words = "expected predictions of 1 to 20 models and ground truth, got 1 file"
    with pytest.raises(InputError, match=words):
        label_suspects("a.json")
