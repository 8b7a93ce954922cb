"""Text files of YOLO as COCO's columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from pycocotools.coco import COCO

from segeval import FormatError, InputError, MismatchError, check
from segeval.data import save_ground_truth, save_predictions, yolo_to_coco
from segeval.data.yolo.names import class_names

TRIANGLE = "0.1 0.2 0.5 0.2 0.5 0.6"  # of 20 x 10 pixels: 2, 2  10, 2  10, 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("images/train", "labels/train", "preds"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a", "b"):
        Image.new("RGB", (20, 10)).save(tmp_path / "images" / "train" / f"{name}.png")
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    (tmp_path / "labels" / "train" / "a.txt").write_text(f"1 {TRIANGLE}\n\n0 0.25 0.5 0.5 0.4 \r\n")
    return tmp_path


def test_polygons_and_boxes_become_annotations(folder: Path) -> None:
    gt = yolo_to_coco(folder / "labels", folder / "images", folder / "names.txt").gt
    assert gt.images.file_names == ("train/a.png", "train/b.png")
    assert gt.images.sizes.tolist() == [[10, 20]] * 2
    assert gt.categories.names == ("cat", "dog")
    assert gt.category_id.tolist() == [2, 1]
    assert gt.boxes.tolist() == [[3, 2, 7, 4], [0, 3, 10, 4]]
    assert [note.message for note in gt.notes] == [
        f"{folder / 'labels'}: category ids, in the order of {folder / 'names.txt'}: 1 cat, 2 dog",
        f"{folder / 'labels'}: 1 image has no text file, and so no objects",
        f"{folder / 'labels'}: 1 object is a box without a mask; `boxes_as_masks=True` fills them",
    ]


def test_predictions_end_in_a_confidence(folder: Path) -> None:
    (folder / "preds" / "b.txt").write_text(f"1 {TRIANGLE} 0.75\n0 0.5 0.5 0.5 0.4 0.5\n")
    paths = (folder / "labels", folder / "images", folder / "names.txt", folder / "preds")
    preds = yolo_to_coco(*paths).preds
    assert preds is not None
    assert preds.score.tolist() == [0.75, 0.5]
    assert (preds.image_id.tolist(), preds.category_id.tolist()) == ([2, 2], [2, 1])
    assert preds.has_box.tolist() == [False, True]
    with pytest.raises(FormatError, match=r"b\.txt: line 1: has 7 numbers .* `preds` reads these"):
        yolo_to_coco(folder / "preds", folder / "images", folder / "names.txt")
    (folder / "preds" / "b.txt").write_text(f"1 {TRIANGLE}\n")
    with pytest.raises(FormatError, match="expected pairs of x and y and a confidence"):
        yolo_to_coco(*paths)
    (folder / "preds" / "b.txt").unlink()
    nothing = yolo_to_coco(*paths).preds
    assert nothing is not None
    assert len(nothing) == 0


def test_the_written_files_are_read_by_check_and_pycocotools(folder: Path) -> None:
    (folder / "preds" / "a.txt").write_text(f"1 {TRIANGLE} 0.75\n")
    found = yolo_to_coco(
        folder / "labels", folder / "images", folder / "names.txt", folder / "preds",
        boxes_as_masks=True,
    )  # fmt: skip
    assert found.preds is not None
    gt, preds = folder / "gt.json", folder / "preds.json"
    save_ground_truth(found.gt, gt)
    save_predictions(found.preds, preds)
    assert not [each for each in check(preds, gt).findings if each.level == "error"]
    coco = COCO(gt)
    results = coco.loadRes(str(preds))
    truth, pred = coco.annToMask(coco.loadAnns([1])[0]), results.annToMask(results.loadAnns([1])[0])
    assert (truth == pred).all()
    assert truth.sum() == found.gt.area[0]


def test_files_are_paired_by_paths_or_by_names_that_are_unique(folder: Path) -> None:
    (folder / "labels" / "train" / "c.txt").touch()
    paths = (folder / "labels", folder / "images", folder / "names.txt")
    with pytest.raises(MismatchError, match=r"c\.txt: there is no image of this name"):
        yolo_to_coco(*paths)
    (folder / "labels" / "train" / "c.txt").unlink()
    Image.new("RGB", (20, 10)).save(folder / "images" / "train" / "a.jpg")
    with pytest.raises(MismatchError, match=r"a\.txt: there is 2 images of this name"):
        yolo_to_coco(*paths)


BAD = {
    "nan": ("0 0.1 nan 0.5 0.2 0.5 0.6", "line 1: has 'nan', expected a finite number"),
    "underscore": ("0 0.1 0_1 0.5 0.2 0.5 0.6", "has '0_1', expected a finite number"),
    "class": ("0.5 0.1 0.2 0.5 0.2 0.5 0.6", "has '0.5', expected the number of a class"),
    "unknown class": (f"7 {TRIANGLE}", "line 1: has class 7, the names have 0 to 1"),
    "pixels": ("0 1 2 3 4 5 6", "line 1: has '2', expected fractions of the image"),
    "huge": ("0 0.1 1e999 0.5 0.2 0.5 0.6", "has '1e999', expected fractions"),
    "two points": ("0 0.1 0.2", "line 1: has 1 point, a polygon needs at least 3"),
    "class alone": ("0", "has 0 points"),
    "negative": ("0 0.5 0.5 -0.001 0.1", "the box is -0.001 wide and 0.1 high"),
    "binary": ("\u00e9", "is not text of numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_understood_is_named(folder: Path, name: str) -> None:
    text, words = BAD[name]
    path = folder / "labels" / "train" / "a.txt"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        yolo_to_coco(folder / "labels", folder / "images", folder / "names.txt")
    assert words in caught.value.message
    assert caught.value.message.startswith(str(path))


def test_lines_without_three_points_are_left_out_and_counted(folder: Path) -> None:
    (folder / "labels" / "train" / "a.txt").write_text(f"0 0.1 0.2\n0 {TRIANGLE}")
    gt = yolo_to_coco(
        folder / "labels", folder / "images", folder / "names.txt", skip_unknown=True
    ).gt
    assert len(gt) == 1
    assert gt.notes[-1].message.endswith("left out: 1 line of fewer than three points")


def test_names_of_files_that_are_no_unicode_are_refused(folder: Path) -> None:
    try:
        Image.new("RGB", (20, 10)).save(folder / "images" / "\udcff.png")
    except OSError:
        pytest.skip("the file system has names of Unicode alone")
    with pytest.raises(FormatError, match="which no JSON file can hold"):
        yolo_to_coco(folder / "labels", folder / "images", folder / "names.txt")


def test_empty_folders_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"has no \.txt files of YOLO"):
        yolo_to_coco(folder / "preds", folder / "images", folder / "names.txt")
    with pytest.raises(InputError, match="has no images"):
        yolo_to_coco(folder / "labels", folder / "preds", folder / "names.txt")


YAML = {
    "map": "nc: 2\nnames:\n  0: cat  # small\n  1: traffic light\n\nroboflow:\n  url: x\n",
    "quoted map": "names:\n  0: 'cat'\n  1: \"traffic light\"\n",
    "list": "names:\n- cat\n- traffic light\nval: x\n",
    "indented list": "names:\n  # all\n  - cat\n  - 'traffic light'\n",
    "one line": "names: ['cat', \"traffic light\"]\n",
    "plain line": "names: [cat, traffic light]  # two\n",
    "lines": "names: [cat,\n  traffic light,\n]\n",
    "map in a line": "names: {0: cat, 1: traffic light}\n",
}


@pytest.mark.parametrize("name", YAML)
def test_names_are_read_in_the_forms_of_yaml_that_are_used(tmp_path: Path, name: str) -> None:
    (tmp_path / "data.yaml").write_text(YAML[name])
    assert class_names(tmp_path / "data.yaml") == {0: "cat", 1: "traffic light"}


BAD_NAMES = {
    "none": ("nc: 2\n", "has 0 lines that begin with names:"),
    "number": ("names: 7\n", "line 1: names is '7', expected a list or a map"),
    "anchor": ("names: &a\n", "expected a list or a map"),
    "tag": ("names:\n  0: !!python/object x\n", "line 2 is '0: !!python/object x', expected a"),
    "nested": ("names:\n  0: {a: b}\n", "expected a name of a class"),
    "twice": ("names: [cat, cat]\n", "classes 0 and 1 are both called 'cat'"),
    "same number": ("names:\n  0: cat\n  0: dog\n", "names class 0 twice: 'cat', 'dog'"),
    "mixed": ("names:\n  0: cat\n  - dog\n", "line 3: names are both a list and a map"),
    "open": ("names: [cat, dog\n", "names has no closing ]"),
    "no comma": ("names: ['cat' 'dog']\n", "expected a comma"),
    "empty": ("names: []\n", "has no names of classes"),
    "keypoints": ("kpt_shape: [17, 3]\nnames: [cat]\n", "its labels are keypoints"),
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_in_other_forms_are_refused(tmp_path: Path, name: str) -> None:
    text, words = BAD_NAMES[name]
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(FormatError) as caught:
        class_names(tmp_path / "data.yaml")
    assert words in caught.value.message


def test_an_empty_line_in_a_list_of_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\n\ndog\n")
    with pytest.raises(FormatError, match="line 2 is empty, expected the name of class 1"):
        class_names(tmp_path / "names.txt")
