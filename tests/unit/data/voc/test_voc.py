"""Folders of Pascal VOC as COCO's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from segeval import FormatError, InputError, MismatchError, check
from segeval.data import save_ground_truth, voc_to_coco
from segeval.masks import decode

IDS = [[0, 1, 1, 255], [2, 2, 255, 0], [2, 0, 0, 0]]
CLASSES = [[0, 8, 8, 255], [15, 15, 255, 0], [15, 0, 0, 0]]

SIZE = "<size><width>20</width><height>10</height><depth>3</depth></size>"


def box(name: str = "cat", edges: tuple[Any, ...] = (2, 3, 6, 5), more: str = "") -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{each}>{edge}</{each}>" for each, edge in zip(names, edges, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{inner}</bndbox></object>"


def write(
    folder: Path, *objects: str, size: str = SIZE, name: str = "a.jpg", before: str = ""
) -> Path:
    path = folder / "Annotations" / "a.xml"
    path.parent.mkdir(exist_ok=True)
    inner = f"<filename>{name}</filename>{size}{''.join(objects)}"
    path.write_text(f"{before}<annotation>{inner}</annotation>")
    return path


def draw(folder: Path, ids: Any = IDS, classes: Any = CLASSES) -> None:
    for name, values in (("SegmentationObject", ids), ("SegmentationClass", classes)):
        (folder / name).mkdir(exist_ok=True)
        picture = Image.fromarray(np.array(values, np.uint8)).convert("P")
        picture.putdata(np.array(values, np.uint8).ravel().tolist())
        picture.save(folder / name / "a.png")


def test_objects_are_the_pixels_of_a_number_without_void(tmp_path: Path) -> None:
    draw(tmp_path)
    found = voc_to_coco(tmp_path)
    assert found.images.file_names == ("a.jpg",)
    assert len(found.categories) == 20
    assert found.category_id.tolist() == [8, 15]
    masks = decode(found.masks)
    assert (masks[0] == (np.array(IDS) == 1)).all()
    assert (masks[1] == (np.array(IDS) == 2)).all()
    assert found.area.tolist() == [2, 3]


def test_boxes_are_pixels_from_one_or_edges_from_zero(tmp_path: Path) -> None:
    write(tmp_path, box(), box("dog", more="<difficult>1</difficult>"))
    found = voc_to_coco(tmp_path)
    assert found.boxes.tolist() == [[1, 2, 5, 3]] * 2
    assert found.category_id.tolist() == [8, 12]
    assert found.ignore.tolist() == [False, True]
    assert found.images.sizes.tolist() == [[10, 20]]
    assert found.notes[1].message == f"{tmp_path}: 1 object is difficult: the field ignore is 1"
    assert voc_to_coco(tmp_path, from_zero=True).boxes.tolist() == [[2, 3, 4, 2]] * 2


def test_other_categories_are_sorted_by_name(tmp_path: Path) -> None:
    write(tmp_path, box("sofa bed"), box("cat"))
    assert voc_to_coco(tmp_path).categories.names == ("cat", "sofa bed")


def test_the_size_is_that_of_the_photograph_where_the_file_has_none(tmp_path: Path) -> None:
    write(tmp_path, size="<size><width>0</width><height>0</height></size>")
    (tmp_path / "JPEGImages").mkdir()
    Image.new("RGB", (7, 4)).save(tmp_path / "JPEGImages" / "a.jpg")
    assert voc_to_coco(tmp_path).images.sizes.tolist() == [[4, 7]]
    (tmp_path / "JPEGImages" / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"JPEGImages/a\.jpg: no such file"):
        voc_to_coco(tmp_path)


def test_the_written_file_is_read_by_check_and_pycocotools(tmp_path: Path) -> None:
    draw(tmp_path)
    save_ground_truth(voc_to_coco(tmp_path), tmp_path / "gt.json")
    assert not [each for each in check(tmp_path / "gt.json").findings if each.level == "error"]
    coco = COCO(tmp_path / "gt.json")
    assert [int(coco.annToMask(each).sum()) for each in coco.loadAnns([1, 2])] == [2, 3]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"objects": box("")}, "name is '', expected that of a category"),
    "nan": ({"objects": box(edges=("nan", 1, 2, 3))}, "xmin is 'nan', expected pixels"),
    "huge": ({"objects": box(edges=(1, 1, 10**9, 3))}, "xmax is 1e+09, expected at most"),
    "digits": ({"objects": box(edges=(1, 1, 10**99, 3))}, "expected pixels"),
    "zero": ({"objects": box(edges=(0, 1, 2, 3))}, "`from_zero=True` reads edges"),
    "order": ({"objects": box(edges=(5, 1, 2, 3))}, "xmax, ymax are 2, 3, before xmin, ymin"),
    "difficult": ({"objects": box(more="<difficult>2</difficult>")}, "difficult is '2'"),
    "two names": ({"objects": box(more="<name>dog</name>")}, "<name>: is there twice"),
    "no box": ({"objects": "<object><name>cat</name></object>"}, "xmin is None, expected pixels"),
    "polygon": ({"objects": "<object><polygon/></object>"}, "objects have a polygon"),
    "outside": ({"name": "../a.jpg"}, "expected the name of an image in the folder"),
    "absolute": ({"name": "/etc/passwd"}, "expected the name of an image in the folder"),
    "size": ({"size": "<size><width>x</width></size>"}, "width is 'x', expected whole pixels"),
    "vast": ({"size": SIZE.replace("20", "9" * 12)}, "has a side of 999,999,999,999 pixels"),
    "DTD": ({"before": "<!DOCTYPE a [<!ENTITY b 'c'>]>"}, "has a document type (DTD)"),
    "broken": ({"objects": "<object>"}, "not valid XML at line 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_understood_is_named(tmp_path: Path, name: str) -> None:
    fields, words = BAD[name]
    fields = dict(fields)
    path = write(tmp_path, fields.pop("objects", ""), **fields)
    with pytest.raises(FormatError) as caught:
        voc_to_coco(tmp_path)
    assert words in caught.value.message
    assert caught.value.message.startswith(str(path))


def test_another_root_is_refused(tmp_path: Path) -> None:
    write(tmp_path).write_text("<annotations/>")
    with pytest.raises(FormatError, match="<annotations>: expected <annotation>, of Pascal VOC"):
        voc_to_coco(tmp_path)


def test_pictures_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    draw(tmp_path, classes=[[0, 8, 9, 255], *CLASSES[1:]])
    with pytest.raises(MismatchError, match="object 1 has the classes 8, 9 in"):
        voc_to_coco(tmp_path)
    draw(tmp_path, classes=[[0, 77, 77, 255], *CLASSES[1:]])
    with pytest.raises(FormatError, match="has class 77, expected VOC's 0 to 20"):
        voc_to_coco(tmp_path)
    draw(tmp_path, classes=CLASSES[:2])
    with pytest.raises(MismatchError, match=r"has 3 x 4 pixels, .* 2 x 4"):
        voc_to_coco(tmp_path)
    (tmp_path / "SegmentationClass" / "a.png").unlink()
    with pytest.raises(MismatchError, match=r"there is no .*SegmentationClass/a"):
        voc_to_coco(tmp_path)
    (tmp_path / "SegmentationClass").rmdir()
    with pytest.raises(InputError, match="has SegmentationObject and no SegmentationClass"):
        voc_to_coco(tmp_path)


def test_folders_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Annotations: no such folder, expected VOC's XML files"):
        voc_to_coco(tmp_path)
    (tmp_path / "Annotations").mkdir()
    with pytest.raises(InputError, match=r"has no \.xml files of Pascal VOC"):
        voc_to_coco(tmp_path)
