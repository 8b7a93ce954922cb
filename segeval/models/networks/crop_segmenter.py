"""A semantic network of two classes that draws the mask of a box in a crop around it.

Source: the report of the winner of Open Images 2019 instance segmentation, section 8.
"""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.models.config.parts.concat import ConcatConfig
from segeval.models.networks.protocols import Backbone, Maps
from segeval.models.networks.semantic import SemanticModel
from segeval.models.networks.semantic_heads import ConcatHead

BACKGROUND, OBJECT = 0, 1
"""Classes of the pixels of a crop."""


class CropSegmenter(SemanticModel):
    """The head of HRNetV2 on a backbone, from crops to the logits of background and object.

    It is trained as any semantic model, on label maps of crops.

    Args:
        backbone: from a crop to its maps.
    """

    def __init__(self, backbone: Backbone) -> None:
        maps = Maps(backbone.channels, backbone.strides)
        super().__init__(backbone, ConcatHead(ConcatConfig(), 2, maps))

    @torch.no_grad()
    def object_logits(self, crops: Tensor) -> Tensor:
        """Logits of the object at each pixel of crops, see `DrawsInCrops`."""
        logits = self.forward(crops)
        return logits[:, OBJECT:] - logits[:, :OBJECT]
