"""`segeval pq` and `segeval convert panoptic-to-coco`: whole runs on small pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.panoptic_build import build, drawing, segment

# The cat is found with 3 of 4 pixels, the sky (all else) with 12 of 13 in the union.
GT = (drawing("aabb", "aabb", "bbbb", "bbbb"), [segment("a", 1), segment("b", 7)])
PREDS = (drawing("aabb", "abbb", "bbbb", "bbbb"), [segment("a", 1), segment("b", 7)])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Predictions and ground truth, by names within the folder of the test."""
    monkeypatch.chdir(tmp_path)
    build(tmp_path / "preds.json", PREDS)
    build(tmp_path / "gt.json", GT, gt=True)
    return "preds.json", "gt.json"


def run(*argv: str) -> int:
    return failures.run(app, [*argv])


def test_a_run_prints_the_hand_counted_numbers(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("pq", *files) == failures.DONE
    shown = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    assert shown.startswith("Panoptic quality   preds.json vs gt.json\n")
    assert rows["all"][1:] == ["83.7", "83.7", "100.0", "2"]
    (cat,) = (line.split() for line in shown.splitlines() if " cat " in line)
    assert cat == ["1", "cat", "thing", "75.0", "75.0", "100.0", "1", "0", "0"]
    assert "1 image, 2 categories, 2 segments in" in shown


def test_json_holds_both_kinds_and_nothing_else_is_printed(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--iou", "segm", "--iou", "boundary", "--boundary-ratio", "0.01", "--json")
    assert run("pq", *files, *asked, "--compat", "official") == failures.DONE
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/pq/2"
    assert document["settings"] == {
        "iou": ["segm", "boundary"],
        "compat": "official",
        "boundary_ratio": 0.01,
        "boundary_px": None,
    }
    assert document["results"]["segm"]["categories"][0] == {
        "id": 1,
        "name": "cat",
        "isthing": True,
        "pq": 0.75,
        "sq": 0.75,
        "rq": 1.0,
        "tp": 1,
        "fp": 0,
        "fn": 0,
    }
    assert document["results"]["boundary"]["things"]["n"] == 1
    assert len(document["inputs"]["gt"]["sha256"]) == 64


def test_files_are_written_by_their_suffix(files: tuple[str, str]) -> None:
    assert run("pq", *files, "-q", "-o", "out.csv") == failures.DONE
    header, first, *_ = Path("out.csv").read_text().splitlines()
    assert header == "kind,table,id,name,pq,sq,rq,n,isthing,tp,fp,fn"
    assert first.startswith("segm,all,,,0.83")
    assert run("pq", *files, "-q", "-o", "out.md") == failures.DONE
    assert "| all | 83.7 |" in Path("out.md").read_text()


def test_fail_under_decides_the_exit_code(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("pq", *files, "-q", "--fail-under", "0.8") == failures.DONE
    assert run("pq", *files, "-q", "--fail-under", "0.9") == failures.ANSWER_IS_NO
    assert "PQ is 83.7 %, --fail-under asks for 90 %" in capsys.readouterr().err
    words = ("-q", "--fail-under", "0.99", "--metric", "SQ")
    assert run("pq", *files, *words) == failures.ANSWER_IS_NO
    assert "SQ is " in capsys.readouterr().err
    assert run("pq", *files, "--fail-under", "40") == failures.UNUSABLE_INPUT
    assert "PQ must be a fraction from 0 to 1. Write 0.4." in capsys.readouterr().err


def test_the_width_of_boundaries_is_a_ratio_or_pixels_and_needs_boundaries(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    boundaries = ("--iou", "boundary", "--boundary-px", "1")
    assert run("pq", *files, *boundaries, "--json") == failures.DONE
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 1)
    assert run("pq", *files, *boundaries, "--boundary-ratio", "0.1") == failures.UNUSABLE_INPUT
    assert "--boundary-ratio and --boundary-px both say how wide" in capsys.readouterr().err
    assert run("pq", *files, "--boundary-px", "1") == failures.UNUSABLE_INPUT
    assert "--boundary-px is given, but no boundaries are compared" in capsys.readouterr().err


def test_wrong_input_ends_with_2_and_writes_nothing(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("pq", *files[::-1], "-o", "out.json") == failures.UNUSABLE_INPUT
    assert "Predictions come first: segeval pq preds.json gt.json" in capsys.readouterr().err
    assert not Path("out.json").exists()
    assert run("pq", *files, "--preds-dir", "nowhere") == failures.UNUSABLE_INPUT
    assert "there is no folder nowhere" in capsys.readouterr().err


def test_instances_are_written(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    command = ("convert", "panoptic-to-coco", files[1], "-o", "instances.json")
    assert run(*command) == failures.DONE
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "note: 1 segment of stuff left out; --stuff keeps them",
        "wrote instances.json: 1 annotation of 1 image",
    ]
    assert len(json.loads(Path("instances.json").read_text())["annotations"]) == 1
    assert run(*command, "--stuff", "-q") == failures.UNUSABLE_INPUT
    assert "instances.json: exists already" in capsys.readouterr().err
    assert run(*command, "--stuff", "-q", "--overwrite") == failures.DONE
    assert len(json.loads(Path("instances.json").read_text())["annotations"]) == 2


def test_a_conversion_that_fails_leaves_no_file(files: tuple[str, str]) -> None:
    (Path("gt") / "1.png").unlink()
    command = ("convert", "panoptic-to-coco", files[1], "-o", "instances.json")
    assert run(*command) == failures.UNUSABLE_INPUT
    assert not Path("instances.json").exists()


def test_images_are_listed_worst_first(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("pq", *files, "--per", "image") == failures.DONE
    shown = capsys.readouterr().out
    assert "  image     PQ     SQ      RQ   TP   FP   FN\n" in shown
    assert "      1   83.7   83.7   100.0    2    0    0\n" in shown
    assert "thing" not in shown
    assert run("pq", *files, "--per", "category,image", "--json") == failures.DONE
    (image,) = json.loads(capsys.readouterr().out)["results"]["segm"]["per_image"]
    assert (image["id"], image["tp"], image["n"]) == (1, 2, 2)
    assert run("pq", *files, "--per", "size") == failures.UNUSABLE_INPUT
    assert "--per size: no such table, expected category, image." in capsys.readouterr().err
