"""Predictions for the test pictures as files, and the numbers of these files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

import segeval
from examples.pointrend_vs_conv.make_data import SIDE, Pictures, load
from examples.pointrend_vs_conv.network import MaskModel, per_image
from examples.pointrend_vs_conv.train import jittered, trained
from segeval.data import predictions_from_arrays
from segeval.masks import decode
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads import PointRendHead
from segeval.models.networks.mask_heads.targets import grid_targets
from segeval.models.ops import paste_masks

BANDS = (1, 2, 3, 5, 8)
"""Half widths in pixels of the trimaps."""

CLASSES = {0: "background", 1: "furniture"}

STEPS = {28: 2, 56: 3, 112: 4, 224: 5}
"""Subdivision steps from 7 x 7 to each output size."""

Masks = Callable[[Pictures, Tensor], Tensor]
"""From pictures and given boxes to mask logits (N, 1, S, S) in the boxes."""


@dataclass(frozen=True)
class Row:
    """One way to get masks.

    Attributes:
        name: for people.
        key: of its files.
        masks: the logits.
    """

    name: str
    key: str
    masks: Masks


def rows(folder: Path) -> Iterator[Row]:
    """All rows of the comparison, from the trained heads in a folder."""
    yield Row("4x conv 28, hard targets", "conv", of_model(trained("conv", folder)))
    yield Row("4x conv 28, soft targets", "conv-soft", of_model(trained("conv-soft", folder)))
    model = trained("pointrend", folder)
    yield Row("PointRend's coarse 7", "coarse-7", coarse(model))
    for side in STEPS:
        yield Row(f"PointRend {side}", f"pointrend-{side}", subdivided(model, side))
    for points in (196, 3136):
        name = f"PointRend 224, N = {points}"
        yield Row(name, f"pointrend-224-{points}", subdivided(model, 224, points))
    for side, soft in ((28, False), (28, True), (56, False), (56, True), (224, False)):
        kind = "soft" if soft else "hard"
        yield Row(f"truth stored at {side}, {kind}", f"truth-{side}-{kind}", stored(side, soft))


def of_model(model: MaskModel) -> Masks:
    """A model's own predictions."""

    def masks(pictures: Pictures, boxes: Tensor) -> Tensor:
        return in_batches(model.predict, pictures, boxes)

    return masks


def subdivided(model: MaskModel, side: int, points: int = 784) -> Masks:
    """PointRend's masks, stopped at an output size, with N points per step."""

    def masks(pictures: Pictures, boxes: Tensor) -> Tensor:
        head = pointrend_head(model)
        head.config = replace(head.config, subdivision_steps=STEPS[side], subdivision_points=points)
        return in_batches(model.predict, pictures, boxes)

    return masks


def coarse(model: MaskModel) -> Masks:
    """The 7 x 7 masks of PointRend's coarse head alone."""

    @torch.no_grad()
    def predict(images: Tensor, boxes: Tensor, classes: Tensor) -> Tensor:
        logits = pointrend_head(model).coarse(model.backbone(images), per_image(boxes))
        chosen = classes.clamp(max=logits.shape[1] - 1)
        return logits[torch.arange(len(logits)), chosen].unsqueeze(1)

    def masks(pictures: Pictures, boxes: Tensor) -> Tensor:
        return in_batches(predict, pictures, boxes)

    return masks


def stored(side: int, soft: bool) -> Masks:  # noqa: FBT001
    """The truth in a grid of side x side cells: the best possible output of that size."""

    def masks(pictures: Pictures, boxes: Tensor) -> Tensor:
        first = [torch.zeros(1, dtype=torch.int64)] * len(boxes)
        truth = MaskSample(per_image(boxes), first, per_image(pictures.masks), first)
        return grid_targets(truth, side, soft=soft).logit(1e-6)[:, None]

    return masks


def in_batches(
    predict: Callable[[Tensor, Tensor, Tensor], Tensor], pictures: Pictures, boxes: Tensor
) -> Tensor:
    """Logits of all pictures, 50 at a time."""
    columns = zip(
        pictures.images.split(50), boxes.split(50), pictures.classes.split(50), strict=True
    )
    return torch.cat([predict(*each) for each in columns])


def pointrend_head(model: MaskModel) -> PointRendHead:
    """The PointRend head of a model."""
    if not isinstance(model.head, PointRendHead):
        raise TypeError("this model has no PointRend head")
    return model.head


def test_boxes(pictures: Pictures, seed: int) -> Tensor:
    """The boxes for all heads: those of the truth, jittered once."""
    return jittered(pictures.boxes, torch.Generator().manual_seed(seed))


def certainty(logits: Tensor) -> Tensor:
    """Mean probability inside the mask, (N,): the score, since given boxes have none."""
    inside = functional.interpolate(logits.sigmoid(), size=(SIDE, SIDE), mode="bilinear")
    mask = inside >= 0.5
    return (inside * mask).sum(dim=(1, 2, 3)) / mask.sum(dim=(1, 2, 3)).clamp(min=1)


def write(logits: Tensor, boxes: Tensor, classes: Tensor, folder: Path, key: str) -> None:
    """Write folder/<key>.json (COCO results) and folder/<key>/*.png (label maps)."""
    runs = paste_masks(logits, boxes, torch.tensor([SIDE, SIDE]).expand(len(boxes), 2))
    preds = predictions_from_arrays(
        image_id=np.arange(1, len(boxes) + 1),
        category_id=classes.numpy() + 1,
        score=certainty(logits).double().numpy(),
        masks=runs,
    )
    maps = folder / key
    maps.mkdir(parents=True, exist_ok=True)
    segeval.save_predictions(preds, folder / f"{key}.json")
    for number, mask in enumerate(decode(runs), start=1):
        Image.fromarray(mask).save(maps / f"{number:04}.png")


def measure(preds: Path, maps: Path, truth: Path) -> dict[str, float]:
    """The numbers of files, in percent."""
    # Categories are given with the boxes, so all objects can share one ranking.
    ap = segeval.average_precision(
        preds, truth / "gt.json", iou=("segm", "boundary"), agnostic=True, workers=1
    )
    iou = segeval.mean_iou(maps, truth / "maps", classes=CLASSES, trimap=BANDS, workers=1)
    found = {
        "AP": ap.scores["segm"].overall.ap,
        "AR": ap.scores["segm"].overall.ar,
        "boundary AP": ap.scores["boundary"].overall.ap,
        "mIoU": iou.miou,
        **{f"trimap {band.width:g}": band.miou for band in iou.scores.trimap},
    }
    return {name: 100 * (value or 0.0) for name, value in found.items()}


def evaluate(folder: Path, seed: int) -> dict[str, dict[str, float]]:
    """Write all predictions to folder/preds and measure them; numbers by name of the row."""
    torch.set_num_threads(1)
    pictures = load(folder / "test")
    boxes = test_boxes(pictures, seed)
    results = {}
    for row in rows(folder):
        write(row.masks(pictures, boxes), boxes, pictures.classes, folder / "preds", row.key)
        preds = folder / "preds" / f"{row.key}.json"
        results[row.name] = measure(preds, folder / "preds" / row.key, folder / "test")
    return results
