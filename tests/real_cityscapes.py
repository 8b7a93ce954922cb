"""Compare Cityscapes' instance AP with stored official numbers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask

from segeval.metrics.cityscapes import cityscapes_ap
from tests.cityscapes_files import write_frame

TOLERANCE = 1e-12


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds a difference to tell of: masks and boundaries, with compat and without.

    Args:
        folder: holds data/parity.
    """
    case = folder / "data" / "parity" / "cityscapes_instances"
    for compat in ("official", None):
        for kind in ("segm", "boundary"):
            name = f"parity/{case.name} {kind} {compat or 'default'}"
            yield name, partial(stored_case, case, kind, compat)


def stored_case(case: Path, kind: str, compat: str | None) -> str | None:
    """The first number that differs, None if none does."""
    expected = json.loads((case / "expected.json").read_text())
    ratio = expected["params"]["dilation_ratio"] if kind == "boundary" else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_case(case, folder)
        result = cityscapes_ap(
            folder / "preds", folder / "gt", iou=kind, boundary_ratio=ratio, compat=compat
        )
    official = expected["results"][kind]
    scores = result.scores[kind]
    numbers = {"allAp": scores.ap, "allAp50%": scores.ap50}
    wanted = {key: official[key] for key in numbers}
    for each in scores.categories:
        numbers |= {f"{each.name} ap": each.ap, f"{each.name} ap50": each.ap50}
        theirs = official["classes"][each.name]
        wanted |= {f"{each.name} ap": theirs["ap"], f"{each.name} ap50": theirs["ap50%"]}
    for k, row in enumerate(official["ap_matrix_class_by_overlap"]):
        for t, value in enumerate(row):
            ours = scores.by_threshold[k, t]
            numbers[f"class {k} threshold {t}"] = None if np.isnan(ours) else float(ours)
            wanted[f"class {k} threshold {t}"] = value
    return difference(numbers, wanted)


def difference(
    ours: Mapping[str, float | None], official: Mapping[str, float | None]
) -> str | None:
    """The first key whose numbers differ by more than the tolerance."""
    for key, value in official.items():
        own = ours[key]
        if (own is None) != (value is None):
            return f"{key}: {own}, official {value}"
        if own is not None and value is not None and not abs(own - value) <= TOLERANCE:
            return f"{key}: {own}, official {value}"
    return None


def write_case(case: Path, folder: Path) -> None:
    """A stored case as Cityscapes' files, in folder/gt and folder/preds."""
    preds = {
        image["name"]: image["predictions"]
        for image in json.loads((case / "dt.json").read_text())["images"]
    }
    for image in json.loads((case / "gt.json").read_text())["images"]:
        labels = np.array([expanded(row) for row in image["instanceIds"]])
        found = [
            (coco_mask.decode(each["segmentation"]), each["label_id"], each["confidence"])
            for each in preds[image["name"]]
        ]
        write_frame(folder, labels, found, frame=image["name"])


def expanded(row: Sequence[int]) -> list[int]:
    """Pixels of a row stored as value, run, value, run, ..."""
    pixels: list[int] = []
    for value, run in zip(row[::2], row[1::2], strict=True):
        pixels += [value] * run
    return pixels
