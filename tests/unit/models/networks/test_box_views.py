"""Boxes from several views: worked by hand, and beside a single view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from segeval.models.config import BoxConfig, MaskConfig, ProposalConfig
from segeval.models.networks.backbone import FPN, ResNet
from segeval.models.networks.box_head import BoxMoves, box_moves
from segeval.models.networks.box_views import SeenImages, look_from_all, proposals_of_views
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.rpn import RPN


def says(features: Any, boxes: Sequence[Tensor], sizes: Any) -> list[BoxMoves]:
    """The same of every box of a view, whose features are the answer."""
    number = sum(map(len, boxes))
    chances, deltas = features["chances"], features["deltas"]
    ones = (1, 1, 1, 1)
    return box_moves(chances.expand(number, -1), deltas.expand(number, -1), boxes, weights=ones)


def seen(
    chance: float, right: float, *, size: tuple[int, int], mirrored: bool = False
) -> SeenImages:
    """One class with this probability; boxes move to the right by this share of their width."""
    chances = torch.tensor([chance, 1 - chance])
    features = {"chances": chances, "deltas": torch.tensor([right, 0.0, 0.0, 0.0])}
    return SeenImages(features, [size], mirrored)


def test_boxes_and_probabilities_are_means_over_views() -> None:
    views = [
        seen(0.9, 0.0, size=(50, 100)),
        seen(0.5, 0.5, size=(100, 200), mirrored=True),  # to the left of the plain view
    ]
    (found,) = look_from_all(says, views, [torch.tensor([[40.0, 10, 60, 30]])])
    torch.testing.assert_close(found.probabilities, torch.tensor([[0.7, 0.3]]))
    torch.testing.assert_close(found.moved, torch.tensor([[35.0, 10, 55, 30]]))


def test_boxes_are_cut_where_each_view_ends() -> None:
    views = [seen(0.9, 0.5, size=(50, 100)), seen(0.9, 0.0, size=(50, 100))]
    (found,) = look_from_all(says, views, [torch.tensor([[80.0, 10, 100, 30]])])
    torch.testing.assert_close(found.moved, torch.tensor([[85.0, 10, 100, 30]]))


def small_model() -> MaskRCNN:
    torch.manual_seed(3)
    backbone = FPN(ResNet(), channels=16)
    head = ConvHead(MaskConfig(), 2, backbone, layers=1)
    rpn = RPN(16, ProposalConfig(after_nms=(30, 30)), strides=backbone.strides)
    config = BoxConfig(score_threshold=0.0)
    return MaskRCNN(backbone, head, config, classes=2, proposals=rpn).eval()


def test_one_view_finds_what_the_model_finds() -> None:
    model, images, sizes = small_model(), torch.randn(2, 3, 64, 96), [(64, 96), (50, 70)]
    with torch.no_grad():
        features = model.backbone(images)
        plain = model.detect(features, model.proposal_generator(features, sizes), sizes)
        seen_once = model.detect_in_views([SeenImages(features, sizes)])
    for one, other in zip(plain, seen_once, strict=True):
        assert len(one.scores)
        torch.testing.assert_close(one.boxes, other.boxes)
        torch.testing.assert_close(one.scores, other.scores)
        assert one.classes.tolist() == other.classes.tolist()


def test_proposals_of_two_views_are_joined_in_the_first() -> None:
    model, sizes = small_model(), [(64, 96)]
    with torch.no_grad():
        features = model.backbone(torch.randn(1, 3, 64, 96))
        views = [SeenImages(features, sizes), SeenImages(features, sizes, mirrored=True)]
        (joined,) = proposals_of_views(model.proposal_generator, views)
        (own,) = model.proposal_generator(features, sizes)
    mirrored = own.clone()
    mirrored[:, [0, 2]] = 96 - own[:, [2, 0]]
    both = torch.cat([own, mirrored])
    assert len(joined) == 30
    nearest = (joined[:, None] - both).abs().sum(2).min(dim=1).values
    assert float(nearest.max()) < 1e-3


def test_proposals_without_scores_all_stay() -> None:
    given = [torch.tensor([[0.0, 0, 10, 10]])]
    views = [SeenImages({}, [(20, 40)]), SeenImages({}, [(20, 40)], mirrored=True)]
    generator: Any = lambda features, sizes: given  # noqa: E731
    (found,) = proposals_of_views(generator, views)
    assert found.tolist() == [[0, 0, 10, 10], [30, 0, 40, 10]]
