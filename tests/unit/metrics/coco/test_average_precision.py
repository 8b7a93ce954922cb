"""AP by hand: one rule per test, on masks of one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.errors import FormatError
from tests.build import build_gt, build_preds
from tests.unit.metrics.strips import Records, codes, evaluate, exact, note, scene, strip

A, B, C = strip(0, 20), strip(40, 60), strip(80, 100)
NOWHERE = strip(150, 170)


def test_three_predictions_follow_the_drawn_curve() -> None:
    # score  prediction  precision  recall
    #  .90   A            1 / 1      1 / 2     1 +-----+
    #  .89   nowhere      1 / 2      1 / 2       |     +-----+ 2/3
    #  .88   B            2 / 3      2 / 2     0 +-----------+
    #                                            0    .5     1
    # 51 recall points (0, 0.01, ... 0.50) have precision 1, the other 50 have 2/3.
    result = evaluate([{"mask": A}, {"mask": B}], [{"mask": A}, {"mask": NOWHERE}, {"mask": B}])
    assert (result.ap, result.ap50, result.ap75) == (exact((51 + 50 * 2 / 3) / 101),) * 3
    assert result.ar == 1


def test_a_missed_object_ends_the_curve() -> None:
    result = evaluate([{"mask": A}, {"mask": B}], [{"mask": A}])
    assert result.ap == exact(51 / 101)
    assert result.ar == 0.5


def test_a_false_prediction_after_the_last_true_one_costs_nothing() -> None:
    assert evaluate([{"mask": A}], [{"mask": A}, {"mask": NOWHERE}]).ap == exact(1)


def test_a_false_prediction_before_the_first_true_one_costs_half() -> None:
    assert evaluate([{"mask": A}], [{"mask": NOWHERE}, {"mask": A}]).ap == exact(1 / 2)


def test_iou_decides_at_which_thresholds_a_prediction_is_true() -> None:
    # 15 of 20 pixels: IoU is 0.75, which .50, .55, .60, .65, .70 and .75 let through.
    result = evaluate([{"mask": A}], [{"mask": strip(0, 15)}])
    assert (result.ap, result.ap50, result.ap75) == (exact(0.6), exact(1), exact(1))
    assert result.ar == exact(0.6)


def test_iou_of_exactly_the_threshold_is_enough_even_where_the_threshold_is_rounded() -> None:
    # 18 / 20 against .8999999999999999, the ninth of numpy.linspace(.5, .95, 10).
    assert evaluate([{"mask": A}], [{"mask": strip(0, 18)}]).ap == exact(0.9)


@pytest.mark.parametrize(("second", "ap"), [(strip(0, 10), 1.0), (strip(10, 20), 51 / 101)])
def test_of_equal_iou_the_later_object_is_taken(second: Any, ap: float) -> None:
    # The first prediction lies half on each object, IoU 1/3 with both. It takes the second one.
    objects: Records = [{"mask": strip(0, 10)}, {"mask": strip(10, 20)}]
    result = evaluate(objects, [{"mask": strip(5, 15)}, {"mask": second}], thresholds=[0.3])
    assert result.ap == exact(ap)


def test_each_object_is_found_once() -> None:
    result = evaluate([{"mask": A}, {"mask": B}], [{"mask": A}, {"mask": A}, {"mask": B}])
    assert result.ap == exact((51 + 50 * 2 / 3) / 101)


def test_a_crowd_takes_any_number_of_predictions_and_counts_none() -> None:
    crowd = {"mask": strip(100, 150), "iscrowd": 1}
    inside = [{"mask": strip(100 + place, 110 + place)} for place in range(3)]
    result = evaluate([{"mask": A}, crowd], [*inside, {"mask": A}])
    assert (result.ap, result.first.overall.gt) == (exact(1), 1)


def test_the_iou_with_a_crowd_is_the_share_of_the_prediction_in_it() -> None:
    crowd = {"mask": strip(100, 150), "iscrowd": 1}
    outside = {"mask": strip(91, 111)}  # 11 of 20 pixels in the crowd: ignored at .50 and .55 only
    result = evaluate([{"mask": A}, crowd], [outside, {"mask": A}])
    assert result.ap == exact((2 * 1 + 8 * 1 / 2) / 10)


def test_an_object_in_a_crowd_comes_before_the_crowd() -> None:
    crowd = {"mask": strip(0, 100), "iscrowd": 1}
    result = evaluate([crowd, {"mask": A}], [{"mask": strip(0, 10)}])
    assert result.ap50 == exact(1)


def test_undefined_is_none_and_not_part_of_the_mean() -> None:
    result = evaluate(
        [{"mask": A}], [{"mask": A}, {"mask": B, "category_id": 2}], skip_unknown=True
    )
    assert result.ap == exact(1)
    only_found = average_precision(
        build_preds([{"mask": A}]), {**build_gt([(1, 200)], []), "categories": [{"id": 1}]}
    )
    assert (only_found.ap, only_found.ar, only_found.first.sizes[0].ap) == (None, None, None)
    assert only_found.first.categories[0].ap is None


def test_a_category_without_predictions_has_an_ap_of_0() -> None:
    result = evaluate([{"mask": A}, {"mask": B, "category_id": 2}], [{"mask": A}])
    assert [category.ap for category in result.first.categories] == [exact(1), 0]
    assert result.ap == exact(1 / 2)


def test_no_predictions_are_an_ap_of_0_and_a_note() -> None:
    result = evaluate([{"mask": A}], [])
    assert (result.ap, result.ar) == (0, 0)
    assert note(result, "no-predictions").message == "predictions holds no predictions"


def test_an_object_on_the_edge_of_two_sizes_is_in_both() -> None:
    square = np.zeros((40, 40), np.uint8)
    square[:32, :32] = 1
    gt = build_gt([(40, 40)], [{"mask": square}])
    small, medium, large = average_precision(build_preds([{"mask": square}]), gt).first.sizes
    assert [(size.gt, size.ap) for size in (small, medium, large)] == [
        (1, exact(1)),
        (1, exact(1)),
        (0, None),
    ]


def test_a_prediction_on_the_edge_of_two_sizes_is_false_in_both() -> None:
    # One object of 10 and one of 30 pixels. The false prediction of 20 stands first and counts in
    # both sizes; had it 21 pixels, it would count in the second only.
    objects: Records = [{"mask": strip(0, 10)}, {"mask": strip(100, 130)}]
    found: Records = [{"mask": strip(50, 70)}, {"mask": strip(0, 10)}, {"mask": strip(100, 130)}]
    result = evaluate(objects, found, sizes="area:20")
    assert [size.ap for size in result.first.sizes] == [exact(1 / 2), exact(1 / 2)]
    found[0] = {"mask": strip(50, 71)}
    result = evaluate(objects, found, sizes="area:20")
    assert [size.ap for size in result.first.sizes] == [exact(1), exact(1 / 2)]


def test_an_object_of_another_size_takes_one_prediction_out_of_the_count() -> None:
    # In the small bucket the object of 30 pixels is ignored: of two small predictions on it, it
    # takes one along, the other is false.
    objects: Records = [{"mask": strip(0, 10)}, {"mask": strip(100, 130)}]
    twice = {"mask": strip(100, 120)}
    result = evaluate(objects, [twice, twice, {"mask": strip(0, 10)}], sizes="area:20")
    assert result.first.sizes[0].ap50 == exact(1 / 2)


def test_the_area_of_an_object_is_what_the_file_says() -> None:
    result = evaluate([{"mask": A, "area": 5000}], [{"mask": A}])
    assert [size.gt for size in result.first.sizes] == [0, 1, 0]


def test_the_default_has_no_largest_area_and_the_compat_mode_has() -> None:
    objects, found = [{"mask": A, "area": 2e10}], [{"mask": A}]
    assert evaluate(objects, found).ap == exact(1)
    assert evaluate(objects, found, compat="pycocotools").ap is None


def test_predictions_beyond_the_cap_are_not_used() -> None:
    objects: Records = [{"mask": A}, {"mask": B}, {"mask": C, "category_id": 2}]
    found: Records = [{"mask": NOWHERE}, {"mask": A}, {"mask": B}, {"mask": C, "category_id": 2}]
    result = evaluate(objects, found, max_dets=[1, 2])
    assert result.first.ar_by_max_dets == {"1": exact(1 / 2), "2": exact((1 / 2 + 1) / 2)}
    assert result.first.categories[0].ap == exact(51 / 101 / 2)
    assert note(result, "max-dets").message == (
        "1 prediction beyond max_dets 2 in 1 image was not used (`max_dets=0` uses all)"
    )


def test_a_cap_of_0_is_no_limit() -> None:
    found: Records = [{"mask": NOWHERE}] * 120 + [{"mask": A}]
    assert evaluate([{"mask": A}], found).ap == 0
    unlimited = evaluate([{"mask": A}], found, max_dets=[10, 0])
    assert unlimited.ap == exact(1 / 121)
    assert unlimited.first.ar_by_max_dets == {"10": 0, "0": 1}
    assert "max-dets" not in codes(unlimited)


def test_pycocotools_takes_its_first_ap_at_a_cap_of_exactly_100() -> None:
    settings: dict[str, Any] = {"compat": "pycocotools", "max_dets": [1, 10, 300]}
    result = evaluate([{"mask": A}], [{"mask": A}], **settings)
    assert result.first.official is not None
    assert (result.first.official["AP"], result.ap) == (-1, exact(1))
    assert result.first.official["AP50"] == exact(1)
    assert result.first.official["AR300"] == 1


def test_equal_scores_are_ranked_by_image_then_by_place_in_the_file() -> None:
    # Image 2 comes first in the file, image 1 in the ranking: its false prediction costs half.
    objects: Records = [{"mask": A, "image_id": 2}]
    late = {"mask": A, "image_id": 2, "score": 0.5}
    early = {"mask": NOWHERE, "image_id": 1, "score": 0.5}
    assert evaluate(objects, [late, early], images=2).ap == exact(1 / 2)
    same = {**early, "image_id": 2}
    assert evaluate(objects, [late, same], images=2).ap == exact(1)
    assert evaluate(objects, [same, late], images=2).ap == exact(1 / 2)


def test_other_thresholds_may_leave_ap50_and_ap75_without_a_value() -> None:
    result = evaluate([{"mask": A}], [{"mask": strip(0, 15)}], thresholds=[0.8, 0.6])
    assert result.protocol.thresholds == (0.6, 0.8)
    assert (result.ap, result.ap50, result.ap75) == (exact(0.5), None, None)


def test_a_threshold_of_1_asks_for_equal_pixels() -> None:
    found: Records = [{"mask": A}, {"mask": strip(40, 59)}]
    result = evaluate([{"mask": A}, {"mask": B}], found, thresholds=[1.0])
    assert result.ar == 0.5


def test_rounded_thresholds_are_ap75_for_us_and_not_for_pycocotools() -> None:
    settings: dict[str, Any] = {"compat": "pycocotools", "thresholds": [0.5, 0.7500000000000001]}
    result = evaluate([{"mask": A}], [{"mask": A}], **settings)
    assert result.first.official is not None
    assert (result.ap75, result.first.official["AP75"]) == (exact(1), -1)


def test_boxes_are_compared_without_a_pixel_added() -> None:
    box = {"bbox": [0, 0, 10, 10], "area": 100}
    half = {"bbox": [0, 0, 10, 5]}
    assert evaluate([box], [half], iou="bbox", thresholds=[0.5]).ap == exact(1)
    assert evaluate([box], [half], iou="bbox", thresholds=[0.51]).ap == 0


def test_boxes_of_masks_are_used_where_there_are_no_boxes() -> None:
    result = evaluate([{"mask": A}], [{"mask": A}], iou="bbox")
    assert result.ap == exact(1)
    assert note(result, "boxes-from-masks").message == (
        "1 prediction has no bbox; the box of the mask is used"
    )


def test_several_kinds_of_iou_come_from_one_run() -> None:
    found: Records = [{"mask": A, "bbox": [0.0, 0.0, 10.0, 1.0]}]
    result = evaluate([{"mask": A}], found, iou=["bbox", "segm", "bbox"], thresholds=[0.6])
    assert {iou: scores.overall.ap for iou, scores in result.scores.items()} == {
        "bbox": 0,
        "segm": exact(1),
    }
    assert result.ap == 0


def test_a_box_beside_a_mask_decides_the_size_only_if_asked_to() -> None:
    # The false prediction of 5 pixels has a box of 100, which takes it out of the small bucket.
    objects: Records = [{"mask": strip(0, 5)}]
    found: Records = [
        {"mask": strip(50, 55), "bbox": [50.0, 0.0, 10.0, 10.0]},
        {"mask": strip(0, 5), "bbox": [0.0, 0.0, 5.0, 1.0]},
    ]
    by_mask = evaluate(objects, found, sizes="area:20")
    by_box = evaluate(objects, found, sizes="area:20", area_from="bbox")
    compat = evaluate(objects, found, sizes="area:20", compat="pycocotools")
    assert [result.first.sizes[0].ap for result in (by_mask, by_box, compat)] == [
        exact(1 / 2),
        exact(1),
        exact(1),
    ]
    assert by_mask.ap == by_box.ap == compat.ap
    assert note(by_mask, "area-from-mask").message == (
        "2 predictions have a bbox beside the mask: size buckets go by the mask; pycocotools would "
        'take the box (`area_from="bbox"`)'
    )
    assert note(compat, "area-from-bbox").message == (
        "the first record has a bbox, so pycocotools sorts predictions into size buckets by their "
        "boxes; APs by size differ from those of the masks"
    )
    both = evaluate(objects, found, iou=["segm", "boundary"])
    assert [each.code for each in both.notes].count("area-from-mask") == 1
    some = evaluate(objects, [found[0], {"mask": strip(0, 5)}], sizes="area:20")
    assert note(some, "area-from-mask").message == (
        "1 prediction has a bbox beside the mask, 1 no bbox: size buckets go by the mask; "
        "pycocotools would stop if the first record has one, else take the mask "
        '(`area_from="bbox"`)'
    )


@pytest.mark.parametrize("area_from", ["mask", "bbox"])
def test_a_malformed_mask_is_refused_though_nothing_is_compared_with_it(area_from: str) -> None:
    gt = build_gt([(1, 200), (1, 200)], [{"mask": A}])
    sound, spoilt = build_preds([{"mask": A, "bbox": [0, 0, 20, 1]}] * 2)
    spoilt |= {"image_id": 2, "segmentation": {"size": [1, 200], "counts": "1O4"}}
    with pytest.raises(FormatError, match="negative run length"):
        average_precision([sound, spoilt], gt, area_from=area_from)


def test_the_size_of_a_box_is_that_of_its_mask_if_it_was_made_from_one() -> None:
    # As in pycocotools: a thin diagonal has few pixels and a large box.
    diagonal = np.eye(40, dtype=np.uint8)
    gt = build_gt([(40, 40)], [{"mask": diagonal}])
    preds = build_preds([{"mask": diagonal}])
    both = [average_precision(preds, gt, iou="bbox", compat=c) for c in (None, "pycocotools")]
    assert [result.area_from["bbox"] for result in both] == ["mask", "mask"]
    assert [result.first.sizes[0].ap for result in both] == [exact(1), exact(1)]


def test_agnostic_takes_all_categories_as_one() -> None:
    objects: Records = [{"mask": A}, {"mask": B, "category_id": 2}]
    found: Records = [{"mask": A, "category_id": 2}, {"mask": B}]
    assert evaluate(objects, found).ap == 0
    merged = evaluate(objects, found, agnostic=True)
    assert merged.ap == exact(1)
    (category,) = merged.first.categories
    assert (category.id, category.name, category.gt) == (-1, "all categories", 2)


def test_ids_of_annotations_may_be_0_but_not_for_the_official_packages() -> None:
    objects, found = [{"mask": A, "id": 0}], [{"mask": A}]
    default = evaluate(objects, found)
    compat = evaluate(objects, found, compat="pycocotools")
    assert (default.ap, compat.ap) == (exact(1), 0)
    assert note(default, "id-zero").message == (
        "ground truth has an annotation with id 0: it counts here; the official packages take its "
        "match for a miss"
    )
    assert note(compat, "id-zero").message == (
        "ground truth has an annotation with id 0: pycocotools takes its match for a miss, so the "
        "numbers are too low"
    )


def test_the_field_ignore_is_used_only_if_asked_for() -> None:
    objects: Records = [{"mask": A, "ignore": 1}, {"mask": B}]
    found: Records = [{"mask": A}, {"mask": B}]
    as_it_is = evaluate(objects, found[1:])
    honoured = evaluate(objects, found, honour_ignore=True)
    assert (as_it_is.ap, as_it_is.first.overall.gt) == (exact(51 / 101), 2)
    assert (honoured.ap, honoured.first.overall.gt) == (exact(1), 1)
    assert note(as_it_is, "ignore-unused").message == (
        "1 annotation has ignore set, which is not used, as in pycocotools "
        "(`honour_ignore=True` uses it)"
    )
    assert "ignore-unused" not in codes(honoured)


def test_missing_areas_are_computed_from_the_masks() -> None:
    preds, gt = scene([{"mask": A}], [{"mask": A}])
    del gt["annotations"][0]["area"]
    result = average_precision(preds, gt, sizes="area:20")
    assert [size.gt for size in result.first.sizes] == [1, 1]
    assert "area-computed" in codes(result)
    del gt["annotations"][0]["segmentation"]
    boxes = [{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 20, 1]}]
    assert average_precision(boxes, gt, iou="bbox", sizes="area:20").first.sizes[1].gt == 1


@pytest.mark.parametrize("field", ["area", "iscrowd"])
def test_the_compat_mode_stops_where_pycocotools_stops(field: str) -> None:
    preds, gt = scene([{"mask": A}, {"mask": B}], [{"mask": A}])
    for annotation in gt["annotations"]:
        del annotation[field]
    assert average_precision(preds, gt).ap == exact(51 / 101)
    with pytest.raises(FormatError) as caught:
        average_precision(preds, gt, compat="pycocotools")
    assert caught.value.message == (
        f"ground truth: annotation 1 (image_id 1) has no {field}, without which pycocotools stops. "
        "1 more like it. The default mode makes up for it."
    )
    assert (caught.value.code, caught.value.count) == (f"missing-{field}", 2)
