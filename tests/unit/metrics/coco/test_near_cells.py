"""Cells that are cut into groups of masks near one another, and the same cells left whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval import match
from segeval.masks import RunLengths, compress, encode
from segeval.metrics.coco import near_cells
from segeval.metrics.coco.large_cells import NO_WIDTHS, MaskCells
from segeval.metrics.coco.near_cells import cut
from tests.parity.scenes import clean_pair, nasty_pair
from tests.unit.metrics.strips import scene, strip


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut every cell, however few of its pairs are far from one another."""
    monkeypatch.setattr(near_cells, "MANY", 1)
    monkeypatch.setattr(near_cells, "SPARSE", 0.01)


def bits(preds: Any, gt: Any, **settings: Any) -> list[Any]:
    """What is matched and what is left out of the count, in every size bucket."""
    found = match(preds, gt, **settings)
    return [found.prediction, found.matched_bits, found.ignored_bits]


SETTINGS: list[dict[str, Any]] = [
    {"iou": "segm"},
    {"iou": "segm", "thresholds": [0.05, 0.3, 0.5], "max_dets": 0},
    {"iou": "boundary", "boundary_px": 2},
    {"iou": "segm", "agnostic": True, "area_from": "bbox"},
    {"iou": "segm", "compat": "official"},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.usefixtures("always")
def test_cutting_cells_changes_no_match(seed: int, settings: dict[str, Any]) -> None:
    preds, gt = clean_pair(seed)
    with pytest.MonkeyPatch.context() as left_whole:
        left_whole.setattr(near_cells, "MANY", 1 << 60)
        expected = bits(preds, gt, **settings)
    for own, other in zip(bits(preds, gt, **settings), expected, strict=True):
        assert_array_equal(own, other)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.usefixtures("always")
def test_nor_does_it_in_odd_files(seed: int) -> None:
    preds, gt = nasty_pair(seed)
    settings = {"compat": "pycocotools", "iou": "segm"}
    with pytest.MonkeyPatch.context() as left_whole:
        left_whole.setattr(near_cells, "MANY", 1 << 60)
        try:
            expected = bits(preds, gt, **settings)
        except ValueError as error:
            with pytest.raises(type(error)):
                bits(preds, gt, **settings)
            return
    for own, other in zip(bits(preds, gt, **settings), expected, strict=True):
        assert_array_equal(own, other)


def cells_of(preds: list[tuple[int, int]], gts: list[tuple[int, int]], least: float) -> MaskCells:
    """What is compared of strips from a column to another."""
    masks = compress(encode([strip(*each) for each in preds]))
    return MaskCells(
        masks,
        np.arange(len(preds)),
        encode([strip(*each) for each in gts]),
        np.arange(len(gts)),
        np.zeros(len(gts), np.bool_),
        NO_WIDTHS,
        least,
        areas=masks.measure()[0],
    )


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("seed", range(4))
def test_pairs_that_reach_the_least_threshold_stay_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own, other = (rectangles(rng, 60) for _ in range(2))
    crowd = rng.random(60) < 0.3
    shared = np.einsum("aij,bij->ab", own, other, dtype=np.int64)
    areas, gt_areas = own.sum(axis=(1, 2))[:, None], other.sum(axis=(1, 2))
    iou = shared / np.where(crowd, areas, areas + gt_areas - shared)
    assert (iou == 0.5).any()
    masks, whole = compress(encode([*own])), np.array([[0, 60]])
    cells = MaskCells(
        masks, np.arange(60), encode([*other]), np.arange(60), crowd, NO_WIDTHS, 0.5,
        areas=masks.measure()[0],
    )  # fmt: skip
    cells, spans, gt_spans = cut(cells, whole, whole, workers=1)
    together = np.zeros((60, 60), np.bool_)
    for some, some_gt in zip(spans, gt_spans, strict=True):
        rows = cells.pred_rows[slice(*some)], cells.gt_rows[slice(*some_gt)]
        together[np.ix_(*rows)] = True
    assert together[iou >= 0.5].all()
    assert together.mean() < 0.5


def rectangles(rng: np.random.Generator, number: int) -> NDArray[np.bool_]:
    """Masks of rectangles with sides of 1 to 8 pixels, shape (number, 30, 30)."""
    masks = np.zeros((number, 30, 30), np.bool_)
    for mask in masks:
        height, width = rng.integers(1, 9, 2)
        top, left = rng.integers(0, 31 - height), rng.integers(0, 31 - width)
        mask[top : top + height, left : left + width] = True
    return masks


@pytest.mark.usefixtures("always")
def test_a_cell_with_an_empty_run_inside_of_a_mask_stays_whole() -> None:
    spans = np.array([[0, 2]])
    cells = cells_of([(0, 10), (50, 60)], [(0, 10), (50, 60)], 0.5)
    assert len(cut(cells, spans, spans, workers=1)[1]) == 2
    first, second = (cells.gts.counts[begin:end] for begin, end in pairwise(cells.gts.offsets))
    pieces = np.concatenate([first[:1], [first[1] - 1, 0, 1], first[2:]]).astype(np.uint32)
    counts = np.concatenate([pieces, second])
    gts = RunLengths(counts, np.array([0, len(pieces), len(counts)]), cells.gts.sizes)
    assert cut(replace(cells, gts=gts), spans, spans, workers=1)[1].tolist() == [[0, 2]]


@pytest.mark.usefixtures("always")
def test_a_group_is_what_overlaps_enough_in_the_order_of_the_rows() -> None:
    preds, gts = [(50, 60), (0, 10), (90, 99), (2, 10)], [(1, 10), (51, 60), (150, 160), (2, 10)]
    cells, spans, gt_spans = cut(
        cells_of(preds, gts, 0.5), np.array([[0, 4]]), np.array([[0, 4]]), workers=1
    )
    groups = [
        (cells.pred_rows[slice(*own)].tolist(), cells.gt_rows[slice(*other)].tolist())
        for own, other in zip(spans, gt_spans, strict=True)
    ]
    assert groups == [([0], [1]), ([1, 3], [0, 3])]


def test_a_cell_of_few_pairs_or_of_masks_that_all_touch_stays_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = np.array([[0, 20]])
    many = cells_of([(0, 50 + k) for k in range(20)], [(0, 50 + k) for k in range(20)], 0.5)
    assert cut(many, spans, spans, workers=1)[0] is many
    monkeypatch.setattr(near_cells, "MANY", 1)
    assert cut(many, spans, spans, workers=1)[1].tolist() == [[0, 20]]


def test_objects_in_one_image_by_the_hundred_are_each_found() -> None:
    objects = [{"image_id": 1, "mask": strip(k % 200, k % 200 + 1)} for k in range(600)]
    preds, gt = scene(objects, objects)
    assert len(preds) * len(objects) >= near_cells.MANY
    assert (match(preds, gt, max_dets=0).matched_bits[0] == 1023).all()
