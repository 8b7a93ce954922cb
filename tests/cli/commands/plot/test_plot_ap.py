"""`segeval plot pr` and its like: two files in, a drawing, a figure or its data out."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from threading import Thread

import pytest

import segeval
from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

KINDS = ("pr", "sizes", "categories", "scores")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set."""
    folder = tmp_path_factory.mktemp("plot")
    for name, data in furniture(images=4).to_json().items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def plot(kind: str, *words: str) -> int:
    return failures.run(app, ["plot", kind, "model_a.json", "gt.json", *words])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("pr", "Mask AP (%) by IoU threshold"),
        ("sizes", "Mask AP (%) and number of objects by size"),
        ("categories", "Mask AP (%) and number of objects by category"),
        ("scores", "True predictions (%) by score, mask IoU of at least 0.5"),
    ],
)
def test_without_output_it_draws_in_the_terminal(
    kind: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(kind, "--title", "Rooms") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Rooms", first]
    assert max(map(len, lines)) <= 80
    assert len(lines) > 4


@pytest.mark.parametrize("kind", KINDS)
def test_output_is_a_figure_of_a_column_or_a_page(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes: list[float] = []
    for more in ([], ["--width", "page", "--dark", "--title", "Rooms"]):
        output = tmp_path / f"{kind}{len(more)}.svg"
        assert plot(kind, "-o", str(output), *more) == failures.DONE
        assert capsys.readouterr().err.splitlines()[-1] == f"wrote {output}"
        text = output.read_text()
        sizes.append(float(text.partition('width="')[2].partition("pt")[0]) / 72 * 25.4)
        assert ("#16181d" in text) == ("--dark" in more)
    assert sizes == pytest.approx([85.0, 175.0], abs=0.01)


def test_csv_has_the_numbers_of_ap(tmp_path: Path) -> None:
    result = segeval.average_precision("model_a.json", "gt.json", iou=("segm", "boundary"))
    output = tmp_path / "sizes.csv"
    assert plot("sizes", "--iou", "segm,boundary", "-o", str(output)) == failures.DONE
    found = {(row["iou"], row["size"]): row["ap"] for row in rows_of(output)}
    assert len(found) == 8
    for iou, scores in result.scores.items():
        assert float(found[iou, "all"]) == scores.overall.ap
        assert float(found[iou, "large"]) == scores.sizes[2].ap


def test_what_to_measure_and_which_part_are_those_of_ap(tmp_path: Path) -> None:
    output = tmp_path / "categories.csv"
    words = ("--categories", "lamp,sofa", "--thresholds", "0.5", "--max-dets", "10")
    assert plot("categories", *words, "-o", str(output)) == failures.DONE
    result = segeval.average_precision(
        "model_a.json", "gt.json", categories=["lamp", "sofa"], thresholds=0.5, max_dets=10
    )
    assert {row["name"]: row["ap"] for row in rows_of(output)} == {
        each.name: str(each.ap) for each in result.first.categories
    }


def test_one_figure_has_one_kind_of_iou(capsys: pytest.CaptureFixture[str]) -> None:
    assert plot("pr", "--iou", "segm,bbox") == failures.UNUSABLE_INPUT
    expected = "error: --iou segm,bbox: one kind of IoU at a time. Run the command once for each."
    assert " ".join(capsys.readouterr().err.split()) == expected


def test_protocols_with_other_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert plot("scores", "--protocol", "cityscapes") == failures.UNUSABLE_INPUT
    expected = "'cityscapes' is not one of 'coco', 'lvis', 'lvis-fixed', 'lvis-2021', 'ap-star'."
    assert expected in " ".join(capsys.readouterr().err.split())


def test_files_without_anything_to_draw_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    assert failures.run(app, ["plot", "scores", str(empty), "gt.json"]) == failures.UNUSABLE_INPUT
    assert "no prediction counts" in " ".join(capsys.readouterr().err.split())
    gt = json.loads(Path("gt.json").read_text())
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps({**gt, "annotations": []}))
    words = ["plot", "pr", "model_a.json", str(nothing), "-o", str(tmp_path / "pr.png")]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert "no ground truth counts" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "pr.png").exists()


def test_iou_hist_has_a_row_per_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plot("iou-hist") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Number of objects by best mask IoU"
    output = tmp_path / "iou.csv"
    assert plot("iou-hist", "--iou", "boundary", "-o", str(output)) == failures.DONE
    gt = json.loads(Path("gt.json").read_text())
    ids = {each["id"] for each in gt["annotations"] if not each["iscrowd"]}
    assert {int(row["annotation_id"]) for row in rows_of(output)} == ids


