"""PointRend on a semantic head: training points, subdivision, several fine levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import SemanticConfig
from segeval.models.networks.semantic_heads import SemanticFPNHead, SemanticPointRendHead
from segeval.models.ops import class_uncertainty, grid_points, sample_points, uncertain_points

SIZE = 32, 32
FINE = {"p2": 8, "p3": 8}


def scene(batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(batch, 8, SIZE[0] // stride, SIZE[1] // stride, generator=generator)
        for name, stride in {"p2": 4, "p3": 8}.items()
    }


def small(**settings: int | None) -> SemanticPointRendHead:
    torch.manual_seed(1)
    coarse = SemanticFPNHead(3, levels={"p2": 4, "p3": 8}, channels=8, norm="group", width=32)
    config = SemanticConfig(**settings)  # type: ignore[arg-type]
    head = SemanticPointRendHead(coarse, config, 3, levels=FINE, width=12)
    nn.init.normal_(head.point_head.predictor.weight, std=0.5)
    return head


def asked(head: SemanticPointRendHead) -> tuple[list[int], Callable[..., Tensor]]:
    """The numbers of points that the head is asked for from now on."""
    counts: list[int] = []
    answer = head.at_points

    def counted(features: dict[str, Tensor], coarse: Tensor, points: Tensor) -> Tensor:
        counts.append(points.shape[1])
        return answer(features, coarse, points)

    return counts, counted


def test_names_and_shapes_are_the_published_ones() -> None:
    with torch.device("meta"):
        coarse = SemanticFPNHead(19, levels={"p2": 4}, channels=256, norm="group")
        head = SemanticPointRendHead(coarse, SemanticConfig(), 19, levels={"p2": 256})
    found = {name: tuple(each.shape) for name, each in head.state_dict().items()}
    points = {name: shape for name, shape in found.items() if name.startswith("point_head.")}
    assert points == {
        "point_head.fc1.weight": (256, 275, 1),
        "point_head.fc1.bias": (256,),
        "point_head.fc2.weight": (256, 256, 1),
        "point_head.fc2.bias": (256,),
        "point_head.fc3.weight": (256, 256, 1),
        "point_head.fc3.bias": (256,),
        "point_head.predictor.weight": (19, 256, 1),
        "point_head.predictor.bias": (19,),
    }
    assert {name.split(".")[0] for name in found} == {"coarse_sem_seg_head", "point_head"}


@torch.no_grad()
@pytest.mark.parametrize("points", [1, 40, 300, 10_000])
def test_subdivision_is_that_of_plain_loops_with_several_levels(points: int) -> None:
    head, features = small(subdivision_points=points), scene(batch=3)
    coarse = head(features)
    for image in range(3):  # one by one: images must not be mixed up
        logits = coarse[image]
        for _ in range(2):
            logits = functional.interpolate(logits[None], scale_factor=2, mode="bilinear")[0]
            best = logits.topk(2, dim=0).values
            certain = (best[0] - best[1]).flatten()
            side = logits.shape[1]
            for cell in certain.argsort()[:points].tolist():
                y, x = divmod(cell, side)
                place = torch.tensor([[[(x + 0.5) / side, (y + 0.5) / side]]])
                one = {name: each[image : image + 1] for name, each in features.items()}
                fine = torch.cat([sample_points(one[name], place)[0] for name in FINE])
                rough = sample_points(coarse[image : image + 1], place)[0]
                logits[:, y, x] = head.point_head(fine[None], rough[None])[0, :, 0]
            if points == 10_000:
                break  # one step in loops is enough, when all are predicted
        found = head.refine(features, coarse, (16, 16) if points == 10_000 else SIZE)
        torch.testing.assert_close(found[image], logits, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_all_points_are_the_point_head_everywhere() -> None:
    head, features = small(), scene()
    coarse = head(features)
    everywhere = head.at_points(features, coarse, grid_points(32).expand(2, -1, -1))
    found = head.refine(features, coarse, SIZE)
    torch.testing.assert_close(found, everywhere.reshape(2, 3, 32, 32), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("side", "settings", "counts"),
    [
        (8, {"subdivision_points": 300}, [256, 300]),  # stride 4: two steps
        (2, {"subdivision_points": 50}, [16, 50, 50, 50]),  # stride 16: four
        (2, {"subdivision_points": 50, "subdivision_steps": 2}, [16, 50]),
        (16, {"subdivision_points": 50, "subdivision_steps": 4}, [50]),  # never beyond the image
        (32, {}, []),
    ],
)
def test_steps_end_at_the_size_of_the_image(
    side: int, settings: dict[str, int], counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, coarse = small(**settings), torch.randn(2, 3, side, side)
    found, counted = asked(head)
    monkeypatch.setattr(head, "at_points", counted)
    refined = head.refine(scene(), coarse, SIZE)
    assert found == counts
    assert refined.shape[2] == side << len(counts)


@torch.no_grad()
def test_coarse_logits_are_left_as_they_are() -> None:
    head, features = small(), scene()
    coarse = head(features)
    before = coarse.clone()
    head.refine(features, coarse, SIZE)
    assert torch.equal(coarse, before)


def test_maps_need_not_be_square() -> None:
    generator = torch.Generator().manual_seed(0)
    features = {
        name: torch.randn(1, 8, 32 // stride, 96 // stride, generator=generator)
        for name, stride in {"p2": 4, "p3": 8}.items()
    }
    head = small()
    with torch.no_grad():
        coarse = head(features)
        found = head.refine(features, coarse, (32, 96))
        y, x = torch.meshgrid(torch.arange(32), torch.arange(96), indexing="ij")
        places = torch.stack([(x + 0.5) / 96, (y + 0.5) / 32], dim=-1).reshape(1, -1, 2)
        everywhere = head.at_points(features, coarse, places).reshape(1, 3, 32, 96)
    torch.testing.assert_close(found, everywhere, atol=1e-5, rtol=1e-4)


def test_the_point_loss_is_a_mean_over_points_with_a_label() -> None:
    head, features = small(train_points=64), scene()
    labels = torch.randint(0, 3, (2, *SIZE), generator=torch.Generator().manual_seed(2))
    labels[1, :, 16:] = 255
    coarse = head(features)
    loss = head.point_loss(features, coarse, labels, generator=torch.Generator().manual_seed(5))
    points = uncertain_points(
        coarse.detach(), class_uncertainty, 64, generator=torch.Generator().manual_seed(5)
    )
    fine = torch.cat([sample_points(features[name], points) for name in FINE], dim=1)
    scores = head.point_head(fine, sample_points(coarse, points)).log_softmax(1)
    each = []
    for image in range(2):
        for place, (x, y) in enumerate(points[image].tolist()):
            label = int(labels[image, int(y * 32), int(x * 32)])
            if label != 255:
                each.append(-scores[image, label, place])
    assert 64 < len(each) < 128
    torch.testing.assert_close(loss, torch.stack(each).mean())


def test_points_teach_the_coarse_head_too() -> None:
    head, features = small(train_points=64), scene()
    labels = torch.zeros(2, *SIZE, dtype=torch.int64)
    head.point_loss(features, head(features), labels).backward()
    for name, each in head.named_parameters():
        assert each.grad is not None, name
        assert each.grad.abs().sum() > 0, name


def test_points_learn_what_the_coarse_map_cannot_show() -> None:
    # Stripes of four pixels: cells of the finest features, a quarter of those of the coarse map.
    torch.manual_seed(0)
    stripe = torch.arange(32) // 4 % 2
    labels = stripe.expand(1, 32, 32)
    features = {
        "p2": functional.one_hot(stripe[::4], 2).float().T[None, :, None].expand(1, 2, 8, 8)
    }
    nothing: Any = nn.Identity()
    head = SemanticPointRendHead(nothing, SemanticConfig(), 2, levels={"p2": 2}, width=16)
    coarse, generator = torch.zeros(1, 2, 2, 2), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(head.parameters(), 0.02)
    for _ in range(40):
        optimiser.zero_grad()
        head.point_loss(features, coarse, labels, generator=generator).backward()
        optimiser.step()
    found = head.refine(features, coarse, SIZE).argmax(1)
    assert (found == labels).float().mean() > 0.95
