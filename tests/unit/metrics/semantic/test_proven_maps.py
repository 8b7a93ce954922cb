"""Label maps and tables that do not fit together are refused before a kernel sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.data.label_maps.read import index_map
from segeval.data.panoptic.shared_pixels import SegmentMap, shared_pixels
from segeval.errors import InputError
from segeval.metrics.semantic import band_index, boundary_f, class_boundary_counts, confusion

MAP = np.array([[0, 1, 2]], np.uint8)
SAME = np.arange(3, dtype=np.uint8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pred": MAP.T}, r"`pred` has shape \(3, 1\), expected that of the ground truth"),
        ({"pred": MAP.astype(np.uint16)}, "the label maps are uint16 and uint8"),
        ({"pred": MAP[:, :0], "gt": MAP[:, :0]}, "of 0 pixels, expected uint8 or uint16"),
        ({"pred_table": SAME[:2]}, r"`pred_table` is uint8 of shape \(2,\), expected a number"),
        ({"gt_table": SAME + 1}, "`gt_table` is uint8 .*, expected a number from 0 to 2 for"),
        ({"gt_table": SAME.astype(np.int8) - 1}, "`gt_table` is int8"),
        ({"band": np.array([[0, 1, 2]], np.uint8), "bands": 2}, "`band` has the band 2, expected"),
        ({"band": np.array([[0, 1, 300]]), "bands": 2}, "`band` is int64, expected uint8"),
        ({"band": MAP.T, "bands": 3}, r"`band` has shape \(3, 1\)"),
    ],
)
def test_confusion_stays_inside(change: dict[str, Any], words: str) -> None:
    given = {"pred": MAP, "gt": MAP, "pred_table": SAME, "gt_table": SAME, "size": 3, **change}
    maps = [given.pop(name) for name in ("pred", "gt", "pred_table", "gt_table")]
    with pytest.raises(InputError, match=words):
        confusion(*maps, **given)


@pytest.mark.parametrize("classes", [0, -1, 256, 10**9])
def test_the_number_of_classes_fits_the_maps(classes: int) -> None:
    for call in (
        lambda: band_index(MAP, classes, [1]),
        lambda: boundary_f(MAP, MAP, classes, 1),
        lambda: class_boundary_counts(MAP, MAP, classes, 1),
    ):
        with pytest.raises(InputError, match=f"`classes` is {classes}, expected 1 to 255"):
            call()


def test_a_table_has_an_entry_for_every_label() -> None:
    with pytest.raises(InputError, match="the table has 3 entries"):
        index_map(MAP, SAME)


def test_maps_of_segments_have_one_size() -> None:
    ids = np.array([1])
    small, large = (SegmentMap(np.zeros((1, n), np.int32), ids) for n in (2, 9))
    with pytest.raises(InputError, match=r"the maps have the shapes \(1, 2\) and \(1, 9\)"):
        shared_pixels(small, large)
