"""Functions that spell out the arguments of an evaluation: the same names, types and defaults.

They are written out, so that `help`, notebooks and type checkers show them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, fields
from inspect import signature
from typing import Any

import pytest

from segeval import (
    LabelMapMetric,
    Metric,
    average_precision,
    error_kinds,
    match,
    mean_iou,
    operating_point,
    oracles,
    report,
)
from segeval.analysis.official import verify
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.semantic.arguments import Arguments as LabelMapArguments

FIELDS = {each.name: each for each in fields(Arguments)}
ALL = [average_precision, match, error_kinds, operating_point, oracles, report, verify]

WITHOUT = {
    Metric: {"compat", "images", "score_field"},
    operating_point: {"compat"},
    oracles: {"compat"},
    report: {"compat"},
    verify: {"boundary_ratio", "boundary_px", "score_field"},
}
"""Arguments that a function does not have: no official package has such numbers, or only some; a
metric has neither files nor a choice of images."""

OWN_DEFAULT = {
    (error_kinds, "thresholds"),
    (operating_point, "thresholds"),
    (verify, "iou"),
    (Metric, "categories"),  # all there are, not those to use
    (Metric, "protocol"),  # no file says that it is LVIS
}
"""Arguments with another default than that of `average_precision`."""

OWN_TYPE = {(match, "iou"), *OWN_DEFAULT, *((verify, name) for name in FIELDS)}
"""Arguments that take less than those of `average_precision`."""


class Spied(Exception):
    """What a function passes on."""


@pytest.mark.parametrize("function", [*ALL, Metric])
def test_every_function_takes_the_arguments_of_an_evaluation(function: Callable[..., Any]) -> None:
    parameters = signature(function).parameters
    assert FIELDS.keys() - parameters.keys() == WITHOUT.get(function, set())
    for name in FIELDS.keys() & parameters.keys():
        if (function, name) not in OWN_TYPE:
            assert parameters[name].annotation == FIELDS[name].type, name
        if (function, name) not in OWN_DEFAULT:
            assert parameters[name].default == FIELDS[name].default, name


@pytest.mark.parametrize("function", ALL)
def test_every_argument_is_passed_on_by_its_name(
    function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def spy(**passed: Any) -> None:
        raise Spied(passed)

    monkeypatch.setattr(sys.modules[function.__module__], "Arguments", spy)
    names = FIELDS.keys() & signature(function).parameters.keys()
    if function is error_kinds:
        names = names - {"compat"}  # another choice of packages, which is passed on elsewhere
    given = {name: f"the value of {name}" for name in names}
    with pytest.raises(Spied) as caught:
        function([], {}, **given)
    assert caught.value.args[0] == given


@pytest.mark.parametrize("function", [mean_iou, LabelMapMetric])
def test_label_maps_have_the_same_arguments_in_files_and_in_loops(
    function: Callable[..., Any],
) -> None:
    parameters = signature(function).parameters
    for each in fields(LabelMapArguments):
        assert parameters[each.name].annotation == each.type, each.name
        if each.default is not MISSING:
            assert parameters[each.name].default == each.default, each.name
