"""Parts of statistics per image joined as one, in any order, with every image once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.errors import Note
from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.parts.alike import (
    check_alike,
    check_one_kind_of_ids,
    images_in_several,
    other_contents,
)
from segeval.metrics.parts.files import check_some
from segeval.metrics.parts.statistics_part import StatisticsPart


def merge_part_files(
    paths: Sequence[str | Path],
    output: str | Path,
    read: Callable[[str | Path], StatisticsPart],
    task: str,
) -> list[Note]:
    """Join part files of statistics per image, in any order and grouping.

    Args:
        paths: of the parts, at least one.
        output: of the file to write, which appears whole or not at all.
        read: reads one of them.
        task: what was counted, such as "miou".

    Returns:
        What the user should know, such as how many images were in several parts.

    Raises:
        InputError: for no parts, or an output that cannot be written.
        MismatchError: as in `joined_parts`.
    """
    check_some(paths)
    whole, notes = joined_parts([read(path) for path in paths])
    whole.write(output, task)
    return notes


def joined_parts(parts: Sequence[StatisticsPart]) -> tuple[StatisticsPart, list[Note]]:
    """One part from several of different images, in any order.

    An image that several parts hold with equal content counts once, which a note says.

    Args:
        parts: at least one.

    Raises:
        MismatchError: if parts were made by different rules, or hold different content for one
            image.
    """
    check_alike([(part.name, named_rules(part.shared)) for part in parts])
    check_one_kind_of_ids((part.name, key) for part in parts for key in part.keys[:1])
    kept, repeats = _kept_once(parts)
    some = [
        {name: table.take(keep) for name, table in part.tables.items()}
        for part, keep in zip(parts, kept, strict=True)
    ]
    if any(isinstance(part.tables[name].keys, tuple) for part in parts for name in part.tables):
        some = [{name: _with_tuple(table) for name, table in own.items()} for own in some]
    tables = {name: type(some[0][name]).merge([own[name] for own in some]) for name in some[0]}
    brought = {
        name: _each_once([each for part in parts for each in part.brought[name]])
        for name in parts[0].brought
    }
    return replace(parts[0], brought=brought, tables=tables), images_in_several(repeats)


def named_rules(shared: Mapping[str, Any]) -> dict[str, Any]:
    """Shared values by the names that users know: each setting by itself, tables by their hash."""
    tables = {
        name.replace("_", " "): value["sha256"]
        for name, value in shared.items()
        if name != "settings"
    }
    return {**shared["settings"], **tables}


def _with_tuple(table: ImageStatistics) -> ImageStatistics:
    """The same with keys that may be of any size."""
    changed: Any = table
    is_array = isinstance(table.keys, np.ndarray)
    kept: ImageStatistics = replace(changed, keys=tuple(table.keys.tolist())) if is_array else table
    return kept


def _kept_once(parts: Sequence[StatisticsPart]) -> tuple[list[NDArray[np.bool_]], int]:
    """Which images of each part no earlier one has, and how many are in several."""
    known: dict[Key, tuple[int, int]] = {}
    again: set[Key] = set()
    kept = []
    for number, part in enumerate(parts):
        keep = np.ones(len(part.keys), np.bool_)
        digests = part.digests().tolist()
        for place, (key, digest) in enumerate(zip(part.keys, digests, strict=True)):
            before, expected = known.setdefault(key, (number, digest))
            if before == number:
                continue
            if digest != expected:
                raise other_contents(part.name, key, parts[before].name)
            keep[place] = False
            again.add(key)
        kept.append(keep)
    return kept, len(again)


def _each_once(values: Sequence[Any]) -> list[Any]:
    """Plain values without repetitions, in an order that does not depend on that of the parts."""
    return [
        json.loads(text) for text in sorted({json.dumps(each, sort_keys=True) for each in values})
    ]
