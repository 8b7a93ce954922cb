"""The region proposal network: names, proposals, losses."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from segeval.models.config import ProposalConfig
from segeval.models.networks.rpn import RPN, AnchorPredictions
from segeval.models.ops import box_iou, decode_boxes, encode_boxes


def pyramid(batch: int = 1, channels: int = 8, side: int = 64, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        f"p{k}": torch.rand(batch, channels, side >> k, side >> k, generator=generator)
        for k in range(2, 7)
    }


def says(
    boxes: list[list[float]], logits: list[float], counts: tuple[int, ...]
) -> AnchorPredictions:
    """Anchors that are the boxes already."""
    anchors = torch.tensor(boxes)
    return AnchorPredictions(
        anchors,
        torch.tensor([logits], dtype=torch.float32),
        torch.zeros(1, len(anchors), 4),
        counts,
    )


def test_names_and_shapes_are_the_published_ones() -> None:
    found = {name: tuple(each.shape) for name, each in RPN(256).state_dict().items()}
    assert found == {
        "rpn_head.conv.weight": (256, 256, 3, 3),
        "rpn_head.conv.bias": (256,),
        "rpn_head.objectness_logits.weight": (3, 256, 1, 1),
        "rpn_head.objectness_logits.bias": (3,),
        "rpn_head.anchor_deltas.weight": (12, 256, 1, 1),
        "rpn_head.anchor_deltas.bias": (12,),
    }


def test_predictions_stand_in_the_order_of_the_anchors() -> None:
    rpn, features = RPN(8), pyramid(2)
    predicted = rpn.predict(features)
    assert predicted.counts == (768, 192, 48, 12, 3)
    assert predicted.anchors.shape == (1023, 4)
    hidden = rpn.rpn_head.conv(features["p3"]).relu()
    logits = rpn.rpn_head.objectness_logits(hidden)
    deltas = rpn.rpn_head.anchor_deltas(hidden)
    row, column, anchor = 5, 2, 1  # of p3, 8 x 8 cells
    place = 768 + (row * 8 + column) * 3 + anchor
    torch.testing.assert_close(predicted.logits[1, place], logits[1, anchor, row, column])
    torch.testing.assert_close(predicted.deltas[1, place], deltas[1, 4:8, row, column])
    assert predicted.anchors[place].tolist() == [16 - 32, 40 - 32, 16 + 32, 40 + 32]


def test_boxes_remove_each_other_within_a_level_only() -> None:
    box, near = [0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 8.0]
    predicted = says([near, box, box], [1, 2, 3], (2, 1))
    assert RPN(8).proposals(predicted, [(99, 99)])[0].tolist() == [box, box]


def test_only_the_best_of_a_level_become_boxes_more_of_them_in_training() -> None:
    boxes = [[20.0 * k, 0, 20.0 * k + 10, 10] for k in range(8)]
    predicted = says(boxes, [0, 1, 2, 3, 4, 5, 6, 7], (6, 2))
    rpn = RPN(8, ProposalConfig(before_nms=(3, 2)))
    found = rpn.train().proposals(predicted, [(999, 999)])[0]
    assert found.tolist() == [boxes[k] for k in (7, 6, 5, 4, 3)]
    found = rpn.eval().proposals(predicted, [(999, 999)])[0]
    assert found.tolist() == [boxes[k] for k in (7, 6, 5, 4)]


def test_only_the_best_of_all_levels_stay() -> None:
    boxes = [[20.0 * k, 0, 20.0 * k + 10, 10] for k in range(6)]
    predicted = says(boxes, [0, 5, 2, 3, 4, 1], (3, 3))
    found = RPN(8, ProposalConfig(after_nms=(3, 3))).proposals(predicted, [(999, 999)])[0]
    assert found.tolist() == [boxes[k] for k in (1, 4, 3)]


def test_boxes_are_cut_off_at_the_image_without_its_padding_and_empty_ones_left_out() -> None:
    boxes = [[-5.0, -5.0, 60.0, 60.0], [41.0, 0.0, 60.0, 10.0], [0.0, 30.0, 5.0, 70.0]]
    predicted = says(boxes, [3, 2, 1], (3,))
    assert RPN(8).proposals(predicted, [(30, 40)])[0].tolist() == [[0, 0, 40, 30]]


def test_what_is_not_finite_is_left_out() -> None:
    boxes = [[20.0 * k, 0.0, 20.0 * k + 10, 10.0] for k in range(3)]
    predicted = says(boxes, [3, math.nan, 1], (3,))
    predicted.deltas[0, 0, 0] = math.inf
    assert RPN(8).proposals(predicted, [(99, 99)])[0].tolist() == [boxes[2]]


def test_each_image_has_its_own_proposals_without_gradient() -> None:
    rpn, features = RPN(8), pyramid(2)
    both = rpn(features, [(64, 64), (50, 40)])
    alone = rpn({level: each[1:] for level, each in features.items()}, [(50, 40)])
    torch.testing.assert_close(both[1], alone[0])
    assert float(both[1][:, 2].max()) <= 40
    assert not both[0].requires_grad


@pytest.mark.parametrize("seed", range(4))
def test_proposals_are_those_of_a_plain_loop(seed: int) -> None:
    torch.manual_seed(seed)
    rpn = RPN(8, ProposalConfig(before_nms=(40, 40), after_nms=(60, 60))).eval()
    for each in rpn.rpn_head.parameters():
        torch.nn.init.normal_(each, std=0.2)
    predicted = rpn.predict(pyramid(seed=seed))
    boxes = decode_boxes(predicted.anchors, predicted.deltas[0]).detach()
    kept: list[tuple[float, int, Tensor]] = []
    start = 0
    for level, count in enumerate(predicted.counts):
        scores = predicted.logits[0, start : start + count].tolist()
        order = sorted(range(count), key=lambda place: -scores[place])[:40]
        of_level: list[Tensor] = []
        for place in order:
            x0, y0, x1, y1 = boxes[start + place].tolist()
            box = torch.tensor([[max(x0, 0), max(y0, 0), min(x1, 60), min(y1, 50)]])
            alone = all(float(box_iou(box, other)) <= 0.7 for other in of_level)
            if box[0, 0] < box[0, 2] and box[0, 1] < box[0, 3] and alone:
                of_level.append(box)
                kept.append((-scores[place], level, box))
        start += count
    by_hand = torch.cat([box for *_, box in sorted(kept, key=lambda each: each[:2])[:60]])
    torch.testing.assert_close(rpn.proposals(predicted, [(50, 60)])[0], by_hand)


def test_mixed_precision_keeps_boxes_and_losses_in_full() -> None:
    rpn, truth = RPN(8), torch.tensor([[10.0, 12, 44, 50]])
    with torch.autocast("cpu", torch.bfloat16):
        predicted = rpn.predict(pyramid())
        proposals = rpn.proposals(predicted, [(64, 64)])[0]
        losses = rpn.losses(predicted, [truth])
    assert {each.dtype for each in (predicted.logits, proposals, *losses.values())} == {
        torch.float32
    }


def test_losses_are_sums_by_the_size_of_the_sample() -> None:
    # IoU with the ground truth: 1, 0.8, 0.5, 0: positive, positive, ignored, negative
    predicted = says(
        [[0.0, 0, 10, 10], [0, 0, 8, 10], [0, 0, 5, 10], [40, 0, 50, 10]], [2, -1, 9, 3], (4,)
    )
    predicted.deltas[0, :, 2] = 0.1
    truth = torch.tensor([[0.0, 0, 10, 10]])
    losses = RPN(8).losses(predicted, [truth])
    entropy = sum(math.log1p(math.exp(each)) for each in (-2, 1, 3))
    targets = encode_boxes(predicted.anchors[:2], truth.expand(2, -1))
    moves = float((targets - torch.tensor([0.0, 0, 0.1, 0])).abs().sum())
    assert float(losses["loss_rpn_cls"]) == pytest.approx(entropy / 256, rel=1e-6)
    assert float(losses["loss_rpn_loc"]) == pytest.approx(moves / 256, rel=1e-6)


def test_half_of_the_sample_is_positive_at_most() -> None:
    boxes = [[0.0, 0, 10, 10]] * 9 + [[40.0, 0, 50, 10]] * 9
    predicted = says(boxes, [0] * 18, (18,))
    predicted.deltas[0, :9] = 1
    losses = RPN(8, ProposalConfig(train_anchors=4)).losses(
        predicted, [torch.tensor([[0.0, 0, 10, 10]])]
    )
    assert float(losses["loss_rpn_cls"]) == pytest.approx(math.log(2))
    assert float(losses["loss_rpn_loc"]) == 2 * 4 / 4  # two positives, four deltas wrong by 1


@pytest.mark.parametrize("empty", [torch.zeros(0, 4), torch.tensor([[7.0, 7, 7, 9]])])
def test_without_ground_truth_all_is_background_and_every_parameter_gets_a_gradient(
    empty: Tensor,
) -> None:
    rpn = RPN(8)
    losses = rpn.losses(rpn.predict(pyramid(2)), [empty, empty])
    assert losses["loss_rpn_cls"].item() == pytest.approx(math.log(2), rel=0.05)
    assert losses["loss_rpn_loc"].item() == 0
    sum(losses.values(), torch.zeros(())).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in rpn.parameters())


def test_a_few_steps_find_the_object() -> None:
    torch.manual_seed(0)
    rpn = RPN(8, ProposalConfig(scales=(2,), train_anchors=16), strides={"p3": 8, "p4": 16})
    features = pyramid()
    truth = torch.tensor([[10.0, 12, 44, 50]])
    optimiser = torch.optim.Adam(rpn.parameters(), lr=0.02)
    history = []
    for _ in range(100):
        losses = rpn.losses(rpn.predict(features), [truth])
        loss = torch.stack(list(losses.values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(float(loss.detach()))
    assert sum(history[-5:]) < 0.5 * sum(history[:5])
    best = rpn.eval()(features, [(64, 64)])[0][:1]
    assert float(box_iou(best, truth)) > 0.7


def test_two_scales_give_twice_the_anchors_of_a_cell() -> None:
    config = ProposalConfig(scales=(2, 4), ratios=(1.0,), after_nms=(7, 5))
    rpn = RPN(8, config)
    predicted = rpn.predict(pyramid())
    sides = predicted.anchors[:, 2] - predicted.anchors[:, 0]
    assert sides[: predicted.counts[0]].tolist() == [8, 16] * (predicted.counts[0] // 2)
    assert len(rpn.train().proposals(predicted, [(64, 64)])[0]) == 7
    assert len(rpn.eval().proposals(predicted, [(64, 64)])[0]) == 5


def test_eighteen_anchors_in_a_cell_have_their_published_number_of_parameters() -> None:
    config = ProposalConfig(scales=(8.0, 11.0, 14.0), ratios=(0.1, 0.5, 1.0, 2.0, 4.0, 8.0))
    parameters = RPN(256, config).parameters()
    assert sum(each.numel() for each in parameters) == 613_210
