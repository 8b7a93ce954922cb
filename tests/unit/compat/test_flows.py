"""What evaluators of other projects do with pycocotools, rebuilt from their descriptions.

Each flow runs with both packages, which must not be told apart.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import pycocotools.mask
import pytest
from numpy.typing import NDArray

import segeval.compat.pycocotools.coco
import segeval.compat.pycocotools.cocoeval
import segeval.compat.pycocotools.mask
from tests.unit.compat.coco_files import (
    SIDE,
    assert_alike,
    assert_same_curves,
    predictions,
    truth,
)


@dataclass(frozen=True)
class Package:
    """What scripts import."""

    COCO: Any
    COCOeval: Any
    mask: Any


OURS = Package(
    segeval.compat.pycocotools.coco.COCO,
    segeval.compat.pycocotools.cocoeval.COCOeval,
    segeval.compat.pycocotools.mask,
)
THEIRS = Package(pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval, pycocotools.mask)


def loaded(package: Package, dataset: dict[str, Any] | None = None) -> Any:
    """The small data set in a package's object."""
    coco = package.COCO()
    coco.dataset = copy.deepcopy(truth() if dataset is None else dataset)
    coco.createIndex()
    return coco


def in_both(flow: Callable[[Package], Any]) -> tuple[Any, Any]:
    """A flow with segeval's package and with pycocotools, whose printed words are the same."""
    found, words = [], []
    for package in (OURS, THEIRS):
        printed = io.StringIO()
        with redirect_stdout(printed):
            found.append(flow(package))
        words.append([line for line in printed.getvalue().splitlines() if "t=" not in line])
    assert words[0] == words[1]
    return found[0], found[1]


class CocoEvaluator:
    """torchvision's evaluator: batches are evaluated alone, their results gathered over ranks."""

    def __init__(self, package: Package, coco: Any, kinds: Sequence[str], *, old: bool) -> None:
        self.package, self.coco, self.old = package, copy.deepcopy(coco), old
        self.evals = {kind: package.COCOeval(self.coco, iouType=kind) for kind in kinds}
        self.image_ids: list[Any] = []
        self.results: dict[str, list[NDArray[Any]]] = {kind: [] for kind in kinds}

    def update(self, batch: dict[int, list[dict[str, Any]]]) -> None:
        image_ids = list(np.unique(list(batch)))
        self.image_ids.extend(image_ids)
        for kind, evaluation in self.evals.items():
            field = {"segm": "segmentation", "bbox": "bbox"}[kind]
            records = [
                {name: each[name] for name in ("image_id", "category_id", "score", field)}
                for own in batch.values()
                for each in own
            ]
            with redirect_stdout(io.StringIO()):
                results = (
                    self.package.COCO.loadRes(self.coco, records)
                    if records
                    else self.package.COCO()
                )
            evaluation.cocoDt = results
            evaluation.params.imgIds = list(image_ids)
            evaluate = evaluated_by_hand if self.old else evaluated_at_once
            self.results[kind].append(evaluate(evaluation))


def evaluated_at_once(evaluation: Any) -> NDArray[Any]:
    """Results (K, A, I) of a batch."""
    with redirect_stdout(io.StringIO()):
        evaluation.evaluate()
    params = evaluation.params
    return np.asarray(evaluation.evalImgs).reshape(-1, len(params.areaRng), len(params.imgIds))


def evaluated_by_hand(evaluation: Any) -> NDArray[Any]:
    """The same by the parts of `evaluate`, as DETR and older torchvision have it."""
    params = evaluation.params
    params.imgIds, params.catIds = list(np.unique(params.imgIds)), list(np.unique(params.catIds))
    params.maxDets = sorted(params.maxDets)
    evaluation._prepare()
    evaluation.ious = {
        (image, category): evaluation.computeIoU(image, category)
        for image in params.imgIds
        for category in params.catIds
    }
    results = [
        evaluation.evaluateImg(image, category, limits, params.maxDets[-1])
        for category in params.catIds
        for limits in params.areaRng
        for image in params.imgIds
    ]
    evaluation._paramsEval = copy.deepcopy(params)
    shape = len(params.catIds), len(params.areaRng), len(params.imgIds)
    return np.asarray(results).reshape(shape)


