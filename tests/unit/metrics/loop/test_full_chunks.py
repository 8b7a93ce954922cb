"""What is wrong with an image is said by the update that brings it, not when many are matched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import Metric, limits
from segeval.errors import FormatError
from segeval.metrics.loop import state

MASKS = np.zeros((2, 10, 12), bool)
MASKS[:, 1:5, 1:6] = True
BOXES = [[1, 1, 6, 5]] * 2

PREDS: dict[str, Any] = {"scores": [0.9, 0.8], "labels": [1, 1], "masks": MASKS, "boxes": BOXES}
TARGETS: dict[str, Any] = {"labels": [1], "masks": MASKS[:1], "boxes": BOXES[:1]}

PICTURE = [[0, 1] * 6] * 10
"""A mask of 10 x 12 pixels as a list of its rows."""

BAD: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "segm",
        {"masks": [[[1, 1, 6, 1, 6, 5]], PICTURE], "size": (10, 12)},
        {},
        (
            "image 2: predictions: prediction #1 (image_id 2): segmentation is a picture (10 rows "
            "of 12 numbers), expected polygons or run lengths: encode it with "
            "pycocotools.mask.encode."
        ),
    ),
    (
        "segm",
        {},
        {"masks": [[[20, 20, 20, 20, 20, 20]]], "size": (10, 12)},
        (
            'ground truth: annotation "#0" (image_id 2): the numbers of its polygon add up to the '
            "120 pixels of its image, expected pairs x, y; run lengths belong into {size, counts}."
        ),
    ),
    ("bbox", {}, {"boxes": None}, "image 2: `targets` has no boxes, only labels, masks, boxes."),
    (
        "bbox",
        {"boxes": [BOXES[0], [-1e308, 1, 1e308, 4]]},
        {},
        (
            "image 2: `boxes[1]` of `preds` is [-1e+308, 1.0, 1e+308, 4.0], whose width or height "
            "is too large for a number of 64 bits."
        ),
    ),
]


def update(metric: Metric, *keys: Any) -> Metric:
    """The metric with sound images, one in each update."""
    for key in keys:
        metric.update([key], [PREDS], [TARGETS])
    return metric


@pytest.mark.parametrize(("iou", "preds", "targets", "message"), BAD)
@pytest.mark.parametrize("waiting", [2, 4, 64])
def test_the_update_that_brings_a_bad_image_fails_and_those_before_and_after_count(
    waiting: int,
    iou: str,
    preds: dict[str, Any],
    targets: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "WAITING", waiting)
    metric = update(Metric([1], iou=iou), 0, 1)
    with pytest.raises(FormatError) as caught:
        metric.update([2, 3], [{**PREDS, **preds}, PREDS], [{**TARGETS, **targets}, TARGETS])
    assert caught.value.message == message
    update(metric, 4, 5, 6)
    assert metric.compute().matches.image_ids.tolist() == [0, 1, 4, 5, 6]
    assert metric.compute().first.overall.gt == 5


@pytest.mark.parametrize("waiting", [1, 2, 3])
def test_boxes_as_fractions_of_their_images_are_noted_in_whatever_images_they_are(
    waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "WAITING", waiting)
    metric = Metric([1], iou="bbox")
    for key in (0, 1):
        metric.update([key], [{**PREDS, "boxes": [[0.1, 0.1, 0.5, 0.4]] * 2}], [TARGETS])
    update(metric, 2)
    [note] = [note for note in metric.compute().notes if note.code == "fractions"]
    assert note.message.endswith(
        "lie within 0 .. 1 (first image: 10 x 12), expected pixels. Multiply x by the width of the "
        "image, and y by its height"
    )
    assert metric.compute().matches.image_ids.tolist() == [0, 1, 2]


def test_images_that_are_beyond_a_limit_only_together_all_count() -> None:
    polygon = {"labels": [1], "masks": [[[1, 1, 9, 1, 9, 9]]], "size": (10, 12)}
    metric = Metric([1])
    with limits.raised(drawn_runs=60, drawn_ratio=1):
        for key in range(6):
            metric.update([key], [{"scores": [0.5], **polygon}], [polygon])
        assert metric.compute().first.overall.gt == 6
        assert metric.compute().ap == pytest.approx(1)


def test_ids_of_another_kind_than_those_before_are_refused() -> None:
    metric = update(Metric([1]), 7)
    expected = '`image_ids` holds "a", expected a whole number as before, such as 7.'
    with pytest.raises(FormatError) as caught:
        update(metric, "a")
    assert caught.value.message == expected
    with pytest.raises(FormatError) as caught:
        metric.merge(update(Metric([1]), "a"))
    assert caught.value.message == expected
    with pytest.raises(FormatError) as caught:
        update(update(Metric([1]), "a"), 7)
    assert caught.value.message == '`image_ids` holds 7, expected text as before, such as "a".'
    assert len(Metric.from_bytes(metric.to_bytes())) == 1
