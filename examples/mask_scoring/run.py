"""Do scores tell how good masks are, once a head predicts it? Drawn pictures, three seeds.

python -m examples.mask_scoring.run [--seeds 0 1 2] [--smoke]

Mask R-CNN with a mask-scoring head is trained once for each seed; its objects are ranked by the
probability of their class, and by the product with the predicted IoU of their mask.
"""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

import segeval
from examples.cascade_htc_swin.detectors import ONE
from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.detector import BOXES, few
from examples.rare_classes.learning import ground_truth, predictions, trained
from examples.rare_classes.scenes import CLASSES, Scenes
from examples.rare_classes.study import OBJECTS, Columns, on_scenes, parser_of, study
from segeval.data import Predictions
from segeval.masks import encode, mask_iou
from segeval.models.config import Config, MaskConfig, MaskIoUConfig
from segeval.models.networks.cascade import CascadeRCNN, box_stages
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.mask_scorers import MaskIoUHead
from segeval.models.training.example import objects_of

UPDATES = 300
HEAD = MaskIoUConfig(width=32, fc_width=128)

HIT = 0.5
"""Least IoU of a prediction that has found an object."""


def detector() -> CascadeRCNN:
    """Mask R-CNN, whose classes share a box and a mask, with a head that scores masks."""
    pyramid = Backbone(levels=4)
    classifier = partial(Softmax, classes=CLASSES)
    return CascadeRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), 1, pyramid),
        BOXES,
        stages=box_stages(pyramid, BOXES, ONE, classes=CLASSES, classifier=classifier),
        classes=CLASSES,
        proposals=few(pyramid),
        scorer=MaskIoUHead(HEAD, CLASSES, pyramid),
    )


def numbers(
    learnt: Scenes, test: Scenes, config: Config, *, updates: int, batch: int, seed: int
) -> dict[str, float]:
    """Train; of both scores the correlation with the IoU of the masks, and AP in percent.

    The first correlation is that of all predictions. Most have found nothing, which the class says
    already; how good masks are is what tells apart those that have.
    """
    model = trained(detector, learnt, config, updates=updates, batch=batch, seed=seed)
    model.score = 0.01
    scored, gt = predictions(model, test, config), ground_truth(test)
    ious = best_ious(scored, test)
    hits = ious >= HIT
    found: dict[str, float] = {}
    plain = scored.with_scores(scored.extra["box_score"])
    for name, preds in (("plain", plain), ("scored", scored)):
        overall = segeval.average_precision(preds, gt, workers=1).first.overall
        found |= {
            f"{name} correlation": correlation(preds.score, ious),
            f"{name} correlation of hits": correlation(preds.score[hits], ious[hits]),
            f"{name} AP": 100 * (overall.ap or 0),
            f"{name} AP75": 100 * (overall.ap75 or 0),
        }
    return found | {"predicted IoU correlation": correlation(scored.extra["mask_iou"], ious)}


def best_ious(preds: Predictions, scenes: Scenes) -> NDArray[np.float64]:
    """The IoU of every predicted mask with the object of its class that it covers best."""
    found = np.zeros(len(preds))
    sizes = np.full((len(preds), 2), scenes.side, np.int32)
    masks = preds.segmentations.run_lengths(sizes, preds)
    for number, picture in enumerate(scenes.pictures):
        objects = objects_of(picture)
        rows = np.flatnonzero(preds.image_id == number)
        if len(rows) and len(objects.classes):
            overlap = mask_iou(masks.take(rows), encode(objects.masks.numpy()))
            same = preds.category_id[rows, np.newaxis] == objects.classes.numpy()
            found[rows] = (overlap * same).max(axis=1)
    return found


def correlation(scores: NDArray[np.float64], ious: NDArray[np.float64]) -> float:
    """Pearson's; 0 where one of both is constant."""
    if len(scores) < 2 or np.ptp(scores) == 0 or np.ptp(ious) == 0:
        return 0.0
    return float(np.corrcoef(scores, ious)[0, 1])


def claims(found: Columns) -> dict[str, bool]:
    """What was expected before the first run."""
    mean = {name: statistics.mean(values) for name, values in found.items()}
    gain = mean["scored correlation"] - mean["plain correlation"]
    return {"the correlation of score and IoU rises by 0.1 or more": gain >= 0.1}


def main() -> None:
    arguments = parser_of(__doc__).parse_args()
    torch.set_num_threads(1)
    updates, objects = (2, (2, 1)) if arguments.smoke else (UPDATES, OBJECTS)
    print(f"mask scoring, {updates} updates")
    study(partial(on_scenes, numbers, updates=updates, objects=objects), arguments.seeds, claims)


if __name__ == "__main__":
    main()
