"""Every strategy has a page, which lists its settings with their defaults, and a picture."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path

import pytest

from segeval.ensemble.strategies import STRATEGIES, WEIGHINGS, Strategy

PAGES = Path(__file__).parent.parent / "docs" / "pages" / "strategies"
ROW = re.compile(r"^\| `--([\w-]+)` \| ([^|]+) \|", re.MULTILINE)


def defaults(strategy: Strategy) -> dict[str, str]:
    """Settings of a strategy as its page writes them; those without a default are left out."""
    own = {**WEIGHINGS[strategy.weighing], **strategy.weights, **strategy.settings}
    return {
        name.replace("_", "-"): "off" if value is False else str(value)
        for name, value in own.items()
        if value is not None
    }


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_page_lists_all_settings_with_their_defaults(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    listed = {setting: default.strip() for setting, default in ROW.findall(text)}
    expected = defaults(STRATEGIES[name])
    assert {setting: listed.get(setting) for setting in expected} == expected
    assert [
        each for each in STRATEGIES[name].settings if each.replace("_", "-") not in listed
    ] == []


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_page_has_a_picture_and_says_when_it_hurts(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert "## When it hurts" in text
    assert f"]({name}.png)" in text


def test_the_pictures_of_all_pages_are_drawn_and_small(tmp_path: Path) -> None:
    run_path(str(PAGES.parent.parent / "strategy_pictures.py"))["main"](tmp_path)
    sizes = {picture.stem: picture.stat().st_size for picture in tmp_path.iterdir()}
    assert sizes.keys() == STRATEGIES.keys()
    assert max(sizes.values()) < 20_000


def test_the_overview_links_every_page() -> None:
    text = (PAGES / "index.md").read_text(encoding="utf-8")
    assert [name for name in STRATEGIES if f"[`{name}`]({name}.md)" not in text] == []
