"""Random panoptic pictures with everything in them that the rules are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Map = NDArray[np.int64]


def write_set(path: Path, data: dict[str, Any], maps: dict[str, Map]) -> Path:
    """A panoptic JSON file and its pictures beside it."""
    path.write_text(json.dumps(data), encoding="utf-8")
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, ids in maps.items():
        write_picture(folder / name, ids)
    return path


def write_picture(path: Path, ids: Map) -> None:
    """A map of ids (H, W) as colours."""
    colours = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1)
    Image.fromarray(colours.astype(np.uint8)).save(path)


def random_set(folder: Path, seed: int, *, sloppy: bool = True) -> tuple[Path, Path]:
    """Predictions and ground truth of a few small images.

    Args:
        folder: where they are written.
        seed: of everything.
        sloppy: also ground truth whose areas, or ids, are not those of its pictures, which
            panopticapi takes as they are.

    Returns:
        The two JSON files.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.choice(np.arange(1, 40), rng.integers(2, 7), replace=False)
    categories = [
        {"id": int(number), "name": f"c{number}", "isthing": int(rng.random() < 0.5)}
        for number in numbers
    ]
    gt: dict[str, Any] = {"categories": categories, "annotations": []}
    preds: dict[str, Any] = {"annotations": []}
    gt_maps, maps = {}, {}
    for image in range(int(rng.integers(1, 4))):
        name = f"{image}.png"
        marker = int(numbers.max()) + 1
        truth, info = _truth(rng, numbers, marker)
        gt_maps[name] = truth
        if sloppy:
            _spoil(rng, info)
        gt["annotations"].append({"image_id": image, "file_name": name, "segments_info": info})
        maps[name], found = _prediction(rng, truth, info, numbers, marker)
        preds["annotations"].append({"image_id": image, "file_name": name, "segments_info": found})
    rng.shuffle(preds["annotations"])
    return (
        write_set(folder / "preds.json", preds, maps),
        write_set(folder / "gt.json", gt, gt_maps),
    )


def _truth(
    rng: np.random.Generator, numbers: NDArray[np.int64], marker: int
) -> tuple[Map, list[dict[str, Any]]]:
    """One ground-truth picture and its segments."""
    height, width = (int(side) for side in rng.integers(4, 110, 2))
    ids = _ids(rng, int(rng.integers(1, 12)), marker)
    truth = _blocks(rng, height, width, np.append(ids, 0))
    info = [
        {
            "id": number,
            "category_id": int(rng.choice(numbers)),
            "iscrowd": int(rng.random() < 0.25),
            "area": int((truth == number).sum()),
        }
        for number in rng.permutation(np.setdiff1d(truth, [0])).tolist()
    ]
    return truth, info


def _prediction(
    rng: np.random.Generator,
    truth: Map,
    info: list[dict[str, Any]],
    numbers: NDArray[np.int64],
    marker: int,
) -> tuple[Map, list[dict[str, Any]]]:
    """One predicted picture: the truth moved, cut and mislabelled."""
    moved = np.roll(truth, rng.integers(-2, 3, 2), (0, 1))
    present = np.unique(truth)
    new = _ids(rng, len(present) + 3, marker)
    found = np.zeros_like(truth)
    category = {entry["id"]: entry["category_id"] for entry in info}
    chosen: dict[int, int] = {}
    for old, number in zip(present.tolist(), new.tolist(), strict=False):
        if rng.random() < 0.85:
            found[moved == old] = number
        chosen[number] = category.get(old, 0)
    height, width = truth.shape
    for number in new[len(present) :].tolist():
        top, left = int(rng.integers(height)), int(rng.integers(width))
        found[top : top + int(rng.integers(1, 40)), left : left + int(rng.integers(1, 40))] = number
    if rng.random() < 0.3:  # so that an IoU of exactly one half is not rare
        found[:, width // 2 :] = 0
    segments = []
    for number in rng.permutation(np.setdiff1d(found, [0])).tolist():
        kept = chosen.get(number, 0) if rng.random() < 0.9 else 0
        segments.append({"id": number, "category_id": kept or int(rng.choice(numbers))})
    return found, segments


def _blocks(rng: np.random.Generator, height: int, width: int, ids: Map) -> Map:
    """A picture of rectangles, stripes or noise."""
    if rng.random() < 0.1:
        return rng.choice(ids, (height, width))
    found = np.full((height, width), rng.choice(ids))
    for number in rng.permutation(ids):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        down, right = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
        found[top : top + down, left : left + right] = number
    return found


def _ids(rng: np.random.Generator, count: int, marker: int) -> Map:
    """Different ids, of all sizes, now and then the one that the boundary tool marks with."""
    high = int(rng.choice([50, 300, 1 << 24]))
    ids = np.unique(rng.integers(1, high, 3 * count))
    ids = rng.permutation(ids)[:count]
    if rng.random() < 0.3 and marker not in ids:
        ids[0] = marker
    return ids.astype(np.int64)


def _spoil(rng: np.random.Generator, info: list[dict[str, Any]]) -> None:
    """Wrong areas, a segment that the picture does not have, and one that the file lacks."""
    if rng.random() < 0.2:
        for entry in info:
            entry["area"] = max(1, int(entry["area"] * rng.uniform(0.5, 1.4)))
    if rng.random() < 0.1 and info:
        info.append({**info[0], "id": (1 << 24) - 1, "area": 30})
    if rng.random() < 0.1 and len(info) > 1:
        info.pop()
