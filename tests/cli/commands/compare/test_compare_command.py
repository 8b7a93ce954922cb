"""`segeval compare`: tables, files, answers and refusals."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.comparison.scenes import rooms


def compare(*words: str) -> int:
    return failures.run(app, ["compare", *words, "--resamples", "50"])


GOLDEN = """\
Mask AP, B - A   a.json vs b.json on gt.json
coco protocol, 0.50:0.95, max_dets 100
paired bootstrap over 40 images, 95 %, 50 replicates, seed 0

                 A      B   B - A         interval      p   verdict
 --------------------------------------------------------------------------
  AP          48.8   72.4   +23.6   +16.2 .. +28.7   0.02   better
  AP50        64.9   82.1   +17.2    +9.5 .. +23.0   0.02   better
  AP75        50.2   77.5   +27.3   +21.2 .. +33.6   0.02   better
  AR          54.4   78.1   +23.7   +17.6 .. +28.4   0.02   better
 --------------------------------------------------------------------------
  AP_small    40.4    0.0   -40.4                -      -   too few images
"""


def test_the_table_has_the_overall_numbers_and_the_sizes(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("a.json", "b.json", "gt.json") == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith(GOLDEN)
    assert "images: 37 better, 3 worse, 0 the same" in out
    assert "room_0019.png   20.1    92.5   +72.4" in out
    assert "not of\nanother training run." in out


def test_json_has_the_keys_of_ap_with_both_numbers(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("a.json", "b.json", "gt.json", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/compare/1"
    own = document["results"]["segm"]
    keys = {
        "a", "b", "difference", "interval", "se", "p", "p_corrected", "verdict", "detectable",
        "undefined",
    }  # fmt: skip
    assert set(own["ap"]) == set(own["sizes"]["large"]["ap50"]) == keys
    assert own["categories"][0]["id"] == 1
    assert own["categories"][0]["name"] == "bed"
    assert set(own["categories"][0]["ap"]) == keys
    assert own["ap"]["difference"] == own["ap"]["b"] - own["ap"]["a"]
    assert len(document["inputs"]["a"]["sha256"]) == 64
    assert document["settings"]["metric"] == "segm.ap"


def test_categories_are_a_table_of_their_own(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("a.json", "b.json", "gt.json", "--by", "category") == failures.DONE
    out = capsys.readouterr().out
    assert "  category     A     B  B - A        interval      p  verdict" in out
    assert "AP_large" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_categories_of_too_few_images_come_after_those_that_are_tested(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = json.loads((in_folder / "gt.json").read_text())
    rare = {"chair", "sofa"}  # of the largest differences, now in one image each
    ids = {each["id"] for each in gt["categories"] if each["name"] in rare}
    seen: set[int] = set()
    kept = []
    for each in gt["annotations"]:
        category = each["category_id"]
        if category not in ids or category not in seen:
            kept.append(each)
        seen.add(category)
    path = tmp_path / "few.json"
    path.write_text(json.dumps({**gt, "annotations": kept}))
    assert compare("a.json", "b.json", str(path), "--by", "category") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("  category "))
    names = [line.split()[0] for line in lines[start + 2 : start + 12]]
    assert set(names[-2:]) == rare
    assert not any("not tested" in line for line in lines)  # the three first are
    few = ["--categories", "chair,sofa,shelf"]
    assert compare("a.json", "b.json", str(path), *few) == failures.DONE
    out = capsys.readouterr().out
    assert re.search(r"up: shelf \+[\d.]+(, (chair|sofa) \+[\d.]+\*)+\n", out)
    assert "\n* not tested: in the ground truth of fewer than 10 images\n" in out


def test_a_file_has_the_tables_that_were_asked_for(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {}
    for by in ("size", "image"):
        paths = tmp_path / f"{by}.tex", tmp_path / f"{by}.md"
        for path in paths:
            words = ["--by", by, "-o", str(path)]
            assert compare("a.json", "b.json", "gt.json", *words) == failures.DONE
            assert "room_0019.png" in capsys.readouterr().out
        tex, md = (path.read_text() for path in paths)
        counts[by] = tex.count("begin{tabular}"), "room_0019.png" in md
    assert counts == {"size": (1, False), "image": (2, True)}


def test_csv_has_a_row_for_every_number(in_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    assert compare("a.json", "b.json", "gt.json", "-o", str(path)) == failures.DONE
    rows = list(csv.DictReader(path.read_text().splitlines()))
    first = rows[0]
    assert [first[key] for key in ("model_a", "kind", "table", "number")] == [
        "a.json", "segm", "all", "ap",
    ]  # fmt: skip
    assert float(first["low"]) < float(first["difference"]) < float(first["high"])
    assert sum(row["table"] == "images" for row in rows) == 40
    assert [row["number"] for row in rows if row["name"] == "bed"][:2] == ["ap", "ap50"]


def test_latex_is_a_table_of_booktabs_with_escaped_names(in_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.tex"
    assert compare("a.json", "b.json", "gt.json", "-o", str(path)) == failures.DONE
    text = path.read_text()
    assert r"\begin{tabular}{@{}lrrrrrl@{}}" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    assert r"AP & 48.8 & 72.4 & $+23.6$ & $+16.2$ to $+28.7$ & 0.02 & better \\" in text
    assert r"AP\_small" in text
    assert "another training run" in text


def test_markdown_has_the_same_table(in_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.md"
    assert compare("a.json", "b.json", "gt.json", "-o", str(path)) == failures.DONE
    assert "| AP | 48.8 | 72.4 | +23.6 |" in path.read_text().replace("&#43;", "+")


def test_replicates_are_written_as_numbers_of_every_draw(in_folder: Path, tmp_path: Path) -> None:
    packed, rows = tmp_path / "r.npz", tmp_path / "r.csv"
    for path in (packed, rows):
        assert compare("a.json", "b.json", "gt.json", "--replicates", str(path)) == failures.DONE
    arrays = np.load(packed)
    assert arrays["a.json"].shape == (50, len(arrays["paths"]))
    assert arrays["paths"][0] == "segm.ap"
    lines = list(csv.reader(rows.read_text().splitlines()))
    assert lines[0][:3] == ["model", "replicate", "segm.ap"]
    assert len(lines) == 101
    assert float(lines[51][2]) == arrays["b.json"][0, 0]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["a.json", "b.json", "--fail-if-worse"], failures.DONE),
        (["b.json", "a.json", "--fail-if-worse"], failures.ANSWER_IS_NO),
        (["b.json", "b.json", "--fail-if-worse"], failures.DONE),
        (["a.json", "b.json", "--require", "not-worse"], failures.DONE),
        (["b.json", "a.json", "--require", "not-worse", "--margin", "1"], failures.ANSWER_IS_NO),
        (["b.json", "b.json", "--require", "not-worse"], failures.DONE),
    ],
)
def test_the_exit_code_answers(in_folder: Path, words: list[str], code: int) -> None:
    a, b, *more = words
    assert compare(a, b, "gt.json", *more) == code


def test_what_is_not_good_enough_is_said(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare("b.json", "a.json", "gt.json", "--require", "not-worse", "--margin", "1", "--quiet")
    assert capsys.readouterr().err == (
        "AP is not shown to lose at most 1: the interval begins at -28.7 (--require not-worse)\n"
    )
    compare("b.json", "a.json", "gt.json", "--fail-if-worse", "--quiet")
    assert capsys.readouterr().err == "AP is worse (--fail-if-worse)\n"


def test_margins_and_plans_are_points(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["b.json", "b.json", "gt.json", "--margin", "0.3", "--json"]
    assert compare(*words) == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["margin"] == 0.003
    assert document["results"]["segm"]["ap"]["verdict"] == "same"
    assert compare("a.json", "b.json", "gt.json", "--plan", "5") == failures.DONE
    assert "images like these show a difference of 5 points of AP" in capsys.readouterr().out


def test_slices_have_a_table(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("a.json", "b.json", "gt.json", "--slice", "weather") == failures.DONE
    out = capsys.readouterr().out
    assert "  slice   images      A      B   B - A         interval       p   verdict" in out
    assert "  fog         11   52.9   73.7   +20.8" in out
    assert "no room for verdict in full" in out


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_table_of_differences_has_room_for_p(
    width: int, in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    gt = json.loads((in_folder / "gt.json").read_text())
    for number, each in enumerate(gt["categories"]):
        each["name"] = f"a category of a very long name {number}"
    for image in gt["images"]:
        image["weather"] = f"a kind of weather with a long name, {image['weather']}"
    (in_folder / "long.json").write_text(json.dumps(gt))
    words = ["--by", "size,category,slice", "--slice", "weather"]
    assert compare("a.json", "b.json", "long.json", *words) == failures.DONE
    lines = capsys.readouterr().out.partition("most changed")[0].splitlines()
    assert max(map(len, lines)) <= width
    headers = [line.split() for line in lines if line.endswith("  verdict")]
    assert len(headers) == 3
    assert all({"A", "B", "interval", "p"} <= set(header) for header in headers)
    is_short = "  no room for verdict in full" in lines
    assert is_short == (width == 80)


def test_slices_of_a_table_of_images(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "light.csv"
    rows = "".join(f"room_{k:04}.png,{'day' if k % 2 else 'night'}\n" for k in range(1, 40))
    path.write_text("file_name,light\n" + rows)
    assert compare("a.json", "b.json", "gt.json", "--slice", str(path)) == failures.DONE
    out = capsys.readouterr().out
    assert "  day         20" in out
    assert "note: 1 image has no label and is in no slice" in out


def test_three_models_have_a_table_of_shares(
    in_folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "c.json").write_text("[]")
    words = ["a.json", "b.json", str(tmp_path / "c.json"), "gt.json"]
    assert compare(*words, "-o", str(tmp_path / "three.csv")) == failures.DONE
    out = capsys.readouterr().out
    assert "  B   b.json   72.4        100.0" in out
    assert "C - B" in out
    rows = csv.DictReader((tmp_path / "three.csv").read_text().splitlines())
    names = {(row["model_a"], row["model_b"]) for row in rows}
    assert len(names) == 3


def test_why_there_is_no_plan_is_told(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["a.json", "b.json", "gt.json", "--plan", "1", "--metric", "segm.sizes.small.ap"]
    assert compare(*words) == failures.DONE
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "of AP_small cannot be said: it occurs in the ground truth of fewer than 10 images" in out
    )
    assert compare("a.json", "a.json", "gt.json", "--plan", "1") == failures.DONE
    out = " ".join(capsys.readouterr().out.split())
    assert "1 point of AP cannot be said: the difference does not vary here." in out


def test_three_models_have_a_table_of_plans(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["a.json", "b.json", "a.json", "gt.json", "--plan", "2"]
    assert compare(*words) == failures.DONE
    out = capsys.readouterr().out
    assert "  pair    images for 2 points of AP   standard error   falls as n^" in out
    assert "So many images like these show the difference in 80 % of cases" in out
    assert compare(*words, "--json") == failures.DONE
    pairs = json.loads(capsys.readouterr().out)["pairs"]
    assert [pair["plan"]["images"] is None for pair in pairs] == [False, True, False]


def test_runs_that_differ_more_than_the_plan_need_more_runs(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["a.json,b.json", "b.json", "gt.json", "--plan"]
    assert compare(*words, "1") == failures.DONE
    out = " ".join(capsys.readouterr().out.split())
    assert "No number of images shows a difference of 1 point of AP in 80 % of cases: " in out
    assert compare(*words, "50") == failures.DONE
    assert "between runs). On parts" in " ".join(capsys.readouterr().out.split())
    assert compare(*words, "1", "--json") == failures.DONE
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert plan["images"] is None
    assert 0 < plan["errors"][-1] < plan["se_runs"] < plan["se"]


def test_runs_of_a_recipe_are_joined_by_commas(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("a.json,b.json", "b.json", "gt.json", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["results"]["segm"]["ap"]["p"] is None
    assert [run["path"] for run in document["inputs"]["a"]["runs"]] == ["a.json", "b.json"]


def test_a_file_with_a_comma_in_its_name_is_one_file(
    in_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(("a,1.json", "b.json", "gt.json"), rooms(), strict=True):
        (tmp_path / name).write_text(json.dumps(value))
    monkeypatch.chdir(tmp_path)
    assert compare("a,1.json", "b.json", "gt.json") == failures.DONE


REFUSALS: list[tuple[list[str], str]] = [
    (
        ["a.json", "gt.json"],
        (
            "error: a comparison needs predictions of two models and then the ground truth, given: "
            "a.json, gt.json."
        ),
    ),
    (
        ["a.json", "b.json", "some_gt.json", "--skip-unknown"],
        (
            "error: 9 images cannot tell models apart; a comparison needs at least 10. For the "
            "numbers alone, evaluate each model by itself."
        ),
    ),
    (
        ["a.json", "b.json", "gt.json", "--slice", "wether"],
        (
            'error: gt.json: no image has the field "wether"; they have weather, scene, night, '
            "tags beside id, file_name, height, width."
        ),
    ),
    (
        ["a.json", "b.json", "gt.json", "--groups", "missing.csv"],
        "error: missing.csv: no such file",
    ),
    (
        ["a.json", "b.json", "gt.json", "--margin", "-1"],
        "error: --margin -1: expected points from 0 to below 100, such as 0.3.",
    ),
    (
        ["a.json", "b.json", "gt.json", "--plan", "0"],
        "error: --plan 0: expected points above 0 and below 100, such as 0.5.",
    ),
    (
        ["a.json", "b.json", "gt.json", "--by", "slice"],
        "error: --by slice: expected --slice as well, which says what the slices are.",
    ),
    (
        ["a.json", "b.json", "a.json", "gt.json", "--fail-if-worse"],
        "error: --fail-if-worse asks about two models, 3 are given: compare them two by two.",
    ),
    (
        ["a.json", "b.json", "gt.json", "--trimap", "3"],
        "error: --trimap does not go with instances of COCO or LVIS.",
    ),
    (
        ["a.json", "b.json", "gt.json", "--replicates", "r.txt"],
        "error: --replicates r.txt: the suffix says what to write, expected one of .csv, .npz.",
    ),
    (
        ["gt.json", "b.json", "gt.json"],
        "error: gt.json: ",
    ),
]


@pytest.mark.parametrize(("words", "message"), REFUSALS)
def test_what_cannot_be_compared_is_refused_and_nothing_is_written(
    in_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    target = tmp_path / "out.json"
    assert compare(*words, "-o", str(target)) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(message)
    assert not target.exists()


def test_no_replicates_are_refused(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "a.json", "b.json", "gt.json", "--resamples", "0"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith("error: --resamples is 0, expected a whole number")


def test_the_library_gives_the_same_object(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("a.json", "b.json", "gt.json", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    own: dict[str, Any] = segeval.compare("a.json", "b.json", "gt.json", resamples=50).to_dict()
    assert document["results"] == json.loads(json.dumps(own["results"]))


def page_command(printed: str) -> list[str]:
    """The command that the table names for pictures, as a shell takes it; none for nothing."""
    after = printed.partition("the images that changed most, as pictures:\n")[2]
    return shlex.split(after)


def test_the_command_that_shows_the_images_in_pictures_runs_as_it_is_printed(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy("a.json", "model a.json")
    options = ("--margin", "0.5", "--iou", "bbox", "--seed", "3", "--by", "image", "--plan", "1")
    assert compare("model a.json", "b.json", "gt.json", *options) == failures.DONE
    words = page_command(capsys.readouterr().out)
    assert words[:5] == ["segeval", "report", "model a.json", "b.json", "gt.json"]
    assert set(words[5:-2:2]) == {"--margin", "--iou", "--seed", "--resamples"}
    assert failures.run(app, words[1:]) == failures.DONE
    assert (in_folder / "report.html").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("a.json", "b.json", "a.json", "gt.json"),
        ("a.json,b.json", "b.json", "gt.json"),
        ("a.json", "b.json", "gt.json", "--compat", "pycocotools"),
        ("a.json", "b.json", "gt.json", "--quiet"),
    ],
    ids=["three models", "several runs", "another package's numbers", "quiet"],
)
def test_no_pictures_are_offered_where_there_is_no_page_of_them(
    words: tuple[str, ...], in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(*words) == failures.DONE
    assert page_command(capsys.readouterr().out) == []


def test_slices_of_label_maps_have_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"{place:02}" for place in range(10)]
    maps = {"a": [[0, 0], [0, 1]], "b": [[0, 1], [0, 0]], "gt": [[0, 1], [0, 1]]}
    for folder, labels in maps.items():
        Path(folder).mkdir()
        for name in names:
            np.save(Path(folder, f"{name}.npy"), np.array(labels, np.uint8))
    rows = [f"{name},{'night' if name > '04' else 'day'}" for name in names]
    Path("labels.csv").write_text("\n".join(["image,label", *rows]))
    words = ("a", "b", "gt", "--classes", "2")
    assert compare(*words) == failures.DONE
    assert page_command(capsys.readouterr().out)[:3] == ["segeval", "report", "a"]
    assert compare(*words, "--slice", "labels.csv") == failures.DONE
    assert page_command(capsys.readouterr().out) == []
