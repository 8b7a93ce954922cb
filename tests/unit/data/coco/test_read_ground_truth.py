"""Reading ground truth: COCO and LVIS files, and words for every file that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from segeval.data import GroundTruth, load_ground_truth
from segeval.data.coco import read_ground_truth
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.errors import FormatError
from segeval.limits import raised

SQUARE = [[0, 0, 9, 0, 9, 9, 0, 9]]
ANNOTATION = {
    "id": 7,
    "image_id": 2,
    "category_id": 3,
    "segmentation": SQUARE,
    "area": 81.5,
    "bbox": [0, 0, 9, 9.5],
    "iscrowd": 0,
}


def file_with(*annotations: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A file of an image, a category, and annotations that differ from `ANNOTATION` in fields."""
    return {
        "images": [{"id": 2, "height": 20, "width": 30, "file_name": "2.jpg"}],
        "categories": [{"id": 3, "name": "sofa"}],
        "annotations": [{**ANNOTATION, **fields} for fields in annotations],
        **sections,
    }


def parse(file: Any) -> GroundTruth:
    return parse_ground_truth(json.dumps(file).encode(), "gt.json")


def refusal(file: Any) -> FormatError:
    text = file if isinstance(file, str) else json.dumps(file)
    with pytest.raises(FormatError) as caught:
        parse_ground_truth(text.encode("utf-8", "surrogatepass"), "gt.json")
    assert caught.value.path == "gt.json"
    assert "predictions are a list of" not in caught.value.message
    return caught.value


