"""Links between the texts of the project: each file is there, and so is each heading."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "pages"
TEXTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *(page for page in sorted(DOCS.rglob("*.md")) if page.parent != DOCS / "examples"),
]
MADE = {
    DOCS / "examples": {".ipynb", ".md", ".png"},
    DOCS / "how-to" / "plots": {".html", ".png", ".svg"},
    DOCS / "strategies": {".png"},
}
"""Folders of what `make docs` makes, and the kinds of files: a clone has not all of them."""

FENCED = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
OBJECT = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


@cache
def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(text: str) -> Iterator[str]:
    """Every target of a link or picture in a text, those of other sites left out."""
    for target in LINK.findall(CODE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(text: str) -> Iterator[str]:
    """What the headings of a text are called in addresses."""
    counts: dict[str, int] = {}
    for heading in HEADING.findall(text):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", words).strip().lower())
        counts[name] = counts.get(name, -1) + 1
        yield f"{name}_{counts[name]}" if counts[name] else name


def broken(page: Path) -> list[str]:
    """The links of a page whose file or heading is not there."""
    return [target for target in links(prose(page)) if not _there(page, target)]


def _there(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists():
        return path.suffix in MADE.get(path.parent, ()) and not anchor
    if not anchor:
        return True
    text = prose(path)
    return anchor in anchors(text) or any(
        f"{anchor}.".startswith(f"{name}.") for name in OBJECT.findall(text)
    )


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_to_a_file_or_a_heading_that_is_not_there_is_broken(tmp_path: Path) -> None:
    other, page = tmp_path / "other.md", tmp_path / "page.md"
    other.write_text("# AP, and `its` kin\n\n## Twice\n\n## Twice\n\n::: segeval.masks\n")
    page.write_text(
        "[a](other.md) [b](other.md#ap-and-its-kin) [c](other.md#twice_1) ![d](none.png)\n"
        "[e](other.md#twice_2) [f](#here) [g](other.md#segeval.masks.area) [h](https://x.y#z)\n"
        "`[i](nowhere.md)`\n```text\n[j](nowhere.md)\n## Here\n```\n"
    )
    assert broken(page) == ["none.png", "other.md#twice_2", "#here"]


def test_the_site_asks_for_nothing_from_elsewhere() -> None:
    project = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    assert project["theme"]["font"] is False
    for name in (*project["extra_css"], *project["extra_javascript"]):
        assert "://" not in (DOCS / name).read_text(encoding="utf-8"), name
    for page in TEXTS:
        pictures = re.findall(r"!\[[^]]*\]\((\w+:[^)]*)\)|<\w+[^>]* src=", prose(page))
        assert pictures == [], page
