"""What is measured of masks, whatever the form and the soundness of each."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.checks.shapes import BEYOND_LIMIT, measured
from segeval.data import load_predictions
from segeval.data.segmentations import Segmentations
from segeval.limits import raised
from segeval.masks.text_runs import WRONG_TOTAL
from tests.build import build_preds

SIZE = (4, 6)

SQUARE = np.zeros(SIZE, np.uint8)
SQUARE[1:3, 1:3] = 1

TRIANGLE = [0, 0, 4, 0, 0, 4]


def masks(*segmentations: object) -> Segmentations:
    """Masks as records give them; None for a box alone."""
    without = {"bbox": [0, 0, 1, 1]}
    records = [without if each is None else {"segmentation": each} for each in segmentations]
    return load_predictions(build_preds([{"mask": SQUARE}, *records])).segmentations


def sizes(number: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    return np.full((number, 2), SIZE, np.int32)


def test_unsound_masks_and_missing_ones_have_no_area_and_are_left_out() -> None:
    shapes = measured(masks({"size": SIZE, "counts": "12"}, [TRIANGLE], None), sizes(4))
    assert shapes.defect.tolist() == [0, WRONG_TOTAL, 0, 0]
    assert shapes.area[[0, 1, 3]].tolist() == [4, -1, -1]
    assert shapes.box[:2].tolist() == [[1, 1, 2, 2], [0, 0, 0, 0]]
    assert shapes.sound().rows.tolist() == [0, 2]


def test_a_polygon_has_an_outline_without_an_image_to_draw_it_in() -> None:
    shapes = measured(masks([TRIANGLE]), np.array([SIZE, (-1, -1)], np.int32))
    assert shapes.outline[1].tolist() == [0, 0, 4, 4]
    assert (shapes.parts.tolist(), shapes.area.tolist()) == ([0, 1], [4, -1])
    assert shapes.sound().rows.tolist() == [0]


@pytest.mark.parametrize(("most", "drawn"), [(500, [0, 1]), (300, [0]), (100, [])])
def test_polygons_are_drawn_until_their_runs_reach_the_limit(most: int, drawn: list[int]) -> None:
    wide = [[0, 1, 100, 1, 100, 3, 0, 3]]  # two runs in each column, and far fewer characters
    segments = masks(wide, wide).take(np.array([1, 2]))
    with raised(drawn_runs=most, drawn_ratio=1):
        shapes = measured(segments, np.array([(4, 100)] * 2, np.int32))
    assert shapes.sound().rows.tolist() == drawn
    assert shapes.defect.tolist() == [0 if row in drawn else BEYOND_LIMIT for row in range(2)]
