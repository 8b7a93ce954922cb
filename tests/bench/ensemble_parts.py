"""What tests/bench/ensemble.py times in one process: operators beside other code, from memory.

python -m tests.bench.ensemble_parts wbf|masks|leave-one-out FOLDER

prints the seconds of each task, as JSON. Every task runs once before it counts.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions, load_ground_truth, load_predictions, predictions_from_arrays
from segeval.ensemble import fuse, fuse_masks, pooled, wbf
from segeval.ensemble.search.leave_one_out import leave_one_out
from segeval.masks import RunLengths, compress, decode, encode
from tests.bench.ensemble import MASK_SIZE, MODELS, models
from tests.bench.outlines import CORNERS, draw_cuts, draw_outlines, polygons

REPEATS = 5
"""Runs of a task, of which the median counts; one of those that take seconds."""

LONG = 1.0
"""Seconds from which a task runs once."""

THRESHOLD = 0.55

Task = Callable[[], Any]
Boxes = tuple[list[NDArray[np.float64]], list[NDArray[np.float64]], list[NDArray[np.int64]]]


def main() -> None:
    """Time the tasks and print what they took."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    makers = {"wbf": wbf_tasks, "masks": mask_tasks, "leave-one-out": without_tasks}
    rows = [
        took(task) | {"task": title, "note": note} for title, task, note in makers[name](folder)
    ]
    sys.stdout.write(json.dumps(rows))


def took(task: Task) -> dict[str, float]:
    """Median CPU and wall seconds of a task."""
    walls: list[float] = []
    cpus: list[float] = []
    task()
    while len(walls) < REPEATS and (not walls or walls[-1] < LONG):
        wall, cpu = time.perf_counter(), time.process_time()
        task()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"wall": median(walls), "cpu": median(cpus)}


Tasks = Iterator[tuple[str, Task, str]]
"""Title, what is timed, and what to know of it."""


def wbf_tasks(folder: Path) -> Tasks:
    """WBF by boxes from 0 to 1: the operator, with all around it, and ensemble-boxes."""
    files, lists = unit_boxes(folder)
    pool = pooled(files)
    coverage = np.ones((MODELS, len(pool.category_ids)))

    def through_all() -> Any:
        return fuse(files, strategy="wbf", compat="ensemble-boxes", max_dets=0)

    count = f"{len(pool)} boxes"
    operator = "columns to clusters, in one thread"
    yield operator, lambda: wbf(pool, coverage, confidence="avg", workers=1), count
    yield "the same, in all threads", lambda: wbf(pool, coverage, confidence="avg"), count
    yield "pool, clusters, rows by image", lambda: ordered(files, coverage), count
    yield "`segeval.fuse` from columns, rows as predictions", through_all, count
    if find_spec("ensemble_boxes") is None:
        return
    import ensemble_boxes

    def theirs() -> list[Any]:
        return [ensemble_boxes.weighted_boxes_fusion(*each, iou_thr=THRESHOLD) for each in lists]

    yield "ensemble-boxes, image by image", theirs, difference(through_all(), theirs())


def ordered(files: list[Predictions], coverage: NDArray[np.float64]) -> Any:
    """From columns to rows by image and falling score, as ensemble-boxes gives them."""
    return wbf(pooled(files), coverage, confidence="avg").best(None)


def unit_boxes(folder: Path) -> tuple[list[Predictions], list[Boxes]]:
    """Boxes as shares of the image, as columns of each model and as lists of each image."""
    gt = load_ground_truth(folder / "gt.json")
    ids = np.asarray(gt.images.id)
    sizes = np.asarray(gt.images.sizes)[:, ::-1].astype(np.float64)
    lists: list[Boxes] = [([], [], []) for _ in ids]
    files = []
    for path in models(folder):
        preds = load_predictions(path)
        image = np.searchsorted(ids, preds.image_id)
        corners = preds.boxes.copy()
        corners[:, 2:] += corners[:, :2]
        corners = (corners / np.tile(sizes[image], 2)).clip(0, 1)
        xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        files.append(
            predictions_from_arrays(
                image_id=preds.image_id,
                category_id=preds.category_id,
                score=preds.score,
                boxes=xywh,
            )
        )
        for number, rows in enumerate(np.split(np.arange(len(image)), edges(image, len(ids)))):
            of_boxes, of_scores, of_labels = lists[number]
            of_boxes.append(corners[rows])
            of_scores.append(preds.score[rows])
            of_labels.append(preds.category_id[rows])
    return files, lists


