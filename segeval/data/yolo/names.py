"""Names of classes, from a data.yaml of Ultralytics or a list with a name per line.

Of YAML only the forms that such files have are read: lists and maps of names, in a line or several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from segeval.data.image_names import shown
from segeval.data.opening import read_bytes
from segeval.errors import FormatError
from segeval.limits import check_categories

YAML = (".yaml", ".yml")
"""Suffixes of files that are not a name per line."""

QUOTED = r"'(?P<single>(?:[^']|'')*)'|\"(?P<double>[^\"\\]*)\""

ITEM = re.compile(
    rf"\s*(?:(?P<key>\d{{1,9}})\s*:\s+)?(?:{QUOTED}|(?P<plain>[\w(][^,\[\]{{}}'\"#:]*))\s*"
)
"""A name in a list or map of one line, and its number in a map."""

LINE = re.compile(
    rf"\s*(?:(?P<key>\d{{1,9}})\s*:\s+|-\s+)(?:{QUOTED}|(?P<plain>[\w(](?:[^#:]|:(?!\s)|(?<!\s)\#)*))"
    r"\s*(?:\s\#.*)?"
)
"""A name on a line of its own, in a list or a map."""

COMMENT = re.compile(r"\s*(#.*)?")


def class_names(path: str | Path) -> dict[int, str]:
    r"""The names of classes by their numbers, ascending.

    Args:
        path: a .yaml file with `names`, or a file with a name per line, of the classes from 0.

    Raises:
        InputError: if there is no such file.
        FormatError: if it holds no names, or one twice; or YAML of another form.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "data.yaml")
        ...     _ = file.write_text("path: sets/a\nnames:\n  0: cat\n  1: 'tabby cat'\n")
        ...     class_names(file)
        {0: 'cat', 1: 'tabby cat'}
    """
    name = str(path)
    try:
        text = bytes(read_bytes(path, limit="file_bytes")).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(name, "is not text in UTF-8, expected names of classes") from None
    lines = text.splitlines()
    is_yaml = Path(path).suffix.lower() in YAML
    pairs = _of_yaml(lines, name) if is_yaml else _of_lines(lines, name)
    found: dict[int, str] = {}
    numbers: dict[str, int] = {}
    for number, each in pairs:
        if number in found:
            raise _refused(
                name, f"names class {number} twice: {shown(found[number])}, {shown(each)}"
            )
        if each in numbers:
            raise _refused(
                name, f"classes {numbers[each]} and {number} are both called {shown(each)}"
            )
        found[number], numbers[each] = each, number
    if not found:
        raise _refused(name, "has no names of classes")
    check_categories(len(found), name)
    return dict(sorted(found.items()))


def _refused(name: str, reason: str) -> FormatError:
    return FormatError(f"{name}: {reason}.", code="class-names", path=name, field="names")


def _of_lines(lines: list[str], name: str) -> Iterator[tuple[int, str]]:
    """The names of a list, whose last lines may be empty."""
    while lines and not lines[-1].strip():
        lines.pop()
    for number, line in enumerate(lines):
        if not line.strip():
            raise _refused(name, f"line {number + 1} is empty, expected the name of class {number}")
        yield number, line.strip()


def _of_yaml(lines: list[str], name: str) -> Iterator[tuple[int, str]]:
    """The names of `names` in YAML."""
    keys = [line.partition(":")[0] for line in lines]
    if "kpt_shape" in keys:
        raise _refused(name, "has kpt_shape: its labels are keypoints, expected polygons or boxes")
    if keys.count("names") != 1:
        raise _refused(
            name, f"has {keys.count('names')} lines that begin with names:, expected one"
        )
    place = keys.index("names")
    rest = lines[place].partition(":")[2].strip()
    if rest[:1] in ("[", "{"):
        return _of_brackets(rest, lines[place + 1 :], place, name)
    if not COMMENT.fullmatch(rest):
        raise _refused(name, f"line {place + 1}: names is {shown(rest)}, expected a list or a map")
    return _of_block(lines, place + 1, name)


def _of_block(lines: list[str], start: int, name: str) -> Iterator[tuple[int, str]]:
    """Names on lines of their own, up to the next key."""
    kinds = set()
    for count, (place, line) in enumerate(_below(lines, start)):
        item = LINE.fullmatch(line)
        if item is None:
            raise _refused(
                name, f"line {place + 1} is {shown(line.strip())}, expected a name of a class"
            )
        kinds.add(item["key"] is None)
        if len(kinds) > 1:
            raise _refused(name, f"line {place + 1}: names are both a list and a map")
        yield int(item["key"] or count), _text(item)


def _below(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """The lines that belong to the key above, without comments."""
    for place in range(start, len(lines)):
        line = lines[place]
        if COMMENT.fullmatch(line):
            continue
        if not line.startswith((" ", "\t", "- ")):
            return
        yield place, line


def _of_brackets(rest: str, more: list[str], place: int, name: str) -> Iterator[tuple[int, str]]:
    """Names between brackets, also over several lines."""
    end = {"[": "]", "{": "}"}[rest[0]]
    text, following = rest, iter(more)
    while not re.search(rf"{re.escape(end)}\s*(#.*)?$", text):
        line = next(following, None)
        if line is None:
            raise _refused(name, f"line {place + 1}: names has no closing {end}")
        text += f" {line.strip()}"
    inner = text[1 : text.rindex(end)]
    at, count = 0, 0
    while inner[at:].strip():
        item = ITEM.match(inner, at)
        if item is None or (item["key"] is None) != (end == "]"):
            raise _refused(
                name, f"line {place + 1}: names has {shown(inner[at:].strip())}, expected a name"
            )
        yield int(item["key"] or count), _text(item)
        at, count = item.end(), count + 1
        if inner[at:].strip():
            if inner[at] != ",":
                raise _refused(
                    name, f"line {place + 1}: names has {shown(inner[at:])}, expected a comma"
                )
            at += 1


def _text(item: re.Match[str]) -> str:
    """The name that was found."""
    if item["single"] is not None:
        return item["single"].replace("''", "'")
    return (item["double"] if item["double"] is not None else item["plain"]).strip()
