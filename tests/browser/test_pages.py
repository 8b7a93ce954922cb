"""Pages of reports in a browser: silent, complete in themselves, for every reader and on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser import pages
from tests.browser.chromium import (
    ALIKE,
    asked_for,
    axe_findings,
    opened,
    said,
    told,
    visited,
)
from tests.browser.colours import unreadable

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SHARED = "document.querySelectorAll('nav a, h1, h2, h3, figcaption, caption, p, dt, dd')"
"""Elements that every reader should see."""

HIDDEN = f"""
return [...{SHARED}].filter((each) => !each.closest("details, .keys, .printed"))
  .filter((each) => !each.checkVisibility({{ visibilityProperty: true, opacityProperty: true }}))
  .map((each) => each.outerHTML.slice(0, 200));
"""

BEYOND = """
const right = document.body.getBoundingClientRect().right + 0.5;
return [...document.querySelectorAll("table, pre, p, li, svg.picture, .draw svg, .card, h1, h2")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > right)
  .map((each) => `${each.getBoundingClientRect().right} ${each.outerHTML.slice(0, 200)}`);
"""
"""What reaches over the right border."""

FRAMES = """
const styles = [...document.querySelectorAll(".scroll, .draw")].map((e) => getComputedStyle(e));
return [...new Set(styles.map((each) => `${each.overflow} ${each.contentVisibility}`))];
"""

FOR_SCREENS = """
return [...document.querySelectorAll("nav, .switches input, .keys, .skip, details")]
  .filter((each) => each.checkVisibility()).map((each) => each.outerHTML.slice(0, 200));
"""

LEGEND = """
const switches = [...document.querySelectorAll(".switches label")];
return switches.map((each) => [each.control.checked, each.checkVisibility()]);
"""
"""Of every layer, whether it is shown, and whether its line is explained."""

BUTTONS = """
const buttons = [...document.querySelectorAll("th button")];
return [...new Set(buttons.map((each) => getComputedStyle(each).display))];
"""
"""How headers are laid out: Chromium repeats them on every printed page unless they hold boxes."""

SIZES = """
const done = arguments[0];
const found = [...document.querySelectorAll(".cards:not(.small) image[id^=photo]")]
  .map(async (each) => {
    const own = new Image();
    own.src = each.getAttribute("href");
    await own.decode();
    return [own.naturalWidth, own.naturalHeight];
  });
Promise.all(found).then(done);
"""
"""Width and height of the photographs of whole images; fails where one is no picture."""

PAINTED = """
const [element, done] = arguments;
element.scrollIntoView();
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 500)));
"""
"""Ends when an element is in view, and pictures within it had time to be decoded and painted."""

VERDICTS = """
const own = document.querySelector('table.folded').parentNode;
return own.scrollWidth - own.clientWidth;
"""
"""Pixels of the table of verdicts that are out of sight."""

CUT = """
return [...document.querySelectorAll(".draw svg .label")]
  .filter((each) => each.getBBox().x < 0).map((each) => each.textContent);
