"""TSD: where it looks, what it has to beat, and that nothing else differs from Mask R-CNN."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.errors import FormatError
from segeval.models import component, public_names
from segeval.models.config import BoxConfig, Config, MaskConfig, changed, read_config
from segeval.models.config.parts.seesaw import SeesawConfig
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.networks.batches import Batch
from segeval.models.networks.box_head import BoxSample
from segeval.models.networks.building import build
from segeval.models.networks.classifiers import Seesaw
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.tsd.stage import TSDStage, tsd_stage
from segeval.models.ops.boxes import decode_boxes, encode_boxes, paired_iou
from segeval.models.ops.pooling import pool_per_image
from tests.detector_batches import few_proposals, no_objects, small_pyramid, some_batch
from tests.fill_rule import fill, wave

ONE = torch.zeros(1, dtype=torch.int64)
BOX = torch.tensor([[8.0, 8, 24, 24]])
LOSSES = ("loss_cls", "loss_box_reg")
MARGINS = ("loss_cls_margin", "loss_box_margin")


def small_stage(**settings: Any) -> TSDStage:
    """Two classes on 16 channels."""
    torch.manual_seed(5)
    boxes = {"layers": 1, "side": 3, "width": 16, "train_boxes": 32, "samples": 4}
    others = {name: settings.pop(name) for name in list(settings) if name in vars(BoxConfig())}
    config = BoxConfig(**boxes | others)
    return tsd_stage(small_pyramid(), config, TSDConfig(hidden=8, **settings), classes=2)


def small_tsd(**settings: Any) -> MaskRCNN:
    pyramid, stage = small_pyramid(), small_stage(**settings)
    return MaskRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), 2, pyramid),
        BoxConfig(),
        classes=2,
        proposals=few_proposals(pyramid),
        stages=[stage],
    )


def some_features() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        f"p{k}": torch.randn(1, 16, 256 >> k, 256 >> k, generator=generator) for k in range(2, 7)
    }


def some_sample() -> BoxSample:
    """A box on an object of class 1, and background."""
    boxes = torch.tensor([[10.0, 20, 50, 60], [100, 30, 140, 90]])
    targets = torch.tensor([[14.0, 18, 54, 58], [0, 0, 0, 0]])
    is_object = torch.tensor([True, False])
    first = torch.zeros(2, dtype=torch.int64)
    return BoxSample(
        boxes, first, torch.tensor([1, 2]), first, targets, is_object, torch.zeros(2) > 0
    )


def map_of_tens(dtype: torch.dtype) -> Tensor:
    """10 x row + column, 8 x 8."""
    return (10 * torch.arange(8)[:, None] + torch.arange(8)).to(dtype)[None, None]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cells_move_by_a_tenth_of_the_box(dtype: torch.dtype) -> None:
    pool = component("offset-pooling", side=2, stride=4, samples=4)
    moves = torch.zeros(1, 2, 2, 2, dtype=dtype)

    def pooled(moves: Tensor) -> list[list[float]]:
        found: list[list[float]] = pool(map_of_tens(dtype), BOX.to(dtype), ONE, moves)[0, 0]
        return torch.as_tensor(found).tolist()

    assert pooled(moves) == [[27.5, 29.5], [47.5, 49.5]]
    right = torch.tensor([1.0, 0]).to(dtype).expand_as(moves)
    for each in (right, right[:, :1, :1]):  # of every cell, and of all
        assert torch.tensor(pooled(each)).flatten().tolist() == pytest.approx(
            [27.9, 29.9, 47.9, 49.9], rel=1e-6
        )
    moves[0, 0, 0, 1] = -2  # 0.8 cells upwards
    assert torch.tensor(pooled(moves)).flatten().tolist() == pytest.approx(
        [19.5, 29.5, 47.5, 49.5], rel=1e-6
    )


def test_the_public_kernel_samples_a_pixel_more_at_the_left_ends_of_a_cell() -> None:
    # its box ends a pixel later, and its quarter cells of 2.125 pixels are read half of that before
    pool = component("offset-pooling", side=2, stride=4, samples=4, step=1 / 17)
    box, moves = torch.tensor([[8.0, 8, 25, 25]]), torch.full((1, 1, 1, 2), -17 / 16)
    found = pool(map_of_tens(torch.float32), box, ONE, moves)
    assert found[0, 0].tolist() == [[25.265625, 27.390625], [46.515625, 48.640625]]


def test_what_lies_outside_of_the_features_reads_nothing() -> None:
    pool = component("offset-pooling", side=2, samples=4)
    for moves in ([-30.0, 0], [30.0, 0], [0, -30.0], [0, 30.0], [1e6, 1e6]):
        found = pool(torch.ones(1, 1, 8, 8), BOX, ONE, torch.tensor([[[moves]]]))
        assert found.tolist() == [[[[0, 0], [0, 0]]]]
    # moved by its width the right half is read at 7.75, 8.25, 8.75, 9.25: the border ends at 8
    some = pool(torch.ones(1, 1, 8, 8), BOX, ONE, torch.tensor([[[[10.0, 0]]]]))
    assert some[0, 0, 0].tolist() == [1, 0.25]


def test_a_box_smaller_than_a_cell_reads_where_its_cells_move() -> None:
    pool = component("offset-pooling", side=2, samples=4)
    speck = torch.tensor([[14.0, 14, 14.5, 14.5]])
    still, moved = (
        pool(map_of_tens(torch.float32), speck, ONE, torch.tensor([[[[x, 0.0]]]])) for x in (0, 80)
    )
    # 80 steps of 0.05 pixels are one cell to the right
    torch.testing.assert_close(moved - still, torch.ones(1, 1, 2, 2))


def test_moves_have_the_gradient_of_the_features_under_them() -> None:
    moves = torch.zeros(1, 2, 2, 2, requires_grad=True)
    pool = component("offset-pooling", side=2, stride=4, samples=4)
    pool(map_of_tens(torch.float32), BOX, ONE, moves)[0, 0, 1, 0].backward()
    # a step is 1.6 pixels, 0.4 cells: 0.4 along a row, 4 down a column, in that cell only
    found: Any = moves.grad
    assert found[0, 1, 0].tolist() == pytest.approx([0.4, 4.0], rel=1e-6)
    assert found.count_nonzero() == 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_numbers_of_the_moved_box(dtype: torch.dtype) -> None:
    box, move = torch.tensor([[10, 20, 50, 60]], dtype=dtype), torch.tensor([[0.5, -1]]).to(dtype)
    truth = torch.tensor([[14, 18, 54, 58]], dtype=dtype)
    moved = component("tsd-boxes")(box, move)
    assert moved.tolist() == [[12, 16, 52, 56]]
    from_box = encode_boxes(box, truth, (10, 10, 5, 5))
    assert from_box[0].tolist() == pytest.approx([1, -0.5, 0, 0])
    targets = component("tsd-targets")(box, move, truth)
    assert targets[0].tolist() == pytest.approx([0.5, 0.5, 0, 0])
    torch.testing.assert_close(targets, encode_boxes(moved, truth, (10, 10, 5, 5)))


def test_margins_are_those_worked_out_by_hand() -> None:
    other = torch.tensor([0.5, 0.9, 0.3], dtype=torch.float64, requires_grad=True)
    own = torch.tensor([0.6, 0.95, 0.9], dtype=torch.float64, requires_grad=True)
    found = component("margin-loss")(other, own)
    assert found.tolist() == pytest.approx([0.1, 0.05, 0], abs=1e-15)
    assert component("margin-loss", margin=0.3)(other, own)[0].item() == pytest.approx(0.2)
    found.sum().backward()
    assert other.grad is None  # the ordinary head does not become worse to please it
    assert own.grad is not None
    assert own.grad.tolist() == [-1, -1, 0]


def test_the_margin_of_iou_is_that_worked_out_by_hand() -> None:
    truth = torch.tensor([[0.0, 0, 40, 40]]).double()
    four, two = (truth + torch.tensor([shift, 0.0, shift, 0]).double() for shift in (4, 2))
    assert paired_iou(four, truth).item() == pytest.approx(0.8182, abs=5e-5)
    assert paired_iou(two, truth).item() == pytest.approx(0.9048, abs=5e-5)
    loss = component("iou-margin-loss")(four, two, truth)
    assert loss[0].item() == pytest.approx(1 - 38 / 42)


def test_there_are_as_many_weights_as_were_counted_by_hand() -> None:
    with shapes_only():
        head = component("tsd-head", classes=500)
        features = {f"p{k}": torch.zeros(1, 256, 16, 16) for k in range(2, 7)}
        with counting(head) as runs:
            head(features, [torch.zeros(1, 4)])
        plain = build(changed(Config(), "plain", classes=500, mask={"kind": "none"}))
    weights = {name: each.numel() for name, each in head.named_parameters()}
    names = {name: public_names("tsd-head")(name) for name in weights}
    sibling = {
        name for name in weights if names[name].startswith(("shared_fcs", "fc_cls", "fc_reg"))
    }
    assert sum(weights.values()) == 50_182_894
    assert sum(each for name, each in weights.items() if name not in sibling) == 33_723_689
    assert sum(weights[name] for name in sibling) == 16_459_205
    of_plain = plain.get_submodule("roi_heads").parameters()
    assert sum(each.numel() for each in of_plain) == 16_459_205
    assert cost_of(runs).multiply_adds == 33_716_224
    assert not [run for run in runs if names[f"{run.layer}.bias"] in sibling]


def test_its_names_are_those_of_the_authors() -> None:
    head = component("tsd-head", channels=2, classes=3, side=2, width=4, hidden=4)
    names = {public_names("tsd-head")(name).rpartition(".")[0] for name in head.state_dict()}
    assert names == {
        "shared_fc.0", "delta_c.0", "delta_c.2", "delta_r.0", "delta_r.2",
        "TSD_pc_fcs.0", "TSD_pc_fcs.1", "TSD_pr_fcs.0", "TSD_pr_fcs.1", "TSD_fc_cls", "TSD_fc_reg",
        "shared_fcs.0", "shared_fcs.1", "fc_cls", "fc_reg",
    }  # fmt: skip


def test_in_float64_it_computes_what_a_plain_calculation_gives() -> None:
    head = component("tsd-head", channels=2, classes=3, side=2, width=4, hidden=4, layers=1)
    fill(head, "tsd-head")
    features = {f"p{k}": wave(1, 2, 16, 16) for k in range(2, 7)}
    box = torch.tensor([[8.0, 12, 28, 36]], dtype=torch.float64)
    with torch.no_grad():
        logits, deltas = head(features, [box])
        pool = partial(pool_per_image, features, side=2, strides={"p2": 4}, samples=4)
        hidden = head.head.shared_fc(pool(boxes=[box]).flatten(1))
        moves = head.head.delta_c(hidden)[0].reshape(2, 2, 2)  # x of all cells, then y
        cells = torch.stack([moves[0] * 2, moves[1] * 2.4], dim=-1)[None]
        of_class = head.head.class_branch(pool(boxes=[box], offsets=cells))
        move = head.head.delta_r(hidden)
        moved = component("tsd-boxes")(box, move)
        of_box = head.head.box_branch(pool(boxes=[moved]))
        inner = head.predictor.disentangled
        torch.testing.assert_close(logits, inner.cls_score(of_class).float(), rtol=1e-4, atol=1e-6)
        # decoded from P, the deltas give what those of the layer give from the moved box
        found, expected = (
            decode_boxes(start, each, (10, 10, 5, 5))
            for start, each in ((box, deltas), (moved, inner.bbox_pred(of_box)))
        )
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        assert (moved - box).abs().min() > 0.01


def test_without_moves_both_poolings_are_the_plain_one() -> None:
    stage, features, sample = small_stage(), some_features(), some_sample()
    boxes = [sample.boxes]
    with torch.no_grad():
        for layers in (stage.head.delta_c, stage.head.delta_r):
            torch.nn.init.zeros_(layers[2].get_parameter("weight"))
        for branch in (stage.head.class_branch, stage.head.box_branch):
            branch.load_state_dict(stage.head.state_dict(), strict=False)
        state = stage.predictor.state_dict()
        stage.predictor.disentangled.load_state_dict(state, strict=False)
        ordinary, own = stage.ordinary(features, boxes), stage(features, boxes)
    assert all(map(torch.equal, ordinary, own))


def test_losses_are_those_of_boxes_encoded_from_the_moved_box() -> None:
    stage, features, sample = small_stage(), some_features(), some_sample()
    losses, moved = stage.learn(features, [sample.boxes], sample)
    assert list(losses) == [*LOSSES, *(f"{name}_sibling" for name in LOSSES), *MARGINS]
    pooled = stage.ordinary.pooled(features, [sample.boxes])
    whole = stage.head.moves(pooled)[1]
    logits, deltas = stage(features, [sample.boxes])
    start = component("tsd-boxes")(sample.boxes, whole.flatten(1))
    own = (deltas[0, 4:] - component("tsd-targets")(
        sample.boxes[:1], torch.zeros(1, 2), sample.targets[:1]
    ))  # fmt: skip
    assert losses["loss_box_reg"].item() == pytest.approx(own.abs().sum().item() / 2)
    from_layer = deltas[0, 4:] - encode_boxes(sample.boxes, start, stage.weights)[0]
    literal = from_layer - encode_boxes(start[:1], sample.targets[:1], stage.weights)[0]
    assert losses["loss_box_reg"].item() == pytest.approx(literal.abs().sum().item() / 2, rel=1e-5)
    assert not moved.requires_grad
    torch.testing.assert_close(
        moved[0], decode_boxes(start[:1], from_layer[None], stage.weights)[0].detach()
    )
    # both margins from their definition
    others = stage.ordinary.read(pooled)
    chances = [each.softmax(1)[[0, 1], sample.classes] for each in (others[0], logits)]
    expected = component("margin-loss")(*chances).mean()
    assert losses["loss_cls_margin"].item() == pytest.approx(expected.item())
    boxes = [decode_boxes(sample.boxes, each[:, 4:], stage.weights) for each in (others[1], deltas)]
    of_box = component("iou-margin-loss")(boxes[0][:1], boxes[1][:1], sample.targets[:1])
    assert losses["loss_box_margin"].item() == pytest.approx(of_box.item())


def test_the_target_teaches_the_move() -> None:
    stage, features, sample = small_stage(), some_features(), some_sample()
    with torch.no_grad():  # what is pooled does not matter to the deltas
        stage.head.box_branch.get_parameter("fc1.weight").zero_()
    losses, _ = stage.learn(features, [sample.boxes], sample)
    losses["loss_box_reg"].backward()
    layer: Any = stage.head.delta_r[2]
    assert layer.weight.grad.abs().sum() > 0


def test_the_weight_of_boxes_multiplies_all_losses() -> None:
    features, sample = some_features(), some_sample()
    one, two = (
        small_stage(weight=weight).learn(features, [sample.boxes], sample)[0] for weight in (1, 2)
    )
    for name, loss in one.items():
        assert two[name].item() == 2 * loss.item() > 0


def test_the_margin_is_a_setting() -> None:
    features, sample = some_features(), some_sample()
    paper, release = (
        small_stage(margin=margin).learn(features, [sample.boxes], sample)[0]
        for margin in (0.2, 0.3)
    )
    gained = release["loss_cls_margin"] - paper["loss_cls_margin"]
    assert gained.item() == pytest.approx(0.1, rel=1e-5)
    assert all(paper[name].item() == release[name].item() for name in LOSSES)


def test_all_layers_learn_and_predictions_do_without_the_sibling() -> None:
    model, batch = small_tsd().train(), some_batch()
    losses = model.losses(batch, generator=torch.Generator().manual_seed(1))
    assert {*LOSSES, *MARGINS, "loss_mask"} <= losses.keys()
    total = torch.stack(list(losses.values()))
    assert total.isfinite().all()
    total.sum().backward()
    grads = {name: each.grad for name, each in model.roi_heads.named_parameters()}
    assert all(each is not None for each in grads.values())
    for name in ("delta_c.2", "delta_r.2", "shared_fc.0"):
        assert grads[f"box_head.{name}.weight"].abs().sum() > 0  # type: ignore[union-attr]
    model.eval()
    model.score = 0.2
    found = model(batch.images, batch.sizes)
    assert len(found[0].boxes)
    with torch.no_grad():
        for name in ("fc1.weight", "fc1.bias"):
            model.roi_heads.box_head.get_parameter(name).fill_(float("nan"))
        for layer in ("cls_score.weight", "bbox_pred.weight"):
            model.roi_heads.box_predictor.get_parameter(layer).fill_(float("nan"))
    again = model(batch.images, batch.sizes)
    assert torch.equal(found[0].boxes, again[0].boxes)
    assert torch.equal(found[0].scores, again[0].scores)


def test_images_without_objects_train_too() -> None:
    model, batch = small_tsd().train(), some_batch()
    alone = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(alone, generator=torch.Generator().manual_seed(1))
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_box_margin"].item() == losses["loss_box_reg"].item() == 0
    assert losses["loss_cls_margin"].item() > 0  # of background
    assert all(each.grad is not None for each in model.parameters())


def test_without_boxes_losses_and_gradients_are_0() -> None:
    stage, features = small_stage(), some_features()
    none = [torch.zeros(0, 4)]
    sample = stage.sample(none, none, [ONE[:0]], 2, generator=None)
    losses, moved = stage.learn(features, none, sample)
    assert moved.shape == (0, 4)
    assert {name: each.item() for name, each in losses.items()} == dict.fromkeys(losses, 0.0)
    torch.stack(list(losses.values())).sum().backward()
    for module in (stage.head, stage.predictor):
        for each in module.parameters():
            assert each.grad is not None
            assert not each.grad.any()


def test_each_head_has_a_classifier_of_its_own() -> None:
    stage = tsd_stage(
        small_pyramid(),
        BoxConfig(layers=1, side=3, width=16),
        TSDConfig(hidden=8),
        classes=2,
        classifier=partial(Seesaw, SeesawConfig(), 2),
    )
    features, sample = some_features(), some_sample()
    losses, _ = stage.learn(features, [sample.boxes], sample)
    assert {"loss_cls_objectness", "loss_cls_objectness_sibling"} <= losses.keys()
    for each in (stage.predictor, stage.predictor.disentangled):
        counts: Any = each.classifier
        assert counts.counts.tolist() == [0, 1]


def test_the_presets_have_the_margin_and_the_anchors_of_the_papers() -> None:
    small, large = (read_config(f"openimages-{name}-tsd") for name in ("r50", "x101"))
    assert small.detector == large.detector == TSDConfig(margin=0.2)
    assert len(small.proposals.scales) * len(small.proposals.ratios) == 3
    with shapes_only():
        rpn = build(large).get_submodule("proposal_generator")
    assert sum(each.numel() for each in rpn.parameters()) == 613_210  # 18 anchors


def test_impossible_margins_and_margins_of_a_cascade_are_refused() -> None:
    with pytest.raises(FormatError, match=r"detector\.margin is 1\.5, expected 0 to 1"):
        changed(Config(), "mine", detector={"kind": "tsd", "margin": 1.5})
    with pytest.raises(FormatError, match=r"mine: there is no setting detector\.margin"):
        changed(Config(), "mine", detector={"kind": "cascade", "margin": 0.2})


def test_in_16_bits_the_margins_are_finite() -> None:
    stage, features, sample = small_stage(), some_features(), some_sample()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses, _ = stage.learn(features, [sample.boxes], sample)
    assert torch.stack(list(losses.values())).isfinite().all()


def test_nothing_is_found_where_nothing_is_proposed() -> None:
    model, batch = small_tsd().eval(), some_batch()
    found = model(batch.images, batch.sizes, [torch.zeros(0, 4)] * 2)
    assert [len(each.boxes) for each in found] == [0, 0]
