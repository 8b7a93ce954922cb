"""Numbers of one result by name: of label maps, panoptic files and their slices."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import InputError
from segeval.analysis.comparison.one_result import named_numbers

SLICES = [{"name": "day", "images": 2, "miou": 0.7}, {"name": "night", "images": 1, "miou": None}]
MAPS: dict[str, Any] = {
    "miou": 0.6,
    "slices": SLICES,
    "categories": [{"id": 1, "name": "road", "iou": 0.5}],
    "boundary": None,
    "trimap": [{"width": 3.0, "miou": 0.4}],
}
PANOPTIC: dict[str, Any] = {
    "segm": {"all": {"pq": 0.5}, "slices": [{"name": "day", "all": {"pq": 0.25}}]},
}


def test_a_group_that_was_not_measured_is_no_number() -> None:
    with pytest.raises(InputError, match="expected one of miou or of a part"):
        named_numbers(MAPS, "road", {1: "road"})


@pytest.mark.parametrize(
    ("results", "name", "found"),
    [
        (MAPS, "mIoU", {"mIoU": 0.6}),
        (MAPS, "categories.road.iou", {"IoU of road": 0.5}),
        (MAPS, "trimap.3.miou", {"mIoU in 3 px": 0.4}),
        (MAPS, "slices.worst.miou", {"mIoU of day": 0.7, "mIoU of night": None}),
        (PANOPTIC, "PQ", {"PQ": 0.5}),
        (PANOPTIC, "slices.day.pq", {"PQ of day": 0.25}),
        (PANOPTIC, "segm.slices.day.all.pq", {"PQ of day": 0.25}),
    ],
)
def test_a_number_is_found_by_its_name(
    results: dict[str, Any], name: str, found: dict[str, float | None]
) -> None:
    assert named_numbers(results, name, {1: "road"}) == found


def test_an_undefined_interval_is_no_undefined_number() -> None:
    results = {"segm": {"ap": 0.5, "intervals": {"ap": None}}}
    assert named_numbers(results, "ap", {}) == {"AP": 0.5}
    with pytest.raises(InputError):
        named_numbers(results, "intervals.ap", {})
