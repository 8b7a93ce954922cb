"""Paint times: of a page that is there, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.painting import paint_times_in

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PAGE = '<!DOCTYPE html><html lang="en"><title>x</title><p>Seen</p></html>'


def test_a_page_is_complete_after_its_first_paint(chrome: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    times = paint_times_in(chrome, page)
    assert 0 < times.first <= times.complete
