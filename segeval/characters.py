r"""Text from files, shown as text: nothing in it can control a terminal or turn what is around it.

Names of files and categories, ids and messages about them may hold anything: escape sequences,
marks that turn the direction of writing, line breaks. They appear as Python writes them: `\x1b`,
`\u202e`, `\n`.
"""

from __future__ import annotations

import re

CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 with line breaks and tabs, DEL, C1
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, and bidi
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, bytes that are not UTF-8; tags
)


def shown(text: str) -> str:
    r"""One line of text, with escapes for everything that is not a plain character.

    Example:
        >>> print(shown("a\x1b[2J\nb"))
        a\x1b[2J\nb
    """
    return text if text.isprintable() else CONTROLS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    """A character as Python writes it."""
    return found[0].encode("unicode_escape").decode("ascii")
