"""A page of HTML as a strict reader finds it: what it holds, and what is wrong with it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}

ADDRESSES = {
    "href",
    "src",
    "srcset",
    "action",
    "data",
    "poster",
    "xlink:href",
    "formaction",
    "ping",
}
"""Attributes that name something to load or to go to."""

UNROUNDED = re.compile(r"\d\.\d{6,}")
"""A number that is shown with all its digits."""


class Page(HTMLParser):
    """Reads a page; every element must be closed where it was opened.

    Attributes:
        problems: what is wrong.
        elements: how often each element occurs.
        attributes: every element with its attributes, in the order of the page.
        texts: all texts outside of scripts and style.
        scripts: attributes and texts of scripts.
        styles: texts of style elements.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self._open: list[str] = []
        self.text = text
        self.feed(text)
        self.close()
        if self._open:
            self.problems.append(f"never closed: {self._open}")
        ids = Counter(own["id"] for _, own in self.attributes if "id" in own)
        self.problems += [f"id {name} occurs {n} times" for name, n in ids.items() if n > 1]
        self.ids = set(ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if len(own) < len(attrs):
            self.problems.append(f"an attribute twice in {tag}")
        self.elements[tag] += 1
        self.attributes.append((tag, own))
        if tag == "script":
            self.scripts.append((own, ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> within {self._open[-3:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        where = self._open[-1] if self._open else ""
        if where == "script":
            own, before = self.scripts[-1]
            self.scripts[-1] = (own, before + data)
        elif where == "style":
            self.styles.append(data)
        else:
            self.texts.append(data)

    @property
    def words(self) -> str:
        """All texts, with single blanks."""
        return " ".join(" ".join(self.texts).split())

    @property
    def numbers(self) -> Any:
        """The JSON in the page."""
        [text] = [text for own, text in self.scripts if own.get("type") == "application/json"]
        return json.loads(text)

    @property
    def code(self) -> str:
        """The one script that runs."""
        [text] = [text for own, text in self.scripts if "type" not in own]
        return text

    @property
    def policy(self) -> str:
        """What the page may load."""
        [found] = [
            own["content"]
            for tag, own in self.attributes
            if tag == "meta" and own.get("http-equiv") == "Content-Security-Policy"
        ]
        return str(found)

    def leaves(self) -> list[str]:
        """Everything that would load something, or lead elsewhere."""
        found = [
            f"{tag} {name}={value}"
            for tag, own in self.attributes
            for name, value in own.items()
            if name in ADDRESSES and not str(value).startswith(("#", "data:"))
        ]
        found += [
            f"{tag} {name}" for tag, own in self.attributes for name in own if name[:2] == "on"
        ]
        found += [
            tag for tag in ("link", "iframe", "object", "embed", "base") if self.elements[tag]
        ]
        styles = [*self.styles, *(str(own.get("style", "")) for _, own in self.attributes)]
        return found + [text for style in styles for text in re.findall(r"url\(|@import", style)]


def assert_sound(text: str) -> Page:
    """The page, if it is valid, complete in itself and runs nothing but its own script."""
    page = Page(text)
    assert page.problems == []
    assert page.leaves() == []
    assert page.elements["h1"] == 1
    assert page.elements["main"] == page.elements["nav"] == 1
    digest = base64.b64encode(hashlib.sha256(page.code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page.policy
    assert page.policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline';")
    assert len(page.code.encode()) <= 3072
    named = [own["aria-labelledby"] for _, own in page.attributes if "aria-labelledby" in own]
    assert {name for names in named for name in str(names).split()} <= page.ids
    goals = [str(own["href"])[1:] for tag, own in page.attributes if tag == "a"]
    assert set(goals) <= page.ids
    assert page.elements["table"] == page.elements["caption"]
    assert all("scope" in own for tag, own in page.attributes if tag == "th")
    figures = page.elements["figure"]
    assert page.elements["desc"] == page.elements["details"] == figures
    assert page.numbers["schema"] == "segeval/report/1"
    assert [text for text in page.texts if UNROUNDED.search(text)] == []
    return page
