"""How long the hot kernels take on a small workload, each on one thread.

make bench, or: python -m pytest tests/bench -o norecursedirs='.*'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.masks import RunLengths, boundary_width, decode_one, outlines, rasterise
from segeval.metrics.coco.average_precision import average_precision
from segeval.metrics.coco.cell_iou import mask_cell_iou
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.curves import precision_recall
from segeval.metrics.coco.greedy import match_cells
from segeval.metrics.coco.large_cells import MOST_WORDS, NO_AREAS
from segeval.metrics.coco.protocol import COCO
from tests.bench.workload import WORKLOADS, write

# The first call, which may compile a kernel, does not count.
pytestmark = pytest.mark.benchmark(warmup=True, warmup_iterations=1, max_time=0.5)

THRESHOLDS = np.array(COCO.thresholds)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A workload as columns, with its cells.

    Attributes:
        path: the predictions file.
        gt: M annotations.
        preds: N predictions.
        masks: the M masks of the ground truth.
        cells: C cells.
        pairs: number of pairs of a prediction and a ground truth in all cells.
    """

    path: Path
    gt: GroundTruth
    preds: Predictions
    masks: RunLengths
    cells: Cells
    pairs: int


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """100 images with 10,000 predictions."""
    folder = tmp_path_factory.mktemp("workload")
    write(replace(WORKLOADS["coco"], images=100), folder)
    gt = load_ground_truth(folder / "gt.json")
    preds = load_predictions(folder / "preds.json")

    def rows(ids: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int32]:
        return np.searchsorted(ids, values).astype(np.int32)  # ids of a workload are ascending

    cells = make_cells(
        pred_image=rows(gt.images.id, preds.image_id),
        pred_category=rows(gt.categories.id, preds.category_id),
        score=preds.score,
        gt_image=rows(gt.images.id, gt.image_id),
        gt_category=rows(gt.categories.id, gt.category_id),
        images=len(gt.images),
        categories=len(gt.categories),
    )
    pairs = np.diff(cells.pred_spans)[:, 0] * np.diff(cells.gt_spans)[:, 0]
    return Loaded(folder / "preds.json", gt, preds, gt.masks, cells, int(pairs.sum()))


def cell_iou(loaded: Loaded, *, boundary: bool = False) -> NDArray[np.float64]:
    """IoU of all pairs of all cells, end to end."""
    widths = boundary_width(loaded.masks.sizes if boundary else [])
    iou = np.empty(loaded.pairs)
    strings, cells, masks = loaded.preds.segmentations.strings, loaded.cells, loaded.masks
    bad, _ = mask_cell_iou(
        cells.pred_spans, cells.preds, strings.text, strings.starts, strings.lengths, strings.sizes,
        cells.gt_spans, cells.gts, masks.counts, masks.offsets, masks.sizes, loaded.gt.is_crowd,
        widths, NO_AREAS, THRESHOLDS[0], MOST_WORDS, iou,
    )  # fmt: skip
    assert bad == -1
    return iou


def test_scan_of_predictions(benchmark: Any, loaded: Loaded) -> None:
    assert len(benchmark(load_predictions, loaded.path, workers=1)) == 10_000


def test_read_of_ground_truth(benchmark: Any, loaded: Loaded) -> None:
    gt = benchmark(load_ground_truth, loaded.path.with_name("gt.json"))
    assert len(gt) == len(loaded.gt)


def test_decode_of_compressed_strings(benchmark: Any, loaded: Loaded) -> None:
    assert len(benchmark(loaded.preds.segmentations.strings.decode)) == 10_000


def test_measure_of_compressed_strings(benchmark: Any, loaded: Loaded) -> None:
    areas, defects = benchmark(loaded.preds.segmentations.strings.measure, workers=1)
    assert areas.sum() > 0
    assert not defects.any()


def test_rasterise_of_polygons(benchmark: Any, loaded: Loaded) -> None:
    polygons, defects = loaded.gt.segmentations.polygons()
    assert not defects.any()
    assert len(benchmark(rasterise, polygons, loaded.gt.mask_sizes, workers=1)) == len(loaded.gt)


def test_outlines_of_masks(benchmark: Any, loaded: Loaded) -> None:
    assert len(benchmark(outlines, loaded.masks).points) > len(loaded.masks)


def test_outlines_of_masks_by_contourpy(benchmark: Any, loaded: Loaded) -> None:
    """What the exact outlines replace: diagonal lines through the corners of dense pixels."""
    from contourpy import contour_generator

    def traced() -> int:
        number = 0
        for row in range(len(loaded.masks)):
            framed = np.pad(decode_one(loaded.masks, row), 1).astype(np.float64)
            number += len(contour_generator(z=framed).lines(0.5))
        return number

    assert benchmark(traced) > 0


def test_cells(benchmark: Any, loaded: Loaded) -> None:
    index = np.arange(len(loaded.preds))
    counted = benchmark(
        make_cells,
        pred_image=(index // 100).astype(np.int32),
        pred_category=(index % 80).astype(np.int32),
        score=loaded.preds.score,
        gt_image=(index[:500] // 5).astype(np.int32),
        gt_category=(index[:500] % 80).astype(np.int32),
        images=100,
        categories=80,
    )
    assert len(counted.preds) == len(loaded.preds)


def test_iou_of_cells(benchmark: Any, loaded: Loaded) -> None:
    assert benchmark(cell_iou, loaded).max() <= 1


def test_boundary_iou_of_cells(benchmark: Any, loaded: Loaded) -> None:
    assert benchmark(cell_iou, loaded, boundary=True).max() <= 1


def test_matching_of_cells(benchmark: Any, loaded: Loaded) -> None:
    gt, cells, iou = loaded.gt, loaded.cells, cell_iou(loaded)
    # as many buckets as COCO has: all, small, medium, large
    matched = np.zeros((4, len(loaded.preds)), np.uint16)
    ignored = np.zeros_like(matched)
    benchmark(
        match_cells,
        cells.pred_spans, cells.preds, np.arange(len(loaded.preds)), cells.gt_spans, cells.gts, iou,
        THRESHOLDS, np.tile(gt.is_crowd, (4, 1)), gt.is_crowd, np.zeros(len(gt), np.bool_),
        np.empty((4, int(np.diff(cells.gt_spans).max())), np.uint64), True, matched, ignored,
    )  # fmt: skip
    assert matched.any()


def test_accumulation(benchmark: Any, loaded: Loaded) -> None:
    found = average_precision(loaded.preds, loaded.gt).matches
    counted = found.gt_category[found.gt_counted[0]]
    curves = benchmark(
        precision_recall,
        matched=found.matched_bits[0],
        ignored=found.ignored_bits[0],
        copies=found.copies,
        offsets=found.offsets,
        positives=np.bincount(counted, minlength=len(found.category_ids)),
        thresholds=THRESHOLDS,
        workers=1,
    )
    assert curves.precision.max() <= 1
