"""Names of models in tables: short, and never two that are equal."""

from __future__ import annotations

import pytest

from segeval.analysis.model_names import LONGEST, short_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.json", "b.json"], ["a.json", "b.json"]),
        (["yolov8n_320_segm.json", "yolov8n_256_segm.json"], ["yolov8n_320", "yolov8n_256"]),
        (["coco_2017_val_run1.json", "coco_2017_val_run2.json"], ["..run1", "..run2"]),
        (["predictions_of_one.json"], ["predic.._of_one"]),
        (["runs/2026/a/preds.json", "runs/2026/b/preds.json"], ["runs/2026/a", "runs/2026/b"]),
        (["a.json", "a_much_longer_name.json"], ["a", "a_much..er_name"]),
        ([], []),
    ],
)
def test_names_lose_what_all_have_in_common(names: list[str], expected: list[str]) -> None:
    assert short_names(names) == expected


def test_names_that_differ_in_the_middle_alone_stay_apart() -> None:
    names = [f"trainedoneverything{mark}foraverylongtime" for mark in "ab"]
    assert short_names(names) == names


def test_short_names_fit_if_they_can() -> None:
    names = [f"experiment-{place:03}-of-the-whole-series.json" for place in range(30)]
    assert max(map(len, short_names(names))) <= LONGEST