def edges(image: NDArray[np.int64], images: int) -> NDArray[np.int64]:
    """Where the rows of images 1, 2, ... begin; files are written image by image."""
    return np.searchsorted(image, np.arange(1, images))


def difference(own: Any, their: list[Any]) -> str:
    """How far both results differ: their rows, and scores and corners."""
    pool = own.merged.as_pool()
    mine = np.column_stack(
        [pool.image, own.predictions.category_id, own.merged.score, own.merged.boxes]
    )
    other = np.concatenate(
        [
            np.column_stack([np.full(len(scores), number), labels, scores, boxes])
            for number, (boxes, scores, labels) in enumerate(their)
        ]
    )
    if mine.shape != other.shape:
        return f"{len(mine)} rows here, {len(other)} there"
    mine, other = (each[np.lexsort(each[:, [3, 2, 1, 0]].T)] for each in (mine, other))
    return f"{len(mine)} rows, largest difference {np.abs(mine - other).max():.1e}"


def mask_tasks(folder: Path) -> Tasks:
    """The vote of five large masks on runs, and on pixels as numpy does it."""
    del folder
    from pycocotools import mask as official

    masks = five_masks()
    clusters = np.array([0, MODELS])
    votes = np.ones(MODELS)
    strings = compress(masks)
    rles = [
        {"size": [MASK_SIZE, MASK_SIZE], "counts": text.encode("ascii")}
        for text in strings.strings()
    ]
    dense = np.stack([official.decode(rle) for rle in rles])

    def from_strings() -> Any:
        return compress(fuse_masks(strings.decode(), clusters, votes, workers=1))

    def numpy_vote() -> Any:
        pixels = np.stack([official.decode(rle) for rle in rles]).mean(axis=0) > 0.5
        return official.encode(np.asfortranarray(pixels, np.uint8))

    same = numpy_vote()["counts"] == from_strings().strings()[0].encode("ascii")
    note = f"{len(masks.counts) // MODELS} runs in a mask"
    yield "runs to runs", lambda: fuse_masks(masks, clusters, votes, workers=1), note
    yield "strings to a string", from_strings, ""
    yield (
        "numpy: decode with pycocotools, mean, encode",
        numpy_vote,
        "the same string" if same else "ANOTHER string",
    )
    yield "numpy: mean of dense arrays alone", lambda: dense.mean(axis=0) > 0.5, ""
    yield "numpy: sum of dense arrays alone", lambda: dense.sum(axis=0, dtype=np.uint8) > 2, ""
    yield (
        "dense arrays to a dense array, by runs",
        lambda: decode(fuse_masks(encode(dense), clusters, votes, workers=1)),
        "",
    )


def five_masks() -> RunLengths:
    """One object as five models see it: a third of the image, with rough borders."""
    from segeval.masks import rasterise

    rng = np.random.default_rng(0)
    outline = draw_outlines(rng)[0]
    moved = outline * 400 + 600 + rng.normal(0, 8, (MODELS, 1, 2))
    corners = moved + rng.normal(0, 4, (MODELS, CORNERS, 2))
    room = np.full((MODELS, 2), MASK_SIZE, np.int32)
    every = np.ones((MODELS, CORNERS), np.bool_)
    return rasterise(polygons(corners, every, draw_cuts(0.0, MODELS, rng), room), room)


def without_tasks(folder: Path) -> Tasks:
    """What each model adds: NMS of all models and of the others, with AP of each."""
    gt = load_ground_truth(folder / "gt.json")
    files = [load_predictions(path) for path in models(folder)]
    note = f"{len(gt.images)} images"
    yield "leave each model out, with AP by masks", lambda: leave_one_out(files, gt), note
    yield "the same by boxes", lambda: leave_one_out(files, gt, iou="bbox"), note


if __name__ == "__main__":
    main()
