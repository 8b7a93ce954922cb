"""Does balanced copy-paste help the rare classes, and does mosaic? Three seeds of each.

python -m examples.rare_classes.run [--ways plain copy-paste] [--seeds 0 1 2] [--smoke]

Every training has the same network, the same number of updates and the same pictures of its seed;
only `input.copy_paste` and `input.mosaic` differ. It prints a line for each training and then means
and standard deviations. About five minutes of one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

import segeval
from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.learning import ground_truth, predictions, trained
from examples.rare_classes.scenes import CLASSES, RARE, SIDE, Scenes, long_tail
from segeval.models.config import BoxConfig, Config, MaskConfig, ProposalConfig, changed
from segeval.models.networks.box_stage import box_stage
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.protocols import BoxStage, Model, Pyramid
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.rpn import RPN

WAYS: Mapping[str, Mapping[str, float]] = {
    "plain": {},
    "copy-paste": {"copy_paste": 0.5},
    "mosaic": {"mosaic": 0.5},
}
UPDATES = 240

FEW = ProposalConfig(scales=(4.0,), before_nms=(60, 60), after_nms=(30, 30), train_anchors=64)
"""Settings of the proposals: there is little to find."""

BOXES = BoxConfig(layers=1, width=256, train_boxes=24, max_dets=20)
"""Settings of the box stage."""

TEST = 20
"""Objects of every class in the test pictures, which are balanced."""


def settings(way: str) -> Config:
    """Pictures in their own size, mirrored at random, and mixed as the way says."""
    sizes = {"train_sizes": (SIDE,), "train_max": SIDE}
    colours = {"mean": (127.0,) * 3, "std": (60.0,) * 3}
    return changed(Config(), way, classes=CLASSES, input={**sizes, **colours, **WAYS[way]})


def ordinary_stage(pyramid: Pyramid) -> BoxStage:
    """The box stage of Mask R-CNN."""
    return box_stage(pyramid, BOXES, classes=CLASSES)


def detector(stage: Callable[[Pyramid], BoxStage] = ordinary_stage) -> MaskRCNN:
    """Mask R-CNN on a small pyramid, with any box stage."""
    pyramid = Backbone(levels=4)
    looks = stage(pyramid)
    return MaskRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), 1, pyramid),  # the class does not change the outline
        BOXES,
        classes=CLASSES,
        proposals=RPN(pyramid.channels, FEW, strides=pyramid.strides),
        stages=[looks],
    )


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["plain", "copy-paste"])
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    arguments = parser.parse_args()
    updates, each = (2, 1) if arguments.smoke else (arguments.updates, TEST)
    seeds = arguments.seeds[:1] if arguments.smoke else arguments.seeds
    torch.set_num_threads(1)
    results: dict[str, list[dict[str, float]]] = {way: [] for way in arguments.ways}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        learnt, test = Scenes(long_tail(), rng), Scenes(np.full(CLASSES, each), rng)
        for way, found in results.items():
            started, config = time.process_time(), settings(way)
            model = trained(detector, learnt, config, updates=updates, seed=seed)
            found.append(measure(model, test, config))
            numbers = "  ".join(f"{name} {value:5.1f}" for name, value in found[-1].items())
            seconds = time.process_time() - started
            print(f"seed {seed}  {way:11} {numbers}  {seconds:4.0f} s", flush=True)
    for way, found in results.items():
        columns = {name: [each[name] for each in found] for name in found[0]}
        shown = "  ".join(f"{name} {spread(values)}" for name, values in columns.items())
        print(f"{way:11} {shown}")


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Mean and standard deviation, if there are several values."""
    mean = f"{statistics.mean(values):5.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


if __name__ == "__main__":
    main()
