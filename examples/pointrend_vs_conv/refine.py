"""RefineMask beside the heads of `run.py`, on the same pictures and boxes.

python -m examples.pointrend_vs_conv.refine [FOLDER] [--seeds 3] [--smoke]

FOLDER may be one of `run.py`: its pictures and heads are used. Finished parts are kept.
"""

from __future__ import annotations

from pathlib import Path

import torch

from examples.pointrend_vs_conv.command import PICTURES, asked_of_seeds
from examples.pointrend_vs_conv.evaluate import measure, of_model, test_boxes, write
from examples.pointrend_vs_conv.make_data import load, make_missing
from examples.pointrend_vs_conv.network import HEADS, HeadName
from examples.pointrend_vs_conv.run import SMOKE, table, train_missing, with_spread
from examples.pointrend_vs_conv.train import trained

NAMES: dict[HeadName, str] = {
    "conv": "4x conv 28, hard targets",
    "conv-soft": "4x conv 28, soft targets",
    "pointrend": "PointRend 224",
    "refine": "RefineMask 112",
}


def main() -> None:
    arguments = asked_of_seeds(__doc__)
    results: dict[str, list[dict[str, float]]] = {}
    for seed in range(arguments.seeds):
        folder = arguments.folder / f"seed-{seed}"
        make_missing(folder, SMOKE if arguments.smoke else PICTURES, seed)
        others = [head for head in HEADS if (folder / f"{head}.pt").exists()]
        heads: list[HeadName] = [*dict.fromkeys(["conv", *others]), "refine"]
        train_missing(heads, folder, seed, arguments.workers, smoke=arguments.smoke)
        for head in heads:
            results.setdefault(NAMES[head], []).append(numbers(head, folder, seed))
    print(table(results))
    for name, each in results.items():
        if name != NAMES["refine"]:
            pairs = zip(results[NAMES["refine"]], each, strict=True)
            key = "boundary AP"
            gain = [{key: more[key] - less[key]} for more, less in pairs]
            print(f"RefineMask less {name}: {with_spread(gain, key, '+')} boundary AP")


def numbers(head: HeadName, folder: Path, seed: int) -> dict[str, float]:
    """Write the masks of a trained head to files, and measure them."""
    torch.set_num_threads(1)
    pictures = load(folder / "test")
    boxes = test_boxes(pictures, seed)
    masks = of_model(trained(head, folder))(pictures, boxes)
    write(masks, boxes, pictures.classes, folder / "preds", head)
    return measure(folder / "preds" / f"{head}.json", folder / "preds" / head, folder / "test")


if __name__ == "__main__":
    main()
