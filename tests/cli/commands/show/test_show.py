"""`segeval show`: one image as a picture, a list or rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.errors.panoptic_scene import two_images


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set, with the photograph of image 3 and a broken one of 2."""
    folder = tmp_path_factory.mktemp("show")
    files = furniture(images=4).to_json()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "photos").mkdir()
    [size] = [
        (image["height"], image["width"])
        for image in json.loads(files["gt.json"])["images"]
        if image["id"] == 3
    ]
    Image.fromarray(np.full((*size, 3), (9, 200, 9), np.uint8)).save(
        folder / "photos" / "room_0003.png"
    )
    (folder / "photos" / "room_0002.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def show(*words: str) -> int:
    return failures.run(app, ["show", "model_b.json", "gt.json", *words])


def test_the_picture_has_the_photograph(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "3.png"
    assert show("--image", "3", "--images", "photos", "-o", str(path), "--width", "page") == 0
    assert capfd.readouterr().err.splitlines()[-1] == f"wrote {path}"
    with Image.open(path) as picture:
        pixels = np.array(picture.convert("RGB")).reshape(-1, 3)
    assert picture.width == pytest.approx(175 / 25.4 * 300, abs=2)
    assert (pixels == (9, 200, 9)).all(axis=1).mean() > 0.3


def test_without_photographs_masks_are_on_grey(tmp_path: Path) -> None:
    assert show("--image", "room_0003.png", "-o", str(tmp_path / "3.png"), "-q") == 0
    with Image.open(tmp_path / "3.png") as picture:
        pixels = np.array(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels == (0x3A, 0x3D, 0x42)).all(axis=1).mean() > 0.3


@pytest.mark.parametrize(
    ("image", "note"),
    [
        ("1", "note: photos: has no picture room_0001.png; a grey placeholder stands in its place"),
        ("2", "note: photos/room_0002.png: "),
    ],
)
def test_a_missing_or_broken_photograph_is_grey_with_a_note(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], image: str, note: str
) -> None:
    assert show("--image", image, "--images", "photos", "-o", str(tmp_path / "1.png")) == 0
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith(note)]
    assert [line.endswith("; a grey placeholder stands in its place") for line in said] == [True]


def test_a_folder_that_does_not_exist_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert show("--image", "1", "--images", "none", "-o", str(tmp_path / "1.png")) == 2
    assert "none: no such folder, expected the pictures in it" in capfd.readouterr().err
    assert not (tmp_path / "1.png").exists()


def test_an_unknown_image_is_refused_with_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("--image", "9") == 2
    assert capfd.readouterr().err == (
        'error: --image 9: gt.json has no image "9". Its nearest ids: 2, 3, 4.\n'
    )
    assert show("--image", "room_003.png") == 2
    assert 'Did you mean "room_0003.png"' in capfd.readouterr().err


