"""CPU and CUDA give the same, and boxes share their kernels.

What is compared has the same inputs on both devices: which of two equal points is chosen, or which
of two equal boxes stays, is a matter of rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from segeval.masks import area, decode
from segeval.models.config import BackboneConfig, BoxConfig, Config, MaskConfig, changed
from segeval.models.networks.backbone import FPN, ResNet, deformable_conv, resnet
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.building import semantic_model
from segeval.models.networks.mask_heads import PointRendHead
from segeval.models.networks.protocols import Levels
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.semantic import SemanticModel
from segeval.models.ops import (
    class_wise_nms,
    mask_uncertainty,
    nms,
    paste_masks,
    roi_align,
    sample_points,
    subdivide,
    subdivide_classes,
    uncertain_points,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def _full_precision() -> Iterator[None]:
    """No TF32, which would round features to 11 bits; only convolutions have it by default."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_boxes(number: int, size: tuple[int, int], seed: int = 0) -> Tensor:
    """Boxes of all sizes, some partly outside of an image."""
    generator, most = seeded(seed), torch.tensor([size[1], size[0]])
    corner = (torch.rand(number, 2, generator=generator) * 1.2 - 0.2) * most
    return torch.cat(
        [corner, corner + torch.rand(number, 2, generator=generator) * most / 2 + 1], 1
    )


def smooth(*shape: int, seed: int = 0) -> Tensor:
    """Random maps (B, C, H, W) without jumps from cell to cell."""
    rough = torch.randn(*shape[:2], 6, 6, generator=seeded(seed)) * 4
    return functional.interpolate(rough, size=shape[2:], mode="bicubic")


def on_both(function: Callable[..., Tensor], *tensors: Tensor) -> tuple[Tensor, Tensor]:
    """What a function of tensors gives on the CPU and on the GPU."""
    there = function(*(each.to(GPU) for each in tensors))
    assert there.device.type == "cuda"
    return function(*tensors), there.cpu()


