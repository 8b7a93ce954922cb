"""Folders of labelme as COCO's columns."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from segeval import FormatError, InputError, check
from segeval.data import labelme_to_coco, save_ground_truth
from segeval.masks import decode

TRIANGLE = [[1, 1], [5, 1], [5, 5]]


def png(rows: list[list[int]]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.array(rows, np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def shape(label: str = "cat", points: Any = TRIANGLE, kind: str = "polygon", **more: Any) -> Any:
    return {"label": label, "points": points, "shape_type": kind, **more}


def write(folder: Path, *shapes: Any, name: str = "a.json", **more: Any) -> None:
    image = {"imagePath": "a.jpg", "imageHeight": 10, "imageWidth": 20, "imageData": None}
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({**image, "shapes": shapes, **more}))


def test_polygons_masks_and_boxes_become_annotations(tmp_path: Path) -> None:
    write(
        tmp_path,
        shape("dog"),
        shape(points=[[2, 2], [4, 3]], kind="mask", mask=png([[1, 1, 0], [1, 0, 1]])),
        shape(points=[[9, 4], [2, 1]], kind="rectangle"),
    )
    found = labelme_to_coco(tmp_path)
    assert found.categories.names == ("cat", "dog")
    assert found.category_id.tolist() == [2, 1, 1]
    assert found.images.sizes.tolist() == [[10, 20]]
    assert found.area.tolist() == [6, 4, 21]
    assert found.boxes[2].tolist() == [2, 1, 7, 3]
    mask = decode(found.masks)[1]
    assert mask[2:4, 2:5].tolist() == [[1, 1, 0], [1, 0, 1]]
    assert mask.sum() == 4
    assert [note.message for note in found.notes] == [
        f"{tmp_path}: category ids, sorted by name: 1 cat, 2 dog",
        f"{tmp_path}: 1 object is a box without a mask; `boxes_as_masks=True` fills them",
    ]
    filled = labelme_to_coco(tmp_path, boxes_as_masks=True)
    assert decode(filled.masks)[2].sum() == filled.area[2] == 21


def test_polygons_of_a_group_are_one_object(tmp_path: Path) -> None:
    far = [[7, 1], [9, 1], [9, 5]]
    write(tmp_path, shape(group_id=1), shape(points=far, group_id=1), shape("dog", group_id=1))
    found = labelme_to_coco(tmp_path)
    assert found.category_id.tolist() == [2, 1]
    assert found.area.tolist() == [6, 10]


def test_a_rectangle_may_be_alone_in_a_group(tmp_path: Path) -> None:
    write(tmp_path, shape(points=[[9, 4], [2, 1]], kind="rectangle", group_id=3))
    assert labelme_to_coco(tmp_path).boxes.tolist() == [[2, 1, 7, 3]]


def test_the_written_file_is_read_by_check_and_pycocotools(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    write(folder, shape(), shape(points=[[2, 2], [2, 2]], kind="mask", mask=png([[1]])))
    save_ground_truth(labelme_to_coco(folder), tmp_path / "gt.json")
    assert not [each for each in check(tmp_path / "gt.json").findings if each.level == "error"]
    coco = COCO(tmp_path / "gt.json")
    assert [int(coco.annToMask(each).sum()) for each in coco.loadAnns([1, 2])] == [6, 1]


def test_the_size_is_that_of_the_photograph_where_the_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    Image.new("RGB", (7, 4)).save(tmp_path / "images" / "a.jpg", exif=exif)
    path = "..\\images\\a.jpg"
    write(tmp_path, shape(), name="labels/a.json", imagePath=path, imageHeight=None)
    found = labelme_to_coco(tmp_path)
    assert found.images.sizes.tolist() == [[7, 4]]
    assert found.images.file_names == ("images/a.jpg",)
    assert len(found.notes) == 1


def test_photographs_without_a_file_are_counted(tmp_path: Path) -> None:
    write(tmp_path, shape())
    (tmp_path / "b.png").touch()
    assert "1 image has no JSON file and is left out" in labelme_to_coco(tmp_path).notes[1].message


def test_unknown_shapes_are_refused_or_counted(tmp_path: Path) -> None:
    write(tmp_path, shape(kind="circle"), shape(kind="line"), shape(kind="line"))
    with pytest.raises(FormatError) as caught:
        labelme_to_coco(tmp_path)
    assert caught.value.message == (
        f"{tmp_path / 'a.json'}: shape #0 ('cat'): shape_type is 'circle', expected polygon, "
        "rectangle or mask. `skip_unknown=True` leaves such shapes out."
    )
    found = labelme_to_coco(tmp_path, skip_unknown=True)
    assert len(found) == 0
    assert found.notes[-1].message == f"{tmp_path}: left out: 1 circle, 2 line"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no shapes": ({"shapes": None}, "has no list of shapes"),
    "no label": ({"shapes": [{"points": TRIANGLE}]}, "shape #0: label is None"),
    "half a pair": ({"shapes": [shape("\ud800")]}, "shape #0: label is '\\ud800'"),
    "half in a name": ({"imagePath": "\ud800"}, "the image is called '\\ud800', which no JSON"),
    "a number": ({"shapes": [7]}, "shape #0: is 7, expected an object"),
    "NaN": ({"shapes": [shape(points=[[1, 1], [2, float("nan")], [3, 3]])]}, "is nan, expected"),
    "huge": ({"shapes": [shape(points=[[1, 1], [2, 1e300], [3, 3]])]}, "is 1e+300, expected at"),
    "digits": ({"shapes": [shape(points=[[1, 1], [2, 10**400], [3, 3]])]}, "expected at most"),
    "text": ({"shapes": [shape(points=[["1", 1]] * 3)]}, "a coordinate is '1', expected a number"),
    "two points": ({"shapes": [shape(points=[[1, 1], [2, 2]])]}, "a polygon needs at least 3"),
    "corners": ({"shapes": [shape(points=TRIANGLE, kind="rectangle")]}, "expected two corners"),
    "mixed group": (
        {"shapes": [shape(points=TRIANGLE[1:], kind="rectangle", group_id=1), shape(group_id=1)]},
        "is a rectangle with the group_id 1 of other shapes, expected one of its own",
    ),
    "group": ({"shapes": [shape(group_id="a")]}, "group_id is 'a', expected a whole number"),
    "outside": ({"imagePath": "../a.jpg"}, "expected the name of an image in the folder"),
    "absolute": ({"imagePath": "/etc/passwd"}, "expected the name of an image in the folder"),
    "drive": ({"imagePath": "C:\\a.jpg"}, "expected the name of an image in the folder"),
    "no path": ({"imagePath": 7}, "imagePath is 7, expected the name of an image"),
    "size": ({"imageWidth": 0}, "imageWidth is 0, expected pixels above 0"),
    "vast": ({"imageWidth": 10**12}, "has a side of 1,000,000,000,000 pixels"),
    "base64": (
        {"shapes": [shape(points=[[1, 1], [2, 2]], kind="mask", mask="?")]},
        "expected a PNG file in base64",
    ),
    "no PNG": (
        {"shapes": [shape(points=[[1, 1], [2, 2]], kind="mask", mask="AAAA")]},
        "expected a PNG file",
    ),
    "other size": (
        {"shapes": [shape(points=[[1, 1], [2, 2]], kind="mask", mask=png([[1]]))]},
        "the mask has 1 x 1 pixels (H x W), its corners are for 2 x 2",
    ),
    "beyond": (
        {"shapes": [shape(points=[[20, 1], [20, 1]], kind="mask", mask=png([[1]]))]},
        "beyond its image of 10 x 20 pixels",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_understood_is_named(tmp_path: Path, name: str) -> None:
    fields, words = BAD[name]
    write(tmp_path, **fields)
    with pytest.raises(FormatError) as caught:
        labelme_to_coco(tmp_path)
    assert words in caught.value.message
    assert caught.value.message.startswith(str(tmp_path / "a.json"))


def test_folders_without_files_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no \.json files, expected those of labelme"):
        labelme_to_coco(tmp_path)
    (tmp_path / "a.json").write_text('{"shapes": [')
    with pytest.raises(FormatError, match="not valid JSON"):
        labelme_to_coco(tmp_path)


def test_an_image_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, shape())
    write(tmp_path, shape(), name="b.json")
    with pytest.raises(FormatError, match=r"b\.json: the image 'a\.jpg' was in .*a\.json before"):
        labelme_to_coco(tmp_path)
