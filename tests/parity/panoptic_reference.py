"""Panoptic quality written from the papers, mask by mask: slow, with nothing of segeval in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
Map = NDArray[np.int64]
Counts = dict[int | str, list[float]]
"""Sum of IoU, TP, FP and FN by category."""


def reference(
    preds: Path, gt: Path, *, boundary: bool, official: bool, ratio: float = 0.02
) -> Counts:
    """Sum of IoU, TP, FP and FN of every category.

    Args:
        preds: JSON file of the predictions.
        gt: JSON file of the ground truth.
        boundary: compare boundaries as well.
        official: see only the last crowd region, and let ids collide.
        ratio: width of the boundary.
    """
    truth = json.loads(gt.read_text(encoding="utf-8"))
    found = {a["image_id"]: a for a in json.loads(preds.read_text(encoding="utf-8"))["annotations"]}
    counts: Counts = {c["id"]: [0.0, 0, 0, 0] for c in truth["categories"]}
    marker = max(c["id"] for c in truth["categories"]) + 1 if official else None
    for annotation in truth["annotations"]:
        prediction = found[annotation["image_id"]]
        gt_map = read(gt.with_suffix("") / annotation["file_name"])
        pred_map = read(preds.with_suffix("") / prediction["file_name"])
        gt_info, info = annotation["segments_info"], prediction["segments_info"]
        edges = None
        if boundary:
            width = max(1, round(ratio * float(np.hypot(*gt_map.shape))))
            edges = (
                edge_map(gt_map, gt_info, width, marker),
                edge_map(pred_map, info, width, marker),
            )
        pairs = dict(true_pairs(gt_map, gt_info, pred_map, info, edges))
        for (truth_id, _), (category, iou) in pairs.items():
            assert truth_id
            counts[category][0] += iou
            counts[category][1] += 1
        taken, right = {one for one, _ in pairs}, {one for _, one in pairs}
        for entry in gt_info:
            if entry["id"] not in taken and not entry["iscrowd"]:
                counts[entry["category_id"]][3] += 1
        for entry in info:
            mask = pred_map == entry["id"]
            if entry["id"] in right or excused(mask, entry, gt_map, gt_info, official=official):
                continue
            counts[entry["category_id"]][2] += 1
    return counts


def true_pairs(
    gt_map: Map,
    gt_info: list[dict[str, Any]],
    pred_map: Map,
    info: list[dict[str, Any]],
    edges: tuple[tuple[Map, dict[int, int]], tuple[Map, dict[int, int]]] | None,
) -> Iterator[tuple[tuple[int, int], tuple[int, float]]]:
    """Pairs of ids with IoU above one half, their category and IoU."""
    for truth in gt_info:
        for entry in info:
            if truth["iscrowd"] or truth["category_id"] != entry["category_id"]:
                continue
            mask, other = pred_map == entry["id"], gt_map == truth["id"]
            common = int((mask & other).sum())
            if not common:
                continue
            void = int((mask & (gt_map == 0)).sum())
            iou = common / (int(mask.sum()) + truth["area"] - common - void)
            if edges is not None:
                (gt_edges, gt_sizes), (pred_edges, sizes) = edges
                band, other_band = pred_edges == entry["id"], gt_edges == truth["id"]
                both = int((band & other_band).sum())
                whole = sizes[entry["id"]] + gt_sizes[truth["id"]] - both
                whole -= int((band & (gt_edges == 0)).sum())
                iou = min(iou, both / whole) if whole else iou
            if iou > 0.5:
                yield (truth["id"], entry["id"]), (truth["category_id"], iou)


def excused(
    mask: Mask, entry: dict[str, Any], gt_map: Map, gt_info: list[dict[str, Any]], *, official: bool
) -> bool:
    """Whether more than half of a prediction is void or crowd of its category."""
    crowds = [
        one["id"]
        for one in gt_info
        if one["iscrowd"] and one["category_id"] == entry["category_id"]
    ]
    if official:
        crowds = crowds[-1:]
    inside = int((mask & ((gt_map == 0) | np.isin(gt_map, crowds))).sum())
    return inside / int(mask.sum()) > 0.5


def edge_map(
    ids: Map, info: list[dict[str, Any]], width: int, marker: int | None
) -> tuple[Map, dict[int, int]]:
    """The map with the insides of segments overwritten, and the size of every boundary.

    Args:
        ids: the picture (H, W).
        info: its segments in the order of the file.
        width: of the boundary in pixels.
        marker: what is written, which may be the id of a segment; None for one that is not.
    """
    edges = ids.copy()
    sizes: dict[int, int] = {}
    for entry in info:
        mask = edges == entry["id"]
        inner = eroded(mask, width)
        edges[inner] = -1 if marker is None else marker
        edges[mask & ~inner] = entry["id"]
        sizes[entry["id"]] = int((mask & ~inner).sum())
    return edges, sizes


def eroded(mask: Mask, width: int) -> Mask:
    """The mask without its pixels next to others or to the border, `width` times."""
    for _ in range(width):
        ring = np.pad(mask, 1)
        rows = ring[:-2] & ring[1:-1] & ring[2:]
        mask = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
    return mask


def read(path: Path) -> Map:
    """A picture as ids."""
    with Image.open(path) as picture:
        ids: Map = np.asarray(picture).astype(np.int64) @ np.array([1, 256, 65536])
    return ids
