"""`segeval suspects`: the table, files and refusals."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from segeval.analysis import label_suspects
from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

IMAGES = 12


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, and ground truth without every fifth object."""
    scene = furniture(images=IMAGES)
    gt = dict(scene.ground_truth)
    gt["annotations"] = [each for each in gt["annotations"] if each["id"] % 5]
    for name, content in (("a", scene.better), ("b", scene.weaker), ("gt", gt)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def suspects(*words: str) -> int:
    return failures.run(app, ["suspects", *words])


def test_the_table_begins_with_what_both_models_predict(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suspects("a.json", "b.json", "gt.json") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    found = label_suspects("a.json", "b.json", "gt.json")
    assert lines[0] == "Label suspects by mask IoU   a.json, b.json vs gt.json"
    assert lines[2].split()[:6] == ["image", "kind", "annotated", "suggested", "score", "models"]
    first = found.missing[0]
    assert lines[4].split()[:4] == [first.file_name, "missing", "-", first.category]
    assert lines[4].split()[5] == "2"
    missing, shared = len(found.missing), found.shared
    assert any(line.startswith(f"{missing} missing ({shared} by at least 2") for line in lines)
    assert max(map(len, lines)) <= 80


def test_long_tables_are_cut_unless_all_is_asked_for(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = json.loads((in_folder / "gt.json").read_text())
    gt["annotations"] = gt["annotations"][::2]
    (in_folder / "gt.json").write_text(json.dumps(gt))
    rows = len(list(label_suspects("b.json", "gt.json").listed()))
    assert rows > 20
    assert suspects("b.json", "gt.json") == failures.DONE
    assert f"  {rows - 20} more: --all" in capsys.readouterr().out.splitlines()
    assert suspects("b.json", "gt.json", "--all") == failures.DONE
    assert "more: --all" not in capsys.readouterr().out


def test_json_and_csv_have_every_suspect(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("a.json", "b.json", "gt.json", "--json", "-o", "out.csv")
    assert suspects(*words) == failures.DONE
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "segeval/suspects/1"
    assert all(data["inputs"][role]["sha256"] for role in ("a", "b", "gt"))
    assert data["settings"]["kinds"] == ["missing", "unfound", "category"]
    found = label_suspects("a.json", "b.json", "gt.json")
    assert data["results"]["counts"]["missing"] == len(found.missing)
    assert len(data["results"]["models"]) == 2
    listed = data["results"]["suspects"]
    assert [each["bbox"] for each in listed] == [list(each.bbox) for each in found.listed()]
    with (in_folder / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], int(row["image_id"])) for row in rows] == [
        (each["kind"], each["image_id"]) for each in listed
    ]
    assert float(rows[0]["width"]) == listed[0]["bbox"][2]


def test_lines_and_markdown_have_every_suspect_too(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suspects("a.json", "gt.json", "-o", "out.jsonl", "--json") == failures.DONE
    listed = json.loads(capsys.readouterr().out)["results"]["suspects"]
    lines = (in_folder / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == listed
    assert suspects("a.json", "gt.json", "-o", "out.md") == failures.DONE
    rows = [row for row in (in_folder / "out.md").read_text().splitlines() if row.startswith("|")]
    assert len(rows) == 2 + len(listed)


def test_the_coco_file_is_read_back_by_pycocotools(in_folder: Path) -> None:
    assert suspects("a.json", "b.json", "gt.json", "--coco", "again.json") == failures.DONE
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO("again.json")
    found = label_suspects("a.json", "b.json", "gt.json")
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [each["attributes"]["kind"] for each in annotations] == [
        record["kind"] for record in found.records()
    ]
    for each in annotations:
        assert coco.annToMask(each).sum() == each["area"]
    original = json.loads((in_folder / "gt.json").read_text())
    assert [(each["id"], each["name"]) for each in coco.dataset["categories"]] == [
        (each["id"], each["name"]) for each in original["categories"]
    ]


def test_files_do_not_depend_on_the_number_of_workers(in_folder: Path) -> None:
    for workers in ("1", "3"):
        words = ("--coco", f"coco{workers}.json", "-o", f"out{workers}.csv", "-j", workers, "-q")
        assert suspects("a.json", "b.json", "gt.json", *words) == failures.DONE
    for name in ("coco{}.json", "out{}.csv"):
        one, other = ((in_folder / name.format(each)).read_bytes() for each in (1, 3))
        assert one == other


def test_a_sheet_is_drawn_with_photographs_and_without(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "photos").mkdir()
    for each in json.loads((in_folder / "gt.json").read_text())["images"][1:]:
        pixels = np.zeros((each["height"], each["width"], 3), np.uint8)
        Image.fromarray(pixels).save(in_folder / "photos" / each["file_name"])
    words = ("a.json", "b.json", "gt.json", "--top", "3", "--pictures")
    assert suspects(*words, "grey.png") == failures.DONE
    assert capsys.readouterr().err.splitlines()[-1] == "wrote grey.png"
    assert suspects(*words, "sheet.svg", "--images", "photos") == failures.DONE
    assert (in_folder / "grey.png").stat().st_size > 1000
    assert "<image" in (in_folder / "sheet.svg").read_text()


def test_three_models_have_a_row_for_what_two_of_them_share(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preds = json.loads((in_folder / "b.json").read_text())
    (in_folder / "c.json").write_text(json.dumps(preds[::2]))
    assert suspects("a.json", "b.json", "c.json", "gt.json", "--json") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    assert list(data["inputs"]) == ["a", "b", "c", "gt"]
    models = [each["models"] for each in data["results"]["suspects"] if each["kind"] == "missing"]
    assert models == sorted(models, reverse=True)
    assert {3, 2, 1} >= set(models) > {1}
    assert data["notes"] == []


def test_a_copy_of_a_model_is_noted_and_a_file_given_twice_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "copy.json").write_bytes((in_folder / "a.json").read_bytes())
    assert suspects("a.json", "copy.json", "gt.json") == failures.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert "note: copy.json has the scores, categories and images of a.json" in said
    assert suspects("a.json", "./a.json", "gt.json") == failures.UNUSABLE_INPUT
    assert "a.json: is given twice" in capsys.readouterr().err


def test_nothing_to_suspect_draws_nothing_and_says_so(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "none.json").write_text("[]")
    words = ("none.json", "gt.json", "--kinds", "missing", "--pictures", "no.png")
    assert suspects(*words, "--coco", "empty.json") == failures.DONE
    assert "note: there is no suspect to draw, so no.png was not written" in capsys.readouterr().err
    assert not (in_folder / "no.png").exists()
    assert json.loads((in_folder / "empty.json").read_text())["annotations"] == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("a.json",), "expected predictions of 1 to 20 models and ground truth, got 1 file."),
        (("a.json", "gt.json", "--kinds", "absent"), "--kinds absent: no such kind, expected"),
        (("a.json", "gt.json", "--iou", "segm,bbox"), "one kind of IoU at a time"),
        (("a.json", "gt.json", "-o", "a.json"), "would be lost"),
        (("a.json", "gt.json", "--coco", "gt.json", "--overwrite"), "would be lost"),
        (("a.json", "gt.json", "--coco", "out.csv"), "expected .json"),
        (("a.json", "gt.json", "--coco", "x.json", "-o", "x.json"), "must differ from"),
        (("a.json", "gt.json", "--pictures", "x.jpg"), "expected one of .png, .pdf, .svg"),
        (("a.json", "gt.json", "--images", "."), "photographs are for --pictures"),
        (("a.json", "gt.json", "--pictures", "x.png", "--images", "no"), "no: no such folder"),
        (("a.json", "gt.json", "--categories", "sofaa"), 'has no category "sofaa"'),
        (("gt.json", "a.json"), "The ground truth comes last: segeval suspects a.json gt.json"),
        (("a.json", "missing.json", "gt.json"), "missing.json"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    words: tuple[str, ...], text: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in sorted(in_folder.iterdir())}
    assert suspects(*words) == failures.UNUSABLE_INPUT
    assert text in " ".join(capsys.readouterr().err.split())
    assert {path: path.read_bytes() for path in sorted(in_folder.iterdir())} == before
