"""What all processes have is merged; a process that failed is heard by all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import Metric
from segeval.errors import FormatError, InputError

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


@pytest.mark.parametrize("returned", [None, [], 5, b"ab"])
def test_a_group_that_returns_no_list_of_all_is_refused(returned: Any) -> None:
    with pytest.raises(InputError) as caught:
        Metric([1]).gather(lambda own: returned)
    assert str(caught.value) == (
        f"`group` returned {returned!r}, expected a list with what each process gave."
    )


def test_a_group_without_processes_of_torch_is_refused_and_not_taken_for_one_process() -> None:
    with pytest.raises(InputError) as caught:
        Metric([1]).gather("nccl")
    assert str(caught.value) == (
        "`group` is 'nccl', but torch.distributed was not started: expected None, or a function "
        "that takes an object and returns those of all processes."
    )
