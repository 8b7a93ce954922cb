"""Semantic models: published totals, sizes, losses, strides of training and of inference."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError, ShapeError
from segeval.models.config import Config, changed
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.building import semantic_model
from segeval.models.networks.semantic import SemanticModel

FPN: dict[str, Any] = {}
COARSE_FPN: dict[str, Any] = {"levels": ("p3", "p4", "p5")}
DEEPLAB: dict[str, Any] = {"kind": "deeplab", "norm": "group"}
KINDS = {"fpn": FPN, "coarse fpn": COARSE_FPN, "deeplab": DEEPLAB}
BOTH = pytest.mark.parametrize("pointrend", [False, True], ids=["plain", "pointrend"])
EACH = pytest.mark.parametrize("kind", list(KINDS))


def config_of(classes: int, backbone: dict[str, Any], **settings: Any) -> Config:
    semantic = {"task": "semantic", "semantic": settings}
    return changed(Config(), "mine", classes=classes, backbone=backbone, **semantic)


def model_of(kind: str, **settings: Any) -> SemanticModel:
    """A model in training mode, that tests with the same settings share."""
    model = built(kind, tuple(settings.items())).train()
    model.zero_grad(set_to_none=True)
    return model


@cache
def built(kind: str, changes: tuple[tuple[str, Any], ...]) -> SemanticModel:
    torch.manual_seed(1)
    backbone = {"width_per_group": 8, "output_stride": 16 if kind == "deeplab" else 32}
    settings = {"train_points": 32, "subdivision_points": 64} | KINDS[kind] | dict(changes)
    options = {name: settings.pop(name) for name in ("norm", "fine_levels") if name in settings}
    model = semantic_model(config_of(4, backbone, **settings), **options)
    for name, each in model.named_parameters():
        if name.endswith("predictor.weight"):
            nn.init.normal_(each, std=0.3)  # else all logits are hardly more than 0
    return model


def batch(labels: Tensor | None = None) -> Batch:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(2, 3, 32, 64, generator=generator)
    if labels is None:
        labels = torch.randint(0, 4, (2, 32, 64), generator=generator)
        labels[:, :, 50:] = 255
    return Batch(images, ((32, 50), (30, 50)), labels, ("a", "b"))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_entries_and_parameters_of_semantic_fpn_are_the_published_ones() -> None:
    with torch.device("meta"):
        model = semantic_model(config_of(19, {"depth": 101}, pointrend=True))
    names = list(model.state_dict())
    assert len(names) == 567
    assert sum(each.numel() for each in model.parameters()) == 47_572_582
    for name in (
        "backbone.bottom_up.stem.conv1.weight",
        "backbone.fpn_lateral2.weight",
        "backbone.fpn_output5.bias",
        "sem_seg_head.coarse_sem_seg_head.p5.4.norm.bias",
        "sem_seg_head.coarse_sem_seg_head.predictor.weight",
        "sem_seg_head.point_head.fc3.weight",
    ):
        assert name in names


def test_names_without_pyramid_and_without_points() -> None:
    with torch.device("meta"):
        plain = semantic_model(config_of(19, {}))
        deep = {"depth": 101, "output_stride": 16, "deep_stem": True}
        deeplab = semantic_model(config_of(19, deep, kind="deeplab"))
        dilated = {"output_stride": 16}
        points = semantic_model(config_of(19, dilated, kind="deeplab", pointrend=True))
    assert "sem_seg_head.p5.4.weight" in plain.state_dict()
    names = deeplab.state_dict()
    assert "backbone.stem.conv3.weight" in names
    assert "backbone.res5.2.conv3.norm.running_var" in names
    assert "sem_seg_head.aspp.convs.4.1.bias" in names
    assert "sem_seg_head.predictor.bias" in names
    assert not any("bottom_up" in name or "point" in name for name in names)
    shapes = {name: tuple(each.shape) for name, each in points.state_dict().items()}
    assert shapes["sem_seg_head.coarse_sem_seg_head.aspp.project.weight"] == (256, 1280, 1, 1)
    assert shapes["sem_seg_head.point_head.fc1.weight"] == (256, 256 + 19, 1)  # of res2


@BOTH
@EACH
def test_logits_have_the_size_of_the_padded_images(kind: str, pointrend: bool) -> None:
    data = batch()
    logits = model_of(kind, pointrend=pointrend).eval()(data.images, data.sizes)
    assert logits.shape == (2, 4, 32, 64)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()
    assert not logits.requires_grad


@EACH
def test_plain_models_upsample_bilinearly(kind: str) -> None:
    data, model = batch(), model_of(kind).eval()
    with torch.no_grad():
        coarse = model.sem_seg_head.predict(model.backbone(data.images), (32, 64))
    stride = {"fpn": 4, "coarse fpn": 8, "deeplab": 16}[kind]
    assert coarse.shape == (2, 4, 32 // stride, 64 // stride)
    expected = functional.interpolate(
        coarse, scale_factor=stride, mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(model(data.images), expected)


def test_fewer_steps_than_doublings_leave_the_rest_to_interpolation() -> None:
    data, model = batch(), model_of("deeplab", pointrend=True, subdivision_steps=1).eval()
    with torch.no_grad():
        once = model.sem_seg_head.predict(model.backbone(data.images), (32, 64))
    assert once.shape == (2, 4, 4, 8)
    expected = functional.interpolate(once, size=(32, 64), mode="bilinear", align_corners=False)
    torch.testing.assert_close(model(data.images), expected)


def test_several_fine_levels_keep_the_images_of_a_batch_apart() -> None:
    data = batch()
    model = model_of("fpn", pointrend=True, fine_levels=("p2", "p3", "p5")).eval()
    logits = model(data.images)
    for image in range(2):
        alone = model(data.images[image : image + 1])
        far = (logits[image] - alone[0]).abs().amax(0) > 1e-2
        assert far.float().mean() < 0.01  # a tie among uncertain points may go either way


@BOTH
@EACH
def test_losses_give_every_trained_parameter_a_gradient(kind: str, pointrend: bool) -> None:
    model = model_of(kind, pointrend=pointrend)
    losses = model.losses(batch(), generator=seeded(0))
    names = {"loss_sem_seg", "loss_sem_seg_point"} if pointrend else {"loss_sem_seg"}
    assert set(losses) == names
    torch.stack(list(losses.values())).sum().backward()
    for name, each in model.named_parameters():
        if each.requires_grad:
            assert each.grad is not None, name
            assert each.grad.isfinite().all(), name


@BOTH
def test_what_nobody_reads_of_a_pyramid_is_not_trained(pointrend: bool) -> None:
    model = model_of("coarse fpn", pointrend=pointrend)
    still = {name for name, each in model.named_parameters() if not each.requires_grad}
    parts = () if pointrend else ("fpn_lateral2", "fpn_output2")  # points read p2
    assert still == {f"backbone.{part}.{kind}" for part in parts for kind in ("weight", "bias")}


def test_the_loss_is_that_of_logits_at_the_size_of_the_labels() -> None:
    data, model = batch(), model_of("fpn").eval()
    assert isinstance(data.targets, Tensor)
    expected = functional.cross_entropy(model(data.images), data.targets, ignore_index=255)
    torch.testing.assert_close(model.losses(data)["loss_sem_seg"], expected)


@pytest.mark.parametrize("kind", ["fpn", "deeplab"])
def test_a_batch_without_labels_teaches_nothing(kind: str) -> None:
    model = model_of(kind, pointrend=True)
    losses = model.losses(batch(torch.full((2, 32, 64), 255)), generator=seeded(0))
    assert [each.item() for each in losses.values()] == [0, 0]
    torch.stack(list(losses.values())).sum().backward()
    for name, each in model.named_parameters():
        assert each.grad is not None, name
        assert not each.grad.any(), name


def test_a_seed_gives_the_same_losses() -> None:
    model = model_of("deeplab", pointrend=True)  # points and dropout
    first, again, other = (model.losses(batch(), generator=seeded(seed)) for seed in (4, 4, 5))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(not torch.equal(first[name], other[name]) for name in first)


def test_one_image_trains_with_the_norm_of_a_batch() -> None:
    data = batch()
    assert isinstance(data.targets, Tensor)
    one = Batch(data.images[:1], data.sizes[:1], data.targets[:1], ("a",))
    assert model_of("deeplab", norm="batch").losses(one)["loss_sem_seg"].isfinite()


@BOTH
def test_deeplab_trains_at_stride_16_and_predicts_at_8(pointrend: bool) -> None:
    model, data = model_of("deeplab", pointrend=pointrend, test_output_stride=8), batch()
    names = list(model.state_dict())

    def coarse() -> tuple[int, ...]:
        with torch.no_grad():
            head = model.get_submodule("sem_seg_head")
            return tuple(head(model.backbone(data.images)).shape[2:])

    def rates() -> list[int]:
        aspp = model.get_submodule("sem_seg_head" + ".coarse_sem_seg_head" * pointrend + ".aspp")
        return [each.dilation[0] for each in list(aspp.convs)[1:4]]  # type: ignore[arg-type]

    assert (coarse(), rates()) == ((2, 4), [6, 12, 18])
    model.eval()
    assert (coarse(), rates()) == ((4, 8), [12, 24, 36])
    assert model(data.images).shape == (2, 4, 32, 64)
    model.train()
    assert (coarse(), rates()) == ((2, 4), [6, 12, 18])
    assert list(model.state_dict()) == names


def test_mixed_precision_stays_near() -> None:
    # All points are predicted, since which are the most uncertain is a matter of rounding.
    model, data = model_of("fpn", pointrend=True, subdivision_points=10_000).eval(), batch()
    exact = model(data.images)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model(data.images)
        losses = model.losses(data, generator=seeded(0))
    assert rough.dtype == torch.float32
    assert (rough - exact).norm() < 0.05 * exact.norm()
    assert all(each.dtype == torch.float32 for each in losses.values())


@pytest.mark.parametrize(
    ("settings", "options", "code"),
    [
        ({"kind": "unet"}, {}, "config"),
        ({}, {"classes": 1}, "classes"),
        ({"levels": ("p3", "p7")}, {}, "config"),
        ({"pointrend": True}, {"fine_levels": ("res2",)}, "unknown-level"),
        ({"kind": "deeplab", "pointrend": True}, {"fine_levels": ("p2",)}, "unknown-level"),
    ],
)
def test_what_there_is_not_is_refused(
    settings: dict[str, Any], options: dict[str, Any], code: str
) -> None:
    with torch.device("meta"), pytest.raises(InputError) as caught:
        semantic_model(config_of(options.pop("classes", 19), {}, **settings), **options)
    assert caught.value.code == code


def test_other_targets_are_refused() -> None:
    model, data = model_of("fpn"), batch()
    nothing = Objects(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(0, 32, 64).byte())
    with pytest.raises(InputError, match="label maps"):
        model.losses(Batch(data.images, data.sizes, (nothing, nothing), data.names))
    with pytest.raises(ShapeError, match=r"\(2, 32, 50\), expected \(2, 32, 64\)"):
        model.losses(batch(torch.zeros(2, 32, 50).long()))
