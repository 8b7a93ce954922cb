"""Which categories models know: the silence of one that does not know a category is no vote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.columns import Categories
from segeval.data.file_lists import shown_category
from segeval.data.keys import Key, shown_key, written
from segeval.data.opening import named_bytes
from segeval.ensemble.categories.taxonomy import names_of, number_of
from segeval.errors import FormatError, InputError, MismatchError
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.words import counted, first_few

FOUND = "found"
"""In place of a list of categories: those that occur in the model's predictions."""

Covers = str | Path | Sequence[int | str] | NDArray[np.integer] | None
"""The categories that a model knows: ids or names, the path of a list of them, or `FOUND`."""

FEW = 5
"""Most ids that a message lists."""


@frozen(eq=False)
class Coverage:
    """Which categories each of M models knows.

    Attributes:
        known: ids of the categories of each model as written; None for all that there are.
    """

    known: tuple[frozenset[Key] | None, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every model knows all categories."""
        return all(each is None for each in self.known)

    def table(self, categories: Sequence[Key]) -> NDArray[np.bool_]:
        """Which of C categories each model knows, bool, shape (M, C)."""
        return np.array(
            [[own is None or key in own for key in categories] for own in self.known], np.bool_
        ).reshape(len(self.known), len(categories))

    def check(self, gt: GroundTruth) -> None:
        """Refuse ground truth with objects of a category that no model knows.

        Raises:
            MismatchError: names the first such category.
        """
        if any(own is None for own in self.known):
            return
        every = frozenset[Key]().union(*(own for own in self.known if own is not None))
        ids = np.unique(gt.category_id[~gt.is_crowd])
        absent = [key for key in written(ids, gt.categories.keys) if key not in every]
        if not absent:
            return
        raise MismatchError(
            f"{gt.source}: has objects of category {shown_category(absent[0], gt.categories)}, "
            f"which none of the models knows. {_more(len(absent) - 1)}Add a model that knows "
            f"{'it' if len(absent) == 1 else 'them'}, or evaluate the other categories alone.",
            code="coverage",
            path=gt.source,
            count=len(absent),
            option="covers",
        )


def coverage_of(
    models: Sequence[Predictions],
    targets: Sequence[frozenset[Key] | None],
    covers: Sequence[Covers] | None,
    categories: Categories | None,
) -> Coverage:
    """What models know: what is stated, else what their map leads to, else everything.

    Args:
        models: predictions of M models, in the categories that all share.
        targets: categories that the map of each model leads to; None without a map.
        covers: what each model knows, M of them; None where nobody says.
        categories: of the ground truth, for names; None without any.

    Raises:
        InputError: for another number of lists, or a category that does not exist.
        FormatError: for a file that is no list.
        MismatchError: if a model has predictions of a category that it is said not to know.
    """
    if covers is None:
        return Coverage(tuple(targets))
    if isinstance(covers, str | Path) or len(covers) != len(models):
        number = 1 if isinstance(covers, str | Path) else len(covers)
        raise InputError(
            f"`covers` has {counted(number, 'list')}, expected {len(models)}: one for each model, "
            "None for a model that knows everything",
            code="coverage",
            option="covers",
        )
    known = []
    for preds, own, stated in zip(models, targets, covers, strict=True):
        if stated is None:
            known.append(own)
            continue
        occur = frozenset(written(np.unique(preds.category_id), preds.category_keys))
        if isinstance(stated, str) and stated == FOUND:
            known.append(occur)
            continue
        found = _stated(stated, preds, categories)
        _check_within(preds, found, occur, categories)
        known.append(found)
    return Coverage(tuple(known))


def checked_coverage(coverage: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A table of what models know, of the shape of their AP.

    Raises:
        InputError: for another shape.
    """
    knows = np.asarray(coverage, np.bool_)
    if knows.shape != shape:
        raise InputError(
            f"`coverage` has shape {knows.shape}, expected {shape}",
            code="coverage",
            option="coverage",
        )
    return knows


def _stated(stated: Covers, preds: Predictions, categories: Categories | None) -> frozenset[Key]:
    """Ids of a list of ids and names; a name wins over an equal id."""
    source = "`covers`"
    entries: Sequence[int | str]
    if isinstance(stated, str | Path):
        source, entries = str(stated), _entries(stated)
    elif isinstance(stated, Iterable):
        entries = list(stated)
    else:
        raise InputError(
            f"`covers` has {stated!r} for {preds.source}, expected a list of categories, a path or "
            "None",
            code="coverage",
            option="covers",
        )
    if not entries:
        raise InputError(
            f"{source}: names no category that {preds.source} knows, expected some",
            code="coverage",
            path=source,
            option="covers",
        )
    listed = categories or (None if preds.listed is None else preds.listed.categories)
    names = names_of(listed)
    ids = None if listed is None else set(listed.written_ids)
    is_text = any(isinstance(key, str) for key in (ids or preds.category_keys or ()))
    found: set[Key] = set()
    for entry in entries:
        text = str(entry).strip()
        own: Key | None = names.get(text, text if is_text else number_of(text))
        if own is None or (ids is not None and own not in ids):
            where = "no list of categories says what its id is"
            if listed is not None:
                owner = preds.source if categories is None else "the ground truth"
                where = f"{owner} has {_first(listed.written_ids, listed)}"
            raise InputError(
                f"{source}: {shown_key(text)} is no category: {where}",
                code="coverage",
                path=source,
                option="covers",
            )
        found.add(own)
    return frozenset(found)


def _entries(path: str | Path) -> list[int | str]:
    """The ids and names in a file: a line for each, or a list of JSON."""
    data = named_bytes(Path(path))
    check_limit("file_bytes", len(data), f"has {len(data):,} bytes", source=str(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _no_list(path, "is no text") from None
    if text.lstrip()[:1] not in ("[", "{"):
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_list(path, "is not valid JSON") from None
    if not isinstance(value, list) or not all(
        isinstance(each, str) or type(each) is int for each in value
    ):
        kind = "an object" if isinstance(value, Mapping) else "other values"
        raise _no_list(path, f"holds {kind}")
    return value


def _no_list(path: str | Path, problem: str) -> FormatError:
    """The error for a file that is no list of categories."""
    return FormatError(
        f"{path}: {problem}, expected ids or names of categories: one in each line, or a list of "
        "JSON",
        code="coverage",
        path=str(path),
        option="covers",
    )


def _check_within(
    preds: Predictions,
    known: frozenset[Key],
    occur: frozenset[Key],
    categories: Categories | None,
) -> None:
    """Refuse predictions of categories that the model is said not to know."""
    keys = preds.category_keys
    beyond = [key for key in written(np.unique(preds.category_id), keys) if key not in known]
    beyond = [key for key in beyond if key in occur]
    if not beyond:
        return
    own = set(beyond)
    used = np.unique(preds.category_id)
    wrong = used[[key in own for key in written(used, keys)]]
    rows = np.flatnonzero(np.isin(preds.category_id, wrong))
    said = counted(len(rows), "prediction is", "predictions are")
    raise MismatchError(
        f"{preds.source}: {said} of {_first(beyond, categories)}, which `covers` does not list. "
        f"Add {'it' if len(beyond) == 1 else 'them'}, or leave these predictions out: map them to "
        "null.",
        code="coverage",
        path=preds.source,
        index=int(rows[0]),
        field="category_id",
        count=len(rows),
        option="covers",
    )


def _first(keys: Sequence[Key], categories: Categories | None) -> str:
    """Categories in a message, the first few, with their names where these are known."""
    noun = "category" if len(keys) == 1 else "categories"
    return f"{noun} {first_few([shown_category(each, categories) for each in keys], FEW)}"


def _more(number: int) -> str:
    """How many more there are, as a sentence."""
    return f"{counted(number, 'more category', 'more categories')} like it. " if number else ""
