"""RefineMask: where it refines, what it learns, and what becomes of its stages."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError, ShapeError
from segeval.models import component
from segeval.models.config import BoxConfig, changed, read_config
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.costs.preset_costs import model_cost
from segeval.models.networks.batches import Batch, MaskSample
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.building import build
from segeval.models.networks.cascade import box_stages
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.htc import HTC
from segeval.models.networks.mask_groups import masks_in_groups
from segeval.models.networks.mask_heads import RefineMaskHead, htc_mask_heads
from segeval.models.networks.protocols import Levels
from tests.detector_batches import few_proposals, no_objects, small_pyramid, some_batch
from tests.fill_rule import fill, record, recorded, wave

STRIDES = {"p2": 4, "p3": 8, "p4": 16, "p5": 32, "p6": 64}


def small_head(**settings: Any) -> RefineMaskHead:
    """Masks of 16 x 16 of two classes, on 16 channels."""
    torch.manual_seed(0)
    config = RefineMaskConfig(stages=2, pool=4, **settings)
    return RefineMaskHead(config, 2, Levels(16))


def maps() -> dict[str, Tensor]:
    """Levels of two images of 64 x 96 pixels."""
    torch.manual_seed(1)
    return {name: torch.randn(2, 16, 64 // each, 96 // each) for name, each in STRIDES.items()}


def sample(boxes: list[list[list[float]]]) -> MaskSample:
    """Boxes of two images on their only objects."""
    masks = torch.zeros(1, 64, 96, dtype=torch.uint8)
    masks[0, 10:50, 20:60] = 1
    own = [torch.tensor(each).reshape(-1, 4) for each in boxes]
    zeros = [torch.zeros(len(each), dtype=torch.int64) for each in own]
    return MaskSample(own, zeros, [masks, masks[:, :60, :70]], zeros)


BOXES: list[list[list[float]]] = [[[20.0, 10, 60, 50], [4, 4, 40, 40]], [[18.0, 12, 58, 48]]]


def test_the_boundary_of_a_square_lies_on_both_sides_of_its_edge() -> None:
    square = torch.zeros(1, 9, 9).bool()
    square[0, 2:7, 2:7] = True
    near = component("boundary-region")(square)[0]
    by_hand = torch.zeros(9, 9).bool()
    by_hand[1:8, 1:8] = True
    by_hand[3:6, 3:6] = False
    assert torch.equal(near, by_hand)  # 40 cells
    assert int(component("boundary-region", width=2)(square).sum()) == 68


def test_a_mask_that_touches_the_border_has_a_boundary_there() -> None:
    full = torch.ones(1, 5, 5).bool()
    near = component("boundary-region")(full)[0]
    assert near.sum() == 16
    assert not near[1:-1, 1:-1].any()


def recorded_stages() -> tuple[list[Tensor], list[Tensor]]:
    """Logits and targets of a disc in four grids."""
    logits, targets = [], []
    for stage, side in enumerate((4, 8, 16, 32)):
        centres = (torch.arange(side, dtype=torch.float64) + 0.5) / side
        y, x = centres[:, None], centres[None]
        targets.append(((y - 0.45) ** 2 + (x - 0.5) ** 2 < 0.09).double()[None])
        distance = ((y - 0.5) ** 2 + (x - 0.5) ** 2).sqrt()
        ripple = torch.cos(0.37 * torch.arange(side**2).double() + stage).reshape(side, side)
        logits.append((8 * (0.3 - distance) + 0.5 * ripple)[None])
    return logits, targets


def test_losses_of_the_stages_are_the_recorded_ones() -> None:
    losses = component("refine-mask-losses")(*recorded_stages())
    expected = [0.3489972, 0.3495068, 0.4221702, 0.4783844]
    assert [float(each) for each in losses] == pytest.approx(expected, rel=1e-6)
    weights = (0.25, 0.5, 0.75, 1)
    total = sum(weight * float(each) for weight, each in zip(weights, losses, strict=True))
    assert total == pytest.approx(1.05701482, rel=1e-8)


def test_the_last_stage_counts_near_the_boundary_alone() -> None:
    logits, _ = recorded_stages()
    mask = component("refine-mask-fusion")(logits)
    assert int((mask >= 0).sum()) == 275
    assert int((logits[-1] >= 0).sum()) == 280
    assert int((mask == logits[-1]).sum()) == 324


def test_without_a_boundary_nothing_is_learnt_late() -> None:
    logits = [torch.full((1, side, side), -9.0, requires_grad=True) for side in (4, 8, 16)]
    targets = [torch.zeros(1, side, side) for side in (4, 8, 16)]
    losses = component("refine-mask-losses")(logits, targets)
    assert losses[1].item() > 0
    assert losses[2].item() == 0
    losses[2].backward()
    assert logits[2].grad is not None
    assert not logits[2].grad.any()


def test_the_fusion_block_gives_the_recorded_numbers() -> None:
    block = fill(component("dilated-fusion", channels=4), "dilated-fusion")
    assert record(block(wave(1, 4, 6, 7)))[:2] == recorded(-27.23619, 2.026021)


def test_the_head_gives_the_recorded_numbers() -> None:
    head = component(
        "refine-mask-head",
        channels=16, classes=3, stages=2, pool=4, instance_layers=1, semantic_layers=1,
    )  # fmt: skip
    fill(head, "refine-mask-head")
    boxes = [torch.tensor([[3.0, 5, 35, 29], [10, 2, 60, 50]])]
    with torch.no_grad():
        logits, foreground = head(
            wave(2, 16, 4, 4), wave(1, 16, 16, 20, phase=1), boxes, torch.tensor([1, 2])
        )
    sums = [float(each.sum()) for each in logits]
    assert sums == pytest.approx([-0.011278, -31.47688, 57.88482], rel=1e-4)
    assert float(foreground.sum()) == pytest.approx(-10.989262, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "parameters", "multiply_adds"),
    [
        ({"classes": 80}, 6_407_003, 1_505_280_000),
        ({"classes": 1203, "agnostic_last": True}, 6_910_869, 1_868_002_304),
        ({"classes": 34}, 6_384_739, None),
        ({"classes": 80, "simple": True}, 6_320_285, None),
    ],
)
def test_parameters_and_cost_are_those_counted_by_hand(
    settings: dict[str, Any], parameters: int, multiply_adds: int | None
) -> None:
    with shapes_only():
        head = component("refine-mask-head", channels=256, **settings).head
        level, pooled = torch.zeros(1, 256, 200, 336), torch.zeros(1, 256, 14, 14)
        with counting(head) as of_image:
            features = head.prepared({"p2": level})
        box, first = [torch.zeros(1, 4)], torch.zeros(1, dtype=torch.int64)
        with counting(head) as of_box:
            head(pooled, features, box, first)
    assert sum(each.numel() for each in head.parameters()) == parameters
    assert multiply_adds in (None, cost_of(of_box).multiply_adds)
    if not settings.get("simple"):
        assert cost_of(of_image).multiply_adds == 166_268_928_000


@pytest.mark.parametrize("simple", [False, True])
def test_every_parameter_learns(simple: bool) -> None:
    head = small_head(simple=simple)
    losses, logits = head.learn(maps(), sample(BOXES))
    assert list(losses) == ["loss_mask"] + ["loss_mask_semantic"] * (not simple)
    assert logits.shape == (3, 1, 16, 16)
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in head.parameters())
    changed_by = [bool(each.grad.any()) for each in head.parameters() if each.grad is not None]
    assert sum(changed_by) > 0.9 * len(changed_by)


@pytest.mark.parametrize("simple", [False, True])
def test_without_boxes_only_what_is_foreground_is_learnt(simple: bool) -> None:
    head = small_head(simple=simple)
    losses, logits = head.learn(maps(), sample([[], []]))
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask"].item() == 0
    assert all(each.grad is not None for each in head.parameters())
    assert logits.shape == (0, 1, 16, 16)
    if not simple:
        assert losses["loss_mask_semantic"].item() > 0
    assert head.predict(maps(), *([torch.zeros(0, 4)] * 2, [torch.zeros(0).long()] * 2)).shape == (
        0, 1, 16, 16,
    )  # fmt: skip


def test_what_is_foreground_is_the_union_of_all_objects_at_stride_4() -> None:
    masks = torch.zeros(2, 16, 24, dtype=torch.uint8)
    masks[0, 0:8, 0:8] = 1
    masks[1, 8:16, 16:24] = 1
    union = torch.zeros(2, 1, 4, 6)
    union[0, 0, :2, :2] = union[0, 0, 2:, 4:] = 1
    logits = torch.randn(2, 1, 4, 6)
    loss = component("foreground-loss")(logits, [masks, masks[:0]])
    expected = functional.binary_cross_entropy_with_logits(logits, union)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("simple", [False, True])
def test_boxes_outside_of_the_map_have_finite_masks(simple: bool) -> None:
    head = small_head(simple=simple)
    odd = sample([[[-90.0, -90, -50, -60], [80, 50, 300, 200], [7, 7, 7, 20]], [[5.0, 5, 30, 30]]])
    losses, _ = head.learn(maps(), odd)
    assert all(bool(each.isfinite()) for each in losses.values())
    assert head.predict(maps(), odd.boxes, odd.classes).isfinite().all()


def test_maps_of_the_images_are_made_once_for_all_groups_of_boxes() -> None:
    head, features = small_head().eval(), maps()
    boxes = torch.tensor([[20.0, 10, 60, 50], [4, 4, 40, 40], [30, 20, 80, 60]])
    classes = torch.tensor([0, 1, 1])
    first = PredictedBoxes(boxes, boxes[:, 0], classes)
    found = [first, PredictedBoxes(boxes[:0], boxes[:0, 0], classes[:0])]
    runs: list[Any] = []
    head.semantic_convs[0].register_forward_hook(lambda *_: runs.append(1))
    with torch.no_grad():
        every = masks_in_groups(head, features, found)
        with patch.object(head, "numbers_per_box", 1 << 22):  # one box at a time
            alone = masks_in_groups(head, features, found)
    assert len(runs) == 2
    torch.testing.assert_close(every[0], alone[0])


def test_one_mask_serves_all_classes_in_the_last_stage_of_lvis() -> None:
    head = small_head(agnostic_last=True)
    assert head.final_instance_logits.weight.shape[0] == 1
    head.learn(maps(), sample(BOXES))[0]["loss_mask"].backward()


@pytest.mark.parametrize("width", [18, 8])
def test_channels_that_cannot_be_halved_are_refused(width: int) -> None:
    message = f"mask.width is {width}, expected a multiple of 4, 12 or more: RefineMask halves it"
    with pytest.raises(InputError, match=message):
        small_head(width=width)


def test_masks_larger_than_the_image_are_refused() -> None:
    loss = component("foreground-loss")
    masks = [torch.ones(1, 90, 30, dtype=torch.uint8)]
    with pytest.raises(ShapeError, match="The masks are 90 x 30, expected at most 32 x 64"):
        loss(torch.zeros(1, 1, 8, 16), masks)


def test_channels_of_the_pyramid_that_cannot_be_halved_are_named_as_such() -> None:
    """Also in Hybrid Task Cascade, whose mask heads have no width of their own."""
    config = HTCMaskConfig(layers=1, last="refine")
    with pytest.raises(InputError, match=r"pyramid\.channels is 16, expected a multiple of 8, 24"):
        htc_mask_heads(config, 2, Levels(16))


def small_htc(**settings: Any) -> HTC:
    """Three stages of two classes, the last one with RefineMask's head."""
    pyramid = small_pyramid(24)
    heads = htc_mask_heads(HTCMaskConfig(layers=1, pool=4, last="refine", **settings), 2, pyramid)
    config, cascade = BoxConfig(layers=1, train_boxes=32), HTCConfig()
    stages = box_stages(pyramid, config, cascade, classes=2, classifier=partial(Softmax, classes=2))
    proposals = few_proposals(pyramid)
    return HTC(pyramid, heads, config, cascade, stages=stages, classes=2, proposals=proposals)


