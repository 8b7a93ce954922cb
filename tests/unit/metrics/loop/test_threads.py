"""Threads that share a metric lose nothing, and never wait for each other in a circle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from segeval import LabelMapMetric, Metric, PanopticMetric

IMAGES = 96


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    """Threads that are interrupted as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def metric_and_image(kind: str) -> tuple[Any, Any]:
    """A metric, and a function that gives the predictions, or targets, of image `key`."""
    pixels = np.arange(48).reshape(6, 8)

    def masks(key: int) -> dict[str, Any]:
        return {"scores": [0.5], "labels": [1], "masks": (pixels % (key + 2) > 0)[np.newaxis]}

    def segments(key: int) -> dict[str, Any]:
        return {
            "segmentation": (pixels % (key + 2) > 0).astype(int),
            "segments_info": [{"id": 1, "category_id": 1}],
        }

    return {
        "ap": (lambda: Metric([1], workers=1), masks),
        "miou": (lambda: LabelMapMetric(2, workers=1), lambda key: (pixels % (key + 2) > 0) * 1),
        "pq": (lambda: PanopticMetric([{"id": 1, "isthing": 1}], workers=1), segments),
    }[kind]


def add(metric: Any, image: Any, key: int) -> None:
    """Add an image, whose target is the prediction of another."""
    target = image(key // 2)
    if isinstance(target, dict):
        target = {name: value for name, value in target.items() if name != "scores"}
    metric.update([key], [image(key)], [target])


@pytest.mark.parametrize("kind", ["ap", "miou", "pq"])
def test_threads_that_update_one_metric_lose_no_image(kind: str) -> None:
    make, image = metric_and_image(kind)
    one, shared = make(), make()
    for key in range(IMAGES):
        add(one, image, key)
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(add, shared, image, key) for key in range(IMAGES)]
        read = [pool.submit(shared.compute) for _ in range(3)]
        for each in [*done, *read]:
            each.result()
    assert shared.to_bytes() == one.to_bytes()


@pytest.mark.parametrize("kind", ["ap", "miou", "pq"])
def test_two_metrics_that_merge_each_other_at_once_both_end(kind: str) -> None:
    make, image = metric_and_image(kind)
    pair = make(), make()
    for key in range(8):
        add(pair[key % 2], image, key)
    with ThreadPoolExecutor(2) as pool:
        turns = [(0, 1), (1, 0)] * 8
        for done in [pool.submit(pair[into].merge, pair[of]) for into, of in turns]:
            done.result(timeout=60)
    assert len(pair[0]) == len(pair[1]) == 8
