"""Matrix products of two computed tensors, as a layer whose cost can be counted."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn

from segeval.models.ops.precision import at_least_float32


class Product(nn.Module):
    """A product of two matrices, neither of which is a weight: attention, a dynamic convolution.

    As a layer it is seen by `segeval.models.costs.flops.counting`, which watches layers.

    Example:
        >>> import torch
        >>> Product()(torch.ones(2, 3), torch.ones(3, 1)).tolist()
        [[3.0], [3.0]]
    """

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(..., N, M) times (..., M, P), (..., N, P)."""
        return a @ b


class WideProduct(Product):
    """A product that is computed in float32 at least, in mixed precision too: of large numbers."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(..., N, M) times (..., M, P), (..., N, P)."""
        kind = a.device.type
        is_mixed = torch.amp.is_autocast_available(kind)
        with torch.autocast(kind, enabled=False) if is_mixed else nullcontext():
            return at_least_float32(a) @ at_least_float32(b)
