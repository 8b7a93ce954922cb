"""What predictions of several models have only together: every mistake; sound ones have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import load_predictions
from segeval.checks import CheckReport, check_ensemble
from segeval.checks.together.search import ensemble_warnings
from segeval.data.synthetic import furniture
from segeval.errors import InputError

Rows = list[dict[str, Any]]


def rows(seed: int = 0, images: int = 8, each: int = 12) -> Rows:
    """Predictions of four categories, whose boxes differ from seed to seed by a few pixels."""
    places, rng = np.random.default_rng(7), np.random.default_rng(seed)
    found = []
    for image in range(images):
        for place in range(each):
            box = places.uniform(40, 400, 4) + (rng.normal(0, 2, 4) if seed else 0)
            found.append(
                {
                    "image_id": image, "category_id": 1 + place % 4, "bbox": box.tolist(),
                    "score": float(rng.uniform(0.05, 1)),
                }
            )  # fmt: skip
    return found


def changed(each: Rows, **fields: Any) -> Rows:
    """Rows with fields by functions of themselves."""
    return [row | {name: change(row) for name, change in fields.items()} for row in each]


def found(*models: Rows, level: str = "") -> list[tuple[str, str, int]]:
    """Level, code and count of what is found."""
    report = check_ensemble(models)
    return [(each.level, each.code, each.count) for each in (*report.errors, *report.warnings)]


def message(*models: Rows) -> str:
    report = check_ensemble(models)
    (finding,) = (*report.errors, *report.warnings)
    return f"{finding.message} | {finding.hint}"


A, B = rows(), rows(1)
MASK = {"size": [600, 700], "counts": [5000, 300, 414700]}
MASKED = changed(A, segmentation=lambda _: MASK)


def test_models_that_go_together_have_nothing() -> None:
    report = check_ensemble([A, B, rows(2)])
    assert (report.errors, report.warnings) == ((), ())
    assert report.fine == (
        "score", "models", "images of models", "coordinates of models", "masks of models",
        "categories of models", "repeats", "scores of models",
    )  # fmt: skip
    assert [each.count for each in report.models] == [96, 96, 96]


def test_two_real_looking_models_have_nothing() -> None:
    scene = furniture(images=12)
    assert found(scene.better, scene.weaker) == []


def test_a_constant_factor_between_scores_is_named() -> None:
    weighted = changed(A, score=lambda row: 0.6 * row["score"])
    assert message(A, weighted) == (
        "all the predictions looked at are on the same boxes as in predictions, with scores 0.6 "
        "times as high | Is it the same model, weighted already? Give each model once, with its "
        "own scores."
    )
    rounded = changed(A, score=lambda row: round(0.6 * row["score"], 3))
    assert found(A, rounded[5:]) == [("warn", "constant-factor", 91)]


def test_the_same_rows_in_another_order_are_one_model() -> None:
    assert message(A, A[::-1]) == (
        "holds the same 96 predictions as predictions, which would count twice | Give each model "
        "once. To let one count more, give `weights`."
    )
    assert found(MASKED, MASKED[::-1]) == [("error", "same-model", 96)]
    other = [*MASKED[:-1], MASKED[-1] | {"segmentation": {**MASK, "counts": [5000, 301, 414699]}}]
    assert ("error", "same-model", 96) not in found(MASKED, other)


def test_nearly_the_same_rows_are_nearly_one_model() -> None:
    assert found(A, A[6:]) == [("warn", "nearly-same-model", 90)]
    moved = changed(A, bbox=lambda row: [each + 9 for each in row["bbox"]])
    assert message(A, moved) == (
        "all the predictions looked at have the image, category and score of one in predictions | "
        "Is it the same model twice? It counts twice then, and adds nothing."
    )
    rescored = changed(A, score=lambda row: row["score"] ** 2)
    assert [each[:2] for each in found(A, rescored)] == [("warn", "nearly-same-model")]


def test_rounded_scores_are_named_with_those_that_tie() -> None:
    coarse = changed(rows(3, images=40), score=lambda row: round(row["score"], 2))
    finer = rows(1, images=40)
    ((level, code, count),) = found(finer, coarse)
    assert (level, code) == ("warn", "rounded-scores")
    report = check_ensemble([finer, coarse])
    assert report.warnings[0].message == (
        f"all 480 scores are multiples of 0.01: {count} predictions of one category share a score "
        "with another"
    )


def test_few_round_scores_are_no_sign() -> None:
    some = changed(B[:50], score=lambda row: round(row["score"], 1))
    assert "rounded-scores" not in [code for _, code, _ in found(A, some)]


def test_images_that_a_file_lacks_are_counted() -> None:
    assert message(A, [row for row in B if row["image_id"] > 1]) == (
        "has no prediction for 2 of the 8 images of all files, first image_id 0 | Did its run end "
        "early, or is its score threshold higher?"
    )


def test_no_image_in_common_is_an_error() -> None:
    other = changed(B, image_id=lambda row: row["image_id"] + 500)
    assert message(A, other) == (
        "has no image in common with the other files (image ids 500 .. 507, theirs 0 .. 7) | Are "
        "they predictions for another split?"
    )
    assert found(A, rows(2), other)[0] == ("error", "no-common-image", 8)


def test_categories_that_a_file_lacks_are_counted() -> None:
    assert message(A, [row for row in B if row["category_id"] != 3]) == (
        "has no prediction of 1 category that other files have, id 3 (24 predictions there) | Was "
        "it trained on other categories? Then merge them with `covers=[None, 'found']`, or a "
        'list of those that it knows in place of "found": its silence about the others is no '
        "vote then."
    )


@pytest.mark.parametrize(("shift", "words"), [(-1, "1 lower"), (2, "2 higher")])
def test_shifted_category_ids_are_an_error(shift: int, words: str) -> None:
    other = changed(B, category_id=lambda row: row["category_id"] + shift)
    report = check_ensemble([A, other])
    (error,) = report.errors
    assert error.code == "other-category-ids"
    assert error.message.startswith(f"category ids are {words} than those of predictions in ")
    assert not report.warnings


def test_categories_numbered_otherwise_are_an_error() -> None:
    other = changed(B, category_id=lambda row: {1: 70, 2: 11, 3: 40, 4: 9}[row["category_id"]])
    (error,) = check_ensemble([A, other]).errors
    assert (
        error.message.startswith("has no category in common with predictions (ids 9, 11, ...")
        or "has no category in common with predictions" in error.message
    )
    assert error.hint == "Are the categories numbered otherwise? A map makes them equal."


def test_experts_of_different_categories_are_no_error() -> None:
    mine = [row for row in A if row["category_id"] < 3]
    theirs = [row for row in B if row["category_id"] > 2]
    assert [each[:2] for each in found(mine, theirs)] == [("warn", "categories-of-others")] * 2


def test_categories_that_a_model_lacks_have_their_names_and_a_way_out() -> None:
    theirs = [row for row in B if row["category_id"] > 2]
    names = ["cup", "fork", "bed", "rug"]
    gt = {
        "images": [{"id": k, "width": 900, "height": 900} for k in range(8)],
        "categories": [{"id": k, "name": name} for k, name in enumerate(names, 1)],
        "annotations": [],
    }
    for truth, shown in ((gt, "1 (cup), 2 (fork)"), (None, "id 1, 2")):
        (warning,) = check_ensemble([A, theirs], truth).warnings
        assert f"categories that other files have, {shown} (48 predictions" in warning.message
        assert "`covers=[None, 'found']`" in warning.hint


def test_names_of_categories_may_be_those_that_predictions_list(tmp_path: Path) -> None:
    listed = {
        "images": [{"id": k, "width": 900, "height": 900} for k in range(8)],
        "categories": [{"id": k, "name": name} for k, name in enumerate("abcd", 1)],
        "annotations": A,
    }
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(listed))
    (warning,) = check_ensemble([path, [row for row in B if row["category_id"] > 1]]).warnings
    assert "that other files have, 1 (a) (24 predictions there)" in warning.message


def test_fractions_beside_pixels_are_an_error() -> None:
    fractions = changed(B, bbox=lambda row: [each / 1000 for each in row["bbox"]])
    (error,) = check_ensemble([A, fractions]).errors
    assert (error.code, error.count) == ("fractions-beside-pixels", 96)
    assert error.message.startswith("all 96 boxes lie within 0..1, and images have up to ")


def test_scores_of_percent_are_named() -> None:
    percent = changed(B, score=lambda row: 100 * row["score"])
    ((level, code, count),) = found(A, percent)
    assert (level, code) == ("warn", "score-scales")
    assert count == 96


def test_scores_that_are_nearly_always_higher_are_named() -> None:
    high = changed(B, score=lambda row: 0.95 + 0.05 * row["score"])
    report = check_ensemble([A, high])
    (warning,) = report.warnings
    assert (warning.code, warning.option) == ("always-higher", "calibrate")
    assert "by suppression its rows are kept nearly always" in warning.message


def test_boxes_beside_masks_are_counted() -> None:
    assert message(MASKED, B) == (
        "no prediction has a mask, and all of predictions have one: boxes are compared, and masks "
        "are neither fused nor judged | Export masks, or leave this model out."
    )
    mixed = [*changed(B, segmentation=lambda _: MASK)[:-3], *B[-3:]]
    (note,) = ensemble_warnings([load_predictions(MASKED), load_predictions(mixed)])
    assert note.code == "boxes-beside-masks"
    assert "3 of 96 predictions have no mask, and all of predictions have one" in note.message


def test_masks_of_another_size_are_an_error() -> None:
    turned = {"size": [700, 600], "counts": [5000, 300, 414700]}
    assert message(MASKED, changed(B, segmentation=lambda _: turned)).startswith(
        "prediction #0 (image_id 0): the mask is 700 x 600, expected 600 x 700 as in predictions: "
        "prediction #0 (image_id 0). 95 more like it."
    )


def test_an_empty_model_is_named() -> None:
    assert found(A, []) == [("warn", "no-predictions", 1)]


def test_scores_below_zero_are_an_error() -> None:
    assert found(A, changed(B, score=lambda row: -row["score"])) == [("error", "score", 96)]


def test_ids_of_text_beside_numbers_are_an_error() -> None:
    other = changed(B, image_id=lambda row: str(row["image_id"]))
    (error,) = check_ensemble([A, other]).errors
    assert error.kind == "ids of models"


def test_the_errors_of_each_file_are_listed_first() -> None:
    broken = [*B[:-1], {**B[-1], "score": float("nan")}, {"image_id": 1}]
    report = check_ensemble([A, broken])
    assert [each.count for each in report.errors] == [1, 1, 1]
    assert [each.field for each in report.errors] == ["score", "category_id", "score"]
    assert report.fine == ()


def test_ground_truth_is_checked_once() -> None:
    gt = {
        "images": [{"id": image, "width": 900, "height": 900} for image in range(7)],
        "categories": [{"id": k, "name": str(k)} for k in range(1, 5)],
        "annotations": [],
    }
    report: CheckReport = check_ensemble([A, B], gt)
    assert [(each.code, each.count) for each in report.errors] == [("unknown-image", 12)] * 2
    assert report.ground_truth is not None
    assert report.ground_truth.images == 7


@pytest.mark.parametrize("models", [[], [A]])
def test_one_model_is_no_ensemble(models: list[Rows]) -> None:
    with pytest.raises(InputError, match="expected the predictions of two or more models, got"):
        check_ensemble(models)


def test_ids_of_any_size_are_compared() -> None:
    far = [changed(each, category_id=lambda row: 2**62 + row["category_id"]) for each in (A, B)]
    assert found(*far) == []


def test_a_million_rows_of_one_image_are_looked_at_in_part() -> None:
    many = [A[0] | {"score": k / 30_000, "bbox": [k % 97, k % 89, 5, 5]} for k in range(30_000)]
    assert check_ensemble([many, A]).errors == ()


def test_a_model_that_gives_one_box_several_categories_is_known_again() -> None:
    both = [row | {"category_id": c, "score": row["score"] / c} for row in A for c in (1, 2)]
    half = changed(both, score=lambda row: row["score"] / 2)
    text = message(both, half)
    assert "are on the same boxes as in predictions, with scores 0.5 times as high" in text
