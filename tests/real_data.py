"""Compare average precision with stored official numbers, and with the packages on random data.

    python -m tests.real_data FOLDER [--seeds N]

FOLDER/data holds published ground truth with predictions and the official numbers of each pair;
FOLDER/tools/fuzz_parity.py makes random data sets and scores them with the official packages. One
line is printed per check; the exit status is 1 if one of them fails.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from segeval import average_precision
from segeval.analysis.official import verify
from segeval.errors import InputError
from segeval.metrics.coco.result import APResult

TOLERANCE = 1e-12

STORED: dict[str, dict[str, Any]] = {
    "coco": {"protocol": "coco"},
    "coco_boundary": {"protocol": "coco"},
    "lvis": {"protocol": "lvis"},
    "lvis_challenge2021": {"protocol": "lvis-2021"},
}
"""Settings of a stored case by the name of its protocol there."""

OWN: dict[str, dict[str, Any]] = {
    "coco_3dfuture_sizes": {"sizes": "3dfuture"},
    "lvis_ap_fixed_k5": {"protocol": "lvis-fixed", "max_dets": 5},
}
"""Settings of single cases beside those."""

FUZZED: dict[str, dict[str, Any]] = {
    "coco": {"protocol": "coco"},
    "coco-bbox": {"protocol": "coco", "iou": "bbox"},
    "coco-3dfuture": {"protocol": "coco", "sizes": "3dfuture"},
    "lvis": {"protocol": "lvis"},
    "ap-fixed": {"protocol": "lvis-fixed"},
    "ap-fixed-5": {"protocol": "lvis-fixed", "max_dets": 5},
}
"""Random data sets: settings by protocol; the last has a budget that bites on small sets."""

TOPICS = (
    "real_label_maps", "real_cityscapes", "real_open_images", "real_panoptic", "real_lvis_family",
    "real_errors", "real_suspects", "real_browser",
)  # fmt: skip
"""Modules beside this one with more checks."""

Check = tuple[str, Callable[[], str | None]]
"""A name, and what finds a difference to tell of."""

Numbers = Mapping[str, float | None]


def main() -> int:
    """Run all checks; 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=200, help="random data sets per protocol")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    passed = failed = 0
    for name, find in checks(asked.folder, range(asked.first, asked.first + asked.seeds)):
        try:
            problem = find()
        except Exception as error:  # a check that breaks off has failed, the others go on
            problem = f"{type(error).__name__}: {error}"
        passed, failed = passed + (problem is None), failed + (problem is not None)
        say(f"ok    {name}" if problem is None else f"FAIL  {name}: {problem}")
    say(f"{passed} passed, {failed} failed")
    return int(failed > 0)


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def checks(folder: Path, seeds: range) -> Iterator[Check]:
    """Every check there is, the quick ones first."""
    yield from stored_cases(folder / "data" / "parity")
    yield from photographs(folder / "data" / "coco_val2014_100")
    yield from two_models(folder / "data" / "coco_tiny")
    for topic in TOPICS:
        yield from import_module(f"tests.{topic}").checks(folder)
    if seeds:
        fuzzer = load_module(folder / "tools" / "fuzz_parity.py")
        fuzzer.REF["ap-fixed-5"] = partial(fuzzer.ref_lvis, topk=5)
        for protocol in FUZZED:
            yield f"fuzz {protocol}", partial(fuzz, fuzzer, protocol, seeds)


def stored_cases(folder: Path) -> Iterator[Check]:
    """Small cases, each with one rule in it."""
    found = (path for kind in ("boundary_*", "coco_*", "lvis_*") for path in folder.glob(kind))
    for name in sorted(path.name for path in found if path.is_dir()):
        yield f"parity/{name}", partial(stored_case, folder / name)


def stored_case(case: Path) -> str | None:
    """What differs from expected.json."""
    expected = read(case / "expected.json")
    result = average_precision(
        case / "dt.json",
        case / "gt.json",
        iou=expected["iou_type"],
        compat="official",
        **{**STORED[expected["protocol"]], **OWN.get(case.name, {})},
    )
    per_category = {
        key: value["AP"] if isinstance(value, dict) else value
        for key, value in expected.get("per_category", {}).items()
    }
    stats = {key.partition("@")[0]: value for key, value in expected["stats"].items()}
    return difference(stats, official(result)) or difference(per_category, by_category(result))


