"""Lists of a whole file of predictions that contradict the ground truth by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import numpy as np

from segeval.checks.records import Records
from segeval.data.columns import Predictions
from segeval.data.keys import Key, shown_key, written
from segeval.data.wrong_ids import ID_KINDS, Kind
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import more_like_it


def contradicting_lists(records: Records[Predictions]) -> Iterator[Finding]:
    """Ids that the file's own lists give another name than the ground truth does.

    Where the ground truth has that name under another id, the ids mean different things: an error.
    Otherwise a name may only be written differently: a warning.
    """
    preds, gt = records.columns, records.gt
    listed = preds.listed
    if listed is None or gt is None:
        return
    for kind in ID_KINDS:
        if kind == "category":
            used = written(np.unique(preds.category_id), preds.category_keys)
            own, other = (
                _names(listed.categories.written_ids, listed.categories.names),
                _names(gt.categories.written_ids, gt.categories.names),
            )
        else:
            used = written(np.unique(preds.image_id), preds.image_keys)
            own, other = (
                _names(listed.images.written_ids, listed.images.file_names),
                _names(gt.images.written_ids, gt.images.file_names),
            )
        yield from _contradictions(records, kind, used, own, other)


def _contradictions(
    records: Records[Predictions],
    kind: Kind,
    used: Sequence[Key],
    own: dict[Key, str],
    other: dict[Key, str],
) -> Iterator[Finding]:
    """The finding about the ids of one kind, if they have different names."""
    gt_source = records.gt.source if records.gt is not None else ""
    ids = {_plain(name): number for number, name in other.items()}
    differ = [
        number
        for number in used
        if own.get(number) and other.get(number) and _plain(own[number]) != _plain(other[number])
    ]
    moved = [number for number in differ if _plain(own[number]) in ids]
    if not differ:
        return
    first = (moved or differ)[0]
    message = (
        f'{kind} {shown_key(first)} is "{own[first]}" in its own list, but "{other[first]}" in '
        f"{gt_source}"
    )
    if moved:
        message += f', where "{own[first]}" is {kind} {shown_key(ids[_plain(own[first])])}'
    yield Finding(
        "error" if moved else "warn",
        f"{kind} ids",
        f"{message}.{more_like_it(len(moved or differ))}",
        count=len(moved or differ),
        path=records.columns.source,
        hint="Write the ids of the ground truth." if moved else "",
        code=f"{kind}-names",
        field=f"{kind}_id",
        error=MismatchError,
        noun=kind,
    )


def _names(ids: Sequence[Key], names: Sequence[str]) -> dict[Key, str]:
    """Names by id; the id itself as text is none."""
    return {
        number: name
        for number, name in zip(ids, names, strict=True)
        if name and name != str(number)
    }


def _plain(name: str) -> str:
    """A name without what is written differently for the same thing: case, folders of pictures."""
    return PurePath(name.replace("\\", "/")).name.casefold().strip() or name
