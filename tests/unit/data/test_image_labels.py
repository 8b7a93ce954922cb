"""Labels of images from a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval import FormatError, InputError
from segeval.data.image_labels import read_image_labels


def test_a_header_is_known_by_its_first_word(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("File_Name,weather,more\n1.jpg, rain ,x\n\n2.jpg,sun\n", encoding="utf-8-sig")
    assert read_image_labels(path) == {"1.jpg": "rain", "2.jpg": "sun"}


def test_without_a_header_every_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('7,"rain, heavy"\n8,sun\n8,sun\n')
    assert read_image_labels(path) == {"7": "rain, heavy", "8": "sun"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,label\n1,a\n1,b\n", ("line 3 (1,b) gives a second label, after 'a', expected an "
         "image and its label.")),
        ("1,a\n2\n", "line 2 (2) lacks an image or a label, expected an image and its label."),
        ("image,label\n1,a\n2,rain, heavy\n", ("line 3 (2,rain, heavy) has 3 cells, where the "
         "first row has 2, expected an image and its label.")),
        ("1,a\n2,'b\n\n3\n", ("line 4 (3) lacks an image or a label, expected an image and its "
         "label.")),
        ("image,label\n", "has no rows, expected rows of an image and a label."),
        ("", "has no rows, expected rows of an image and a label."),
    ],
)  # fmt: skip
def test_a_table_that_says_nothing_sure_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        read_image_labels(path)
    assert str(error.value) in (f"{path}: {message}", f"{path}: is empty, {message}")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,a\n\x80\x81")
    with pytest.raises(FormatError, match="is not a CSV file"):
        read_image_labels(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, expected a CSV file of image and label"):
        read_image_labels(tmp_path)


@pytest.mark.parametrize("text", ['1,"a\n2,b\n', '1,"a\n2,"b"\n'])
def test_a_quote_that_swallows_rows_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match="is not a CSV file"):
        read_image_labels(path)
