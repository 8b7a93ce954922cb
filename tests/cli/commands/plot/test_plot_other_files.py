"""`segeval plot` of label maps, panoptic files, and files of Cityscapes and Open Images."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import segeval
from segeval_cli import failures
from segeval_cli.main import app
from tests.cityscapes_files import CAR, PERSON, ROAD, rectangle, write_frame
from tests.open_images_files import Scene, strip
from tests.panoptic_build import build, drawing, segment

KINDS = ("maps", "panoptic", "cityscapes", "openimages")
FILES: Mapping[str, tuple[str, ...]] = {
    "maps": ("maps/a", "maps/gt", "--classes", "3"),
    "panoptic": ("panoptic/a.json", "panoptic/gt.json"),
    "cityscapes": ("cityscapes/a/preds", "cityscapes/a/gt"),
    "openimages": ("openimages/a/preds.csv", "openimages/gt/masks.csv"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ten images of every kind, with predictions of two models."""
    folder = tmp_path_factory.mktemp("others")
    for kind in KINDS:
        (folder / kind).mkdir()
    _write_maps(folder / "maps")
    _write_panoptic(folder / "panoptic")
    for shift, name in ((2, "a"), (1, "b")):
        (folder / "cityscapes" / name).mkdir()
        for image in range(10):
            labels = np.full((40, 80), ROAD)
            labels[5:25, 5 : 25 + image] = PERSON * 1000
            labels[5:25, 50:70] = CAR * 1000
            found = [
                (rectangle((40, 80), 5 + shift, 5, 20, 20), PERSON, 0.9),
                (rectangle((40, 80), 5, 50 + 2 * shift, 20, 20), CAR, 0.5),
            ]
            frame = f"ulm_{image:06}_000019"
            write_frame(folder / "cityscapes" / name, labels, found, frame=frame)
        scene = Scene()
        for key in "abcdefghij":
            scene.pred(strip(10 + shift, 30 + shift), 0.9, "cat", key)
            scene.pred(strip(50, 60 + 9 * shift), 0.8, "dog", key)
        scene.write(folder / "openimages" / name)
    truth = Scene()
    for key in "abcdefghij":
        truth.gt(strip(10, 30), "cat", key).gt(strip(50, 70), "dog", key)
    truth.write(folder / "openimages" / "gt")
    return folder


def _write_maps(folder: Path) -> None:
    random = np.random.default_rng(2)
    for name in ("a", "b", "gt"):
        (folder / name).mkdir()
    for image in range(10):
        gt = np.kron(random.integers(0, 3, (3, 4)), np.ones((9, 9), np.int64)).astype(np.uint8)
        for name, shift in (("a", 2), ("b", 1), ("gt", 0)):
            np.save(folder / name / f"{image}.npy", np.roll(gt, shift, 1))


