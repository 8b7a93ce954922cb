"""Paint times: of a page that is there, in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.painting import paint_times

PAGE = '<!DOCTYPE html><html lang="en"><title>x</title><p>Seen</p></html>'


@pytest.mark.usefixtures("needs_a_browser")
def test_a_page_is_complete_after_its_first_paint(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    times = paint_times(page, starts=1)
    assert 0 < times.first <= times.complete
