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
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch

import segeval
from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.scenes import CLASSES, RARE, SIDE, Scenes, long_tail
from segeval.data import predictions_from_arrays
from segeval.masks import area, compress, concatenate, encode
from segeval.models.config import BoxConfig, Config, MaskConfig, ProposalConfig, changed
from segeval.models.images import normalise
from segeval.models.networks.box_head import BoxHead, BoxPredictor
from segeval.models.networks.box_stage import FastRCNNStage
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.rpn import RPN
from segeval.models.ops import paste_masks
from segeval.models.training.data import TrainingData
from segeval.models.training.example import objects_of
from segeval.models.training.sampling import BatchRequest

WAYS: Mapping[str, Mapping[str, float]] = {
    "plain": {},
    "copy-paste": {"copy_paste": 0.5},
    "mosaic": {"mosaic": 0.5},
}
BATCH, RATE, UPDATES = 8, 2e-3, 240
WIDTH = 256
"""Of the box head's layer."""

TEST = 20
"""Objects of every class in the test pictures, which are balanced."""


def settings(way: str) -> Config:
    """Pictures in their own size, mirrored at random, and mixed as the way says."""
    sizes = {"train_sizes": (SIDE,), "train_max": SIDE}
    colours = {"mean": (127.0,) * 3, "std": (60.0,) * 3}
    return changed(Config(), way, classes=CLASSES, input={**sizes, **colours, **WAYS[way]})


def detector() -> MaskRCNN:
    """Mask R-CNN on a small pyramid."""
    pyramid = Backbone(levels=4)
    few = ProposalConfig(scales=(4.0,), before_nms=(60, 60), after_nms=(30, 30), train_anchors=64)
    stage = FastRCNNStage(
        BoxHead(pyramid.channels, layers=1, width=WIDTH),
        BoxPredictor(CLASSES, WIDTH),
        pyramid.strides,
        train_boxes=24,
    )
    return MaskRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), 1, pyramid),  # the class does not change the outline
        BoxConfig(max_dets=20),
        classes=CLASSES,
        proposals=RPN(pyramid.channels, few, strides=pyramid.strides),
        stages=[stage],
    )


def trained(scenes: Scenes, config: Config, *, updates: int, seed: int) -> MaskRCNN:
    """A model after some updates, from random weights."""
    torch.manual_seed(seed)
    model = detector().train()
    data = TrainingData(scenes, tuple((k, str(k)) for k in range(CLASSES)), "scenes")
    request = BatchRequest(seed=seed, batch=BATCH, workers=0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=updates)
    draws = torch.Generator().manual_seed(seed)
    for batch in islice(data.batches(config, request), updates):
        loss = torch.stack(list(model.losses(batch, generator=draws).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        cycle.step()
    return model.eval()


def measure(model: MaskRCNN, scenes: Scenes, config: Config) -> dict[str, float]:
    """Mask AP of all classes, and of the rare third, in percent."""
    found = []
    for first in range(0, len(scenes), 20):
        some = scenes.pictures[first : first + 20]
        images = torch.stack([normalise(each.image, config.input) for each in some])
        found += model(images, ((SIDE, SIDE),) * len(some))
    counts = [len(each.scores) for each in found]
    masks = [
        paste_masks(each.masks, each.boxes, torch.full((len(each.boxes), 2), SIDE))
        for each in found
    ]
    preds = predictions_from_arrays(
        image_id=np.repeat(np.arange(len(found)), counts),
        category_id=torch.cat([each.classes for each in found]).numpy(),
        score=torch.cat([each.scores for each in found]).double().numpy(),
        masks=concatenate(masks),
    )
    gt = ground_truth(scenes)
    by_class: list[dict[str, Any]] = (
        segeval.average_precision(preds, gt, workers=1).table("category").records()
    )
    ap = {int(row["category"]): row["ap"] or 0.0 for row in by_class[1:]}  # the first is of all
    return {
        "AP": 100 * statistics.mean(ap.values()),
        "rare AP": 100 * statistics.mean(ap[kind] for kind in RARE),
    }


def ground_truth(scenes: Scenes) -> dict[str, Any]:
    """The objects of some pictures as the contents of a COCO file."""
    image = scenes.images_of_objects
    masks = encode(torch.cat([objects_of(each).masks for each in scenes.pictures]).numpy())
    columns = zip(
        image.tolist(),
        scenes.classes.tolist(),
        area(masks).tolist(),
        compress(masks).strings(),
        strict=True,
    )
    return {
        "images": [
            {"id": number, "file_name": f"{number}.png", "height": SIDE, "width": SIDE}
            for number in range(len(scenes))
        ],
        "categories": [{"id": kind, "name": str(kind)} for kind in range(CLASSES)],
        "annotations": [
            {
                "id": number,
                "image_id": of_image,
                "category_id": kind,
                "area": pixels,
                "iscrowd": 0,
                "segmentation": {"size": [SIDE, SIDE], "counts": counts},
            }
            for number, (of_image, kind, pixels, counts) in enumerate(columns, start=1)
        ],
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
            found.append(measure(trained(learnt, config, updates=updates, seed=seed), test, config))
            numbers = "  ".join(f"{name} {value:5.1f}" for name, value in found[-1].items())
            seconds = time.process_time() - started
            print(f"seed {seed}  {way:11} {numbers}  {seconds:4.0f} s", flush=True)
    for way, found in results.items():
        columns = {name: [each[name] for each in found] for name in found[0]}
        shown = "  ".join(f"{name} {spread(values)}" for name, values in columns.items())
        print(f"{way:11} {shown}")


def spread(values: list[float]) -> str:
    """Mean and standard deviation, if there are several values."""
    mean = f"{statistics.mean(values):5.1f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.1f}"


if __name__ == "__main__":
    main()
