"""XML files read piece by piece, without any feature of XML that could read or grow by itself.

A document type, in which entities are declared, is refused where it begins: so nothing is expanded
and nothing else is opened, whatever the file asks for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from segeval.data.image_names import shown
from segeval.data.image_objects import Place
from segeval.data.opening import ordinary_file, readable
from segeval.errors import FormatError, InputError
from segeval.limits import check_limit

PIECE = 1 << 16
"""Bytes read together."""

DEEPEST = 32
"""Most elements inside of each other."""


class Element(NamedTuple):
    """An element when it ends, or when it begins, without its text.

    Attributes:
        way: names from the root down to it.
        attributes: by name.
        text: the characters directly in it, behind the last element in it, without blanks around
            them.
        line: where it begins, from 1.
    """

    way: tuple[str, ...]
    attributes: Mapping[str, str]
    text: str
    line: int


OnElement = Callable[[Element], None]


def read_xml(path: str | Path, begins: OnElement | None, ends: OnElement) -> None:
    """Report the elements of an XML file in their order.

    Args:
        path: of the file.
        begins: called with each element where it begins; None for nobody.
        ends: called with each element where it ends.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not XML, has a document type, is nested deeply, or its text between
            two tags is longer than the limit.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "a.xml")
        ...     _ = file.write_text("<a><b c='1'> 7 </b></a>")
        ...     show = lambda each: print("/".join(each.way), each.attributes, repr(each.text))
        ...     read_xml(file, None, show)
        a/b {'c': '1'} '7'
        a {} ''
    """
    reader = _Reader(str(path), begins, ends)
    with readable(str(path), "an XML file"), ordinary_file(path) as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            reader.feed(piece)
    reader.feed(b"", is_last=True)


class _Reader:
    """An expat parser with a stack."""

    def __init__(self, name: str, begins: OnElement | None, ends: OnElement) -> None:
        self._name, self._begins, self._ends = name, begins, ends
        self._stack: list[tuple[str, Mapping[str, str], int]] = []
        self._texts: list[list[str]] = []
        self._length = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.ExternalEntityRefHandler = self._refuse_doctype
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def feed(self, piece: bytes, *, is_last: bool = False) -> None:
        """Parse some more bytes."""
        try:
            self._parser.Parse(piece, is_last)
        except InputError:  # of what the elements hold
            raise
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise self._refused(f"not valid XML at line {error.lineno} ({reason})") from None
        except (LookupError, ValueError) as error:  # of an encoding that Python does not have
            raise self._refused(f"not valid XML ({shown(str(error))})") from None

    def _refused(self, reason: str) -> FormatError:
        return FormatError(f"{self._name}: {reason}.", code="bad-xml", path=self._name)

    def _refuse_doctype(self, *_: object) -> int:
        raise self._refused(
            f"has a document type (DTD) at line {self._parser.CurrentLineNumber}, which "
            "annotations do not need; expected none. Remove it"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._stack) == DEEPEST:
            raise self._refused(
                f"line {line}: has more than {DEEPEST} elements inside of each other"
            )
        if self._texts:
            self._texts[-1].clear()  # what stands before other elements is a line break
        self._stack.append((name, attributes, line))
        self._texts.append([])
        self._length = 0
        if self._begins is not None:
            self._begins(self._element(""))

    def _end(self, _: str) -> None:
        element = self._element("".join(self._texts.pop()).strip())
        self._stack.pop()
        self._length = 0
        self._ends(element)

    def _characters(self, text: str) -> None:
        self._length += len(text)
        check_limit(
            "file_bytes",
            self._length,
            f"has {self._length:,} characters in a tag",
            source=self._name,
        )
        if self._texts:
            self._texts[-1].append(text)

    def _element(self, text: str) -> Element:
        way = tuple(name for name, _, _ in self._stack)
        return Element(way, self._stack[-1][1], text, self._stack[-1][2])


def place_of(path: str, element: Element, what: str = "") -> Place:
    """Where an element is, for messages: its line and its name."""
    return Place(path, f"{path}: line {element.line}: <{element.way[-1][:40]}>{what}")
