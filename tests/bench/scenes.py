"""Seeded synthetic pictures as Cityscapes has them, to measure speed with.

    python -m tests.bench.scenes FOLDER [--images N] [--seed N]

FOLDER receives, for equal arguments always the same:

- gt: `*_gtFine_labelIds.png` of 8 bits and `*_gtFine_instanceIds.png` of 16 bits
- preds: `*_pred_labelIds.png`
- instances: a mask per predicted instance, and a list of them per image
- panoptic_gt.json, panoptic_preds.json and their pictures, in COCO's format
- workload.json: what they were made from

A scene is a street: layers of sky, buildings and road with rough borders, and outlines in front of
them. A prediction is the same shapes with every corner moved by a few pixels, a few of them left
out or of another class.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segeval.data.cityscapes.labels import EVALUATED, INSTANCES
from tests.bench.outlines import draw_outlines

HEIGHT, WIDTH = 1024, 2048

CLASSES = {label.id: label.name for label in EVALUATED}
THINGS = {label.id for label in INSTANCES}

SKY, BUILDING, TERRAIN, SIDEWALK, ROAD, EGO_VEHICLE = 23, 11, 22, 8, 7, 1

LAYERS = (
    (BUILDING, 160.0, 60.0),
    (TERRAIN, 480.0, 15.0),
    (SIDEWALK, 520.0, 10.0),
    (ROAD, 570.0, 10.0),
)
"""Label, row of the upper border and how rough it is, from back to front; behind them is sky."""

OBJECTS = {
    21: (8.0, 190.0, 1.0), 12: (0.8, 160.0, 0.4), 13: (1.0, 150.0, 0.4), 17: (7.0, 60.0, 12.0),
    19: (3.0, 25.0, 2.5), 20: (4.0, 30.0, 1.0), 24: (6.0, 55.0, 2.5), 25: (1.0, 60.0, 1.8),
    26: (7.0, 110.0, 0.7), 27: (0.4, 200.0, 0.8), 28: (0.4, 220.0, 0.7), 31: (0.2, 260.0, 0.6),
    32: (0.6, 80.0, 0.8), 33: (2.0, 70.0, 0.8), 4: (4.0, 60.0, 1.0), 5: (1.0, 50.0, 1.0),
    0: (1.0, 40.0, 1.0), 9: (0.3, 150.0, 0.3),
}  # fmt: skip
"""By label: mean number per image, median side in pixels, height by width."""

GROUPS, LOST, CONFUSED = 0.03, 0.07, 0.05
"""Shares of things that are groups, of objects that a model overlooks, and of those it mistakes."""

ERROR = 2.5
"""How far a model moves a corner, in pixels."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Something in a scene.

    Attributes:
        label: of Cityscapes.
        corners: x, y in pixels, float64, shape (N, 2).
        is_group: things that nobody told apart.
        is_layer: a part of the background.
    """

    label: int
    corners: NDArray[np.float64]
    is_group: bool = False
    is_layer: bool = False


def main() -> None:
    """Write the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    write(asked.folder, asked.images, asked.seed)


