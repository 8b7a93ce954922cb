"""Limits of what one input may claim."""

from __future__ import annotations

import pytest

from segeval.errors import FormatError, InputError
from segeval.limits import check_limit, limits, raised


def test_what_is_beyond_a_limit_is_refused_with_the_way_to_raise_it() -> None:
    with pytest.raises(FormatError) as refused:
        check_limit("side", 10_000_001, "image 7 has a side of 10,000,001 pixels", source="g.json")
    assert refused.value.message == (
        "g.json: image 7 has a side of 10,000,001 pixels, expected at most 10,000,000. If that is "
        "right, raise the limit: `limits.raised(side=10000001)`."
    )


def test_a_raised_limit_holds_inside_only() -> None:
    before = limits()
    with raised(side=20_000_000):
        check_limit("side", 20_000_000, "a side", source="g.json")
    assert limits() == before


@pytest.mark.parametrize("changes", [{"sides": 1}, {"side": 0}, {"side": True}])
def test_odd_limits_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError), raised(**changes):
        pass