@pytest.mark.parametrize("samples", [0, 2])
def test_roi_align_and_its_gradient(samples: int) -> None:
    features, boxes = smooth(2, 16, 50, 76), random_boxes(200, (200, 304))
    image = torch.arange(200) % 2
    gradients = []

    def pooled(features: Tensor, boxes: Tensor, image: Tensor) -> Tensor:
        features = features.detach().requires_grad_()
        found = roi_align(features, boxes, image, 7, scale=0.25, samples=samples)
        found.square().sum().backward()
        assert features.grad is not None
        gradients.append(features.grad.cpu())
        return found.detach()

    torch.testing.assert_close(*on_both(pooled, features, boxes, image), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(*gradients, atol=1e-2, rtol=1e-4)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_nms(threshold: float) -> None:
    boxes = random_boxes(1500, (200, 200)).round()
    scores = (torch.rand(1500, generator=seeded(1)) * 50).round()  # many are equal
    classes = torch.randint(0, 5, (1500,), generator=seeded(2))
    assert torch.equal(*on_both(partial(nms, threshold=threshold), boxes, scores))
    of_classes = partial(class_wise_nms, threshold=threshold)
    assert torch.equal(*on_both(of_classes, boxes, scores, classes))


def test_samples_and_training_points() -> None:
    coarse = torch.randn(50, 1, 7, 7, generator=seeded(0))
    points = torch.rand(50, 500, 2, generator=seeded(1)) * 1.2 - 0.1
    torch.testing.assert_close(*on_both(sample_points, coarse, points), atol=1e-5, rtol=0)
    chosen = on_both(
        lambda logits: uncertain_points(logits, mask_uncertainty, 196, generator=seeded(2)), coarse
    )
    same = (chosen[0] - chosen[1]).abs().amax(2) < 1e-6
    assert same.float().mean() > 0.99  # two of nearly the same uncertainty may change places


def test_deformable_convolution() -> None:
    x, weight = smooth(2, 8, 20, 24), torch.randn(12, 8, 3, 3, generator=seeded(1))
    offsets = torch.randn(2, 18, 20, 24, generator=seeded(2)) * 2
    both = on_both(lambda *each: deformable_conv(*each, padding=1), x, offsets, weight)
    torch.testing.assert_close(*both, atol=1e-3, rtol=1e-4)


def test_pasted_masks() -> None:
    logits, boxes = smooth(60, 1, 112, 112), random_boxes(60, (300, 400))
    sizes = torch.tensor([[300, 400]]).expand(60, 2)
    here = paste_masks(logits, boxes, sizes)
    there = paste_masks(logits.to(GPU), boxes.to(GPU), sizes)
    other = (np.asarray(decode(here)) != np.asarray(decode(there))).sum()
    assert other <= 1e-4 * area(here).sum()


def test_subdivision() -> None:
    fine, classes = smooth(40, 1, 256, 256), smooth(2, 5, 64, 96, seed=1)

    def masks(fine: Tensor) -> Tensor:
        return subdivide(
            lambda points: sample_points(fine, points)[:, 0], len(fine), device=fine.device
        )

    def maps(classes: Tensor) -> Tensor:
        coarse = functional.interpolate(classes, size=(16, 24), mode="bilinear")
        return subdivide_classes(
            coarse, lambda points: sample_points(classes, points), steps=2, points=500
        )

    for here, there in (on_both(masks, fine), on_both(maps, classes)):
        assert here.shape == there.shape
        assert (~((here - there).abs() <= 1e-3)).float().mean() < 1e-3


def small_instances() -> MaskRCNN:
    """All parts of the model, with few layers, whose predictors say more than nearly 0."""
    torch.manual_seed(0)
    with patch.dict(resnet.BLOCKS, {50: (1, 1, 1, 1)}):
        backbone = FPN(ResNet(BackboneConfig(deformable=2)), channels=32)
    head = PointRendHead(MaskConfig(coarse_width=64, point_width=32), 3, backbone)
    model = MaskRCNN(backbone, head, BoxConfig(score_threshold=0.2), classes=3)
    for name, each in model.named_parameters():
        if name.split(".")[-2] in ("prediction", "predictor"):
            nn.init.normal_(each, std=0.3)
    return model.eval()


def instance_batch() -> Batch:
    images = smooth(2, 3, 128, 160) / 4
    sizes = ((128, 160), (120, 150))
    boxes = torch.tensor([[20.0, 10, 90, 100], [70, 30, 150, 110]])
    masks = torch.zeros(2, 128, 160, dtype=torch.uint8)
    masks[0, 15:95, 25:80] = 1
    masks[1, 40:100, 80:140] = 1
    objects = Objects(boxes, torch.tensor([0, 2]), masks)
    nothing = Objects(boxes[:0], objects.classes[:0], masks[:0])
    return Batch(images, sizes, (objects, nothing), ("a", "b"))


def assert_near(found: Tensor, expected: Tensor, share: float = 1e-4) -> None:
    """Differences are small beside the numbers themselves."""
    assert (found.detach().cpu() - expected.detach()).norm() <= share * expected.detach().norm()


@torch.no_grad()
def test_a_model_of_instances() -> None:
    model, batch = small_instances(), instance_batch()
    there = copy.deepcopy(model).to(GPU)
    features = model.backbone(batch.images)
    for name, found in there.backbone(batch.images.to(GPU)).items():
        assert_near(found, features[name])
    moved = {name: each.to(GPU) for name, each in features.items()}
    proposals = model.proposal_generator(features, batch.sizes)
    for found, expected in zip(
        there.proposal_generator(moved, batch.sizes), proposals, strict=True
    ):
        assert abs(len(found) - len(expected)) <= 2  # an IoU may lie at the threshold
    detected = model.detect(features, proposals, batch.sizes)
    again = there.detect(moved, [each.to(GPU) for each in proposals], batch.sizes)
    assert sum(len(each.boxes) for each in detected) > 20
    for each, before in zip(again, detected, strict=True):
        assert each.classes.tolist() == before.classes.tolist()
        torch.testing.assert_close(each.boxes.cpu(), before.boxes, atol=1e-3, rtol=1e-5)
        torch.testing.assert_close(each.scores.cpu(), before.scores, atol=1e-5, rtol=0)
    for found, expected in zip(
        there.masks(moved, again), model.masks(features, detected), strict=True
    ):
        assert (~((found.cpu() - expected).abs() <= 2e-3)).float().mean() < 1e-3
        assert ((found.cpu() > 0) != (expected > 0)).float().mean() < 1e-3
    for whole in there(batch.images.to(GPU), batch.sizes):
        assert whole.masks.isfinite().all()


def test_losses_of_instances() -> None:
    model, batch = small_instances().train(), instance_batch()
    expected = model.losses(batch, generator=seeded(3))
    found = copy.deepcopy(model).to(GPU).losses(batch.to(GPU), generator=seeded(3))
    assert list(found) == list(expected)
    for name, each in found.items():
        assert each.item() == pytest.approx(expected[name].item(), rel=1e-3), name


def small_semantic(kind: Any) -> SemanticModel:
    torch.manual_seed(1)
    semantic = {"kind": kind, "pointrend": True, "subdivision_points": 800, "test_output_stride": 8}
    backbone = {"output_stride": 16 if kind == "deeplab" else 32}
    config = changed(
        Config(), "small", task="semantic", classes=5, backbone=backbone, semantic=semantic
    )
    with patch.dict(resnet.BLOCKS, {50: (1, 1, 1, 1)}):
        model = semantic_model(config, norm="group")
    for name, each in model.named_parameters():
        if name.endswith("predictor.weight"):
            nn.init.normal_(each, std=0.3)
    return model.eval()


@pytest.mark.parametrize("kind", ["fpn", "deeplab"])
def test_a_semantic_model(kind: str) -> None:
    model, images = small_semantic(kind), smooth(2, 3, 128, 160) / 4
    there = copy.deepcopy(model).to(GPU)
    expected, found = model(images), there(images.to(GPU)).cpu()
    scale = expected.std()
    assert (~((found - expected).abs() <= 1e-3 * scale)).float().mean() < 2e-3
    assert (found.argmax(1) != expected.argmax(1)).float().mean() < 1e-3
    labels = torch.randint(0, 5, (2, 128, 160), generator=seeded(2))
    batch = Batch(images, ((128, 160),) * 2, labels, ("a", "b"))
    here = model.losses(batch, generator=seeded(4))  # in inference mode: without dropout
    for name, each in there.losses(batch.to(GPU), generator=seeded(4)).items():
        assert each.item() == pytest.approx(here[name].item(), rel=1e-3), name


@pytest.mark.parametrize(("dtype", "share"), [(torch.float16, 0.01), (torch.bfloat16, 0.05)])
@torch.no_grad()
def test_mixed_precision_stays_near(dtype: torch.dtype, share: float) -> None:
    # every point is predicted: which of them are the most uncertain is a matter of rounding
    model, batch = small_instances().to(GPU), instance_batch().to(GPU)
    head: Any = model.roi_heads.mask_head
    head.config = replace(head.config, subdivision_points=224 * 224)
    semantic = small_semantic("fpn").to(GPU)
    points: Any = semantic.sem_seg_head
    points.config = replace(points.config, subdivision_points=128 * 160)
    boxes = [random_boxes(9, size).to(GPU) for size in batch.sizes]
    classes = [torch.arange(9, device=GPU) % 3] * 2

    def outputs(*, rough: bool) -> list[Tensor]:
        with torch.autocast("cuda", dtype, enabled=rough):
            features = model.backbone(batch.images)
            logits, deltas = model.stages[0](features, boxes)
            masks = model.roi_heads.mask_head.predict(features, boxes, classes)
            return [logits, deltas, masks.float().sigmoid() - 0.5, semantic(batch.images)]

    for exact, rough in zip(outputs(rough=False), outputs(rough=True), strict=True):
        assert rough.dtype == torch.float32
        assert_near(rough, exact.cpu(), share)


def kernels(work: Callable[[], object]) -> int:
    """How many kernels something launches, copies included."""
    work()  # what is prepared once is not counted
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        work()
        torch.cuda.synchronize()
    return sum(event.device_type.name == "CUDA" for event in profiler.events())


@pytest.mark.filterwarnings("ignore")  # of the profiler
def test_subdivision_launches_as_many_kernels_for_many_boxes_as_for_few() -> None:
    head = PointRendHead(MaskConfig(), 80, Levels(256)).to(GPU)
    features = {"p2": smooth(1, 256, 200, 304).to(GPU)}
    boxes = random_boxes(100, (800, 1216)).to(GPU)
    classes = torch.arange(100, device=GPU) % 80

    def launched(number: int) -> int:
        return kernels(lambda: head.predict(features, [boxes[:number]], [classes[:number]]))

    few, many = launched(10), launched(100)
    # libraries choose kernels by size, and some choices are two; one for each box would be 90 more
    assert many - few < 90
    assert many < 500
