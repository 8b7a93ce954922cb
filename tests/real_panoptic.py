"""Compare panoptic quality, and the conversion to instances, with stored official numbers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segeval import PanopticResult, load_ground_truth, panoptic_quality
from segeval.data.panoptic.instances import panoptic_to_instances
from segeval.data.panoptic.read import load_panoptic
from tests.parity.panoptic_scenes import write_set

TOLERANCE = 1e-9

BOTH = ("segm", "boundary")

Check = tuple[str, Callable[[], str | None]]
"""A name, and what finds a difference to tell of."""


def checks(folder: Path) -> Iterator[Check]:
    """Every check of panoptic quality."""
    data = folder / "data"
    for case in sorted((data / "parity").glob("panoptic_*")):
        for compat in ("official", None):
            yield f"parity/{case.name} {compat or 'default'}", partial(stored_case, case, compat)
    for name in ("coco_panoptic_official_sample", "coco_panoptic_train20"):
        for compat in ("official", None):
            yield f"{name} {compat or 'default'}", partial(photographs, data / name, compat)
    sample = data / "coco_panoptic_official_sample"
    yield f"{sample.name} as instances", partial(converted, sample)


def stored_case(case: Path, compat: str | None) -> str | None:
    """What differs from expected.json; the case has its pictures as runs in the rows."""
    if compat is None and case.name == "panoptic_boundary_id_collision":
        return None  # the official number is the tool's mistake
    expected = read(case / "expected.json")
    with tempfile.TemporaryDirectory() as name:
        preds = unpacked(case / "dt.json", Path(name, "preds.json"))
        gt = unpacked(case / "gt.json", Path(name, "gt.json"))
        result = panoptic_quality(preds, gt, iou=BOTH, compat=compat)
    return difference(expected["pq"], result, "segm") or difference(
        expected["boundary_pq"], result, "boundary"
    )


def photographs(folder: Path, compat: str | None) -> str | None:
    """What differs from reference.json."""
    expected = read(folder / "reference.json")
    preds, gt = folder / "panoptic_pred.json", folder / "panoptic_gt.json"
    result = panoptic_quality(preds, gt, iou=BOTH, compat=compat)
    return difference(expected["panopticapi"], result, "segm") or difference(
        expected["boundary_pq"], result, "boundary"
    )


def converted(folder: Path) -> str | None:
    """What differs from the official conversion; its annotations are in another order."""
    official = load_ground_truth(folder / "panoptic_coco_detection_format.json")
    ours = panoptic_to_instances(load_panoptic(folder / "panoptic_gt.json"), stuff=True)
    rows: list[list[Any]] = []
    for gt in (official, ours):
        strings = gt.segmentations.strings.strings()
        columns = zip(
            gt.image_id.tolist(),
            gt.category_id.tolist(),
            strings,
            gt.area.tolist(),
            gt.boxes.tolist(),
            gt.is_crowd.tolist(),
            gt.mask_sizes.tolist(),
            strict=True,
        )
        rows.append(sorted(columns))
    for theirs, found in zip(*rows, strict=True):
        if theirs != found:
            return f"official {theirs}, ours {found}"
    same = np.array_equal(official.categories.id, ours.categories.id)
    return None if same and official.categories.names == ours.categories.names else "categories"


def difference(
    expected: Mapping[str, Mapping[str, Any]], result: PanopticResult, kind: str
) -> str | None:
    """The first number that is not the official one, which shows 0 where ours is undefined."""
    scores = result.scores[kind]
    for group, quality in (("All", scores.all), ("Things", scores.things), ("Stuff", scores.stuff)):
        for key in ("pq", "sq", "rq", "n"):
            if not close(getattr(quality, key), expected[group][key]):
                return f"{kind} {group} {key} is {getattr(quality, key)}, {expected[group][key]}"
    for one in scores.categories:
        official = expected["per_class"][str(one.id)]
        for key in ("pq", "sq", "rq"):
            if not close(getattr(one, key) or 0.0, official[key]):
                return f"{kind} {one.name} {key} is {getattr(one, key)}, official {official[key]}"
        if "counts" in expected:
            total, *counts = expected["counts"][str(one.id)]
            if [one.tp, one.fp, one.fn] != counts or not close((one.sq or 0.0) * one.tp, total):
                return f"{kind} {one.name} counts {one}, official {counts}"
    return None


def close(ours: float | None, official: float) -> bool:
    """Whether two numbers are equal."""
    return ours is not None and abs(ours - official) <= TOLERANCE


def unpacked(source: Path, target: Path) -> Path:
    """A case as a panoptic file with pictures."""
    data = read(source)
    maps = {}
    for annotation in data["annotations"]:
        rows = [np.repeat(row[::2], row[1::2]) for row in annotation.pop("map")]
        maps[annotation["file_name"]] = np.array(rows, np.int64)
    return write_set(target, data, maps)


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
