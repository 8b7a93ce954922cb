"""A whole detector, which also finds boxes and classes, trained on the same pictures.

python -m examples.pointrend_vs_conv.detector [FOLDER] [--updates 600] [--smoke]

Proposals, box head and PointRend's mask head come from `segeval.models`, the small backbone from
the comparison. It takes about six minutes of one core.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

import segeval
from examples.pointrend_vs_conv.command import asked_of_one
from examples.pointrend_vs_conv.make_data import KINDS, SIDE, Pictures, load
from examples.pointrend_vs_conv.network import Backbone, pointrend
from segeval.data import predictions_from_arrays
from segeval.masks import concatenate
from segeval.models.config import BoxConfig, ProposalConfig
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.found import Instances
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.rpn import RPN
from segeval.models.ops import paste_masks

BATCH = 8
RATE = 2e-3
UPDATES = 600
IOUS = ("bbox", "segm", "boundary")


def detector() -> MaskRCNN:
    """Mask R-CNN with PointRend, for pictures of one object of four kinds."""
    pyramid = Backbone(levels=4)
    # One mask for all kinds of furniture: the class does not change the outline.
    mask_head = pointrend(1)
    # there is little to find
    few = ProposalConfig(before_nms=(200, 100), after_nms=(32, 32))
    rpn = RPN(pyramid.channels, few, strides=pyramid.strides)
    return MaskRCNN(pyramid, mask_head, BoxConfig(), classes=len(KINDS), proposals=rpn)


def batch_of(pictures: Pictures, which: torch.Tensor) -> Batch:
    """Some of the pictures as a training batch."""
    rows = which.tolist()
    objects = tuple(
        Objects(pictures.boxes[i : i + 1], pictures.classes[i : i + 1], pictures.masks[i : i + 1])
        for i in rows
    )
    names = tuple(f"{i + 1:04}.png" for i in rows)
    return Batch(pictures.images[which], ((SIDE, SIDE),) * len(rows), objects, names)


def train(model: MaskRCNN, pictures: Pictures, *, updates: int, seed: int = 0) -> list[float]:
    """Train in place; the sum of the losses at every update."""
    draws = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=updates)
    losses: list[float] = []
    started = time.process_time()  # CPU time, whatever else runs
    model.train()
    for update in range(1, updates + 1):
        some = torch.randint(len(pictures), (BATCH,), generator=draws)
        parts = model.losses(batch_of(pictures, some), generator=draws)
        loss = torch.stack(list(parts.values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        cycle.step()
        losses.append(loss.item())
        if update % 50 == 0:
            shown = "  ".join(f"{name[5:]} {value:.3f}" for name, value in parts.items())
            print(
                f"{update:5}/{updates}  {shown}  {time.process_time() - started:4.0f} s", flush=True
            )
    model.eval()
    return losses


def write(found: list[Instances], path: Path) -> None:
    """Write predictions for pictures 1, 2, ... as COCO results."""
    counts = [len(each.scores) for each in found]
    masks = [
        paste_masks(each.masks, each.boxes, torch.full((len(each.boxes), 2), SIDE))
        for each in found
    ]
    corners = torch.cat([each.boxes for each in found]).double().numpy()
    preds = predictions_from_arrays(
        image_id=np.repeat(np.arange(1, len(found) + 1), counts),
        category_id=torch.cat([each.classes for each in found]).numpy() + 1,
        score=torch.cat([each.scores for each in found]).double().numpy(),
        boxes=np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1),
        masks=concatenate(masks),
    )
    segeval.save_predictions(preds, path)


def main() -> None:
    arguments = asked_of_one(__doc__, "pointrend-detector", updates=UPDATES, few=(4, 1))
    folder, updates = arguments.folder, arguments.updates
    torch.manual_seed(arguments.seed)
    model = detector()
    train(model, load(folder / "train"), updates=updates, seed=arguments.seed)
    images = load(folder / "test").images
    found: list[Instances] = []
    for some in images.split(20):
        found += model(some, ((SIDE, SIDE),) * len(some))
    write(found, folder / "detector.json")
    result = segeval.average_precision(
        folder / "detector.json", folder / "test" / "gt.json", iou=IOUS
    )
    for iou, scores in result.scores.items():
        ap, ap50 = scores.overall.ap or 0, scores.overall.ap50 or 0
        print(f"{iou:9} AP {100 * ap:5.1f}  AP50 {100 * ap50:5.1f}")


if __name__ == "__main__":
    main()
