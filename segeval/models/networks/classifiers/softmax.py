"""The softmax over the classes and background."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config.parts.softmax import SoftmaxConfig


class Softmax(nn.Module):
    """A `BoxClassifier` with a logit for each class, and the last for background.

    Args:
        config: of the layer before it; None for the defaults.
        classes: K.
    """

    def __init__(self, config: SoftmaxConfig | None = None, classes: int = 1) -> None:
        super().__init__()
        self.outputs = classes + 1
        self.normalised = (config or SoftmaxConfig()).normalised

    def chances(self, outputs: Tensor) -> Tensor:
        """The softmax, (N, K + 1)."""
        return outputs.softmax(1)

    def losses(self, outputs: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """Mean cross-entropy, "loss_cls"; without boxes 0, with a gradient of 0."""
        if len(outputs) == 0:
            return {"loss_cls": 0 * outputs.sum()}
        return {"loss_cls": functional.cross_entropy(outputs, classes)}
