"""Taxonomy maps: the categories of one model as those of another table, before models are merged.

A map is a JSON object: ids, or names, of the model's categories, and the id of the category that
each is in the other table, or null for none. Several may become one. It is applied once, so a map
may exchange two ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np

from segeval.data import Predictions
from segeval.data.columns import Categories
from segeval.data.files import open_content
from segeval.data.json.broken import broken_json, shown
from segeval.data.keys import BEYOND, Key, numbering, shown_key, written
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.words import counted, first_few

TaxonomySource = str | Path | Mapping[Any, Any]
"""A map, or the path of one."""

WHOLE = {"map", "from", "to"}
"""Keys of a map with the tables of categories that it is between."""

FEW = 5
"""Most ids that a message lists."""

LONGEST_SHOWN = 40
"""Characters of a value that a message repeats."""


@frozen(eq=False)
class Taxonomy:
    """Which categories of one table are which of another.

    Attributes:
        targets: the other table's category, an id or a name, of each of the model's, by id or name;
            None for those that it lacks.
        source: name of the file, for messages.
        own: ids by name of the model's table; empty where the map has none.
        other: ids by name of the other table, likewise.
    """

    targets: Mapping[Key, Key | None]
    source: str = "map"
    own: Mapping[str, Key] = field(default_factory=dict)
    other: Mapping[str, Key] = field(default_factory=dict)


def load_taxonomy(source: TaxonomySource) -> Taxonomy:
    """A map from a file, or from a dictionary.

    Args:
        source: `{"1": 23, "18": null}`, from ids or names to ids; or an object with this as `map`,
            and with lists of categories as in COCO's files, `from` or `to` or both, whose names it
            may use.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no map.

    Example:
        >>> load_taxonomy({"1": 23, "18": None}).targets
        {'1': 23, '18': None}
    """
    if not isinstance(source, str | Path | Mapping):
        raise _no_map("map", f"is {source!r}, expected a dictionary or a path", None)
    document, name = (source, "map") if isinstance(source, Mapping) else _read(source)
    tables: dict[str, Any] = {"from": [], "to": []}
    table: Mapping[Any, Any] = document
    if isinstance(document.get("map"), Mapping) and set(document) <= WHOLE:
        table = document["map"]
        tables |= {key: document[key] for key in ("from", "to") if key in document}
    if not table:
        raise _no_map(name, "is empty, so it maps nothing", None)
    for key, target in table.items():
        is_id = target is None or isinstance(target, str)
        is_id |= type(target) is int and -BEYOND <= target < 2 * BEYOND
        if not is_id or not isinstance(key, str | int):
            raise _no_map(
                name,
                f"{shown(key, LONGEST_SHOWN)} is mapped to {shown(target, LONGEST_SHOWN)}, "
                "expected an id of a category, or null for none",
                str(key),
            )
    return Taxonomy(
        dict(table), name, *(_by_name(tables[key], key, name) for key in ("from", "to"))
    )


def mapped(
    preds: Predictions, taxonomy: Taxonomy, into: Categories | None = None
) -> tuple[Predictions, frozenset[Key], tuple[Note, ...]]:
    """Predictions with the categories of another table; those without one are left out.

    Args:
        preds: predictions of one model.
        taxonomy: the map.
        into: categories of the ground truth, whose names the map may use, and which it must not
            leave; None for any.

    Returns:
        The predictions, the ids of all categories that the map leads to, and a note on what it left
        out.

    Raises:
        InputError: if the map has none of the categories that occur.
        FormatError: if it contradicts itself, or is between ids and names that do not exist.
        MismatchError: if it leads to categories that the ground truth lacks.
    """
    return by_table(preds, resolved(preds, taxonomy, into), taxonomy.source)


def by_table(
    preds: Predictions, table: Mapping[Key, Key | None], source: str
) -> tuple[Predictions, frozenset[Key], tuple[Note, ...]]:
    """Predictions as in `mapped`, by a map from ids to ids.

    Args:
        preds: predictions of one model.
        table: the other table's id of each of the model's, None for none.
        source: name of the map, for messages.

    Raises:
        InputError: if the map has none of the categories that occur.
    """
    targets = frozenset(each for each in table.values() if each is not None)
    used, place = np.unique(preds.category_id, return_inverse=True)
    own = written(used, preds.category_keys)
    found = [table.get(each) for each in own]
    if own and not any(each is not None for each in found):
        raise InputError(
            f"{source}: maps nothing of {preds.source}, whose categories are {_listed(own)}; the "
            f"map is from {_listed(list(table))}. Is it the map of another model, or turned round?",
            code="map",
            path=source,
            option="maps",
        )
    whole = numbering(targets)
    column = np.full(len(used), -1)
    is_kept = np.array([each is not None for each in found], np.bool_)
    column[is_kept] = whole.column([each for each in found if each is not None])
    kept = np.flatnonzero(is_kept[place])
    result = replace(
        preds.only(kept), category_id=column[place[kept]], category_keys=whole.keys, listed=None
    )
    left = [key for key, target in zip(own, found, strict=True) if target is None]
    return result, targets, _left_out(preds, source, left, len(preds) - len(kept))


def _left_out(preds: Predictions, source: str, left: Sequence[Key], rows: int) -> tuple[Note, ...]:
    """A note on predictions of categories that the other table lacks."""
    if not rows:
        return ()
    return (
        Note(
            "unmapped",
            f"{preds.source}: {counted(rows, 'prediction')} of "
            f"{counted(len(left), 'category', 'categories')} ({_listed(left)}) "
            f"{'was' if rows == 1 else 'were'} left out, because {source} maps "
            f"{'it' if len(left) == 1 else 'them'} to nothing",
            rows,
            None,
        ),
    )


def resolved(
    preds: Predictions, taxonomy: Taxonomy, into: Categories | None
) -> dict[Key, Key | None]:
    """The map from ids to ids; arguments and errors as in `mapped`."""
    listed = None if preds.listed is None else preds.listed.categories
    names = taxonomy.own or names_of(listed)
    is_text = any(isinstance(each, str) for each in (preds.category_keys or ()))
    is_text |= not len(preds) and any(number_of(str(key)) is None for key in taxonomy.targets)
    known = set(taxonomy.own.values()) if taxonomy.own else None
    others = _Others(taxonomy, names_of(into), None if into is None else into.written_ids)
    table: dict[Key, Key | None] = {}
    for key, target in taxonomy.targets.items():
        own = _own_id(key, names, preds, taxonomy, is_text=is_text)
        if known is not None and own not in known:
            raise _no_map(
                taxonomy.source, f'{_quoted(key)} is neither a name nor an id of "from"', str(key)
            )
        other = others.id_of(target)
        if table.setdefault(own, other) != other:
            raise _no_map(
                taxonomy.source,
                f"category {shown_key(own)} is mapped twice, to {_quoted(table[own])} and to "
                f"{_quoted(other)}",
                str(key),
            )
    kinds = {isinstance(each, str) for each in table.values() if each is not None}
    if len(kinds) > 1:
        raise _no_map(
            taxonomy.source,
            "is to ids that are text and to ids that are numbers, expected one kind",
            None,
        )
    return table


def _own_id(
    key: Key, names: Mapping[str, Key], preds: Predictions, taxonomy: Taxonomy, *, is_text: bool
) -> Key:
    """The id of one of the model's categories; a name wins over an equal id."""
    text = str(key)
    if text in names:
        return names[text]
    if is_text:
        return text
    number = number_of(text)
    if number is not None:
        return number
    if taxonomy.own or names:
        whose = '"from"' if taxonomy.own else preds.source
        raise _no_map(taxonomy.source, f"{whose} has no category {_quoted(text)}", text)
    raise _no_map(
        taxonomy.source,
        f"{_quoted(text)} is a name, and nothing says which id it has in {preds.source}, whose "
        'ids are numbers. Map ids, or add the model\'s list of categories to the map, as "from" '
        'beside "map"',
        text,
    )


