"""Fields of images that evaluation does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

import segeval
from segeval.data.coco.image_fields import fields_of_images, image_field, image_texts, yes_or_no
from segeval.errors import FormatError, InputError

REST = '"categories": [{"id": 1, "name": "a"}], "annotations": []'


def written(tmp_path: Path, images: str, rest: str = REST) -> Path:
    path = tmp_path / "gt.json"
    path.write_text(f'{{"images": [{images}], {rest}}}')
    return path


@pytest.mark.parametrize("other", ["NaN", "-Infinity", '"\\ud800"'])
def test_values_that_only_python_reads_do_not_hide_the_others(tmp_path: Path, other: str) -> None:
    path = written(tmp_path, f'{{"id": 1, "video": "a", "q": {other}}}, {{"id": 2, "video": "b"}}')
    assert len(segeval.load_ground_truth(path).images) == 2
    assert image_field(path, "video") == {1: "a", 2: "b"}
    assert fields_of_images(path)["video"] == ["a", "b"]
    assert segeval.check(path).errors == ()


def test_nan_is_no_value(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1, "scene": NaN}, {"id": 2, "scene": 4}')
    assert image_field(path, "scene") == {2: "4"}


@pytest.mark.parametrize("text", ['{"id": 1,}', "[1]", '{"id": 1, "q": ' + "[" * 9000])
def test_what_is_no_file_of_images_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(FormatError, match=r"gt\.json: its images cannot be read \("):
        image_field(written(tmp_path, text), "video")


def test_a_blank_text_is_no_value(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1, "scene": " "}, {"id": 2, "scene": 4}, {"id": 3}')
    assert image_field(path, "scene") == {2: "4"}


def test_a_field_without_any_value_is_not_called_missing(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1, "scene": null}, {"id": 2, "scene": ""}')
    with pytest.raises(InputError) as error:
        image_field(path, "scene")
    assert str(error.value) == (
        f'{path}: the field "scene" is null or blank in every image, expected a text or a number.'
    )


def test_yes_or_no_reads_truth_values_numbers_and_null(tmp_path: Path) -> None:
    images = ", ".join(
        f'{{"id": {k}, "x": {value}}}' for k, value in enumerate(("true", "0", "1", "null"))
    )
    assert yes_or_no(written(tmp_path, images), "x") == {0: True, 1: False, 2: True, 3: False}
    assert yes_or_no(written(tmp_path, '{"id": 1}'), "x") is None


@pytest.mark.parametrize("value", ['"yes"', "2", "NaN", "[1]"])
def test_yes_or_no_refuses_other_values_with_their_image(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, f'{{"id": 7, "x": 1}}, {{"id": 8, "x": {value}}}')
    with pytest.raises(FormatError, match=r"image 8 \(record #1\): x is .*, expected true or"):
        yes_or_no(path, "x")


def test_texts_of_images_leave_out_what_is_no_text(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1, "x": "a cat"}, {"id": 2, "x": 3}, {"id": 3}')
    assert image_texts(path, "x") == {1: "a cat"}
