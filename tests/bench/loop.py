"""Time mask AP in a training loop: 500 images of 100 dense masks, updated one by one and computed.

    python -m tests.bench loop [--images N] [--runs N] [--no-memory]

Every run is a fresh process on one thread; the evaluators take turns. What is timed is CPU time of
updates and of the result, without imports, the making of masks and a first image. A table in
Markdown goes to standard output, and how memory grows between images 500 and 5,000.

torchmetrics needs torchvision, which has no build for every machine: a stand-in of this file offers
the one function that it calls, `torchvision.ops.box_convert`.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import json
import os
import sys
import time
import tracemalloc
import types
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.bench.processes import say, timed, turns

SIZE = (480, 640)
MASKS, OBJECTS, CATEGORIES, DISTINCT = 100, 8, 80, 10
"""Of an image: predictions and objects; of the set: categories, and images that differ."""

Found = dict[str, float]


class Image(NamedTuple):
    """One image: dense masks, scores and category ids."""

    masks: NDArray[np.bool_]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    true_masks: NDArray[np.bool_]
    true_labels: NDArray[np.int64]


def drawn(seed: int, size: tuple[int, int] = SIZE) -> Image:
    """An image of ellipses, some of which find objects."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[: size[0], : size[1]]
    masks = np.empty((MASKS, *size), bool)
    for mask in masks:
        high, wide = rng.uniform(0.02, 0.17, 2) * size[0]
        top, left = rng.uniform(0, size)
        mask[:] = ((y - top) / high) ** 2 + ((x - left) / wide) ** 2 < 1
    labels = rng.integers(1, CATEGORIES + 1, MASKS)
    true = np.roll(masks[:OBJECTS], 3, axis=2)
    scores = rng.permutation(MASKS * 50)[:MASKS] / (MASKS * 50)
    return Image(masks, scores, labels, true, labels[:OBJECTS])


class Loop(NamedTuple):
    """An evaluator: what takes an image with its id, and what gives AP."""

    update: Callable[[int, Image], None]
    compute: Callable[[], float]


def of_segeval() -> Loop:
    """segeval.Metric."""
    import segeval

    metric = segeval.Metric(range(1, CATEGORIES + 1), workers=1)

    def update(key: int, image: Image) -> None:
        preds = {"scores": image.scores, "labels": image.labels, "masks": image.masks}
        metric.update([key], [preds], [{"labels": image.true_labels, "masks": image.true_masks}])

    return Loop(update, lambda: float(metric.compute().ap or 0))


def of_pycocotools() -> Loop:
    """Records of all images, and pycocotools at the end."""
    from pycocotools import mask
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    return _of_records(COCO, COCOeval, mask)


def of_faster_coco_eval() -> Loop:
    """Records of all images, and faster-coco-eval at the end."""
    package: Any = import_module("faster_coco_eval")
    mask = import_module("faster_coco_eval.core.mask")
    return _of_records(package.COCO, package.COCOeval_faster, mask)


