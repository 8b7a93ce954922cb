"""What all processes have is merged; a process that failed is heard by all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import Metric
from segeval.errors import FormatError

SQUARE = np.ones((1, 4, 4), bool)


def one_image(key: int) -> Metric:
    metric = Metric([1])
    preds = {"scores": [0.5], "labels": [1], "masks": SQUARE}
    metric.update([key], [preds], [{"labels": [1], "masks": SQUARE}])
    return metric


def test_a_function_gathers_where_there_is_no_torch() -> None:
    here, there = one_image(1), one_image(2)
    calls = []

    def allgather(own: Any) -> list[Any]:
        calls.append(own)
        return [own, there.to_bytes()]

    assert len(here.gather(allgather)) == 2
    assert len(here) == 1
    assert len(calls) == 1


def test_a_process_alone_gathers_a_copy() -> None:
    metric = one_image(1)
    gathered = metric.gather()
    assert gathered is not metric
    assert gathered.to_bytes() == metric.to_bytes()


def test_a_reset_forgets_a_failure() -> None:
    metric = one_image(1)
    with pytest.raises(FormatError):
        metric.update([2], [{}], [{}])
    with pytest.raises(FormatError):
        metric.gather()
    metric.reset()
    assert len(metric.gather()) == 0