@pytest.mark.parametrize("with_objects", [True, False])
def test_it_is_the_last_head_of_a_cascade(with_objects: bool) -> None:
    model, batch = small_htc(agnostic_last=True).train(), some_batch()
    if not with_objects:
        batch = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(batch, generator=torch.Generator().manual_seed(1))
    assert list(losses)[-2:] == ["loss_mask", "loss_mask_semantic"]
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in model.parameters())
    model.eval().score = 0.1
    found = model(batch.images, batch.sizes)
    assert found[0].masks.shape[1:] == (1, 32, 32)
    heads: Any = model.roi_heads.mask_head
    if with_objects:
        both = heads.learn(model.backbone(batch.images), sample(BOXES))[0]
        assert list(both) == ["loss_mask", "loss_mask_semantic"]


def test_the_presets_have_the_head_on_mask_r_cnn() -> None:
    config = read_config("refinemask-r50")
    cost = model_cost(config)
    assert cost.output == (112, 112)
    assert cost.mask_multiply_adds == (100 * 1_505_280_000 + 166_268_928_000) // 100
    with torch.device("meta"):
        state = build(changed(config, "lvis", classes=1203, mask={"agnostic_last": True}))
    head = state.get_submodule("roi_heads.mask_head")
    assert sum(each.numel() for each in head.parameters()) == 6_910_869
    assert isinstance(head.get_submodule("final_instance_logits"), nn.Conv2d)
