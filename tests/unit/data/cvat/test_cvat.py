"""CVAT for images as COCO's columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from segeval import FormatError, InputError, check
from segeval.data import cvat_to_coco, save_ground_truth
from segeval.masks import decode

LABELS = "<label><name>dog</name></label><label><name>cat</name></label>"

POLYGON = '<polygon label="cat" points="1.00,1.00;5.00,1.00;5.00,5.00"/>'

MASK = '<mask label="dog" rle="0, 2, 1, 1, 1, 1" left="3" top="2" width="3" height="2"/>'

BOX = '<box label="cat" xtl="1.5" ytl="2" xbr="4" ybr="5" group_id="3"/>'


def image(*shapes: str, name: str = "a.jpg", width: str = "20") -> str:
    return f'<image id="0" name="{name}" width="{width}" height="10">{"".join(shapes)}</image>'


def write(folder: Path, *images: str, labels: str = LABELS, before: str = "") -> Path:
    path = folder / "annotations.xml"
    meta = f"<meta><task><labels>{labels}</labels></task></meta>" if labels else ""
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>{before}\n<annotations>\n<version>1.1</version>\n'
        f"{meta}\n{''.join(images)}</annotations>"
    )
    return path


def test_polygons_masks_and_boxes_become_annotations(tmp_path: Path) -> None:
    path = write(tmp_path, image(POLYGON, MASK, BOX), image(name="b/c.jpg", width="30"))
    found = cvat_to_coco(path)
    assert found.images.file_names == ("a.jpg", "b/c.jpg")
    assert found.images.sizes.tolist() == [[10, 20], [10, 30]]
    assert found.categories.names == ("dog", "cat")
    assert found.category_id.tolist() == [2, 1, 2]
    assert found.boxes[2].tolist() == [1.5, 2, 2.5, 3]
    mask = decode(found.masks.take(np.array([1])))[0]
    assert mask[2:4, 3:6].tolist() == [[1, 1, 0], [1, 0, 1]]
    assert mask.sum() == found.area[1] == 4
    assert [note.message for note in found.notes] == [
        f"{path}: category ids, in the order of its labels: 1 dog, 2 cat",
        f"{path}: 1 shape is in groups, and each is an object of its own",
        f"{path}: 1 object is a box without a mask; `boxes_as_masks=True` fills them",
    ]


def test_without_labels_categories_are_sorted_by_name(tmp_path: Path) -> None:
    found = cvat_to_coco(write(tmp_path, image(MASK, POLYGON), labels=""))
    assert found.categories.names == ("cat", "dog")


def test_parts_of_skeletons_are_no_categories(tmp_path: Path) -> None:
    nose = "<label><name>nose</name><parent>face</parent></label>"
    assert cvat_to_coco(write(tmp_path, labels=LABELS + nose + nose)).categories.names == (
        "dog",
        "cat",
    )


def test_labels_that_occur_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="<label>: name is 'dog', expected that of a label"):
        cvat_to_coco(write(tmp_path, labels=LABELS + LABELS))


def test_the_written_file_is_read_by_check_and_pycocotools(tmp_path: Path) -> None:
    save_ground_truth(cvat_to_coco(write(tmp_path, image(POLYGON, MASK))), tmp_path / "gt.json")
    assert not [each for each in check(tmp_path / "gt.json").findings if each.level == "error"]
    coco = COCO(tmp_path / "gt.json")
    assert [int(coco.annToMask(each).sum()) for each in coco.loadAnns([1, 2])] == [6, 4]


def test_unknown_shapes_are_refused_or_counted(tmp_path: Path) -> None:
    turned = BOX.replace("group_id", 'rotation="30.5" group_id')
    path = write(tmp_path, image("\n", '<points label="cat" points="1,1"/>', turned))
    with pytest.raises(FormatError) as caught:
        cvat_to_coco(path)
    assert caught.value.message == (
        f"{path}: line 6: <points> of 'a.jpg': is not known, expected polygon, box or mask, not "
        "turned. `skip_unknown=True` leaves such shapes out."
    )
    found = cvat_to_coco(path, skip_unknown=True)
    assert found.notes[-1].message == f"{path}: left out: 1 points, 1 turned box"


BAD = {
    "nan": (image(POLYGON.replace("5.00,1", "nan,1")), "a coordinate is 'nan', expected a number"),
    "huge": (image(POLYGON.replace("5.00,1", "1e300,1")), "a coordinate is 1e+300, expected at"),
    "endless": (image(POLYGON.replace("5.00,1", "1e999,1")), "a coordinate is inf, expected a"),
    "two points": (image(POLYGON.replace(";5.00,5.00", "")), "a polygon needs at least 3"),
    "no points": (image('<polygon label="cat"/>'), "points is None, expected x,y;x,y"),
    "label": (image(POLYGON.replace("cat", "cow")), "label is 'cow', expected one of the labels"),
    "no label": (image('<box xtl="1"/>'), "label is None"),
    "no edge": (image('<box label="cat" xtl="1"/>'), "ytl is None, expected a number"),
    "edges": (image(BOX.replace('"4"', '"1"')), "reaches from 1.5, 2 to 1, 5, expected"),
    "rle": (image(MASK.replace("0, 2", "0; 2")), "expected lengths of runs"),
    "short rle": (image(MASK.replace("0, 2", "0, 1")), "the runs have 5 pixels, expected 2 x 3"),
    "outside": (image(MASK.replace('"3" top', '"18" top')), "inside of its image of 10 x 20"),
    "name": (image(name="../a.jpg"), "expected the name of an image in the folder"),
    "absolute": (image(name="/a.jpg"), "expected the name of an image in the folder"),
    "no size": (image(width="0"), "has 10 x 0 pixels (H x W), expected sides above 0"),
    "float size": (image(width="1.5"), "width is '1.5', expected whole pixels"),
    "vast": (image(width="9" * 15), "has a side of 999,999,999,999,999 pixels"),
    "twice": (image() + image(), "the image 'a.jpg' was in"),
    "track": ('<track id="0" label="cat"/>', "is a track, of CVAT for video"),
    "broken": ("<image", "not valid XML at line"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_understood_is_named(tmp_path: Path, name: str) -> None:
    text, words = BAD[name]
    path = write(tmp_path, text)
    with pytest.raises(FormatError) as caught:
        cvat_to_coco(path)
    assert words in caught.value.message
    assert caught.value.message.startswith(str(path))


DOCTYPES = {
    "entities": '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>',
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE a SYSTEM "http://localhost/a.dtd">',
}


@pytest.mark.parametrize("name", DOCTYPES)
def test_document_types_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match=r"has a document type \(DTD\) at line 1"):
        cvat_to_coco(write(tmp_path, before=DOCTYPES[name]))


OTHER = {
    "root": ("<annotation/>", "line 1: <annotation>: expected <annotations>"),
    "no version": ("<annotations/>", "has no <version>, expected 1.1"),
    "version": ("<annotations><version>2.0</version></annotations>", "is '2.0', expected 1.1"),
    "depth": ("<annotations>" + "<a>" * 99, "more than 32 elements inside of each other"),
    "entity": ("<annotations>&b;</annotations>", "not valid XML"),
    "encoding": ('<?xml version="1.0" encoding="x"?><a/>', "not valid XML"),
    "empty": ("", "not valid XML"),
}


@pytest.mark.parametrize("name", OTHER)
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    text, words = OTHER[name]
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(FormatError) as caught:
        cvat_to_coco(tmp_path / "a.xml")
    assert words in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.xml: no such file"):
        cvat_to_coco(tmp_path / "a.xml")
