"""Evaluations through the interface of pycocotools, compared with the package itself."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segeval import FormatError, InputError, average_precision
from segeval.compat.pycocotools import COCO, COCOeval
from tests.unit.compat.coco_files import (
    assert_alike,
    assert_same_curves,
    both,
    evaluated,
    predictions,
    truth,
)

KINDS = ("segm", "bbox")


def some_images(params: Any) -> None:
    params.imgIds, params.catIds = [12, 7, 2, 12], [7, 3]


def merged_categories(params: Any) -> None:
    params.useCats = 0


def one_merged_category(params: Any) -> None:
    params.useCats, params.catIds = 0, [1]


def other_thresholds(params: Any) -> None:
    params.iouThrs = np.array([0.7, 0.3, 0.5, 0.95, 1.0])


def other_recalls(params: Any) -> None:
    params.recThrs = [0.0, 0.0, 0.33, 0.5, 0.5, 1.0, 1.5]


def two_caps(params: Any) -> None:
    params.maxDets = [3, 1]


def caps_without_100(params: Any) -> None:
    params.maxDets = [1, 10, 300]


def other_sizes(params: Any) -> None:
    params.areaRng = [[0, 400], (100.0, 200.0), [400, 1e10]]
    params.areaRngLbl = ["tiny", "small", "all"]


def one_image_of_none(params: Any) -> None:
    params.imgIds = [999]


CHANGES = [
    lambda params: None,
    some_images,
    merged_categories,
    one_merged_category,
    other_thresholds,
    other_recalls,
    two_caps,
    caps_without_100,
    other_sizes,
    one_image_of_none,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("<>"))
def test_every_number_is_the_packages(kind: str, change: Callable[[Any], None]) -> None:
    for seed in range(3):
        found, expected = evaluated(truth(seed), predictions(seed), kind, change)
        assert_same_curves(found, expected)
        assert_alike(found.stats, expected.stats)
        assert_alike(vars(found.params), vars(expected.params))
        assert_alike(found.evalImgs, expected.evalImgs)
        assert_alike(found.ious, expected.ious)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_without_boxes_take_the_area_of_their_masks(kind: str) -> None:
    found, expected = evaluated(truth(1), predictions(1, boxes=False), kind)
    assert_same_curves(found, expected)
    assert_alike(found.evalImgs, expected.evalImgs)


def test_boxes_stand_for_masks_as_in_the_package() -> None:
    found, expected = evaluated(truth(1), predictions(1, masks_too=False), "segm")
    assert_same_curves(found, expected)
    assert_alike(found.stats, expected.stats)


def test_curves_from_the_results_of_images_are_the_same() -> None:
    found, _ = evaluated(truth(), predictions(), "segm")
    before = copy.deepcopy(found.eval)
    assert len(found.evalImgs) == 3 * 4 * 12
    found.accumulate()
    for name in ("precision", "recall", "scores"):
        assert_alike(found.eval[name], before[name])


@pytest.mark.parametrize("change", [lambda params: None, merged_categories])
def test_results_that_the_caller_changes_decide(change: Callable[[Any], None]) -> None:
    pair = evaluated(truth(), predictions(), "bbox", change)
    for evaluation in pair:
        for result in evaluation.evalImgs[::3]:
            if result is not None:
                result["dtMatches"][:] = 0
        evaluation.evalImgs[5] = None
        evaluation.accumulate()
    assert_same_curves(*pair)


def test_other_settings_choose_among_the_results() -> None:
    pair = evaluated(truth(), predictions(), "segm")
    for evaluation in pair:
        params = copy.deepcopy(evaluation.params)
        params.imgIds = evaluation.params.imgIds[:5]
        params.catIds = [*evaluation.params.catIds[:2], 99]
        params.areaRng = params.areaRng[:2]
        params.maxDets = [1, 100, 1000]
        evaluation.accumulate(params)
    assert_same_curves(*pair)


def test_settings_changed_after_the_evaluation_change_no_results() -> None:
    pair = evaluated(truth(), predictions(), "segm")
    for evaluation in pair:
        evaluation.params.areaRng = [[0, 5], *evaluation.params.areaRng[1:]]
        evaluation.params.iouThrs = np.array([0.9] * 10)
    assert_alike(*(evaluation.evalImgs for evaluation in pair))
    assert_alike(*(evaluation.ious for evaluation in pair))


def test_records_stay_as_they_are() -> None:
    ours, _ = both(truth())
    before = copy.deepcopy(ours.dataset)
    evaluation = COCOeval(ours, ours.loadRes(predictions()), "segm")
    evaluation.evaluate()
    assert ours.dataset == before


def test_cells_are_computed_one_by_one() -> None:
    found, expected = evaluated(truth(), predictions(), "segm")
    for image in found.params.imgIds:
        for category in [1, 3, 7]:
            assert_alike(found.computeIoU(image, category), expected.computeIoU(image, category))
            for limits in ([0, 400], [0, 1e10]):
                assert_alike(
                    found.evaluateImg(image, category, limits, 2),
                    expected.evaluateImg(image, category, limits, 2),
                )


def test_an_evaluation_is_copied_and_pickled() -> None:
    found, _ = evaluated(truth(), predictions(), "segm")
    for twin in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert_alike(twin.evalImgs, found.evalImgs)


def test_no_predictions_are_an_ap_of_zero() -> None:
    ours, _ = both(truth())
    evaluation = COCOeval(ours, ours.loadRes([]), "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats.tolist()[:3] == [0, 0, 0]


def test_boundaries_are_those_of_segeval() -> None:
    ours, _ = both(truth())
    preds = predictions()
    evaluation = COCOeval(ours, ours.loadRes(copy.deepcopy(preds)), "boundary")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    expected = average_precision(preds, truth(), iou="boundary", compat="official")
    assert evaluation.stats[:3].tolist() == [expected.ap, expected.ap50, expected.ap75]


def test_ids_may_be_text() -> None:
    dataset, results = truth(), predictions()
    for record in (*dataset["annotations"], *results):
        record["image_id"] = f"image {record['image_id']}"
    for image in dataset["images"]:
        image["id"] = f"image {image['id']}"
    found, expected = evaluated(dataset, results, "segm")
    assert_same_curves(found, expected)
    assert_alike(found.evalImgs, expected.evalImgs)


def test_an_annotation_with_id_0_is_missed_as_in_the_package() -> None:
    dataset = truth()
    dataset["annotations"][0]["id"] = 0
    found, expected = evaluated(dataset, predictions(), "segm")
    assert_same_curves(found, expected)
    assert_alike(found.evalImgs, expected.evalImgs)


def test_the_last_annotation_of_an_id_replaces_the_others() -> None:
    dataset = truth()
    dataset["annotations"][4]["id"] = dataset["annotations"][9]["id"]
    found, expected = evaluated(dataset, predictions(), "bbox")
    assert_same_curves(found, expected)
    assert_alike(found.evalImgs, expected.evalImgs)


def test_small_floats_of_numpy_are_compared_as_numpy_does() -> None:
    results = predictions(boxes=True, masks_too=False)
    for record in results:
        record["bbox"] = [np.float32(side) for side in record["bbox"]]
        record["score"] = np.float32(record["score"])

    def change(params: Any) -> None:
        area = float(results[3]["bbox"][2] * results[3]["bbox"][3])
        params.areaRng = [[0, 1e10], [0, area - 1e-9], [area + 1e-9, 1e9], [1e9, 1e10]]

    found, expected = evaluated(truth(), results, "bbox", change)
    assert_same_curves(found, expected)


def broken(part: str, place: int, field: str, value: Any) -> tuple[dict[str, Any], list[Any]]:
    """The small data set with one field set, or removed where the value is None."""
    dataset, results = truth(), predictions()
    record = (dataset[part] if part != "results" else results)[place]
    record.pop(field, None)
    if value is not None:
        record[field] = value
    return dataset, results


@pytest.mark.parametrize(
    ("part", "field", "value", "words"),
    [
        ("annotations", "iscrowd", None, "annotation 3 .* has no iscrowd, without which"),
        ("annotations", "area", None, "annotation 3 .* has no area, without which"),
        ("annotations", "area", "big", "annotation 3 .*: area is 'big', expected a number"),
        ("annotations", "id", "text", "annotation text .*: id is 'text', expected a number"),
        ("annotations", "segmentation", [], "annotation 3 .*: segmentation is .., expected"),
        ("annotations", "segmentation", [[1, 2, 3, 4]], "with at least three points"),
        ("annotations", "segmentation", {"size": [2, 2], "counts": [1]}, "add up to 1 pixels"),
        ("results", "score", None, "prediction 3 .* has no score, without which"),
        ("results", "segmentation", {"size": [64, 80], "counts": "0"}, "prediction 3 .*add up"),
    ],
)
def test_records_that_cannot_be_evaluated_are_named(
    part: str, field: str, value: Any, words: str
) -> None:
    dataset, results = broken(part, 2, field, value)
    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "segm")
    with pytest.raises(FormatError, match=words):
        evaluation.evaluate()


def test_boxes_that_are_no_numbers_are_named() -> None:
    dataset, results = broken("annotations", 2, "bbox", [0, 0, float("nan"), 3])
    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
    with pytest.raises(
        FormatError, match=r"annotation 3 .*: bbox is .0, 0, nan, 3., expected four"
    ):
        evaluation.evaluate()


def test_predictions_that_occupy_nothing_are_refused() -> None:
    ours, _ = both(truth())
    found = ours.loadRes(predictions())
    for ann in found.dataset["annotations"]:
        ann["id"] -= 1
    found.createIndex()
    with pytest.raises(FormatError, match=r"prediction 0 .*: id is 0, expected a number above 0"):
        COCOeval(ours, found, "bbox").evaluate()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("iouThrs", [], r"`params.iouThrs` is \[\], expected 1 to 64 numbers above 0"),
        ("iouThrs", [0.0, 0.5], "expected 1 to 64 numbers above 0"),
        ("iouThrs", np.linspace(0.1, 0.9, 65), "expected 1 to 64 numbers above 0"),
        ("iouThrs", 0.5, "`params.iouThrs` is 0.5, expected a list of numbers"),
        ("recThrs", [1.0, 0.5], "expected rising numbers from 0 on"),
        ("recThrs", ["a"], "`params.recThrs` is .'a'., expected a list of numbers"),
        ("maxDets", [0, 10], "`params.maxDets` is .0, 10., expected whole numbers of at least 1"),
        ("areaRng", [[0, 1, 2]], "expected a list of pairs"),
        ("useCats", 2, "`params.useCats` is 2, expected 1 or 0"),
        ("iouType", "keypoints", "`iouType` is 'keypoints', expected one of segm, bbox, boundary"),
    ],
)
def test_settings_that_segeval_cannot_do_are_refused(name: str, value: Any, words: str) -> None:
    ours, _ = both(truth())
    evaluation = COCOeval(ours, ours.loadRes(predictions()), "bbox")
    setattr(evaluation.params, name, value)
    if name == "recThrs":
        evaluation.evaluate()
    with pytest.raises(InputError, match=words):
        (evaluation.accumulate if name == "recThrs" else evaluation.evaluate)()


def test_keypoints_are_refused_at_once() -> None:
    with pytest.raises(InputError, match="`iouType` is 'keypoints'"):
        COCOeval(COCO(), COCO(), "keypoints")


def test_steps_come_in_their_order() -> None:
    ours, _ = both(truth())
    evaluation = COCOeval(ours, ours.loadRes(predictions()), "bbox")
    with pytest.raises(InputError, match="there are no results to accumulate: run `evaluate`"):
        evaluation.accumulate()
    with pytest.raises(InputError, match="nothing to summarise: run `accumulate` first"):
        evaluation.summarize()
    with pytest.raises(InputError, match="`cocoDt` is None, expected a data set"):
        COCOeval(ours).evaluate()


def test_a_summary_needs_three_caps() -> None:
    found, _ = evaluated(truth(), predictions(), "bbox", two_caps)
    with pytest.raises(InputError, match=r"`params.maxDets` is \[1, 3\], expected three caps"):
        found.summarize()


def test_sizes_of_other_names_are_undefined_in_the_summary() -> None:
    def change(params: Any) -> None:
        params.areaRng, params.areaRngLbl = [[0, 500]], ["tiny"]

    found, expected = evaluated(truth(), predictions(), "bbox", change)
    assert_alike(found.stats, expected.stats)
    assert found.stats.tolist() == [-1.0] * 12


def test_results_at_other_thresholds_are_refused() -> None:
    found, _ = evaluated(truth(), predictions(), "bbox")
    found.params.iouThrs = [0.5]
    with pytest.raises(InputError, match=r"matches at 10 thresholds, but `params.iouThrs` 1"):
        found.accumulate()


def test_unusual_settings_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    ours, _ = both(truth())
    evaluation = COCOeval(ours, ours.loadRes(predictions()), "")
    evaluation.params.useSegm = 0
    evaluation.evaluate()
    assert evaluation.params.iouType == "bbox"
    assert "useSegm (deprecated) is not None. Running bbox" in capsys.readouterr().out
    evaluation.accumulate()
    assert str(evaluation) == ""
    assert "Average Precision" in capsys.readouterr().out
