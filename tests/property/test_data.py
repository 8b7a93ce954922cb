"""What is written can be read, and is what it was."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from segeval import check
from segeval.data import (
    load_ground_truth,
    load_predictions,
    predictions_from_arrays,
    save_ground_truth,
    save_predictions,
)
from segeval.masks import decode_one
from tests.build import coco_rle

ids = st.integers(-(2**63) + 1, 2**63 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
coordinates = st.floats(-1e6, 1e6)
boxes = st.lists(numbers, min_size=4, max_size=4)
dense = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 1)
)
polygons = st.lists(st.lists(coordinates, min_size=6, max_size=9), min_size=1, max_size=3)
segmentations = st.one_of(
    dense.map(coco_rle),
    polygons,
    st.lists(st.integers(0, 2**31), min_size=1, max_size=5).map(
        lambda counts: {"size": [3, 4], "counts": counts}
    ),
)


def with_some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Dicts with all of the first and some of the second fields."""
    return st.fixed_dictionaries(required, optional=optional)


predictions = with_some(
    {"image_id": ids, "category_id": ids, "score": numbers},
    {"bbox": boxes, "segmentation": segmentations},
)
ground_truths = st.fixed_dictionaries(
    {
        "images": st.lists(
            with_some(
                {"id": ids},
                {
                    "height": st.integers(0, 999),
                    "width": st.integers(0, 999),
                    "file_name": st.text(min_size=1),
                },
            )
        ),
        "categories": st.lists(st.fixed_dictionaries({"id": ids, "name": st.text()})),
        "annotations": st.lists(
            with_some(
                {"id": ids, "image_id": ids, "category_id": ids},
                {
                    "area": numbers,
                    "bbox": boxes,
                    "iscrowd": st.integers(0, 1),
                    "ignore": st.just(1),
                    "segmentation": segmentations,
                },
            )
        ),
    }
)


@given(st.lists(predictions), st.sampled_from([".json", ".json.gz", ".jsonl"]))
def test_predictions_survive_memory_and_file(records: list[Any], suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"preds{suffix}")
        save_predictions(load_predictions(records), path)
        again = Path(folder, "again.json")
        save_predictions(load_predictions(path), again)
        assert json.loads(again.read_text()) == records


@given(ground_truths)
def test_ground_truth_survives_memory_and_file(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gt.json")
        save_ground_truth(load_ground_truth(data), path)
        again = Path(folder, "again.json.gz")
        save_ground_truth(load_ground_truth(path), again)
        assert again.stat().st_size
        assert json.loads(path.read_text()) == data
        save_ground_truth(load_ground_truth(again), path)
        assert json.loads(path.read_text()) == data


@given(st.lists(dense, max_size=4))
def test_dense_masks_come_back(masks: list[Any]) -> None:
    preds = predictions_from_arrays(
        image_id=1, category_id=1, score=np.zeros(len(masks)), masks=masks
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "preds.json")
        save_predictions(preds, path)
        runs = load_predictions(path).segmentations.strings.decode()
    for place, mask in enumerate(masks):
        np.testing.assert_array_equal(decode_one(runs, place), mask)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["size", "counts", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
wild_predictions = with_some(
    {},
    {
        name: st.one_of(value, anything)
        for name, value in {
            "image_id": ids,
            "category_id": ids,
            "score": numbers,
            "bbox": boxes,
            "segmentation": segmentations,
        }.items()
    },
)
wild_annotations = with_some(
    {},
    {
        name: st.one_of(value, anything)
        for name, value in {
            "id": ids,
            "image_id": ids,
            "category_id": ids,
            "segmentation": segmentations,
            "bbox": boxes,
            "iscrowd": st.integers(0, 1),
            "area": numbers,
        }.items()
    },
)


@given(st.lists(st.one_of(wild_predictions, anything), max_size=4))
@example([{"image_id": -(2**63) - 1}, {"category_id": 2**64}])
def test_check_reads_all_good_predictions_whatever_stands_beside_them(records: list[Any]) -> None:
    report = check(records)
    assert report.predictions is not None
    assert report.predictions.count == len(records)
    assert not any(finding.kind == "file" for finding in report.findings)


@given(st.lists(st.one_of(wild_annotations, anything), max_size=4), st.lists(anything, max_size=2))
def test_check_reads_all_good_annotations_whatever_stands_beside_them(
    annotations: list[Any], others: list[Any]
) -> None:
    gt = {"images": others, "categories": others, "annotations": annotations}
    report = check([], gt)
    assert report.ground_truth is not None
    assert report.ground_truth.count == len(annotations)
    assert not any(finding.kind == "file" for finding in report.findings)
