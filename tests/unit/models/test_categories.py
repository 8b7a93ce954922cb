"""Categories whose ids a model cannot have."""

from __future__ import annotations

import pytest

from segeval.errors import FormatError
from segeval.models.categories import numbered_categories


def test_whole_numbers_stay() -> None:
    assert numbered_categories([(7, "cat"), (-1, "dog")], "gt.json") == ((7, "cat"), (-1, "dog"))


@pytest.mark.parametrize(("key", "shown"), [("cat", '"cat"'), (2**63, "9223372036854775808")])
def test_text_and_larger_numbers_are_refused(key: int | str, shown: str) -> None:
    with pytest.raises(FormatError) as error:
        numbered_categories([(1, "dog"), (key, "cat")], "gt.json")
    assert error.value.message == (
        f"gt.json: category id {shown}, expected a whole number below 2^63: a model's classes "
        "have such ids."
    )
