"""Ways in which masks are poor, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import error_kinds
from tests.build import build_gt, build_preds


def mask(*parts: tuple[int, int, int, int]) -> Any:
    """Rectangles (left, top, right, bottom) of an image of 100 x 200."""
    found = np.zeros((100, 200), np.uint8)
    for left, top, right, bottom in parts:
        found[top:bottom, left:right] = 1
    return found


def ways(prediction: Any, *objects: Any, **more: Any) -> list[str] | None:
    """How the mask of one prediction is poor, among objects of one category."""
    gt = build_gt([(100, 200)], [{"mask": each} for each in objects])
    found = error_kinds(build_preds([{"mask": prediction}]), gt, **more)
    record = next(found.kinds.records())
    poor: list[str] | None = record["mask"]
    return poor


SQUARE = mask((40, 40, 60, 60))
"""An object of 20 x 20."""


def test_a_good_mask_is_not_looked_at() -> None:
    assert ways(SQUARE, SQUARE) is None


def test_background_is_not_looked_at() -> None:
    assert ways(mask((90, 0, 95, 5)), SQUARE) is None


def test_half_of_an_object_is_a_fragment_that_shrunk() -> None:
    # 9 of 20 rows: IoU 0.45, all of it inside
    assert ways(mask((40, 40, 60, 49)), SQUARE) == ["fragment", "shrunk"]


def test_a_frame_around_the_object_is_a_fine_box_with_a_poor_mask() -> None:
    # the outermost 2 pixels: 400 - 256 = 144 of 400
    frame = mask((40, 40, 60, 60)) - mask((42, 42, 58, 58))
    assert ways(frame, SQUARE) == ["box_fine", "fragment", "shrunk"]


def test_two_objects_in_one_mask_are_merged_and_swollen() -> None:
    # two squares side by side, with a bridge: each is 400 of 1000
    other = mask((70, 40, 90, 60))
    assert ways(mask((40, 40, 90, 60)), SQUARE, other) == ["merged", "swollen"]


def test_a_rough_outline_is_a_fine_mask_with_a_poor_boundary() -> None:
    # every second column reaches 32 pixels higher: IoU 1600 / 2240
    square = mask((40, 40, 80, 80))
    comb = square.copy()
    comb[8:40, 40:80:2] = 1
    assert ways(comb, square, thresholds=0.7) == ["boundary_poor", "swollen"]


def test_what_is_poor_is_counted_by_side() -> None:
    gt = build_gt([(100, 200)], [{"mask": SQUARE}, {"mask": mask((120, 40, 140, 60))}])
    preds = [{"mask": mask((40, 40, 60, 49))}, {"mask": mask((120, 40, 140, 54))}]
    found = error_kinds(build_preds(preds), gt).to_dict()["results"]["segm"]["poor_masks"]
    assert found["all"] == {"loc": 1, "tp": 1}
    assert found["shrunk"] == {"loc": 1, "tp": 1}
    assert found["fragment"] == {"loc": 1, "tp": 0}
    assert found["none"] == {"loc": 0, "tp": 0}


@pytest.mark.parametrize("more", [{"iou": "bbox"}, {"iou": "boundary"}, {"thresholds": [0.5, 0.6]}])
def test_boxes_boundaries_and_several_thresholds_have_no_poor_masks(more: dict[str, Any]) -> None:
    gt = build_gt([(100, 200)], [{"mask": SQUARE}])
    preds = build_preds([{"mask": mask((40, 40, 60, 49)), "bbox": [40, 40, 20, 9]}])
    result = error_kinds(preds, gt, **more)
    assert result.first.poor_masks is None
    assert next(result.kinds.records())["mask"] is None