def test_without_output_it_lists_what_is_in_the_image(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("--image", "3", "--threshold", "0.9") == 0
    first, *lines = capfd.readouterr().out.splitlines()
    assert first.startswith("room_0003.png  image 3: ")
    assert first.endswith(" at IoU 0.90")
    assert {line.split()[0] for line in lines} <= {"T", "F", "N"}


def test_predictions_below_the_lowest_score_are_counted_in_the_image_alone(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    preds = json.loads((folder / "model_b.json").read_text())
    low = [each for each in preds if each["score"] < 0.9]
    own = sum(each["image_id"] == 3 for each in low)
    assert 1 < own < len(low)
    assert show("--image", "3", "--min-score", "0.9") == 0
    said = f"note: {own} predictions with a score below --min-score 0.9 were not used"
    assert said in capfd.readouterr().err.splitlines()


def test_boxes_are_shown_too_and_rows_are_written(tmp_path: Path) -> None:
    path = tmp_path / "3.csv"
    assert show("--image", "3", "--iou", "bbox", "-o", str(path), "-q") == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {"", "T", "F", "N"}
    assert {row["score"] == "" for row in rows if row["part"] == "T"} == {False}


def test_odd_values_are_refused_by_their_flags(capfd: pytest.CaptureFixture[str]) -> None:
    assert show("--image", "3", "--threshold", "1.5") == 2
    assert capfd.readouterr().err == (
        "error: --threshold 1.5: an IoU threshold must be above 0 and at most 1.\n"
    )
    assert show("--image", "3", "--iou", "segm,bbox") == 2
    assert "one kind of IoU at a time" in capfd.readouterr().err
    assert show() == 2
    assert "--image" in capfd.readouterr().err


def test_swapped_files_are_refused_with_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["show", "gt.json", "model_b.json", "--image", "3"]) == 2
    assert capfd.readouterr().err.endswith(
        "Swap them: segeval show model_b.json gt.json --image ...\n"
    )


def test_files_of_other_kinds_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gt.csv").write_text("ImageID,LabelName\n")
    words = ["show", "model_b.json", str(tmp_path / "gt.csv"), "--image", "1"]
    assert failures.run(app, words) == 2
    assert "is read as a CSV file of Open Images" in capfd.readouterr().err


def _label_maps(folder: Path) -> None:
    """Label maps with a car that is too wide, and a photograph."""
    gt = np.zeros((30, 40), np.uint8)
    gt[8:20, 5:25] = 7
    for name, pixels in {"gt": gt, "preds": np.roll(gt, 1, 1), "photos": gt + 50}.items():
        (folder / name).mkdir()
        Image.fromarray(pixels).save(folder / name / "street.png")


def test_label_maps_are_shown_by_their_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _label_maps(tmp_path)
    words = ["show", "preds", "gt", "--classes", "0=road,7=car", "--image", "street"]
    assert failures.run(app, words) == failures.DONE
    assert capsys.readouterr().out.startswith(
        "street.png: 2.0 % of 1,200 evaluated pixels are wrong\n    2.0 %  boundary  (24 px)\n"
    )
    assert failures.run(app, [*words, "--images", "photos", "-o", "x.png"]) == failures.DONE
    with Image.open("x.png") as picture:
        assert picture.size[0] > 500
    assert failures.run(app, [*words, "-o", "x.csv"]) == failures.DONE
    assert "boundary,,,24,0.02" in Path("x.csv").read_text().replace("\r", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--image", "street"], "label maps are shown by their classes, expected --classes"),
        (
            ["--image", "street", "--classes", "8", "--images", "none"],
            "none: no such folder, expected the pictures in it",
        ),
        (
            ["--image", "x", "--classes", "8"],
            'gt has no image "x"',
        ),
        (
            ["--image", "street", "--classes", "8", "--threshold", "0.5"],
            "--threshold does not go with label maps",
        ),
        (
            ["--image", "street", "--classes", "8", "--iou", "bbox"],
            "--iou does not go with label maps",
        ),
    ],
)
def test_what_cannot_be_shown_of_label_maps_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    _label_maps(tmp_path)
    assert failures.run(app, ["show", "preds", "gt", *words]) == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def panoptic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two panoptic images, the second with a photograph."""
    folder = tmp_path_factory.mktemp("panoptic")
    two_images(folder)
    (folder / "photos").mkdir()
    Image.new("RGB", (12, 1), (9, 200, 9)).save(folder / "photos" / "2.png")
    (folder / "objects.json").write_bytes(furniture(images=2).to_json()["gt.json"])
    return folder


def show_panoptic(*words: str) -> int:
    return failures.run(app, ["show", "preds.json", "gt.json", *words])


def test_panoptic_files_are_shown_by_their_segments(
    panoptic: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(panoptic)
    assert show_panoptic("--image", "1") == failures.DONE
    assert capsys.readouterr().out.splitlines() == [  # cat 5/6 by 1.5 parts, dog 0, sky 0
        "1.png  image 1: 1 T  1 F  2 N, PQ 18.5",
        "  F false       cat, is dog (IoU 1.00)",
        "  N not found   dog, taken for cat",
        "  N not found   sky",
        "  T true        cat, IoU 0.83",
    ]


def test_rows_of_segments_name_their_partners(
    panoptic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(panoptic)
    path = tmp_path / "1.csv"
    assert show_panoptic("--image", "1.png", "-o", str(path), "-q") == failures.DONE
    with path.open(newline="") as file:
        rows = [
            (row["part"], row["category"], row["of"], row["iou"][:4], row["x"], row["segment"])
            for row in csv.DictReader(file)
        ]
    assert rows == [
        ("", "cat", "cat", "0.83", "0.0", "1"),
        ("N", "dog", "cat", "1.0", "6.0", "2"),
        ("N", "sky", "", "", "10.0", "3"),
        ("T", "cat", "cat", "0.83", "0.0", "1"),
        ("F", "cat", "dog", "1.0", "6.0", "2"),
    ]


def test_the_picture_of_segments_has_the_photograph(
    panoptic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(panoptic)
    path = tmp_path / "2.png"
    folders = ["--preds-dir", "preds", "--gt-dir", "gt", "--images", "photos"]
    assert show_panoptic("--image", "2", *folders, "-o", str(path), "-q") == failures.DONE
    with Image.open(path) as picture:
        pixels = np.array(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels == (9, 200, 9)).all(axis=1).mean() > 0.1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["preds.json", "gt.json", "--image", "3"], 'gt.json has no image "3". Its nearest ids:'),
        (["preds.json", "gt.json", "--image", "1", "--threshold", "0.6"],
         "--threshold does not go with panoptic files."),
        (["preds.json", "gt.json", "--image", "1", "--sizes", "coco"],
         "--sizes does not go with panoptic files."),
        (["preds.json", "gt.json", "--image", "1", "--classes", "3"],
         "--classes goes with label maps, and gt.json is a file of another kind."),
        (["preds.json", "objects.json", "--image", "1"],
         "objects.json annotations of objects. Give panoptic ground truth as well, or make"),
        (["objects.json", "gt.json", "--image", "1"], "error: objects.json: "),
        (["objects.json", "objects.json", "--image", "1", "--gt-dir", "gt"],
         "--gt-dir does not go with instances of COCO or LVIS."),
        (["gt.json", "preds.json", "--image", "1"],
         "Predictions come first: segeval show preds.json gt.json --image ..."),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_of_panoptic_files_is_said(
    panoptic: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(panoptic)
    assert failures.run(app, ["show", *words]) == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
