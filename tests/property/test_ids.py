"""Whatever stands where an id should: numbers, or an error of ours."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segeval import average_precision
from segeval.checks.search import check
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.data.coco.read_predictions import parse_predictions
from segeval.errors import InputError

BOX = {"bbox": [0, 0, 9, 9]}
GT: dict[str, Any] = {
    "images": [
        {"id": each, "height": 9, "width": 9, "file_name": f"{each}.jpg"} for each in (1, 2)
    ],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    "annotations": [
        {**BOX, "id": each, "image_id": each, "category_id": each, "area": 81, "iscrowd": 0}
        for each in (1, 2)
    ],
}
PREDS = [{**BOX, "image_id": each, "category_id": each, "score": 0.5} for each in (1, 2)]

PLACES = [
    (section, row, field)
    for section, fields in (
        ("images", ["id"]),
        ("categories", ["id"]),
        ("annotations", ["id", "image_id", "category_id"]),
        ("preds", ["image_id", "category_id"]),
    )
    for row in (0, 1)
    for field in fields
]

values = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 2, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1]),
    st.floats(allow_nan=True),
    st.sampled_from([1.0, 2.0**53, 1e300]),
    st.text(max_size=5),
    st.sampled_from(["1", "2", "1.jpg", "cat", "\ud800", "\x00"]),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
def test_odd_ids_give_numbers_or_an_error(changes: list[tuple[tuple[str, int, str], Any]]) -> None:
    files = copy.deepcopy({**GT, "preds": PREDS})
    for (section, row, field), value in changes:
        files[section][row][field] = value
    preds = json.dumps(files.pop("preds")).encode()
    gt = json.dumps(files).encode()
    errors = check(json.loads(preds), json.loads(gt)).errors
    if refused(preds, gt):
        assert errors
    else:
        assert not errors


def refused(preds: bytes, gt: bytes) -> bool:
    """Whether an evaluation refuses the files."""
    try:
        result = average_precision(parse_predictions(preds), parse_ground_truth(gt), iou="bbox")
    except InputError:
        return True
    return not (result.ap is None or 0 <= result.ap <= 1)