def photographs(folder: Path) -> Iterator[Check]:
    """A hundred photographs with made-up predictions, from COCO itself."""
    reference = read(folder / "reference.json")
    gt = folder / "instances_val2014_100.json"
    for iou in ("segm", "bbox"):
        preds = folder / f"instances_val2014_fake{iou}100_results.json"
        yield from one_pair(f"{folder.name} {iou}", preds, gt, iou, "coco", reference[iou])
    preds = folder / "instances_val2014_fakesegm100_results.json"
    yield from boundaries(f"{folder.name} boundary", preds, gt, "coco", reference["boundary"])


def two_models(folder: Path) -> Iterator[Check]:
    """Eighty photographs with the predictions of two networks."""
    reference = read(folder / "reference.json")
    gt = folder / "instances_val.json"
    for model in ("320", "256"):
        for iou in ("segm", "bbox"):
            preds = folder / f"yolov8n_{model}_{iou}.json"
            key = f"{model}.{iou}"
            yield from one_pair(f"{folder.name} {key}", preds, gt, iou, "coco", reference[key])
    view = folder / "lvis_view_gt.json"
    for iou, key in (("segm", "320.lvisview"), ("bbox", "320.lvisview.bbox")):
        preds = folder / f"yolov8n_320_{iou}.json"
        yield from one_pair(f"{folder.name} {key}", preds, view, iou, "lvis", reference[key])
    preds = folder / "yolov8n_320_segm.json"
    numbers = reference["320.lvisview.lvis2021"]
    yield from boundaries(
        f"{folder.name} 320.boundary", preds, gt, "coco", reference["320.boundary"]
    )
    yield from boundaries(
        f"{folder.name} lvis-2021", preds, view, "lvis-2021", numbers["challenge2021_boundary"]
    )
    for cap in (5, 20, 10_000):
        yield (
            f"{folder.name} lvis-fixed {cap}",
            partial(
                against_reference, preds, view, "segm", "lvis-fixed",
                numbers[f"per_cat={cap}.per_im=-1"], max_dets=cap,
            ),
        )  # fmt: skip
    for cap in (10, 30):
        yield (
            f"{folder.name} lvis {cap}",
            partial(
                against_reference, preds, view, "segm", "lvis",
                numbers[f"per_cat=-1.per_im={cap}"], max_dets=cap,
            ),
        )  # fmt: skip
    key = "320.segm.with_bbox_key"
    yield f"{folder.name} {key}", partial(with_boxes, folder, reference[key])


def one_pair(
    name: str, preds: Path, gt: Path, iou: str, protocol: str, expected: Mapping[str, Any]
) -> Iterator[Check]:
    """A pair of clean files: the stored numbers, and both modes beside the package of today."""
    yield name, partial(against_reference, preds, gt, iou, protocol, expected)
    yield f"{name} verified", partial(against_package, preds, gt, iou, protocol)


def boundaries(
    name: str, preds: Path, gt: Path, protocol: str, expected: Mapping[str, Any]
) -> Iterator[Check]:
    """Boundary AP of a pair of clean files: the stored numbers, and the same without compat."""
    yield name, partial(against_reference, preds, gt, "boundary", protocol, expected)
    yield f"{name} default", partial(default_agrees, preds, gt, protocol)


def default_agrees(preds: Path, gt: Path, protocol: str) -> str | None:
    """What differs between the default mode and the official one on clean files."""
    both = [
        average_precision(preds, gt, iou="boundary", protocol=protocol, compat=compat)
        for compat in ("official", None)
    ]
    official_ap, ap = (by_category(result) for result in both)
    return difference(official_ap, ap)


