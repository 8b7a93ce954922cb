"""Hybrid Task Cascade: the flow between its mask heads, and what every stage learns."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from segeval.errors import FormatError
from segeval.models import component
from segeval.models.config import BoxConfig, Config, changed
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.costs.preset_costs import model_cost
from segeval.models.networks.batches import Batch, MaskSample
from segeval.models.networks.building import build
from segeval.models.networks.cascade import box_stages
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.htc import HTC
from segeval.models.networks.mask_heads import HTCHeads
from segeval.models.ops.pooling import pool_per_image
from tests.detector_batches import few_proposals, no_objects, small_pyramid, some_batch
from tests.fill_rule import fill, record, recorded, wave

MADE = changed(Config(), "htc", detector={"kind": "htc"}, mask={"kind": "htc"})


def small_htc(**settings: Any) -> HTC:
    """Three stages of two classes on 16 channels."""
    pyramid = small_pyramid()
    heads = HTCHeads(HTCMaskConfig(layers=1, pool=4), 2, pyramid)
    config, cascade = BoxConfig(layers=1, train_boxes=32), HTCConfig(**settings)
    return HTC(
        pyramid,
        heads,
        config,
        cascade,
        stages=box_stages(
            pyramid, config, cascade, classes=2, classifier=partial(Softmax, classes=2)
        ),
        classes=2,
        proposals=few_proposals(pyramid),
    )


def test_mask_heads_give_the_recorded_numbers() -> None:
    heads = fill(component("htc-mask-heads", channels=4, classes=2, layers=2), "htc-mask-heads")
    with torch.no_grad():
        logits = heads(wave(1, 4, 3, 3))
    sums = [float(each.sum()) for each in logits]
    assert sums == pytest.approx([-0.06810519, -6.333988, -5.880113], rel=1e-6)
    mean = torch.stack([each.sigmoid() for each in logits]).mean(0)
    assert record(mean)[:3] == recorded(34.97929, 0.4858235, 0.4932862)


@pytest.mark.parametrize(
    ("settings", "heads"),
    [
        ({}, 50_009_839),
        ({"classes": 1203}, 54_328_897),
        ({"classes": 34, "boxes": {"side": 12}, "mask": {"pool": 32}}, 124_543_963),
    ],
)
def test_parameters_are_those_counted_by_hand(settings: dict[str, Any], heads: int) -> None:
    with torch.device("meta"):
        model = build(changed(MADE, "counted", **settings))
    of_heads = model.get_submodule("roi_heads").parameters()
    assert sum(each.numel() for each in of_heads) == heads


@pytest.mark.parametrize(
    ("settings", "multiply_adds"),
    [({}, 1_615_265_792), ({"classes": 34, "mask": {"pool": 32}}, 8_294_236_160)],
)
def test_masks_cost_what_was_counted_by_hand(settings: dict[str, Any], multiply_adds: int) -> None:
    cost = model_cost(changed(MADE, "counted", **settings))
    assert cost.mask_multiply_adds == multiply_adds


@pytest.mark.parametrize("interleaved", [True, False])
def test_every_stage_has_losses_of_boxes_and_masks(interleaved: bool) -> None:
    model = small_htc(interleaved=interleaved).train()
    losses = model.losses(some_batch(), generator=torch.Generator().manual_seed(1))
    of_stages = [
        f"loss_{part}{stage}"
        for stage in ("_stage0", "_stage1", "")
        for part in ("cls", "box_reg", "mask")
    ]
    assert list(losses) == ["loss_rpn_cls", "loss_rpn_loc", *of_stages]
    total = torch.stack(list(losses.values()))
    assert total.isfinite().all()
    total.sum().backward()
    assert all(each.grad is not None for each in model.parameters())


def test_losses_of_stages_have_their_weights() -> None:
    def losses(weights: tuple[float, ...]) -> dict[str, float]:
        model = small_htc(stage_weights=weights).train()
        found = model.losses(some_batch(), generator=torch.Generator().manual_seed(1))
        return {name: each.item() for name, each in found.items()}

    plain, weighted = losses((1, 1, 1)), losses((1, 0.5, 0.25))
    for name in ("loss_cls", "loss_mask"):
        assert weighted[f"{name}_stage0"] == plain[f"{name}_stage0"]
        assert weighted[f"{name}_stage1"] == pytest.approx(plain[f"{name}_stage1"] / 2)
        assert weighted[name] == pytest.approx(plain[name] / 4)


def test_the_last_stage_teaches_the_first_mask_head() -> None:
    model, batch = small_htc().train(), some_batch()
    losses = model.losses(batch, generator=torch.Generator().manual_seed(1))
    losses["loss_mask"].backward()
    heads: Any = model.roi_heads.mask_head
    assert heads[0].mask_fcn1.weight.grad is not None
    assert heads[0].predictor.weight.grad is None


def test_equal_heads_without_flow_draw_what_one_head_draws() -> None:
    heads: Any = HTCHeads(HTCMaskConfig(layers=1, pool=4), 2, small_pyramid())
    with torch.no_grad():
        for head in heads:
            head.load_state_dict(heads[0].state_dict(), strict=False)
            if head.flow is not None:
                head.flow.weight.zero_()
        features, boxes = {"p2": torch.randn(1, 16, 16, 16)}, [torch.tensor([[4.0, 4, 40, 40]])]
        maps = dict.fromkeys(("p2", "p3", "p4", "p5", "p6"), features["p2"])
        mean = heads.predict(maps, boxes, [torch.tensor([1])])
        pooled = heads(torch.zeros(0, 16, 4, 4))
        (one, *_) = heads(pool_per_image(maps, boxes, heads.side, heads.strides))
    assert [len(each) for each in pooled] == [0, 0, 0]
    torch.testing.assert_close(mean[:, 0], one[:, 1])


def test_in_another_detector_all_heads_learn_from_the_same_boxes() -> None:
    heads = HTCHeads(HTCMaskConfig(layers=1, pool=4), 2, small_pyramid())
    features = dict.fromkeys(("p2", "p3", "p4", "p5", "p6"), torch.randn(1, 16, 16, 16))
    mask, first = torch.ones(1, 64, 64, dtype=torch.uint8), [torch.tensor([0])]
    sample = MaskSample([torch.tensor([[4.0, 4, 40, 40]])], [torch.tensor([1])], [mask], first)
    loss = heads.losses(features, sample)["loss_mask"]
    stages = [heads.learn_stage(stage, features, sample)[0]["loss_mask"] for stage in range(3)]
    torch.testing.assert_close(loss, torch.stack(stages).mean())


def test_boxes_of_the_truth_do_not_go_on_to_the_next_stage() -> None:
    model, batch = small_htc().train(), some_batch()
    sampled: list[list[list[list[float]]]] = []
    stages: Any = model.stages
    for stage in stages:
        own = stage.sample

        def recorded_sample(boxes: Any, *rest: Any, own: Any = own, **others: Any) -> Any:
            sampled.append([each.tolist() for each in boxes])
            return own(boxes, *rest, **others)

        object.__setattr__(stage, "sample", recorded_sample)
    with torch.no_grad():
        for stage in stages:
            stage.predictor.bbox_pred.weight.zero_()  # boxes stay where they are
        model.losses(batch, generator=torch.Generator().manual_seed(1))
    truth = [[20.0, 10, 60, 50], [50.0, 5, 90, 25]]
    assert len(sampled) == 6  # each stage twice: for its boxes, and for its masks
    for boxes in sampled[1:]:
        assert not [each for each in boxes[0] if each in truth]


def test_images_without_objects_train_too() -> None:
    model, batch = small_htc().train(), some_batch()
    alone = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(alone)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask_stage0"].item() == losses["loss_mask"].item() == 0
    assert all(each.grad is not None for each in model.parameters())


def test_it_finds_boxes_with_masks() -> None:
    model, batch = small_htc().eval(), some_batch()
    model.score = 0.2
    found = model(batch.images, batch.sizes)
    assert len(found[0].boxes)
    assert found[0].masks.shape == (len(found[0].boxes), 1, 8, 8)


def test_a_given_box_is_looked_at_in_place_of_proposals() -> None:
    model, batch = small_htc().eval(), some_batch()
    model.score = 0.0
    given = [torch.tensor([[20.0, 10, 60, 50]]), torch.zeros(0, 4)]
    found = model(batch.images, batch.sizes, given)
    assert len(found[0].boxes) == 2  # one of each class
    assert len(found[1].boxes) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mask": {"kind": "conv"}}, 'mask.kind is .conv., expected "htc": detector.kind is "htc"'),
        ({"mask": {"stages": 2}}, "mask.stages is 2, expected as many as detector.ious has stages"),
    ],
)
def test_mask_heads_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        changed(MADE, "wrong", **settings)
