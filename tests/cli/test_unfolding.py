"""Options that commands share as one parameter."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields

import pytest

from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval_cli.measured import CocoOptions, given
from segeval_cli.unfolding import unfolded, unfolded_but


@dataclass
class Size:
    width: int = 2
    height: int = 3


@unfolded
def area(scale: int, *, height: int = 5, size: Size) -> tuple[int, int, Size]:
    return scale, height, size


def test_fields_become_options_and_come_back_as_one_value() -> None:
    assert list(inspect.signature(area).parameters) == ["scale", "height", "width"]
    assert area(1, width=7) == (1, 5, Size(width=7))


def test_an_option_of_the_command_takes_the_place_of_a_field() -> None:
    assert area(1, height=9) == (1, 9, Size())


def test_a_field_that_is_left_out_keeps_its_default() -> None:
    @unfolded_but("width")
    def wide(*, size: Size) -> Size:
        return size

    assert list(inspect.signature(wide).parameters) == ["height"]
    assert wide(height=9) == Size(width=2, height=9)


def test_every_argument_of_an_evaluation_is_an_option() -> None:
    assert {each.name for each in fields(CocoOptions)} == {each.name for each in fields(Arguments)}


def test_options_are_read_as_arguments() -> None:
    asked = CocoOptions(iou=["segm,bbox"], thresholds="0.5:0.6:0.05", max_dets="1,10", images=["1"])
    arguments = asked.arguments()
    assert arguments.iou == ("segm", "bbox")
    assert arguments.thresholds == pytest.approx((0.5, 0.55, 0.6))
    assert (arguments.max_dets, arguments.images) == ((1, 10), ["1"])
    assert set(given(arguments)) == {"iou", "thresholds", "max_dets", "images"}
    assert given(CocoOptions().arguments()) == {}


def test_what_a_figure_cannot_show_is_refused() -> None:
    with pytest.raises(InputError, match="one kind of IoU at a time"):
        CocoOptions(iou=["segm", "bbox"]).coco_arguments(kinds=1)
