"""The images and categories of COCO files, with or without annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.data.coco.image_list import ListedImage, read_image_list
from segeval.errors import FormatError


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_annotations_do_not_matter(tmp_path: Path) -> None:
    images = [
        {"id": 7, "file_name": "b/x.jpg", "height": 4, "width": 6},
        {"id": 2, "file_name": "a"},
    ]
    categories = [{"id": 9, "name": "lamp", "supercategory": "x"}, {"id": 3, "name": "sofa"}]
    content = {"images": images, "categories": categories, "annotations": "none at all"}
    found = read_image_list(written(tmp_path / "gt.json", content))
    assert found.images == (ListedImage(7, "b/x.jpg", (4, 6)), ListedImage(2, "a", None))
    assert found.categories == ((3, "sofa"), (9, "lamp"))


def test_a_list_of_images_alone_will_do(tmp_path: Path) -> None:
    content = {"images": [{"id": 1, "file_name": "a.jpg"}]}
    assert read_image_list(written(tmp_path / "gt.json", content)).categories == ()


def test_whole_numbers_may_be_written_with_a_point(tmp_path: Path) -> None:
    content = {"images": [{"id": 1.0, "file_name": "a", "height": 4.0, "width": 6.0}]}
    path = written(tmp_path / "gt.json", {**content, "categories": []})
    assert read_image_list(path).images == (ListedImage(1, "a", (4, 6)),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "gt.json: holds a list, as predictions do; expected a COCO file, which is an object"),
        ({"categories": []}, "gt.json: has no images"),
        ({"images": [{"id": 1}], "categories": []}, "gt.json: image #0 has no file_name."),
        (
            {"images": [{"id": 1.5, "file_name": "a"}], "categories": []},
            "gt.json: image #0: id is 1.5, expected a whole number.",
        ),
        (
            {"images": [{"id": 1, "file_name": "a", "height": 0, "width": 5}]},
            "gt.json: image 1 has size 0 x 5: write width and height.",
        ),
        (
            {"images": [{"id": 1, "file_name": name} for name in "ab"], "categories": []},
            r"gt.json: image id 1 occurs twice \(records #0 and #1\)",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_image_list(written(tmp_path / "gt.json", content))


def test_images_of_lvis_have_cocos_names(tmp_path: Path) -> None:
    image = {"id": 397133, "coco_url": "http://example.com/val2017/000000397133.jpg"}
    path = tmp_path / "lvis.json"
    path.write_text(json.dumps({"images": [image]}))
    assert read_image_list(path).images[0].file_name == "000000397133.jpg"


def test_ids_of_images_may_be_text(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    images = [{"id": name, "file_name": f"{name}.jpg"} for name in ("b", "a")]
    path.write_text(json.dumps({"images": images, "categories": []}))
    assert [image.id for image in read_image_list(path).images] == ["b", "a"]
    path.write_text(json.dumps({"images": [images[0]] * 2, "categories": []}))
    with pytest.raises(FormatError, match=r'image id "b" occurs twice'):
        read_image_list(path)
