"""The small languages of option values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.metrics.coco.protocol import COCO
from segeval_cli import failures
from segeval_cli.commands.ap.options import Per, parse_per
from segeval_cli.main import app
from segeval_cli.values import (
    check_fraction,
    parse_choices,
    parse_ids,
    parse_max_dets,
    parse_names,
    parse_numbers,
    parse_thresholds,
)


def test_a_range_of_thresholds_is_the_official_one_to_the_last_bit() -> None:
    assert parse_thresholds("0.50:0.95:0.05") == tuple(np.linspace(0.5, 0.95, 10))
    assert parse_thresholds("0.50:0.95:0.05") == COCO.thresholds


@pytest.mark.parametrize(
    ("text", "thresholds"),
    [
        ("0.5", (0.5,)),
        ("0.5, 0.75", (0.5, 0.75)),
        ("0.5:0.5:0.1", (0.5,)),
        ("0.5:0.74:0.25", (0.5,)),
        ("0.5:1:0.25", (0.5, 0.75, 1.0)),
    ],
)
def test_thresholds_are_read(text: str, thresholds: tuple[float, ...]) -> None:
    assert parse_thresholds(text) == thresholds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("half", "--thresholds half: 'half' is not a number."),
        ("0.5:0.95", "expected start:stop:step, such as 0.50:0.95:0.05."),
        ("0.5:0.9:0", "with a positive step"),
        ("0.9:0.5:0.1", "with a positive step"),
        ("0.5,nan", "--thresholds 0.5,nan: 'nan' is not a number."),
        ("nan:0.9:0.1", "'nan' is not a number."),
        ("0.1:0.9:1e-9", "at most 64"),
        ("1e-320:1:1e-320", "at most 64"),
    ],
)
def test_wrong_thresholds_are_explained(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_thresholds(text)
    assert words in caught.value.message
    assert caught.value.code == "thresholds"


@pytest.mark.parametrize(("text", "caps"), [("100", (100,)), ("1,10,0", (1, 10, 0)), ("0", (0,))])
def test_caps_are_read(text: str, caps: tuple[int, ...]) -> None:
    assert parse_max_dets(text) == caps


@pytest.mark.parametrize("text", ["", "-1", "1.5", "many"])
def test_wrong_caps_are_explained(text: str) -> None:
    with pytest.raises(InputError, match=f"--max-dets {text}: "):
        parse_max_dets(text)


def test_numbers_ids_and_names_stand_between_commas(tmp_path: Path) -> None:
    listed = tmp_path / "names.txt"
    listed.write_text("arm chair\n\nrug\n")
    assert parse_numbers("8, 2.5", "--trimap") == (8, 2.5)
    assert parse_ids(["0-3,9", "255"], "--ignore") == (0, 1, 2, 3, 9, 255)
    assert parse_names(["lamp,~sofa", f"@{listed}"], "--categories") == [
        "lamp",
        "~sofa",
        "arm chair",
        "rug",
    ]
    assert parse_names(None, "--images") is None


def test_what_is_not_given_stays_so() -> None:
    assert (parse_thresholds(None), parse_max_dets(None)) == (None, None)


def test_tables_may_be_listed_or_repeated() -> None:
    assert parse_per(["category,size", "category"]) == (Per.CATEGORY, Per.SIZE)


def test_an_unknown_table_is_explained() -> None:
    with pytest.raises(InputError, match="--per class: no such table, expected size, category"):
        parse_per(["class"])


@pytest.mark.parametrize("value", [44.1, -0.1, math.nan, 1.01])
def test_a_percentage_is_no_fraction(value: float) -> None:
    with pytest.raises(InputError, match="PQ must be a fraction from 0 to 1"):
        check_fraction(value, "--fail-under", "PQ")


@pytest.mark.parametrize("digits", [19, 30, 5000])
@pytest.mark.parametrize(
    "argv",
    [
        ("ap", "p.json", "g.json", "--max-dets"),
        ("ap", "p.json", "g.json", "--boundary-px"),
        ("ap", "p.json", "g.json", "--workers"),
        ("ap", "p.json", "g.json", "--fail-under"),
        ("sweep", "max-dets", "p.json", "g.json", "--at"),
        ("plot", "size-hist", "g.json", "--seed"),
        ("plot", "size-hist", "g.json", "--sample"),
        ("miou", "p", "g", "--classes", "3", "--ignore"),
        ("miou", "p", "g", "--classes"),
    ],
)
def test_numbers_of_any_length_are_refused_in_a_short_message(
    argv: tuple[str, ...], digits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [*argv, "9" * digits]) == failures.UNUSABLE_INPUT
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "This is a bug" not in told
    assert len(told) < 500


@pytest.mark.parametrize("number", ["nan", "inf", "1e999"])
def test_numbers_that_are_not_finite_are_no_values(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["ap", "p.json", "g.json", "--iou", "boundary", "--boundary-ratio", number]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    assert "is not a finite number" in capsys.readouterr().err


def test_more_ids_than_labels_have_are_refused_before_they_are_made() -> None:
    with pytest.raises(InputError, match="expected at most 1,048,576 ids"):
        parse_ids(["0-2000000000"], "--ignore")
    with pytest.raises(InputError, match="expected at most 1,048,576 ids"):
        parse_ids(["0-1000000,0-1000000"], "--ignore")


def test_kinds_of_iou_may_be_repeated_or_separated_by_commas() -> None:
    known = ["segm", "boundary", "bbox"]
    for values in (["segm,bbox"], ["segm", "bbox"], ["segm, bbox", "segm"]):
        assert parse_choices(values, "--iou", known, "kind of IoU") == ("segm", "bbox")
    with pytest.raises(InputError, match=r"^--iou mask: no such kind of IoU, expected segm, "):
        parse_choices(["segm,mask"], "--iou", known, "kind of IoU")


@pytest.mark.parametrize("words", [["--iou", "segm,bbox"], ["--iou", "segm", "--iou", "bbox"]])
def test_a_sweep_has_one_kind_of_iou(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["sweep", "max-dets", "p.json", "g.json", *words]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        "error: --iou segm,bbox: a sweep has one kind of IoU. Run one for each.\n"
    )


@pytest.mark.parametrize("flag", ["--categories", "--images"])
def test_an_empty_value_names_its_option(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ap", "a.json", "gt.json", flag, ""]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == f"error: {flag} is empty. Is a variable not set?\n"


def test_a_margin_below_0_is_told_in_points(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plot", "compare", "a.json", "b.json", "gt.json", "--margin", "-1"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    expected = "error: --margin -1: expected points from 0 to below 100, such as 0.3.\n"
    assert capsys.readouterr().err == expected
