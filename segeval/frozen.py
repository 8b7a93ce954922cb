"""Records: frozen dataclasses whose methods are written here once.

`dataclasses` writes and compiles up to six methods for every class while it is imported, a sixth
of the time of a short command. Here a class has `__init__` compiled, and shares the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, FrozenInstanceError, dataclass, field, fields
from reprlib import recursive_repr
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...


@overload
def frozen(
    *, eq: bool = True, repr: bool = True, kw_only: bool = False
) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[T] | None = None,
    /,
    *,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - as `dataclass` calls it
    kw_only: bool = False,
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass, as `dataclass(frozen=True)` does.

    Args:
        cls: the class, with its fields.
        eq: whether equal values make equal objects, with equal hashes.
        repr: whether its text shows the fields.
        kw_only: whether all fields are given by name.

    Example:
        >>> @frozen
        ... class Size:
        ...     height: int
        ...     width: int
        >>> Size(3, 4)
        Size(height=3, width=4)
        >>> Size(3, 4).width = 5
        Traceback (most recent call last):
        dataclasses.FrozenInstanceError: cannot assign to field 'width'
    """

    def made(cls: type[T]) -> type[T]:
        names = ["__setattr__", "__delattr__"]
        names += ["__eq__", "__hash__"] * eq + ["__repr__"] * repr
        for name in names:
            if cls.__dict__.get(name) is None:  # beside an `__eq__`, Python sets `__hash__` to None
                setattr(cls, name, vars(_Methods)[name])
        return dataclass(eq=False, repr=False, kw_only=kw_only)(cls)

    return made if cls is None else made(cls)


class _Methods:
    """What all records do."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field once, as `__init__` does."""
        if name in self.__dict__ or name not in self.__dataclass_fields__:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_compared(self))

    @recursive_repr()
    def __repr__(self) -> str:
        values = [f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr]
        return f"{type(self).__qualname__}({', '.join(values)})"


def _compared(record: Any) -> tuple[object, ...]:
    """The values that make two objects equal."""
    return tuple(getattr(record, each.name) for each in fields(record) if each.compare)