def test_images_of_one_model_and_of_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "images.csv"
    assert plot("images", "-o", str(output)) == failures.DONE
    scores = segeval.average_precision("model_a.json", "gt.json", min_score=0.5).first
    assert [(row["true"], row["false"], row["missed"]) for row in rows_of(output)] == [
        (str(each.tp50), str(each.fp50), str(each.fn50)) for each in scores.images
    ]
    capsys.readouterr()
    words = ["plot", "images", "model_a.json", "model_b.json", "gt.json", "--top", "2"]
    assert failures.run(app, words) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("N")] == ["A", "B", "A", "B"]
    sheet = tmp_path / "sheet.png"
    assert failures.run(app, [*words, "-o", str(sheet), "--width", "page"]) == failures.DONE
    assert sheet.stat().st_size > 10_000


def test_images_needs_two_or_three_files_and_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, ["plot", "images", "gt.json"]) == failures.UNUSABLE_INPUT
    expected = "1 file, expected predictions of one model or two, then ground truth."
    assert expected in " ".join(capsys.readouterr().err.split())
    output = tmp_path / "sheet.png"
    words = ("--images", str(tmp_path), "-o", str(output))
    assert plot("images", *words) == failures.UNUSABLE_INPUT
    assert "has no picture room_" in " ".join(capsys.readouterr().err.split())
    assert not output.exists()


def test_intervals_stand_beside_the_numbers_of_sizes_and_categories(tmp_path: Path) -> None:
    # a category needs ten images for its interval
    for name, data in furniture(images=30).to_json().items():
        (tmp_path / name).write_bytes(data)
    files = [str(tmp_path / "model_a.json"), str(tmp_path / "gt.json")]
    for kind in ("sizes", "categories"):
        output = tmp_path / f"{kind}.csv"
        words = ["plot", kind, *files, "--ci", "--resamples", "50", "-o", str(output)]
        assert failures.run(app, words) == failures.DONE
        known = [row for row in rows_of(output) if row["low"]]
        assert known
        assert all(float(row["low"]) <= float(row["ap"]) <= float(row["high"]) for row in known)


def test_few_images_have_no_intervals_and_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert plot("sizes", "--ci") == failures.DONE
    assert "note: no intervals: 4 images cannot tell" in capsys.readouterr().err


def test_reliability_is_at_the_threshold_asked_for(tmp_path: Path) -> None:
    output = tmp_path / "reliability.csv"
    assert plot("reliability", "--thresholds", "0.9", "-o", str(output)) == failures.DONE
    assert {row["threshold"] for row in rows_of(output)} == {"0.9"}


def test_errors_of_two_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "errors.csv"
    words = ["plot", "errors", "model_a.json", "model_b.json", "gt.json"]
    assert failures.run(app, [*words, "-o", str(output)]) == failures.DONE
    rows = rows_of(output)
    assert [row["model"] for row in rows[:2]] == ["model_a", "model_b"]
    shares = sum(float(row["share"]) for row in rows if row["model"] == "model_a")
    ap = segeval.average_precision("model_a.json", "gt.json", thresholds=0.5).ap
    assert shares == pytest.approx(1 - (ap or 0))
    assert failures.run(app, ["plot", "errors", "gt.json"]) == failures.UNUSABLE_INPUT
    assert "expected predictions of one to 3 models" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["pr", "errors"])
def test_ground_truth_of_several_models_may_be_a_pipe(kind: str, tmp_path: Path) -> None:
    pipe, output = tmp_path / "pipe", tmp_path / "x.csv"
    os.mkfifo(pipe)
    writer = Thread(target=lambda: pipe.write_bytes(Path("gt.json").read_bytes()))
    writer.start()
    words = ["plot", kind, "model_a.json", "model_b.json"]
    assert failures.run(app, [*words, str(pipe), "-o", str(output)]) == failures.DONE
    writer.join()
    found = output.read_bytes()
    assert failures.run(app, [*words, "gt.json", "-o", str(output), "--overwrite"]) == failures.DONE
    assert output.read_bytes() == found


