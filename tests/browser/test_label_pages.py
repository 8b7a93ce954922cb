"""Pages of label maps in a browser: silent, switched by keys, narrow, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import segeval
from tests.browser.chromium import (
    asked_for,
    axe_findings,
    opened,
    said,
    shown_as,
    told,
)
from tests.browser.pages import FEW, MARK, NAMES
from tests.browser.test_pages import BEYOND, FOR_SCREENS, HIDDEN

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AT_FIRST = {"B": True, "E": True, "S": True, "G": False, "P": False}
"""Layers by their letters, and whether they are shown at first."""

SHOWN = """
const [letter] = arguments;
return [...document.querySelectorAll(`#images .cards .${letter}`)]
  .map((each) => getComputedStyle(each).display !== "none");
"""


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    """The page of two models whose classes have hostile names, with some photographs."""
    photos = folder / "street"
    photos.mkdir()
    random = np.random.default_rng(0)
    models: tuple[list[Any], ...] = ([], [], [])
    for place in range(12):
        gt = np.kron(random.integers(0, len(NAMES), (6, 8)), np.ones((40, 40))).astype(np.uint8)
        strong = np.roll(gt, 2, 1)
        weak = np.where(random.random(gt.shape) < 0.02, 0, np.roll(gt, 6, 0))
        weak[gt == 3] = 5
        weak[40:80] = np.roll(gt[40:80], 25, 1)
        for maps, own in zip(models, (weak.astype(np.uint8), strong, gt), strict=True):
            maps.append(own)
        if place % 3 == 0:
            photo = np.stack([20 * gt, 250 - 20 * gt, gt], 2)
            Image.fromarray(photo).save(photos / f"{place:02}.jpg")
        elif place % 3 == 1:
            (photos / f"{place:02}.jpg").write_bytes(b"no picture")
    classes = dict(enumerate(NAMES))
    made = segeval.report(*models, classes=classes, photos=photos, top=5, **FEW)
    return made.save(folder / "labels.html")


def test_it_asks_for_nothing_says_nothing_and_runs_no_name(chrome: Chrome, page: Path) -> None:
    shown_as(chrome)
    opened(chrome, page)
    assert asked_for(chrome) == [page.as_uri()]
    assert said(chrome) == []
    assert not chrome.execute_script(f"return {MARK.partition('=')[0]} === 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(chrome: Chrome, page: Path, axe_script: str, theme: str) -> None:
    shown_as(chrome, theme=theme)
    opened(chrome, page)
    assert axe_findings(chrome, axe_script) == []


def test_letters_switch_layers_of_both_models(chrome: Chrome, page: Path) -> None:
    from selenium.webdriver import ActionChains

    shown_as(chrome)
    opened(chrome, page)
    for letter, at_first in AT_FIRST.items():
        chrome.execute_script("document.querySelector('#images .card').focus()")
        box = chrome.execute_script(f"return document.getElementById('layer-{letter}')")
        layers = chrome.execute_script(SHOWN, letter)
        assert len(layers) >= 5
        assert set(layers) == {at_first}
        ActionChains(chrome, duration=0).send_keys(letter.lower()).perform()
        assert box.is_selected() != at_first
        assert set(chrome.execute_script(SHOWN, letter)) == {not at_first}


def test_colours_of_classes_are_named_where_they_are_shown(chrome: Chrome, page: Path) -> None:
    from selenium.webdriver.common.by import By

    shown_as(chrome)
    told(chrome, "Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(chrome, page)
        assert chrome.execute_script(HIDDEN) == []
        names = chrome.find_element(By.CSS_SELECTOR, ".colours")
        assert not names.is_displayed()
        chrome.find_element(By.ID, "layer-G").click()
        assert names.is_displayed()
    finally:
        told(chrome, "Emulation.setScriptExecutionDisabled", value=False)


def test_it_fits_a_narrow_window_and_paper(chrome: Chrome, page: Path) -> None:
    shown_as(chrome, width=390)
    opened(chrome, page)
    assert chrome.execute_script("return document.scrollingElement.scrollWidth") == 390
    shown_as(chrome, theme="dark", media="print", width=718)
    opened(chrome, page)
    assert chrome.execute_script(BEYOND) == []
    assert chrome.execute_script(FOR_SCREENS) == []
