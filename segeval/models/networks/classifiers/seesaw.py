"""The Seesaw loss: frequent classes spare rare ones, and mistakes that are made often cost more.

Source: Wang et al. 2021, Seesaw Loss for Long-Tailed Instance Segmentation, sections 3.2 to 3.4, as
in mmdetection; counts are summed over processes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config.parts.seesaw import SeesawConfig
from segeval.models.networks.components import register_component
from segeval.models.ops.processes import is_shared

LEAST_CHANCE = 0.01
"""Least probability of the true class in a ratio."""

OBJECT, BACKGROUND = 0, 1
"""Places of the last two outputs."""


class Seesaw(nn.Module):
    """A `BoxClassifier` with K logits of classes, and two of object and background.

    Args:
        config: powers of the two factors; None for the defaults.
        classes: K, 2 or more.

    Attributes:
        counts: training boxes of each class so far, int64, (K,); part of the model's state.

    Raises:
        InputError: if there are fewer than two classes.
    """

    counts: Tensor

    def __init__(self, config: SeesawConfig | None = None, classes: int = 2) -> None:
        super().__init__()
        config = config or SeesawConfig()
        if classes < 2:
            raise InputError(
                f"The number of classes is {classes}, expected 2 or more: the Seesaw loss weighs "
                "classes against each other.",
                code="classes",
                field="classes",
            )
        self.outputs, self.normalised = classes + 2, config.normalised
        self.p, self.q = config.mitigation, config.compensation
        self.register_buffer("counts", torch.zeros(classes, dtype=torch.int64))

    def chances(self, outputs: Tensor) -> Tensor:
        """Probabilities of the classes and of background, (N, K + 1)."""
        of_classes, is_object = outputs[:, :-2].softmax(1), outputs[:, -2:].softmax(1)
        return torch.cat([of_classes * is_object[:, [OBJECT]], is_object[:, [BACKGROUND]]], dim=1)

    def losses(self, outputs: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """Losses of training boxes, whose classes are counted first.

        Args:
            outputs: (N, K + 2).
            classes: 0 to K - 1, or K for background, int64, (N,).

        Returns:
            "loss_cls", of the boxes with an object, and "loss_cls_objectness", of all; both divided
            by N. Without boxes both are 0, with zero gradients.
        """
        logits, objectness = outputs[:, :-2], outputs[:, -2:]
        is_object = classes < len(self.counts)
        own, labels = logits[is_object], classes[is_object]
        self._count(labels)
        if len(outputs) == 0:
            return {"loss_cls": 0 * logits.sum(), "loss_cls_objectness": 0 * objectness.sum()}
        told = torch.where(is_object, OBJECT, BACKGROUND)
        of_classes = functional.cross_entropy(
            own + self._factors(own, labels).log(), labels, reduction="sum"
        )
        return {
            "loss_cls": (of_classes + 0 * logits.sum()) / len(outputs),
            "loss_cls_objectness": functional.cross_entropy(objectness, told),
        }

    @torch.no_grad()
    def _count(self, labels: Tensor) -> None:
        """Add boxes of these classes, of all processes."""
        new = torch.bincount(labels, minlength=len(self.counts))
        if is_shared():
            distributed.all_reduce(new)
        self.counts += new

    @torch.no_grad()
    def _factors(self, logits: Tensor, labels: Tensor) -> Tensor:
        """S of equation 4, (n, K): how much each class is punished by boxes of these labels."""
        counts = self.counts.clamp(min=1).to(logits)
        mitigation = (counts / counts[labels][:, None]).clamp(max=1) ** self.p
        chances = logits.softmax(1)
        true = chances.gather(1, labels[:, None])
        ratio = chances / true.clamp(min=LEAST_CHANCE)
        compensation = torch.where(chances > true, ratio**self.q, 1)
        return (mitigation * compensation).scatter(1, labels[:, None], 1)


@register_component("seesaw-loss")
def seesaw_loss(
    *,
    counts: Sequence[int],
    mitigation: float = SeesawConfig.mitigation,
    compensation: float = SeesawConfig.compensation,
) -> Seesaw:
    """The loss with the counts of earlier boxes; its methods are `losses` and `chances`.

    Args:
        counts: of each class.
        mitigation: p.
        compensation: q.
    """
    config = SeesawConfig(mitigation=mitigation, compensation=compensation)
    made = Seesaw(config, len(counts))
    made.counts.copy_(torch.tensor(list(counts)))
    return made
