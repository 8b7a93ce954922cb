"""`segeval report` of panoptic files: the page, what is printed, and refusals."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app
from tests.page_reader import assert_sound
from tests.unit.reports.panoptic_files import panoptic_files, photographs


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    panoptic_files(tmp_path)
    photographs(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def report(*words: str) -> int:
    return failures.run(app, ["report", *words, "--resamples", "30"])


@pytest.mark.parametrize("files", [["a.json", "gt.json"], ["a.json", "b.json", "gt.json"]])
def test_the_page_is_written_and_its_sentences_are_printed(
    in_folder: Path, capsys: pytest.CaptureFixture[str], files: list[str]
) -> None:
    assert report(*files, "--images", "photos", "--top", "3", "-o", "out.html") == failures.DONE
    shown = capsys.readouterr()
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert " ".join(shown.out.split()) in page.words
    assert "PQ" in shown.out
    assert shown.err.splitlines()[-1] == "wrote out.html"
    assert len(page.numbers["images"]) == 3
    words = " ".join(files)
    assert f"segeval report {words} --images photos --top 3 --resamples 30" in page.words


def test_boundary_pq_and_the_folder_of_the_ground_truth_are_options(in_folder: Path) -> None:
    shutil.move("gt", "true")
    words = ["a.json", "gt.json", "--gt-dir", "true", "--iou", "segm,boundary", "-o", "out.html"]
    assert report(*words) == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert "boundary PQ of stuff" in page.texts
    assert list(page.numbers["models"][0]["pq"]["results"]) == ["segm", "boundary"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sizes", "coco"), "--sizes does not go with panoptic files."),
        (("--iou", "bbox"), "--iou is 'bbox', expected segm or boundary."),
        (("--gt-dir", "nowhere"), "gt.json: there is no folder nowhere with its pictures."),
        (("--images", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_panoptic_files_do_not_take_is_told(
    words: tuple[str, ...], message: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report("a.json", "gt.json", *words, "-o", "out.html") == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (in_folder / "out.html").exists()


def test_a_missing_picture_is_named(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (in_folder / "a" / "5.png").unlink()
    assert report("a.json", "gt.json", "-o", "out.html") == failures.UNUSABLE_INPUT
    assert "a/5.png: no such file. a.json names it for image_id 5." in capsys.readouterr().err
    assert not (in_folder / "out.html").exists()


def test_exchanged_files_are_told(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report("gt.json", "a.json", "-o", "out.html") == failures.UNUSABLE_INPUT
    assert "error: " in capsys.readouterr().err
    assert not (in_folder / "out.html").exists()


def test_panoptic_predictions_with_ground_truth_of_objects_are_told(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "objects.json").write_bytes(furniture(images=2).to_json()["gt.json"])
    assert report("a.json", "objects.json", "-o", "out.html") == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()) == (
        "error: a.json holds segments of a panoptic file, and objects.json annotations of objects. "
        "Give panoptic ground truth as well, or make instances of the predictions with segeval "
        "convert panoptic-to-coco."
    )
