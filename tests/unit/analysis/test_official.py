"""Verifying: the official package on the same files, with the same settings."""

from __future__ import annotations

import gzip
import io
import json
import logging
import math
import os
import sys
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from segeval import load_ground_truth, load_predictions
from segeval.analysis import official
from segeval.analysis.official import verify
from segeval.errors import InputError, MissingDependency
from tests.parity.scenes import clean_pair
from tests.unit.metrics.strips import Records, exact, scene, strip

A, B = strip(0, 20), strip(40, 60)

ID_ZERO = (
    "ground truth has an annotation with id 0: it counts here; the official packages take its "
    "match for a miss"
)

needs_lvis = pytest.mark.skipif(
    find_spec("lvis") is None, reason="the official package lvis is not installed"
)


def test_it_says_which_package_said_what() -> None:
    verification = verify(*scene([{"mask": A}, {"mask": B}], [{"mask": A}]))
    assert (verification.package, verification.version) == (
        "pycocotools",
        metadata.version("pycocotools"),
    )
    rows = {row.key: row for row in verification.rows}
    assert list(rows) == [
        "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl",
    ]  # fmt: skip
    assert rows["AP"].official == rows["AP"].ours == rows["AP"].default == exact(51 / 101)
    assert (rows["APl"].official, rows["APl"].ours, rows["APl"].default) == (-1, -1, None)
    assert (verification.agrees, verification.largest_difference) == (True, 0)
    assert verification.curve_points == 10 * 101 + 10
    assert (verification.differing, verification.reasons) == ((), ())


def test_the_package_gets_the_settings() -> None:
    verification = verify(
        *scene([{"mask": A}, {"mask": B}], [{"mask": strip(0, 12)}, {"mask": B}]),
        sizes="tiny=4,small=5,rest",
        thresholds=[0.25, 0.5],
        max_dets=4,
        iou=("segm", "bbox"),
    )
    rows = {(row.iou, row.key): row.official for row in verification.rows}
    keys = ["AP", "AP50", "AP75", "AP_tiny", "AP_small", "AP_rest"]
    keys += ["AR1", "AR2", "AR4", "AR_tiny", "AR_small", "AR_rest"]
    assert list(rows) == [(iou, key) for iou in ("segm", "bbox") for key in keys]
    assert rows["segm", "AP"] == exact(1)
    assert (rows["segm", "AP75"], rows["segm", "AR1"], rows["segm", "AP_tiny"]) == (-1, 0.5, -1)
    assert verification.agrees


def test_a_difference_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    accumulate = COCOeval.accumulate

    def wrong(evaluation: Any) -> None:
        accumulate(evaluation)
        evaluation.eval["precision"] *= 0.75

    monkeypatch.setattr(COCOeval, "accumulate", wrong)
    verification = verify(*scene([{"mask": A}], [{"mask": A}]))
    assert not verification.agrees
    assert verification.largest_difference == exact(0.25)
    assert verification.to_dict()["rows"][0] == {
        "iou": "segm",
        "key": "AP",
        "official": exact(0.75),
        "ours": exact(1),
        "difference": exact(0.25),
    }


def test_files_that_only_we_can_score_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(evaluation: Any) -> None:
        raise TypeError("list indices must be integers")

    monkeypatch.setattr(COCOeval, "evaluate", broken)
    verification = verify(*scene([{"mask": A}], [{"mask": A}]))
    assert verification.official_error == "TypeError: list indices must be integers"
    assert not verification.agrees
    assert verification.to_dict()["error"] == verification.official_error


def test_files_that_no_package_scores_are_refused() -> None:
    preds, gt = scene([{"mask": A}], [{"mask": A, "image_id": 7}])
    with pytest.raises(InputError, match="that ground truth does not have"):
        verify(preds, gt)
    assert verify(preds, gt, skip_unknown=True).agrees


