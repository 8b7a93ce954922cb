"""Label maps against stored numbers: Cityscapes' official tool, and definitions without a tool.

semantic_boundary_2 has a class that is predicted and not in the truth. Its stored mean IoU leaves
that class out (the rule "detectron2"), its trimaps count it as 0 wherever the prediction has it in
the band (the rule "cityscapes").
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segeval import MeanIoUResult, mean_iou

TOLERANCE, F_TOLERANCE = 1e-12, 1e-9

OTHERS = (12, 19, 22, 25, 27, 28, 31, 32)
"""Classes of Cityscapes that CamVid does not have."""

Numbers = Mapping[str, float | None]


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Every check there is; each returns what differs, or None."""
    parity = folder / "data" / "parity"
    for case in sorted(parity.glob("cityscapes_pixel_*")):
        yield f"parity/{case.name}", partial(cityscapes_case, case)
    for case in sorted(parity.glob("semantic_boundary_*")):
        yield f"parity/{case.name}", partial(boundary_case, case)
    camvid = folder / "data" / "camvid_val21"
    yield "camvid_val21 cityscapesScripts", partial(camvid_official, camvid)
    for rule, void in (("any_label_change", "edge"), ("evaluated_only", "ignore")):
        yield f"camvid_val21 trimap {rule}", partial(camvid_trimap, camvid, rule, void)
    yield "camvid_val21 with other numbers of workers", partial(camvid_workers, camvid)


