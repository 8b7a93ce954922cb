"""TSD: the class of an object and its edges are looked for in different places.

    box P -> pooled F -> a move of every cell -> cells where they are now -> class
                      -> a move of all cells  -> cells where they are now -> deltas, from P moved

An ordinary head on F learns beside it, which the others have to beat by a margin; predictions do
without.

A moved box has the sides of P. Deltas from it are therefore those from P but for a constant, the
move itself, which a `TSDStage` adds to them: all else, targets and decoding, is as in any stage.

Source: Song et al. 2020, Revisiting the Sibling Head in Object Detector, sections 3.1 to 3.3, and
the authors' code; the report of the winner of Open Images 2019 calls it decoupling head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from segeval.models.config import BoxConfig
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.networks.box_head import (
    LAYERS,
    SIDE,
    WIDTH,
    BoxHead,
    BoxPredictor,
    BoxSample,
    deltas_of,
)
from segeval.models.networks.box_stage import FastRCNNStage, plain_stage
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.protocols import Features, Pyramid, Sizes
from segeval.models.networks.tsd.margin_loss import iou_margin_loss, margin_loss
from segeval.models.ops.boxes import Weights, decode_boxes
from segeval.models.ops.pooling import pool_per_image


class TSDHead(BoxHead):
    """Two box heads, and what says where they look; its own layers are those of the ordinary head.

    Args:
        channels: of the features.
        side: of the pooled features.
        layers: of each box head.
        width: of these layers.
        hidden: width of the layers that say where to look.
    """

    def __init__(
        self,
        channels: int,
        *,
        side: int = SIDE,
        layers: int = LAYERS,
        width: int = WIDTH,
        hidden: int = TSDConfig.hidden,
    ) -> None:
        super().__init__(channels, side=side, layers=layers, width=width)
        self.side = side
        self.shared_fc = nn.Sequential(_linear(channels * side * side, hidden), nn.ReLU())
        self.delta_c, self.delta_r = (
            nn.Sequential(_linear(hidden, hidden), nn.ReLU(), _linear(hidden, outputs))
            for outputs in (2 * side * side, 2)
        )
        self.class_branch, self.box_branch = (
            BoxHead(channels, side=side, layers=layers, width=width) for _ in range(2)
        )

    def moves(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Where to look for the class and for the edges, from pooled features (N, C, side, side).

        Returns:
            x, y of every cell, (N, side, side, 2), and of all cells of a box, (N, 1, 1, 2), in
            steps. The layer of cells lists all x before all y.
        """
        hidden = self.shared_fc(pooled.flatten(1))
        cells = self.delta_c(hidden).float().reshape(len(hidden), 2, self.side, self.side)
        return cells.permute(0, 2, 3, 1), self.delta_r(hidden).float()[:, None, None]


class TSDPredictor(BoxPredictor):
    """The predictor of the ordinary head, and inside of it the one for what `TSDHead` looks for.

    Args:
        classes: K, without background.
        width: of the box heads.
        class_agnostic: whether all classes share the deltas.
        classifier: makes what the logits mean, once for each.
    """

    def __init__(
        self,
        classes: int,
        width: int = WIDTH,
        *,
        class_agnostic: bool = False,
        classifier: Callable[[], BoxClassifier | None] = lambda: None,
    ) -> None:
        super().__init__(classes, width, class_agnostic=class_agnostic, classifier=classifier())
        self.disentangled = BoxPredictor(
            classes, width, class_agnostic=class_agnostic, classifier=classifier()
        )


