"""What is no metric is refused where an adapter is made."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import LabelMapMetric, Metric
from segeval.adapters.checked_metric import checked_metric
from segeval.errors import InputError


def test_a_metric_is_taken_as_it_is() -> None:
    metric = LabelMapMetric(3)
    assert checked_metric(metric) is metric


@pytest.mark.parametrize(("given", "kind"), [([1, 2], "list"), (Metric, "Metric itself")])
def test_what_is_no_metric_is_refused(given: Any, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_metric(given)
    assert caught.value.message == (
        f"`metric` is of the type {kind}, expected a metric that was made, such as "
        "`segeval.Metric(categories)`."
    )