def test_a_file_becomes_columns(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text(
        json.dumps(file_with({}, {"id": 8, "iscrowd": 1, "ignore": 1}, info={"x": [1]}))
    )
    gt = load_ground_truth(path)
    assert (gt.id.tolist(), gt.image_id.tolist(), gt.category_id.tolist()) == (
        [7, 8],
        [2, 2],
        [3, 3],
    )
    assert (gt.area.tolist(), gt.boxes[0].tolist()) == ([81.5, 81.5], [0, 0, 9, 9.5])
    assert (gt.is_crowd.tolist(), gt.ignore.tolist()) == ([False, True], [False, True])
    assert (gt.images.sizes.tolist(), gt.images.file_names) == ([[20, 30]], ("2.jpg",))
    assert (gt.categories.id.tolist(), gt.categories.names) == ([3], ("sofa",))
    assert (gt.source, gt.notes, gt.is_lvis) == (str(path), (), False)


def test_what_is_missing_is_noted() -> None:
    gt = parse(file_with({"area": None, "bbox": None, "iscrowd": None, "segmentation": None}, {}))
    assert np.isnan(gt.area[0])
    assert np.isnan(gt.boxes[0]).all()
    assert (gt.crowd_missing.tolist(), gt.segmentations.format.tolist()) == ([True, False], [0, 3])
    assert {note.code: note.count for note in gt.notes} == {
        "area-computed": 1,
        "iscrowd-missing": 1,
    }


def test_lvis_is_known_by_its_keys() -> None:
    image = {"id": 2, "height": 4, "width": 4, "neg_category_ids": [3, 5]}
    gt = parse(
        file_with(
            {},
            images=[{**image, "not_exhaustive_category_ids": []}],
            categories=[{"id": 3, "name": "sofa", "frequency": "r"}],
        )
    )
    assert gt.is_lvis
    assert gt.images.negative is not None
    assert gt.images.negative.ids.tolist() == [3, 5]
    assert gt.categories.frequencies == ("r",)


GROUND_TRUTH = "ground truth is an object with images, annotations and categories"
SWAPPED = f"{GROUND_TRUTH}."

OTHER_FILES = {
    "": "not valid JSON at byte 0 of 0: the file is empty",
    " \n": "not valid JSON at byte 0 of 2: the file is empty",
    "null": f"holds null; {GROUND_TRUTH}.",
    "true": f"holds true; {GROUND_TRUTH}.",
    "[]": f"holds a list, as predictions do; {SWAPPED}",
    "[[]]": f"holds a list, as predictions do; {SWAPPED}",
    "[1": f"holds a list, as predictions do; {SWAPPED}",
    "{}": f"has no images; {GROUND_TRUTH}, this one has nothing.",
    '{"images": [], "annotations": [], "b": 1}': (
        f"has no categories; {GROUND_TRUTH}, this one has annotations, b, images."
    ),
    '{"images": {}, "annotations": [], "categories": []}': "images is {}, expected a list.",
    '{"images": [], "annotations": [1], "categories": []}': (
        "annotation #0 is 1, expected an object."
    ),
    '{"images": [], "annot': (
        "not valid JSON at byte 21 of 21: the file ends inside a record. "
        "Was the writing interrupted?"
    ),
    '{"images": [1 2]}': "not valid JSON at byte 14 of 17: expecting ',' delimiter",
    '{"images": [], "x": "\\q"}': "not valid JSON at byte 21 of 25: invalid \\escape",
    '{"images": [], "x": "\n"}': (
        "not valid JSON at byte 21 of 24: a text holds the raw byte 0x0A. JSON writes control "
        "characters as \\u and four digits. Is the file damaged, or a quotation mark missing?"
    ),
    '{"images": ' + "[" * 100_000: (
        "not valid JSON at byte 0 of 100,011: lists within lists without end"
    ),
}


@pytest.mark.parametrize("text", OTHER_FILES)
def test_a_file_of_another_kind_is_named(text: str) -> None:
    assert refusal(text).message == f"gt.json: {OTHER_FILES[text]}"


MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "NaN in a polygon": (
        {"segmentation": [[1, 2, 3, 4, 5, float("nan")]]},
        "bad-polygon",
        (
            "annotation 7 (image_id 2): polygon has the coordinate NaN, expected finite "
            "numbers within 1e+06."
        ),
    ),
    "Infinity in a polygon": (
        {"segmentation": [[1, 2, 3, 4, 5, float("-inf")]]},
        "bad-polygon",
        (
            "annotation 7 (image_id 2): polygon has the coordinate -Infinity, expected finite "
            "numbers within 1e+06."
        ),
    ),
    "NaN in counts": (
        {"segmentation": {"size": [2, 2], "counts": [float("nan")]}},
        "bad-counts",
        "annotation 7 (image_id 2): counts[0] is NaN, expected a whole number.",
    ),
    "NaN in a size": (
        {"segmentation": {"size": [2, float("nan")], "counts": "0"}},
        "bad-segmentation",
        (
            "annotation 7 (image_id 2): segmentation.size is [2, NaN], expected [height, width] in "
            "whole pixels."
        ),
    ),
    "NaN as area": (
        {"area": float("nan")},
        "not-finite",
        "annotation 7 (image_id 2): area is NaN, expected a finite number.",
    ),
    "NaN in a box": (
        {"bbox": [1, float("nan"), 2, 3]},
        "bad-box",
        (
            "annotation 7 (image_id 2): bbox is [1, NaN, 2, 3], expected four finite numbers x, y, "
            "width, height."
        ),
    ),
    "NaN as id": (
        {"id": float("nan")},
        "not-finite",
        "annotation #1: id is NaN, expected a whole number.",
    ),
    "three sides": (
        {"bbox": [1, 2, 3]},
        "bad-box",
        (
            "annotation 7 (image_id 2): bbox is [1.0, 2.0, 3.0], expected four numbers x, y, "
            "width, height"
        ),
    ),
    "id as text": (
        {"id": "7"},
        "id-type",
        (
            'annotation #1: id is text ("7"), but other annotation ids are numbers, '
            "such as 7. Write it as a number."
        ),
    ),
    "broken id": (
        {"image_id": 1.5},
        "bad-field",
        "annotation #1: image_id is 1.5, expected a whole number.",
    ),
    "huge id": (
        {"category_id": 2**64},
        "id-type",
        ("annotation #1: category_id is 18446744073709551616, too large: ids must be below 2^64."),
    ),
    "mask as text": (
        {"segmentation": "abc"},
        "bad-segmentation",
        (
            'annotation 7 (image_id 2): segmentation is "abc", expected polygons or '
            '{"size": [H, W], "counts": ...}'
        ),
    ),
    "mask without counts": (
        {"segmentation": {"size": [2, 2]}},
        "bad-segmentation",
        (
            'annotation 7 (image_id 2): segmentation has no counts, expected {"size": [H, W], '
            '"counts": ...}'
        ),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_record_field_and_value(name: str) -> None:
    fields, code, message = MISTAKES[name]
    error = refusal(file_with({}, fields))
    assert error.message == f"gt.json: {message}"
    assert (error.code, error.index) == (code, 1)


def test_a_number_beyond_all_floats_is_not_finite() -> None:
    text = json.dumps(file_with({})).replace("81.5", "1e400")
    assert refusal(text).message == (
        "gt.json: annotation 7 (image_id 2): area is Infinity, expected a finite number."
    )


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("id", "an id of its own"),
        ("image_id", "the id of its image"),
        ("category_id", "the id of its category"),
    ],
)
def test_a_missing_id_is_named(field: str, what: str) -> None:
    file = file_with({}, {})
    del file["annotations"][1][field]
    error = refusal(file)
    told = f"gt.json: annotation #1 has no {field}. Every annotation needs {what}."
    assert (error.message, error.index) == (told, 1)


