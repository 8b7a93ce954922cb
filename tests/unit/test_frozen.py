"""Records do what frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from segeval.frozen import frozen


@dataclass(frozen=True)
class Standard:
    """A record of the standard library."""

    name: str
    sizes: tuple[int, ...] = ()
    note: str = field(default="", compare=False, repr=False)


@frozen
class Ours:
    """The same record, with the methods that all of ours share."""

    name: str
    sizes: tuple[int, ...] = ()
    note: str = field(default="", compare=False, repr=False)


@frozen(eq=False, repr=False)
class Single:
    """Equal to itself alone."""

    name: str


@frozen(kw_only=True)
class Named(Single):
    """A record with the fields of another."""

    size: int = 0


@frozen
class Own:
    """A record with methods of its own."""

    name: str

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "own"


@frozen
class Chain:
    """A record that may hold itself."""

    parts: list[Any]


def refusal(change: Callable[[Any], None], record: object) -> str:
    """What a record says to an attempt to change it."""
    with pytest.raises(FrozenInstanceError) as refused:
        change(record)
    return str(refused.value)


def set_name(record: Any) -> None:
    record.name = "other"


def set_unknown(record: Any) -> None:
    record.unknown = 1


def delete_name(record: Any) -> None:
    del record.name


@pytest.mark.parametrize("change", [set_name, set_unknown, delete_name])
def test_a_change_is_refused_in_the_same_words(change: Callable[[Any], None]) -> None:
    assert refusal(change, Ours("a")) == refusal(change, Standard("a"))
    assert vars(Ours("a")) == vars(Standard("a"))


def test_equality_and_hash_look_at_the_compared_fields() -> None:
    assert Ours("a", (1,), "x") == Ours("a", (1,), "y")
    assert hash(Ours("a", (1,), "x")) == hash(Standard("a", (1,), "y"))
    assert Ours("a") != Ours("b")
    assert Ours("a") != object()


def test_without_equality_a_record_equals_itself_alone() -> None:
    one = Single("a")
    assert one == one
    assert one != Single("a")
    assert len({one, Single("a")}) == 2


def test_text_shows_the_same_fields() -> None:
    assert repr(Ours("a", (1,), "x")) == repr(Standard("a", (1,))).replace("Standard", "Ours")
    assert repr(Single("a")).startswith("<")


def test_text_of_a_record_that_holds_itself_ends() -> None:
    chain = Chain([])
    chain.parts.append(chain)
    assert repr(chain) == "Chain(parts=[...])"


def test_methods_of_a_class_stay() -> None:
    assert Own("a") == 1
    assert repr(Own("a")) == "own"
    assert hash(Own("a")) == hash(("a",))


def test_a_record_inherits_fields() -> None:
    assert [each.name for each in fields(Named)] == ["name", "size"]
    assert repr(Named("a", size=1)) == "Named(name='a', size=1)"


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_is_equal(again: Callable[[Ours], Ours]) -> None:
    assert again(Ours("a", (1,))) == Ours("a", (1,))


def test_replacing_a_field_makes_another_record() -> None:
    assert replace(Ours("a"), name="b") == Ours("b")
