"""LVIS's relatives on real data: cocofied files, and sweeps against separate evaluations."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import segeval
from segeval.analysis import sweep_max_dets
from segeval.analysis.official import repaired_lvis, silenced
from segeval.data.coco.cocofy import cocofy
from segeval.data.ids import rank_among

AT = (1, 5, 20, 50, 100, 300)
GROUPS = ("rare", "common", "frequent")
LISTS = ("neg_category_ids", "not_exhaustive_category_ids")
MISSING = {"hot dog", "oven"}
"""Categories of COCO that LVIS v0.5 does not have."""


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds a difference to tell of.

    Args:
        folder: holds data/lvis_val_100 and data/coco_tiny.
    """
    lvis = folder / "data" / "lvis_val_100"
    yield "lvis_val_100 cocofied: rules of detectron2", partial(cocofied_by_rules, lvis)
    yield "lvis_val_100 cocofied: the lvis package scores it", partial(cocofied_in_lvis, lvis)
    tiny = folder / "data" / "coco_tiny"
    for gt, protocol in (
        ("instances_val.json", "coco"),
        ("lvis_view_gt.json", "lvis"),
        ("lvis_view_gt.json", "lvis-fixed"),
        ("lvis_view_gt.json", "lvis-2021"),
        ("lvis_view_gt.json", "ap-star"),
    ):
        name = f"coco_tiny sweep {protocol}: equal to separate runs"
        yield name, partial(sweep_is_separate_runs, tiny, gt, protocol)


def cocofied_by_rules(folder: Path) -> str | None:
    """Every record of the file against the rules, written out over plain objects."""
    lvis = json.loads((folder / "lvis_val_100.json").read_text())
    synsets = json.loads((folder / "coco_to_synset.json").read_text())
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "cocofied.json")
        done = cocofy(folder / "lvis_val_100.json", folder / "coco_to_synset.json", out)
        ours = json.loads(out.read_text())
    if set(done.missing) != MISSING:
        return f"missing categories are {done.missing}, expected {MISSING}"
    wanted = by_rules(lvis, synsets)
    for key, value in wanted.items():
        if ours[key] != value:
            return f"{key} differ"
    return None if set(ours) == set(wanted) else f"fields are {set(ours)}, expected {set(wanted)}"


def by_rules(lvis: dict[str, Any], synsets: dict[str, Any]) -> dict[str, Any]:
    """The cocofied object, from spec rather than from columns."""
    coco = {entry["synset"]: entry["coco_cat_id"] for entry in synsets.values()}
    new = {c["id"]: coco[c["synset"]] for c in lvis["categories"] if c["synset"] in coco}
    annotations = [
        {**record, "id": 0, "category_id": new[record["category_id"]]}
        for record in lvis["annotations"]
        if record["category_id"] in new
    ]
    for number, record in enumerate(annotations, 1):
        record["id"] = number
    images = [
        {**record, **{key: [new[k] for k in record[key] if k in new] for key in LISTS}}
        for record in lvis["images"]
    ]
    seen = {record["category_id"] for record in annotations}
    seen.update(k for record in images for key in LISTS for k in record[key])
    categories = [
        {**record, "id": new[record["id"]]}
        for record in lvis["categories"]
        if new.get(record["id"]) in seen
    ]
    return {**lvis, "annotations": annotations, "images": images, "categories": categories}


def cocofied_in_lvis(folder: Path) -> str | None:
    """The package reads the file, and finds the numbers of `ap-star` for boxes of made-up quality.

    The predictions are the annotations themselves, every third one moved, with scores by id.
    """
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "cocofied.json")
        cocofy(folder / "lvis_val_100.json", folder / "coco_to_synset.json", out)
        preds = [
            {
                "image_id": record["image_id"],
                "category_id": record["category_id"],
                "bbox": [record["bbox"][0] + 9 * (record["id"] % 3), *record["bbox"][1:]],
                "score": (7 * record["id"] % 100) / 100,
            }
            for record in json.loads(out.read_text())["annotations"]
        ]
        ours = segeval.average_precision(preds, str(out), iou="bbox", protocol="ap-star")
        with silenced(), repaired_lvis() as lvis:
            gt = lvis.LVIS(str(out))
            evaluation = lvis.LVISEval(gt, lvis.LVISResults(gt, preds), "bbox")
            evaluation.run()
    theirs = evaluation.get_results()["AP"]
    if ours.ap is None or not abs(ours.ap - theirs) <= 1e-12:
        return f"AP is {ours.ap}, the lvis package says {theirs}"
    return None


def sweep_is_separate_runs(folder: Path, gt_name: str, protocol: str) -> str | None:
    """Every cap of one sweep against an evaluation of the predictions that the cap keeps."""
    preds = segeval.load_predictions(folder / "yolov8n_320_segm.json")
    gt = segeval.load_ground_truth(folder / gt_name)
    rank = rank_among(preds.image_id, preds.score)
    for point in sweep_max_dets(preds, gt, at=AT, protocol=protocol).points:
        kept = preds.take(np.flatnonzero(rank < point.max_dets))
        alone = segeval.average_precision(kept, gt, protocol=protocol)
        groups = {group.name: group.ap for group in alone.first.frequencies}
        wanted = (alone.ap, alone.ap50, alone.ap75, *(groups.get(g) for g in GROUPS))
        found = (
            point.ap, point.ap50, point.ap75, point.ap_rare, point.ap_common, point.ap_frequent,
        )  # fmt: skip
        if found != wanted:
            return f"max_dets {point.max_dets}: {found}, alone {wanted}"
    return None