def _write_panoptic(folder: Path) -> None:
    segments = [segment("a", 1), segment("b", 7)]
    gt = drawing("aaaabbbb", "aaaabbbb")
    rough, fine = drawing("aaaaaabb", "aaaabbbb"), drawing("aaaaabbb", "aaaabbbb")
    build(folder / "gt.json", *[(gt, segments)] * 10, gt=True)
    build(folder / "a.json", *[(rough, segments)] * 10)
    build(folder / "b.json", *[(fine, segments)] * 10)


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def plot(*words: str) -> int:
    return failures.run(app, ["plot", *words])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("kind", "heading", "names"),
    [
        ("maps", "IoU (%) and share of the pixels by category", {"0", "1", "2"}),
        ("panoptic", "PQ (%) and number of segments by category", {"cat", "sky"}),
        ("cityscapes", "Mask AP (%) and number of objects by category", {"person", "car"}),
        ("openimages", "Mask AP50 (%) and number of objects by category", {"cat", "dog"}),
    ],
)
def test_categories_of_every_kind_have_their_number(
    kind: str, heading: str, names: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot("categories", *FILES[kind]) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == heading
    assert {line.split()[0] for line in lines[1:]} == names
    output = tmp_path / "categories.csv"
    words = ("--ci", "--resamples", "20", "-o", str(output))
    assert plot("categories", *FILES[kind], *words) == failures.DONE
    known = [row for row in rows_of(output) if row["low"]]
    assert {row["name"] for row in known} == names
    for row in known:
        number = next(row[key] for key in ("iou", "pq", "ap", "ap50") if _is_number(row.get(key)))
        rounding = 1e-12  # of sums over replicates
        assert float(row["low"]) - rounding <= float(number) <= float(row["high"]) + rounding
    figure = tmp_path / "categories.svg"
    assert plot("categories", *FILES[kind], "-o", str(figure), "--dark") == failures.DONE
    assert figure.stat().st_size > 1000


def _is_number(text: str | None) -> bool:
    return text is not None and text.replace(".", "").isdigit()


def test_the_numbers_are_those_of_the_evaluation(tmp_path: Path) -> None:
    output = tmp_path / "iou.csv"
    assert plot("categories", *FILES["maps"], "-o", str(output)) == failures.DONE
    result = segeval.mean_iou("maps/a", "maps/gt", classes=3)
    found = {int(row["id"]): (int(row["pixels"]), float(row["iou"])) for row in rows_of(output)}
    assert found == {each.id: (each.pixels, each.iou) for each in result.scores.categories}
    assert list(rows_of(output)[0]) == ["id", "name", "pixels", "iou", "low", "high"]


@pytest.mark.parametrize("by", ["size", "category"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_models_of_every_kind_are_compared(
    kind: str, by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, gt, *more = FILES[kind]
    b = a.replace("/a", "/b")
    words = [a, b, gt, *more, "--by", by, "--resamples", "20"]
    assert plot("compare", *words) == failures.DONE
    assert " - " in capsys.readouterr().out.splitlines()[0]
    output = tmp_path / "compare.csv"
    assert plot("compare", *words, "-o", str(output)) == failures.DONE
    rows = rows_of(output)
    assert all(row["verdict"] for row in rows)
    assert ("categories" in rows[0]["number"]) == (by == "category")


def test_label_maps_are_compared_by_the_iou_of_every_class(tmp_path: Path) -> None:
    output = tmp_path / "compare.csv"
    words = ["maps/a", "maps/b", "maps/gt", "--classes", "3", "--resamples", "20"]
    assert plot("compare", *words, "--by", "category", "-o", str(output)) == failures.DONE
    assert {row["number"] for row in rows_of(output)} == {f"categories.{k}.iou" for k in range(3)}


OBJECTS = ("pr", "sizes", "scores", "reliability", "iou-hist", "oracles", "images")


@pytest.mark.parametrize("figure", OBJECTS)
def test_figures_of_objects_refuse_label_maps_and_say_what_draws_them(
    figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(figure, "maps/a", "maps/gt") == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()) == (
        "error: maps/a: is read as label maps. This figure is of objects with scores, which label "
        "maps do not have, expected files in COCO's or LVIS's format. segeval plot categories, "
        "compare, errors, confusion and trimap draw label maps, and segeval miou --per image lists "
        "the worst images."
    )


@pytest.mark.parametrize("figure", OBJECTS)
def test_figures_of_matches_refuse_cityscapes_and_open_images(
    figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(figure, *FILES["cityscapes"]) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()) == (
        "error: cityscapes/a/preds: is read as Cityscapes' lists of masks. This figure is of "
        "matches by COCO's rules, expected files in COCO's or LVIS's format. segeval plot "
        "categories and compare draw Cityscapes' instances."
    )
    assert plot(figure, *FILES["openimages"]) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()) == (
        "error: openimages/gt/masks.csv: is read as a CSV file of Open Images. This figure is of "
        "matches by COCO's rules, expected files in COCO's or LVIS's format. segeval plot "
        "categories and compare draw it as it is, and segeval convert openimages-to-coco makes a "
        "COCO file of it."
    )


def test_label_maps_need_their_classes_and_other_options_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert plot("categories", "maps/a", "maps/gt") == failures.UNUSABLE_INPUT
    assert "expected --classes as well" in " ".join(capsys.readouterr().err.split())
    words = ["categories", *FILES["panoptic"], "--sizes", "coco"]
    assert plot(*words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith("error: --sizes does not go with panoptic files.")


def test_without_ground_truth_the_number_that_is_undefined_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("preds", "gt"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "1.npy", np.full((4, 4), 9, np.uint8))
    monkeypatch.chdir(tmp_path)
    words = ["preds", "gt", "--classes", "2", "--ignore", "9"]
    assert plot("categories", *words) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()).endswith(
        "gt: no ground truth counts, so IoU is undefined and there is nothing to draw."
    )


def test_errors_of_label_maps_are_points_of_mean_iou(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("maps/a", "maps/b", "maps/gt", "--classes", "3")
    assert plot("errors", *words) == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith("mIoU points that each kind of error costs; A is a, mIoU ")
    output = tmp_path / "errors.csv"
    intervals = ("--ci", "--resamples", "20")
    assert plot("errors", *words, *intervals, "-o", str(output)) == failures.DONE
    rows = rows_of(output)
    result = segeval.label_errors("maps/a", "maps/gt", classes=3).scores
    found = {row["kind"]: row["share"] for row in rows if row["model"] == "a"}
    assert found == {kind: str(each.share) for kind, each in result.kinds.items()}
    assert all(float(row["low"]) <= float(row["share"]) <= float(row["high"]) for row in rows)
    figure = tmp_path / "errors.svg"
    looks = ("--boundary-px", "2", "--width", "page", "-o", str(figure))
    assert plot("errors", *words, *looks) == failures.DONE


def test_confusion_of_label_maps_is_of_pixels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("maps/a", "maps/gt", "--classes", "3")
    assert plot("confusion", *words) == failures.DONE
    assert capsys.readouterr().out.startswith("Pixels of classes that are taken for others")
    output = tmp_path / "confusion.csv"
    assert plot("confusion", *words, "-o", str(output)) == failures.DONE
    assert sum(int(row["count"]) for row in rows_of(output)) == 10 * 27 * 36


@pytest.mark.parametrize("figure", ["errors", "confusion"])
def test_errors_and_confusion_say_what_label_maps_need_and_do_not_have(
    figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(figure, "maps/a", "maps/gt") == failures.UNUSABLE_INPUT
    assert "expected --classes as well" in " ".join(capsys.readouterr().err.split())
    words = ("maps/a", "maps/gt", "--classes", "3", "--iou", "segm")
    assert plot(figure, *words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(
        "error: --iou is about AP, and maps/a holds label maps: leave it out."
    )
    assert plot(figure, *FILES["cityscapes"], "--classes", "3") == failures.UNUSABLE_INPUT
    assert "is read as Cityscapes' lists of masks" in capsys.readouterr().err
    assert plot(figure, *FILES["panoptic"]) == failures.UNUSABLE_INPUT
    assert "Evaluate it with segeval pq" in " ".join(capsys.readouterr().err.split())
