"""What went wrong where others took another package for pycocotools is as in pycocotools here.

The traps of the report derekallman/hotcoco#5, as far as it, the pull requests that answer it and
the code that works around it can be read. Four gave a plausible number in place of an error.
"""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np
import pytest

from tests.unit.compat.coco_files import IMAGES, assert_alike, predictions, truth
from tests.unit.compat.test_flows import OURS, Package, in_both, loaded

SQUARE = np.zeros((10, 10), np.uint8, order="F")
SQUARE[2:6, 3:7] = 1


def set_of(annotations: list[dict[str, Any]], package: Package, **more: Any) -> Any:
    """A data set that is filled by hand, with its index."""
    coco = package.COCO()
    coco.dataset = {
        "images": [{"id": 1, "height": 10, "width": 10}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": annotations,
        **more,
    }
    coco.createIndex()
    return coco


def square(package: Package, **more: Any) -> dict[str, Any]:
    """The square as an annotation, with the runs that `mask.encode` gives, in bytes."""
    runs = package.mask.encode(SQUARE)
    assert isinstance(runs["counts"], bytes)
    return {
        "id": 1, "image_id": 1, "category_id": 1, "segmentation": runs, "area": 16.0,
        "bbox": [3.0, 2.0, 4.0, 4.0], "iscrowd": 0, **more,
    }  # fmt: skip


def evaluated(evaluation: Any) -> Any:
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def test_runs_in_bytes_from_encode_are_the_mask_and_not_an_empty_one() -> None:
    def flow(package: Package) -> Any:
        gt = set_of([square(package)], package)
        by_hand = set_of([square(package, score=0.9)], package)
        loaded_from = gt.loadRes([
            {"image_id": 1, "category_id": 1, "segmentation": square(package)["segmentation"],
             "score": 0.9}
        ])  # fmt: skip
        return [
            evaluated(package.COCOeval(gt, each, "segm")).stats for each in (by_hand, loaded_from)
        ]

    found, expected = in_both(flow)
    assert_alike(found, expected)
    assert [stats[0] for stats in found] == pytest.approx([1, 1])


CHANGES: dict[str, Callable[[Any], None]] = {
    "maxDets": lambda params: setattr(params, "maxDets", [1, 2, 500]),
    "an entry of maxDets": lambda params: params.maxDets.__setitem__(0, 3),
    "iouThrs": lambda params: setattr(params, "iouThrs", np.array([0.5, 0.6])),
    "recThrs": lambda params: setattr(params, "recThrs", np.array([0.0, 0.5, 1.0])),
    "catIds": lambda params: setattr(params, "catIds", [3]),
    "imgIds": lambda params: setattr(params, "imgIds", [2, 7, 12]),
    "areaRng": lambda params: setattr(
        params, "areaRng", [[0, 1e10], [0, 500], [500, 900], [900, 1e10]]
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_settings_that_are_changed_in_place_take_effect(name: str) -> None:
    def flow(package: Package) -> Any:
        coco = loaded(package)
        plain = evaluated(package.COCOeval(coco, coco.loadRes(predictions()), "bbox"))
        evaluation = package.COCOeval(coco, coco.loadRes(predictions()), "bbox")
        CHANGES[name](evaluation.params)
        changed = evaluated(evaluation)
        assert changed.params is evaluation.params
        return [changed.stats, changed.eval["precision"], plain.stats, plain.eval["precision"]]

    found, expected = in_both(flow)
    assert_alike(found, expected)
    assert found[1].shape != found[3].shape or (found[0] != found[2]).any()


def test_records_that_are_changed_in_place_are_evaluated_as_they_are_now() -> None:
    def flow(package: Package) -> Any:
        gt, results = loaded(package), loaded(package).loadRes(predictions())
        numbers = [evaluated(package.COCOeval(gt, results, "bbox")).stats]
        for coco in (gt, results):  # the area of masks, as evaluators of boxes and masks switch it
            for record in coco.dataset["annotations"]:
                record["area"] = record["area"] / 9
        numbers.append(evaluated(package.COCOeval(gt, results, "bbox")).stats)
        for key in results.getAnnIds():
            results.anns[key]["score"] = 1 / (1 + key)
        numbers.append(evaluated(package.COCOeval(gt, results, "bbox")).stats)
        return numbers

    found, expected = in_both(flow)
    assert_alike(found, expected)
    first, second, third = found
    assert (first[3:6] != second[3:6]).any()  # by size
    assert second[0] != third[0]


def test_a_data_set_that_is_assigned_later_is_the_one_that_is_evaluated() -> None:
    def flow(package: Package) -> Any:
        gt = set_of([square(package)], package)
        gt.dataset = copy.deepcopy(truth())
        gt.createIndex()
        assert len(gt.getImgIds()) == IMAGES
        return evaluated(package.COCOeval(gt, gt.loadRes(predictions()), "segm")).stats

    assert_alike(*in_both(flow))


def test_categories_need_no_name() -> None:
    def flow(package: Package) -> Any:
        bare = [{"id": 1}, {"id": 2}]
        gt = set_of([square(package)], package, categories=bare)
        results = set_of([square(package, score=0.9)], package, categories=bare)
        return [evaluated(package.COCOeval(gt, results, kind)).stats for kind in ("bbox", "segm")]

    assert_alike(*in_both(flow))


def test_masks_of_bools_are_encoded_as_those_of_bytes() -> None:
    masks = np.stack([SQUARE, 1 - SQUARE], axis=-1)
    for given in (masks.astype(bool), np.asfortranarray(masks.astype(bool)), masks[:, :, ::-1]):
        expected = OURS.mask.encode(np.asfortranarray(given.astype(np.uint8)))
        assert OURS.mask.encode(given) == expected
    assert OURS.mask.encode(SQUARE.astype(bool)) == OURS.mask.encode(SQUARE)


def test_the_summary_goes_to_standard_output_and_nothing_past_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    coco = loaded(OURS)
    capfd.readouterr()
    printed, told = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told), warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluation = OURS.COCOeval(coco, coco.loadRes(predictions()), "segm")
        evaluation.params.maxDets = [1, 10, 500]
        evaluated(evaluation)
    assert printed.getvalue().count("Average Precision") == 6
    assert printed.getvalue().count("Average Recall") == 6
    assert told.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_numbers_of_numpy_are_numbers() -> None:
    def flow(package: Package) -> Any:
        gt = loaded(package)
        records = [
            {
                **each,
                "image_id": np.int64(each["image_id"]),
                "category_id": np.int32(each["category_id"]),
                "bbox": [np.float64(side) for side in each["bbox"]],
                "score": np.float64(each["score"]),
            }
            for each in predictions()
        ]
        return evaluated(package.COCOeval(gt, gt.loadRes(records), "bbox")).stats

    found, expected = in_both(flow)
    assert_alike(found, expected)
