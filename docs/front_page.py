"""Make the picture of the front page: `python docs/front_page.py`, with chromium and chromedriver.

It shows the report of the demo's two models: the verdict, what each kind of error costs, and the
image that changes most.
"""

from __future__ import annotations

import io
import os
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from segeval_cli.failures import run
from segeval_cli.main import app
from tests.browser.chromium import browser

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PICTURE = Path(__file__).parent / "pages" / "front.png"
MARGIN, LINE = 24, "#c9ced6"
PLACE = """
const [selector, done] = arguments;
document.querySelectorAll("details").forEach((each) => each.remove());
const element = document.querySelector(selector);
element.scrollIntoView({ behavior: "instant" });
setTimeout(() => {
  const { x, y, width, height } = element.getBoundingClientRect();
  done([x, y, x + width, y + height]);
}, 500);
"""
"""Where the first element of a kind is in the window, once it is drawn, without what is folded."""

COLOURS = 64
"""Of the file, which is drawn in few."""


def main(target: Path = PICTURE) -> None:
    """Write the picture.

    Args:
        target: the file.
    """
    os.environ.update(NO_COLOR="1", COLUMNS="80")
    with TemporaryDirectory() as made, chdir(made), browser(860, 1000) as chrome:
        for line in ("demo -q", "report model_a.json model_b.json gt.json -o report.html -q"):
            if run(app, line.split()):
                raise SystemExit(f"segeval {line} fails")
            os.chdir(Path(made, "segeval-demo"))
        chrome.get(Path("report.html").absolute().as_uri())
        left = shot(chrome, "#verdict")
        right = below(shot(chrome, "#lost figure"), shot(chrome, "#images .card"))
    whole = framed(beside(left, right))
    whole.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def shot(chrome: Chrome, selector: str) -> Image.Image:
    """What the first element of a kind looks like, without the white around it."""
    box: list[float] = chrome.execute_async_script(PLACE, selector)
    drawn = Image.open(io.BytesIO(chrome.get_screenshot_as_png())).convert("RGB").crop(box)
    return drawn.crop(ImageOps.invert(drawn).getbbox())


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures side by side, the second one scaled to the height of the first."""
    width = round(right.width * left.height / right.height)
    right = right.resize((width, left.height), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (left.width + 2 * MARGIN + width, left.height), "white")
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + 2 * MARGIN, 0))
    return whole


def below(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Two pictures, one below the other, scaled to one width."""
    width = max(upper.width, lower.width)
    upper, lower = (
        each.resize((width, round(each.height * width / each.width)), Image.Resampling.LANCZOS)
        for each in (upper, lower)
    )
    whole = Image.new("RGB", (width, upper.height + MARGIN + lower.height), "white")
    whole.paste(upper, (0, 0))
    whole.paste(lower, (0, upper.height + MARGIN))
    return whole


def framed(picture: Image.Image) -> Image.Image:
    """A picture in white, with a thin line around."""
    return ImageOps.expand(ImageOps.expand(picture, MARGIN, "white"), 1, LINE)


if __name__ == "__main__":
    main()
