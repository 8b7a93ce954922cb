"""Boxes of a file of predictions: by image, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.data.keys import Key
from segeval.errors import FormatError
from segeval.models.given_boxes import GivenBoxes, read_given_boxes

CATEGORIES = ((3, "sofa"), (9, "lamp"))
IMAGES: dict[Key, tuple[int, int] | None] = {41: (40, 60), 42: None, 43: (40, 60)}


def record(**changes: Any) -> dict[str, Any]:
    own = {"image_id": 41, "category_id": 9, "bbox": [1.5, 2, 10, 20], "score": 0.5}
    return {**own, **changes}


def read(tmp_path: Path, *records: dict[str, Any]) -> GivenBoxes:
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(records))
    return read_given_boxes(path, CATEGORIES, IMAGES)


def test_boxes_are_those_of_their_image_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        record(),
        record(image_id=42, category_id=3),
        record(bbox=[0, 0, 5, 5], score=0.75),
    )
    own = found.of(41)
    assert own.corners.tolist() == [[1.5, 2, 11.5, 22], [0, 0, 5, 5]]
    assert own.scores.tolist() == [0.5, 0.75]
    assert own.classes.tolist() == [1, 1]
    assert found.of(42).classes.tolist() == [0]
    assert len(found.of(43).scores) == 0


def test_images_without_boxes_are_counted(tmp_path: Path) -> None:
    (note,) = read(tmp_path, record()).notes_on(IMAGES)
    assert note.message.endswith("boxes.json: 2 images have no boxes, first image 42")
    assert note.count == 2
    assert read(tmp_path, record()).notes_on([41]) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"image_id": 7},
            "has image_id 7, expected one of 3 images: 41, 42, 43. Leave such boxes out of the",
        ),
        ({"category_id": 4}, "has category_id 4, expected one of the model's categories: 3, 9. "),
        ({"category_id": "9"}, 'category_id is text ("9"), but other category ids are numbers'),
        ({"bbox": [1, 2, 0, 5]}, "has the empty box [1.0, 2.0, 0.0, 5.0], expected a width and"),
        ({"bbox": [1, 2, 1e-9, 5]}, "has the box [1.0, 2.0, 1e-09, 5.0], which is too small to be"),
        ({"bbox": [1, 2, 1e308, 5]}, "has the box [1.0, 2.0, 1e+308, 5.0], expected bbox [x, y,"),
        ({"bbox": [1, 2, -3, 5]}, "has the empty box [1.0, 2.0, -3.0, 5.0], expected a width"),
        ({"bbox": [1, 2, float("nan"), 5]}, "has no box of finite numbers, expected bbox [x, y, "),
        ({"bbox": [1, 2, float("inf"), 5]}, "has no box of finite numbers, expected bbox [x, y, "),
        ({"bbox": [1, 2, 3]}, "bbox is [1, 2, 3], expected four numbers x, y, width, height"),
        ({"score": float("nan")}, "score is NaN, expected a finite number"),
        ({"score": 1e300}, "has the score 1e+300, expected a chance, such as 0.9"),
        ({"score": None}, "score is null, expected a number"),
        (
            {"bbox": [60, 2, 5, 5]},
            "has the box [60.0, 2.0, 5.0, 5.0] outside of its image of 40 x 60 pixels (H x W)",
        ),
    ],
)
def test_a_box_that_cannot_be_used_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError) as problem:
        read(tmp_path, record(), record(**changes))
    assert message in str(problem.value)
    assert "#1" in str(problem.value)


def test_a_record_without_a_box_is_refused(tmp_path: Path) -> None:
    mask = {"size": [40, 60], "counts": "T24"}
    bare = {"image_id": 41, "category_id": 9, "score": 0.5, "segmentation": mask}
    with pytest.raises(FormatError, match="has no box of finite numbers"):
        read(tmp_path, bare)


def test_boxes_of_other_images_alone_are_taken_for_another_set(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as problem:
        read(tmp_path, record(image_id=7), record(image_id=8))
    assert str(problem.value).endswith(
        "has image_id 7, expected one of 3 images: 41, 42, 43. 1 more like it. Are these boxes of "
        "other images?"
    )


def test_boxes_that_occur_twice_are_kept_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, record(), record(), record(image_id=42))
    assert len(found.of(41).scores) == 2
    (note,) = found.notes_on([41, 42])
    assert note.message.endswith(
        "boxes.json: 1 prediction occurs twice (same image, category, score and box), first "
        "prediction #0 (image_id 41). Gathered from several processes?"
    )


def test_a_file_without_boxes_leaves_every_image_bare(tmp_path: Path) -> None:
    (note,) = read(tmp_path).notes_on(IMAGES)
    assert note.message.endswith("boxes.json: 3 images have no boxes, first image 41")
