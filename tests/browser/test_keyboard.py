"""Everything on a page can be reached, seen and used with a keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import opened, visited

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

NUMBERED = """
const all = "a[href], button, input, summary, .scroll, .card";
return [...document.querySelectorAll(all)].filter((each) => each.checkVisibility())
  .map((each, place) => { each.dataset.place = place; return each.outerHTML.slice(0, 120); });
"""
"""Numbers what takes part, in the order of the page."""

RECORDED = """
window.stops = [];
const isSeen = (element) => {
  const box = element.getBoundingClientRect();
  const across = box.right > 0 && box.left < innerWidth;
  return across && box.bottom > 0 && box.top < innerHeight;
};
document.addEventListener("keyup", ({ target }) => {
  const style = getComputedStyle(target);
  window.stops.push({
    place: target.dataset.place === undefined ? null : Number(target.dataset.place),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: isSeen(target),
  });
});
"""
"""Records what has the focus whenever a key goes up."""

SORTED = """
const [table, place] = arguments;
const body = table.tBodies[table.tBodies.length - 1];
return [...body.rows].map((row) => row.cells[place])
  .map((cell) => cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v));
"""


def press(chrome: Chrome, *keys: str) -> None:
    """Press keys where the focus is."""
    from selenium.webdriver import ActionChains

    ActionChains(chrome, duration=0).send_keys(*keys).perform()


def key(name: str) -> str:
    """A key that is no character."""
    from selenium.webdriver.common.keys import Keys

    return str(getattr(Keys, name))


def focus(chrome: Chrome, selector: str, place: int = 0) -> Any:
    """The element that now has the focus."""
    chrome.execute_script(
        "document.querySelectorAll(arguments[0])[arguments[1]].focus()", selector, place
    )
    return chrome.switch_to.active_element


@pytest.fixture
def at_two(chrome: Chrome, of_two: Path) -> Chrome:
    """A browser with the page of two models; no test leaves a layer away or a picture large."""
    visited(chrome, of_two)
    return chrome


def test_tab_reaches_everything_in_order_and_shows_where_it_is(
    at_two: Chrome, of_two: Path
) -> None:
    opened(at_two, of_two)
    every = at_two.execute_script(NUMBERED)
    kinds = ("<a", "<button", "<input", "<summary", '<div class="scroll', '<div class="card')
    assert all(any(each.startswith(kind) for each in every) for kind in kinds)
    at_two.execute_script(RECORDED)
    press(at_two, *[key("TAB")] * len(every))
    for place, found in enumerate(at_two.execute_script("return window.stops")):
        assert found == {"place": place, "outlined": True, "seen": True}, every[place]
    assert place == len(every) - 1


def test_tables_are_sorted_by_keyboard_and_say_so(at_two: Chrome) -> None:
    button = focus(at_two, "table.sortable thead th[data-n] button")
    head = at_two.execute_script("return arguments[0].closest('th')", button)
    table = at_two.execute_script("return arguments[0].closest('table')", button)
    place = at_two.execute_script("return arguments[0].cellIndex", head)
    assert head.get_attribute("aria-sort") is None
    for order in ("descending", "ascending", "descending"):
        press(at_two, key("ENTER"))
        assert head.get_attribute("aria-sort") == order
        values = at_two.execute_script(SORTED, table, place)
        numbers = [each for each in values if not isinstance(each, str)]
        assert len(set(numbers)) > 1
        assert numbers == sorted(numbers, reverse=order == "descending")
        assert values[: len(numbers)] == numbers
        assert at_two.switch_to.active_element == button
    press(at_two, key("TAB"))
    press(at_two, " ")
    assert head.get_attribute("aria-sort") is None
    sorted_ones = "return arguments[0].querySelectorAll('[aria-sort]').length"
    assert at_two.execute_script(sorted_ones, table) == 1


def test_enter_enlarges_a_picture_arrows_go_on_and_escape_closes(at_two: Chrome) -> None:
    first = focus(at_two, "#images .card")
    small = first.rect["width"]
    press(at_two, key("ENTER"))
    assert first.get_attribute("role") == "dialog"
    assert first.get_attribute("aria-modal") == "true"
    assert first.rect["width"] == 1280 > small
    press(at_two, key("TAB"))
    assert at_two.switch_to.active_element == first
    press(at_two, key("ARROW_RIGHT"))
    second = at_two.switch_to.active_element
    assert second == at_two.execute_script("return arguments[0].nextElementSibling", first)
    assert [each.get_attribute("role") for each in (first, second)] == ["group", "dialog"]
    assert first.rect["width"] == small
    press(at_two, key("ARROW_LEFT"), key("ARROW_LEFT"))
    assert at_two.switch_to.active_element == first
    press(at_two, key("ESCAPE"))
    assert first.get_attribute("role") == "group"
    assert first.get_attribute("aria-modal") is None
    assert first.rect["width"] == small
    assert at_two.switch_to.active_element == first


def test_arrows_go_through_a_gallery_without_enlarging(at_two: Chrome) -> None:
    first = focus(at_two, "#images .card")
    press(at_two, key("ARROW_RIGHT"))
    second = at_two.switch_to.active_element
    assert second == at_two.execute_script("return arguments[0].nextElementSibling", first)
    assert at_two.execute_script("return document.querySelectorAll('.large').length") == 0


def test_letters_switch_layers(at_two: Chrome) -> None:
    for letter in "TFNG":
        focus(at_two, "#images .card")
        shown = f"""
        return [...document.querySelectorAll("#images .cards .{letter}")]
          .map((each) => getComputedStyle(each).display !== "none");
        """
        box = at_two.execute_script(f"return document.getElementById('layer-{letter}')")
        before = at_two.execute_script(shown)
        assert before
        assert all(before)
        press(at_two, letter.lower())
        assert not box.is_selected()
        assert not any(at_two.execute_script(shown))
        press(at_two, letter)
        assert box.is_selected()
        assert all(at_two.execute_script(shown))


def test_keys_of_the_browser_are_left_to_it(at_two: Chrome) -> None:
    from selenium.webdriver import ActionChains

    focus(at_two, "#images .card")
    control = key("CONTROL")
    ActionChains(at_two).key_down(control).send_keys("f").key_up(control).perform()
    assert at_two.execute_script("return document.getElementById('layer-F').checked")
