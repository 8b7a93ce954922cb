"""Labels at points, and the loss of what has a label."""

from __future__ import annotations

import math

import torch

from segeval.models.networks.semantic_heads import label_loss, labels_at
from segeval.models.ops import sample_points


def test_labels_are_those_of_the_nearest_pixels() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 256, (3, 48, 50), generator=generator)
    points = torch.rand(3, 5000, 2, generator=generator)
    sampled = sample_points(labels[:, None].float(), points, mode="nearest")
    assert torch.equal(labels_at(labels, points), sampled[:, 0].long())


def test_a_label_is_that_of_the_pixel_a_point_is_in() -> None:
    labels = torch.tensor([[[1, 2, 3], [4, 5, 255]]])
    points = torch.tensor([[[0.1, 0.1], [0.5, 0.45], [0.6, 0.55], [0.7, 0.9]]])
    assert labels_at(labels, points).tolist() == [[1, 2, 5, 255]]


def test_points_on_the_border_are_in_the_last_pixels() -> None:
    labels = torch.tensor([[[1, 2], [3, 4]]])
    corners = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
    assert labels_at(labels, corners).tolist() == [[1, 2, 3, 4]]


def test_the_loss_is_a_mean_over_what_has_a_label() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    labels = torch.randint(0, 3, (2, 4, 5), generator=generator)
    labels[0, 1:] = 255
    each = [
        math.log(sum(math.exp(float(one)) for one in logits[b, :, y, x]))
        - float(logits[b, labels[b, y, x], y, x])
        for b in range(2)
        for y in range(4)
        for x in range(5)
        if labels[b, y, x] != 255
    ]
    assert len(each) == 25
    assert math.isclose(label_loss(logits, labels).item(), sum(each) / 25, rel_tol=1e-5)


def test_another_label_may_be_the_ignored_one() -> None:
    logits = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]])
    only_first = label_loss(logits[:, :, :1], torch.tensor([[0]]))
    torch.testing.assert_close(label_loss(logits, torch.tensor([[0, 7]]), 7), only_first)


def test_without_any_label_the_loss_and_its_gradient_are_0() -> None:
    logits = torch.randn(2, 3, 4, requires_grad=True)
    loss = label_loss(logits, torch.full((2, 4), 255))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert torch.equal(logits.grad, torch.zeros(2, 3, 4))


def test_a_half_precision_logit_is_summed_in_full() -> None:
    logits = torch.zeros(1, 4, 300, 300, dtype=torch.float16)  # the sum is beyond float16
    loss = label_loss(logits, torch.zeros(1, 300, 300, dtype=torch.int64))
    torch.testing.assert_close(loss, torch.tensor(math.log(4)), atol=1e-5, rtol=0)
