"""Pages of reports in a browser: silent, complete in themselves, for every reader and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import pages
from tests.browser.chromium import (
    asked_for,
    axe_findings,
    opened,
    said,
    shown_as,
    told,
)
from tests.unit.reports.test_colours import contrast

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SHARED = "document.querySelectorAll('nav a, h1, h2, h3, figcaption, caption, p, dt, dd')"
"""Elements that every reader should see."""

HIDDEN = f"""
return [...{SHARED}].filter((each) => !each.closest("details, .keys, .printed"))
  .filter((each) => !each.checkVisibility({{ visibilityProperty: true, opacityProperty: true }}))
  .map((each) => each.outerHTML.slice(0, 200));
"""

TEXTS = """
const found = new Set();
for (const each of document.querySelectorAll("body *")) {
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const style = getComputedStyle(each);
  if (!own || each.closest(".layer, script, style") || !each.checkVisibility()) continue;
  found.add(each instanceof SVGElement ? style.fill : style.color);
}
return [...found];
"""
"""Colours of the texts outside of pictures."""

BEYOND = """
const right = document.body.getBoundingClientRect().right + 0.5;
return [...document.querySelectorAll("table, pre, p, li, svg.picture, .draw svg, .card, h1, h2")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > right)
  .map((each) => `${each.getBoundingClientRect().right} ${each.outerHTML.slice(0, 200)}`);
"""
"""What reaches over the right border."""


FRAMES = """
const frames = [...document.querySelectorAll(".scroll, .draw")];
return [...new Set(frames.map((each) => getComputedStyle(each).overflow))];
"""

FOR_SCREENS = """
return [...document.querySelectorAll("nav, .switches, .keys, .skip, details")]
  .filter((each) => each.checkVisibility()).map((each) => each.outerHTML.slice(0, 200));
"""

BUTTONS = """
const buttons = [...document.querySelectorAll("th button")];
return [...new Set(buttons.map((each) => getComputedStyle(each).display))];
"""


def test_a_page_asks_for_nothing_and_says_nothing(chrome: Chrome, page: Path) -> None:
    opened(chrome, page)
    assert chrome.title
    assert chrome.execute_script("return document.images.length") == 0
    assert asked_for(chrome) == [page.as_uri()]
    assert said(chrome) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(chrome: Chrome, page: Path, axe_script: str, theme: str) -> None:
    shown_as(chrome, theme=theme)
    opened(chrome, page)
    assert axe_findings(chrome, axe_script) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_reader_is_shown(chrome: Chrome, of_two: Path, theme: str) -> None:
    shown_as(chrome, theme=theme)
    opened(chrome, of_two)
    ground = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    for colour in chrome.execute_script(TEXTS):
        assert contrast(as_hex(colour), as_hex(ground)) >= 4.5


def test_nothing_needs_a_script(chrome: Chrome, page: Path) -> None:
    from selenium.webdriver.common.by import By

    shown_as(chrome)
    told(chrome, "Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(chrome, page)
        assert chrome.execute_script("return document.querySelectorAll('th button').length") == 0
        assert chrome.execute_script(HIDDEN) == []
        layer = chrome.find_element(By.CSS_SELECTOR, ".cards .layer.T")
        assert layer.value_of_css_property("display") != "none"
        chrome.find_element(By.ID, "layer-T").click()
        assert layer.value_of_css_property("display") == "none"
    finally:
        told(chrome, "Emulation.setScriptExecutionDisabled", value=False)


def test_a_narrow_page_does_not_scroll_sideways(chrome: Chrome, page: Path) -> None:
    shown_as(chrome, width=390)
    opened(chrome, page)
    wide = "return document.scrollingElement.scrollWidth"
    assert chrome.execute_script(wide) == 390
    assert chrome.execute_script(HIDDEN) == []


def test_paper_is_light_and_nothing_on_it_is_cut_off(chrome: Chrome, page: Path) -> None:
    shown_as(chrome, theme="dark", media="print", width=718)  # A4 without its margins
    opened(chrome, page)
    ground = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    for colour in chrome.execute_script(TEXTS):
        assert contrast(as_hex(colour), "#fff") >= 4.5
    assert chrome.execute_script(BEYOND) == []
    assert chrome.execute_script(FRAMES) == ["visible"]
    assert chrome.execute_script(FOR_SCREENS) == []


def test_headers_of_tables_are_on_every_printed_page(chrome: Chrome, of_one: Path) -> None:
    """Chromium repeats them, unless they hold buttons that are boxes of their own."""
    shown_as(chrome, media="print", width=718)
    opened(chrome, of_one)
    assert chrome.execute_script(BUTTONS) == ["contents"]


def test_photographs_that_are_missing_or_broken_are_grey_places(
    chrome: Chrome, of_one: Path
) -> None:
    shown_as(chrome)
    opened(chrome, of_one)
    words = chrome.execute_script("return document.body.textContent")
    assert "has no picture" in words
    assert "a grey placeholder stands in its place" in words
    whole = "#images .cards:not(.small) "
    count = f"return document.querySelectorAll('{whole}SELECTOR').length"
    assert chrome.execute_script(count.replace("SELECTOR", ".card")) == 24
    assert chrome.execute_script(count.replace("SELECTOR", ".ground")) == 2
    assert chrome.execute_script(count.replace("SELECTOR", "image[id]")) == 22


def test_no_hostile_name_runs_and_none_asks_for_anything(chrome: Chrome, folder: Path) -> None:
    page = pages.hostile_page(folder)
    for width in (1280, 390):
        shown_as(chrome, width=width)
        opened(chrome, page)
        assert chrome.execute_script("return window.marked === undefined")
        assert chrome.execute_script("return document.scrollingElement.scrollWidth") == width
        assert asked_for(chrome) == [page.as_uri()]
        assert said(chrome) == []
    names = chrome.execute_script("return document.querySelector('h1').textContent")
    assert names == pages.NAMES[0]
    elements = "return document.querySelectorAll('img, iframe, [onload], [onerror]').length"
    assert chrome.execute_script(elements) == 0
    assert chrome.execute_script("return document.scripts.length") == 2


def test_odd_sets_have_silent_pages_that_fit(chrome: Chrome, folder: Path) -> None:
    for odd, page in pages.odd_pages(folder).items():
        for width in (1280, 390):
            shown_as(chrome, width=width)
            opened(chrome, page)
            assert chrome.execute_script("return document.scrollingElement.scrollWidth") == width
            assert asked_for(chrome) == [page.as_uri()], odd
            assert said(chrome) == [], odd


def as_hex(colour: str) -> str:
    """A colour as browsers write it, such as "rgb(255, 0, 16)", as "#ff0010"."""
    channels = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(each):02x}" for each in channels)
