"""One browser for all tests of pages; they are skipped, with the reason, where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import browser, missing

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(autouse=True, scope="session")
def _needs_a_browser() -> None:
    """Skip what cannot run."""
    reason = missing()
    if reason:
        pytest.skip(f"pages are not opened: {reason}")


@pytest.fixture(scope="session")
def chrome(_needs_a_browser: None) -> Iterator[Chrome]:
    """A browser."""
    with browser() as started:
        yield started