@pytest.mark.parametrize("old", [False, True])
def test_torchvision_gathers_results_of_batches_over_ranks(old: bool) -> None:
    def flow(package: Package) -> dict[str, Any]:
        coco = loaded(package)
        records = predictions()
        images = sorted(coco.getImgIds())
        ranks = [CocoEvaluator(package, coco, ("bbox", "segm"), old=old) for _ in range(2)]
        for place in range(0, len(images), 2):  # the last image has no prediction
            batch = {
                image: [copy.deepcopy(each) for each in records if each["image_id"] == image]
                for image in [*images[place : place + 2], images[0]]  # a sampler pads
            }
            ranks[place // 2 % 2].update(batch)
        first = ranks[0]
        for kind, evaluation in first.evals.items():
            image_ids = np.concatenate([rank.image_ids for rank in ranks])
            results = np.concatenate(
                [part for rank in ranks for part in rank.results[kind]], axis=2
            )
            image_ids, kept = np.unique(image_ids, return_index=True)
            evaluation.evalImgs = list(results[..., kept].flatten())
            evaluation.params.imgIds = list(image_ids)
            evaluation._paramsEval = copy.deepcopy(evaluation.params)
            evaluation.accumulate()
            evaluation.summarize()
        return first.evals

    found, expected = in_both(flow)
    for kind in ("bbox", "segm"):
        assert_same_curves(found[kind], expected[kind])
        assert_alike(found[kind].stats, expected[kind].stats)
        assert found[kind].stats[0] > 0


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_detectron2_reads_the_precision_of_each_category(kind: str) -> None:
    def flow(package: Package) -> Any:
        coco = loaded(package)
        records = copy.deepcopy(predictions())
        if kind == "segm":
            for record in records:
                record.pop("bbox")  # so that the area of the mask decides the size

        class WithOtherCaps(package.COCOeval):  # type: ignore[misc, name-defined]
            """detectron2's, for caps other than 100."""

            def summarize(self) -> None:
                precision = self.eval["precision"]
                self.stats = np.array([np.mean(precision[precision > -1]), *self.params.maxDets])

        evaluation = WithOtherCaps(coco, coco.loadRes(records), kind)
        evaluation.params.imgIds = [12, 2, 7, 17, 22]
        evaluation.params.maxDets = [1, 10, 200]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        precisions = evaluation.eval["precision"]
        by_name = {}
        for place, category in enumerate(coco.loadCats(coco.getCatIds())):
            own = precisions[:, :, place, 0, -1]
            own = own[own > -1]
            by_name[category["name"]] = np.mean(own) if own.size else float("nan")
        return by_name, evaluation.stats

    found, expected = in_both(flow)
    assert_alike(found[1], expected[1])
    assert found[0].keys() == expected[0].keys()
    np.testing.assert_array_equal([*found[0].values()], [*expected[0].values()])


def test_the_official_demo_evaluates_a_part_of_the_images(tmp_path: Path) -> None:
    (tmp_path / "gt.json").write_text(json.dumps(truth()))
    (tmp_path / "dt.json").write_text(json.dumps(predictions()))

    def flow(package: Package) -> Any:
        coco = package.COCO(str(tmp_path / "gt.json"))
        results = coco.loadRes(str(tmp_path / "dt.json"))
        image_ids = sorted(coco.getImgIds())[0:8]
        evaluation = package.COCOeval(coco, results, "segm")
        evaluation.params.imgIds = image_ids
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return evaluation

    found, expected = in_both(flow)
    assert_alike(found.stats, expected.stats)


def test_torchmetrics_fills_both_data_sets_by_hand() -> None:
    def flow(package: Package) -> Any:
        coco, results = package.COCO(), package.COCO()
        dataset = truth()
        images = dataset["images"]
        for own, records in ((coco, dataset["annotations"]), (results, predictions())):
            own.dataset = {
                "images": images,
                "categories": [{"id": each, "name": str(each)} for each in (1, 3, 7)],
                "annotations": [
                    {
                        "id": number,
                        "image_id": record["image_id"],
                        "category_id": record["category_id"],
                        "area": record["bbox"][2] * record["bbox"][3],
                        "iscrowd": record.get("iscrowd", 0),
                        "bbox": record["bbox"],
                        "segmentation": {
                            "size": [SIDE, SIDE + 16],
                            "counts": own_counts(package, record["bbox"]),
                        },
                        **({"score": record["score"]} if "score" in record else {}),
                    }
                    for number, record in enumerate(records, start=1)
                ],
            }
            own.createIndex()
        numbers = []
        for kind in ("bbox", "segm"):
            for classes in ([1, 3, 7], [1], [3], [7]):
                evaluation = package.COCOeval(coco, results, iouType=kind)
                evaluation.params.iouThrs = np.array([0.5, 0.75], np.float64)
                evaluation.params.recThrs = np.array([0.0, 0.5, 1.0], np.float64)
                evaluation.params.maxDets = [1, 10, 100]
                evaluation.params.catIds = classes
                evaluation.evaluate()
                evaluation.accumulate()
                evaluation.summarize()
                numbers += [
                    evaluation.stats, evaluation.eval["scores"], evaluation.eval["precision"],
                    evaluation.ious,
                ]  # fmt: skip
        return numbers

    assert_alike(*in_both(flow))


def own_counts(package: Package, box: list[float]) -> bytes:
    """A mask as bytes, as `mask.encode` gives it."""
    pixels = np.zeros((SIDE, SIDE + 16), np.uint8, order="F")
    x, y, width, height = (max(int(side), 0) for side in box)
    pixels[y : y + height, x : x + width] = 1
    return bytes(package.mask.encode(pixels)["counts"])


def test_ultralytics_reads_predictions_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "gt.json").write_text(json.dumps(truth()))
    records = [{**each, "score": round(each["score"], 5)} for each in predictions()]
    (tmp_path / "predictions.json").write_text(json.dumps(records))

    def flow(package: Package) -> Any:
        names = [Path(f"images/{image['id']:012}.jpg") for image in truth()["images"]]
        coco = package.COCO(str(tmp_path / "gt.json"))
        results = coco.loadRes(str(tmp_path / "predictions.json"))
        numbers = []
        for kind in ("bbox", "segm"):
            evaluation = package.COCOeval(coco, results, kind)
            evaluation.params.imgIds = [int(name.stem) for name in names]
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            numbers.append(evaluation.stats[:2])
        return numbers

    assert_alike(*in_both(flow))


