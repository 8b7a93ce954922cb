"""Does TSD move its cells, and does it beat its ordinary head by the margin? Small pictures.

python -m examples.tsd.run [--seeds 0 1 2] [--updates 300] [--smoke]

The moves begin at 0, so that both poolings are the plain one. It prints how far the cells of the
test objects have moved, the margin losses of the first and the last twenty updates, and box AP
beside that of the ordinary box stage of Mask R-CNN. About three minutes of one core for a seed.
"""

from __future__ import annotations

import statistics
from typing import cast

import numpy as np
import torch
from torch import Tensor

import segeval
from examples.rare_classes.detector import BOXES, detector, settings
from examples.rare_classes.learning import ground_truth, in_batches, predictions, trained
from examples.rare_classes.scenes import CLASSES, Scenes
from examples.rare_classes.study import parser_of
from segeval.models.config import Config
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.networks.batches import Batch
from segeval.models.networks.protocols import Pyramid
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.tsd.stage import TSDStage, tsd_stage
from segeval.models.training.example import objects_of

LEARNT, TEST = 60, 20
"""Objects of every class."""

ENDS = 20
"""Updates at the beginning and at the end whose losses are averaged."""

MARGINS = {"L_c": "loss_cls_margin", "L_r": "loss_box_margin"}


class History(list[dict[str, float]]):
    """The margin losses of every update of a model, which `follow` adds."""

    def follow(self, model: MaskRCNN) -> MaskRCNN:
        """The model, whose losses are kept from now on."""
        losses_of = model.losses

        def losses(batch: Batch, *, generator: torch.Generator | None = None) -> dict[str, Tensor]:
            found = losses_of(batch, generator=generator)
            self.append({short: found[name].item() for short, name in MARGINS.items()})
            return found

        model.losses = losses  # type: ignore[method-assign]
        return model


def still_stage(pyramid: Pyramid) -> TSDStage:
    """The box stage of TSD, whose cells do not move yet."""
    stage = tsd_stage(pyramid, BOXES, TSDConfig(), classes=CLASSES)
    for moves in (stage.head.delta_c, stage.head.delta_r):
        torch.nn.init.zeros_(moves[-1].get_parameter("weight"))
    return stage


@torch.no_grad()
def mean_moves(model: MaskRCNN, scenes: Scenes, config: Config) -> dict[str, float]:
    """Mean size of the moves in the boxes of the truth, in percent of a side."""
    stage = cast("TSDStage", model.stages[0])
    of_cells, of_boxes = [], []
    for some, images, _ in in_batches(scenes, config):
        boxes = [objects_of(each).boxes for each in some]
        cells, whole = stage.head.moves(stage.ordinary.pooled(model.backbone(images), boxes))
        of_cells.append(cells.abs().mean((1, 2, 3)))
        of_boxes.append(whole.abs().mean((1, 2, 3)))
    percent = 100 * stage.settings.step
    return {
        "moves for class": percent * float(torch.cat(of_cells).mean()),
        "moves for box": percent * float(torch.cat(of_boxes).mean()),
    }


def box_ap(model: MaskRCNN, scenes: Scenes, config: Config) -> float:
    """AP of boxes, in percent."""
    preds, gt = predictions(model, scenes, config), ground_truth(scenes)
    return 100 * (segeval.average_precision(preds, gt, iou="bbox", workers=1).ap or 0.0)


def results_of(seed: int, updates: int, most: int) -> dict[str, float]:
    """What became of the moves, the margins, and AP with TSD and without."""
    rng, config = np.random.default_rng(seed), settings("plain")
    learnt, test = (Scenes(np.full(CLASSES, min(most, each)), rng) for each in (LEARNT, TEST))
    history = History()
    model = trained(
        lambda: history.follow(detector(still_stage)), learnt, config, updates=updates, seed=seed
    )
    found = mean_moves(model, test, config)
    for short in MARGINS:
        for when, part in (("first", history[:ENDS]), ("last", history[-ENDS:])):
            found[f"{short} {when}"] = statistics.mean(each[short] for each in part)
    ordinary = trained(detector, learnt, config, updates=updates, seed=seed)
    for name, each in (("TSD", model), ("ordinary", ordinary)):
        found[f"AP {name}"] = box_ap(each, test, config)
    return found


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--updates", type=int, default=300)
    asked = parser.parse_args()
    updates, most = (2, 2) if asked.smoke else (asked.updates, LEARNT)
    torch.set_num_threads(1)
    for seed in asked.seeds[:1] if asked.smoke else asked.seeds:
        print(f"seed {seed}", flush=True)
        for name, value in results_of(seed, updates, most).items():
            print(f"  {name:16} {value:6.3f}", flush=True)


if __name__ == "__main__":
    main()
