"""Numbers of parts of the images of one model, with intervals."""

from __future__ import annotations

import numpy as np
import pytest

import segeval
from segeval.analysis.comparison.own_slices import slice_numbers
from segeval.data.synthetic import furniture

SCENE = furniture(images=30)
IMAGES = [each["id"] for each in SCENE.ground_truth["images"]]
LABELS = {each: "few" if each <= 5 else "many" for each in IMAGES[:-2]}
RESULT = segeval.average_precision(SCENE.better, SCENE.ground_truth, iou=("segm", "bbox"))


def test_the_numbers_of_a_slice_are_those_of_its_images_alone() -> None:
    found = slice_numbers(RESULT, LABELS, resamples=20)
    assert [(each.name, each.images) for each in found] == [("few", 5), ("many", 23)]
    for each in found:
        own = [image for image, label in LABELS.items() if label == each.name]
        alone = segeval.average_precision(
            SCENE.better, SCENE.ground_truth, iou=("segm", "bbox"), images=own
        )
        for kind, scores in alone.scores.items():
            overall = scores.overall
            for key in ("ap", "ap50", "ap75", "ar"):
                # replicates add the categories in another order
                assert each.numbers[kind, key] == pytest.approx(getattr(overall, key), rel=1e-12)


def test_a_slice_of_all_images_has_the_intervals_of_all_and_few_images_have_none() -> None:
    [whole] = slice_numbers(RESULT, dict.fromkeys(IMAGES, "all"), resamples=50)
    known = segeval.analysis.result_intervals(RESULT, resamples=50)
    for path, ends in whole.intervals.items():
        wanted = known.by_path[path]
        assert (ends is None) == (wanted is None)
        if ends is not None:  # around numbers whose categories are added in another order
            assert ends == pytest.approx(wanted, rel=1e-12)
    few, many = slice_numbers(RESULT, LABELS, resamples=50)
    assert set(few.intervals.values()) == {None}
    low, high = many.intervals["segm", "ap"] or (np.nan, np.nan)
    assert low < (many.numbers["segm", "ap"] or np.nan) < high


def test_intervals_of_a_slice_with_too_few_groups_are_none() -> None:
    groups = {each: str(each // 4) for each in IMAGES}
    found = slice_numbers(RESULT, LABELS, resamples=20, groups=groups)
    assert [each.intervals["segm", "ap"] for each in found] == [None, None]


def test_plain_values_have_intervals_beside_the_numbers() -> None:
    _, many = slice_numbers(RESULT, LABELS, resamples=20)
    found = many.to_dict()
    assert (found["name"], found["images"]) == ("many", 23)
    assert found["segm"]["ap"] == many.numbers["segm", "ap"]
    assert tuple(found["bbox"]["intervals"]["ap50"]) == many.intervals["bbox", "ap50"]
