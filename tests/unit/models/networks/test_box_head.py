"""The box head: names, samples, losses, refined boxes, detections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.models.networks.box_head import (
    BOX_WEIGHTS,
    BoxHead,
    BoxPredictor,
    BoxSample,
    PredictedBoxes,
    best_boxes,
    box_losses,
    box_moves,
    refined_boxes,
    sample_boxes,
)
from segeval.models.ops import box_iou, decode_boxes, encode_boxes
from segeval.models.ops.pooling import pool_boxes

TRUTH = torch.tensor([[0.0, 0, 20, 20], [40, 0, 60, 30]])
CLASSES = torch.tensor([2, 0])


def jittered(number: int, seed: int = 0) -> Tensor:
    """Boxes near the first of TRUTH."""
    return TRUTH[:1] + torch.rand(number, 4, generator=torch.Generator().manual_seed(seed)) * 3


def logits_of(probabilities: list[list[float]]) -> Tensor:
    """Of K classes and background."""
    chance = torch.tensor(probabilities)
    return torch.cat([chance, 1 - chance.sum(1, keepdim=True)], dim=1).log()


def test_names_and_shapes_are_the_published_ones() -> None:
    both = torch.nn.ModuleDict({"box_head": BoxHead(256), "box_predictor": BoxPredictor(80)})
    found = {name: tuple(each.shape) for name, each in both.state_dict().items()}
    assert found == {
        "box_head.fc1.weight": (1024, 12544),
        "box_head.fc1.bias": (1024,),
        "box_head.fc2.weight": (1024, 1024),
        "box_head.fc2.bias": (1024,),
        "box_predictor.cls_score.weight": (81, 1024),
        "box_predictor.cls_score.bias": (81,),
        "box_predictor.bbox_pred.weight": (320, 1024),
        "box_predictor.bbox_pred.bias": (320,),
    }


def test_class_agnostic_boxes_need_four_numbers() -> None:
    logits, deltas = BoxPredictor(5, 16, class_agnostic=True)(torch.rand(3, 16))
    assert (logits.shape, deltas.shape) == ((3, 6), (3, 4))


def test_a_sample_has_a_quarter_of_positives_and_the_ground_truth_among_them() -> None:
    far = torch.tensor([[200.0, 200, 210, 210]]).expand(900, -1)
    sample = sample_boxes([torch.cat([jittered(300), far])], [TRUTH], [CLASSES], 5)
    assert len(sample.boxes) == 512
    assert int(sample.positive.sum()) == 128
    assert sample.positive[:128].all()
    assert (sample.classes[128:] == 5).all()
    few = sample_boxes([far[:3]], [TRUTH], [CLASSES], 5)
    order = few.matched[:2].argsort()
    assert torch.equal(few.boxes[:2][order], TRUTH)
    assert few.classes[:2][order].tolist() == [2, 0]
    assert few.classes[2:].tolist() == [5, 5, 5]


def test_a_box_is_positive_from_an_iou_of_a_half() -> None:
    proposals = torch.tensor([[0.0, 0, 20, 10], [0, 0, 20, 9.9]])
    sample = sample_boxes([proposals], [TRUTH[:1]], [CLASSES[:1]], 5)
    found = {
        int(box[3] * 10): int(label)
        for box, label in zip(sample.boxes, sample.classes, strict=True)
    }
    assert found == {200: 2, 100: 2, 99: 5}


def test_samples_of_images_stand_one_after_the_other() -> None:
    sample = sample_boxes(
        [jittered(4), jittered(3), torch.zeros(0, 4)],
        [TRUTH, torch.zeros(0, 4), torch.zeros(0, 4)],
        [CLASSES, CLASSES[:0], CLASSES[:0]],
        5,
    )
    assert sample.image.tolist() == [0] * 6 + [1] * 3
    assert (sample.classes[6:] == 5).all()
    assert not sample.positive[6:].any()


def hand_sample() -> BoxSample:
    """A positive of class 1 and one of background, of two classes."""
    return BoxSample(
        boxes=torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]]),
        image=torch.tensor([0, 0]),
        classes=torch.tensor([1, 2]),
        matched=torch.tensor([0, 0]),
        targets=torch.tensor([[1.0, 0, 11, 10], [1, 0, 11, 10]]),
        positive=torch.tensor([True, False]),
        is_truth=torch.tensor([False, False]),
    )


def test_losses_are_those_worked_out_by_hand() -> None:
    logits = logits_of([[0.2, 0.5], [0.1, 0.1]])
    deltas = torch.full((2, 8), 9.0)
    deltas[0, 4:] = torch.tensor([0.25, 0, 0, 0.5])  # should be 10 * 0.1, 0, 0, 0
    losses = box_losses(logits, deltas, hand_sample())
    entropy = -(math.log(0.5) + math.log(0.8)) / 2
    assert float(losses["loss_cls"]) == pytest.approx(entropy, rel=1e-6)
    assert float(losses["loss_box_reg"]) == pytest.approx((0.75 + 0.5) / 2, rel=1e-5)
    shared = box_losses(logits, deltas[:, 4:], hand_sample())
    assert float(shared["loss_box_reg"]) == pytest.approx((0.75 + 0.5) / 2, rel=1e-5)


def test_refined_boxes_are_moved_as_the_class_of_the_ground_truth_says() -> None:
    sample = hand_sample()
    deltas = torch.zeros(2, 8, requires_grad=True)
    right = encode_boxes(sample.boxes[:1], sample.targets[:1], BOX_WEIGHTS)
    with torch.no_grad():
        deltas[0, 4:] = right
        deltas[0, :4] = 7
    found = refined_boxes(deltas, sample)
    torch.testing.assert_close(found[0], sample.targets[0])
    assert not found.requires_grad
    torch.testing.assert_close(refined_boxes(right.expand(2, -1), sample)[0], sample.targets[0])


def detected(
    logits: Tensor,
    deltas: Tensor,
    proposals: Sequence[Tensor],
    sizes: Sequence[tuple[int, int]],
    **others: Any,
) -> list[PredictedBoxes]:
    limits: dict[str, Any] = {"score": 0.05, "nms_threshold": 0.5, "max_dets": 100} | others
    moves = box_moves(logits.softmax(1), deltas, proposals)
    return best_boxes(moves, sizes, **limits)


def test_a_score_must_be_above_the_threshold() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0]])  # a quarter each, exactly
    box = [torch.tensor([[0.0, 0, 10, 10]])]
    at, below = (
        detected(logits, torch.zeros(1, 4), box, [(99, 99)], score=score)[0]
        for score in (0.25, 0.249)
    )
    assert len(at.boxes) == 0
    assert below.scores.tolist() == [0.25] * 3
    assert below.classes.tolist() == [0, 1, 2]


def test_boxes_of_a_class_remove_each_other_and_the_best_stay() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 4], [30, 0, 40, 10]])
    logits = logits_of([[0.5, 0.3], [0.6, 0.01], [0.2, 0.02], [0.04, 0.7]])
    found = detected(logits, torch.zeros(4, 8), [boxes], [(99, 99)])[0]
    assert found.classes.tolist() == [1, 0, 1, 0]
    torch.testing.assert_close(found.scores, torch.tensor([0.7, 0.6, 0.3, 0.2]))
    torch.testing.assert_close(found.boxes, boxes[[3, 1, 0, 2]])
    two = detected(logits, torch.zeros(4, 8), [boxes], [(99, 99)], max_dets=2)[0]
    torch.testing.assert_close(two.boxes, boxes[[3, 1]])


def test_each_class_has_its_own_box_inside_the_image() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    deltas = torch.tensor([[5.0, 0, 0, 0, 0, 20.0, 0, 0]])
    found = detected(logits_of([[0.5, 0.4]]), deltas, [boxes], [(25, 12)])[0]
    by_hand = decode_boxes(boxes, deltas, BOX_WEIGHTS).reshape(2, 4)
    assert by_hand.tolist() == [[5, 0, 15, 10], [0, 20, 10, 30]]
    assert found.boxes.tolist() == [[5, 0, 12, 10], [0, 20, 10, 25]]


def test_images_are_told_apart_and_one_without_proposals_has_nothing() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [3, 0, 10, 10]])
    none = boxes[:0]
    logits = logits_of([[0.9], [0.8]])
    found = detected(logits, torch.zeros(2, 4), [boxes[:1], none, boxes[1:]], [(99, 99)] * 3)
    assert [each.boxes.tolist() for each in found] == [
        boxes[:1].tolist(),
        [],
        boxes[1:].tolist(),
    ]
    assert found[1].boxes.shape == (0, 4)


def test_a_box_that_is_not_finite_is_left_out() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [30, 0, 40, 10]])
    deltas = torch.tensor([[math.nan, 0, 0, 0], [0, 0, 0, 0]])
    found = detected(logits_of([[0.9], [0.8]]), deltas, [boxes], [(99, 99)])[0]
    assert found.boxes.tolist() == boxes[1:].tolist()


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize("proposals", [0, 6])
def test_without_ground_truth_every_parameter_gets_a_gradient(
    proposals: int, agnostic: bool
) -> None:
    head, predictor = BoxHead(4, width=16), BoxPredictor(3, 16, class_agnostic=agnostic)
    nothing = torch.zeros(0, 4)
    sample = sample_boxes([jittered(proposals)], [nothing], [CLASSES[:0]], 3)
    logits, deltas = predictor(head(torch.rand(proposals, 4, 7, 7)))
    losses = box_losses(logits, deltas, sample)
    assert losses["loss_box_reg"].item() == 0
    sum(losses.values(), torch.zeros(())).backward()
    for each in (*head.parameters(), *predictor.parameters()):
        assert each.grad is not None
        assert each.grad.isfinite().all()
    assert refined_boxes(deltas, sample).shape == (proposals, 4)
    assert len(detected(logits, deltas, [sample.boxes], [(99, 99)])) == 1


@pytest.mark.parametrize("agnostic", [False, True])
def test_a_few_steps_find_the_objects(agnostic: bool) -> None:
    torch.manual_seed(0)
    features = {f"p{k}": torch.rand(1, 8, 64 >> k, 64 >> k) for k in range(2, 6)}
    proposals = [torch.cat([jittered(6), TRUTH[1:] - 2, torch.tensor([[0.0, 40, 30, 60]])])]
    head, predictor = BoxHead(8, width=64), BoxPredictor(3, 64, class_agnostic=agnostic)
    optimiser = torch.optim.Adam([*head.parameters(), *predictor.parameters()], lr=0.003)
    history = []
    for _ in range(80):
        sample = sample_boxes(proposals, [TRUTH], [CLASSES], 3, number=16, positive_fraction=0.75)
        logits, deltas = predictor(head(pool_boxes(features, sample.boxes, sample.image)))
        loss = torch.stack(list(box_losses(logits, deltas, sample).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(float(loss.detach()))
    assert sum(history[-5:]) < 0.3 * sum(history[:5])
    with torch.no_grad():
        image = torch.zeros(len(proposals[0]), dtype=torch.int64)
        logits, deltas = predictor(head(pool_boxes(features, proposals[0], image)))
    found = detected(logits, deltas, proposals, [(64, 64)], score=0.5)[0]
    for box, label in zip(TRUTH, CLASSES, strict=True):
        assert float(box_iou(found.boxes[found.classes == label], box[None]).max()) > 0.8
