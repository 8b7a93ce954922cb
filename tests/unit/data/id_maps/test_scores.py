"""Scores of objects from a CSV file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval import FormatError, MismatchError
from segeval.data.id_maps.objects import objects_of
from segeval.data.id_maps.scores import read_scores

FOUND = [objects_of(np.array([[0, 3, 9]])), objects_of(np.array([[5, 0, 0]]))]

EXPECTED = "expected an image, the id of an object in it and a finite score."

NAMES = ["sub/a.png", "b.tif#1"]


def scores(folder: Path, text: str) -> list[float]:
    path = folder / "scores.csv"
    path.write_text(text)
    found: list[float] = read_scores(path, FOUND, NAMES, "preds").tolist()
    return found


def test_rows_in_any_order_give_the_scores_by_image_and_id(tmp_path: Path) -> None:
    text = "id,Score,image,more\n5,0.5,b#1,x\n9,0.9,sub/a.png,x\n3,0.3,sub/a,x\n"
    assert scores(tmp_path, text) == [0.3, 0.9, 0.5]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("c,1,0.5", "line 5: preds has no image 'c'."),
        ("sub/a,4,0.5", "line 5: preds has no object 4 in sub/a."),
        ("sub/a,3,0.5", "line 5: gives object 3 of sub/a a second score."),
        ("sub/a,x,0.5", f"line 5 (sub/a,x,0.5), {EXPECTED}"),
        ("sub/a,3,nan", f"line 5 (sub/a,3,nan), {EXPECTED}"),
        ("sub/a,3", f"line 5 (sub/a,3), {EXPECTED}"),
    ],
)
def test_a_row_that_fits_no_object_is_refused(tmp_path: Path, rows: str, message: str) -> None:
    given = "image,id,score\nsub/a,3,0.1\nsub/a,9,0.2\nb#1,5,0.3\n" + rows
    with pytest.raises((FormatError, MismatchError)) as caught:
        scores(tmp_path, given)
    assert caught.value.message == f"{tmp_path}/scores.csv: {message}"


def test_an_object_without_a_score_is_named(tmp_path: Path) -> None:
    with pytest.raises(MismatchError) as caught:
        scores(tmp_path, "image,id,score\nsub/a,3,0.1\n")
    assert caught.value.message == (
        f"{tmp_path}/scores.csv: has no score for object 9 of sub/a.png in preds, expected one for "
        "each of 3 objects. 1 more like it."
    )


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        scores(tmp_path, "a,3,0.5\n")
    assert caught.value.message == (
        f"{tmp_path}/scores.csv: begins with a,3,0.5, expected a header with the columns image, "
        "id, score."
    )
    with pytest.raises(FormatError, match="is empty, expected a header"):
        scores(tmp_path, "")
