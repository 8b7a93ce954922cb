"""A list that a file has twice is an error: parsers would keep the last one without a word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segeval import check
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.data.coco.read_predictions import parse_predictions
from segeval.data.files import Content
from segeval.data.panoptic.read import parse_panoptic
from segeval.errors import FormatError
from tests.check_cases import clean_gt, clean_preds


def text(*members: tuple[str, Any], blank: str = "") -> bytes:
    """An object with these members, keys repeated or not."""
    listed = f",{blank}".join(f"{json.dumps(key)}{blank}:{json.dumps(v)}" for key, v in members)
    return f"{{{blank}{listed}{blank}}}".encode()


GT = list(clean_gt().items())
AGAIN = (
    'file: has the key "{}" twice, of which only the last would be read. Join the two, or remove'
)


@pytest.mark.parametrize("blank", ["", "\n  "])
@pytest.mark.parametrize("key", ["images", "annotations", "categories"])
@pytest.mark.parametrize("value", [[], None])
def test_a_list_that_a_file_has_twice_is_refused(key: str, value: Any, blank: str) -> None:
    again = dict(GT)[key] if value is None else value
    for members in ([*GT, (key, again)], [(key, again), *GT], [("x", {"a": 1}), (key, again), *GT]):
        with pytest.raises(FormatError) as caught:
            parse_ground_truth(text(*members, blank=blank), "file")
        assert caught.value.message.startswith(AGAIN.format(key))
        assert (caught.value.code, caught.value.field) == ("repeated-key", key)


def test_files_of_boxes_or_with_nan_are_searched_for_repeated_keys_too() -> None:
    for change in ({"segmentation": None}, {"area": float("inf")}, {"id": 7.0}):
        gt = dict(GT)
        gt["annotations"] = [{**each, **change} for each in gt["annotations"][:1]]
        members = [*gt.items(), ("categories", [])]
        if "area" in change:
            gt["annotations"][0]["x"] = float("nan")
            gt["annotations"][0]["area"] = 1.5
        with pytest.raises(FormatError) as caught:
            parse_ground_truth(text(*members), "file")
        assert caught.value.code == "repeated-key"


def test_the_same_word_inside_is_no_repeated_key() -> None:
    members = [("info", {"images": 2, "annotations": [1], 'x\\"y': "images"}), *GT]
    assert len(parse_ground_truth(text(*members))) == 2
    members = [("description", '"images": '), *GT, ("annotations\\", [])]
    assert len(parse_ground_truth(text(*members))) == 2


def test_predictions_and_panoptic_files_with_a_list_twice_are_refused_too() -> None:
    with pytest.raises(FormatError, match='has the key "annotations" twice'):
        parse_predictions(text(("annotations", clean_preds()), ("annotations", clean_preds())))
    segments = [{"id": 1, "category_id": 1}]
    picture = [{"image_id": 1, "file_name": "1.png", "segments_info": segments}]
    content = Content(text(("annotations", picture), ("annotations", [])), "file")
    with pytest.raises(FormatError) as caught:
        parse_panoptic(content)
    assert caught.value.message.startswith(AGAIN.format("annotations"))


def test_check_reports_a_repeated_list(tmp_path: Any) -> None:
    path = tmp_path / "gt.json"
    path.write_bytes(text(*GT, ("images", [])))
    assert [each.code for each in check(clean_preds(), path).errors] == ["repeated-key"]
