"""Areas of objects, and their numbers per bin and bucket."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import count_sizes, object_areas
from segeval.errors import FormatError
from segeval.metrics.sizes import buckets

SQUARE = [[2.0, 2.0, 6.0, 2.0, 6.0, 6.0, 2.0, 6.0]]  # 4 x 4 pixels
EMPTY = {"size": [20, 20], "counts": [400]}


def ground_truth(*annotations: dict[str, Any]) -> segeval.GroundTruth:
    return segeval.load_ground_truth(
        {
            "images": [{"id": 1, "height": 20, "width": 20}],
            "categories": [{"id": 1, "name": "sofa"}],
            "annotations": [
                {"id": i, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 1.0, **annotation}
                for i, annotation in enumerate(annotations, 1)
            ],
        }
    )


def predictions(*records: dict[str, Any]) -> segeval.Predictions:
    plain = {"image_id": 1, "category_id": 1, "score": 0.5}
    return segeval.load_predictions([{**plain, **record} for record in records])


def test_area_of_a_box_is_width_times_height() -> None:
    gt = ground_truth({"bbox": [0, 0, 3, 5], "segmentation": SQUARE})
    assert object_areas(gt).tolist() == [15.0]


def test_area_of_a_mask_is_what_ap_puts_into_buckets() -> None:
    gt = ground_truth(
        {"segmentation": SQUARE, "area": 40.0 * 40}, {"segmentation": SQUARE, "area": None}
    )
    areas = object_areas(gt, by="mask")
    assert areas.tolist() == [1600.0, 16.0]
    assert object_areas(predictions({"segmentation": SQUARE}), by="mask").tolist() == [16.0]
    counted = count_sizes({"gt": areas}, buckets=buckets("coco")).in_buckets[0].tolist()
    sizes = segeval.average_precision([], gt).first.sizes
    assert counted == [size.gt for size in sizes]


def test_predictions_of_low_scores_are_left_out() -> None:
    preds = predictions(*({"bbox": [0, 0, 1, k], "score": k / 4} for k in (1, 2, 3)))
    assert object_areas(preds, min_score=0.5).tolist() == [2.0, 3.0]


def test_shares_are_percentages_of_each_file() -> None:
    areas = {"a": np.array([25.0, 36.0, 40000.0, 40000.0]), "b": np.array([25.0])}
    counted = count_sizes(areas, buckets=buckets("coco"), most_bins=2)
    assert counted.shares.tolist() == [[50.0, 50.0], [100.0, 0.0]]


def test_a_missing_box_is_the_one_around_the_mask() -> None:
    diagonal = [
        [2.0, 2.0, 4.0, 2.0, 4.0, 4.0, 2.0, 4.0],
        [8.0, 9.0, 9.0, 9.0, 9.0, 10.0, 8.0, 10.0],
    ]
    gt = ground_truth({"segmentation": diagonal}, {"bbox": [0, 0, 3, 5], "segmentation": SQUARE})
    assert object_areas(gt).tolist() == [7.0 * 8.0, 15.0]


def test_polygons_of_predictions_need_no_image() -> None:
    preds = predictions({"segmentation": SQUARE}, {"bbox": [0, 0, 2, 2]})
    assert object_areas(preds).tolist() == [16.0, 4.0]


def test_an_empty_mask_has_no_size() -> None:
    assert object_areas(predictions({"segmentation": EMPTY})).tolist() == [0.0]


def test_crowd_regions_are_left_out() -> None:
    gt = ground_truth({"bbox": [0, 0, 9, 9], "iscrowd": 1}, {"bbox": [0, 0, 2, 2]})
    assert object_areas(gt).tolist() == [4.0]


def test_a_sample_is_drawn_without_replacement_in_file_order() -> None:
    preds = predictions(*({"bbox": [0, 0, 1, side]} for side in range(1, 51)))
    drawn = object_areas(preds, sample=20, rng=np.random.default_rng(0)).tolist()
    assert len(set(drawn)) == 20
    assert drawn == sorted(drawn)
    assert object_areas(preds, sample=20, rng=np.random.default_rng(0)).tolist() == drawn


def test_a_sample_of_more_than_all_is_all() -> None:
    preds = predictions({"bbox": [0, 0, 2, 2]})
    assert object_areas(preds, sample=9, rng=np.random.default_rng(0)).tolist() == [4.0]


def test_masks_are_needed_for_mask_areas() -> None:
    preds = predictions({"segmentation": EMPTY}, {"bbox": [0, 0, 2, 2]}, {"bbox": [0, 0, 2, 2]})
    with pytest.raises(
        segeval.FormatError, match=r"prediction #1 \(image_id 1\) has no segmentation.* 1 more"
    ) as error:
        object_areas(preds, by="mask")
    assert error.value.index == 1
    assert error.value.count == 2


@pytest.mark.parametrize("wrong", [{"by": "volume"}, {"sample": 3}, {"sample": 0}])
def test_unknown_settings_are_refused(wrong: Any) -> None:
    with pytest.raises(segeval.InputError):
        object_areas(predictions({"bbox": [0, 0, 2, 2]}), **wrong)


def test_every_object_is_in_one_bin() -> None:
    sides = np.array([0.0, 4.9, 5, 12, 99.9, 100])
    counted = count_sizes({"a": sides**2}, buckets=buckets("coco"), most_bins=21)
    assert counted.edges.tolist() == [5.0 * i for i in range(22)]
    assert counted.counts[0, [0, 1, 2, 19, 20]].tolist() == [2, 1, 1, 1, 1]
    assert counted.counts.sum() == len(sides)


def test_buckets_are_closed_at_both_ends() -> None:
    areas = np.array([1024.0, np.nextafter(1024.0, 2000.0), 9216.0])
    counted = count_sizes({"a": areas}, buckets=buckets("coco"))
    assert counted.in_buckets.tolist() == [[1, 3, 1]]


@pytest.mark.parametrize("largest", [0.0, 0.4, 1.0, 7.0, 63.0, 450.0, 641.0, 5000.0, 123456.0])
@pytest.mark.parametrize("most", [4, 45, 70])
@pytest.mark.parametrize("log", [False, True])
def test_bins_hold_any_size(largest: float, most: int, log: bool) -> None:
    counted = count_sizes(
        {"a": np.array([0.0, largest**2])}, buckets=buckets("coco"), log=log, most_bins=most
    )
    assert counted.counts.sum() == 2
    assert counted.counts.shape[1] <= (max(most, 17) if log else most)  # 17 octaves
    assert (np.diff(counted.edges) > 0).all()


def test_logarithmic_bins_have_equal_ratio_and_take_what_is_below_them() -> None:
    counted = count_sizes(
        {"a": np.array([0.0, 4.0]), "b": np.array([49.0])}, buckets=buckets("coco"), log=True
    )
    assert counted.edges[[0, -1]].tolist() == [1.0, 8.0]
    assert counted.edges[1:] / counted.edges[:-1] == pytest.approx(2**0.25)
    assert counted.counts[0].tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert counted.counts[1].tolist() == [0] * 11 + [1]


def test_rows_are_bins_and_buckets() -> None:
    areas = {"a": np.array([4.0, 2500.0]), "b": np.array([4.0])}
    counted = count_sizes(areas, buckets=buckets("coco"), most_bins=2)
    assert counted.rows() == [
        ("part", "from_px", "to_px", "a", "b"),
        ("bin", 0.0, 30.0, 1, 1),
        ("bin", 30.0, 60.0, 1, 0),
        ("small", 0.0, 32.0, 1, 1),
        ("medium", 32.0, 96.0, 1, 0),
        ("large", 96.0, float("inf"), 0, 0),
    ]


@pytest.mark.parametrize("areas", [{}, {"a": np.empty(0)}])
def test_no_objects_are_an_error(areas: dict[str, Any]) -> None:
    with pytest.raises(segeval.InputError, match="no objects"):
        count_sizes(areas, buckets=buckets("coco"))


def test_boxes_whose_sides_make_no_area_are_refused() -> None:
    for box, words in (
        ([0, 0, 1e308, 1e308], "a bbox without a finite area"),
        ([5, 5, -2, -2], "a bbox with a side below 0"),
    ):
        gt = ground_truth({"bbox": box, "segmentation": SQUARE})
        with pytest.raises(FormatError, match=rf"annotation 1 \(image_id 1\) has {words}\.$"):
            object_areas(gt)
