"""The command with models of few layers: `python -m tests.small_models train ...` learns quickly.

Everything else is as published: the names of the weights, the heads, the losses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch

from segeval.models.config import ProposalConfig
from segeval.models.networks import building
from segeval.models.networks.backbone import FPN, resnet
from segeval.models.networks.protocols import Backbone
from segeval.models.networks.rpn import RPN

CHANNELS = 32
"""Of the pyramid."""


FEW = ProposalConfig(before_nms=(60, 30), after_nms=(24, 24), train_anchors=64)
"""Settings of the proposals."""


def _narrow(bottom_up: Backbone, *, channels: int, **others: Any) -> FPN:
    return FPN(bottom_up, channels=min(channels, CHANNELS), **others)


def _with_few_proposals(channels: int, _: ProposalConfig, **others: Any) -> RPN:
    return RPN(channels, FEW, **others)


@contextmanager
def small_models() -> Iterator[None]:
    """A context in which models have a block in each stage, a narrow pyramid, and few proposals."""
    with (
        patch.dict(resnet.BLOCKS, {50: (1, 1, 1, 1)}),
        patch.object(building, "FPN", _narrow),
        patch.object(building, "RPN", _with_few_proposals),
    ):
        yield


def main() -> None:
    """Run the command on one thread: small layers wait for threads longer than they work."""
    from segeval_cli.main import main as command

    torch.set_num_threads(1)
    with small_models():
        command()


if __name__ == "__main__":
    sys.argv[0] = "segeval"
    main()