class _Others:
    """The other table's categories.

    Args:
        taxonomy: the map.
        names: ids by name of the ground truth's categories.
        ids: of these; None for any.
    """

    def __init__(
        self, taxonomy: Taxonomy, names: Mapping[str, Key], ids: Sequence[Key] | None
    ) -> None:
        self.taxonomy = taxonomy
        self.names = names
        self.ids = ids
        self.known = set(ids or ())
        self.listed = set(taxonomy.other.values())

    def id_of(self, target: Key | None) -> Key | None:
        """The id of a category; a name wins over an equal id."""
        if target is None:
            return None
        source, other = self.taxonomy.source, self.taxonomy.other
        if other:
            if str(target) not in other and target not in self.listed:
                raise _no_map(source, f'"to" has no category {_quoted(target)}', str(target))
            target = other.get(str(target), target)
        if self.ids is None:
            return target
        target = self.names.get(target, target) if isinstance(target, str) else target
        if target not in self.known:
            raise MismatchError(
                f"{source}: maps to category {_quoted(target)}, which the ground truth lacks: it "
                f"has {_listed(self.ids)}. Map it to null, or to one of these.",
                code="map",
                path=source,
                field=str(target),
                option="maps",
            )
        return target


def _read(path: str | Path) -> tuple[Mapping[str, Any], str]:
    """The object of a file, and the file's name."""
    content = open_content(path)
    name = content.name
    check_limit("file_bytes", len(content.data), f"has {len(content.data):,} bytes", source=name)

    def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if found.setdefault(key, value) != value:
                raise _no_map(name, f"{_quoted(key)} occurs twice, with different values", key)
        return found

    try:
        document = json.loads(content.data.tobytes(), object_pairs_hook=each_once)
    except FormatError:
        raise
    except (ValueError, RecursionError):  # also for numbers of thousands of digits
        raise broken_json(content, "this is the map of categories.", "bad-json") from None
    if not isinstance(document, Mapping):
        raise _no_map(name, f"holds {shown(document, LONGEST_SHOWN)}", None)
    return document, name


