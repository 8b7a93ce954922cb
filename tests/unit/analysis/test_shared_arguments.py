"""Functions that spell out the arguments of an evaluation: the same names, types and defaults.

They are written out, so that `help`, notebooks and type checkers show them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest

from segeval import average_precision, error_kinds, match, operating_point, oracles
from segeval.analysis.official import verify
from segeval.metrics.coco.arguments import Arguments

FIELDS = {each.name: each for each in fields(Arguments)}
ALL = [average_precision, match, error_kinds, operating_point, oracles, verify]

WITHOUT = {
    operating_point: {"compat"},
    oracles: {"compat"},
    verify: {"boundary_ratio", "boundary_px", "score_field"},
}
"""Arguments that a function does not have: no official package has such numbers, or only some."""

OWN_DEFAULT = {(error_kinds, "thresholds"), (operating_point, "thresholds"), (verify, "iou")}
"""Arguments with another default than that of `average_precision`."""

OWN_TYPE = {(match, "iou"), *OWN_DEFAULT, *((verify, name) for name in FIELDS)}
"""Arguments that take less than those of `average_precision`."""


class Spied(Exception):
    """What a function passes on."""


@pytest.mark.parametrize("function", ALL)
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