def test_mmdetection_measures_the_recall_of_proposals() -> None:
    def flow(package: Package) -> Any:
        coco = loaded(package)
        evaluation = package.COCOeval(coco, coco.loadRes(predictions()), "bbox")
        evaluation.params.catIds = coco.getCatIds(catNms=["c1", "c3"])
        evaluation.params.imgIds = coco.getImgIds()
        evaluation.params.maxDets = [100, 300, 1000]
        evaluation.params.useCats = 0
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return evaluation

    found, expected = in_both(flow)
    assert_same_curves(found, expected)
    assert_alike(found.stats, expected.stats)


@pytest.mark.parametrize("method", ["computeIoU", "evaluateImg"])
def test_a_class_with_rules_of_its_own_is_followed(method: str) -> None:
    def flow(package: Package) -> Any:
        def changed(self: Any, *arguments: Any) -> Any:
            found = getattr(package.COCOeval, method)(self, *arguments)
            if method == "computeIoU":
                return found * 0.8 if len(found) else found
            return found if arguments[0] % 2 else None

        own = type("Own", (package.COCOeval,), {method: changed})
        coco = loaded(package)
        evaluation = own(coco, coco.loadRes(predictions()), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return evaluation

    found, expected = in_both(flow)
    assert_same_curves(found, expected)
    assert_alike(found.evalImgs, expected.evalImgs)


def test_a_data_set_with_masks_of_its_own_is_followed() -> None:
    def flow(package: Package) -> Any:
        def shrunken(self: Any, ann: dict[str, Any]) -> Any:
            rle = package.COCO.annToRLE(self, ann)
            return package.mask.merge([rle, self.window], intersect=True)

        window = np.zeros((SIDE, SIDE + 16), np.uint8, order="F")
        window[:, :40] = 1
        attributes = {"annToRLE": shrunken, "window": package.mask.encode(window)}
        coco = type("Own", (package.COCO,), attributes)()
        coco.dataset = copy.deepcopy(truth())
        coco.createIndex()
        evaluation = package.COCOeval(coco, coco.loadRes(predictions()), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return evaluation

    found, expected = in_both(flow)
    assert_same_curves(found, expected)


def test_objects_of_pycocotools_are_evaluated_too() -> None:
    coco = loaded(THEIRS)
    results = coco.loadRes(predictions())
    evaluation = OURS.COCOeval(coco, results, "segm")
    expected = THEIRS.COCOeval(*copy.deepcopy((coco, results)), "segm")
    for each in (evaluation, expected):
        each.evaluate()
        each.accumulate()
    assert_same_curves(evaluation, expected)
