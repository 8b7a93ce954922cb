"""Images of any size that a file can claim: a result or one of our errors."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segeval import average_precision, check, load_ground_truth, load_predictions
from segeval.analysis.size_counts import object_areas
from segeval.data.open_images.from_coco import coco_to_open_images
from segeval.errors import InputError

MISSING = "missing"

SIDES = (
    MISSING, None, 0, -1, -7, -(2**31), -(2**63), 1, 12, 40, 65_536, 100_000, 10_000_000,
    10_000_001, 2**31 - 1, 2**31, 2**32 + 12, 2**63 - 1, 2**70, 12.0, 12.5, math.nan, "12", [12],
)  # fmt: skip
"""What a file may give as height or width."""

SQUARE = [[2, 2, 9, 2, 9, 9, 2, 9]]


def runs_in(height: int, width: int, form: str) -> dict[str, Any]:
    """A mask of some pixels, or of all, in runs that fit a size or not."""
    pixels = height * width
    counts = {"all": [0, pixels], "none": [pixels], "some": [5, 3, max(pixels - 8, 0)]}[form]
    return {"size": [height, width], "counts": counts}


RUNS = st.builds(
    runs_in,
    st.sampled_from([0, 12, 40, 65_536, 2**31 - 1]),
    st.sampled_from([0, 12, 40, 65_536, 2**31 - 1]),
    st.sampled_from(["all", "none", "some"]),
)
STRINGS = st.builds(
    lambda height, width, counts: {"size": [height, width], "counts": counts},
    st.sampled_from([0, 3, 12, 65_536, 10_000_001]),
    st.sampled_from([0, 3, 12, 65_536, 10_000_001]),
    st.sampled_from(["013000", "`4", "PPPPPP4", "0PPPPPP4", "", "53k3", "_"]),
)
POLYGONS = st.sampled_from(
    [SQUARE, [[-5, -5, 500, -5, 500, 500, -5, 500]], [[0, 0, 1e6, 0, 1e6, 1e6, 0, 1e6]], [[1, 1]]]
)
SEGMENTATIONS = st.one_of(RUNS, STRINGS, POLYGONS, st.just(None))
SIDE = st.one_of(st.sampled_from((12, 40, 65_536)), st.sampled_from(SIDES))
IMAGES = st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=2)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Any], dict[str, Any]]:
    """Predictions and ground truth of a few images of any sizes."""
    sizes = draw(IMAGES)
    images = []
    for number, pair in enumerate(sizes, 1):
        sides = zip(("height", "width"), pair, strict=True)
        images.append({"id": number} | {name: side for name, side in sides if side != MISSING})

    def record() -> dict[str, Any]:
        image = draw(st.integers(1, len(sizes)))
        segmentation = draw(SEGMENTATIONS)
        own: Any = sizes[image - 1]
        if draw(st.booleans()) and all(type(side) is int and 0 <= side < 2**31 for side in own):
            form = draw(st.sampled_from(["all", "none", "some"]))
            segmentation = runs_in(own[0], own[1], form)
        fields: dict[str, Any] = {"image_id": image, "category_id": draw(st.integers(1, 2))}
        if segmentation is not None:
            fields["segmentation"] = segmentation
        if segmentation is None or draw(st.booleans()):
            fields["bbox"] = [2, 2, 7, 7]
        return fields

    preds = [{**record(), "score": score} for score in draw(st.lists(st.just(0.5), max_size=3))]
    annotations = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        fields = {**record(), "id": number, "iscrowd": draw(st.integers(0, 1))}
        if draw(st.booleans()):
            fields["area"] = 49
        annotations.append(fields)
    categories = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    return preds, {"images": images, "categories": categories, "annotations": annotations}


NO_HEIGHT: tuple[list[Any], dict[str, Any]] = (
    [],
    {
        "images": [{"id": 1, "width": 640}],
        "categories": [{"id": 1}],
        "annotations": [
            {"id": k, "image_id": 1, "category_id": 1, "segmentation": SQUARE} for k in range(300)
        ],
    },
)

CALLS: dict[str, Callable[[list[Any], dict[str, Any]], object]] = {
    "masks": average_precision,
    "boxes": lambda preds, gt: average_precision(preds, gt, iou="bbox"),
    "boundaries": lambda preds, gt: average_precision(preds, gt, iou="boundary"),
    "areas of masks": lambda preds, gt: average_precision(preds, gt, iou="bbox", area_from="mask"),
    "as pycocotools": lambda preds, gt: average_precision(preds, gt, compat="pycocotools"),
    "boxes as pycocotools": lambda preds, gt: average_precision(
        preds, gt, iou="bbox", compat="pycocotools"
    ),
    "boundaries as their package": lambda preds, gt: average_precision(
        preds, gt, iou="boundary", compat="official"
    ),
    "one image": lambda preds, gt: average_precision(preds, gt, images=[1], skip_unknown=True),
    "all categories as one": lambda preds, gt: average_precision(preds, gt, agnostic=True),
    "check": check,
    "sizes of truth": lambda _, gt: object_areas(load_ground_truth(gt), by="mask"),
    "sizes of boxes": lambda _, gt: object_areas(load_ground_truth(gt)),
    "sizes of predictions": lambda preds, _: object_areas(load_predictions(preds), by="mask"),
    "all masks": lambda _, gt: load_ground_truth(gt).masks,
    "Open Images": lambda preds, gt: coco_to_open_images(
        load_ground_truth(gt), load_predictions(preds)
    ),
}


@pytest.mark.parametrize("call", CALLS)
@given(files())
@example(NO_HEIGHT)
def test_any_size_gives_a_result_or_an_error(
    call: str, pair: tuple[list[Any], dict[str, Any]]
) -> None:
    with contextlib.suppress(InputError):
        CALLS[call](*pair)
