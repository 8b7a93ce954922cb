"""The report of stored photographs and predictions, opened in a browser."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import segeval
from tests.browser.chromium import (
    asked_for,
    axe,
    axe_findings,
    browser,
    missing,
    opened,
    said,
    shown_as,
)

MOST_BYTES = 6_000_000
"""Of a page with the options that it has by default."""


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds something wrong to tell of.

    Args:
        folder: holds data/coco_tiny.
    """
    own = folder / "data" / "coco_tiny"
    reason = missing()
    if reason:
        sys.stdout.write(f"skipped: reports in a browser, {reason}\n")
    elif own.is_dir():
        for sides in ([320], [256, 320]):
            yield f"coco_tiny: the report of {len(sides)} in a browser", partial(page, own, sides)


def page(folder: Path, sides: list[int]) -> str | None:
    """What is wrong with the page of one model or two."""
    files = [folder / f"yolov8n_{side}_segm.json" for side in sides]
    made = segeval.report(*files, folder / "instances_val.json", photos=folder / "images")
    if len(made.html.encode()) > MOST_BYTES:
        return f"it has {len(made.html.encode()):,} bytes"
    script = axe()
    with tempfile.TemporaryDirectory() as name, browser() as chrome:
        path = made.save(Path(name, "report.html"))
        for theme in ("light", "dark"):
            for width in (1280, 390):
                shown_as(chrome, theme=theme, width=width)
                opened(chrome, path)
                wide = chrome.execute_script("return document.scrollingElement.scrollWidth")
                found = [*asked_for(chrome)[1:], *said(chrome)]
                if wide != width:
                    found.append(f"it is {wide} pixels wide in a window of {width}")
                if script is not None and width == 1280:
                    found += axe_findings(chrome, script)
                if found:
                    return f"{theme}, {width} pixels: {'; '.join(found)}"
    return None
