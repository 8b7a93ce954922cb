"""Does SOLOv2 learn? Eight pictures by heart, then pictures that it has not seen.

python -m examples.solov2.run [--seeds 0 1 2] [--parts by-heart others] [--smoke]

The pictures are those of examples.rare_classes with larger objects, in twice the size, for SOLO
draws masks at a quarter of it; all classes are equally frequent.
"""

from __future__ import annotations

import time

import numpy as np
import torch

import segeval
from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.detector import settings
from examples.rare_classes.learning import ground_truth, predictions, trained
from examples.rare_classes.scenes import CLASSES, Scenes
from examples.rare_classes.study import parser_of
from segeval.data import Predictions
from segeval.masks import RunLengths, encode, mask_iou
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.solo.model import SOLO
from segeval.models.training.example import objects_of

SIDE = 128
"""Side of the pictures, in pixels."""

HALF = (12.0, 20.0)
"""Half the width of an object, at least and at most, of a side of 64."""

PARTS = ("by-heart", "others")
UPDATES = 300
"""Of either part; the first one sees eight pictures, two objects of every class."""

LEARNT, TEST = 100, 20
"""Objects of every class in the pictures of the second part."""

SETTINGS = SOLOConfig(
    grids=(16, 12, 8, 6, 4),
    scales=((1, 36), (28, 56), (48, 96), (80, 128), (112, 2048)),
    layers=2,
    channels=64,
    mask_channels=32,
    kernels=32,
)
"""Grids and ranges for pictures of this size, and narrow heads."""


def pictures(number: int, rng: np.random.Generator) -> Scenes:
    """Pictures with as many objects of every class."""
    return Scenes(np.full(CLASSES, number), rng, side=SIDE, half=HALF)


def solo() -> SOLO:
    """SOLOv2 on a small pyramid."""
    return SOLO(Backbone(levels=4), SETTINGS, classes=CLASSES)


def mean_iou(preds: Predictions, scenes: Scenes) -> float:
    """Mean IoU of every object with the best mask of its class in its picture."""
    found = []
    for number, picture in enumerate(scenes.pictures):
        objects = objects_of(picture)
        for kind, mask in zip(objects.classes.tolist(), objects.masks, strict=True):
            rows = np.flatnonzero((preds.image_id == number) & (preds.category_id == kind))
            best = mask_iou(masks_of(preds, rows), encode(mask[None].numpy())).max(initial=0)
            found.append(float(best))
    return float(np.mean(found))


def masks_of(preds: Predictions, rows: np.ndarray) -> RunLengths:
    """The masks of some predictions."""
    sizes = np.full((len(rows), 2), SIDE, np.int32)
    return preds.segmentations.take(rows).run_lengths(sizes, preds)


def ap_of(preds: Predictions, scenes: Scenes) -> float:
    """Mask AP in percent."""
    found = segeval.average_precision(preds, ground_truth(scenes), iou="segm", workers=1)
    ap = found.scores["segm"].overall.ap
    return 100 * (ap or 0.0)


def told(part: str, seed: int, updates: int) -> str:
    """What a part found, in a line."""
    rng, started = np.random.default_rng(seed), time.process_time()
    by_heart = part == "by-heart"
    config = settings("solo", {"flip": not by_heart}, side=SIDE)
    few = by_heart or updates < UPDATES
    learnt = pictures(2 if few else LEARNT, rng)
    test = learnt if by_heart else pictures(2 if few else TEST, rng)
    preds = predictions(trained(solo, learnt, config, updates=updates, seed=seed), test, config)
    seconds = time.process_time() - started
    return (
        f"seed {seed}  {part:8}  {len(learnt):3} pictures learnt, {len(test):2} measured  "
        f"IoU {mean_iou(preds, test):.3f}  AP {ap_of(preds, test):4.1f}  {seconds:.0f} s"
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for seed in arguments.seeds[:1] if arguments.smoke else arguments.seeds:
        for part in arguments.parts:
            print(told(part, seed, 2 if arguments.smoke else UPDATES), flush=True)


if __name__ == "__main__":
    main()
