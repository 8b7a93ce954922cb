"""Reports of stored photographs and predictions, opened in a browser."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
        folder: holds data/coco_tiny and others.
    """
    reason = missing()
    if reason:
        sys.stdout.write(f"skipped: reports in a browser, {reason}\n")
        return
    tiny = folder / "data" / "coco_tiny"
    a, b = (tiny / f"yolov8n_{side}_segm.json" for side in (256, 320))
    gt, photos = tiny / "instances_val.json", tiny / "images"
    yield "coco_tiny: a report in a browser", partial(problem, (b, gt), photos=photos)
    yield "coco_tiny: a report of two in a browser", partial(problem, (a, b, gt), photos=photos)
    maps = folder / "data" / "camvid_val21"
    yield (
        "camvid_val21: a report in a browser",
        partial(
            problem,
            (maps / "pred_labelIds", maps / "gt_labelIds"),
            photos=maps / "images",
            classes="cityscapes",
        ),
    )
    panoptic = folder / "data" / "coco_panoptic_official_sample"
    yield (
        "coco_panoptic_official_sample: a report in a browser",
        partial(
            problem,
            (panoptic / "panoptic_pred.json", panoptic / "panoptic_gt.json"),
            photos=panoptic / "images",
        ),
    )


def problem(files: Sequence[Path], **options: Any) -> str | None:
    """What is wrong with the page of some files."""
    made = segeval.report(*files, **options)
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