def _by_name(table: Any, key: str, source: str) -> dict[str, Key]:
    """Ids by name of a list of categories."""
    found: dict[str, Key] = {}
    for each in table if isinstance(table, list | tuple) else [table]:
        entry = each if isinstance(each, Mapping) else {}
        number, name = entry.get("id"), entry.get("name")
        if type(number) is not int and not isinstance(number, str):
            raise _no_map(
                source,
                f'"{key}" holds {shown(each, LONGEST_SHOWN)}, expected categories with id and name',
                key,
            )
        name = str(number) if name is None else str(name)
        if found.setdefault(name, number) != number:
            raise _no_map(source, f'"{key}" has two categories {_quoted(name)}', key)
    return found


def names_of(categories: Categories | None) -> dict[str, Key]:
    """Ids by name of a table; names that two categories have are left out."""
    if categories is None:
        return {}
    names = categories.names
    return {
        name: key
        for name, key in zip(names, categories.written_ids, strict=True)
        if name and names.count(name) == 1
    }


def number_of(text: str) -> int | None:
    """The whole number that a text is, as JSON writes it."""
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 20
    return int(text) if is_number and str(int(text)) == text else None


def _quoted(key: Key | None) -> str:
    """An id or a name in a message."""
    return "null" if key is None else shown_key(key)


def _listed(keys: Sequence[Key]) -> str:
    """Ids in a message, the first few."""
    return first_few([shown_key(each) for each in keys], FEW)


def _no_map(source: str, text: str, field: str | None) -> InputError:
    """The error for a file that is no map, or one that contradicts itself."""
    return refusal(
        source,
        text,
        code="map",
        field=field,
        option="maps",
        hint='A map is a JSON object such as {"1": 23, "18": null}.',
    )
