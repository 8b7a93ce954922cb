"""Which part of the Seesaw loss helps rare classes? A classifier of 40 Gaussian classes.

The frequent classes have 3,000 examples, the rare ones 5. Every variant sees the same examples in
the same order; the accuracy on a balanced test set is told by thirds of the classes.

    python -m examples.seesaw.run            # three seeds, about two minutes on one core
    python -m examples.seesaw.run --smoke    # a few steps, to see that it runs
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models import component

CLASSES, SIDE, MOST, LEAST = 40, 16, 3000, 5
SPREAD = 0.275
"""Standard deviation of each number of an example around the centre of its class, of length 1."""

VARIANTS = {
    "cross-entropy": (None, False),
    "mitigation": ({"compensation": 0.0}, False),
    "mitigation and compensation": ({}, False),
    "cross-entropy, normalised": (None, True),
    "seesaw, normalised": ({}, True),
}
"""Settings of the Seesaw loss, or None for cross-entropy; and whether the layer is normalised."""


def counts() -> list[int]:
    """Examples of each class, from most to least, in equal ratios."""
    ratio = (LEAST / MOST) ** (1 / (CLASSES - 1))
    return [round(MOST * ratio**place) for place in range(CLASSES)]


def examples(
    centres: Tensor, numbers: Sequence[int], draw: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Examples of all classes in random order: (N, SIDE), and their classes, (N,)."""
    labels = torch.repeat_interleave(torch.arange(CLASSES), torch.tensor(numbers))
    labels = labels[torch.randperm(len(labels), generator=draw)]
    noise = torch.randn(len(labels), SIDE, generator=draw)
    return centres[labels] + SPREAD * noise, labels


def accuracies(variant: str, seed: int, steps: int) -> list[float]:
    """Accuracy on the frequent, the common and the rare third of the classes, in percent."""
    settings, normalised = VARIANTS[variant]
    draw = torch.Generator().manual_seed(seed)
    centres = functional.normalize(torch.randn(CLASSES, SIDE, generator=draw), dim=1)
    x, labels = examples(centres, counts(), draw)
    torch.manual_seed(seed)
    outputs = CLASSES if settings is None else CLASSES + 2
    last = component("normalised-linear", inputs=128, outputs=outputs) if normalised else None
    network = nn.Sequential(
        nn.Linear(SIDE, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        last or nn.Linear(128, outputs),
    )  # fmt: skip
    seesaw = (
        None if settings is None else component("seesaw-loss", counts=[0] * CLASSES, **settings)
    )
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        some = torch.randint(len(x), (256,), generator=draw)
        found = network(x[some])
        if seesaw is None:
            loss = functional.cross_entropy(found, labels[some])
        else:
            loss = seesaw.losses(found, labels[some])["loss_cls"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
    x, labels = examples(centres, [200] * CLASSES, draw)
    with torch.no_grad():
        right = (network(x)[:, :CLASSES].argmax(1) == labels).float()
    thirds = (labels * 3).div(CLASSES, rounding_mode="floor")
    return [100 * float(right[thirds == third].mean()) for third in range(3)]


def main() -> None:
    """Print a table of accuracies: mean and standard deviation over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--smoke", action="store_true", help="20 steps of one seed")
    asked = parser.parse_args()
    seeds, steps = (1, 20) if asked.smoke else (asked.seeds, asked.steps)
    torch.set_num_threads(1)
    print("| loss | frequent | common | rare |\n|---|---|---|---|")
    for variant in VARIANTS:
        found = torch.tensor([accuracies(variant, seed, steps) for seed in range(seeds)])
        spread = found.std(0) if seeds > 1 else torch.zeros(3)
        cells = [f"{mean:.1f} ± {sd:.1f}" for mean, sd in zip(found.mean(0), spread, strict=True)]
        print(f"| {variant} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