def against_reference(
    preds: Path | list[Any],
    gt: Path,
    iou: str,
    protocol: str,
    expected: Mapping[str, Any],
    **settings: Any,
) -> str | None:
    """What differs from the stored numbers."""
    result = average_precision(preds, gt, iou=iou, protocol=protocol, compat="official", **settings)
    numbers = {
        key.partition("@")[0]: value
        for key, value in expected.items()
        if not isinstance(value, dict)
    }
    per_category = expected.get("per_category_AP", {})
    return difference(numbers, official(result)) or difference(per_category, by_category(result))


def against_package(preds: Path, gt: Path, iou: str, protocol: str) -> str | None:
    """What differs from the installed package; the files are clean, so both modes must agree."""
    verification = verify(preds, gt, iou=iou, protocol=protocol)
    if verification.official_error or verification.default_error:
        return str(verification.official_error or verification.default_error)
    if not verification.agrees:
        return f"compat mode differs by {verification.largest_difference}"
    return ", ".join(f"{row.key} {row.default}" for row in verification.differing) or None


def with_boxes(folder: Path, expected: Mapping[str, Any]) -> str | None:
    """Masks that carry the box of the network beside them."""
    preds = read(folder / "yolov8n_320_segm.json")
    boxes = read(folder / "yolov8n_320_bbox.json")
    both = [{**record, "bbox": other["bbox"]} for record, other in zip(preds, boxes, strict=True)]
    return against_reference(both, folder / "instances_val.json", "segm", "coco", expected)


def fuzz(fuzzer: ModuleType, protocol: str, seeds: range) -> str | None:
    """The first random data sets on which we differ from the package."""
    settings = {**FUZZED[protocol], "compat": "official"}
    problems: list[str] = []
    refused = 0
    with tempfile.TemporaryDirectory() as name:
        preds_path, gt_path = Path(name, "preds.json"), Path(name, "gt.json")
        for seed in seeds:
            gt, preds = fuzzer.generate(seed, protocol.removesuffix("-5"))
            gt_path.write_text(json.dumps(gt), encoding="utf-8")
            preds_path.write_text(json.dumps(preds), encoding="utf-8")
            try:
                expected = fuzzer.REF[protocol](gt, preds)
            except Exception as error:  # the package cannot score this set; nor may we
                refused += 1
                problem = not_refused(preds_path, gt_path, settings, error)
            else:
                problem = on_random_data(preds_path, gt_path, settings, expected)
            if problem is not None:
                problems.append(f"seed {seed}: {problem}")
    say(
        f"      {len(seeds)} seeds of {protocol}: {len(problems)} differ, {refused} refused by both"
    )
    return "; ".join(problems[:5]) or None


def on_random_data(
    preds: Path, gt: Path, settings: Mapping[str, Any], expected: Mapping[str, Any]
) -> str | None:
    """What differs on one random data set."""
    try:
        result = average_precision(preds, gt, **settings)
    except InputError as error:
        return f"refused: {error}"
    return difference(expected["stats"], official(result)) or difference(
        expected["per_category"], by_category(result)
    )


def not_refused(preds: Path, gt: Path, settings: Mapping[str, Any], error: Exception) -> str | None:
    """A data set that the package refuses and we do not."""
    try:
        result = average_precision(preds, gt, **settings)
    except InputError:
        return None
    return f"AP {result.ap}, but the package stops with {type(error).__name__}: {error}"


def official(result: APResult) -> Numbers:
    """The package's keys, without what it calls LVIS's only cap: AR for AR@300."""
    return {key.partition("@")[0]: value for key, value in (result.first.official or {}).items()}


def by_category(result: APResult) -> Numbers:
    """AP by the id of the category as text."""
    return {str(category.id): category.ap for category in result.first.categories}


def difference(expected: Numbers, found: Numbers) -> str | None:
    """The first number that is missing or not the expected one; None counts as -1."""
    for key, value in expected.items():
        if key not in found:
            return f"{key} is missing"
        ours, theirs = (-1.0 if v is None else v for v in (found[key], value))
        if not abs(ours - theirs) <= TOLERANCE:
            return f"{key} is {ours!r}, official {theirs!r}"
    return None


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def load_module(path: Path) -> ModuleType:
    """A Python file that belongs to no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
