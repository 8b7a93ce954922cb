"""Does SOLOv2 learn? Eight pictures by heart, then pictures that it has not seen.

python -m examples.solov2.run [--seeds 0 1 2] [--smoke]

The pictures are those of examples.rare_classes, but all classes are equally frequent. About ten
minutes of one core.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

import segeval
from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.learning import ground_truth, predictions, trained
from examples.rare_classes.scenes import CLASSES, SIDE, Scenes
from segeval.data import Predictions
from segeval.masks import RunLengths, encode, mask_iou
from segeval.models.config import Config, changed
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.solo.model import SOLO
from segeval.models.training.example import objects_of

BY_HEART, UPDATES = 8, 300
"""Pictures and updates of the first part."""

LEARNT, TEST, MORE = 100, 20, 600
"""Objects of every class in the pictures of the second part, and its updates."""

SETTINGS = SOLOConfig(
    grids=(16, 12, 8, 6, 4),
    scales=((1, 18), (14, 28), (24, 48), (40, 64), (56, 2048)),
    layers=2,
    channels=64,
    mask_channels=32,
    kernels=32,
)
"""Grids and ranges for pictures of 64 x 64 pixels, and narrow heads."""


def settings(*, flip: bool) -> Config:
    """Pictures in their own size, mirrored at random or not."""
    sizes = {"train_sizes": (SIDE,), "train_max": SIDE, "flip": flip}
    colours = {"mean": (127.0,) * 3, "std": (60.0,) * 3}
    return changed(Config(), "solo", classes=CLASSES, input={**sizes, **colours})


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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    arguments = parser.parse_args()
    smoke = arguments.smoke
    torch.set_num_threads(1)
    for seed in arguments.seeds[:1] if smoke else arguments.seeds:
        rng, started = np.random.default_rng(seed), time.process_time()
        few = Scenes(np.full(CLASSES, 2), rng)
        config = settings(flip=False)
        model = trained(solo, few, config, updates=2 if smoke else UPDATES, seed=seed)
        preds = predictions(model, few, config)
        seconds = time.process_time() - started
        print(
            f"seed {seed}  {len(few)} pictures by heart  IoU {mean_iou(preds, few):.3f}  "
            f"AP {ap_of(preds, few):.1f}  {seconds:.0f} s",
            flush=True,
        )
        started, config = time.process_time(), settings(flip=True)
        learnt, test = (Scenes(np.full(CLASSES, 2 if smoke else n), rng) for n in (LEARNT, TEST))
        model = trained(solo, learnt, config, updates=2 if smoke else MORE, seed=seed)
        preds = predictions(model, test, config)
        seconds = time.process_time() - started
        print(
            f"seed {seed}  {len(test)} others  IoU {mean_iou(preds, test):.3f}  "
            f"AP {ap_of(preds, test):.1f}  {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
