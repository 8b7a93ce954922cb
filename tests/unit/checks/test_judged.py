"""What a gate accepts: warnings by their codes, and a share of images without predictions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import segeval.checks
from segeval import InputError, check
from segeval.checks import CheckReport
from segeval.checks.warning_codes import WARNING_CODES
from tests.build import build_gt, build_preds
from tests.check_cases import SQUARE, clean_gt, clean_preds


def some_images(predicted: int, images: int) -> CheckReport:
    """A check where the first images have a prediction, and all have an object."""
    places = range(1, images + 1)
    gt = build_gt([(20, 30)] * images, [{"mask": SQUARE, "image_id": place} for place in places])
    records = [
        {"mask": SQUARE, "image_id": place, "score": 0.9 - place / 1000}
        for place in places[:predicted]
    ]
    return check(build_preds(records), gt)


def test_an_allowed_warning_stays_in_the_report_and_is_counted_apart() -> None:
    preds = clean_preds()
    preds[0]["bbox"] = [3, 2, 10, 10]
    report = check(preds, clean_gt())
    assert [each.code for each in report.warnings] == ["some-boxes"]
    judged = report.judged(allow=["some-boxes", "ties"])
    assert (judged.warnings, [each.code for each in judged.allowed]) == ((), ["some-boxes"])
    assert judged.to_dict()["allowed"] == 1
    assert judged.fine == report.fine
    assert str(judged).splitlines()[-1] == "0 errors, 0 warnings, 1 warning allowed"


def test_a_code_that_no_warning_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"no warning has the code 'tie', expected .*ties"):
        check(clean_preds(), clean_gt()).judged(allow=["tie"])


def test_an_error_cannot_be_allowed() -> None:
    preds = clean_preds()
    preds[0]["image_id"] = 99
    report = check(preds, clean_gt())
    codes = [each.code for each in report.errors if each.code in WARNING_CODES]
    assert len(report.judged(allow=codes).errors) == len(report.errors) > 0


def test_images_without_predictions_are_noted_from_the_first_one_on() -> None:
    report = some_images(predicted=39, images=40)
    assert report.warnings == ()
    assert [(each.count, each.total) for each in report.notes] == [(1, 40)]
    assert report.notes[0].message == (
        "1 of 40 images with objects has no prediction, first image 40"
    )
    assert "images without predictions" not in report.fine
    assert some_images(predicted=40, images=40).notes == ()


def test_the_share_of_images_without_predictions_that_is_a_warning_can_be_set() -> None:
    report = some_images(predicted=34, images=40)
    assert (len(report.warnings), len(report.notes)) == (0, 1)
    assert len(report.judged(max_unpredicted=0.1).warnings) == 1
    assert report.judged(max_unpredicted=0.15).warnings == ()  # 6 of 40
    many = some_images(predicted=30, images=40)
    assert len(many.warnings) == 1
    assert len(many.judged(max_unpredicted=0.3).notes) == 1
    with pytest.raises(InputError, match="is 5, expected a share in 0"):
        report.judged(max_unpredicted=5)


def test_every_code_of_a_warning_can_be_allowed() -> None:
    codes = set()
    for path in Path(segeval.checks.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args and "'warn'" in ast.unparse(call.args[0]):
                codes |= {
                    each.value.value
                    for each in call.keywords
                    if each.arg == "code" and isinstance(each.value, ast.Constant)
                }
    assert len(codes) > 40
    assert codes <= set(WARNING_CODES)
    assert list(WARNING_CODES) == sorted(WARNING_CODES)