TOO_LARGE: dict[str, tuple[int, int]] = {
    "image #0: height is 9223372036854775808, expected a whole number below 2^31.": (2**63, 1),
    "image 2 has a side of 2,147,483,648 pixels, expected less than 2^31.": (2**31, 1),
    "image 2 has a side of 10,000,001 pixels, expected at most 10,000,000. If that is right, raise "
    "the limit: `limits.raised(side=10000001)`.": (1, 10_000_001),
    "image 2 has 90,000,000,000,000 pixels, expected at most 17,592,186,044,416. If that is right, "
    "raise the limit: `limits.raised(pixels=90000000000000)`.": (10_000_000, 9_000_000),
}


@pytest.mark.parametrize("words", TOO_LARGE)
def test_an_image_that_is_too_large_is_named(words: str) -> None:
    height, width = TOO_LARGE[words]
    error = refusal(file_with({}, images=[{"id": 2, "height": height, "width": width}]))
    assert error.message == f"gt.json: {words}"


def test_an_image_may_be_larger_than_the_limits_where_they_are_raised() -> None:
    file = file_with({}, images=[{"id": 1, "height": 20_000_000, "width": 1}])
    with raised(side=20_000_000):
        gt = parse_ground_truth(json.dumps(file).encode(), "gt.json")
    assert gt.images.sizes.tolist() == [[20_000_000, 1]]


def test_a_side_that_is_null_is_as_missing() -> None:
    file = file_with({}, images=[{"id": 1, "height": None, "width": 5}])
    assert parse_ground_truth(json.dumps(file).encode()).images.sizes.tolist() == [[-1, 5]]


def test_a_mask_that_claims_too_much_is_named() -> None:
    mask = {"size": [10_000_001, 1], "counts": [10_000_001]}
    error = refusal(file_with({"segmentation": mask}))
    assert error.message == (
        "gt.json: annotation 7 (image_id 2): segmentation.size: the mask has a side of "
        "10,000,001 pixels, expected at most 10,000,000. If that is right, raise the limit: "
        "`limits.raised(side=10000001)`."
    )
    assert (error.index, error.field, error.option) == (0, "segmentation.size", "limit side")


def test_an_id_in_a_list_that_is_too_large_is_named() -> None:
    error = refusal(file_with({}, images=[{"id": 2, "neg_category_ids": [1, 2**64]}]))
    assert error.message == (
        "gt.json: image #0: neg_category_ids is 18446744073709551616, too large: ids must be "
        "below 2^64."
    )


def test_a_polygon_of_two_points_is_named_when_it_is_drawn() -> None:
    gt = parse(file_with({}, {"id": 1187, "segmentation": [[1, 2, 3, 4]]}))
    with pytest.raises(FormatError) as caught:
        _ = gt.masks
    assert caught.value.message == (
        "gt.json: annotation 1187 (image_id 2): polygon has 4 numbers, a polygon needs at least 6 "
        "(3 points)."
    )


