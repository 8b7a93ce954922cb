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
        ({"image_id": 7}, "has image_id 7, which is none of the images"),
        ({"category_id": 4}, "has category_id 4, which the model does not have"),
        ({"bbox": [1, 2, 0, 5]}, "has the empty box [1.0, 2.0, 0.0, 5.0], expected a width and"),
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
