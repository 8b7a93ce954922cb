"""Region proposal network: boxes that may hold an object of any class.

Source: Ren et al. 2015, Faster R-CNN, section 3.1, on the levels of Lin et al. 2017, FPN, section
4.1, with the numbers and the normalisation of detectron2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import ProposalConfig
from segeval.models.networks.protocols import Levels
from segeval.models.networks.smooth_l1 import smooth_l1
from segeval.models.ops.anchors import level_anchors
from segeval.models.ops.boxes import clip_boxes, decode_boxes, encode_boxes
from segeval.models.ops.matching import match_boxes, sample_labels
from segeval.models.ops.nms import class_wise_nms


@dataclass(frozen=True)
class AnchorPredictions:
    """Predictions for every anchor of B images of one padded size.

    Attributes:
        anchors: x0, y0, x1, y1 in pixels, (N, 4), level by level.
        logits: whether there is an object, float32, (B, N).
        deltas: dx, dy, dw, dh from the anchor to the object, float32, (B, N, 4).
        counts: anchors of each level, their sum is N.
    """

    anchors: Tensor
    logits: Tensor
    deltas: Tensor
    counts: tuple[int, ...]


class RPNHead(nn.Module):
    """Two predictions at every cell, by the same layers on all levels.

    Args:
        channels: of the features.
        anchors: per cell.
    """

    def __init__(self, channels: int, anchors: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.objectness_logits = nn.Conv2d(channels, anchors, 1)
        self.anchor_deltas = nn.Conv2d(channels, 4 * anchors, 1)
        for layer in (self.conv, self.objectness_logits, self.anchor_deltas):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """From (B, C, H, W) to logits (B, H W A) and deltas (B, H W A, 4), in anchor order."""
        batch = len(features)
        hidden = functional.relu(self.conv(features))
        logits = self.objectness_logits(hidden).permute(0, 2, 3, 1)  # (B, H, W, A)
        deltas = self.anchor_deltas(hidden).permute(0, 2, 3, 1)  # (B, H, W, 4 A)
        return logits.reshape(batch, -1).float(), deltas.reshape(batch, -1, 4).float()


class RPN(nn.Module):
    """Proposals from the features of a pyramid.

    In training, call `predict` once and pass the result to both `losses` and `proposals`.

    Args:
        channels: of the features.
        config: anchors, and how many of them train and become boxes; None for the defaults.
        strides: of each level by name, in pixels, finest first; None for p2 to p6.
    """

    def __init__(
        self,
        channels: int,
        config: ProposalConfig | None = None,
        *,
        strides: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.config = config or ProposalConfig()
        self.strides = dict(strides or Levels(channels).strides)
        self.rpn_head = RPNHead(channels, len(self.config.scales) * len(self.config.ratios))

    def forward(
        self, features: Mapping[str, Tensor], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Tensor]:
        """Proposals of each image: `proposals` of `predict`."""
        return self.proposals(self.predict(features), image_sizes)

    def learn(
        self,
        features: Mapping[str, Tensor],
        image_sizes: Sequence[tuple[int, int]],
        truth: Sequence[Tensor],
        *,
        generator: torch.Generator | None = None,
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """`proposals` and `losses` of one `predict`; arguments as of `Proposals.learn`."""
        predicted = self.predict(features)
        losses = self.losses(predicted, truth, image_sizes=image_sizes, generator=generator)
        return self.proposals(predicted, image_sizes), losses

    def rehearse(self, features: Mapping[str, Tensor]) -> int:
        """Run every layer; the largest number of boxes of an image in this mode."""
        self.predict(features)
        return self.config.after_nms[0 if self.training else 1]

    def predict(self, features: Mapping[str, Tensor]) -> AnchorPredictions:
        """Predictions for every anchor.

        Args:
            features: of each level, (B, C, H, W).
        """
        anchors, logits, deltas = [], [], []
        ratios, scales = self.config.ratios, self.config.scales
        for level, stride in self.strides.items():
            of_level = features[level]
            height, width = of_level.shape[2:]
            sizes = [scale * stride for scale in scales]
            anchors.append(
                level_anchors(
                    (height, width),
                    stride,
                    sizes,
                    ratios=ratios,
                    whole=self.config.whole,
                    device=of_level.device,
                )
            )
            found = self.rpn_head(of_level)
            logits.append(found[0])
            deltas.append(found[1])
        counts = tuple(len(each) for each in anchors)
        return AnchorPredictions(
            torch.cat(anchors), torch.cat(logits, dim=1), torch.cat(deltas, dim=1), counts
        )

    @torch.no_grad()
    def proposals(
        self, predicted: AnchorPredictions, image_sizes: Sequence[tuple[int, int]]
    ) -> list[Tensor]:
        """The best boxes of each image, without their scores; see `scored`."""
        return [boxes for boxes, _ in self._scored(predicted, image_sizes)]

    def scored(
        self, features: Mapping[str, Tensor], image_sizes: Sequence[tuple[int, int]]
    ) -> list[tuple[Tensor, Tensor]]:
        """The proposals of each image with their logits, best first."""
        return self._scored(self.predict(features), image_sizes)

    def joined(self, views: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """The best proposals of several views of an image, see `JoinsViews`."""
        boxes, scores = (torch.cat(column) for column in zip(*views, strict=True))
        level = torch.zeros_like(scores, dtype=torch.int64)
        best = class_wise_nms(boxes, scores, level, self.config.nms_threshold)
        return boxes[best[: self.config.after_nms[1]]]

    @torch.no_grad()
    def _scored(
        self, predicted: AnchorPredictions, image_sizes: Sequence[tuple[int, int]]
    ) -> list[tuple[Tensor, Tensor]]:
        """The best boxes of each image, and their logits.

        Boxes are clipped to the image; empty and non-finite ones are dropped.

        Args:
            predicted: of B images.
            image_sizes: (H, W) in pixels of each image without its padding.

        Returns:
            For each image x0, y0, x1, y1 in pixels, (at most `after_nms`, 4), best first, without
            gradient, and (at most `after_nms`,).
        """
        phase = 0 if self.training else 1
        before, after = self.config.before_nms[phase], self.config.after_nms[phase]
        found = []
        for logits, deltas, size in zip(
            predicted.logits, predicted.deltas, image_sizes, strict=True
        ):
            place, level = _best_of_levels(logits, predicted.counts, before)
            moved = decode_boxes(predicted.anchors[place], deltas[place])
            boxes, scores = clip_boxes(moved, size), logits[place]
            whole = moved.isfinite().all(1) & scores.isfinite()
            whole &= (boxes[:, 2:] > boxes[:, :2]).all(1)
            boxes, scores, level = boxes[whole], scores[whole], level[whole]
            best = class_wise_nms(boxes, scores, level, self.config.nms_threshold)[:after]
            found.append((boxes[best], scores[best]))
        return found

    def losses(
        self,
        predicted: AnchorPredictions,
        gt_boxes: Sequence[Tensor],
        *,
        image_sizes: Sequence[tuple[int, int]] | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Losses of a sample of anchors of each image.

        Args:
            predicted: of B images.
            gt_boxes: of each image, x0, y0, x1, y1 in pixels, (M, 4); M may be 0.
            image_sizes: (H, W) in pixels of each image without its padding; needed where only
                anchors inside of it train.
            generator: of the sample.

        Returns:
            "loss_rpn_cls", cross-entropy, and "loss_rpn_loc", smooth L1 of the positives' deltas:
            sums divided by `train_anchors` times B, whatever the number of anchors.
        """
        config = self.config
        classification = 0 * predicted.logits.sum()
        localisation = 0 * predicted.deltas.sum()
        rows: Sequence[Tensor | slice] = [slice(None)] * len(gt_boxes)
        if config.inside:
            rows = [is_inside(predicted.anchors, size) for size in image_sizes or ()]
        columns = (rows, predicted.logits, predicted.deltas, gt_boxes)
        for own, all_logits, all_deltas, truth in zip(*columns, strict=True):
            anchors, logits, deltas = predicted.anchors[own], all_logits[own], all_deltas[own]
            matched, labels = match_boxes(
                anchors,
                truth,
                negative=config.negative,
                positive=config.positive,
                low_quality=True,
            )
            positives, negatives = sample_labels(
                labels, config.train_anchors, config.train_positive, generator=generator
            )
            taken = torch.cat([positives, negatives])
            classification = classification + functional.binary_cross_entropy_with_logits(
                logits[taken], labels[taken].float(), reduction="sum"
            )
            if len(positives):
                targets = encode_boxes(anchors[positives], truth[matched[positives]])
                distances = smooth_l1(deltas[positives] - targets, config.beta)
                localisation = localisation + distances.sum()
        number = config.train_anchors * max(1, len(gt_boxes))
        return {"loss_rpn_cls": classification / number, "loss_rpn_loc": localisation / number}


def is_inside(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Whether boxes, (N, 4), lie wholly inside of an image of size (H, W), bool, (N,)."""
    ends = torch.tensor([size[1], size[0]], device=boxes.device)
    return (boxes[:, :2] >= 0).all(1) & (boxes[:, 2:] <= ends).all(1)


def _best_of_levels(logits: Tensor, counts: tuple[int, ...], number: int) -> tuple[Tensor, Tensor]:
    """Places of the best anchors of each level, and the levels' indices."""
    places, levels, start = [], [], 0
    for level, count in enumerate(counts):
        of_level = logits[start : start + count]
        best = of_level.topk(min(number, count)).indices
        places.append(best + start)
        levels.append(torch.full_like(best, level))
        start += count
    return torch.cat(places), torch.cat(levels)
