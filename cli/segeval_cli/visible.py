"""Text from files, shown as text: nothing in it can control a terminal or break a table.

Names of files and categories, ids and messages about them may hold anything: escape sequences,
marks that turn the direction of writing, line breaks. They appear as Python writes them: `\\x1b`,
`\\u202e`, `\\n`.
"""

from __future__ import annotations

import re
from functools import cache

TAG = re.compile("<(?=[A-Za-z/!?])")
"""The beginning of a tag of HTML, which Markdown would pass on."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of text that a spreadsheet would run as a formula."""


def shown(text: str) -> str:
    r"""One line of text, with escapes for everything that is not a plain character.

    Example:
        >>> print(shown("a\x1b[2J\nb"))
        a\x1b[2J\nb
    """
    from segeval.characters import shown as plain  # only now: help needs none of the library

    return plain(text)


def shown_lines(text: str) -> str:
    r"""Lines of our own making: their breaks stay, all else is as in `shown`.

    Example:
        >>> print(shown_lines("a\nb\r"))
        a
        b\r
    """
    if text.replace("\n", "").isprintable():  # nothing to escape; a document has 200,000 lines
        return text
    return "\n".join(map(shown, text.split("\n")))


def markdown(text: str) -> str:
    """One line of text in a Markdown file: no tag of HTML.

    Example:
        >>> print(markdown("<img src=x>, a < b"))
        \\<img src=x>, a < b
    """
    return TAG.sub(r"\\<", shown(text))


def in_json(text: str) -> str:
    """The text of a JSON object, equal for every reader, that is safe to show."""
    return _json_controls().sub(_json_escape, text)


def encodable_json(text: str, encoding: str | None) -> str:
    """The text of a JSON object in characters of an encoding, equal for every reader."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return re.sub("[^\x00-\x7f]", _json_escape, text)
    return text


def cell(text: str) -> str:
    """Text for a cell of a CSV file: never a formula.

    Example:
        >>> cell("=1+1"), cell("lamp")
        ("'=1+1", 'lamp')
    """
    return shown(f"'{text}" if text.startswith(FORMULA) else text)


@cache
def _json_controls() -> re.Pattern[str]:
    """What is escaped but for what JSON always escapes, and the breaks between its lines."""
    from segeval.characters import CONTROLS

    return re.compile(CONTROLS.pattern.replace("\x00-\x1f", ""))


def _json_escape(found: re.Match[str]) -> str:
    """A character as JSON writes it in ASCII."""
    import json

    return json.dumps(found[0])[1:-1]
