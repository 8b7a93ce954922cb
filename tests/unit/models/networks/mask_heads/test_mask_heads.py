"""Mask heads: their names and shapes, their cost, their losses and what they predict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from segeval.errors import InputError
from segeval.models.config import MaskConfig
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads import CoarseHead, ConvHead, PointHead, PointRendHead
from segeval.models.networks.mask_heads.targets import (
    grid_targets,
    mask_loss,
    of_class,
    point_targets,
)
from segeval.models.networks.protocols import Levels
from segeval.models.ops import grid_points, points_in_image, sample_points

PUBLISHED = {
    "coarse_head.reduce_spatial_dim_conv.weight": (256, 256, 2, 2),
    "coarse_head.reduce_spatial_dim_conv.bias": (256,),
    "coarse_head.fc1.weight": (1024, 12544),
    "coarse_head.fc1.bias": (1024,),
    "coarse_head.fc2.weight": (1024, 1024),
    "coarse_head.fc2.bias": (1024,),
    "coarse_head.prediction.weight": (3920, 1024),
    "coarse_head.prediction.bias": (3920,),
    "point_head.fc1.weight": (256, 336, 1),
    "point_head.fc1.bias": (256,),
    "point_head.fc2.weight": (256, 336, 1),
    "point_head.fc2.bias": (256,),
    "point_head.fc3.weight": (256, 336, 1),
    "point_head.fc3.bias": (256,),
    "point_head.predictor.weight": (80, 336, 1),
    "point_head.predictor.bias": (80,),
}


def shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def multiply_adds(module: nn.Module) -> int:
    """Of one input cell or point: numbers in the weights of a module of linear layers."""
    return sum(value.numel() for value in module.parameters() if value.ndim > 1)


class Batch:
    """Two images of 64 x 96 with three objects, and five boxes around them."""

    def __init__(self, levels: dict[str, int], channels: int, *, empty: bool = False) -> None:
        generator = torch.Generator().manual_seed(0)
        self.features = {
            name: torch.randn(2, channels, 64 // stride, 96 // stride, generator=generator)
            for name, stride in levels.items()
        }
        boxes = torch.tensor(
            [
                [2, 3, 40, 50],
                [1.5, 2.5, 44, 60],
                [50, 10, 90, 60],
                [-5, 9, 70, 80],
                [8, 8, 31, 23.5],
            ]
        )
        self.boxes = [boxes[:3], boxes[3:]]
        self.classes = [torch.tensor([0, 2, 1]), torch.tensor([2, 2])]
        self.objects = [torch.tensor([0, 0, 1]), torch.tensor([0, 0])]
        self.masks = [
            torch.rand(2, 64, 96, generator=generator) > 0.5,
            torch.ones(1, 64, 90).bool(),
        ]
        if empty:
            self.boxes, self.classes, self.objects = (
                [each[:0] for each in column] for column in (self.boxes, self.classes, self.objects)
            )

    def truth(self) -> MaskSample:
        return MaskSample(self.boxes, self.classes, self.masks, self.objects)


def small_head(levels: dict[str, int], **settings: Any) -> PointRendHead:
    torch.manual_seed(1)
    names: Any = tuple(levels)
    config = MaskConfig(levels=names, coarse_width=16, point_width=12, **settings)
    head = PointRendHead(config, 3, Levels(8))
    for layer in (head.coarse_head.prediction, head.point_head.predictor):
        nn.init.normal_(layer.weight, std=0.5)  # else masks are hardly more than 0
    return head


P2, P2_TO_P6 = {"p2": 4}, {"p2": 4, "p3": 8, "p4": 16, "p5": 32, "p6": 64}


def test_names_and_shapes_are_the_published_ones() -> None:
    with torch.device("meta"):
        assert shapes(PointRendHead(MaskConfig(), 80, Levels(256))) == PUBLISHED


def test_several_levels_are_reduced_for_the_coarse_head_alone() -> None:
    with torch.device("meta"):
        config = MaskConfig(levels=("p2", "p3", "p4", "p5", "p6"), grid=26)
        found = shapes(PointRendHead(config, 34, Levels(256)))
    assert found["coarse_head.reduce_channel_dim_conv.weight"] == (256, 1280, 1, 1)
    assert found["coarse_head.reduce_spatial_dim_conv.weight"] == (256, 256, 2, 2)
    assert found["coarse_head.fc1.weight"] == (1024, 256 * 13 * 13)
    assert found["coarse_head.prediction.weight"] == (34 * 13 * 13, 1024)
    assert found["point_head.fc1.weight"] == (256, 1280 + 34, 1)
    assert found["point_head.fc2.weight"] == (256, 256 + 34, 1)


def test_the_semantic_point_head_reads_coarse_logits_once() -> None:
    head = PointHead(256, 19, width=256, layers=3, coarse_at_each_layer=False)
    found = {name: shape for name, shape in shapes(head).items() if name.endswith("weight")}
    assert found == {
        "fc1.weight": (256, 275, 1),
        "fc2.weight": (256, 256, 1),
        "fc3.weight": (256, 256, 1),
        "predictor.weight": (19, 256, 1),
    }
    assert head(torch.rand(2, 256, 5), torch.rand(2, 19, 5)).shape == (2, 19, 5)


def test_the_conv_head_has_the_names_of_detectron2() -> None:
    with torch.device("meta"):
        found = shapes(ConvHead(MaskConfig(), 80, Levels(256)))
    weights = {name: shape for name, shape in found.items() if name.endswith(".weight")}
    assert weights == {
        **{f"mask_fcn{number}.weight": (256, 256, 3, 3) for number in range(1, 5)},
        "deconv.weight": (256, 256, 2, 2),
        "predictor.weight": (80, 256, 1, 1),
    }
    assert len(found) == 12


def test_cost_is_that_of_table_2() -> None:
    with torch.device("meta"):
        points = PointHead(256, 80, width=256, layers=3)
        coarse = CoarseHead(MaskConfig(), 256, 80)
        conv = ConvHead(MaskConfig(), 80, Levels(256))
    assert multiply_adds(points) == 284_928
    per_cell = multiply_adds(coarse.reduce_spatial_dim_conv)
    in_all = multiply_adds(coarse) + per_cell * (7 * 7 - 1)
    assert round(in_all / 1e6, 3) == 30.753
    assert round((in_all + 3136 * multiply_adds(points)) / 1e6, 2) == 924.29
    convolutions = sum(multiply_adds(getattr(conv, f"mask_fcn{n}")) for n in range(1, 5))
    at_14 = 14 * 14 * (convolutions + multiply_adds(conv.deconv))
    assert round((at_14 + 28 * 28 * multiply_adds(conv.predictor)) / 1e6, 2) == 529.86


@pytest.mark.parametrize("levels", [P2, P2_TO_P6])
@pytest.mark.parametrize("empty", [False, True])
def test_every_parameter_gets_a_gradient(levels: dict[str, int], empty: bool) -> None:
    head, batch = small_head(levels), Batch(levels, 8, empty=empty)
    losses = head.losses(batch.features, batch.truth())
    assert sorted(losses) == ["loss_mask", "loss_mask_point"]
    torch.stack(list(losses.values())).sum().backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.any()) is not empty, name
    assert all((loss.item() == 0) is empty for loss in losses.values())


@pytest.mark.parametrize("empty", [False, True])
def test_every_parameter_of_the_conv_head_gets_a_gradient(empty: bool) -> None:
    levels = {"p2": 4, "p3": 8, "p4": 16, "p5": 32}
    head, batch = ConvHead(MaskConfig(), 3, Levels(8)), Batch(levels, 8, empty=empty)
    nn.init.normal_(head.predictor.weight)
    loss = head.losses(batch.features, batch.truth())["loss_mask"]
    loss.backward()
    assert all(each.grad is not None for each in head.parameters())
    assert (loss.item() == 0) is empty


def test_training_lowers_both_losses() -> None:
    head, batch = small_head(P2), Batch(P2, 8)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(5)
    seen = []
    for _ in range(40):
        losses = head.losses(batch.features, batch.truth(), generator=generator)
        seen.append([losses["loss_mask"].item(), losses["loss_mask_point"].item()])
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
    assert all(last < 0.7 * first for first, last in zip(seen[0], seen[-1], strict=True))


def test_fine_features_are_read_by_the_padded_size_of_each_image() -> None:
    batch = Batch(P2_TO_P6, 8)
    batch.features["p6"] = torch.rand(2, 8, 1, 2)  # 64 x 128: padded more than the others
    head = small_head(P2_TO_P6)
    points = torch.rand(5, 6, 2)
    found = head.fine(batch.features, batch.boxes, points)
    assert found.shape == (5, 40, 6)
    for box in range(5):
        image = 0 if box < 3 else 1
        for level, (name, size) in enumerate({"p2": (64, 96), "p6": (64, 128)}.items()):
            corners = torch.cat(batch.boxes)[box : box + 1]
            places = points_in_image(points[box : box + 1], corners, size)
            expected = sample_points(batch.features[name][image : image + 1], places)[0]
            start = 32 * level
            torch.testing.assert_close(found[box, start : start + 8], expected)


def test_the_coarse_head_reads_one_sample_in_the_middle_of_each_cell() -> None:
    head, batch = small_head(P2), Batch(P2, 8)
    seen: list[Tensor] = []
    head.coarse_head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    head.coarse(batch.features, batch.boxes)
    x0, y0, x1, y1 = batch.boxes[0][1].tolist()
    row, column = 3, 11
    place = torch.tensor([x0 + (column + 0.5) / 14 * (x1 - x0), y0 + (row + 0.5) / 14 * (y1 - y0)])
    level = batch.features["p2"][:1]
    expected = sample_points(level, (place / torch.tensor([96.0, 64.0]))[None, None])[0, :, 0]
    torch.testing.assert_close(seen[0][1, :, row, column], expected)


def test_many_points_predict_every_cell() -> None:
    head, batch = small_head(P2, subdivision_steps=2, subdivision_points=28 * 28), Batch(P2, 8)
    found = head.predict(batch.features, batch.boxes, batch.classes)
    coarse = head.coarse(batch.features, batch.boxes)
    cells = grid_points(28).expand(5, -1, -1)
    every = head.at_points(batch.features, batch.boxes, coarse, cells)
    expected = of_class(every, torch.cat(batch.classes)).reshape(5, 1, 28, 28)
    torch.testing.assert_close(found, expected.detach())
    # one step that is not whole: nearly the same
    head.config = replace(head.config, subdivision_points=28 * 28 - 1)
    assert not torch.equal(head.predict(batch.features, batch.boxes, batch.classes), found)


def test_masks_have_the_published_side() -> None:
    batch = Batch(P2, 8)
    assert small_head(P2).predict(batch.features, batch.boxes, batch.classes).shape[1:] == (
        1,
        224,
        224,
    )
    fine = small_head(P2, grid=26, subdivision_points=4900)
    assert fine.predict(batch.features, batch.boxes, batch.classes).shape == (5, 1, 416, 416)
    none = Batch(P2, 8, empty=True)
    assert fine.predict(none.features, none.boxes, none.classes).shape == (0, 1, 416, 416)


def test_one_class_serves_all() -> None:
    batch = Batch(P2, 8)
    head = PointRendHead(MaskConfig(coarse_width=16, point_width=12), 1, Levels(8))
    assert head.predict(batch.features, batch.boxes, batch.classes).shape == (5, 1, 224, 224)
    head.losses(batch.features, batch.truth())["loss_mask_point"].backward()


@pytest.mark.parametrize("box", [[7, 7, 7, 20], [-90, -90, -50, -60], [80, 50, 300, 200]])
def test_odd_boxes_have_finite_losses_and_masks(box: list[float]) -> None:
    head, batch = small_head(P2), Batch(P2, 8)  # boxes without width, outside, partly outside
    expected = head.predict(batch.features, batch.boxes, batch.classes)
    batch.boxes[0][0] = torch.tensor(box)
    losses = head.losses(batch.features, batch.truth())
    assert all(bool(loss.isfinite()) for loss in losses.values())
    found = head.predict(batch.features, batch.boxes, batch.classes)
    assert found.isfinite().all()
    torch.testing.assert_close(found[1:], expected[1:])  # the others do not mind


def test_one_box_has_the_mask_that_it_has_among_others() -> None:
    head, batch = small_head(P2), Batch(P2, 8)
    every = head.predict(batch.features, batch.boxes, batch.classes)
    none = batch.boxes[0][:0], batch.classes[0][:0]
    boxes, classes = [none[0], batch.boxes[1][:1]], [none[1], batch.classes[1][:1]]
    torch.testing.assert_close(head.predict(batch.features, boxes, classes), every[3:4])


class Operators(TorchDispatchMode):
    """How many operators run in this context."""

    number = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.number += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("levels", [P2, P2_TO_P6])
def test_as_many_operators_run_for_many_boxes_as_for_few(levels: dict[str, int]) -> None:
    head, batch = small_head(levels), Batch(levels, 8)

    def operators(times: int) -> tuple[int, int]:
        boxes = [batch.boxes[0].repeat(times, 1), batch.boxes[1]]
        classes = [batch.classes[0].repeat(times), batch.classes[1]]
        with torch.no_grad(), Operators() as predicting:  # type: ignore[no-untyped-call]
            head.predict(batch.features, boxes, classes)
        with torch.no_grad(), Operators() as training:  # type: ignore[no-untyped-call]
            coarse = head.coarse(batch.features, boxes)
            points = head.training_points(coarse, torch.cat(classes), None)
            head.at_points(batch.features, boxes, coarse, points)
        return predicting.number, training.number

    few, many = operators(1), operators(20)
    assert few == many
    assert max(many) < 250 * (1 + len(levels))  # of two images and five grids of points


def test_mixed_precision_stays_near() -> None:
    head, batch = (
        small_head(P2, subdivision_points=224 * 224),
        Batch(P2, 8),
    )  # which points is no matter
    exact = head.predict(batch.features, batch.boxes, batch.classes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = head.predict(batch.features, batch.boxes, batch.classes).float()
    assert (rough - exact).norm() < 0.02 * exact.norm()
    assert ((rough > 0) != (exact > 0)).float().mean() < 0.005


@pytest.mark.parametrize("output", [28, 56, 112, 224])
def test_the_conv_head_predicts_at_each_output(output: Any) -> None:
    levels = {"p2": 4, "p3": 8, "p4": 16, "p5": 32}
    head = ConvHead(MaskConfig(output=output), 3, Levels(8))
    batch = Batch(levels, 8)
    found = head.predict(batch.features, batch.boxes, batch.classes)
    assert found.shape == (5, 1, output, output)


def test_boxes_are_pooled_from_the_level_of_their_size() -> None:
    head = ConvHead(MaskConfig(), 1, Levels(1))
    constant = {
        name: torch.full((1, 1, 64, 64), float(level))
        for level, name in enumerate(("p2", "p3", "p4", "p5"))
    }
    sides = torch.tensor([10.0, 111.0, 112.0, 223.0, 224.0, 447.0, 448.0, 2000.0])
    boxes = torch.stack([sides * 0, sides * 0, sides, sides], dim=1)
    found = head.pool(constant, [boxes])[:, 0, 0, 0]
    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_labels_at_points_are_those_of_sampling_a_mask_per_box() -> None:
    batch = Batch(P2, 8)
    points = torch.rand(5, 40, 2)
    found = point_targets(points, batch.truth())
    start = 0
    for boxes, masks, objects in zip(batch.boxes, batch.masks, batch.objects, strict=True):
        some = points[start : start + len(boxes)]
        places = points_in_image(some, boxes, (masks.shape[1], masks.shape[2]))
        expected = sample_points(masks[objects, None].float(), places)[:, 0]
        torch.testing.assert_close(found[start : start + len(boxes)], expected, atol=1e-6, rtol=0)
        start += len(boxes)


def test_cells_are_covered_or_not_and_softly_in_between() -> None:
    mask = torch.zeros(1, 4, 4)
    mask[0, :, 0] = 1
    mask[0, 0, 2] = 1
    box, which = torch.tensor([[0.0, 0.0, 4.0, 4.0]]), torch.tensor([0])
    sample = MaskSample([box], [], [mask], [which])
    hard = grid_targets(sample, 2)
    soft = grid_targets(sample, 2, soft=True)
    assert soft.tolist() == [[[0.5, 0.25], [0.5, 0.0]]]
    assert hard.tolist() == [[[1, 0], [1, 0]]]


def test_the_loss_is_the_mean_over_the_logits_of_the_class() -> None:
    logits = torch.tensor([[[0.0, 100.0]], [[100.0, 0.0]]]).reshape(2, 2, 1)
    found = mask_loss(logits, torch.tensor([0, 1]), torch.tensor([[1.0], [0.0]]))
    assert float(found) == pytest.approx(0.693147, abs=1e-6)


@pytest.mark.parametrize("sampling", ["biased", "uniform", "grid"])
def test_points_are_chosen_as_asked(sampling: Any) -> None:
    config = MaskConfig(coarse_width=4, point_width=4, sampling=sampling)
    head = PointRendHead(config, 1, Levels(4))
    logits = torch.full((2, 1, 7, 7), -9.0)
    logits[..., 3, 3] = 0
    points = head.training_points(logits, torch.zeros(2, dtype=torch.int64), None)
    assert points.shape == (2, 196, 2)
    near = ((points - 0.5).abs() < 1 / 7).all(-1).float().mean()
    assert (float(near) > 0.15) is (sampling == "biased")
    if sampling == "grid":
        torch.testing.assert_close(points[0], grid_points(14))


def test_other_choices_are_refused() -> None:
    other: Any = "best"
    with pytest.raises(InputError, match="expected 'biased' or 'uniform' or 'grid'"):
        PointRendHead(MaskConfig(sampling=other), 1, Levels(4))
    with pytest.raises(InputError, match="expected a square number"):
        PointRendHead(MaskConfig(sampling="grid", train_points=200), 1, Levels(4))
