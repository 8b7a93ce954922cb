"""What cascades, Hybrid Task Cascade and Swin do on drawn pictures: three seeds of each.

python -m examples.cascade_htc_swin.run [cascade htc swin] [--seeds 0 1 2] [--smoke]

Each of the three prints a line per seed, then means and standard deviations, and whether what was
expected of it before the first run holds. It takes about five minutes of one core for each.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import torch

from examples.cascade_htc_swin import cascade, htc, swin
from examples.rare_classes.run import settings, spread
from examples.rare_classes.scenes import CLASSES, Scenes
from segeval.models.config import Config

UPDATES = {"cascade": 300, "htc": 300, "swin": 200}
BATCH = 4
"""Pictures of an update."""

OBJECTS = 100, 20
"""Of every class, in the pictures to learn from and in those to measure on."""

Columns = Mapping[str, Sequence[float]]
"""A number for each seed, by name."""


class OnScenes(Protocol):
    """Trains on drawn scenes, and measures on others."""

    def __call__(
        self, learnt: Scenes, test: Scenes, config: Config, *, updates: int, batch: int, seed: int
    ) -> dict[str, float]:
        """The numbers by name."""


def on_scenes(
    numbers: OnScenes, *, updates: int, seed: int, objects: tuple[int, int]
) -> dict[str, float]:
    """Numbers of a seed, which has its own pictures."""
    rng = np.random.default_rng(seed)
    learnt, test = (Scenes(np.full(CLASSES, each), rng) for each in objects)
    return numbers(learnt, test, settings("plain"), updates=updates, batch=BATCH, seed=seed)


def claims_of_cascade(found: Columns) -> dict[str, bool]:
    """What was expected of the cascade."""
    mean = {name: statistics.mean(values) for name, values in found.items()}
    return {
        "IoU after stage 3 is at least 2 points above that after stage 1": (
            mean["cascade IoU 3"] >= mean["cascade IoU 1"] + 2
        ),
        "box AP75 is not below that of one stage": (
            mean["cascade box AP75"] >= mean["one stage box AP75"]
        ),
    }


def claims_of_htc(found: Columns) -> dict[str, bool]:
    """What was expected of Hybrid Task Cascade."""
    least = statistics.mean(found["head 1 AP"]) - 1
    return {"head 3 is at most 1 AP below head 1": statistics.mean(found["head 3 AP"]) >= least}


def claims_of_swin(found: Columns) -> dict[str, bool]:
    """What was expected of Swin, of every seed."""
    return {"the loss halves in every seed": max(found["ratio"]) <= 0.5}


CLAIMS: Mapping[str, Callable[[Columns], dict[str, bool]]] = {
    "cascade": claims_of_cascade,
    "htc": claims_of_htc,
    "swin": claims_of_swin,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"{', '.join(CLAIMS)}; all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    objects, pictures = ((2, 1), (2, 1)) if arguments.smoke else (OBJECTS, swin.PICTURES)
    train = {
        "cascade": partial(on_scenes, cascade.numbers, objects=objects),
        "htc": partial(on_scenes, htc.numbers, objects=objects),
        "swin": partial(swin.numbers, pictures=pictures),
    }
    for model in arguments.models or CLAIMS:
        updates = 2 if arguments.smoke else UPDATES[model]
        print(f"{model}, {updates} updates")
        study(partial(train[model], updates=updates), arguments.seeds, CLAIMS[model])


def study(
    train: Callable[..., dict[str, float]],
    seeds: Sequence[int],
    claims: Callable[[Columns], dict[str, bool]],
) -> None:
    """Train with every seed; print the numbers, their means, and whether claims hold."""
    found: list[dict[str, float]] = []
    for seed in seeds:
        started = time.process_time()
        found.append(train(seed=seed))
        found[-1]["CPU seconds"] = time.process_time() - started
        numbers = "  ".join(f"{name} {value:.2f}" for name, value in found[-1].items())
        print(f"seed {seed}  {numbers}", flush=True)
    print("\n| | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |")
    print("|---" * (len(seeds) + 2) + "|")
    columns = {name: [each[name] for each in found] for name in found[0]}
    for name, values in columns.items():
        digits = 2 if max(values) < 10 else 1
        cells = [f"{value:.{digits}f}" for value in values]
        print(f"| {name} | {' | '.join(cells)} | {spread(values, digits).strip()} |")
    print()
    for claim, holds in claims(columns).items():
        print(f"{claim}: {'yes' if holds else 'NO'}")
    print()


if __name__ == "__main__":
    main()
