"""Boundary AP, fixed AP, AP-pool and AP*: where they differ from mask AP of COCO and LVIS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval import APResult, average_precision
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics import COCO, PROTOCOLS
from tests.build import Mask, build_gt, build_preds
from tests.unit.metrics.coco.test_federated import lvis_scene
from tests.unit.metrics.strips import Records, codes, exact, note, strip

A, B, NOWHERE = strip(0, 20), strip(40, 60), strip(150, 170)


def block(top: int, left: int, bottom: int, right: int) -> Mask:
    """A rectangle in a picture of 60 x 80 pixels, whose boundary is 2 pixels wide."""
    mask = np.zeros((60, 80), np.uint8)
    mask[top:bottom, left:right] = 1
    return mask


def one_object(truth: Mask, found: Mask, **settings: Any) -> APResult:
    """The result of one prediction of one object."""
    gt = build_gt([(60, 80)], [{"mask": truth}])
    return average_precision(build_preds([{"mask": found}]), gt, **settings)


def test_boundary_iou_sees_what_mask_iou_hardly_does() -> None:
    truth, found = block(10, 10, 50, 70), block(12, 10, 50, 70)  # two rows are missing
    result = one_object(truth, found, iou=("segm", "boundary"), thresholds=[0.5, 0.8, 0.9])
    # masks: 38 / 40; bands of 2 pixels, 384 and 376 of them, share all but two rows at the top:
    # 2 x 38 at each side and 2 x 56 between them at the bottom
    shared = 2 * 2 * 38 + 2 * 56
    assert shared / (384 + 376 - shared) == pytest.approx(0.532, abs=1e-3)
    assert result.scores["segm"].overall.ap == exact(1)
    assert result.scores["boundary"].overall.ap == exact(1 / 3)


def test_a_ring_around_an_object_is_no_match_for_all_its_boundary() -> None:
    truth = block(10, 10, 50, 70)
    ring = truth - block(12, 12, 48, 68)
    assert one_object(truth, ring, iou="boundary", thresholds=[0.5]).ap == 0


def test_boundary_can_be_given_in_pixels() -> None:
    truth, found = block(10, 10, 50, 70), block(12, 10, 50, 70)
    wide = one_object(truth, found, iou="boundary", boundary_px=30, thresholds=[0.9])
    assert wide.ap == exact(1)
    settings = wide.to_dict()["settings"]
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 30)


def test_boundary_of_crowd_regions_is_not_looked_at() -> None:
    objects: Records = [{"mask": block(0, 0, 60, 80), "iscrowd": 1}, {"mask": block(0, 0, 20, 20)}]
    gt = build_gt([(60, 80)], objects)
    preds = build_preds(
        [{"mask": block(30, 30, 50, 50), "score": 0.9}, {"mask": block(0, 0, 20, 20), "score": 0.8}]
    )
    assert average_precision(preds, gt, iou="boundary").ap == exact(1)


def test_objects_that_are_all_boundary_are_told_of() -> None:
    result = one_object(block(0, 0, 4, 60), block(0, 0, 4, 60), iou="boundary")
    assert note(result, "thin-objects").message == (
        "1 ground truth is at most twice as wide as the boundary: there boundary IoU nears mask IoU"
    )


def test_boundary_ap_leaves_annotations_with_ignore_out() -> None:
    gt = build_gt([(60, 80)], [{"mask": block(0, 0, 20, 20), "ignore": 1}])
    preds = build_preds([{"mask": block(0, 0, 20, 20)}])
    result = average_precision(preds, gt, iou=("segm", "boundary"))
    assert result.scores["segm"].overall.gt == 1
    assert result.scores["boundary"].overall.gt == 0
    assert codes(result).count("ignore-used") == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"boundary_ratio": 0.02, "boundary_px": 3}, "expected one"),
        ({"boundary_ratio": -1}, "such as 0.02"),
        ({"boundary_px": 0}, "a whole number of 1 or more"),
        ({"boundary_px": 2, "iou": "segm"}, "`boundary_px` is given, but no boundaries"),
        ({"boundary_ratio": 0.1, "iou": "bbox"}, "`boundary_ratio` is given, but no boundaries"),
        ({"compat": "pycocotools"}, "pycocotools has no IoU 'boundary'"),
        ({"compat": "lvis"}, "`compat='lvis'` has the protocol lvis, not coco."),
    ],
)
def test_settings_of_boundaries_that_make_no_sense_are_refused(settings: Any, message: str) -> None:
    mask = block(0, 0, 9, 9)
    with pytest.raises(InputError, match=message):
        one_object(mask, mask, **{"iou": "boundary", "protocol": "coco", **settings})


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": (0.3, 0.6)},
        {"max_dets": (1, 2, 50)},
        {"agnostic": True},
        {"boundary_ratio": 0.1},
        {"boundary_px": 3},
        {"iou": "boundary"},
        {"uses_crowd": False},
        {"uses_ignore": True},
        {"removes_boxes": True},
        {"skips_unknown": True},
    ],
    ids=str,
)
def test_every_field_of_a_protocol_given_as_a_value_survives(changes: Any) -> None:
    mask = block(0, 0, 9, 9)
    assert one_object(mask, mask, protocol=replace(COCO, **changes)).protocol == replace(
        COCO, **changes
    )


def crowded_scene() -> Any:
    """Two images with an object each; in the first there are three predictions of the category."""
    return lvis_scene(
        [{"mask": A, "category_id": 1, "image_id": image} for image in (1, 2)],
        [
            {"mask": NOWHERE, "category_id": 1, "image_id": 1, "score": 0.9},
            {"mask": B, "category_id": 1, "image_id": 1, "score": 0.8},
            {"mask": A, "category_id": 1, "image_id": 1, "score": 0.7},
            {"mask": A, "category_id": 1, "image_id": 2, "score": 0.6},
        ],
        images=2,
    )


@pytest.mark.parametrize(("budget", "ar"), [(2, 0), (3, 0.5), (4, 1), (0, 1)])
def test_fixed_ap_has_a_budget_per_category_over_all_images(budget: int, ar: float) -> None:
    result = average_precision(*crowded_scene(), protocol="lvis-fixed", max_dets=budget)
    assert result.ar == ar


def test_a_budget_counts_predictions_that_are_not_judged() -> None:
    preds, gt = lvis_scene(
        [{"mask": A, "category_id": 1, "image_id": 1}],
        [
            {"mask": A, "category_id": 1, "image_id": 2, "score": 0.9},  # unknown in this image
            {"mask": A, "category_id": 1, "image_id": 1, "score": 0.8},
        ],
        images=2,
    )
    both, one = (
        average_precision(preds, gt, protocol="lvis-fixed", max_dets=cap).ap for cap in (2, 1)
    )
    assert (both, one) == (exact(1), 0)


def test_what_is_beyond_the_budget_is_told_of() -> None:
    result = average_precision(*crowded_scene(), protocol="lvis-fixed", max_dets=3)
    assert note(result, "max-dets").message == (
        "1 prediction beyond max_dets 3 of 1 category was not used (`max_dets=0` uses all)"
    )


def test_the_challenge_of_2021_compares_boundaries() -> None:
    result = average_precision(*crowded_scene(), protocol="lvis-2021")
    assert list(result.scores) == ["boundary"]
    assert result.protocol.max_dets == (10_000,)


def test_ap_pool_asks_for_scores_that_compare_between_categories() -> None:
    preds, gt = lvis_scene(
        [{"mask": A, "category_id": 1}, {"mask": B, "category_id": 3}],
        [
            {"mask": NOWHERE, "category_id": 1, "score": 0.5},
            {"mask": A, "category_id": 1, "score": 0.4},
            {"mask": B, "category_id": 3, "score": 0.3},
        ],
    )
    result = average_precision(preds, gt, pool=True)
    assert result.ap == exact((1 / 2 + 1) / 2)
    # false, true, true: precision 2 / 3 at both recalls
    assert result.first.pool == {
        "all": exact(2 / 3), "rare": exact(1 / 2), "common": None, "frequent": exact(1),
    }  # fmt: skip


def test_ap_pool_orders_ties_by_image_and_then_by_category() -> None:
    preds, gt = lvis_scene(
        [
            {"mask": A, "category_id": 1, "image_id": 2},
            {"mask": A, "category_id": 3, "image_id": 2},
        ],
        [
            {"mask": A, "category_id": 3, "image_id": 2, "score": 0.5},
            {"mask": A, "category_id": 1, "image_id": 2, "score": 0.5},
            {"mask": A, "category_id": 3, "image_id": 1, "score": 0.5},
        ],
        images=2,
        negative=(3,),
    )
    pool = average_precision(preds, gt, pool=True).first.pool
    assert pool is not None
    assert pool["all"] == exact(2 / 3)


def test_a_coco_model_may_predict_what_lvis_does_not_have() -> None:
    preds, gt = lvis_scene(
        [{"mask": A, "category_id": 1}],
        [{"mask": A, "category_id": 1}, {"mask": B, "category_id": 58}],
    )
    with pytest.raises(MismatchError):
        average_precision(preds, gt, protocol="lvis")
    result = average_precision(preds, gt, protocol="ap-star")
    assert result.ap == exact(1)
    assert note(result, "unknown-category").count == 1


@pytest.mark.parametrize(
    ("protocol", "area_from"),
    [("lvis", "bbox"), ("lvis-fixed", "mask"), ("lvis-2021", "bbox"), ("ap-star", "mask")],
)
def test_some_protocols_take_boxes_away_before_they_decide_on_sizes(
    protocol: str, area_from: str
) -> None:
    preds, gt = lvis_scene([{"mask": A, "category_id": 1}], [{"mask": NOWHERE, "category_id": 1}])
    preds[0]["bbox"] = [0, 0, 40, 40]  # medium, whereas the mask is small
    result = average_precision(preds, gt, protocol=protocol, compat="official")
    assert set(result.area_from.values()) == {area_from}
    assert bool(result.matches.ignored(0.5, "medium")[0]) == (area_from == "mask")


def test_one_package_ends_size_buckets_before_their_upper_end() -> None:
    square = np.zeros((40, 60), np.uint8)
    square[:32, :32] = 1  # 32 x 32 pixels: the end of small and the beginning of medium
    gt = build_gt([(40, 60)], [{"mask": square}])
    gt["categories"] = [{"id": 1, "name": "a", "frequency": "f"}]
    for image in gt["images"]:
        image.update(neg_category_ids=[], not_exhaustive_category_ids=[])
    preds = build_preds([{"mask": square}])
    counts = [
        [
            size.gt
            for size in average_precision(
                preds, gt, protocol=protocol, iou="boundary", compat=compat
            ).first.sizes
        ]
        for protocol, compat in (("lvis", None), ("lvis", "official"), ("lvis-2021", "official"))
    ]
    assert counts == [[1, 1, 0], [0, 1, 0], [1, 1, 0]]


def test_packages_are_named_by_kind_of_iou() -> None:
    result = average_precision(*crowded_scene(), iou=("segm", "boundary"), compat="official")
    assert result.settings["packages"] == {"segm": "lvis", "boundary": "boundary-iou-api"}
    assert result.to_dict()["settings"]["packages"] == result.settings["packages"]


def test_every_protocol_goes_by_its_name() -> None:
    assert [PROTOCOLS[name].name for name in PROTOCOLS] == list(PROTOCOLS)


def test_predictions_dropped_for_two_reasons_are_counted_once() -> None:
    preds, gt = lvis_scene(
        [{"mask": A, "category_id": 1}],
        [
            {"mask": A, "category_id": 1},
            {"mask": A, "category_id": 58},
            {"mask": A, "category_id": 58},
        ],
    )
    preds[2]["image_id"] = 999
    result = average_precision(preds, gt, protocol="ap-star")
    assert note(result, "unknown-image").count == 1
    assert note(result, "unknown-category").count == 1


def test_a_coco_model_is_not_scored_by_the_ids_of_lvis() -> None:
    preds, gt = lvis_scene([{"mask": strip(0, 9)}], [{"mask": strip(0, 9)}])
    gt["categories"].append({"id": 1203, "name": "zucchini", "frequency": "c"})
    with pytest.raises(FormatError) as caught:
        average_precision(preds, gt, protocol="ap-star")
    assert caught.value.message == (
        "ground truth: 1 category has an id above 90, expected COCO's ids. Translate LVIS's "
        "annotations first with `cocofy`."
    )


@pytest.mark.parametrize(
    ("protocol", "function"), [("cityscapes", "cityscapes_ap"), ("openimages", "open_images_ap")]
)
def test_protocols_of_other_files_have_functions_of_their_own(protocol: str, function: str) -> None:
    preds, gt = lvis_scene([{"mask": strip(0, 9)}], [{"mask": strip(0, 9)}])
    with pytest.raises(InputError, match=f"reads other files: use segeval.{function}"):
        average_precision(preds, gt, protocol=protocol)