def write(folder: Path, images: int, seed: int) -> None:
    """Write all files, workload.json last."""
    for name in ("gt", "preds", "instances", "panoptic_gt", "panoptic_preds"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    outlines = draw_outlines(rng)
    annotations: dict[str, list[dict[str, Any]]] = {"gt": [], "preds": []}
    for image in range(images):
        frame = f"street_{image:06}_000019"
        scene = list(drawn(outlines, rng))
        truth, found = painted(scene), painted(list(predicted(scene, rng)))
        save(folder / "gt" / f"{frame}_gtFine_labelIds.png", labels(truth))
        save(folder / "gt" / f"{frame}_gtFine_instanceIds.png", truth.astype(np.uint16))
        save(folder / "preds" / f"{frame}_pred_labelIds.png", labels(found))
        write_instances(folder / "instances", frame, found, rng)
        for name, picture in (("gt", truth), ("preds", found)):
            segments = write_segments(folder / f"panoptic_{name}" / f"{frame}.png", picture)
            annotations[name].append(
                {"image_id": image, "file_name": f"{frame}.png", "segments_info": segments}
            )
    categories = [
        {"id": label, "name": name, "isthing": int(label in THINGS)}
        for label, name in CLASSES.items()
    ]
    for name, entries in annotations.items():
        data = json.dumps({"annotations": entries, "categories": categories})
        (folder / f"panoptic_{name}.json").write_text(data, encoding="ascii")
    made_from = {"images": images, "size": [HEIGHT, WIDTH], "classes": len(CLASSES), "seed": seed}
    (folder / "workload.json").write_text(json.dumps(made_from), encoding="ascii")


def drawn(outlines: NDArray[np.float64], rng: Generator) -> Iterator[Shape]:
    """A scene from back to front."""
    columns = np.linspace(0, WIDTH, 129)
    for label, row, rough in LAYERS:
        walk = np.cumsum(rng.normal(0, 1, len(columns)))
        rows = row + rng.normal(0, 30) + rough * (walk - walk.mean()) / 4
        border = np.stack([columns, rows], axis=1)
        yield Shape(label, np.vstack([border, [WIDTH, HEIGHT], [0, HEIGHT]]), is_layer=True)
    numbers = [rng.poisson(mean) for mean, _, _ in OBJECTS.values()]
    for label in rng.permutation(np.repeat(list(OBJECTS), numbers)).tolist():
        _, side, tall = OBJECTS[label]
        size = side * np.exp(rng.normal(0, 0.5)) / 2
        stretch = np.sqrt(tall) * np.exp(rng.normal(0, 0.2))
        centre = rng.uniform((0, 250), (WIDTH, 800))
        outline = outlines[rng.integers(len(outlines))] * (size / stretch, size * stretch)
        yield Shape(label, outline + centre, is_group=label in THINGS and rng.random() < GROUPS)
    bonnet = [[300, HEIGHT], [420, 930], [WIDTH - 420, 930], [WIDTH - 300, HEIGHT]]
    yield Shape(EGO_VEHICLE, np.array(bonnet, np.float64))


def predicted(scene: Sequence[Shape], rng: Generator) -> Iterator[Shape]:
    """What a model makes of a scene; it knows the evaluated classes only."""
    for shape in scene:
        label = shape.label
        if not shape.is_layer and (label not in CLASSES or rng.random() < CONFUSED):
            label = int(rng.choice(list(CLASSES)))
        if not shape.is_layer and rng.random() < LOST:
            continue
        count = len(shape.corners)
        moved = rng.normal(0, ERROR, 2) + rng.normal(0, ERROR, (count, 2))
        yield replace(shape, label=label, corners=shape.corners + moved, is_group=False)


def painted(shapes: Sequence[Shape]) -> NDArray[np.int32]:
    """Pixels as in `*_instanceIds.png`: a label, or 1000 times it and the number of the thing."""
    picture = Image.new("I", (WIDTH, HEIGHT), SKY)
    draw = ImageDraw.Draw(picture)
    seen: dict[int, int] = {}
    for shape in shapes:
        value = shape.label
        if value in THINGS and not shape.is_group:
            seen[value] = seen.get(value, -1) + 1
            value = 1000 * value + seen[value]
        draw.polygon([(float(x), float(y)) for x, y in shape.corners], fill=value)
    return np.array(picture, np.int32)


def labels(picture: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The labels of such pixels."""
    return np.where(picture < 1000, picture, picture // 1000).astype(np.uint8)


def write_instances(folder: Path, frame: str, found: NDArray[np.int32], rng: Generator) -> None:
    """A mask per thing and the list of them."""
    lines = []
    for place, value in enumerate(np.unique(found[found >= 1000]).tolist()):
        name = f"{frame}_{place}.png"
        save(folder / name, (found == value).astype(np.uint8) * np.uint8(255))
        lines.append(f"{name} {value // 1000} {rng.random():.6f}\n")
    (folder / f"{frame}.txt").write_text("".join(lines), encoding="ascii")


def write_segments(path: Path, picture: NDArray[np.int32]) -> list[dict[str, Any]]:
    """A panoptic picture, whose ids are those of the pixels and 0 for void, and its segments."""
    known = np.isin(labels(picture), list(CLASSES))
    ids = np.where(known, picture, 0)
    save(path, np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8))
    values, areas = np.unique(ids[known], return_counts=True)
    return [
        {
            "id": value,
            "category_id": value // 1000 if value >= 1000 else value,
            "area": area,
            "iscrowd": int(value in THINGS),
        }
        for value, area in zip(values.tolist(), areas.tolist(), strict=True)
    ]


def save(path: Path, pixels: NDArray[Any]) -> None:
    """Write a PNG file."""
    Image.fromarray(pixels).save(path)


if __name__ == "__main__":
    main()
