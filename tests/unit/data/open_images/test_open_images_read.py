"""Reading the CSV files of Open Images, and what is said about wrong ones."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.open_images import (
    ClassTree,
    OpenImagesGroundTruth,
    load_class_tree,
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.data.open_images.to_coco import load_class_ids
from segeval.errors import FormatError, InputError, MismatchError
from segeval.limits import raised
from segeval.masks import decode_one
from tests.open_images_files import (
    BOX,
    BOX_PREDS,
    BOXES,
    LABELS,
    MASKS,
    PREDS,
    Scene,
    sides_of,
    strip,
    text_of,
    write_csv,
)

MASK = strip(0, 10)
EXPECTED = "expected base64 of zlib of COCO's compressed counts"
GOOD = ("a", 100, 1, "cat", 0.9, text_of(MASK))


def with_value(column: str, value: object) -> tuple[object, ...]:
    """A prediction with one wrong value."""
    return tuple(value if name == column else good for name, good in zip(PREDS, GOOD, strict=True))


def refusal(read: Callable[[], object], kind: type[InputError] = FormatError) -> str:
    """What is said about a file."""
    with pytest.raises(kind) as caught:
        read()
    return str(caught.value)


def test_predictions_are_columns_in_file_order(tmp_path: Path) -> None:
    rows = [GOOD, ("b", 100, 1, "ant", 0.5, text_of(strip(5, 7)))]
    preds = load_open_images_predictions(write_csv(tmp_path / "p.csv", PREDS, rows))
    assert (preds.image_ids, preds.labels) == (("a", "b"), ("ant", "cat"))
    assert preds.label.tolist() == [1, 0]
    assert preds.score.tolist() == [0.9, 0.5]
    assert preds.masks is not None
    assert (decode_one(preds.masks.decode(), 1) == strip(5, 7)).all()
    assert "2 predictions" in repr(preds)


def test_a_quoted_or_compressed_file_reads_the_same(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "p.csv", PREDS, [GOOD])
    lines = [line.split(",") for line in plain.read_text().splitlines()]
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    (tmp_path / "quoted.csv").write_text(quoted)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbf" + plain.read_bytes())
    for name in ("quoted.csv", "packed.csv.gz", "marked.csv"):
        preds = load_open_images_predictions(tmp_path / name)
        assert (preds.image_ids, preds.score.tolist()) == (("a",), [0.9])


def test_masks_longer_than_the_csv_module_allows_are_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 2, (800, 800)).astype(np.uint8)
    text = text_of(noise)
    assert len(text) > 1 << 17
    path = write_csv(tmp_path / "p.csv", PREDS, [("a", 800, 800, "cat, the", 0.9, text)])
    preds = load_open_images_predictions(path)
    assert preds.labels == ("cat, the",)
    assert preds.masks is not None
    assert (decode_one(preds.masks.decode(), 0) == noise).all()


def test_masks_and_boxes_are_joined(tmp_path: Path) -> None:
    scene = Scene().box(strip(50, 60)).gt(MASK).gt(strip(20, 40), group=1)
    scene.label("cat").label("dog", present=0)
    files = scene.write(tmp_path)
    gt = load_open_images_ground_truth(files["gt"], boxes=files["boxes"], labels=files["labels"])
    assert gt.mask.tolist() == [-1, 0, 1]
    assert gt.is_group_of.tolist() == [False, False, True]
    assert gt.has_box.all()
    assert gt.verified_present.tolist() == [True, False]
    assert gt.boxes_xyxy[1].tolist() == [0, 0, 0.1, 1]
    assert (len(gt), gt.notes, gt.has_labels) == (3, (), True)
    assert "3 objects, 2 masks, 1 image, 2 labels" in repr(gt)


def test_a_mask_without_its_box_stands_alone_and_is_said(tmp_path: Path) -> None:
    files = Scene().gt(MASK).gt(strip(20, 40)).write(tmp_path)
    write_csv(files["boxes"], BOXES, [("a", "cat", 1, *sides_of(MASK), 0)])
    gt = load_open_images_ground_truth(files["gt"], boxes=files["boxes"])
    assert gt.has_box.tolist() == [True, False]
    (note,) = gt.notes
    assert note.code == "mask-without-box"
    assert "first: line 3 of" in note.message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("b", "cat", 1, *sides_of(MASK), 0), "no ImageID is in both (such as 'a' and 'b')"),
        (("a", "dog", 1, *sides_of(MASK), 0), "no LabelName is in both (such as 'cat' and 'dog')"),
        (("a", "cat", 1, 0, 0.1000001, 0, 1, 0), "the coordinates differ"),
    ],
)
def test_masks_and_boxes_that_do_not_join_are_refused(
    tmp_path: Path, row: tuple[Any, ...], reason: str
) -> None:
    files = Scene().gt(MASK).write(tmp_path)
    write_csv(files["boxes"], BOXES, [row])
    message = refusal(
        lambda: load_open_images_ground_truth(files["gt"], boxes=files["boxes"]), MismatchError
    )
    assert "none of 1 mask has a box in" in message
    assert reason in message


def test_equal_boxes_and_masks_make_a_limited_number_of_pairs(tmp_path: Path) -> None:
    files = Scene().gt(MASK).gt(MASK).write(tmp_path)
    write_csv(files["boxes"], BOXES, [("a", "cat", 1, *sides_of(MASK), 0)] * 2)

    def read(compat: str | None) -> OpenImagesGroundTruth:
        return load_open_images_ground_truth(files["gt"], boxes=files["boxes"], compat=compat)

    with raised(pairs=3):
        assert len(read(None)) == 2
        assert "each with each, make 4 pairs and more, expected at most 3." in refusal(
            lambda: read("official")
        )
    assert len(read("official")) == 4


def test_one_long_name_takes_no_room_for_the_others(tmp_path: Path) -> None:
    names = [f"image{number}" for number in range(20_000)]
    rows = [(name, "cat", 0.5, 0, 1, 0, 1) for name in [*names, "x" * 100_000]]
    preds = load_open_images_predictions(write_csv(tmp_path / "p.csv", BOX_PREDS, rows))
    assert len(preds.image_ids) == 20_001  # as an array of text: 8 GB


def test_masks_may_be_pictures_beside_the_table(tmp_path: Path) -> None:
    columns = ("MaskPath", "ImageID", "LabelName", *(f"Box{side}" for side in BOX))
    path = tmp_path / "objects.csv"
    for folder in ("", "masks", "objects"):
        name = f"{folder or 'here'}.png"
        (tmp_path / folder).mkdir(exist_ok=True)
        Image.fromarray(MASK * 255).save(tmp_path / folder / name)
        write_csv(path, columns, [(name, "a", "cat", *sides_of(MASK))])
        gt = load_open_images_ground_truth(path)
        assert (decode_one(gt.masks.decode(), 0) == MASK).all()
    write_csv(path, columns, [("gone.png", "a", "cat", *sides_of(MASK))])
    message = refusal(lambda: load_open_images_ground_truth(path), InputError)
    assert "line 2 (ImageID a): MaskPath is 'gone.png', and there is no such file" in message


def test_a_picture_has_the_size_that_the_table_says(tmp_path: Path) -> None:
    Image.fromarray(MASK * 255).save(tmp_path / "one.png")
    rows = [("a", "cat", 50, 1, *sides_of(MASK), 0, "one.png")]
    path = write_csv(tmp_path / "masks.csv", MASKS, rows)
    message = refusal(lambda: load_open_images_ground_truth(path))
    assert "Mask is a picture of 1 x 100 pixels, ImageHeight x ImageWidth is 1 x 50" in message


def test_files_and_text_do_not_mix(tmp_path: Path) -> None:
    rows = [with_value("Mask", "one.png"), GOOD]
    path = write_csv(tmp_path / "p.csv", PREDS, rows)
    assert "Mask mixes files and base64" in refusal(lambda: load_open_images_predictions(path))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "ImageID,Mask",
            "the columns LabelName, Score are missing, found ImageID, Mask; expected a CSV file of",
        ),
        (
            "ImageID,LabelName,Score",
            "the columns XMin, XMax, YMin, YMax are missing, found ImageID, LabelName, Score;",
        ),
        (
            "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf",
            "the column Score is missing, .* This looks like ground truth: predictions come first.",
        ),
        (
            "ImageID,LabelName,Score,Mask",
            "the column ImageWidth is missing; Mask is base64 of zlib",
        ),
    ],
)
def test_missing_columns_are_named_with_those_found(
    tmp_path: Path, header: str, message: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\n{','.join('x' for _ in header.split(','))}\n")
    assert re.search(message, refusal(lambda: load_open_images_predictions(path)))


def test_predictions_given_as_ground_truth_are_recognised(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", PREDS, [GOOD])
    message = refusal(lambda: load_open_images_ground_truth(path))
    assert "This looks like predictions: ground truth comes second." in message


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Score", "high", "Score is 'high', expected a finite number."),
        ("Score", "nan", "Score is 'nan', expected a finite number."),
        ("Score", "", "Score is '', expected a finite number."),
        ("ImageID", "", "ImageID is '', expected a name."),
        ("LabelName", "", "LabelName is '', expected a name."),
        (
            "ImageWidth",
            "1.5",
            "ImageWidth is '1.5', expected a whole number of pixels, at least 1.",
        ),
        ("ImageHeight", "0", "ImageHeight is '0', expected a whole number of pixels"),
        ("Mask", "", "Mask is '', expected a mask."),
        (
            "Mask",
            "no*base64",
            f"Mask is 'no*base64', {EXPECTED}; this is not base64.",
        ),
        ("Mask", "nö", f"Mask is 'nö', {EXPECTED}; this is not base64."),
        (
            "Mask",
            base64.b64encode(b"013000").decode(),
            f"Mask is 'MDEzMDAw', {EXPECTED}; this is base64, but not of zlib.",
        ),
        (
            "Mask",
            base64.b64encode(zlib.compress(b"0 1")).decode(),
            "Mask: counts holds a character that compressed counts never have: '0 1'.",
        ),
        (
            "Mask",
            text_of(strip(0, 10, width=90)),
            "Mask: the runs add up to 90 pixels, expected 1 x 100 = 100.",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    tmp_path: Path, column: str, value: str, message: str
) -> None:
    path = write_csv(tmp_path / "p.csv", PREDS, [GOOD, with_value(column, value), GOOD])
    image = value if column == "ImageID" else "a"
    found = refusal(lambda: load_open_images_predictions(path))
    assert found.startswith(f"{path}: line 3 (ImageID {image}): {message}")


def test_equal_mistakes_are_counted(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", PREDS, [GOOD, *[with_value("Score", "x")] * 3])
    message = refusal(lambda: load_open_images_predictions(path))
    assert message.endswith("Score is 'x', expected a finite number. 2 more like it.")


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (
            (0.1, 1.2, 0, 1),
            "XMax is '1.2', expected 0 to 1, a fraction of the image's width or height",
        ),
        ((-0.1, 0.2, 0, 1), "XMin is '-0.1', expected 0 to 1"),
        ((10, 200, 30, 40), "XMin is '10', .* Divide pixels by the size of the image."),
        ((0.5, 0.1, 0, 1), "XMin is 0.5 and XMax is 0.1, expected the smaller one first"),
        ((0.1, 0.5, 1, 0), "YMin is 1 and YMax is 0, .* in the order XMin, XMax, YMin, YMax?"),
    ],
)
def test_boxes_outside_or_swapped_are_refused(
    tmp_path: Path, sides: tuple[float, ...], message: str
) -> None:
    path = write_csv(tmp_path / "b.csv", BOXES, [("a", "cat", 1, *sides, 0)])
    found = refusal(lambda: load_open_images_ground_truth(boxes=path))
    assert "line 2 (ImageID a)" in found
    assert re.search(message, found)


def test_predicted_boxes_may_leave_the_image_a_little(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", BOX_PREDS, [("a", "cat", 0.9, -0.1, 1.1, 0, 1)])
    assert load_open_images_predictions(path).boxes_xyxy is not None
    write_csv(path, BOX_PREDS, [("a", "cat", 0.9, 10, 200, 0, 1)])
    assert "Divide pixels" in refusal(lambda: load_open_images_predictions(path))


@pytest.mark.parametrize("value", ["-1", "0.5", "True"])
def test_group_flags_are_zero_or_one(tmp_path: Path, value: str) -> None:
    path = write_csv(tmp_path / "b.csv", BOXES, [("a", "cat", 1, *sides_of(MASK), value)])
    found = refusal(lambda: load_open_images_ground_truth(boxes=path))
    assert f"IsGroupOf is '{value}', expected " in found


def test_labels_are_verified_or_not(tmp_path: Path) -> None:
    files = Scene().gt(MASK).write(tmp_path)
    path = write_csv(tmp_path / "l.csv", LABELS, [("a", "cat", 0.7)])
    found = refusal(lambda: load_open_images_ground_truth(files["gt"], labels=path))
    assert "Confidence is '0.7', expected 0 or 1" in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty, expected a CSV file of predictions with the columns ImageID, LabelName"),
        (
            '[{"image_id": 1}]',
            "is JSON, expected a CSV file of predictions .* `coco_to_open_images`",
        ),
        ("ImageID,LabelName,Score\na,b\n", "line 2 has 2 values, expected 3 as in the header."),
        (b"\x89PNG\xff\xfe\xfd", "is not text, expected a CSV file"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = refusal(lambda: load_open_images_predictions(path))
    assert found.startswith(str(path))
    assert re.search(message, found)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    assert "gone.csv: no such file" in refusal(
        lambda: load_open_images_predictions(gone), InputError
    )
    assert "is a folder, expected a CSV file" in refusal(
        lambda: load_open_images_predictions(tmp_path), InputError
    )
    assert "neither masks nor boxes" in refusal(load_open_images_ground_truth, InputError)


def test_a_label_at_two_places_has_both_paths_above_it() -> None:
    tree = ClassTree.of(
        {
            "LabelName": "root",
            "Subcategory": [
                {"LabelName": "food", "Subcategory": [{"LabelName": "apple"}]},
                {"LabelName": "plant", "Subcategory": [{"LabelName": "apple"}]},
            ],
        }
    )
    assert tree.ancestors["apple"] == ("food", "plant")
    assert tree.descendants == {"apple": (), "food": ("apple",), "plant": ("apple",)}
    assert (len(tree), repr(tree)) == (3, "ClassTree(hierarchy: 3 labels)")


def test_a_tree_without_end_is_refused() -> None:
    tree: dict[str, Any] = {"LabelName": "leaf"}
    for level in range(40):
        tree = {"LabelName": f"level {level}", "Subcategory": [tree]}
    message = refusal(lambda: ClassTree.of(tree, "tree.json"))
    assert 'tree.json: the label "level 5" has 33 labels above it, expected at most 32' in message
    with raised(levels=40):
        assert len(ClassTree.of(tree)) == 40
    with raised(levels=40, categories=39):
        assert "holds 40 labels, expected at most 39." in refusal(lambda: ClassTree.of(tree))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"Subcategory": []}, '$ is an object with ["Subcategory"], expected an object with Label'),
        ({"LabelName": "r", "Subcategory": ["cat"]}, '$.Subcategory[0] is "cat", expected'),
        ({"LabelName": "r", "Subcategory": {}}, "$.Subcategory is {}, expected a list"),
        ({"LabelName": "r"}, "the root has no Subcategory, expected a tree of labels"),
        ([], "$ is [], expected an object with LabelName"),
    ],
)
def test_a_tree_that_is_none_is_refused(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "tree.json"
    path.write_text(json.dumps(content))
    found = refusal(lambda: load_class_tree(path))
    assert found.startswith(str(path))
    assert message in found


def test_a_tree_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "tree.json", PREDS, [GOOD])
    assert "is a CSV file of Open Images, expected the tree" in refusal(
        lambda: load_class_tree(path)
    )


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def test_a_mask_unpacks_to_no_more_than_its_pixels_need(tmp_path: Path) -> None:
    bomb = with_value("Mask", packed(b"0" * 10_000))
    path = write_csv(tmp_path / "p.csv", PREDS, [GOOD, bomb, bomb])
    message = refusal(lambda: load_open_images_predictions(path))
    assert message.startswith(f"{path}: line 3 (ImageID a): Mask is ")
    assert message.endswith("this unpacks to more than the pixels of its image. 1 more like it.")


def test_masks_together_unpack_to_no_more_than_the_limit(tmp_path: Path) -> None:
    bomb = ("a", 30_000, 30_000, "cat", 0.9, packed(b"0" * 2_000_000))
    path = write_csv(tmp_path / "p.csv", PREDS, [bomb] * 20)
    size = 20 * len(bomb[-1])
    with raised(unpacked_bytes=30_000_000, unpacked_ratio=100):
        message = refusal(lambda: load_open_images_predictions(path))
    assert message == (
        f"{path}: has {size:,} bytes and unpacks to more than 30,000,000. If that is right, raise "
        "the limit: `limits.raised(unpacked_ratio=1000)`."
    )


def test_half_a_mask_is_not_of_zlib(tmp_path: Path) -> None:
    half = base64.b64encode(zlib.compress(b"013000" * 9)[:-6]).decode()
    path = write_csv(tmp_path / "p.csv", PREDS, [with_value("Mask", half)])
    message = refusal(lambda: load_open_images_predictions(path))
    assert "this is base64, but not of zlib." in message


def test_a_field_of_any_length_is_read(tmp_path: Path) -> None:
    long = "x" * 300_000
    path = write_csv(tmp_path / "p.csv", PREDS, [("a", 100, 1, long, 0.9, text_of(MASK))])
    path.write_text(path.read_text().replace(",cat", ',"cat"').replace(long, f'"{long}"'))
    assert load_open_images_predictions(path).labels == (long,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("9" * 5000, "0 of 5,000: a whole number of more than 4,300 digits"),
        ("[" * 100_000, "0 of 100,000: lists within lists without end"),
        ('{"LabelName": ', "14 of 14: the file ends inside a record. Was the writing interrupted?"),
    ],
)
def test_an_odd_tree_is_not_json(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "tree.json"
    path.write_text(content)
    assert refusal(lambda: load_class_tree(path)) == f"{path}: not valid JSON at byte {reason}"


def test_ids_of_classes_fit_into_64_bits(tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    path.write_text("id,LabelName\n" + "1" * 30 + ",/m/1\n")
    message = refusal(lambda: load_class_ids(path))
    assert message.endswith(f"line 2: id is '{'1' * 30}', expected a number of at most 18 digits.")
    path.write_text("id,LabelName\n" + "1" * 18 + ",/m/1\n")
    assert load_class_ids(path) == {"/m/1": 111_111_111_111_111_111}


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (
            10_000_001,
            1,
            "line 2 (ImageID a): ImageWidth is 10,000,001, expected at most 10,000,000.",
        ),
        (
            1,
            2**31,
            "line 2 (ImageID a): ImageHeight is '2147483648', expected a whole number of pixels",
        ),
        (
            9_000_000,
            9_000_000,
            "line 2 (ImageID a): the mask has 81,000,000,000,000 pixels, expected",
        ),
    ],
)
def test_sizes_have_limits(tmp_path: Path, width: int, height: int, words: str) -> None:
    row = ("a", width, height, "cat", 0.9, text_of(MASK))
    path = write_csv(tmp_path / "p.csv", PREDS, [row])
    assert words in refusal(lambda: load_open_images_predictions(path))