def _of_records(coco: Any, coco_eval: Any, mask: Any) -> Loop:
    """Records of all images, and an evaluation of the shape of pycocotools at the end.

    Args:
        coco: the package's COCO.
        coco_eval: its COCOeval.
        mask: its mask functions.
    """
    found: list[dict[str, Any]] = []
    file: dict[str, Any] = {"images": [], "annotations": [], "categories": _categories()}

    def update(key: int, image: Image) -> None:
        truth, own = _records(key, image, mask.encode, mask.area)
        file["images"].append(_listed(key))
        for record in truth:
            file["annotations"].append({**record, "id": len(file["annotations"]) + 1})
        found.extend(own)

    def compute() -> float:
        gt = coco()
        gt.dataset = file
        gt.createIndex()
        evaluation = coco_eval(gt, gt.loadRes(found), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return float(evaluation.stats[0])

    return Loop(update, compute)


def of_hotcoco() -> Loop:
    """hotcoco's StreamingEval."""
    hotcoco: Any = import_module("hotcoco")
    evaluation = hotcoco.StreamingEval(_categories(), iou_type="segm")
    count = [0]

    def update(key: int, image: Image) -> None:
        truth, own = _records(key, image, hotcoco.mask.encode, hotcoco.mask.area)
        for record in truth:
            count[0] += 1
            record["id"] = count[0]
        evaluation.update([_listed(key)], truth, own)

    def compute() -> float:
        whole = evaluation.finalize()
        whole.accumulate()
        whole.summarize()
        return float(whole.stats[0])

    return Loop(update, compute)


def of_torchmetrics(backend: str) -> Loop:
    """torchmetrics' MeanAveragePrecision."""
    import torch

    torch.set_num_threads(1)
    _stand_in_for_torchvision()
    from torchmetrics.detection.mean_ap import MeanAveragePrecision

    metric = MeanAveragePrecision(iou_type="segm", backend=backend)

    def update(key: int, image: Image) -> None:
        del key  # it has no ids
        preds = {"masks": image.masks, "scores": image.scores, "labels": image.labels}
        truth = {"masks": image.true_masks, "labels": image.true_labels}
        sides = [
            [{name: torch.from_numpy(values) for name, values in side.items()}]
            for side in (preds, truth)
        ]
        metric.update(*sides)

    return Loop(update, lambda: float(metric.compute()["map"]))


def _stand_in_for_torchvision() -> None:
    """A module named torchvision with `ops.box_convert` alone, where there is none."""
    if find_spec("torchvision") is not None:
        return
    import torchmetrics.utilities.imports as known  # before there is a stand-in to be looked into

    names = ("torchvision", "torchvision.ops")
    package, ops = (types.ModuleType(name) for name in names)
    package.__spec__ = importlib.machinery.ModuleSpec("torchvision", None)
    ops.box_convert = _box_convert  # type: ignore[attr-defined]
    package.ops = ops  # type: ignore[attr-defined]
    package.__version__ = "0.26.0"  # type: ignore[attr-defined]
    sys.modules |= dict(zip(names, (package, ops), strict=True))
    known._TORCHVISION_AVAILABLE = True


def _box_convert(boxes: Any, in_fmt: str, out_fmt: str) -> Any:
    """Corners as a corner with width and height; torchmetrics asks for nothing else."""
    if (in_fmt, out_fmt) == ("xyxy", "xywh"):
        boxes = boxes.clone()
        boxes[:, 2:] -= boxes[:, :2]
    return boxes


LOOPS: dict[str, Callable[[], Loop]] = {
    "segeval": of_segeval,
    "pycocotools": of_pycocotools,
    "faster-coco-eval": of_faster_coco_eval,
    "hotcoco": of_hotcoco,
    "torchmetrics": lambda: of_torchmetrics("pycocotools"),
    "torchmetrics-faster": lambda: of_torchmetrics("faster_coco_eval"),
}

NEEDS = {
    "faster-coco-eval": ["faster_coco_eval"],
    "hotcoco": ["hotcoco"],
    "torchmetrics": ["torchmetrics", "torch"],
    "torchmetrics-faster": ["torchmetrics", "torch", "faster_coco_eval"],
}
"""Packages that some need beside those of the tests."""


def _categories() -> list[dict[str, Any]]:
    return [{"id": number, "name": str(number)} for number in range(1, CATEGORIES + 1)]


def _listed(key: int) -> dict[str, Any]:
    return {"id": key, "height": SIZE[0], "width": SIZE[1]}


def _records(
    key: int, image: Image, encode: Callable[..., Any], area: Callable[..., Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Annotations and results of an image, encoded by the functions of a package."""
    truth, own = (
        encode(np.asfortranarray(masks.transpose(1, 2, 0).view(np.uint8)))
        for masks in (image.true_masks, image.masks)
    )
    common = {"image_id": key}
    areas, labels = area(truth), image.true_labels.tolist()
    annotations = [
        {**common, "category_id": label, "segmentation": rle, "area": float(a), "iscrowd": 0}
        for label, rle, a in zip(labels, truth, areas, strict=True)
    ]
    results = [
        {**common, "category_id": label, "segmentation": rle, "score": score}
        for label, rle, score in zip(image.labels.tolist(), own, image.scores.tolist(), strict=True)
    ]
    return annotations, results


def child(name: str, images: int) -> None:
    """Run one evaluator, and print what it took."""
    scenes = [drawn(seed) for seed in range(DISTINCT)]
    warm = LOOPS[name]()
    warm.update(1, scenes[0])
    warm.compute()
    loop = LOOPS[name]()
    start = time.process_time()
    for place in range(images):
        loop.update(place + 1, scenes[place % DISTINCT])
    between = time.process_time()
    ap = loop.compute()
    end = time.process_time()
    sys.stdout.write("\n" + json.dumps({"update": between - start, "all": end - start, "ap": ap}))


def memory(first: int, last: int) -> None:
    """Print the bytes per prediction by which updates grow their peak between two images."""
    scenes = [drawn(seed, (60, 80)) for seed in range(DISTINCT)]
    loop = of_segeval()
    tracemalloc.start()
    peaks = {}
    for place in range(last):
        loop.update(place + 1, scenes[place % DISTINCT])
        if place + 1 in (first, last):
            peaks[place + 1] = tracemalloc.get_traced_memory()[1]
    grown = (peaks[last] - peaks[first]) / (MASKS * (last - first))
    sys.stdout.write(json.dumps({"bytes": grown}))


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="the same: the size is the published")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child == "memory":
        memory(asked.images, 10 * asked.images)
        return 0
    if asked.child:
        child(asked.child, asked.images)
        return 0
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "tests.bench", "loop", "--images", str(asked.images)]
    names = [name for name in LOOPS if all(find_spec(each) for each in NEEDS.get(name, []))]
    found: dict[str, list[Found]] = {name: [] for name in names}
    for turn, order in turns(names, asked.runs):
        for name in order:
            run = timed([*command, "--child", name])
            say(f"{turn + 1}/{asked.runs} {name} {run.error or f'{run.cpu:.1f} s CPU'}")
            if run.error is None:
                own = json.loads(run.output.splitlines()[-1])
                found[name].append({**own, "peak": run.peak_mb})
    sys.stdout.write(markdown(found, asked.images))
    if not asked.no_memory:
        run = timed([*command, "--child", "memory"])
        grown = json.loads(run.output.splitlines()[-1])["bytes"]
        sys.stdout.write(
            f"\nThe peak memory of segeval's updates grows by {grown:.1f} bytes per prediction "
            f"between images {asked.images:,} and {10 * asked.images:,}.\n"
        )
    return 0


def markdown(found: dict[str, list[Found]], images: int) -> str:
    """The table."""
    taken = {
        name: {key: median(run[key] for run in runs) for key in runs[0]}
        for name, runs in found.items()
        if runs
    }
    own = taken["segeval"]["all"]
    lines = [
        f"\n{images} images of {MASKS} masks of {SIZE[0]} x {SIZE[1]}, one by one, CPU time",
        "\n| | update s | all s | times segeval | peak MB | AP |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {each['update']:.2f} | {each['all']:.2f} | {each['all'] / own:.1f} | "
        f"{each['peak']:.0f} | {each['ap']:.4f} |"
        for name, each in taken.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
