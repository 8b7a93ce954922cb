"""Records do what frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any, ClassVar

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


Make = Callable[[type], type]

FREEZING = (dataclass(frozen=True), frozen)
"""What the standard library does, and what we do."""


def shaped(make: Make) -> Any:
    """A class of a record with fields of every kind."""

    @make
    class Shaped:
        unit: ClassVar[str] = "px"
        size: int
        note: str = field(default="", compare=False, hash=True)
        color: str = field(default="", hash=False)
        place: int = field(default=0, init=False)
        parts: list[int] = field(default_factory=list, init=False, hash=False)

    return Shaped


@pytest.mark.parametrize("name", ["unit", "size", "place", "parts", "unknown", "__class__"])
def test_nothing_of_a_record_can_be_set_or_deleted(name: str) -> None:
    for make in FREEZING:
        record = shaped(make)(3)
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(record, name, 1)
        with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(record, name)
        assert vars(record) == {"size": 3, "note": "", "color": "", "parts": []}


def test_a_hash_looks_at_the_fields_that_ask_for_it() -> None:
    ours, theirs = (shaped(make)(3, "a", "b") for make in reversed(FREEZING))
    assert hash(ours) == hash(theirs) == hash((3, "a", 0))


def test_a_plain_subclass_may_have_attributes_of_its_own() -> None:
    for make in FREEZING:
        record = type("More", (shaped(make),), {})(3)
        record.more = 1
        assert record.more == 1
        del record.more
        assert not hasattr(record, "more")
        with pytest.raises(FrozenInstanceError):
            record.size = 4


def test_records_and_frozen_dataclasses_inherit_from_each_other() -> None:
    for first, second in ((dataclass(frozen=True), frozen), FREEZING[::-1]):

        @second
        class More(shaped(first)):  # type: ignore[misc]
            more: int = 0

        record = More(3, more=5)
        assert replace(record, size=4) == More(4, more=5)
        assert hash(record) == hash((3, "", 0, 5))
        with pytest.raises(FrozenInstanceError):
            record.size = 4


def test_a_dataclass_that_can_be_changed_cannot_inherit() -> None:
    for make in FREEZING:
        with pytest.raises(TypeError, match="cannot inherit non-frozen dataclass from a frozen"):
            dataclass(type("More", (shaped(make),), {}))
        with pytest.raises(TypeError, match="cannot inherit frozen dataclass from a non-frozen"):
            make(type("More", (dataclass(type("Open", (), {})),), {}))


def test_a_record_that_says_it_has_no_hash_has_none() -> None:
    for make in FREEZING:
        unhashable: Any = type("Unhashable", (), {"__hash__": None})
        with pytest.raises(TypeError, match="unhashable"):
            hash(make(unhashable)())
        with pytest.raises(TypeError, match="Cannot overwrite attribute __setattr__"):
            make(type("Settable", (), {"__setattr__": object.__setattr__}))
