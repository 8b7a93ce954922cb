"""A COCO data set of furniture that mask heads can learn in minutes.

The outlines come from `segeval demo`; this file turns, shears and paints them.

python -m examples.pointrend_vs_conv.make_data FOLDER
"""

from __future__ import annotations

import colorsys
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

import segeval
from segeval.data.synthetic.shapes import CATALOGUE, Points, Shape
from segeval.masks import Polygons, area, boxes, compress, decode, encode, rasterise

Palette = Literal["warm", "random"]
Pixels = NDArray[np.float32]

KINDS = ("chair", "lamp", "shelf", "table")
"""The kinds of furniture with the thinnest legs and the most holes; ids are positions from 1."""

SIDE = 128
"""Side of the pictures, in pixels."""

FINER = 4
"""Outlines are drawn this many times finer, so that they cover pixels partly."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """A data set in memory, one object per picture.

    Attributes:
        images: centred on 0, float32, (N, 3, SIDE, SIDE).
        boxes: around the masks, x0, y0, x1, y1 in pixels, float32, (N, 4).
        classes: 0 to 3, int64, (N,).
        masks: 0 and 1, uint8, (N, SIDE, SIDE).
    """

    images: Tensor
    boxes: Tensor
    classes: Tensor
    masks: Tensor

    def __len__(self) -> int:
        return len(self.images)


def make(folder: Path, images: int, seed: int, palette: Palette = "warm") -> None:
    """Write images/*.png, maps/*.png (0 background, 1 furniture) and gt.json."""
    rng = np.random.default_rng(seed)
    for name in ("images", "maps"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    annotations = []
    for number in range(1, images + 1):
        kind = int(rng.integers(len(KINDS)))
        picture, mask = draw(KINDS[kind], palette, rng)
        Image.fromarray(picture).save(folder / "images" / f"{number:04}.png")
        Image.fromarray(mask).save(folder / "maps" / f"{number:04}.png")
        runs = encode(mask[None])
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": kind + 1,
                "segmentation": {"size": [SIDE, SIDE], "counts": compress(runs).strings()[0]},
                "area": int(area(runs)[0]),
                "bbox": boxes(runs)[0].tolist(),
                "iscrowd": 0,
            }
        )
    ground_truth = {
        "images": [
            {"id": i, "file_name": f"{i:04}.png", "height": SIDE, "width": SIDE}
            for i in range(1, images + 1)
        ],
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(KINDS)],
        "annotations": annotations,
    }
    (folder / "gt.json").write_text(json.dumps(ground_truth), encoding="utf-8")


def load(folder: Path) -> Pictures:
    """Read what `make` wrote."""
    gt = segeval.load_ground_truth(folder / "gt.json")
    names = gt.images.file_names
    pixels = np.stack([np.asarray(Image.open(folder / "images" / name)) for name in names])
    corners = gt.boxes.copy()
    corners[:, 2:] += corners[:, :2]
    return Pictures(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 64 - 2,
        torch.from_numpy(corners).float(),
        torch.from_numpy(gt.category_id - 1),
        torch.from_numpy(decode(gt.masks)),
    )


def draw(
    kind: str, palette: Palette, rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One picture (SIDE, SIDE, 3) and its mask (SIDE, SIDE)."""
    shape = placed(kind, rng)
    parts = shape.solids + shape.thin
    covered = coverage([[part] for part in parts] + [shape.holes])
    painted = wall_and_floor(palette, rng)
    colour = paint(palette, rng, of_object=True)
    for part in covered[:-1]:  # each part with its own light
        lit = np.clip(colour * rng.uniform(0.75, 1.2), 0, 1) * texture(rng)
        visible = (part * (1 - covered[-1]))[..., None]
        painted = painted * (1 - visible) + lit * visible
    painted = painted + rng.normal(0, 0.03, painted.shape)
    furniture = covered[:-1].max(axis=0) * (1 - covered[-1])
    return (255 * painted.clip(0, 1)).astype(np.uint8), (furniture >= 0.5).astype(np.uint8)


def placed(kind: str, rng: Generator) -> Shape:
    """An outline in pixels, inside the image: randomly sized, sheared, turned by up to 0.25 rad."""
    shape = CATALOGUE[kind].draw(rng)
    stretch = np.sqrt(CATALOGUE[kind].aspect * rng.uniform(0.8, 1.25))
    extent = np.array([stretch, 1 / stretch])
    turn, shear = rng.uniform(-0.25, 0.25), rng.uniform(-0.2, 0.2)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    change = np.diag(extent) @ np.array([[1, 0], [shear, 1]]) @ turned
    corners = np.concatenate(shape.solids + shape.thin) @ change
    low, span = corners.min(axis=0), np.ptp(corners, axis=0)
    scale = SIDE * rng.uniform(0.65, 0.95) / span.max()
    corner = rng.random(2) * (SIDE - scale * span)

    def move(part: Points) -> Points:
        moved: Points = (part @ change - low) * scale + corner
        return moved

    return shape.moved(move)


def coverage(masks: Sequence[Sequence[Points]]) -> Pixels:
    """The share of every pixel that the polygons of each mask cover, (N, SIDE, SIDE) in [0, 1]."""
    parts = [FINER * part for mask in masks for part in mask]
    polygons = Polygons(
        np.concatenate([np.empty((0, 2)), *parts]),
        np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64),
        np.cumsum([0, *(len(mask) for mask in masks)], dtype=np.int64),
    )
    sizes = np.full((len(masks), 2), FINER * SIDE, np.int32)
    fine = decode(rasterise(polygons, sizes, workers=1))
    cells = fine.reshape(-1, SIDE, FINER, SIDE, FINER)
    covered: Pixels = cells.mean(axis=(2, 4), dtype=np.float32)
    return covered


def wall_and_floor(palette: Palette, rng: Generator) -> NDArray[np.float64]:
    """The background, (SIDE, SIDE, 3) in [0, 1]."""
    line = rng.uniform(0.45, 0.9) + rng.uniform(-0.15, 0.15) * np.linspace(-1, 1, SIDE)
    floor = (np.linspace(0, 1, SIDE)[:, None] > line)[..., None]
    wall_colour, floor_colour = (paint(palette, rng, of_object=False) for _ in range(2))
    behind: NDArray[np.float64] = np.where(floor, floor_colour, wall_colour) * texture(rng)
    return behind


def paint(palette: Palette, rng: Generator, *, of_object: bool) -> NDArray[np.float64]:
    """A colour: warm for objects and cool for backgrounds, or any."""
    if palette == "random":
        hue, saturation = rng.random(), rng.uniform(0.1, 0.9)
    elif of_object:
        hue, saturation = rng.uniform(-0.06, 0.14), rng.uniform(0.4, 0.9)
    else:
        hue, saturation = rng.uniform(0.4, 0.72), rng.uniform(0.2, 0.8)
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, rng.uniform(0.4, 0.95)))


def texture(rng: Generator) -> NDArray[np.float64]:
    """Smooth noise of four scales around 1, (SIDE, SIDE, 1)."""
    total = np.ones((SIDE, SIDE))
    for cells in (4, 8, 16, 32):
        noise = torch.from_numpy(rng.normal(0, 0.09, (1, 1, cells, cells)))
        smooth = functional.interpolate(noise, size=SIDE, mode="bilinear", align_corners=False)
        total += smooth[0, 0].numpy()
    return total[..., None]


def make_both(folder: Path, train: int, test: int, seed: int, palette: Palette = "warm") -> None:
    """Make training and test pictures."""
    make(folder / "train", train, 2 * seed, palette)
    make(folder / "test", test, 2 * seed + 1, palette)


def make_missing(
    folder: Path, sizes: tuple[int, int], seed: int, palette: Palette = "warm"
) -> bool:
    """`make_both` unless the folder has its pictures already; whether any were made."""
    if (folder / "test" / "gt.json").exists():
        return False
    make_both(folder, *sizes, seed, palette)
    return True


if __name__ == "__main__":
    make_both(Path(sys.argv[1]), 800, 200, 0)
