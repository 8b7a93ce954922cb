"""Colours of pages: every text can be read on its ground, in light and in dark."""

from __future__ import annotations

import re

import pytest

from segeval.reports.rendering import PAGE

READ = ("ink", "muted", "a", "b", "better", "worse", "warning")
"""Colours of texts."""


def luminance(colour: str) -> float:
    """Relative luminance of a colour such as "#fff", as WCAG 2 defines it."""
    digits = colour.removeprefix("#")
    wide = digits if len(digits) == 6 else "".join(2 * each for each in digits)
    channels = [int(wide[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palette(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+):(#\w+);", (PAGE / f"{theme}.css").read_text()))


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("colour", READ)
def test_texts_stand_out_from_their_ground(theme: str, ground: str, colour: str) -> None:
    colours = palette(theme)
    assert contrast(colours[colour], colours[ground]) >= 4.5


def test_layers_of_pictures_stand_out_from_their_ground() -> None:
    style = (PAGE / "pictures.css").read_text()
    [ground] = set(re.findall(r"\.(?:ground\{fill|sample\{background):(#\w+)", style))
    layers = re.findall(r"--on:(#\w+)", style)
    assert len(layers) == len(set(layers)) == 5
    for colour in layers:
        assert contrast(colour, ground) >= 4.5


def test_both_themes_have_the_same_colours() -> None:
    assert palette("light").keys() == palette("dark").keys()


def test_the_style_names_colours_of_the_themes_alone() -> None:
    style = (PAGE / "style.css").read_text()
    assert set(re.findall(r"var\(--(\w+)\)", (PAGE / "pictures.css").read_text())) <= {
        *palette("light"),
        *("on", "dash", "letter"),
    }
    assert set(re.findall(r"var\(--(\w+)\)", style)) <= palette("light").keys()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", style)