"""
"""Names of rows that begin left of their figure."""

WIDE = "return document.scrollingElement.scrollWidth"


@pytest.fixture
def without_scripts(chrome: Chrome) -> Iterator[None]:
    """Pages that are opened run no script."""
    chrome.get("about:blank")
    told(chrome, "Emulation.setScriptExecutionDisabled", value=True)
    yield
    told(chrome, "Emulation.setScriptExecutionDisabled", value=False)
    chrome.get("about:blank")


def test_a_page_asks_for_nothing_and_says_nothing(chrome: Chrome, page: Path) -> None:
    opened(chrome, page)
    assert chrome.title
    assert chrome.execute_script("return document.images.length") == 0
    assert asked_for(chrome) == [page.as_uri()]
    assert said(chrome) == []
    assert not chrome.execute_script(f"return {pages.MARK.partition('=')[0]} === 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(chrome: Chrome, page: Path, axe_script: str, theme: str) -> None:
    visited(chrome, page, theme=theme)
    dark = theme == "dark"
    assert axe_findings(chrome, axe_script, colours_alone=dark, without=ALIKE) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_reader_is_shown(chrome: Chrome, page: Path, theme: str) -> None:
    visited(chrome, page, theme=theme)
    ground = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    assert unreadable(chrome) == []


def test_a_narrow_page_does_not_scroll_sideways(chrome: Chrome, page: Path) -> None:
    visited(chrome, page, width=390)
    assert chrome.execute_script(WIDE) == 390
    assert chrome.execute_script(HIDDEN) == []
    assert chrome.execute_script(CUT) == []


def test_the_verdicts_on_two_models_are_read_without_scrolling(
    chrome: Chrome, of_two: Path
) -> None:
    visited(chrome, of_two, width=390)
    assert chrome.execute_script(VERDICTS) == 0


def test_paper_is_light_and_nothing_on_it_is_cut_off(chrome: Chrome, page: Path) -> None:
    visited(chrome, page, theme="dark", media="print", width=718)  # A4 without its margins
    ground = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert unreadable(chrome) == []
    assert chrome.execute_script(BEYOND) == []
    assert chrome.execute_script(FRAMES) == ["visible visible"]
    assert chrome.execute_script(FOR_SCREENS) == []
    assert chrome.execute_script(BUTTONS) == ["contents"]
    legend = chrome.execute_script(LEGEND)
    assert [shown for shown, _ in legend] == [explained for _, explained in legend]
    assert any(shown for shown, _ in legend)


@pytest.mark.usefixtures("without_scripts")
def test_nothing_needs_a_script(chrome: Chrome, page: Path) -> None:
    from selenium.webdriver.common.by import By

    visited(chrome, page)
    assert chrome.execute_script("return document.querySelectorAll('th button').length") == 0
    assert chrome.execute_script(HIDDEN) == []
    switch = chrome.find_element(By.CSS_SELECTOR, ".switches input[checked]")
    letter = str(switch.get_attribute("id")).removeprefix("layer-")
    layer = chrome.find_element(By.CSS_SELECTOR, f".cards .{letter}")
    assert layer.value_of_css_property("display") != "none"
    switch.click()
    assert layer.value_of_css_property("display") == "none"


def test_photographs_that_are_missing_or_broken_are_grey_places(
    chrome: Chrome, of_one: Path
) -> None:
    visited(chrome, of_one)
    words = chrome.execute_script("return document.body.textContent")
    assert "has no picture" in words
    assert "a grey placeholder stands in its place" in words
    whole = "#images .cards:not(.small) "
    count = f"return document.querySelectorAll('{whole}SELECTOR').length"
    assert chrome.execute_script(count.replace("SELECTOR", ".card")) == 24
    assert chrome.execute_script(count.replace("SELECTOR", ".ground")) == 2
    assert chrome.execute_script(count.replace("SELECTOR", "image[id]")) == 22


@pytest.fixture(scope="module")
def hostile(folder: Path) -> tuple[Path, list[str]]:
    """The page with hostile names, and those of its photographs."""
    return pages.hostile_page(folder)


def test_no_hostile_name_runs_and_none_asks_for_anything(
    chrome: Chrome, hostile: tuple[Path, list[str]]
) -> None:
    page, _ = hostile
    opened(chrome, page)
    for width in (1280, 390):
        visited(chrome, page, width=width)
        assert chrome.execute_script("return window.marked === undefined")
        assert chrome.execute_script(WIDE) == width
        assert asked_for(chrome) == ([page.as_uri()] if width == 1280 else [])
        assert said(chrome) == []
    names = chrome.execute_script("return document.querySelector('h1').textContent")
    assert names == pages.NAMES[0]
    elements = "return document.querySelectorAll('img, iframe, [onload], [onerror]').length"
    assert chrome.execute_script(elements) == 0
    assert chrome.execute_script("return document.scripts.length") == 2


def test_photographs_with_hostile_names_are_shown(
    chrome: Chrome, hostile: tuple[Path, list[str]]
) -> None:
    from selenium.webdriver.common.by import By

    page, names = hostile
    assert [sum(mark in name for name in names) for mark in ("<img", '"', "\u202e")] == [1, 1, 1]
    visited(chrome, page)
    sizes = chrome.execute_async_script(SIZES)
    assert len(sizes) == len(names)
    assert all(min(size) > 100 for size in sizes)
    first = chrome.find_element(By.CSS_SELECTOR, "svg.picture:has(> image)")
    chrome.execute_async_script(PAINTED, first)
    with Image.open(io.BytesIO(first.screenshot_as_png)) as shot:
        pixels = np.asarray(shot.convert("RGB")).astype(int)
    is_photograph = np.abs(pixels - pages.COLOUR).max(axis=2) <= 6  # WebP does not keep colours
    assert is_photograph.mean() > 0.5


def test_odd_sets_have_silent_pages_that_fit(chrome: Chrome, folder: Path) -> None:
    for odd, page in pages.odd_pages(folder).items():
        opened(chrome, page)
        for width in (1280, 390):
            visited(chrome, page, width=width)
            assert chrome.execute_script(WIDE) == width
        assert asked_for(chrome) == [page.as_uri()], odd
        assert said(chrome) == [], odd
        if "1203" in odd:
            assert chrome.execute_script("return window.find('category 1203')"), "as by Ctrl-F"
            visited(chrome, page, media="print", width=718)
            assert chrome.execute_script(FRAMES) == ["visible visible"]
        chrome.get("about:blank")
