"""`check` finds in panoptic files what an evaluation refuses, in the same words."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval import check, panoptic_quality
from segeval.errors import InputError
from tests.panoptic_build import build, drawing, segment

Change = Callable[[dict[str, Any], dict[str, Any]], object]

DRAWN = (drawing("aab"), [segment("a", 1), segment("b", 7)])


def spoilt(folder: Path, change: Change) -> tuple[Path, Path]:
    """A clean pair of panoptic files of two images after the change."""
    paths = (
        build(folder / "preds.json", DRAWN, DRAWN),
        build(folder / "gt.json", DRAWN, DRAWN, gt=True),
    )
    files = [json.loads(path.read_text()) for path in paths]
    change(*files)
    for path, file in zip(paths, files, strict=True):
        path.write_text(json.dumps(file))
    return paths


def info(file: dict[str, Any], image: int = 0, place: int = 1) -> dict[str, Any]:
    """One segment of a file."""
    found: dict[str, Any] = file["annotations"][image]["segments_info"][place]
    return found


def first_image(file: dict[str, Any]) -> Any:
    """The id of the first image of a file."""
    return file["annotations"][0]["image_id"]


CASES: dict[str, tuple[Change, str]] = {
    "unknown category": (lambda preds, gt: info(preds).update(category_id=99), "unknown-category"),
    "unknown category in the ground truth": (
        lambda preds, gt: info(gt).update(category_id=99),
        "unknown-category",
    ),
    "no prediction for an image": (lambda preds, gt: preds["annotations"].pop(), "missing-image"),
    "an image twice": (
        lambda preds, gt: preds["annotations"][1].update(image_id=first_image(preds)),
        "duplicate-image",
    ),
    "a category twice": (
        lambda preds, gt: gt["categories"].append(dict(gt["categories"][0])),
        "duplicate-category",
    ),
    "a segment twice": (
        lambda preds, gt: info(gt).update(id=info(gt, place=0)["id"]),
        "duplicate-id",
    ),
    "no categories": (lambda preds, gt: gt["categories"].clear(), "no-categories"),
    "no isthing": (lambda preds, gt: gt["categories"][0].pop("isthing"), "no-isthing"),
    "a segment of id 0": (lambda preds, gt: info(gt).update(id=0), "bad-field"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_pq_refuses_about_a_record_is_found(case: str, tmp_path: Path) -> None:
    change, code = CASES[case]
    paths = spoilt(tmp_path, change)
    with pytest.raises(InputError) as raised:
        panoptic_quality(*paths)
    error = raised.value
    assert error.code == code
    finding = next(each for each in check(*paths).errors if each.code == code)
    assert (finding.error, finding.path) == (type(error), error.path)
    assert finding.refusal().message == error.message


def test_a_clean_pair_has_no_findings(tmp_path: Path) -> None:
    report = check(*spoilt(tmp_path, lambda preds, gt: None))
    assert (report.errors, report.warnings) == ((), ())
    assert report.fine == (
        "categories",
        "image ids",
        "category ids",
        "segment ids",
        "pictures",
        "area field",
    )
    assert report.predictions is not None
    assert report.ground_truth is not None
    assert (report.predictions.count, report.ground_truth.count) == (4, 4)
    assert report.ground_truth.encoding == "panoptic"


def test_all_mistakes_of_both_files_are_found(tmp_path: Path) -> None:
    def change(preds: dict[str, Any], gt: dict[str, Any]) -> None:
        info(preds).update(category_id=99)
        info(gt).update(category_id=98)
        gt["categories"].append(dict(gt["categories"][0]))

    codes = [finding.code for finding in check(*spoilt(tmp_path, change)).errors]
    assert codes == ["duplicate-category", "unknown-category", "unknown-category"]


def test_standard_input_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = spoilt(tmp_path, lambda preds, gt: None)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(paths[0].read_bytes())))
    report = check("-", paths[1])
    assert "panoptic" in [finding.code for finding in report.errors]
