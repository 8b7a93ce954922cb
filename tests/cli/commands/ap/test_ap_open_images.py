"""`segeval ap --protocol openimages` and the conversions, as whole runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.open_images_files import PREDS, Scene, strip, write_csv

PROTOCOL = ("--protocol", "openimages")

TREE = {
    "LabelName": "root",
    "Subcategory": [{"LabelName": "animal", "Subcategory": [{"LabelName": "cat"}]}],
}


def run(*argv: object) -> int:
    """Exit code of a command."""
    return failures.run(app, [str(each) for each in argv])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """One of two cats is found; a group too, which costs nothing; a dog has no prediction."""
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 30)).gt(strip(50, 100), group=1)
    scene.label("cat").pred(strip(0, 10), 0.9).pred(strip(60, 70), 0.8)
    paths = scene.write(tmp_path)
    paths["hierarchy"] = tmp_path / "tree.json"
    paths["hierarchy"].write_text(json.dumps(TREE))
    return paths


def options(files: dict[str, Any]) -> list[object]:
    """The call with all files that there are."""
    names = [name for name in ("boxes", "labels", "hierarchy") if name in files]
    others = [part for name in names for part in (f"--{name}", files[name])]
    return ["ap", files["preds"], files["gt"], "--protocol", "openimages", *others]


def test_the_table_has_the_mean_and_every_class(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), "--expand-predictions") == 0
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["mean", "66.7", "4", "2", "4"] in rows
    assert ["animal", "66.7", "2", "1", "2"] in rows
    assert ["cat", "66.7", "2", "1", "2"] in rows
    assert "ground truth and predictions expanded" in " ".join(out.split())
    assert "1 image, 2 of 2 classes with ground truth, 4 predictions judged" in out


def test_csv_files_need_no_protocol_and_a_note_says_which_it_is(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for words in (options(files), [each for each in options(files) if each not in PROTOCOL]):
        assert run(*words, "--json") == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["results"] == found[1]["results"]
    first, *others = found[1]["notes"]
    assert others == found[0]["notes"]
    assert first["message"] == (
        f"{files['gt']} is a CSV file, so it is evaluated by --protocol openimages"
    )


def test_json_has_every_kind_of_iou_and_the_hashes(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), "--iou", "segm", "--iou", "bbox", "--json", "-q") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/ap-openimages/2"
    assert list(document["results"]) == ["segm", "bbox"]
    assert [each["id"] for each in document["results"]["segm"]["categories"]] == ["animal", "cat"]
    assert document["inputs"]["gt"]["images"] == 1
    assert len(document["inputs"]["preds"]["sha256"]) == 64


def test_results_are_written_as_csv_and_markdown(files: dict[str, Any], tmp_path: Path) -> None:
    for suffix in ("csv", "md", "json"):
        assert run(*options(files), "-q", "-o", tmp_path / f"out.{suffix}") == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["", "animal", "cat"]
    assert float(rows[2]["ap50"]) == pytest.approx(2 / 3, abs=1e-15)
    assert "| cat" in (tmp_path / "out.md").read_text()


def test_the_weight_of_groups_is_an_option(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), "--group-of-weight", "0", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["results"]["segm"]["categories"][1]["ap50"] == 0.5
    assert document["settings"]["group_of_weight"] == 0


def test_fail_under_looks_at_the_mean(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), "--fail-under", "0.9") == 1
    assert "--fail-under asks for 90 %" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--max-dets", "1,10"], "--max-dets 1,10: expected one number with --protocol openimages"),
        (["--compat", "lvis"], "compat is 'lvis', expected official with"),
        (["--iou", "boundary"], "--iou is 'boundary', expected segm or bbox with"),
        (["--hierarchy", "gone.json"], "--hierarchy gone.json: no such file."),
        (["--sizes", "coco"], "--sizes does not go with --protocol openimages"),
    ],
)
def test_options_that_do_not_fit_end_with_two_and_write_nothing(
    files: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    message: str,
) -> None:
    own = {name: path for name, path in files.items() if f"--{name}" not in more}
    assert run(*options(own), *more, "-o", tmp_path / "out.json") == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    "option",
    [
        ["--sizes", "coco"], ["--area-from", "mask"], ["--thresholds", "0.5"], ["--pool"],
        ["--agnostic"], ["--honour-ignore"], ["--categories", "cat"], ["--images", "a"],
        ["--boundary-ratio", "0.1"], ["--boundary-px", "2"], ["--per", "size"], ["--verify"],
        ["--coco-style"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_option_is_left_unheeded(
    files: dict[str, Any], option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), *option) == 2
    assert f"{option[0]} does not go with --protocol openimages" in capsys.readouterr().err


def test_verbose_tells_versions_and_timings(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options(files), "--verbose") == 0
    loaded, evaluated = capsys.readouterr().err.splitlines()[-2:]
    assert " s  loaded segeval " in loaded
    assert evaluated.endswith(" s  read and evaluated")


def test_swapped_files_are_recognised(
    files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ap", files["gt"], files["preds"], "--protocol", "openimages") == 2
    assert "This looks like ground truth: predictions come first." in " ".join(
        capsys.readouterr().err.split()
    )


def test_files_go_to_coco_and_back_and_score_the_same(
    files: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco, preds = tmp_path / "gt.json", tmp_path / "preds.json"
    to_coco = ["convert", "openimages-to-coco", files["gt"], "--boxes", files["boxes"]]
    to_coco += ["--labels", files["labels"], "--preds", files["preds"], "--preds-output", preds]
    assert run(*to_coco, "-o", coco) == 0
    assert "3 annotations in 1 image" in capsys.readouterr().err
    assert run("ap", preds, coco, "-q") == 0
    folder = tmp_path / "back"
    assert run("convert", "coco-to-openimages", coco, "--preds", preds, "-o", folder) == 0
    assert {path.name for path in folder.iterdir()} == {
        "boxes.csv", "classes.csv", "labels.csv", "masks.csv", "preds.csv",
    }  # fmt: skip
    capsys.readouterr()
    scores = []
    for source in (
        [files["preds"], files["gt"], "--boxes", files["boxes"]],
        [folder / "preds.csv", folder / "masks.csv", "--boxes", folder / "boxes.csv"],
    ):
        assert run("ap", *source, "--protocol", "openimages", "--json") == 0
        scores.append(json.loads(capsys.readouterr().out)["results"])
    assert scores[0] == scores[1]
    assert scores[0]["segm"]["ap50"] == pytest.approx(2 / 3, abs=1e-15)


def test_a_conversion_that_fails_writes_nothing(
    files: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write_csv(tmp_path / "bad.csv", PREDS, [("a", 100, 1, "cat", "x", "")])
    coco, preds = tmp_path / "gt.json", tmp_path / "p.json"
    before = set(tmp_path.iterdir())
    command = ["convert", "openimages-to-coco", files["gt"], "-o", coco, "--preds"]
    assert run(*command, bad, "--preds-output", preds) == 2
    assert set(tmp_path.iterdir()) == before
    assert run(*command, files["preds"]) == 2
    assert run(*command, files["preds"], "--preds-output", coco) == 2
    assert "must differ from --output" in capsys.readouterr().err
    assert run("convert", "coco-to-openimages", files["hierarchy"], "-o", tmp_path / "new") == 2
    assert run("convert", "coco-to-openimages", files["hierarchy"], "-o", files["gt"]) == 2
    assert set(tmp_path.iterdir()) == before


def test_a_folder_with_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "classes.csv").write_text("precious")
    gt = tmp_path / "gt.json"
    gt.write_text("{}")
    assert run("convert", "coco-to-openimages", gt, "-o", folder) == 2
    assert "is not empty, expected a new folder or an empty one" in capsys.readouterr().err
    assert (folder / "classes.csv").read_text() == "precious"
    assert run("convert", "coco-to-openimages", gt, "-o", tmp_path / "no" / "such") == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--boxes", "--labels", "--hierarchy"])
@pytest.mark.parametrize("glued", [False, True])
def test_no_output_replaces_a_file_that_an_option_names(
    option: str, glued: bool, files: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = files[option.removeprefix("--")]
    target = path.with_suffix(".csv")
    path.replace(target)
    before = target.read_bytes()
    named = [f"{option}={target}"] if glued else [option, target]
    argv = ["ap", files["preds"], files["gt"], "--protocol", "openimages", *named, "-o", target]
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert "is an input file and would be lost" in capsys.readouterr().err
    assert target.read_bytes() == before