@pytest.mark.parametrize(
    ("settings", "objects", "found", "reason"),
    [
        (
            {},
            [{"mask": A, "id": 0}],
            [{"mask": A}],
            ID_ZERO,
        ),
        (
            {"honour_ignore": True},
            [{"mask": A, "ignore": 1}, {"mask": B}],
            [{"mask": B}],
            "`honour_ignore` was asked for; pycocotools overwrites the field",
        ),
        (
            {},
            [{"mask": A, "area": 2e10}, {"mask": B}],
            [{"mask": B}],
            "areas above 1e10 pixels count; pycocotools leaves them out everywhere",
        ),
        (
            {"max_dets": 20},
            [{"mask": A}],
            [{"mask": A}],
            "AP is at max_dets 20; pycocotools looks for a cap of exactly 100",
        ),
    ],
    ids=["id 0", "ignore", "huge", "cap"],
)
def test_what_the_default_does_otherwise_is_listed_with_the_reason(
    settings: dict[str, Any],
    objects: Records,
    found: Records,
    reason: str,
) -> None:
    verification = verify(*scene(objects, found), **settings)
    assert verification.agrees
    assert verification.reasons == (reason,)
    assert "AP" in [row.key for row in verification.differing]
    document = json.loads(json.dumps(verification.to_dict(), allow_nan=False))
    assert document["default"]["reasons"] == [reason]
    assert document["default"]["differing"][0]["key"] == "AP"


def test_an_area_that_was_asked_for_is_a_reason() -> None:
    preds, gt = scene([{"mask": strip(0, 5)}], [{"mask": strip(50, 55)}, {"mask": strip(0, 5)}])
    for record in preds:
        record["bbox"] = [0.0, 0.0, 10.0, 10.0]
    by_mask = verify(preds, gt, sizes="area:20")
    (reason,) = by_mask.reasons
    assert reason.startswith("2 predictions have a bbox beside the mask")
    assert [row.key for row in by_mask.differing] == ["AP_0-20"]
    assert verify(preds, gt, sizes="area:20", area_from="bbox").differing == ()
    for record in preds:
        del record["bbox"]
    by_box = verify(preds, gt, iou="bbox", area_from="bbox")
    assert by_box.reasons == ("bbox: `area_from` is bbox; pycocotools goes by the mask here",)


def test_files_that_the_default_refuses_are_verified_with_its_reason() -> None:
    preds, gt = scene([{"mask": A}], [{"mask": A, "score": float("nan")}])
    verification = verify(preds, gt)
    assert verification.agrees
    assert (verification.default, verification.differing) == (None, ())
    assert verification.default_error is not None
    message = "predictions: prediction #0 (image_id 1): score is NaN, expected a finite number."
    assert verification.to_dict()["default"]["error"] == message


@pytest.mark.parametrize("lvis", [False, pytest.param(True, marks=needs_lvis)])
@pytest.mark.parametrize("keep_objects", [True, False])
def test_an_empty_list_of_predictions_is_verified(lvis: bool, keep_objects: bool) -> None:
    _, gt = clean_pair(5, lvis=lvis)
    if not keep_objects:
        gt["annotations"] = []
    verification = verify([], gt)
    assert (verification.agrees, verification.official_error) == (True, None)
    assert verification.rows[0].official == (0 if keep_objects else -1)


def written(folder: Path, name: str, content: Any) -> Path:
    """A file of records in the format that its name says."""
    if ".jsonl" in name:
        text = "".join(json.dumps(record) + "\n" for record in content)
    else:
        text = json.dumps(content)
    data = text.encode()
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["p.json", "p.json.gz", "p.jsonl", "p.jsonl.gz"])
def test_files_that_pycocotools_cannot_read_are_read_for_it(name: str, tmp_path: Path) -> None:
    preds, gt = clean_pair(8)
    gt_path = written(tmp_path, "gt.json.gz", gt)
    verification = verify(written(tmp_path, name, preds), gt_path)
    assert verification.agrees
    assert verification.compat.inputs["gt"]["path"] == str(gt_path)


class Terminal:
    """Standard input that holds bytes."""

    def __init__(self, content: Any, *, lines: bool = False) -> None:
        text = "\n".join(map(json.dumps, content)) if lines else json.dumps(content)
        self.buffer = io.BytesIO(text.encode())