def cityscapes_case(case: Path) -> str | None:
    """What differs from cityscapesScripts, with instances."""
    gt, preds, expected = (read(case / f"{name}.json") for name in ("gt", "dt", "expected"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for i, (truth, pred) in enumerate(zip(gt["images"], preds["images"], strict=True)):
            stem = f"town_{i:06}_000019"
            for kind, dtype in (("labelIds", np.uint8), ("instanceIds", np.uint16)):
                picture(folder / "gt" / f"{stem}_gtFine_{kind}.png", dense(truth[kind], dtype))
            picture(folder / "preds" / f"{stem}_any.png", dense(pred["labelIds"], np.uint8))
        result = mean_iou(folder / "preds", folder / "gt", classes="cityscapes", compat="official")
    return official_difference(expected["results"], result)


def camvid_official(folder: Path) -> str | None:
    """What differs from cityscapesScripts, without instances."""
    expected = read(folder / "reference.json")["cityscapesscripts"]
    result = camvid(folder, compat="official")
    return official_difference(expected, result)


def official_difference(expected: Mapping[str, Any], result: MeanIoUResult) -> str | None:
    """What differs from the tool's own keys."""
    found = {
        "averageScoreClasses": result.miou,
        "averageScoreCategories": result.scores.group_miou,
        "averageScoreInstClasses": result.scores.iiou,
        "averageScoreInstCategories": result.scores.group_iiou,
    }
    tables = {
        "classScores": {each.name: each.iou for each in result.scores.categories},
        "classInstScores": {each.name: each.iiou for each in result.scores.categories},
        "categoryScores": {each.name: each.iou for each in result.scores.groups},
        "categoryInstScores": {each.name: each.iiou for each in result.scores.groups},
    }
    problem = difference({key: expected[key] for key in found if key in expected}, found)
    for key, numbers in tables.items():
        if key in expected:
            problem = problem or difference(dict.fromkeys(expected[key]) | numbers, expected[key])
    return problem


def boundary_case(case: Path) -> str | None:
    """What differs from the case's definitions."""
    gt, pred, expected = (read(case / f"{name}.json") for name in ("gt", "dt", "expected"))
    maps = [dense(pred["map"], np.uint8)], [dense(gt["map"], np.uint8)]
    widths = expected["params"]["trimap_widths"]
    evaluate = partial(mean_iou, *maps, classes=gt["num_classes"], ignore=gt["ignore"])
    present = evaluate(compat="detectron2")
    every = evaluate(
        trimap=widths,
        trimap_void="edge",
        boundary=True,
        boundary_ratio=expected["params"]["dilation_ratio"],
        boundary_f=0.008,
    )
    three = evaluate(boundary_f=3)
    assert every.scores.boundary is not None
    assert every.scores.boundary_f is not None
    assert three.scores.boundary_f is not None
    assert present.scores.detectron2_boundary is not None
    found = {
        "mIoU": present.miou,
        **by_place("iou", [each.iou for each in present.scores.categories]),
        **by_place("boundary", [each.iou for each in every.scores.boundary.categories]),
        **by_place(
            "detectron2", [each.iou for each in present.scores.detectron2_boundary.categories]
        ),
        **{f"trimap {band.width:g}": band.miou for band in every.scores.trimap},
        **{f"pixels {band.width:g}": band.pixels for band in every.scores.trimap},
    }
    wanted = {
        **expected["stats"],
        **by_place("iou", expected["iou"]),
        **by_place("boundary", expected["per_class_boundary_iou"]),
        **by_place("detectron2", expected["detectron2_boundary_iou"]),
        **{f"trimap {width}": band["mIoU"] for width, band in expected["trimap"].items()},
        **{f"pixels {width}": band["pixels"] for width, band in expected["trimap"].items()},
    }
    f_found: dict[str, float | None] = {}
    for each, other in zip(
        every.scores.boundary_f.categories, three.scores.boundary_f.categories, strict=True
    ):
        f_found |= {
            f"{each.id} F_0.008": each.f,
            f"{each.id} precision_0.008": each.precision,
            f"{each.id} F_3px": other.f,
        }
    f_wanted = {
        f"{label} {key}": value
        for label, numbers in expected["boundary_f"].items()
        for key, value in numbers.items()
    }
    return difference(wanted, found) or difference(f_wanted, f_found, F_TOLERANCE)


def camvid_trimap(folder: Path, rule: str, void: str) -> str | None:
    """What differs from the stored bands, and from mean IoU without one."""
    stored = read(folder / "reference.json")["trimap_and_miou_own_definition"]
    result = camvid(folder, ignore=OTHERS, trimap=(1, 2, 3, 5, 10, 20), trimap_void=void)
    found: dict[str, float | None] = {"None": result.miou, "None pixels": result.scores.pixels}
    found |= {f"None {each.id}": each.iou for each in result.scores.categories}
    for band in result.scores.trimap:
        found |= {f"{band.width:g}": band.miou, f"{band.width:g} pixels": band.pixels}
        found |= {f"{band.width:g} {each.id}": each.iou for each in band.categories}
    wanted: dict[str, float | None] = {}
    for key, numbers in stored.items():
        name, _, width = key.partition(".r=")
        if name == rule:
            wanted |= {width: numbers["miou"], f"{width} pixels": numbers["pixels"]}
            wanted |= {f"{width} {label}": iou for label, iou in numbers["iou"].items()}
    return difference(wanted, found)


def camvid_workers(folder: Path) -> str | None:
    """What depends on the number of threads."""
    asked: dict[str, Any] = {"trimap": (3, 8), "boundary": True, "boundary_f": 0.008}
    one, *others = (
        camvid(folder, workers=workers, **asked).to_dict()["results"] for workers in (1, 2, 5)
    )
    return None if all(one == other for other in others) else "results differ"


def camvid(folder: Path, **settings: Any) -> MeanIoUResult:
    """An evaluation of the 21 images."""
    return mean_iou(
        folder / "pred_labelIds", folder / "gt_labelIds", classes="cityscapes", **settings
    )


def by_place(name: str, values: list[float | None]) -> dict[str, float | None]:
    """Values with names."""
    return {f"{name} {place}": value for place, value in enumerate(values)}


def difference(expected: Numbers, found: Numbers, tolerance: float = TOLERANCE) -> str | None:
    """The first number that is missing or not the expected one; NaN is None."""
    for key, value in expected.items():
        if key not in found:
            return f"{key} is missing"
        ours, theirs = (None if v is None or v != v else v for v in (found[key], value))
        if (ours is None) != (theirs is None):
            return f"{key} is {ours!r}, expected {theirs!r}"
        if ours is not None and theirs is not None and not abs(ours - theirs) <= tolerance:
            return f"{key} is {ours!r}, expected {theirs!r}"
    return None


def dense(rows: list[list[int]], dtype: type[np.generic]) -> NDArray[Any]:
    """A map from its rows of value, length, value, length ..."""
    return np.array([np.repeat(row[::2], row[1::2]) for row in rows], dtype)


def picture(path: Path, pixels: NDArray[Any]) -> None:
    """Write a PNG file."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
