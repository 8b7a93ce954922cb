"""How long a browser takes until it shows a page, and until the page is complete.

python -m tests.browser.painting PAGE.html [--starts N]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.browser.chromium import browser, missing, opened

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

MEASURED = """
const done = arguments[0];
let painted = null;
const finish = () => {
  const paints = performance.getEntriesByType("paint").map((each) => [each.name, each.startTime]);
  const { loadEventEnd: loaded } = performance.getEntriesByType("navigation")[0];
  if (painted && paints.length && loaded) done({ ...Object.fromEntries(paints), loaded, painted });
  else setTimeout(finish, 10);
};
new PerformanceObserver((list) => { painted = list.getEntries().at(-1).startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
requestAnimationFrame(() => requestAnimationFrame(finish));
"""


@dataclass(frozen=True)
class PaintTimes:
    """Seconds from the start of the navigation.

    Attributes:
        first: until something of the page is painted (first contentful paint).
        complete: until everything is loaded and its largest part painted, whichever is later.
    """

    first: float
    complete: float


def paint_times(page: Path, starts: int = 5) -> PaintTimes:
    """How long a browser that has just started takes for a page.

    Args:
        page: the file.
        starts: of a browser with an empty profile.

    Raises:
        RuntimeError: without a browser; see `missing`.
    """
    reason = missing()
    if reason:
        raise RuntimeError(f"no page can be opened: {reason}")
    times = []
    for _ in range(starts):
        with browser() as chrome:
            times.append(paint_times_in(chrome, page))
    return PaintTimes(median(each.first for each in times), median(each.complete for each in times))


def paint_times_in(chrome: Chrome, page: Path) -> PaintTimes:
    """How long a browser takes for a page, once.

    Args:
        chrome: opens it.
        page: the file.
    """
    opened(chrome, page)
    found: dict[str, float] = chrome.execute_async_script(MEASURED)
    complete = max(found["loaded"], found["painted"])
    return PaintTimes(found["first-contentful-paint"] / 1000, complete / 1000)


def main() -> int:
    """Measure one page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--starts", type=int, default=5, help="of a browser")
    asked = parser.parse_args()
    times = paint_times(asked.page, asked.starts)
    size = asked.page.stat().st_size / 1e6
    sys.stdout.write(
        f"first paint {times.first:.3f} s, complete {times.complete:.3f} s, {size:.2f} MB\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
