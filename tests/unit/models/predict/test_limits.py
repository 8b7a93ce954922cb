"""Limits of the objects that a model keeps."""

from __future__ import annotations

import pytest
from torch import nn

from segeval.errors import InputError
from segeval.models.predict.limits import limits_of, set_limits
from tests.bright_models import BrightObjects


def test_limits_are_read_and_changed() -> None:
    model = BrightObjects()
    set_limits(model, score=0.5, max_dets=None)
    assert limits_of(model) == {"score": 0.5, "max_dets": 100}


def test_a_layer_that_is_called_like_a_limit_is_none() -> None:
    model = nn.Module()
    model.score = nn.Linear(1, 1)
    assert limits_of(model) == {}
    with pytest.raises(InputError, match="`score` does not apply: this model has no such limit"):
        set_limits(model, score=0.5, max_dets=None)
    assert isinstance(model.score, nn.Linear)
