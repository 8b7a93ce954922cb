"""How often two equally good models are told to differ in a kind of error.

    python -m tests.bench.kinds [--simulations 300] [--images 40]

Both models have 70 % of the same predictions, drawn apart. Said is how many pairs have a kind whose
interval does not hold 0, and how many have one that the swap test shows as well.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from segeval.analysis import error_differences
from segeval.analysis.comparison.verdicts import Verdict
from tests.slow_errors import random_set

KEPT = 0.7
"""Share of the predictions that each model has."""

DIFFER = (Verdict.BETTER, Verdict.WORSE)


def told(seed: int, images: int) -> tuple[bool, bool]:
    """Whether some kind differs by its interval alone, and by its verdict."""
    preds, gt = random_set(1000 + seed, images=images, masks=False)
    rng = np.random.default_rng(seed)
    a, b = ([each for each in preds if rng.random() < KEPT] for _ in range(2))
    found = error_differences(a, b, gt, iou="bbox", ci=True, resamples=200).first.overall
    shares = [own.share for own in found.kinds.values()]
    by_interval = [
        bool(own.interval and not own.interval[0] <= 0 <= own.interval[1]) for own in shares
    ]
    by_verdict = [own.test is not None and own.test.verdict in DIFFER for own in shares]
    return any(by_interval), any(by_verdict)


def main() -> int:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--images", type=int, default=40)
    asked = parser.parse_args()
    every = [told(seed, asked.images) for seed in range(asked.simulations)]
    intervals, verdicts = (100 * sum(column) / len(every) for column in zip(*every, strict=True))
    sys.stdout.write(f"by the interval alone {intervals:.1f} %, by the verdict {verdicts:.1f} %\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
