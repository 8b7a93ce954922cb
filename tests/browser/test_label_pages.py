"""Pages of label maps in a browser: layers that keys switch, and the colours of classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import visited

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AT_FIRST = {"B": True, "E": True, "S": True, "G": False, "P": False}
"""Layers by their letters, and whether they are shown at first."""

SHOWN = """
const [letter] = arguments;
return [...document.querySelectorAll(`#images .cards .${letter}`)]
  .map((each) => getComputedStyle(each).display !== "none");
"""


def test_letters_switch_layers_of_both_models(chrome: Chrome, of_label_maps: Path) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    visited(chrome, of_label_maps)
    names = chrome.find_element(By.CSS_SELECTOR, ".colours")
    for letter, at_first in AT_FIRST.items():
        chrome.execute_script("document.querySelector('#images .card').focus()")
        box = chrome.execute_script(f"return document.getElementById('layer-{letter}')")
        layers = chrome.execute_script(SHOWN, letter)
        assert len(layers) >= 5
        assert set(layers) == {at_first}
        assert not names.is_displayed()
        for is_shown in (not at_first, at_first):
            ActionChains(chrome, duration=0).send_keys(letter.lower()).perform()
            assert box.is_selected() == is_shown
            assert set(chrome.execute_script(SHOWN, letter)) == {is_shown}
            assert names.is_displayed() == (is_shown and letter in "GP"), "colours of the classes"