def test_what_only_python_reads_is_read() -> None:
    """NaN where nobody looks, 7.0 for 7, half a surrogate pair: pycocotools takes them."""
    file = file_with(
        {"id": 7.0, "image_id": 2e0, "iscrowd": 1.0, "score": float("nan")},
        images=[{"id": 2.0, "height": 20.0, "width": 30.0, "file_name": "\ud800.jpg"}],
        info=float("nan"),
    )
    gt = parse(file)
    assert (gt.id.tolist(), gt.image_id.tolist(), gt.is_crowd.tolist()) == ([7], [2], [True])
    assert (gt.images.sizes.tolist(), gt.images.file_names) == ([[20, 30]], ("?.jpg",))
    assert gt.segmentations.polygons()[0].points.ravel().tolist() == SQUARE[0]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_masks_that_only_python_reads_keep_their_places(batch: int) -> None:
    kinds = [
        '{"size": [2, 2], "counts": "\\u0030\\\\1"}',
        "[[1, 2, 3, 4, 5, 6]]",
        "null",
        '{"x": "\\u00e9", "counts": [4], "size": [2, 2], "si\\u007ae": [3, 3]}',
        "[]",
        '{"size": [2, 2], "counts": "04"}',
    ]
    text = json.dumps(file_with(*({"id": i, "segmentation": f"%{i}"} for i in range(6))))
    for i, kind in enumerate(kinds):
        text = text.replace(f'"%{i}"', kind)
    with mock.patch.object(read_ground_truth, "BATCH", batch):
        segments = parse_ground_truth(text.encode()).segmentations
    assert segments.format.tolist() == [1, 3, 0, 2, 0, 1]
    assert segments.strings.sizes.tolist() == [[2, 2], [0, 0], [0, 0], [3, 3], [0, 0], [2, 2]]
    texts = [segments.strings.bytes_of(i) for i in (0, 1, 3, 5)]
    assert texts == [b"0\\1", b"[[1, 2, 3, 4, 5, 6]]", b"[4]", b"04"]


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_mask_of_brackets_is_refused(depth: int) -> None:
    text = json.dumps(file_with({"segmentation": "?"}))
    for mask in ("[" * depth + "]" * depth, '{"size": ' + "[" * depth + "]" * depth + "}"):
        try:
            gt = parse_ground_truth(text.replace('"?"', mask).encode())
        except FormatError:
            continue
        assert gt.segmentations.problem(0) is not None


def test_bytes_that_are_no_text_are_refused_even_where_nobody_looks() -> None:
    data = json.dumps(file_with({}, info="?")).encode()
    place = data.index(b"?")
    with pytest.raises(FormatError) as caught:
        parse_ground_truth(data.replace(b"?", b"\xff"), "gt.json")
    assert caught.value.message == (
        f"gt.json: not valid JSON at byte {place} of {len(data)}: a byte that is not UTF-8"
    )


def test_two_equal_keys_are_refused() -> None:
    text = json.dumps(file_with({}, {}))[:-1] + ', "annotations": []}'
    assert refusal(text).message == (
        'gt.json: has the key "annotations" twice, of which only the last would be read. Join the '
        "two, or remove one."
    )
    error = refusal(
        text.replace('"iscrowd": 0', '"iscrowd": "no"').replace('"annotations": []', '"x": 1')
    )
    assert error.message == 'gt.json: annotation #0: iscrowd is text ("no"). Write it as a number.'


def test_panoptic_ground_truth_is_sent_where_it_belongs() -> None:
    annotation = {"image_id": 1, "file_name": "1.png", "segments_info": []}
    message = refusal({"images": [], "annotations": [annotation], "categories": []}).message
    assert "is panoptic ground truth" in message
    assert "`panoptic_quality`" in message


def test_more_categories_than_the_limit_are_refused() -> None:
    file = file_with(categories=[{"id": number, "name": "x"} for number in range(4)])
    with raised(categories=3), pytest.raises(FormatError) as refused:
        load_ground_truth(file)
    assert refused.value.message == (
        "ground truth: lists 4 categories, expected at most 3. If that is right, raise the limit: "
        "`limits.raised(categories=4)`."
    )
    with raised(categories=4):
        assert len(load_ground_truth(file).categories) == 4
