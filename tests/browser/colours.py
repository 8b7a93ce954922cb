"""Whether all texts of a page that is open can be read in its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.reports.test_colours import contrast

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LEAST = 4.5
"""Contrast that texts need (WCAG 2, 1.4.3)."""

TEXTS = """
const found = new Set();
for (const each of document.querySelectorAll("body *")) {
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const style = getComputedStyle(each);
  if (!own || each.closest(".layer, .within, script, style") || !each.checkVisibility()) continue;
  found.add(each instanceof SVGElement ? style.fill : style.color);
}
return [...found];
"""
"""Colours of the texts outside of pictures, on the ground of the page."""

IN_BARS = """
return [...document.querySelectorAll(".within")]
  .map((each) => [each, each.previousElementSibling].map((own) => getComputedStyle(own).fill));
"""
"""Colours of the letters in bars, each with that of its bar."""


GROUND = "return getComputedStyle(document.body).backgroundColor"


def unreadable(chrome: Chrome) -> list[tuple[str, str]]:
    """Colours of texts and of what they stand on, where their contrast is too low."""
    ground = chrome.execute_script(GROUND)
    pairs = [(text, ground) for text in chrome.execute_script(TEXTS)]
    pairs += [(letter, bar) for letter, bar in chrome.execute_script(IN_BARS)]
    return [pair for pair in pairs if contrast(*map(as_hex, pair)) < LEAST]


def as_hex(colour: str) -> str:
    """A colour as browsers write it, such as "rgb(255, 0, 16)", as "#ff0010"."""
    channels = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(each):02x}" for each in channels)