def test_compare_draws_what_compare_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plot", "compare", "model_b.json", "model_a.json", "gt.json"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert "4 images" in capsys.readouterr().err
    for name, data in furniture(images=12).to_json().items():
        (tmp_path / name).write_bytes(data)
    files = [str(tmp_path / name) for name in ("model_b.json", "model_a.json", "gt.json")]
    output = tmp_path / "compare.csv"
    more = ["--resamples", "50", "--by", "category", "-o", str(output)]
    assert failures.run(app, ["plot", "compare", *files, *more]) == failures.DONE
    rows = rows_of(output)
    assert rows[0]["number"].startswith("segm.categories.")
    assert {row["verdict"] for row in rows} <= {"better", "worse", "undecided", "too few images"}
    capsys.readouterr()
    drawn = ["plot", "compare", *files, "--resamples", "50", "--iou", "bbox", "--thresholds", "0.5"]
    assert failures.run(app, drawn) == failures.DONE
    assert capsys.readouterr().out.startswith("model_a - model_b, points with 95 % intervals\n  AP")


def test_confusion_and_oracles_have_the_numbers_of_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "confusion.csv"
    assert plot("confusion", "--min-score", "0", "-o", str(output)) == failures.DONE
    gt = json.loads(Path("gt.json").read_text())
    objects = [each for each in gt["annotations"] if not each["iscrowd"]]
    assert sum(int(row["count"]) for row in rows_of(output) if row["gt"]) == len(objects)
    oracles = tmp_path / "oracles.csv"
    words = ["plot", "oracles", "model_a.json", "model_b.json", "gt.json", "-o", str(oracles)]
    assert failures.run(app, words) == failures.DONE
    first = rows_of(oracles)[0]
    ap = segeval.average_precision("model_a.json", "gt.json").ap
    assert (first["oracle"], first["ap"]) == ("none", str(ap))
    capsys.readouterr()
    assert failures.run(app, ["plot", "oracles", "gt.json"]) == failures.UNUSABLE_INPUT
    assert "expected predictions of one to 3 models" in capsys.readouterr().err
    words = ["plot", "oracles", "model_a.json", "gt.json", "--compat", "official"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert "--compat does not go with oracles" in capsys.readouterr().err


def test_errors_as_tidecv_counts_them_have_gains_and_no_shares(tmp_path: Path) -> None:
    output = tmp_path / "errors.csv"
    assert plot("errors", "--compat", "tidecv", "-o", str(output)) == failures.DONE
    found = segeval.error_kinds("model_a.json", "gt.json", compat="tidecv").first.overall.kinds
    alone = {row["kind"]: float(row["alone"]) for row in rows_of(output)}
    assert alone == {kind: cost.alone for kind, cost in found.items()}
    assert {row["share"] for row in rows_of(output)} == {""}


def test_characters_that_a_figure_cannot_show_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "pr.png"
    assert plot("pr", "-o", str(output), "--title", "\u6f22\u5b57") == failures.DONE
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "note: the font of figures lacks 2 characters, drawn as boxes: \u6f22\u5b57",
        f"wrote {output}",
    ]


def test_precision_of_several_models_is_one_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plot", "pr", "model_a.json", "model_b.json", "gt.json", "--thresholds", "0.75"]
    assert failures.run(app, words) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Mask AP75 (%) at IoU 0.75"
    assert [line.split()[0] for line in lines[1:3]] == ["model_a", "model_b"]
    assert failures.run(app, [*words, "-o", str(tmp_path / "pr.csv")]) == failures.DONE
    assert {row["model"] for row in rows_of(tmp_path / "pr.csv")} == {
        "model_a",
        "model_b",
    }
    assert failures.run(app, [*words, "-o", str(tmp_path / "pr.svg")]) == failures.DONE
    assert failures.run(app, ["plot", "pr", "model_a.json"]) == failures.UNUSABLE_INPUT
    assert "Missing argument 'GT'" in capsys.readouterr().err


def test_more_models_than_a_figure_tells_apart_have_their_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / f"{place}.json") for place in range(10)]
    for name in names:
        Path(name).write_bytes(Path("model_a.json").read_bytes())
    words = ["plot", "pr", *names, "gt.json", "-o"]
    assert failures.run(app, [*words, str(tmp_path / "pr.svg")]) == failures.UNUSABLE_INPUT
    assert "10 lines, but a figure tells 9 apart" in capsys.readouterr().err
    assert failures.run(app, [*words, str(tmp_path / "pr.csv")]) == failures.DONE
    assert len({row["model"] for row in rows_of(tmp_path / "pr.csv")}) == 10
