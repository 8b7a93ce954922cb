"""The page of the papers' systems: every row builds what it names, of the size that it states."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from segeval.models.config import changed
from segeval.models.config.presets import PRESETS
from segeval.models.costs.listed_presets import PRESET_COSTS, ModelCost
from segeval.models.costs.preset_costs import model_cost

PAGE = Path(__file__).parents[4] / "docs/pages/explanation/systems.md"
SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Row:
    """A system: its preset and settings, and the two numbers that the page states."""

    preset: str
    settings: tuple[str, ...]
    parameters: str
    multiply_adds: str

    def __str__(self) -> str:
        return " ".join((self.preset, *self.settings))


def rows() -> Iterator[Row]:
    for line in PAGE.read_text().splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) > 5 and cells[2].startswith("`"):
            preset, *settings = SPAN.findall(cells[2])
            yield Row(preset, tuple(settings), cells[3], cells[4])


ROWS = list(dict.fromkeys(rows()))


def cost_of(row: Row) -> ModelCost:
    if not row.settings:
        return next(each for each in PRESET_COSTS if each.name == row.preset)
    sections: dict[str, dict[str, Any]] = {}
    for setting in row.settings:
        for section, values in tomllib.loads(setting).items():
            sections.setdefault(section, {}).update(values)
    return model_cost(changed(PRESETS[row.preset], "changed", **sections))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_system_has_the_size_that_the_page_states(row: Row) -> None:
    if row.parameters == "-":  # the same model, seen several times
        assert row.preset in PRESETS
        return
    cost = cost_of(row)
    assert row.parameters == f"{cost.parameters / 1e6:.1f}M"
    assert row.multiply_adds == f"{cost.multiply_adds / 1e9:,.0f}G"


def test_presets_of_the_papers_are_on_the_page() -> None:
    papers = ("PointRend", "3D-FUTURE 2020", "LVIS 2021", "Open Images 2019")
    expected = {each.name for each in PRESET_COSTS if each.paper in papers}
    named = {row.preset for row in ROWS}
    assert {name for name in expected - named if not name.endswith("-released")} == set()
