"""Boundary AP against dense erosion: the official evaluators with IoUs of dense masks put in."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from segeval import average_precision
from segeval.analysis.official import repaired_lvis, silenced
from segeval.masks import boundary_width
from tests.parity.scenes import Pair, clean_pair

Mask = NDArray[np.bool_]

COCO_KEYS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def dense_boundary(mask: Mask, width: int) -> Mask:
    """A mask less its erosion, one step of a 3 x 3 block after the other, in a frame of zeros."""
    inside = np.pad(mask, 1)
    for _ in range(width):
        framed = np.pad(inside, 1)
        height, columns = inside.shape
        inside = np.logical_and.reduce(
            [framed[y : y + height, x : x + columns] for y in range(3) for x in range(3)]
        )
    return mask & ~inside[1:-1, 1:-1]


def iou(pred: Mask, gt: Mask, *, crowd: bool = False) -> float:
    """Intersection over union of two dense masks."""
    shared = int((pred & gt).sum())
    whole = int(pred.sum()) if crowd else int((pred | gt).sum())
    return shared / whole if shared else 0.0


def smaller_iou(pred: Mask, gt: Mask, *, crowd: bool, ratio: float) -> float:
    """The smaller one of mask IoU and boundary IoU; of a crowd region mask IoU."""
    value = iou(pred, gt, crowd=crowd)
    if crowd or not value:
        return value
    width = max(1, round(ratio * (pred.shape[0] ** 2 + pred.shape[1] ** 2) ** 0.5))
    return min(value, iou(dense_boundary(pred, width), dense_boundary(gt, width)))


def matrix(preds: list[Any], gts: list[Any], ratio: float) -> Any:
    """IoU of records with RLE, shape (N, M), as the evaluators expect it."""
    if not preds or not gts:
        return []
    dense = [[coco_mask.decode(r["segmentation"]).astype(bool) for r in rs] for rs in (preds, gts)]
    return np.array(
        [
            [
                smaller_iou(pred, mask, crowd=bool(gt.get("iscrowd")), ratio=ratio)
                for mask, gt in zip(dense[1], gts, strict=True)
            ]
            for pred in dense[0]
        ]
    )


def by_score(records: list[Any]) -> list[Any]:
    return [records[place] for place in np.argsort([-r["score"] for r in records], kind="stable")]


def coco_numbers(pair: Pair, ratio: float) -> dict[str, float]:
    """pycocotools' twelve numbers with IoUs of dense boundaries."""
    preds, gt = copy.deepcopy(pair)
    with silenced():
        dataset = COCO()
        dataset.dataset = gt
        dataset.createIndex()
        evaluator = COCOeval(dataset, dataset.loadRes(preds), "segm")

        def dense(image: int, category: int) -> Any:
            found = by_score(evaluator._dts[image, category])[: evaluator.params.maxDets[-1]]
            return matrix(found, evaluator._gts[image, category], ratio)

        evaluator.computeIoU = dense
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return dict(zip(COCO_KEYS, evaluator.stats.tolist(), strict=True))


def lvis_numbers(pair: Pair, folder: Path, per_category: int) -> dict[str, float]:
    """lvis's numbers with IoUs of dense boundaries, after a cut per category."""
    preds, gt = copy.deepcopy(pair)
    by_category: dict[int, list[Any]] = {}
    for record in preds:
        by_category.setdefault(record["category_id"], []).append(record)
    preds = [r for records in by_category.values() for r in by_score(records)[:per_category]]
    path = folder / "gt.json"
    path.write_text(json.dumps(gt))
    with silenced(), repaired_lvis() as lvis:
        dataset = lvis.LVIS(str(path))
        evaluator = lvis.LVISEval(dataset, lvis.LVISResults(dataset, preds, max_dets=-1), "segm")
        evaluator.params.max_dets = -1
        evaluator.compute_iou = lambda image, category: matrix(
            by_score(evaluator._dts[image, category]), evaluator._gts[image, category], 0.02
        )
        evaluator.run()
    return {key.partition("@")[0]: float(value) for key, value in evaluator.results.items()}


def ours(pair: Pair, **settings: Any) -> dict[str, float]:
    """Our numbers in the official mode, which the default mode must not differ from."""
    official = average_precision(*pair, iou="boundary", compat="official", **settings)
    default = average_precision(*pair, iou="boundary", **settings)
    ap = official.first.overall.ap
    assert default.first.overall.ap == ap
    numbers = official.first.official or {}
    return {key.partition("@")[0]: value for key, value in numbers.items()}


@pytest.mark.parametrize("ratio", [0.02, 0.05])
@pytest.mark.parametrize("seed", range(40))
def test_boundary_ap_is_that_of_dense_masks(seed: int, ratio: float) -> None:
    pair = clean_pair(7000 + seed)
    assert ours(pair, boundary_ratio=ratio) == coco_numbers(pair, ratio)


@pytest.mark.parametrize("seed", range(30))
def test_challenge_of_2021_is_that_of_dense_masks(seed: int, tmp_path: Path) -> None:
    pair = clean_pair(7500 + seed, lvis=True)
    expected = lvis_numbers(pair, tmp_path, per_category=5)
    assert ours(pair, protocol="lvis-2021", max_dets=5) == expected


def test_halves_of_a_pixel_are_rounded_to_even() -> None:
    assert boundary_width([[75, 100], [45, 60], [105, 140]]).tolist() == [2, 2, 4]
