"""Boundaries of random label maps, equal to slow dense references in plain numpy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.metrics.semantic.boundary import class_boundary_counts
from segeval.metrics.semantic.boundary_f import boundary_f
from segeval.metrics.semantic.detectron2 import detectron2_counts
from segeval.metrics.semantic.trimap import Metric, Void, band_index

Labels = NDArray[np.unsignedinteger[Any]]
SEEDS = range(60)


def pair_of(seed: int, *, most_side: int = 36) -> tuple[Labels, Labels, int, np.random.Generator]:
    """Two maps of blocks with some noise, their number of classes, and the generator."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, most_side, 2)
    classes = int(rng.integers(1, 5))

    def blocks() -> NDArray[np.int64]:
        side = int(rng.integers(1, 16))
        coarse = rng.integers(0, classes + 1, (height // side + 1, width // side + 1))
        return np.kron(coarse, np.ones((side, side), np.int64))[:height, :width]

    gt = blocks()
    pred = gt.copy() if rng.random() < 0.5 else blocks()
    noise = rng.random(gt.shape) < 0.03
    pred[noise] = rng.integers(0, classes + 1, int(noise.sum()))
    dtype = np.uint8 if rng.random() < 0.7 else np.uint16
    return gt.astype(dtype), pred.astype(dtype), classes, rng


def marks_of(gt: Labels, classes: int, void: Void) -> NDArray[np.bool_]:
    """Boundary pixels (H, W), neighbour by neighbour."""
    if void == "deeplab":
        return np.asarray(gt >= classes)
    marks = np.zeros(gt.shape, np.bool_)
    height, width = gt.shape
    for y in range(height):
        for x in range(width):
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if not (0 <= v < height and 0 <= u < width) or gt[y, x] == gt[v, u]:
                    continue
                if void == "edge" or max(gt[y, x], gt[v, u]) < classes:
                    marks[y, x] = True
    return marks


def dense_bands(
    gt: Labels, classes: int, widths: list[float], metric: Metric, void: Void
) -> NDArray[np.uint8]:
    """Every pixel against every boundary pixel."""
    places = np.full(gt.shape, len(widths), np.uint8)
    ys, xs = np.nonzero(marks_of(gt, classes, void))
    for y, x in np.argwhere(gt < classes) if len(ys) else ():
        dy, dx = np.abs(ys - y), np.abs(xs - x)
        square = int((dy**2 + dx**2 if metric == "euclid" else np.maximum(dy, dx) ** 2).min())
        for place in reversed(range(len(widths))):
            limit = Fraction(widths[place]) ** 2
            if square < limit or (void == "deeplab" and square == limit):
                places[y, x] = place
    return places


@pytest.mark.parametrize("void", ["ignore", "edge", "deeplab"])
@pytest.mark.parametrize("metric", ["euclid", "chebyshev"])
def test_bands_are_those_of_all_distances(metric: Metric, void: Void) -> None:
    for seed in SEEDS:
        gt, _, classes, rng = pair_of(seed)
        most = float(rng.choice([3, 10, 40, 400]))  # 400: beyond what fits in 16 bits
        drawn = np.round(rng.uniform(0.3, most, int(rng.integers(1, 5))), int(rng.integers(0, 2)))
        widths: list[float] = np.unique(drawn.clip(0.5)).tolist()
        assert_array_equal(
            band_index(gt, classes, widths, metric=metric, void=void),
            dense_bands(gt, classes, widths, metric, void),
            err_msg=str((seed, widths)),
        )


def eroded(mask: NDArray[np.bool_], d: int) -> NDArray[np.bool_]:
    """Erosion by a block of 2d + 1 pixels, with the outside as background."""
    padded = np.pad(mask, d)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * d + 1, 2 * d + 1))
    return np.asarray(windows.all(axis=(2, 3)))


def test_class_boundaries_are_those_of_eroded_masks() -> None:
    for seed in SEEDS:
        gt, pred, classes, rng = pair_of(seed)
        d = int(rng.integers(1, 9))
        shown = np.where(gt >= classes, classes, pred)
        expected = []
        for c in range(classes):
            true, predicted = ((m == c) & ~eroded(m == c, d) for m in (gt, shown))
            expected.append([(true & predicted).sum(), (true | predicted).sum()])
        assert_array_equal(class_boundary_counts(pred, gt, classes, d), expected, str(seed))


def edges_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that differ from their right, lower or lower right neighbour, where there is one."""
    edges = np.zeros(mask.shape, np.bool_)
    edges[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    edges[:-1] |= mask[:-1] != mask[1:]
    edges[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return edges


def part_near(edges: NDArray[np.bool_], others: NDArray[np.bool_], radius: float) -> float:
    """Part of some pixels that have one of the others within a radius; 1 for no pixels."""
    if not edges.any():
        return 1.0
    if not others.any():
        return 0.0
    offsets = np.argwhere(edges)[:, None] - np.argwhere(others)
    near = ((offsets**2).sum(axis=2) <= radius**2).any(axis=1)
    return int(near.sum()) / len(near)


def test_boundary_f_is_that_of_all_distances() -> None:
    for seed in SEEDS:
        gt, pred, classes, rng = pair_of(seed, most_side=100)
        radius = float(rng.choice([1, 1.5, 2, 3, 7, 40, 300]))
        found = boundary_f(pred, gt, classes, radius)
        shown = np.where(gt >= classes, classes, pred)
        for c in range(classes):
            true, predicted = edges_of(gt == c), edges_of(shown == c)
            p, r = part_near(predicted, true, radius), part_near(true, predicted, radius)
            f = 2 * p * r / (p + r) if p + r else 0.0
            assert (found.precision[c], found.recall[c], found.f[c]) == (p, r, f)
            assert found.in_gt[c] == (gt == c).any()


def test_detectron2_erodes_label_by_label_and_counts_in_8_bits() -> None:
    for seed in SEEDS:
        gt, pred, classes, rng = pair_of(seed, most_side=120)
        factor = int(rng.integers(1, 60 // classes))  # labels apart, and enough of them to wrap
        classes *= factor
        maps = [(np.minimum(m * factor, classes)).astype(np.uint8) for m in (gt, pred)]
        width = max(1, round(0.02 * float(np.sqrt(gt.shape[0] ** 2 + gt.shape[1] ** 2))))
        left = []
        for labels in maps:
            least = np.pad(labels, 1)
            for _ in range(width):
                around = np.pad(least, 1, constant_values=255)
                windows = np.lib.stride_tricks.sliding_window_view(around, (3, 3))
                least = windows.min(axis=(2, 3))
            left.append(labels - least[1:-1, 1:-1])
        side = classes + 1
        places = (side * left[1].astype(np.int64) + left[0]) % 256
        expected = np.bincount(places.ravel(), minlength=side**2).reshape(side, side)
        assert_array_equal(detectron2_counts(maps[1], maps[0], classes), expected, str(seed))
