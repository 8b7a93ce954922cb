"""Records: frozen dataclasses whose methods are written here once.

`dataclasses` writes and compiles up to six methods for every class while it is imported, a sixth
of the time of a short command. Here a class has `__init__` compiled, and shares the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import (
    MISSING,
    Field,
    FrozenInstanceError,
    dataclass,
    field,
    fields,
    is_dataclass,
)
from reprlib import recursive_repr
from typing import Any, ClassVar, TypeVar, dataclass_transform, overload

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
        given = set(vars(cls))
        if "__eq__" in given and vars(cls)["__hash__"] is None:  # Python has set it
            given.discard("__hash__")
        for name in [*(("__eq__", "__hash__") if eq else ()), *(("__repr__",) if repr else ())]:
            if name not in given:
                setattr(cls, name, vars(_Methods)[name])
        if any(is_dataclass(base) for base in cls.__mro__[1:]):  # rare, and the standard's to judge
            made = dataclass(eq=False, repr=False, frozen=True, kw_only=kw_only)(cls)
        else:
            made = _with_shared_methods(dataclass(eq=False, repr=False, kw_only=kw_only)(cls))
        told: Any = made
        told.__dataclass_params__.eq, told.__dataclass_params__.repr = eq, repr
        return made

    return made if cls is None else made(cls)


def _with_shared_methods(cls: Any) -> Any:
    """Freeze a dataclass, whose `__init__` sets fields as those that can be changed do."""
    for name in ("__setattr__", "__delattr__"):
        if name in vars(cls):
            raise TypeError(f"Cannot overwrite attribute {name} in class {cls.__name__}")
        setattr(cls, name, vars(_Methods)[name])
    cls._set_by_init = frozenset(
        each.name for each in fields(cls) if each.init or each.default_factory is not MISSING
    )
    cls.__dataclass_params__.frozen = True  # or a frozen dataclass could not inherit from it
    return cls


class _Methods:
    """What all records do."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _set_by_init: ClassVar[frozenset[str]]

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field once, as `__init__` does, or what only a subclass has."""
        is_first = name in self._set_by_init and name not in self.__dict__
        if not is_first and _is_frozen(self, name):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        """Delete what only a subclass has."""
        if _is_frozen(self, name):
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_hashed(self))

    @recursive_repr()
    def __repr__(self) -> str:
        values = [f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr]
        return f"{type(self).__qualname__}({', '.join(values)})"


def _is_frozen(record: Any, name: str) -> bool:
    """Whether an attribute may not change: a field, or any of a record itself.

    Instances of a plain subclass may have others.
    """
    return "_set_by_init" in vars(type(record)) or name in record.__dataclass_fields__


def _compared(record: Any) -> tuple[object, ...]:
    """The values that make two objects equal."""
    return tuple(getattr(record, each.name) for each in fields(record) if each.compare)


def _hashed(record: Any) -> tuple[object, ...]:
    """The values that make its hash: these, unless a field says otherwise."""
    chosen = (each for each in fields(record) if (each.compare if each.hash is None else each.hash))
    return tuple(getattr(record, each.name) for each in chosen)
