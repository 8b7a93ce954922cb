"""An update that failed, in a form that other processes can raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.frozen import frozen

KINDS: dict[str, type[InputError]] = {
    kind.__name__: kind for kind in (InputError, FormatError, MismatchError, ShapeError)
}
"""Errors by name."""


@frozen
class Failure:
    """What went wrong.

    Attributes:
        kind: name of the class of the error.
        message: of the error.
        code: short stable name of the mistake.
        field: the field that is wrong, if known.
        option: the argument that would help, if any.
    """

    kind: str
    message: str
    code: str = "update"
    field: str | None = None
    option: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """That of an exception."""
        if not isinstance(error, InputError):
            return cls("InputError", f"{type(error).__name__}: {error}")
        name = type(error).__name__
        kind = name if name in KINDS else "InputError"
        return cls(kind, error.message, error.code, error.field, error.option)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Failure:
        """That of plain values.

        Raises:
            TypeError, ValueError: for values that are none.
        """
        found = cls(**values)
        texts = (found.kind, found.message, found.code)
        others = (found.field, found.option)
        if found.kind not in KINDS or not all(type(text) is str for text in texts):
            raise ValueError("a failure is damaged")
        if not all(isinstance(text, str | None) for text in others):
            raise ValueError("a failure is damaged")
        return found

    def error(self, where: str) -> InputError:
        """The error, raised elsewhere.

        Args:
            where: the process that failed, such as "process 1".
        """
        return KINDS[self.kind](
            f"{where}: {self.message}", code=self.code, field=self.field, option=self.option
        )
