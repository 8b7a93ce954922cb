"""What segeval says about its input: errors stop the work, notes go with the result.

SegevalError
  InputError(ValueError)           something in the user's files or arguments is wrong
    FormatError                    a file is not what it claims, or contradicts itself
    MismatchError                  two inputs do not belong together (ids, sizes)
    ShapeError                     arrays disagree
  MissingDependency(ImportError)   an extra has to be installed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Self

from segeval.frozen import frozen


class SegevalError(Exception):
    """Base of every error that segeval raises on purpose."""


class InputError(SegevalError, ValueError):
    """Something in the user's files or arguments is wrong.

    Args:
        message: what is wrong, where, with the value; what was expected; what to do.
        code: short stable name of the kind of mistake, such as `unknown-image`.
        path: the file (or name of the in-memory input) that holds the mistake.
        index: position of the first bad record in its list, from 0.
        field: name of the field that is wrong.
        count: how many records have the same mistake.
        option: name of the argument that is wrong or would help, such as `skip_unknown`; the
            message names it in backticks, as Python writes it.
        reason: what is wrong with the record at `index`, for callers that name the record better
            than the message does.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "input",
        path: str | None = None,
        index: int | None = None,
        field: str | None = None,
        count: int = 1,
        option: str | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path
        self.index = index
        self.field = field
        self.count = count
        self.option = option
        self.reason = message if reason is None else reason

    def placed(self, message: str, *, path: str, index: int) -> Self:
        """The same mistake, said of a record of a file.

        Args:
            message: names the file and the record.
            path: the file.
            index: position of the record in its list, from 0.
        """
        return type(self)(
            message, code=self.code, path=path, index=index, field=self.field, option=self.option
        )


class FormatError(InputError):
    """A file or record breaks its format, or contradicts its own lists."""


class MismatchError(InputError):
    """Two inputs do not belong together: ids, sizes or kinds differ."""


class ShapeError(InputError):
    """Arrays that must agree in shape or length do not."""


class MissingDependency(SegevalError, ImportError):
    """An optional package is needed; the message says what to install."""


@frozen
class Tally:
    """What a note counts, so that notes on parts of a set can be added up.

    Attributes:
        text: the message with places for the values, as `segeval.tallies` reads it.
        values: counts, words, examples, and names of what is counted, by their names in the text.
        images: the id of the image of each record that is counted, for those who count by image;
            None where nobody knows, and in notes of results.
    """

    text: str
    values: Mapping[str, Any]
    images: Any = field(default=None, compare=False, repr=False)


@frozen
class Note:
    """Something worth knowing about a correct result.

    Attributes:
        code: short stable name, such as `max-dets`.
        message: one sentence for people.
        count: how many records it concerns.
        option: name of the argument that would change it, such as `max_dets`; the message names it
            in backticks, as Python writes it.
        tally: what it counts, if notes on parts add up to that on the whole.
    """

    code: str
    message: str
    count: int = 1
    option: str | None = None
    tally: Tally | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The note as plain values."""
        return {"code": self.code, "message": self.message, "count": self.count}
