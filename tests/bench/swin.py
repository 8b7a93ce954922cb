"""Time Swin beside transformers' Swin, with the same weights, on one thread.

    python -m tests.bench swin [--sizes t,s] [--full] [--runs N] [--train]

Both take turns in one process, so that a busy machine slows both; a row is the median of CPU
seconds. transformers calls PyTorch's fused attention. What comes out is a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor

from segeval.models import component
from segeval.models.config import SwinConfig as SwinSettings
from tests.bench.processes import say
from tests.parity.test_transformers_swin import their_weights


def networks(size: Any) -> tuple[Any, Any]:
    """Our network and theirs."""
    from transformers import SwinBackbone, SwinConfig

    torch.manual_seed(0)
    ours = component("swin", swin=size, drop_path=0.0)
    embed, depths, heads = SwinSettings(swin=size).sizes
    theirs = SwinBackbone(
        SwinConfig(
            embed_dim=embed,
            depths=list(depths),
            num_heads=list(heads),
            drop_path_rate=0.0,
            out_features=[f"stage{number}" for number in (1, 2, 3, 4)],
        )
    )
    theirs.load_state_dict(their_weights(ours.state_dict()), strict=False)
    return ours, theirs


def looks(network: Any, image: Tensor, *, train: bool) -> None:
    """Run a network on an image, and back."""
    found = network(image)
    maps = found["feature_maps"] if "feature_maps" in found else list(found.values())
    if train:
        torch.stack([each.mean() for each in maps]).sum().backward()


def seconds(work: Callable[[], None]) -> float:
    """CPU time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(size: str, image: Tensor, runs: int, *, train: bool) -> tuple[float, float]:
    """Medians of both, without the first run."""
    both = [each.train(train) for each in networks(size)]
    with torch.set_grad_enabled(train):
        found = [
            [seconds(partial(looks, each, image, train=train)) for each in both]
            for _ in range(runs + 1)
        ]
    ours, theirs = zip(*found[1:], strict=True)
    return median(ours), median(theirs)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="t")
    parser.add_argument("--full", action="store_true", help="800 x 1344 pixels, not 512 x 704")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--train", action="store_true", help="with gradients")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    height, width = (800, 1344) if chosen.full else (512, 704)
    image = torch.randn(1, 3, height, width)
    what = "training step" if chosen.train else "image"
    say(f"CPU seconds of a {what} of {height} x {width}, medians of {chosen.runs} runs")
    sys.stdout.write("| | segeval | transformers | ratio |\n|---|---|---|---|\n")
    for size in chosen.sizes.split(","):
        ours, theirs = measured(size, image, chosen.runs, train=chosen.train)
        row = f"Swin-{size.upper()} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f}"
        sys.stdout.write(f"| {row} |\n")
    return 0