@dataclass(frozen=True)
class TSDStage:
    """A `BoxStage`; its modules belong to the model.

    Attributes:
        head: from features to moves, and from these to hidden numbers.
        predictor: from these to logits and deltas.
        settings: margin, steps and samples.
        ordinary: stage of the ordinary head and predictor, which are the outer parts of these.
    """

    head: TSDHead
    predictor: TSDPredictor
    settings: TSDConfig
    ordinary: FastRCNNStage

    @property
    def weights(self) -> Weights:
        """Weights of the deltas."""
        return self.ordinary.weights

    @property
    def disentangled(self) -> FastRCNNStage:
        """The stage of the inner predictor: what its numbers mean, and their losses."""
        return replace(self.ordinary, predictor=self.predictor.disentangled)

    def __call__(self, features: Features, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits and deltas of the boxes, image by image."""
        pooled = self.ordinary.pooled(features, boxes)
        return self.look(features, boxes, *self.head.moves(pooled))

    def look(
        self, features: Features, boxes: Sequence[Tensor], cells: Tensor, whole: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Class logits and deltas of boxes, image by image, from where their cells move.

        Args:
            features: levels of B images.
            boxes: of each image, (n, 4).
            cells: for the class, (N, side, side, 2), in steps.
            whole: for the deltas, (N, 1, 1, 2), in steps.
        """
        together, settings = torch.cat(list(boxes)), self.settings
        for_class, for_box = (
            pool_per_image(
                features,
                boxes,
                self.ordinary.side,
                self.ordinary.strides,
                samples=settings.samples,
                offsets=in_pixels(together, moves, settings.step),
            )
            for moves in (cells, whole)
        )
        logits, deltas = self.predictor.disentangled(
            self.head.class_branch(for_class), self.head.box_branch(for_box)
        )
        move = as_deltas(whole.flatten(1), settings.step, self.weights)
        return logits, deltas + move.repeat(1, deltas.shape[1] // 4)

    def sample(
        self,
        boxes: Sequence[Tensor],
        truth: Sequence[Tensor],
        truth_classes: Sequence[Tensor],
        classes: int,
        *,
        draw: bool = True,
        generator: torch.Generator | None,
    ) -> BoxSample:
        """Training boxes, as of the ordinary stage."""
        return self.ordinary.sample(
            boxes, truth, truth_classes, classes, draw=draw, generator=generator
        )

    def learn(
        self, features: Features, boxes: Sequence[Tensor], sample: BoxSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of the sampled boxes by name, and these boxes moved.

        Returns:
            "loss_cls" and "loss_box_reg"; the same of the ordinary head with "_sibling" behind
            them; "loss_cls_margin", the mean over all boxes, and "loss_box_margin", the mean over
            those with an object.
        """
        pooled, stage = self.ordinary.pooled(features, boxes), self.disentangled
        cells, whole = self.head.moves(pooled)
        own, other = self.look(features, boxes, cells, whole), self.ordinary.read(pooled)
        siblings = self.ordinary.losses(*other, sample)
        losses = stage.losses(*own, sample)
        losses |= {f"{name}_sibling": loss for name, loss in siblings.items()}
        # without boxes no cell is read, and the layers that move them have a gradient of 0
        losses |= self._margins(other, own, sample, nothing=0 * (cells.sum() + whole.sum()))
        return losses, stage.refined(own[1], sample)

    def _margins(
        self,
        other: tuple[Tensor, Tensor],
        own: tuple[Tensor, Tensor],
        sample: BoxSample,
        *,
        nothing: Tensor,
    ) -> dict[str, Tensor]:
        """Both margin losses, from logits and deltas of the ordinary head and of the others."""
        hit = sample.positive
        boxes, truth, margin = sample.boxes[hit], sample.targets[hit], self.settings.margin
        both = ((self.ordinary, *other), (self.disentangled, *own))
        its_chance, own_chance = (
            stage.chances(logits).gather(1, sample.classes[:, None]) for stage, logits, _ in both
        )
        its_boxes, own_boxes = (
            decode_boxes(boxes, deltas_of(deltas, sample.classes)[hit], self.weights)
            for _, _, deltas in both
        )
        of_each = {
            "loss_cls_margin": margin_loss(its_chance, own_chance, margin),
            "loss_box_margin": iou_margin_loss(its_boxes, own_boxes, truth, margin),
        }
        factor = self.ordinary.loss_weight
        return {
            name: factor * (each.sum() / max(1, len(each))) + nothing
            for name, each in of_each.items()
        }

    def chances(self, logits: Tensor) -> Tensor:
        """Probabilities of the classes and of background, (N, K + 1)."""
        return self.disentangled.chances(logits)

    def moved(
        self, logits: Tensor, deltas: Tensor, boxes: Sequence[Tensor], sizes: Sizes
    ) -> list[Tensor]:
        """The boxes of each image, moved by this stage and clipped."""
        return self.disentangled.moved(logits, deltas, boxes, sizes)


def tsd_stage(
    pyramid: Pyramid,
    config: BoxConfig,
    settings: TSDConfig,
    *,
    classes: int,
    classifier: Callable[[], BoxClassifier | None] = lambda: None,
) -> TSDStage:
    """The box stage of TSD.

    Args:
        pyramid: that it reads.
        config: of the heads and their training boxes.
        settings: of the moves and margins.
        classes: K.
        classifier: makes that of the boxes.
    """
    head = TSDHead(
        pyramid.channels,
        side=config.side,
        layers=config.layers,
        width=config.width,
        hidden=settings.hidden,
    )
    predictor = TSDPredictor(
        classes, config.width, class_agnostic=config.class_agnostic, classifier=classifier
    )
    return TSDStage(head, predictor, settings, plain_stage(head, predictor, pyramid, config))


def in_pixels(boxes: Tensor, moves: Tensor, step: float) -> Tensor:
    """Moves of cells in pixels.

    Args:
        boxes: whose cells they are, (N, 4).
        moves: x, y in steps, (N, side, side, 2) or (N, 1, 1, 2).
        step: share of the sides of a box.

    Returns:
        Of the shape of `moves`.

    Example:
        >>> in_pixels(torch.tensor([[10.0, 20, 50, 60]]), torch.tensor([[[[0.5, -1.0]]]]), 0.1)
        tensor([[[[ 2., -4.]]]])
    """
    return step * moves * (boxes[:, 2:] - boxes[:, :2])[:, None, None]


def as_deltas(moves: Tensor, step: float, weights: Weights) -> Tensor:
    """The deltas that move a box as its cells move, (N, 4).

    Args:
        moves: x, y in steps, (N, 2).
        step: share of the sides of a box.
        weights: of the deltas.
    """
    moving = step * moves * moves.new_tensor(weights[:2])
    return torch.cat([moving, torch.zeros_like(moving)], dim=1)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, a=1)
    nn.init.zeros_(layer.bias)
    return layer
