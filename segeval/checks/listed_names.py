"""Lists of a whole file of predictions that contradict the ground truth by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data.columns import Predictions
from segeval.data.wrong_ids import ID_KINDS, Kind
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import more_like_it


def contradicting_lists(records: Records[Predictions]) -> Iterator[Finding]:
    """Ids that the file's own lists give another name than the ground truth does.

    Where the ground truth has that name under another id, the ids mean different things: an error.
    Otherwise a name may only be written differently: a warning.
    """
    listed, gt = records.columns.listed, records.gt
    if listed is None or gt is None:
        return
    for kind in ID_KINDS:
        if kind == "category":
            used = records.columns.category_id
            own, other = (
                _names(listed.categories.id, listed.categories.names),
                _names(gt.categories.id, gt.categories.names),
            )
        else:
            used = records.columns.image_id
            own, other = (
                _names(listed.images.id, listed.images.file_names),
                _names(gt.images.id, gt.images.file_names),
            )
        yield from _contradictions(records, kind, np.unique(used), own, other)


def _contradictions(
    records: Records[Predictions],
    kind: Kind,
    used: NDArray[np.int64],
    own: dict[int, str],
    other: dict[int, str],
) -> Iterator[Finding]:
    """The finding about the ids of one kind, if they have different names."""
    gt_source = records.gt.source if records.gt is not None else ""
    ids = {_plain(name): number for number, name in other.items()}
    differ = [
        number
        for number in used.tolist()
        if own.get(number) and other.get(number) and _plain(own[number]) != _plain(other[number])
    ]
    moved = [number for number in differ if _plain(own[number]) in ids]
    if not differ:
        return
    first = (moved or differ)[0]
    message = (
        f'{kind} {first} is "{own[first]}" in its own list, but "{other[first]}" in {gt_source}'
    )
    if moved:
        message += f', where "{own[first]}" is {kind} {ids[_plain(own[first])]}'
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


def _names(ids: NDArray[np.int64], names: Sequence[str]) -> dict[int, str]:
    """Names by id; the id itself as text is none."""
    return {
        number: name
        for number, name in zip(ids.tolist(), names, strict=True)
        if name and name != str(number)
    }


def _plain(name: str) -> str:
    """A name without what is written differently for the same thing: case, folders of pictures."""
    return PurePath(name.replace("\\", "/")).name.casefold().strip() or name
