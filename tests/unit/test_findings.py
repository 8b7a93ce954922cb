"""Findings and the errors that are made of them say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.errors import FormatError, InputError, MismatchError
from segeval.findings import Finding, raise_first, refusal


class Cats:
    """Columns of three cats."""

    source = "cats.json"

    def describe(self, index: int, /) -> str:
        return f"cats.json: cat #{index}"


def test_a_finding_becomes_the_error_that_it_names() -> None:
    finding = Finding(
        "error", "tails", "2 cats have no tail", 2, path="cats.json", index=1,
        first="cat #1", hint="Draw one.", code="no-tail", field="tail", error=MismatchError,
        option="draw",
    )  # fmt: skip
    with pytest.raises(MismatchError) as raised:
        raise_first(iter([finding]))
    error = raised.value
    assert error.message == "cats.json: 2 cats have no tail. Draw one."
    assert (error.code, error.path, error.index, error.field) == ("no-tail", "cats.json", 1, "tail")
    assert (error.count, error.option) == (2, "draw")


def test_nothing_is_raised_where_nothing_is_found() -> None:
    raise_first(iter([]))


def test_checks_behind_the_first_finding_do_not_run() -> None:
    def checks() -> Any:
        yield Finding("error", "tails", "none")
        raise AssertionError

    with pytest.raises(FormatError):
        raise_first(checks())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("has no tail", "cats.json: cat #1 has no tail. 1 more like it."),
        ("tail is 3, expected 1", "cats.json: cat #1: tail is 3, expected 1. 1 more like it."),
    ],
)
def test_columns_name_the_first_record(text: str, message: str) -> None:
    error = refusal(Cats(), text, rows=np.array([1, 2]), code="tail")
    assert error.message == message
    assert (error.path, error.index, error.count) == ("cats.json", 1, 2)
    assert type(error) is FormatError


def test_a_count_without_rows_is_said_unless_the_text_says_it() -> None:
    said = refusal("cats.json", "a tail is missing", count=3, code="tail", hint="Add it")
    assert said.message == "cats.json: a tail is missing. 2 more like it. Add it"
    told = refusal("cats.json", "3 tails are missing", told=3, code="tail", error=InputError)
    assert told.message == "cats.json: 3 tails are missing."
    assert (said.count, told.count, told.index) == (3, 3, None)


def test_json_has_all_but_what_python_alone_needs() -> None:
    keys = set(Finding("ok", "tails", "nothing found").to_dict())
    assert keys == {
        "level", "kind", "message", "count", "path", "index", "first", "hint", "code", "field",
    }  # fmt: skip
