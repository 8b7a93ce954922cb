"""A page as one HTML file, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.characters import shown
from segeval.reports.options import ReportOptions
from segeval.reports.pages import Page
from segeval.reports.remarks import Wording

if TYPE_CHECKING:
    from jinja2 import Environment

BYTES_OF_MB = 10**6

AROUND_A_SECTION = 3000
"""Bytes of the headings, sentences and switches around pictures."""

PAGE = Path(__file__).parent / "page"

IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""Characters that could end a script or begin a comment, as JSON may write them."""


def html_of(page: Page, wording: Wording) -> str:
    """A page as HTML.

    Args:
        page: with its sections.
        wording: what becomes of messages on photographs, which name arguments in backticks.
    """
    from markupsafe import Markup

    scripts = ["sort.js", *(name for name in page.needs if name.endswith(".js"))]
    styles = [name for name in page.needs if name.endswith(".css")]
    script = "".join(map(_file, scripts))
    looks = style(page.theme) + "".join(map(_file, styles))
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            style=Markup(looks),
            script=Markup(script),
            policy=policy(script),
            numbers=Markup(json_in_script(page.numbers)),
            wording=wording,
        )
    )


def room_of(page: Page, options: ReportOptions) -> int:
    """How many bytes its sections without content may take, beside their scripts and styles."""
    later = [each for each in page.sections if each.content is None]
    files = "".join(_file(name) for each in later for name in each.needs)
    around = AROUND_A_SECTION * sum(bool(each.needs) for each in later)
    taken = len(html_of(page, options.wording).encode()) + len(files.encode()) + around
    return int(options.max_mb * BYTES_OF_MB) - taken


def json_in_script(value: Any) -> str:
    r"""JSON that no text in it can break out of a script element with.

    Example:
        >>> json_in_script({"name": "</script>"})
        '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character, escape in IN_SCRIPT.items():
        text = text.replace(character, escape)
    return text


def policy(script: str) -> str:
    """What the page may load: nothing, but for pictures in itself, its style and its script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def style(theme: str) -> str:
    """The style of a page with a theme; paper is always light."""
    light, dark = (_file(f"{name}.css").strip() for name in ("light", "dark"))
    colours = f":root{{{dark if theme == 'dark' else light}}}"
    if theme == "auto":
        colours += f"\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"{colours}\n@media print{{:root{{{light}}}}}\n{_file('style.css')}"


@cache
def _environment() -> Environment:
    """Templates in which every value is escaped, and shown as text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def as_text(value: Any) -> Any:
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=as_text,
    )


def _file(name: str) -> str:
    """A file of the page, the same on every system."""
    return (PAGE / name).read_text(encoding="utf-8").replace("\r\n", "\n")
