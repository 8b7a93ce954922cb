"""One browser and a few pages for all tests; tests say why they are skipped without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import pages
from tests.browser.chromium import AXE, axe, browser, missing

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="session")
def needs_a_browser() -> None:
    """Skip what cannot run."""
    reason = missing()
    if reason:
        pytest.skip(f"pages are not opened: {reason}")


@pytest.fixture(scope="session")
def chrome(needs_a_browser: None) -> Iterator[Chrome]:
    """A browser."""
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def axe_script() -> str:
    """The text of axe.min.js; skips what needs it where there is none."""
    script = axe()
    if script is None:
        pytest.skip(f"pages are not judged: {AXE} names no axe.min.js")
    return script


@pytest.fixture(scope="session")
def folder(needs_a_browser: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def of_one(folder: Path) -> Path:
    """The page of one model, with photographs."""
    return pages.page_of_one(folder)


@pytest.fixture(scope="session")
def of_two(folder: Path) -> Path:
    """The page of two models, with photographs."""
    return pages.page_of_two(folder)


@pytest.fixture(scope="session")
def of_label_maps(folder: Path) -> Path:
    """The page of two models of label maps, with some photographs and hostile names."""
    return pages.page_of_label_maps(folder)


@pytest.fixture(scope="session")
def of_panoptic_files(folder: Path) -> Path:
    """The page of panoptic files of one model, with photographs."""
    return pages.page_of_panoptic_files(folder)


@pytest.fixture(scope="module", params=["of_one", "of_two", "of_label_maps", "of_panoptic_files"])
def page(request: pytest.FixtureRequest) -> Path:
    """Each of them: tests of a page follow one another, so that it is opened once."""
    made: Path = request.getfixturevalue(request.param)
    return made
