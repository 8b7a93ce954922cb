"""Reports of stored photographs and predictions, opened in a browser."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segeval
from tests.browser.chromium import (
    ALIKE,
    asked_for,
    axe,
    axe_findings,
    browser,
    missing,
    said,
    visited,
)
from tests.browser.colours import unreadable

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

RESAMPLES = 100
"""Draws; more would change digits of the page alone."""

MOST_BYTES = 6_000_000
"""Of a page with the options that it has by default."""


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds something wrong to tell of.

    Args:
        folder: holds data/coco_tiny and others.
    """
    reason = missing()
    if reason:
        sys.stdout.write(f"skipped: reports in a browser, {reason}\n")
        return
    with browser() as chrome:
        for name, files, options in pages(folder / "data"):
            yield f"{name} in a browser", partial(problem, chrome, files, **options)


def pages(folder: Path) -> Iterator[tuple[str, tuple[Path, ...], dict[str, Any]]]:
    """Names of pages, their files and options.

    Args:
        folder: holds coco_tiny and others.
    """
    tiny = folder / "coco_tiny"
    a, b = (tiny / f"yolov8n_{side}_segm.json" for side in (256, 320))
    gt, photos = tiny / "instances_val.json", tiny / "images"
    yield "coco_tiny: a report", (b, gt), {"photos": photos}
    yield "coco_tiny: a report of two", (a, b, gt), {"photos": photos}
    maps = folder / "camvid_val21"
    yield (
        "camvid_val21: a report",
        (maps / "pred_labelIds", maps / "gt_labelIds"),
        {"photos": maps / "images", "classes": "cityscapes"},
    )
    panoptic = folder / "coco_panoptic_official_sample"
    yield (
        "coco_panoptic_official_sample: a report",
        (panoptic / "panoptic_pred.json", panoptic / "panoptic_gt.json"),
        {"photos": panoptic / "images"},
    )


def problem(chrome: Chrome, files: Sequence[Path], **options: Any) -> str | None:
    """What is wrong with the page of some files."""
    made = segeval.report(*files, resamples=RESAMPLES, **options)
    if len(made.html.encode()) > MOST_BYTES:
        return f"it has {len(made.html.encode()):,} bytes"
    script = axe()
    found = []
    with tempfile.TemporaryDirectory() as name:
        path = made.save(Path(name, "report.html"))
        for theme in ("light", "dark"):
            for width in (1280, 390):
                visited(chrome, path, theme=theme, width=width)
                wide = chrome.execute_script("return document.scrollingElement.scrollWidth")
                if wide != width:
                    found.append(f"{theme}, it is {wide} pixels wide in a window of {width}")
            visited(chrome, path, theme=theme)
            found += [f"{theme}, {text} on {ground}" for text, ground in unreadable(chrome)]
            if script is not None:
                dark = theme == "dark"
                found += axe_findings(chrome, script, colours_alone=dark, without=ALIKE)
        found += [*asked_for(chrome)[1:], *said(chrome)]
    return "; ".join(found) or None
