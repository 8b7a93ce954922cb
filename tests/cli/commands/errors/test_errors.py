"""`segeval errors`: tables, files and refusals."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from segeval_cli import failures
from segeval_cli.main import app
from tests.slow_errors import random_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("errors")
    preds, gt = random_set(3, images=12)
    (folder / "a.json").write_text(json.dumps(preds))
    (folder / "b.json").write_text(json.dumps(preds[::2]))
    (folder / "gt.json").write_text(json.dumps(gt))
    return folder


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def errors(*words: str) -> int:
    return failures.run(app, ["errors", *words])


def test_the_costliest_kind_comes_first_and_the_shares_add_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert errors("a.json", "gt.json", "--iou", "bbox") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Box AP lost, by kind of error   a.json vs gt.json"
    assert lines[1].startswith("coco protocol, IoU 0.50, max_dets 100   AP ")
    assert lines[3].split() == ["AP", "lost", "to", "share", "alone", "last", "errors"]
    lost = 100 - float(lines[1].split()[-1])
    shares = [float(line.split()[-4]) for line in lines[7:13]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(lost, abs=0.4)  # each is rounded
    assert max(map(len, lines)) <= 80


def test_json_has_the_hashes_of_both_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert errors("a.json", "gt.json", "--json", "--thresholds", "0.5,0.75") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    digest = hashlib.sha256((folder / "a.json").read_bytes()).hexdigest()
    assert data["inputs"]["preds"]["sha256"] == digest
    assert data["schema"] == "segeval/errors/1"
    own = data["results"]["segm"]
    assert [one["iou"] for one in own["thresholds"]] == [0.5, 0.75]
    assert own["kinds"]["loc"]["count"] is None


def test_a_line_for_every_prediction_and_missed_object(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "errors.jsonl"
    assert errors("a.json", "gt.json", "-o", str(path)) == failures.DONE
    assert capsys.readouterr().err == f"wrote {path}\n"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    preds = json.loads((folder / "a.json").read_text())
    found = [line for line in lines if line["prediction"] is not None]
    assert [line["prediction"] for line in found] == list(range(len(preds)))
    assert [line["score"] for line in found] == [each["score"] for each in preds]
    missed = [line for line in lines if line["kind"] == "miss"]
    assert missed
    assert len(missed) + len(found) == len(lines)


def test_lines_of_two_models_name_the_model(tmp_path: Path) -> None:
    path = tmp_path / "errors.jsonl"
    assert errors("a.json", "b.json", "gt.json", "-o", str(path), "-q") == failures.DONE
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {line["model"] for line in lines} == {"a", "b"}


def test_two_models_are_compared_kind_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("a.json", "b.json", "gt.json", "--per", "size,category") == failures.DONE
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0] == "Mask AP lost, by kind of error   A a.json against B b.json on gt.json"
    assert lines[3].split() == ["AP", "lost", "to", "A", "B", "B", "-", "A", "errors"]
    assert "  poor masks                 loc A   loc B   B - A   true A   true B   B - A\n" in text
    assert "\nB " in text
    assert max(map(len, lines)) <= 80


def test_exchanged_files_are_told_with_the_command_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert errors("gt.json", "a.json") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.endswith("Swap them: segeval errors a.json gt.json\n")
    assert errors("gt.json", "a.json", "b.json") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.endswith("comes last: segeval errors a.json b.json gt.json\n")


@pytest.mark.parametrize("option", ["--resamples", "--seed", "--groups"])
def test_options_of_intervals_need_intervals(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert errors("a.json", "gt.json", option, "7") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == f"error: {option} goes with --ci, which is not given.\n"


def test_csv_has_a_row_per_kind(tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    assert errors("a.json", "gt.json", "--per", "category", "-o", str(path)) == failures.DONE
    rows = list(csv.DictReader(path.read_text().splitlines()))
    kinds = [row["name"] for row in rows if row["table"] == "kinds"]
    assert kinds == ["cls", "loc", "both", "dupe", "bkg", "miss"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a.json"],
            (
                "error: expected predictions and ground truth, or predictions of two models and "
                "ground truth, got 1 file.\n"
            ),
        ),
        (
            ["a.json", "gt.json", "--compat", "tidecv", "--ci"],
            (
                "error: --ci does not go with --compat tidecv, whose numbers have no such thing: "
                "leave one of them out.\n"
            ),
        ),
        (
            ["a.json", "gt.json", "--per", "slice"],
            (
                "error: --per slice needs --slice: a field of the images, or a CSV of image and "
                "label.\n"
            ),
        ),
        (
            ["a.json", "gt.json", "--per", "image"],
            "error: --per image: no such table, expected category, size, slice, confusion.\n",
        ),
        (
            ["a.json", "gt.json", "-o", "errors.png"],
            (
                "error: --output errors.png: the suffix says what to write, expected one of .json, "
                ".csv, .md, .tex, .jsonl.\n"
            ),
        ),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert errors(*words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == message


def test_confusion_lists_the_pairs_of_one_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("a.json", "gt.json", "--iou", "bbox", "--per", "confusion") == failures.DONE
    out = capsys.readouterr().out
    assert "  objects of   predicted as   number   % of objects" in out
    assert errors("a.json", "gt.json", "--per", "confusion", "--json") == failures.DONE
    own = json.loads(capsys.readouterr().out)["results"]["segm"]["confusion"]
    assert (own["threshold"], own["min_score"]) == (0.5, 0.5)
    assert 0 < len(own["pairs"]) <= 20
    assert own["pairs"][0]["count"] >= own["pairs"][-1]["count"]
    words = ("a.json", "b.json", "gt.json", "--per", "confusion")
    assert errors(*words) == failures.UNUSABLE_INPUT
    expected = "error: --per confusion is of one model. Ask for it with the predictions of each."
    assert " ".join(capsys.readouterr().err.split()) == expected


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("label-maps")
    random = np.random.default_rng(2)
    for name in ("preds", "gt"):
        (folder / name).mkdir()
    for image in range(10):
        gt = np.kron(random.integers(0, 3, (3, 4)), np.ones((9, 9), np.int64)).astype(np.uint8)
        np.save(folder / "gt" / f"{image}.npy", gt)
        np.save(folder / "preds" / f"{image}.npy", np.roll(gt, 1, 1))
    return folder


def test_label_maps_have_kinds_whose_shares_add_up_with_iou(
    maps: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(maps)
    words = "preds", "gt", "--classes", "3", "--ci", "--resamples", "20"
    assert errors(*words) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "IoU lost, by kind of error   preds vs gt   3 classes"
    assert lines[1].startswith("boundary 0.01 of the diagonal   mIoU ")
    assert lines[3].split() == [
        "IoU",
        "lost",
        "to",
        "share",
        "95",
        "%",
        "pixels",
        "false",
        "missed",
    ]
    assert max(map(len, lines)) <= 80
    assert errors(*words, "--boundary-px", "2", "--json") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "segeval/errors/1"
    assert data["settings"]["boundary_px"] == 2
    for one in data["results"]["categories"]:
        lost = sum(kind["share"] for kind in one["kinds"].values())
        assert one["iou"] + lost == pytest.approx(1, abs=1e-15)
        assert len(one["kinds"]["boundary"]["intervals"]["share"]) == 2


def test_two_models_of_label_maps_are_compared_kind_by_kind(
    maps: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(maps)
    words = "preds", "gt", "gt", "--classes", "3", "--ci", "--resamples", "20"
    assert errors(*words) == failures.DONE
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "IoU lost, by kind of error   A preds against B gt on gt   3 classes"
    assert lines[3].split() == [
        "IoU",
        "lost",
        "to",
        "A",
        "B",
        "B",
        "-",
        "A",
        "95",
        "%",
        "verdict",
        "pixels",
    ]
    assert max(map(len, lines)) <= 80
    assert "B wins " in out
    assert " points on boundaries" in out
    assert errors(*words, "--json") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "segeval/errors/1"
    assert list(data["inputs"]) == ["a", "b", "gt"]
    assert data["settings"]["resamples"] == 20
    own = data["results"]
    assert own["miou"]["b"] == 1
    share = own["kinds"]["boundary"]["share"]
    assert list(share) == ["a", "b", "difference", "interval", "p", "p_corrected", "verdict"]
    assert share["verdict"] == "better"
    assert list(own["categories"][0]["kinds"]["extent"]["count"]) == ["a", "b", "difference"]
    assert errors(*words[:5], "-o", "two.csv", "--quiet") == failures.DONE
    assert "share_difference" in Path("two.csv").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["preds", "gt"],
            (
                "preds: is read as label maps, whose errors are found by class, expected --classes "
                "as well, such as --classes cityscapes. Of id maps, in which every number but 0 is "
                "an object, make COCO's files first: segeval convert idmaps-to-coco."
            ),
        ),
        (
            ["preds", "gt", "--classes", "3", "--per", "size"],
            "--per is about AP, and preds holds label maps: leave it out.",
        ),
        (
            ["preds", "preds", "preds", "gt", "--classes", "3"],
            (
                "expected predictions and ground truth, or predictions of two models and ground "
                "truth, got 4 files."
            ),
        ),
        (
            ["preds", "preds", "gt", "--classes", "3", "--groups", "scene"],
            "--groups goes with --ci, which is not given.",
        ),
        (
            ["preds", "gt", "--classes", "3", "--seed", "4"],
            "--seed goes with --ci, which is not given.",
        ),
    ],
)
def test_what_label_maps_need_or_do_not_take_is_told(
    words: list[str],
    message: str,
    maps: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(maps)
    assert errors(*words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.splitlines()[0] == f"error: {message}"


def test_classes_of_other_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("a.json", "gt.json", "--classes", "3") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.splitlines()[0] == (
        "error: --classes is about label maps, which are folders or .png or .npy files, and a.json "
        "is none: leave it out."
    )


def test_lines_have_the_box_and_the_name_of_the_category(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "errors.jsonl"
    assert errors("a.json", "gt.json", "-o", str(path), "-q") == failures.DONE
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    gt = json.loads((folder / "gt.json").read_text())
    names = {each["id"]: each["name"] for each in gt["categories"]}
    assert all(line["category"] == names[line["category_id"]] for line in lines)
    preds = json.loads((folder / "a.json").read_text())
    by_id = {each["id"]: each for each in gt["annotations"]}
    for line in lines:
        if line["kind"] == "miss":
            assert line["bbox"] == by_id[line["annotation_id"]]["bbox"]
        else:
            mask = preds[line["prediction"]]["segmentation"]
            assert line["bbox"] == coco_mask.toBbox(mask).tolist()
