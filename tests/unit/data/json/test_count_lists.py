"""Lists of counts become run lengths, or a reason why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.data.json.count_lists import parse_counts
from segeval.errors import FormatError
from segeval.masks import CompressedMasks


def counted(value: str) -> Any:
    return parse_counts(CompressedMasks.from_strings(["[0,6]", value], np.array([(2, 3), (2, 3)])))


def test_counts_are_read() -> None:
    masks = counted("[ 1 ,2,\n3]")
    assert masks.counts.tolist() == [0, 6, 1, 2, 3]
    assert masks.offsets.tolist() == [0, 2, 5]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[1, 2]", "the runs add up to 3 pixels, expected 2 x 3 = 6"),
        ("[]", "the runs add up to 0 pixels, expected 2 x 3 = 6"),
        ("[7, -1]", "counts holds a negative run length"),
        ("[1.5, 4.5]", "counts[0] is 1.5, expected a whole number"),
        ('[6, "0"]', 'counts[1] is "0", expected a whole number'),
        ("[6, true]", "counts[1] is true, expected a whole number"),
        ("[6, NaN]", "counts[1] is NaN, expected a whole number"),
        ("[5000000000, [1]]", "counts[1] is [1], expected a whole number"),
        ("[4294967296]", "the runs add up to 4,294,967,296 pixels, expected 2 x 3 = 6"),
        ("[99999999999999999999]", ("the runs add up to 99,999,999,999,999,999,999 pixels, "
         "expected 2 x 3 = 6")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_counts_is_said_in_words(value: str, reason: str) -> None:
    with pytest.raises(FormatError) as raised:
        counted(value)
    assert raised.value.message == f"mask #1: {reason}."
    assert (raised.value.code, raised.value.index) == ("bad-counts", 1)
