"""Subdivision against predicting every class, and every point."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.ops import grid_points, sample_points, subdivide, subdivide_classes


class Scene:
    """Boxes with a random fine image each, of which a point head reads all classes."""

    def __init__(self, boxes: int, classes: int = 3, side: int = 64) -> None:
        generator = torch.Generator().manual_seed(0)
        rough = torch.rand(boxes, classes, 6, 6, generator=generator) - 0.5
        self.fine = functional.interpolate(rough, size=(side, side), mode="bicubic")
        self.of_class = torch.arange(boxes) % classes
        self.asked: list[int] = []

    def all_classes(self, points: Tensor) -> Tensor:
        return sample_points(self.fine, points)

    def __call__(self, points: Tensor) -> Tensor:
        self.asked.append(points.shape[1])
        rows = torch.arange(len(points))
        return self.all_classes(points)[rows, self.of_class]


def with_all_classes(scene: Scene, side: int, steps: int, points: int) -> Tensor:
    """The algorithm as papers write it: all classes are kept, and overwritten."""
    rows = torch.arange(len(scene.fine))
    while steps and 4 * side * side <= points:
        side, steps = 2 * side, steps - 1
    logits = scene.all_classes(grid_points(side).expand(len(rows), -1, -1))
    logits = logits.reshape(len(rows), -1, side, side)
    for _ in range(steps):
        logits = functional.interpolate(logits, scale_factor=2, mode="bilinear")
        side *= 2
        flat = logits.flatten(2)
        certain = flat[rows, scene.of_class].abs()
        place = (-certain).topk(min(points, side * side), dim=1).indices
        found = scene.all_classes(grid_points(side)[place])
        for box in rows:
            flat[box][:, place[box]] = found[box]
        logits = flat.reshape(len(rows), -1, side, side)
    return logits[rows, scene.of_class].unsqueeze(1)


@pytest.mark.parametrize(
    ("side", "steps", "points"), [(7, 5, 784), (7, 3, 50), (7, 2, 100), (13, 3, 4900), (4, 0, 9)]
)
def test_one_class_is_enough(side: int, steps: int, points: int) -> None:
    scene = Scene(4)
    found = subdivide(scene, 4, side=side, steps=steps, points=points)
    torch.testing.assert_close(found, with_all_classes(scene, side, steps, points))


def test_points_are_those_of_the_paper() -> None:
    scene = Scene(1)
    assert subdivide(scene, 1).shape == (1, 1, 224, 224)
    assert scene.asked == [784, 784, 784, 784]  # 28 x 28 whole, then at 56, 112 and 224
    scene = Scene(1)
    assert subdivide(scene, 1, side=13, points=4900).shape == (1, 1, 416, 416)
    assert scene.asked == [2704, 4900, 4900, 4900]


@pytest.mark.parametrize(
    ("side", "points", "start", "steps"),
    [(7, 784, 28, 3), (7, 195, 7, 5), (7, 196, 14, 4), (13, 4900, 52, 3)],
)
def test_it_starts_at_the_largest_grid_of_no_more_points(
    side: int, points: int, start: int, steps: int
) -> None:
    scene = Scene(1)
    assert subdivide(scene, 1, side=side, points=points).shape[-1] == 32 * side
    assert scene.asked[0] == start**2
    assert len(scene.asked) == 1 + steps


def test_a_point_head_that_says_what_is_there_changes_nothing() -> None:
    coarse = torch.randn(3, 2, 7, 7, generator=torch.Generator().manual_seed(4))
    maps = [coarse]
    for _ in range(3):
        maps.append(functional.interpolate(maps[-1], scale_factor=2, mode="bilinear"))
    finer = iter(maps)
    found = subdivide(
        lambda points: sample_points(next(finer)[:, :1], points)[:, 0], 3, steps=3, points=60
    )
    torch.testing.assert_close(found, maps[-1][:, :1])
    finer = iter(maps[1:])
    found = subdivide_classes(
        coarse, lambda points: sample_points(next(finer), points), steps=3, points=60
    )
    torch.testing.assert_close(found, maps[-1])


def test_all_points_of_every_grid_are_the_finest_grid_itself() -> None:
    scene = Scene(2)
    found = subdivide(scene, 2, side=8, steps=3, points=64 * 64)
    torch.testing.assert_close(
        found[:, 0], scene(grid_points(64).expand(2, -1, -1)).reshape(2, 64, 64)
    )


def test_no_boxes_have_no_masks() -> None:
    def never(_: Tensor) -> Tensor:
        raise AssertionError("nothing to predict")

    assert subdivide(never, 0).shape == (0, 1, 224, 224)


def test_classes_start_from_the_coarse_logits_and_change_at_uncertain_cells_alone() -> None:
    coarse = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    asked: list[Tensor] = []

    def hundred(points: Tensor) -> Tensor:
        asked.append(points)
        return torch.full((2, 4, points.shape[1]), 100.0)

    found = subdivide_classes(coarse, hundred, steps=1, points=7)
    doubled = functional.interpolate(coarse, scale_factor=2, mode="bilinear")
    first, second = doubled.topk(2, dim=1).values.unbind(1)
    for image in range(2):
        chosen = set((first - second)[image].flatten().argsort()[:7].tolist())
        changed = found[image].eq(100).all(0)
        assert set(changed.flatten().nonzero().flatten().tolist()) == chosen
        assert torch.equal(found[image][:, ~changed], doubled[image][:, ~changed])
        x, y = asked[0][image].unbind(-1)
        assert set(((y * 6).floor() * 10 + (x * 10).floor()).int().tolist()) == chosen


def test_no_steps_leave_the_coarse_logits() -> None:
    coarse = torch.rand(1, 2, 3, 3)
    assert torch.equal(subdivide_classes(coarse, lambda points: points, steps=0), coarse)
