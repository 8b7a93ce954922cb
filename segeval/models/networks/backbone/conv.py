"""A convolution with its norm, named as in the published files: conv.weight, conv.norm."""

from __future__ import annotations

from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.backbone.norms import norm_of


class Conv(nn.Conv2d):
    """Convolution that keeps the size at stride 1 and an odd kernel, with a bias or a norm.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: its side.
        stride: in cells of the input.
        dilation: between the kernel's taps, in cells of the input.
        groups: of channels.
        norm: of `norm_of`, or None.
        fill: distribution of the initial weights, "msra" or "xavier".

    Example:
        >>> [name for name, _ in Conv(3, 8, 3, norm="batch").named_parameters()]
        ['weight', 'norm.weight', 'norm.bias']
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        norm: str | None = None,
        fill: str = "msra",
    ) -> None:
        padding = dilation * ((kernel - 1) // 2)
        super().__init__(
            inputs, outputs, kernel, stride, padding, dilation, groups, bias=norm is None
        )
        self.norm = None if norm is None else norm_of(norm, outputs)
        fill_weight(self.weight, fill)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride rounded up, W / stride rounded up)."""
        x = super().forward(x)
        return x if self.norm is None else self.norm(x)


def fill_weight(weight: Tensor, fill: str) -> None:
    """Draw initial weights of a convolution or a fully connected layer.

    Args:
        weight: (outputs, inputs, ...), changed in place.
        fill: "msra": normal with variance 2 / fan out; "xavier": uniform with variance 1 / fan in.
            The published models started from these variants of Caffe2.

    Raises:
        InputError: for any other distribution.
    """
    match fill:
        case "msra":
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
        case "xavier":
            nn.init.kaiming_uniform_(weight, a=1)
        case _:
            raise InputError(
                f"There is no distribution {fill!r} of weights. Choose one of: msra, xavier.",
                code="unknown-fill",
                field="fill",
            )
