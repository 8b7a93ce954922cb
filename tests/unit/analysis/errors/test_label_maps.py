"""Wrong pixels of label maps by kind, against maps worked out by hand and slow definitions."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import segeval
from segeval.analysis.errors.label_pixels import COLUMNS, error_counts
from segeval.analysis.errors.label_scores import label_error_scores
from segeval.analysis.errors.label_statistics import LabelErrorStatistics
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import InputError, MismatchError, ShapeError

Map = NDArray[Any]


def drawn(*rows: str) -> NDArray[np.uint8]:
    """A map from rows of digits; "." is void, 9."""
    return np.array([[9 if each == "." else int(each) for each in row] for row in rows], np.uint8)


def disk(mask: Map, reach: int) -> Map:
    """All pixels whose distance from one of a mask rounds to `reach` or less."""
    found = np.zeros_like(mask)
    height, width = mask.shape
    for y, x in product(range(-reach, reach + 1), repeat=2):
        if round(float(np.hypot(y, x))) <= reach and abs(y) < height and abs(x) < width:
            moved = mask[max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)]
            found[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] |= moved
    return found


def pieces(mask: Map) -> list[Map]:
    """The connected pieces of a mask, by growing each."""
    left, found = mask.copy(), []
    while left.any():
        piece = np.zeros_like(mask)
        piece[tuple(np.argwhere(left)[0])] = True
        while True:
            grown = disk(piece, 1) & mask  # a distance of 1.41 rounds to 1: corners touch
            if (grown == piece).all():
                break
            piece = grown
        found.append(piece)
        left &= ~piece
    return found


def slow_counts(pred: Map, gt: Map, classes: int, reach: int) -> Map:
    """What `error_counts` counts, as the definitions say it."""
    counts = np.zeros((classes, COLUMNS), np.int64)
    counted = gt < classes
    for c in range(classes):
        is_pred, is_gt = pred == c, gt == c
        right, other = is_pred & is_gt, ~is_pred & ~is_gt
        both = disk(right, reach) & disk(other, reach)
        counts[c, 0] = right.sum()
        counts[c, 7] = (is_gt & (pred >= classes)).sum()
        sides = (is_pred & ~is_gt, is_pred), (is_gt & ~is_pred, is_gt)
        for side, (wrong, whole) in enumerate(sides):
            boundary = np.zeros_like(wrong)
            for piece in pieces(disk(wrong & both, reach) & wrong):
                around = disk(piece, 1)
                if (around & right).any() and (around & other).any():
                    boundary |= piece
            found = np.zeros_like(wrong)
            for piece in pieces(whole):
                found |= piece & (piece & right).any()
            rest = wrong & ~boundary
            for kind, pixels in enumerate((boundary, rest & found, rest & ~found)):
                counts[c, 1 + 2 * kind + side] = (pixels & counted).sum()
    return counts


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Map, Map, int, int]:
    """Two small maps of blocks with some noise, their number of classes, and a width."""
    height, width = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    classes, block = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    blocks = random.integers(0, classes + 1, (height // block + 1, width // block + 1))
    gt = np.kron(blocks, np.ones((block, block), np.int64))[:height, :width].astype(np.uint8)
    pred = np.roll(gt, draw(st.integers(-3, 3)), draw(st.sampled_from([0, 1])))
    noise = random.random(gt.shape) < draw(st.sampled_from([0, 0.1, 0.5]))
    pred = np.where(noise, random.integers(0, classes + 1, gt.shape), pred).astype(np.uint8)
    return pred, gt, classes, draw(st.integers(1, 4))


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_every_pixel_is_of_the_kind_that_the_definitions_say(
    pair: tuple[Map, Map, int, int],
) -> None:
    pred, gt, classes, reach = pair
    found = error_counts(pred, gt, classes, reach)
    assert found.tolist() == slow_counts(pred, gt, classes, reach).tolist()
    counted = gt < classes
    union = [(((pred == c) | (gt == c)) & counted).sum() for c in range(classes)]
    assert found[:, :7].sum(axis=1).tolist() == union
    wide = error_counts(pred.astype(np.uint16), gt, classes, reach)
    assert wide.tolist() == found.tolist()


def test_tiles_do_not_show() -> None:
    random = np.random.default_rng(5)
    gt = np.kron(random.integers(0, 3, (8, 5)), np.ones((20, 18), np.uint8)).astype(np.uint8)
    pred = np.roll(gt, (2, 5), (0, 1))
    pred[60:75, 50:80] = 0
    assert gt.shape > (64, 64)
    assert error_counts(pred, gt, 3, 2).tolist() == slow_counts(pred, gt, 3, 2).tolist()


def test_a_strip_along_an_outline_is_a_boundary_error() -> None:
    gt = drawn("00000000", "00111000", "00111000", "00000000")
    pred = drawn("00000000", "00111100", "00111100", "00000000")
    # class 1: 6 right, 2 false at its boundary; class 0: 24 right, the same 2 missed
    assert error_counts(pred, gt, 2, 1)[:, :7].tolist() == [
        [24, 0, 2, 0, 0, 0, 0],
        [6, 2, 0, 0, 0, 0, 0],
    ]


def test_what_lies_beyond_the_boundary_is_extent() -> None:
    gt = drawn("0000000000", "1110000000", "1110000000", "1110000000")
    pred = drawn("0000000000", "1111111110", "1110000000", "1110000000")
    # the spike is one pixel high: each of its pixels touches class 0, but only the first two are
    # within one pixel of class 1, or of such a pixel
    own = error_counts(pred, gt, 2, 1)[1, :7].tolist()
    assert own == [9, 2, 0, 4, 0, 0, 0]


def test_a_segment_without_a_right_pixel_is_false_or_missed_as_a_whole() -> None:
    gt = drawn("1100000000", "1100000000", "0000000011", "0000000011")
    pred = drawn("0000011000", "0000011000", "0000000011", "0000000011")
    own = error_counts(pred, gt, 2, 1)[1, :7].tolist()
    assert own == [4, 0, 0, 0, 0, 4, 4]


def test_segments_are_connected_at_corners() -> None:
    gt = drawn("1000000", "0100000", "0010000", "0001000")
    pred = drawn("0000000", "0000000", "0000000", "0001000")
    # of three missed pixels one is next to the right one, and one within a pixel of that
    assert error_counts(pred, gt, 2, 1)[1, :7].tolist() == [1, 0, 2, 0, 1, 0, 0]


def test_void_counts_nowhere_but_predicted_segments_go_on_in_it() -> None:
    gt = drawn("11..0000000")
    pred = drawn("11111111111")
    # with a width of 1, no false pixel is within it of a right one: void lies between
    assert error_counts(pred, gt, 2, 1)[1, :7].tolist() == [2, 0, 0, 7, 0, 0, 0]


def test_the_width_is_rounded_and_never_zero() -> None:
    gt = np.zeros((30, 40), np.uint8)  # 1 % of the diagonal is half a pixel
    gt[:, 20:] = 1
    pred = np.roll(gt, 1, 1)
    pred[:, 0] = 0
    found = segeval.label_errors([pred], [gt], classes=2)
    assert found.scores.categories[1].kinds["boundary"].count == 30
    assert found.scores.categories[1].kinds["boundary"].share == 30 / 600


def random_maps(images: int) -> tuple[list[Map], list[Map]]:
    random = np.random.default_rng(11)
    gt = [
        np.kron(random.integers(0, 3, (4, 5)), np.ones((7, 7), np.int64)).astype(np.uint8)
        for _ in range(images)
    ]
    pred = [np.where(random.random(one.shape) < 0.05, 0, np.roll(one, 2, 1)) for one in gt]
    return [one.astype(np.uint8) for one in pred], gt


def test_iou_and_shares_add_up_to_one_and_iou_is_that_of_mean_iou() -> None:
    preds, gt = random_maps(6)
    found = segeval.label_errors(preds, gt, classes=4)
    usual = segeval.mean_iou(preds, gt, classes=4)
    assert found.miou == usual.miou
    for own, one in zip(found.scores.categories, usual.scores.categories, strict=True):
        assert (own.iou, own.gt) == (one.iou, one.pixels)
        if own.iou is not None:
            right = own.union - sum(kind.count for kind in own.kinds.values())
            assert own.iou == right / own.union
            shares = [kind.share or 0.0 for kind in own.kinds.values()]
            assert own.iou + sum(shares) == pytest.approx(1, abs=1e-15)
    assert found.scores.categories[3].kinds["segment"].share is None
    shares = [kind.share or 0.0 for kind in found.scores.kinds.values()]
    assert (found.miou or 0.0) + sum(shares) == pytest.approx(1, abs=1e-15)
    assert [note.code for note in found.notes] == ["absent"]
    assert found.notes[0].message == (
        "1 class is neither in the ground truth nor predicted: left out of the means"
    )


def test_neither_workers_nor_order_nor_parts_change_a_number() -> None:
    preds, gt = random_maps(6)
    whole = segeval.label_errors(preds, gt, classes=3, workers=1)
    assert segeval.label_errors(preds, gt, classes=3, workers=3).scores.to_dict() == (
        whole.scores.to_dict()
    )
    back = segeval.label_errors(preds[::-1], gt[::-1], classes=3)
    assert back.scores.to_dict() == whole.scores.to_dict()
    is_first = np.arange(6) < 2
    parts = [whole.statistics.take(~is_first), whole.statistics.take(is_first)]
    merged = LabelErrorStatistics.merge(parts)
    assert label_error_scores(merged).to_dict() == whole.scores.to_dict()
    other = segeval.label_errors(preds, gt, classes=3, boundary_px=3)
    with pytest.raises(MismatchError, match="boundary_ratio"):
        LabelErrorStatistics.merge([parts[0], other.statistics.take(is_first)])


def test_weights_equal_images_that_are_repeated() -> None:
    preds, gt = random_maps(5)
    weights = np.array([2, 0, 1, 3, 1])
    run = resampled(segeval.label_errors(preds, gt, classes=3))
    places = np.repeat(np.arange(5), weights)
    again = segeval.label_errors([preds[i] for i in places], [gt[i] for i in places], classes=3)
    want = resampled(again)
    assert run.paths == want.paths
    assert run.numbers(weights[np.newaxis])[0] == pytest.approx(want.numbers()[0], abs=1e-12)
    own, other = run.mixed(run, np.zeros((1, 5), bool))
    assert own[0] == pytest.approx(run.numbers()[0], abs=1e-12)
    assert other[0] == pytest.approx(run.numbers()[0], abs=1e-12)


def test_intervals_stand_beside_shares() -> None:
    preds, gt = random_maps(12)
    result = segeval.label_errors(preds, gt, classes=3)
    found = segeval.analysis.result_intervals(result, resamples=60)
    low, high = found.of("kinds.boundary.share") or (1.0, 0.0)
    share = result.scores.kinds["boundary"].share or 0.0
    assert low < share < high
    document = found.into(result.to_dict())["results"]
    assert document["kinds"]["boundary"]["intervals"]["share"] == [low, high]
    assert set(document["categories"][0]["kinds"]["extent"]["intervals"]) == {"share"}
    assert [field.key for field in found.beside(result.tables["kind"]).fields][:3] == [
        "kind", "share", "share_interval",
    ]  # fmt: skip


def test_impossible_widths_labels_and_sizes_are_refused() -> None:
    gt = np.zeros((4, 4), np.uint8)
    with pytest.raises(InputError, match="boundary is 0 pixels wide"):
        error_counts(gt, gt, 1, 0)
    with pytest.raises(ShapeError, match="expected one size"):
        error_counts(gt[:2], gt, 1, 1)
    with pytest.raises(InputError, match="has the label 1, expected 0"):
        segeval.label_errors([gt + 1], [gt], classes=1)
    with pytest.raises(InputError, match="both say how wide"):
        segeval.label_errors([gt], [gt], classes=1, boundary_ratio=0.1, boundary_px=1)
