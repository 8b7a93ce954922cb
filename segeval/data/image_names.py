"""Names of images as files of annotations write them, held inside of a folder."""

from __future__ import annotations

import posixpath
import re

from segeval.errors import FormatError

DRIVE = re.compile(r"[A-Za-z]:")
"""Beginning of a path of Windows that does not depend on the current folder."""


def name_in_folder(written: object, place: str, *, path: str, field: str, below: str = "") -> str:
    """The name of an image in the folder of its data set.

    Args:
        written: what the file writes.
        place: the file and the record, for messages.
        path: the file.
        field: name of the field.
        below: folder of the file in that of the data set, "" for the same.

    Returns:
        A path with slashes and without "..".

    Raises:
        FormatError: if it is no name, or that of a file outside of the folder.

    Example:
        >>> name_in_folder("../images/a.jpg", "a.json", path="a.json", field="name", below="labels")
        'images/a.jpg'
    """
    if not isinstance(written, str) or not written.strip() or "\0" in written:
        raise FormatError(
            f"{place}: {field} is {shown(written)}, expected the name of an image.",
            code="bad-image-name",
            path=path,
            field=field,
        )
    name = written.replace("\\", "/")
    joined = posixpath.normpath(posixpath.join(below, name))
    if posixpath.isabs(name) or DRIVE.match(name) or joined.split("/")[0] in ("..", "."):
        raise FormatError(
            f"{place}: {field} is {shown(written)}, expected the name of an image in the folder. "
            "Give the folder that holds both the images and their annotations, and paths in it.",
            code="bad-image-name",
            path=path,
            field=field,
        )
    return joined


def shown(value: object, most: int = 60) -> str:
    """A value from a file in messages, cut where it is long.

    Example:
        >>> shown("a" * 99, 5)
        "'aaaa..."
    """
    text = ascii(value[: most + 1]) if isinstance(value, str) else ascii(value)
    return text if len(text) <= most else f"{text[:most]}..."


def is_unicode(text: str) -> bool:
    r"""Whether a text can be written as UTF-8: without halves of surrogate pairs.

    Names of files that are not UTF-8 have such halves, and JSON may.

    Example:
        >>> is_unicode("caf\u00e9"), is_unicode("\ud800")
        (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
