"""`segeval draw`: predictions on photographs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.masks import compress, encode
from segeval_cli import failures
from segeval_cli.main import app

SIDE = 40


def run(words: str) -> int:
    return failures.run(app, shlex.split(words))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three images, of the third one no photograph; a mask, a box, and one of a low score."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for image in (1, 2):
        Image.new("RGB", (SIDE, SIDE), (90, 90, 90)).save(f"photos/{image:04}.png")
    mask = np.zeros((1, SIDE, SIDE), np.uint8)
    mask[0, 10:30, 10:30] = 1
    counts = compress(encode(mask)).strings()[0]
    found = {"image_id": 1, "category_id": 5, "score": 0.9}
    segmentation = {"size": [SIDE, SIDE], "counts": counts}
    preds = [
        {**found, "segmentation": segmentation},
        {**found, "image_id": 2, "bbox": [5, 5, 20, 10]},
        {**found, "image_id": 2, "bbox": [0, 0, 40, 40], "score": 0.4},
        {**found, "image_id": 3, "bbox": [0, 0, 4, 4]},
    ]
    Path("preds.json").write_text(json.dumps(preds))
    images = [
        {"id": image, "file_name": f"{image:04}.png", "width": SIDE, "height": SIDE}
        for image in (1, 2, 3)
    ]
    objects = [{"id": 1, "image_id": 1, "category_id": 5, "iscrowd": 0, "bbox": [9, 9, 9, 9]}]
    gt = {"images": images, "categories": [{"id": 5, "name": "lamp"}], "annotations": objects}
    Path("gt.json").write_text(json.dumps(gt))


def pixels(path: str) -> np.ndarray:
    return np.array(Image.open(path).convert("RGB"))


def test_a_folder_gets_a_picture_of_each_photograph(capsys: pytest.CaptureFixture[str]) -> None:
    words = "draw preds.json gt.json --images photos -o drawn --format png --no-labels"
    assert run(words) == failures.DONE
    assert sorted(path.name for path in Path("drawn").iterdir()) == ["0001.png", "0002.png"]
    changed = (pixels("drawn/0001.png") != 90).any(axis=2)
    assert changed.sum() == 400
    assert changed[10:30, 10:30].all()
    assert (pixels("drawn/0002.png") != 90).any(axis=2).sum() == 2 * 20 + 2 * 8
    assert capsys.readouterr().err == (
        "note: photos lacks the photographs of 1 image, left out\n"
        "wrote drawn: 2 images, 2 predictions of a score from 0.5\n"
    )


def test_lower_scores_and_single_images_may_be_asked_for() -> None:
    words = "draw preds.json gt.json --images photos -o drawn --min-score 0.3 --image 0002.png -q"
    assert run(words) == failures.DONE
    assert [path.name for path in Path("drawn").iterdir()] == ["0002.jpg"]


def test_labels_change_pixels_outside_of_masks() -> None:
    words = "draw preds.json gt.json --images photos --format png -q"
    assert run(f"{words} -o named") == failures.DONE
    assert run(f"{words} -o plain --no-labels") == failures.DONE
    differs = (pixels("named/0001.png") != pixels("plain/0001.png")).any(axis=2)
    assert differs[:10].any()


def test_ids_find_photographs_where_there_is_no_ground_truth() -> None:
    assert run("draw preds.json --images photos -o drawn -q") == failures.DONE
    assert sorted(path.name for path in Path("drawn").iterdir()) == ["0001.jpg", "0002.jpg"]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_sheet_shows_the_first_images(suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"draw preds.json gt.json --images photos -o sheet.{suffix} --top 1 --columns 2"
    assert run(words) == failures.DONE
    assert "1 image of 2, 1 prediction of a score from 0.5\n" in capsys.readouterr().err
    assert pixels(f"sheet.{suffix}").shape[1] == 2 * (480 + 12) + 12


def test_a_sheet_is_the_same_for_any_number_of_threads() -> None:
    for workers in (1, 3):
        words = f"draw preds.json gt.json --images photos -o {workers}.png -j {workers} -q"
        assert run(words) == failures.DONE
    assert Path("1.png").read_bytes() == Path("3.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("preds.json gt.json --images none -o d", "none: no such folder, expected the pictures"),
        ("preds.json gt.json --images photos -o d.gif", "expected one of .png, .jpg, .jpeg, .webp"),
        ("preds.json gt.json --images photos -o d --image 9", 'gt.json has no image "9"'),
        (
            "gt.json preds.json --images photos -o d",
            "segeval draw preds.json gt.json --images photos -o d",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"draw {words}") == failures.UNUSABLE_INPUT
    assert said in capsys.readouterr().err
    assert not Path("d").exists()


def test_a_folder_without_any_of_the_photographs_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("others").mkdir()
    Image.new("RGB", (4, 4)).save("others/x.png")
    assert run("draw preds.json gt.json --images others -o d") == failures.UNUSABLE_INPUT
    said = "others: has no picture of any of 3 images, such as 0001.png.\n"
    assert capsys.readouterr().err == f"error: {said}"


def test_a_photograph_of_another_size_is_grey_with_a_note(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Image.new("RGB", (7, 9)).save("photos/0001.png")
    assert run("draw preds.json gt.json --images photos -o d") == failures.DONE
    assert "a grey placeholder stands in its place" in " ".join(capsys.readouterr().err.split())


def test_photographs_of_one_name_keep_apart() -> None:
    Path("photos/night").mkdir()
    Image.new("RGB", (SIDE, SIDE)).save("photos/night/0001.jpg")
    gt = json.loads(Path("gt.json").read_text())
    gt["images"][2]["file_name"] = "night/0001.jpg"
    Path("gt.json").write_text(json.dumps(gt))
    assert run("draw preds.json gt.json --images photos -o d -q") == failures.DONE
    assert sorted(path.name for path in Path("d").iterdir()) == [
        "0001.jpg", "0001_2.jpg", "0002.jpg",
    ]  # fmt: skip
