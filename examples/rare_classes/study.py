"""The same training with several seeds: numbers of each, their means, and what was expected."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from examples.rare_classes.detector import settings
from examples.rare_classes.scenes import CLASSES, Scenes
from segeval.models.config import Config

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


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """A command line with seeds and `--smoke`; the first line of the program's text is its help."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    return parser


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


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Mean and standard deviation, if there are several values."""
    mean = f"{statistics.mean(values):5.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f}"
