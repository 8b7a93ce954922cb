"""How often intervals of thresholds hold what they should, on simulated detectors.

    python -m tests.bench.threshold_coverage [SIMULATIONS]

Images differ in how hard they are. Right predictions score higher than wrong ones, and both lower
in hard images. What is true of other images comes from 200,000 of the same kind.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates, percentile_interval
from segeval.analysis.resampling.draws import Units, image_keys
from segeval.analysis.thresholds.best import Groups
from segeval.analysis.thresholds.held_out import crossed, held_out

IMAGES = (20, 50, 200)
POPULATION = 200_000
REPLICATES = 300


def simulated(rng: Generator, images: int) -> Groups:
    """One category: about six objects and five wrong predictions in an image."""
    hardness = rng.normal(0, 0.8, images)
    gt = np.repeat(np.arange(images), rng.poisson(6, images))
    found = gt[rng.random(len(gt)) < _sigmoid(1.2 - hardness[gt])]
    wrong = np.repeat(np.arange(images), rng.poisson(5, images))
    image = np.concatenate([found, wrong])
    logit = np.concatenate([
        rng.normal(0.8, 1, len(found)) - 0.5 * hardness[found],
        rng.normal(-1, 1, len(wrong)) + 0.3 * hardness[wrong],
    ])  # fmt: skip
    order = np.argsort(-logit, kind="stable")
    return Groups(
        score=_sigmoid(logit)[order],
        image=image[order].astype(np.int32),
        true=(np.arange(len(image)) < len(found))[order],
        offsets=np.array([0, len(image)]),
        gt_image=gt.astype(np.int32),
        gt_offsets=np.array([0, len(gt)]),
    )


def _sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logit)))


def f_at(groups: Groups, score: float) -> float:
    """F1 of the predictions of a score and above."""
    kept = int(np.searchsorted(-groups.score, -score, side="right"))
    return 2 * float(groups.true[:kept].sum()) / (len(groups.gt_image) + kept)


@dataclass
class Findings:
    """What simulations of one number of images found.

    Attributes:
        seen: F on the images that chose, less that of the same threshold on all others.
        unseen: F on unseen images, less the same.
        f_held: whether the interval of F on unseen images held the mean on all others.
        score_held: whether the interval of the threshold held the best one of all others.
    """

    seen: list[float]
    unseen: list[float]
    f_held: list[bool]
    score_held: list[bool]


def simulate(images: int, simulations: int, rng: Generator, others: Groups) -> Findings:
    """Simulations with one number of images."""
    every = np.ones((1, POPULATION), np.uint16)
    best = float(others.best(every, 1.0)[0, 0])
    found = Findings([], [], [], [])
    for seed in range(simulations):
        own = simulated(rng, images)
        drawn = Replicates(Units.of_keys(image_keys(np.arange(images))), REPLICATES, seed)
        [unseen] = held_out(crossed(own, drawn, 1.0), drawn, 1.0)
        half = drawn.half
        chosen = own.best(np.stack([half, ~half]).astype(np.uint16), 1.0)[:, 0]
        truth = float(np.mean([f_at(others, each) for each in chosen]))
        low, high = unseen.interval or (np.nan, np.nan)
        found.f_held.append(low <= truth <= high)
        found.unseen.append((unseen.f or 0) - truth)
        score = float(own.best(np.ones((1, images), np.uint16), 1.0)[0, 0])
        found.seen.append(f_at(own, score) - f_at(others, score))
        scores = drawn.each(partial(own.best, beta=1.0))[:, 0]
        start, end = percentile_interval(scores) or (np.nan, np.nan)
        found.score_held.append(start <= best <= end)
    return found


def main() -> None:
    """Print a row for each number of images."""
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    rng = np.random.default_rng(1)
    others = simulated(rng, POPULATION)
    header = "images  F too high, seen  unseen  F interval holds %  threshold interval holds %"
    sys.stdout.write(f"{header}\n")
    for images in IMAGES:
        found = simulate(images, simulations, rng, others)
        sys.stdout.write(
            f"{images:6}  {100 * np.mean(found.seen):16.2f}  {100 * np.mean(found.unseen):6.2f}"
            f"  {100 * np.mean(found.f_held):18.1f}  {100 * np.mean(found.score_held):26.1f}\n"
        )


if __name__ == "__main__":
    main()
