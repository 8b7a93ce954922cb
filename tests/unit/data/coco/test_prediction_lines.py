"""Records that kernels write are those of msgspec, to the byte."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval import load_predictions
from segeval.data import Predictions
from segeval.data.coco.prediction_lines import prediction_text
from segeval.data.coco.write import prediction_records
from segeval.data.segmentations import Segmentations
from segeval.masks import CompressedMasks

RECORD = {"image_id": 1, "category_id": 7, "score": 0.25}
MASKS = [
    None,
    {"size": [3, 3], "counts": "013000"},
    {"size": [1000000, 1], "counts": "PPn0"},
    {"size": [3, 3], "counts": [0, 1, 8]},
    [[0, 0, 0.5, 2, 1e-7, 2]],
]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def by_msgspec(preds: Predictions, start: int, stop: int) -> bytes:
    """The same by Python objects."""
    encode = msgspec.json.Encoder().encode
    return b",\n".join([encode(each) for each in prediction_records(preds)(start, stop)])


@given(
    st.lists(
        st.tuples(
            FLOATS, st.sampled_from(MASKS), st.none() | st.lists(FLOATS, min_size=4, max_size=4)
        )
    )
)
def test_all_forms_are_written_as_by_msgspec(rows: list[tuple[float, object, object]]) -> None:
    preds = load_predictions(
        [
            {
                **RECORD,
                "score": score,
                **({} if mask is None else {"segmentation": mask}),
                **({} if box is None else {"bbox": box}),
            }
            for score, mask, box in rows
            if mask is not None or box is not None
        ]
    )
    for start in (0, min(2, len(preds))):
        found = prediction_text(preds, start, len(preds), b",\n")
        assert found == by_msgspec(preds, start, len(preds))


@pytest.mark.parametrize("ids", [[5, -3, 10**17], ["a,b", 'q"', "\u00e9"]])
def test_ids_are_written_as_they_came(ids: list[object]) -> None:
    preds = load_predictions([{**RECORD, "image_id": each, "bbox": [0, 0, 1, 1]} for each in ids])
    assert prediction_text(preds, 0, 3, b"\n") == by_msgspec(preds, 0, 3).replace(b",\n", b"\n")


def one_mask(text: bytes) -> Predictions:
    """A prediction with any characters as its mask."""
    strings = CompressedMasks.from_strings([text], np.array([[3, 3]]))
    return Predictions(
        image_id=np.array([1]),
        category_id=np.array([1]),
        score=np.array([0.5]),
        boxes=np.full((1, 4), np.nan),
        segmentations=Segmentations(np.ones(1, np.uint8), strings),
    )


def test_backslashes_are_doubled() -> None:
    preds = one_mask(b"0\\1")
    assert prediction_text(preds, 0, 1, b"") == by_msgspec(preds, 0, 1)


@pytest.mark.parametrize("text", [b'0"1', b"0\n1", b"0\xc3\xa9"])
def test_other_escapes_are_left_to_msgspec(text: bytes) -> None:
    assert prediction_text(one_mask(text), 0, 1, b"") is None
