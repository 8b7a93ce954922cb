"""SOLO learns and finds the same on CPU and CUDA."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from segeval.masks import area
from segeval.models import component
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.solo.model import SOLO
from tests.detector_batches import small_pyramid, some_batch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]

GPU = torch.device("cuda")
SMALL = SOLOConfig(
    grids=(6, 5, 4, 3, 2),
    layers=1,
    channels=32,
    mask_channels=32,
    kernels=32,
    deformable=2,
    candidate_score=0.0,
    score_threshold=0.0,
)


@pytest.fixture(autouse=True)
def _full_precision() -> Iterator[None]:
    """No TF32, which would round features to 11 bits."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def test_losses() -> None:
    model, batch = SOLO(small_pyramid(), SMALL, classes=2).train(), some_batch()
    there = copy.deepcopy(model).to(GPU)
    own, other = model.losses(batch), there.losses(batch.to(GPU))
    for name, loss in own.items():
        torch.testing.assert_close(loss, other[name].cpu(), atol=1e-5, rtol=1e-4)


def test_masks_of_the_photograph_leave_the_device_as_runs() -> None:
    model, batch = SOLO(small_pyramid(), SMALL, classes=2).eval(), some_batch()
    there = copy.deepcopy(model).to(GPU)
    own, _ = model(batch.images, batch.sizes)
    found, _ = there(batch.images.to(GPU), batch.sizes)
    assert found.masks.device.type == "cuda"
    same = replace(own, **{name: each.to(GPU) for name, each in vars(own).items()})
    here, moved = (each.in_photo((60, 70), (120, 140)) for each in (own, same))
    assert len(here["masks"])
    assert abs(area(here["masks"]) - area(moved["masks"])).max() <= 2  # pixels at exactly 1/2
    assert found.in_photo((60, 70), (120, 140))["scores"].isfinite().all()


@pytest.mark.parametrize("decay", ["gaussian", "linear"])
def test_matrix_nms(decay: str) -> None:
    draw = torch.Generator().manual_seed(0)
    masks = torch.rand(60, 40, 50, generator=draw) > torch.rand(60, 1, 1, generator=draw)
    classes = torch.randint(0, 3, (60,), generator=draw)
    scores = torch.rand(60, generator=draw).sort(descending=True).values
    lower = component("matrix-nms", decay=decay)
    there = lower(masks.to(GPU), classes.to(GPU), scores.to(GPU))
    torch.testing.assert_close(lower(masks, classes, scores), there.cpu())
