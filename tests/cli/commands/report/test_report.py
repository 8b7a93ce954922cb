"""`segeval report`: the page, what is printed, and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.data.synthetic import furniture
from segeval.reports import extra
from segeval_cli import failures
from segeval_cli.main import app
from tests.page_reader import assert_sound

FILES = {"one": ["a.json", "gt.json"], "two": ["a.json", "b.json", "gt.json"]}


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scene = furniture(images=12)
    contents = {"a": scene.weaker, "b": scene.better, "gt": scene.ground_truth}
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def report(*words: str) -> int:
    return failures.run(app, ["report", *words, "--resamples", "30"])


@pytest.mark.parametrize("files", FILES.values(), ids=FILES.keys())
def test_the_page_is_written_and_its_sentences_are_printed(
    in_folder: Path, capsys: pytest.CaptureFixture[str], files: list[str]
) -> None:
    assert report(*files, "-o", "out.html") == failures.DONE
    shown = capsys.readouterr()
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert " ".join(shown.out.split()) in page.words
    assert shown.err.splitlines()[-1] == "wrote out.html"
    assert max(map(len, shown.out.splitlines())) <= 80


def test_the_page_says_how_to_make_it_again_whatever_file_and_threads(in_folder: Path) -> None:
    words = [
        "a.json",
        "gt.json",
        "--sizes",
        "3dfuture",
        "--iou",
        "segm,bbox",
        "--title",
        "My model",
    ]
    assert report(*words, "-o", "one.html", "-j", "1", "-q") == failures.DONE
    assert report(*words, "-o", "two.html", "--overwrite") == failures.DONE
    one, two = ((in_folder / name).read_text() for name in ("one.html", "two.html"))
    assert one == two
    found = assert_sound(one).numbers["command"]
    assert found == (
        "segeval report a.json gt.json --iou segm,bbox --sizes 3dfuture --title 'My model' "
        "--resamples 30 -o report.html"
    )


def test_the_command_of_a_page_with_a_date_has_the_day_it_was_made(in_folder: Path) -> None:
    assert report("a.json", "gt.json", "--date", "today", "-o", "out.html") == failures.DONE
    command = assert_sound((in_folder / "out.html").read_text()).numbers["command"]
    assert re.search(r" --date \d{4}-\d\d-\d\d ", command)
    assert "today" not in command


def test_messages_on_the_page_name_flags(in_folder: Path) -> None:
    preds = json.loads((in_folder / "a.json").read_text())
    (in_folder / "a.json").write_text(json.dumps([*preds, {**preds[0], "image_id": 999}]))
    words = ["a.json", "gt.json", "--skip-unknown", "--max-dets", "2"]
    assert report(*words, "-o", "out.html") == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text())
    assert "(--max-dets 0 uses all)" in page.words
    assert "`" not in page.words


def test_slices_and_groups_are_read_and_stand_in_the_command(in_folder: Path) -> None:
    gt = json.loads((in_folder / "gt.json").read_text())
    lines = [f"{each['id']},{'wet' if each['id'] % 2 else 'dry'}\n" for each in gt["images"]]
    (in_folder / "weather.csv").write_text("image,label\n" + "".join(lines))
    for each in gt["images"]:
        each["video"] = each["id"]
    (in_folder / "gt.json").write_text(json.dumps(gt))
    words = ["a.json", "gt.json", "--slice", "weather.csv", "--groups", "video"]
    assert report(*words, "-o", "out.html") == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text())
    assert "AP by slice of the images, in %" in page.texts
    assert "--groups video --slice weather.csv" in page.numbers["command"]


def test_all_label_suspects_are_written_as_lines(in_folder: Path) -> None:
    from segeval.analysis import label_suspects

    gt = json.loads((in_folder / "gt.json").read_text())
    gt["annotations"] = [each for each in gt["annotations"] if each["id"] % 4]
    (in_folder / "gt.json").write_text(json.dumps(gt))
    words = ["a.json", "b.json", "gt.json", "--suspects", "again.jsonl", "-o", "out.html"]
    assert report(*words) == failures.DONE
    lines = [json.loads(line) for line in (in_folder / "again.jsonl").read_text().splitlines()]
    files = (in_folder / name for name in ("a.json", "b.json", "gt.json"))
    found = label_suspects(*files)
    assert lines == json.loads(json.dumps(list(found.records())))
    assert {"image_id", "category", "bbox", "score", "predictions"} <= lines[0].keys()
    assert "--suspects" not in assert_sound((in_folder / "out.html").read_text()).words


@pytest.mark.parametrize("name", ["again.json", "nowhere/again.jsonl", "gt.json"])
def test_a_file_of_suspects_that_cannot_be_written_is_said_at_once(
    in_folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (in_folder / "a.json").write_text("no JSON")
    words = ["a.json", "gt.json", "--suspects", name, "-o", "out.html"]
    assert report(*words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(f"error: --suspects {name}: ")


def test_slices_that_do_not_exist_are_said_before_a_page_is_made(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["a.json", "gt.json", "--slice", "weather", "-o", "out.html"]
    assert report(*words) == failures.UNUSABLE_INPUT
    assert "weather" in capsys.readouterr().err
    assert not (in_folder / "out.html").exists()


def test_today_is_the_day_of_the_run(in_folder: Path) -> None:
    from datetime import date

    before = date.today()
    assert report("a.json", "gt.json", "-o", "out.html", "--date", "today") == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text())
    days = {before.isoformat(), date.today().isoformat()}
    assert any(f"· {day}" in page.words for day in days)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a.json", "gt.json"],
            "error: nothing says where to write the page, expected -o with a file: report.html",
        ),
        (
            ["a.json", "gt.json", "-o", "out.pdf"],
            "error: --output out.pdf: the suffix says what to write, expected .html.",
        ),
        (
            ["gt.json", "-o", "out.html"],
            ("error: expected predictions and ground truth, or predictions of two models and "
            "ground truth, got 1 file."),
        ),
        (
            ["a.json", "b.json", "gt.json", "gt.json", "-o", "out.html"],
            ("error: expected predictions and ground truth, or predictions of two models and "
            "ground truth, got 4 files."),
        ),
        (
            ["gt.json", "a.json", "-o", "out.html"],
            ("error: gt.json is ground truth (its annotations have no score), and a.json, which "
            "stands in its place, holds predictions. The ground truth comes last: segeval report "
            "a.json gt.json"),
        ),
        (
            ["gt.json", "a.json", "b.json", "-o", "out.html"],
            "The ground truth comes last: segeval report a.json b.json gt.json",
        ),
        (
            ["a.json", "b.json", "-o", "out.html"],
            ("error: b.json holds predictions, as the file before it: the ground truth is missing, "
            "expected it as the last file."),
        ),
        (
            ["a.json", "gt.json", "--classes", "cityscapes", "-o", "out.html"],
            ("error: --classes goes with label maps, and gt.json is a file of another kind. Leave "
            "--classes out for instances and panoptic files."),
        ),
        (
            ["a.json", "--compare", "b.json", "gt.json", "-o", "out.html"],
            ("error: No such option: --compare. Files of two models stand before the ground "
            "truth: segeval report A B GT"),
        ),
        (
            ["a.json", "gt.json", "--images", "36,37", "-o", "out.html"],
            ("error: --images 36,37: no such folder, expected the one of the photographs. A page "
            "shows the worst images, as many as --top says; one image by its id is shown by "
            "segeval show PREDS GT --image 36."),
        ),
        (
            ["a.json", "gt.json", "-o", "out.html", "--protocol", "cityscapes"],
            "'cityscapes' is not one of 'coco', 'lvis', 'lvis-fixed', 'lvis-2021', 'ap-star'",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(
    in_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert report(*words) == failures.UNUSABLE_INPUT
    said = " ".join(capsys.readouterr().err.split())
    assert message in said
    assert not (in_folder / "out.html").exists()


@pytest.mark.parametrize("option", ["--compat", "--hierarchy", "--boxes", "--group-of-weight"])
def test_options_that_no_page_has_are_not_offered(
    in_folder: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert report("a.json", "gt.json", "-o", "out.html", option, "1") == failures.UNUSABLE_INPUT
    assert f"No such option: {option}" in capsys.readouterr().err


def test_an_input_is_never_replaced(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (in_folder / "a.json").rename(in_folder / "a.html")
    words = ["a.html", "gt.json", "-o", "a.html", "--overwrite"]
    assert report(*words) == failures.UNUSABLE_INPUT
    assert "is an input file and would be lost" in capsys.readouterr().err


def test_a_missing_package_is_exit_2_and_names_the_extra(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    assert report("a.json", "gt.json", "-o", "out.html") == failures.UNUSABLE_INPUT
    assert "pip install 'segeval-cv[report]'" in capsys.readouterr().err


def test_messages_on_photographs_name_flags(in_folder: Path) -> None:
    (in_folder / "photos").mkdir()
    for each in json.loads((in_folder / "gt.json").read_text())["images"]:
        Image.new("L", (9, 9)).save(in_folder / "photos" / each["file_name"])
    words = ["a.json", "gt.json", "--images", "photos", "--top", "1", "--limit", "photo_pixels=1"]
    assert report(*words, "-o", "out.html") == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert "raise the limit: segeval --limit photo_pixels=81; a grey placeholder" in page.words


def test_images_are_shown_with_photographs_of_a_folder(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "photos").mkdir()
    words = ["a.json", "gt.json", "--images", "photos", "--top", "2", "--max-mb", "3"]
    assert report(*words, "-o", "out.html") == failures.DONE
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert len(page.numbers["images"]) == 2
    assert "no photograph" in page.texts
    assert "--images photos --top 2 --max-mb 3" in page.words
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "note: 2 of 2 images have no photograph in photos",
        "wrote out.html",
    ]
    small = ["a.json", "gt.json", "--top", "3", "--max-mb", "0.01", "--overwrite"]
    assert report(*small, "-o", "out.html") == failures.DONE
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-2].startswith(" " * len("note: "))
    said = " ".join(" ".join(lines).split())
    assert "note: 3 images are left out: 0.01 MB have no room for any note: the page has " in said
    assert said.endswith(
        " MB, more than --max-mb 0.01: what is no picture takes as much wrote out.html"
    )
    assert report(*small, "-o", "out.html", "-q") == failures.DONE
    assert "note: " not in capsys.readouterr().err
    assert (
        report("a.json", "gt.json", "--images", "none", "-o", "x.html") == failures.UNUSABLE_INPUT
    )
    assert "none: no such folder" in capsys.readouterr().err
    assert not (in_folder / "x.html").exists()


def _label_maps(folder: Path) -> None:
    """Label maps of two models, of a square that is a little off, and photographs."""
    for place in range(10):
        gt = np.zeros((30, 40), np.uint8)
        gt[8:20, 5 + place : 25] = 7
        maps = {"gt": gt, "a": np.roll(gt, 3, 1), "b": np.roll(gt, 1, 1)}
        for name, pixels in {**maps, "photos": np.stack([gt] * 3, 2)}.items():
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / name / f"{place}.png")


def test_label_maps_have_a_page_by_their_own_options(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _label_maps(in_folder)
    options = ["--classes", "0=road,7=car", "--trimap", "2", "--boundary", "--boundary-f"]
    words = ["a", "b", "gt", *options, "--images", "photos", "--top", "3"]
    assert report(*words, "-o", "out.html") == failures.DONE
    shown = capsys.readouterr()
    page = assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
    assert " ".join(shown.out.split()) in page.words
    assert shown.out.startswith("B (b) is better than A (a): mIoU ")
    assert {"mIoU in a trimap of 2 px", "boundary IoU", "boundary F"} <= set(page.texts)
    assert len(page.numbers["images"]) == 3
    assert page.numbers["command"] == (
        "segeval report a b gt --images photos --top 3 --classes 0=road,7=car --trimap 2 "
        "--boundary --boundary-f --resamples 30 -o report.html"
    )


def test_label_maps_need_classes_and_have_no_thresholds(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _label_maps(in_folder)
    assert report("a", "gt", "-o", "out.html") == failures.UNUSABLE_INPUT
    said = " ".join(capsys.readouterr().err.split())
    assert "a: label maps are evaluated by their classes, expected --classes as well" in said
    words = ["a", "gt", "--classes", "8", "--thresholds", "0.5"]
    assert report(*words, "-o", "out.html") == failures.UNUSABLE_INPUT
    assert "--thresholds does not go with label maps" in capsys.readouterr().err
    assert not (in_folder / "out.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--slice", "weather"],
            "error: --slice is 'weather', but this ground truth has no fields",
        ),
        (["--groups", "x.csv"], "error: x.csv: no such file"),
        (
            ["--suspects", "x.jsonl"],
            "error: --suspects goes with instances, and these files are label maps.",
        ),
    ],
)
def test_what_label_maps_do_not_have_is_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    _label_maps(in_folder)
    given = ["a", "gt", "--classes", "0=road,7=car", "-o", "out.html", *words]
    assert report(*given) == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (in_folder / "out.html").exists()


@pytest.mark.parametrize("more", [[], ["--classes", "0=road,7=car"]])
def test_label_maps_with_other_ground_truth_are_told_before_their_options(
    in_folder: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    _label_maps(in_folder)
    assert report("a", "gt.json", "-o", "out.html", *more) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()) == (
        "error: a is read as label maps, and gt.json is a file of another kind: expected label "
        "maps as ground truth, or for this ground truth a file of predictions."
    )
