"""Does balanced copy-paste help the rare classes, and does mosaic? Three seeds of each.

python -m examples.rare_classes.run [--ways plain copy-paste] [--seeds 0 1 2] [--smoke]

Every training has the same network, the same number of updates and the same pictures of its seed;
only `input.copy_paste` and `input.mosaic` differ. It prints a line for each training and then means
and standard deviations. About five minutes of one core.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

import segeval
from examples.rare_classes.detector import detector, settings
from examples.rare_classes.learning import ground_truth, predictions, trained
from examples.rare_classes.scenes import CLASSES, RARE, Scenes, long_tail
from examples.rare_classes.study import parser_of, spread
from segeval.models.config import Config
from segeval.models.networks.protocols import Model

WAYS: Mapping[str, Mapping[str, float]] = {
    "plain": {},
    "copy-paste": {"copy_paste": 0.5},
    "mosaic": {"mosaic": 0.5},
}
UPDATES = 240

TEST = 20
"""Objects of every class in the test pictures, which are balanced."""


def measure(model: Model, scenes: Scenes, config: Config) -> dict[str, float]:
    """Mask AP of all classes, and of the rare third, in percent."""
    preds, gt = predictions(model, scenes, config), ground_truth(scenes)
    by_class: list[dict[str, Any]] = (
        segeval.average_precision(preds, gt, workers=1).table("category").records()
    )
    ap = {int(row["category"]): row["ap"] or 0.0 for row in by_class[1:]}  # the first is of all
    return {
        "AP": 100 * statistics.mean(ap.values()),
        "rare AP": 100 * statistics.mean(ap[kind] for kind in RARE),
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["plain", "copy-paste"])
    parser.add_argument("--updates", type=int, default=UPDATES)
    arguments = parser.parse_args()
    updates, each = (2, 1) if arguments.smoke else (arguments.updates, TEST)
    seeds = arguments.seeds[:1] if arguments.smoke else arguments.seeds
    torch.set_num_threads(1)
    results: dict[str, list[dict[str, float]]] = {way: [] for way in arguments.ways}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        learnt, test = Scenes(long_tail(), rng), Scenes(np.full(CLASSES, each), rng)
        for way, found in results.items():
            started, config = time.process_time(), settings(way, WAYS[way])
            model = trained(detector, learnt, config, updates=updates, seed=seed)
            found.append(measure(model, test, config))
            numbers = "  ".join(f"{name} {value:5.1f}" for name, value in found[-1].items())
            seconds = time.process_time() - started
            print(f"seed {seed}  {way:11} {numbers}  {seconds:4.0f} s", flush=True)
    for way, found in results.items():
        columns = {name: [each[name] for each in found] for name in found[0]}
        shown = "  ".join(f"{name} {spread(values)}" for name, values in columns.items())
        print(f"{way:11} {shown}")


if __name__ == "__main__":
    main()
