"""`segeval compare`: what the title and the lines below say, and what a gate says aloud."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from segeval_cli import failures
from tests.cli.commands.compare.test_compare_command import compare


def test_the_title_says_what_was_measured_and_by_which_rules(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ("--iou", "boundary", "--sizes", "3dfuture", "--thresholds", "0.75")
    more = ("--max-dets", "10", "--categories", "sofa,bed", "-o", "table.tex", "--quiet")
    assert compare("a.json", "b.json", "gt.json", *rules, *more) == failures.DONE
    title = (
        "Boundary AP, B - A, a.json vs b.json on gt.json, coco protocol, IoU 0.75, max_dets 10, "
        "boundary 0.02 of the diagonal, sizes 3dfuture, categories (sofa, bed), paired bootstrap"
    )
    assert title in Path("table.tex").read_text()
    compare("a.json", "b.json", "gt.json", "--sizes", "tiny=40,rest", "--agnostic", "--quiet")
    shown = " ".join(capsys.readouterr().out.split())
    assert "categories as one, sizes (tiny to 1600 px2, rest)" in shown


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ("size", "p of sizes is corrected for their number, other p are not corrected"),
        (
            "size,category",
            "p of sizes and categories is corrected for their number, other p are not corrected",
        ),
        ("image", None),
    ],
)
def test_a_line_says_which_p_are_corrected(
    tables: str, line: str | None, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare("a.json", "b.json", "gt.json", "--by", tables, "--quiet")
    shown = " ".join(capsys.readouterr().out.split())
    assert line in shown if line else "corrected" not in shown


def test_p_of_three_models_is_said_to_be_corrected_for_the_pairs(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy("a.json", "c.json")
    compare("a.json", "b.json", "c.json", "gt.json", "--quiet")
    assert "p is corrected for the number of pairs of models and sizes" in capsys.readouterr().out


def test_an_undefined_number_does_not_pass(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(Path("gt.json").read_text())
    sofa = next(each["id"] for each in document["categories"] if each["name"] == "sofa")
    document["annotations"] = [a for a in document["annotations"] if a["category_id"] != sofa]
    Path("none.json").write_text(json.dumps(document))
    asked = ("a.json", "b.json", "none.json", "--metric", "categories.sofa.ap", "--quiet")
    assert compare(*asked, "--fail-if-worse") == failures.ANSWER_IS_NO
    wanted = "AP of sofa is undefined, so nothing can be judged (--fail-if-worse)"
    assert wanted in capsys.readouterr().err
    assert compare(*asked, "--require", "not-worse") == failures.ANSWER_IS_NO
    assert compare(*asked) == failures.DONE


def test_too_few_images_pass_and_are_told_when_quiet(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("a.json", "b.json", "gt.json", "--metric", "APs", "--fail-if-worse", "--quiet")
    assert compare(*asked) == failures.DONE
    assert "AP_small is not judged: too few images" in capsys.readouterr().err
