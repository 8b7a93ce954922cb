"""Boundary IoU of cells with much and with little room for bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pycocotools.mask
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval import average_precision
from segeval.errors import ShapeError
from segeval.masks import CompressedMasks, compress, encode
from segeval.metrics import pair_blocks
from segeval.metrics.coco.large_cells import MOST_WORDS, NO_WIDTHS, MaskCells
from tests.parity.scenes import clean_pair
from tests.unit.masks.test_uncovered import random_mask
from tests.unit.metrics.strips import exact


def cells_of(seed: int, most_words: int) -> NDArray[np.float64]:
    """IoUs of three cells of 12 predictions and 4, 20 and 40 ground truths of one image."""
    rng = np.random.default_rng(seed)
    gts = [random_mask(rng, 90, 70) for _ in range(64)]
    preds = [gts[rng.integers(0, 64)] ^ (rng.random((90, 70)) < 0.01) for _ in range(36)]
    spans, edges = np.arange(0, 48, 12), np.array([0, 4, 24, 64])
    iou = np.full(12 * 64, np.nan)
    cells = MaskCells(
        compress(encode(np.stack(preds))),
        np.arange(36),
        encode(np.stack(gts)),
        np.arange(64),
        rng.random(64) < 0.1,
        np.full(64, 3, np.int32),
        0.2,
        most_words,
    )
    failed = cells.fill(
        np.stack([spans[:-1], spans[1:]], axis=1), np.stack([edges[:-1], edges[1:]], axis=1), iou
    )
    assert failed == (-1, 0)
    return iou


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("most_words", [0, 50, 150, 600, 2000])
def test_little_room_changes_no_bit(seed: int, most_words: int) -> None:
    assert_array_equal(cells_of(seed, most_words), cells_of(seed, MOST_WORDS))


def test_a_bad_string_is_found_in_a_large_cell_too() -> None:
    preds = compress(encode(np.ones((2, 5, 5))))
    preds = preds.replaced(np.array([1]), compress(encode(np.ones((1, 4, 4)))))
    preds.sizes[:] = 5
    gts, widths = encode(np.ones((1, 5, 5))), np.ones(1, np.int32)
    none, zero = np.zeros(1, np.bool_), np.zeros(1, np.int64)
    cells = MaskCells(preds, np.arange(2), gts, zero, none, widths, 0.5, most_words=0)
    row, defect = cells.fill(np.array([[0, 2]]), np.array([[0, 1]]), np.empty(2))
    assert (row, defect < 0) == (1, True)


def test_a_mask_of_the_largest_images_takes_little_memory() -> None:
    side = 100_000
    runs = {"size": [side, side], "counts": [1, 4 * 10**9, 0, 4 * 10**9, 0, 2 * 10**9 - 1]}
    gt: dict[str, Any] = {
        "images": [{"id": 1, "height": side, "width": side}],
        "categories": [{"id": 1, "name": "tissue"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": side * side - 1,
             "bbox": [0, 0, side, side], "segmentation": runs},
        ],
    }  # fmt: skip
    preds = [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": runs}]
    assert average_precision(preds, gt, iou="boundary").ap == exact(1.0)


@pytest.mark.parametrize("pairs", [1, 3, 10])
@pytest.mark.parametrize("iou", ["segm", "bbox", "boundary"])
def test_blocks_of_pairs_change_no_match(
    pairs: int, iou: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = clean_pair(7)
    whole = average_precision(preds, gt, iou=iou, workers=1).matches
    monkeypatch.setattr(pair_blocks, "MOST_PAIRS", pairs)
    parts = average_precision(preds, gt, iou=iou, workers=1).matches
    assert_array_equal(parts.matched_bits, whole.matched_bits)
    assert_array_equal(parts.ignored_bits, whole.ignored_bits)
    assert whole.matched_bits.any()


def random_runs(rng: np.random.Generator, pixels: int) -> list[int]:
    """Runs of some pixels, many of them without any."""
    runs = rng.choice([0, 0, 1, 1, 2, 3, 5], rng.integers(1, 12))
    runs = runs[np.cumsum(runs) <= pixels]
    return [*runs.tolist(), pixels - int(runs.sum())]


def test_runs_without_pixels_count_as_in_pycocotools() -> None:
    rng = np.random.default_rng(0)
    larger = 0
    crowd = np.array([False, False, False, False, True])
    for _ in range(1000):
        masks = [{"size": [6, 5], "counts": random_runs(rng, 30)} for _ in range(5)]
        coded = pycocotools.mask.frPyObjects(masks, 6, 5)
        strings = CompressedMasks.from_strings(
            [one["counts"] for one in coded], np.full((5, 2), [6, 5])
        )
        official = pycocotools.mask.iou(coded[:3], coded[3:], [0, 1]).ravel()
        reached = official >= 0.5
        for areas in (None, strings.measure()[0]):
            iou = np.empty(6)
            cells = MaskCells(
                strings, np.arange(3), strings.decode(), np.arange(3, 5), crowd,
                NO_WIDTHS, 0.5, areas=areas,
            )  # fmt: skip
            assert cells.fill(np.array([[0, 3]]), np.array([[0, 2]]), iou) == (-1, 0)
            assert_array_equal(iou[reached], official[reached])
            assert (iou[~reached] < 0.5).all()
        own, other = strings.measure()[0][:3], strings.measure()[0][3]  # which is no crowd region
        larger += int((reached[::2] & (2 * np.minimum(own, other) < np.maximum(own, other))).sum())
    assert larger, "no IoU is above what the areas of both masks allow"


def test_areas_of_fewer_masks_are_refused() -> None:
    preds, gts = compress(encode(np.ones((2, 5, 5)))), encode(np.ones((1, 5, 5)))
    with pytest.raises(ShapeError, match="1 areas of 2 masks"):
        MaskCells(
            preds, np.arange(2), gts, np.zeros(1, np.int64), np.zeros(1, np.bool_), NO_WIDTHS, 0.5,
            areas=np.ones(1, np.int64),
        )  # fmt: skip
