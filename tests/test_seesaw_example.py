"""The example of the Seesaw loss runs, and tells thirds of the classes apart."""

from __future__ import annotations

import sys

import pytest

from examples.seesaw import run


def test_every_variant_has_a_row_of_accuracies(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["seesaw", "--smoke"])
    run.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(run.VARIANTS)
    assert all(
        0 <= float(cell.split(" ")[0]) <= 100 for row in rows for cell in row.split(" | ")[1:]
    )


def test_examples_fall_from_the_most_to_the_least_frequent_class() -> None:
    numbers = run.counts()
    assert (numbers[0], numbers[-1], len(numbers)) == (3000, 5, 40)
    assert numbers == sorted(numbers, reverse=True)
