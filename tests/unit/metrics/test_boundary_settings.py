"""How wide boundaries are: what may be asked for, and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from segeval.errors import InputError
from segeval.metrics.boundary_settings import (
    NO_BOUNDARIES,
    BoundarySettings,
    boundary_of,
    boundary_settings,
)


def test_the_default_holds_where_nothing_is_asked_for() -> None:
    assert boundary_settings(None, None, compared=True) == BoundarySettings(0.02, None)
    found = boundary_settings(None, None, compared=True, default=0.005)
    assert (found.ratio, found.px, found.compared) == (0.005, None, True)
    assert found.text() == "boundary 0.005 of the diagonal"
    assert found.pixels((1024, 2048)) == 11


def test_pixels_stand_in_for_the_ratio() -> None:
    found = boundary_settings(None, 7, compared=True)
    assert found == BoundarySettings(None, 7)
    assert found.pixels((1024, 2048)) == 7
    assert found.text() == "boundary 7 px"


def test_without_boundaries_there_is_no_width() -> None:
    assert boundary_settings(None, None, compared=False) is NO_BOUNDARIES
    assert not NO_BOUNDARIES.compared
    assert NO_BOUNDARIES.text() == ""


@pytest.mark.parametrize(
    "width", [NO_BOUNDARIES, BoundarySettings(0.1, None), BoundarySettings(None, 2)]
)
def test_a_width_survives_the_settings_of_a_result(width: BoundarySettings) -> None:
    assert boundary_of({"iou": ["segm"], **width.settings()}) == width


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((0.02, 3, True), "`boundary_ratio` and `boundary_px` both say how wide the boundary is"),
        ((0.02, None, False), "`boundary_ratio` is given, but no boundaries are compared"),
        ((None, 3, False), "`boundary_px` is given, but no boundaries are compared"),
        ((0, None, True), "`boundary_ratio` is 0, expected a part of the image's diagonal"),
        ((2, None, True), "`boundary_ratio` is 2, expected a part of the image's diagonal"),
        ((None, 0, True), "`boundary_px` is 0, expected a whole number of 1 or more"),
    ],
)
def test_widths_that_make_no_sense_are_refused(asked: tuple[Any, Any, bool], message: str) -> None:
    ratio, px, compared = asked
    with pytest.raises(InputError, match=f"^{message}") as caught:
        boundary_settings(ratio, px, compared=compared)
    assert caught.value.code == "boundary"
    assert f"`{caught.value.option}`" in message