@pytest.mark.parametrize("lines", [False, True])
def test_standard_input_is_read_once_for_both(
    lines: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = clean_pair(8)
    monkeypatch.setattr(sys, "stdin", Terminal(preds, lines=lines))
    from_preds = verify("-", written(tmp_path, "gt.json", gt))
    monkeypatch.setattr(sys, "stdin", Terminal(gt))
    from_gt = verify(written(tmp_path, "preds.json", preds), "-")
    assert from_preds.agrees
    assert [row.official for row in from_preds.rows] == [row.official for row in from_gt.rows]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs pipes with a path")
def test_a_pipe_is_read_once_for_both(tmp_path: Path) -> None:
    preds, gt = clean_pair(8)
    reader, writer = os.pipe()
    os.write(writer, json.dumps(preds[:4]).encode())
    os.close(writer)
    verification = verify(f"/dev/fd/{reader}", written(tmp_path, "gt.json", gt))
    os.close(reader)
    assert verification.agrees


def test_columns_cannot_be_handed_to_a_package() -> None:
    preds, gt = clean_pair(8)
    with pytest.raises(InputError, match="`preds` is columns, expected a path or records"):
        verify(load_predictions(preds), gt)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`gt` is columns, expected a path or a dictionary"):
        verify(preds, load_ground_truth(gt))  # type: ignore[arg-type]


def test_what_was_handed_over_is_not_changed() -> None:
    pair = clean_pair(8)
    before = json.dumps(pair)
    verify(*pair, iou=("segm", "bbox"))
    assert json.dumps(pair) == before


def test_only_packages_that_exist_are_asked() -> None:
    with pytest.raises(InputError) as caught:
        verify(*clean_pair(8), compat="detectron2")
    assert caught.value.message == "`compat` is 'detectron2', expected one of pycocotools, lvis."


def test_too_few_lower_caps_are_an_error() -> None:
    with pytest.raises(InputError, match="pycocotools needs three caps of at least 1"):
        verify(*clean_pair(8), max_dets=2)


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("segeval.analysis.official.version", missing)
    with pytest.raises(MissingDependency) as caught:
        verify(*clean_pair(3, lvis=True))
    assert str(caught.value) == (
        "verifying these files needs the package lvis: pip install lvis==0.5.3"
    )


@needs_lvis
def test_lvis_is_repaired_and_silenced_only_while_it_runs(
    capfd: pytest.CaptureFixture[str],
) -> None:
    handlers = logging.root.handlers[:]
    had_lvis = "lvis" in sys.modules
    verification = verify(*clean_pair(3, lvis=True))
    assert (verification.package, verification.agrees) == ("lvis", True)
    assert not hasattr(np, "float")
    assert "cv2" not in sys.modules
    assert ("lvis" in sys.modules) == had_lvis
    assert logging.root.handlers == handlers
    assert logging.root.manager.disable == logging.NOTSET
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_pycocotools_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    verify(*clean_pair(3))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize("place", ["curves", "rows"])
def test_nan_is_a_difference(place: str) -> None:
    verification = verify(*scene([{"mask": A}, {"mask": B}], [{"mask": A}]))
    assert verification.agrees
    if place == "curves":
        odd = replace(verification, curve_difference=math.nan)
    else:
        first, *others = verification.rows
        odd = replace(verification, rows=(replace(first, official=math.nan), *others))
        assert first.key in {row.key for row in odd.differing}
    assert not odd.agrees


def test_a_package_that_gives_nan_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    run = official._run_pycocotools

    def broken(*arguments: Any) -> Any:
        curves = run(*arguments)
        curves.precision[0, 0] = math.nan
        return curves

    monkeypatch.setattr(official, "_run_pycocotools", broken)
    verification = verify(*scene([{"mask": A}, {"mask": B}], [{"mask": A}]))
    assert math.isnan(verification.curve_difference)
    assert not verification.agrees


def test_official_names_the_package_of_the_protocol() -> None:
    assert verify(*clean_pair(8), compat="official").package == "pycocotools"
    assert verify(*clean_pair(8, lvis=True), compat="official").package == "lvis"
