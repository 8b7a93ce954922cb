"""A headless Chromium that opens pages, and tells what they asked for and said."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Names of the program, the first that is there is used."""

AXE = "SEGEVAL_AXE"
"""Variable of the environment that holds the path of axe.min.js."""

AXE_RUN = """
const [rules, without, done] = arguments;
const chosen = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
axe.run({ exclude: without.map((each) => [each]) }, { resultTypes: ["violations"], ...chosen })
  .then(({ violations }) => done(violations));
"""
"""Judges by the rules that axe-core has by default, or by some."""

COLOURS = ("color-contrast", "link-in-text-block")
"""Rules of axe-core that see colours."""

ALIKE = (
    ".card:nth-child(n+4)",
    "tbody tr:nth-child(n+6)",
    "#definitions dt:nth-of-type(n+4)",
    *(f"#{section} > h3 ~ h3 ~ *" for section in ("lost", "parts", "scores")),
)
"""What has the same elements as what stands before it; colours of all texts are judged anyway."""

FLAGS = (
    "--headless",
    "--no-sandbox",  # there is none for root; the pages are the tests' own
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """Why no browser can be started; None if one can."""
    if find_spec("selenium") is None:
        return "selenium is missing"
    if _program() is None:
        return "chromium is missing"
    return None if shutil.which("chromedriver") else "chromedriver is missing"


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Chrome]:
    """A new browser with an empty profile, which keeps what pages ask for and say.

    Args:
        width: of the window in CSS pixels.
        height: of the window.
    """
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(_program())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        wanted = {"enableNetwork": True, "enablePage": False}
        options.add_experimental_option("perfLoggingPrefs", wanted)
        chrome = Chrome(options, Service(shutil.which("chromedriver")))
        try:
            yield chrome
        finally:
            chrome.quit()


def opened(chrome: Chrome, page: Path) -> None:
    """Open a page, and forget what earlier ones said and asked for."""
    chrome.get("about:blank")
    for name in ("browser", "performance"):
        chrome.get_log(name)  # type: ignore[no-untyped-call]
    chrome.get(page.resolve().as_uri())


def visited(
    chrome: Chrome, page: Path, *, theme: str = "light", media: str = "", width: int = 1280
) -> None:
    """Show a page in the colours of a theme, so wide, and open it only if another one is open."""
    shown_as(chrome, theme=theme, media=media, width=width)
    if chrome.current_url != page.resolve().as_uri():
        opened(chrome, page)


def said(chrome: Chrome) -> list[str]:
    """Messages on the console since the last call."""
    return [entry["message"] for entry in chrome.get_log("browser")]  # type: ignore[no-untyped-call]


def asked_for(chrome: Chrome) -> list[str]:
    """Addresses that were asked for since the last call; pictures in the page are none."""
    entries = chrome.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    addresses = [
        str(each["params"]["request"]["url"])
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]
    return [address for address in addresses if not address.startswith("data:")]


def told(chrome: Chrome, method: str, **parameters: Any) -> Any:
    """The answer to a command of the DevTools protocol."""
    return chrome.execute_cdp_cmd(method, parameters)


def shown_as(chrome: Chrome, *, theme: str = "light", media: str = "", width: int = 1280) -> None:
    """Show pages in the colours of a theme, on a kind of medium, so many CSS pixels wide."""
    wishes = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wishes.items()]
    told(chrome, "Emulation.setEmulatedMedia", media=media, features=features)
    told(
        chrome,
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 600,
    )


def axe() -> str | None:
    """The script of axe-core, from the file that the environment names; None without it."""
    path = os.environ.get(AXE)
    return Path(path).read_text(encoding="utf-8") if path else None


def axe_findings(
    chrome: Chrome, script: str, *, colours_alone: bool = False, without: Sequence[str] = ()
) -> list[str]:
    """What axe-core finds on the page that is open: rule, number of places, the first of them.

    Args:
        chrome: shows the page.
        script: the text of axe.min.js.
        colours_alone: of a page that was judged in other colours: other rules do not see them.
        without: selectors of what is not judged.
    """
    chrome.set_script_timeout(300)
    if not chrome.execute_script("return window.axe !== undefined"):
        chrome.execute_script(script)
    found = chrome.execute_async_script(
        AXE_RUN, list(COLOURS) if colours_alone else [], list(without)
    )
    return [
        f"{each['id']}, {len(each['nodes'])} times: {each['help']}, {each['nodes'][0]['html']}"
        for each in found
    ]


def _program() -> str | None:
    """The path of the browser."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
