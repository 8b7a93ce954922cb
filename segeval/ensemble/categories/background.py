"""The background rule: a model that scores every category itself says what is no object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data import Predictions
from segeval.data.coco.extra_field import lists_of_predictions
from segeval.errors import FormatError, InputError, Note, ShapeError
from segeval.findings import refusal
from segeval.words import counted

Background = Literal["first", "last"]
"""Where the score of the background stands among those of the categories."""


def background_rule(class_scores: ArrayLike, *, background: Background = "first") -> NDArray[Any]:
    """Whether predictions stay: unless their background scores higher than every category.

    Args:
        class_scores: of the background and of each category, shape (N, C + 1).
        background: where that of the background stands: "first" or "last".

    Returns:
        bool, shape (N,); a prediction whose best category scores as high as the background stays.

    Raises:
        ShapeError: if there is no category.
        InputError: for another place.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.4.

    Example:
        >>> background_rule([[0.5, 0.3, 0.2], [0.4, 0.45, 0.15], [0.4, 0.4, 0.2]])
        array([False,  True,  True])
    """
    table = np.asarray(class_scores, np.float64)
    if background not in get_args(Background):
        raise InputError(
            f"`background` is {background!r}, expected 'first' or 'last'",
            code="background",
            option="background",
        )
    if table.ndim != 2 or table.shape[1] < 2:
        raise ShapeError(
            f"`class_scores` has shape {table.shape}, expected (predictions, categories + 1), with "
            "the background",
            code="background",
            option="class_scores",
        )
    place = 0 if background == "first" else table.shape[1] - 1
    others = np.delete(table, place, axis=1)
    return np.asarray(table[:, place] <= others.max(axis=1))


def without_background(
    preds: Predictions,
    source: str | Path | Predictions | Sequence[Mapping[str, Any]],
    field: str,
    background: Background,
) -> tuple[Predictions, bool, tuple[Note, ...]]:
    """Predictions without those that their own scores call background.

    Args:
        preds: predictions of one model.
        source: where they come from, whose records may have the scores.
        field: name of the field with the scores of background and categories.
        background: where that of the background stands.

    Returns:
        The predictions, whether any record has the field, and a note on what was left out.

    Raises:
        InputError: for columns, which have no such field.
        FormatError: if lists hold anything but finite numbers, or are of different lengths.
    """
    if isinstance(source, Predictions):
        raise InputError(
            f"{preds.source}: columns of predictions have no field {field} (`class_scores`); give "
            "the path of the file, or the list of records",
            code="background",
            path=preds.source,
            option="class_scores",
        )
    numbers, starts = lists_of_predictions(source, field)
    lengths = np.diff(starts)
    rows = np.flatnonzero(lengths)
    if not len(rows):
        return preds, False, ()
    _check(preds, field, numbers, lengths, starts)
    scores = numbers.reshape(len(rows), -1)
    is_kept = np.ones(len(preds), np.bool_)
    is_kept[rows] = background_rule(scores, background=background)
    number = int((~is_kept).sum())
    if not number:
        return preds, True, ()
    said = counted(number, "prediction was", "predictions were")
    note = Note(
        "background",
        f"{preds.source}: {said} left out, because {field} gives the background a higher score "
        "than every category",
        number,
        None,
    )
    return preds.only(np.flatnonzero(is_kept)), True, (note,)


def _check(
    preds: Predictions,
    field: str,
    numbers: NDArray[np.float64],
    lengths: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> None:
    """Refuse lists that are no scores of the same categories."""
    if len(lengths) != len(preds):
        raise FormatError(
            f"{preds.source}: has {len(preds):,} predictions, and {field} {len(lengths):,} values: "
            "the file changed while it was read",
            code="background",
            path=preds.source,
            field=field,
        )
    rows = np.flatnonzero(lengths)
    usual = int(lengths[rows[0]])
    odd = rows[(lengths[rows] != usual) | (lengths[rows] < 2)]
    if len(odd):
        expected = "the background and at least one category" if usual < 2 else f"{usual} as before"
        raise refusal(
            preds,
            f"{field} has {counted(int(lengths[odd[0]]), 'number')}, expected {expected}.",
            rows=odd,
            code="background",
            field=field,
            option="class_scores",
        )
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        row = np.unique(np.searchsorted(starts, bad, "right") - 1)
        raise refusal(
            preds,
            f"{field} holds {numbers[bad[0]]:g}, expected finite numbers.",
            rows=row,
            code="background",
            field=field,
            option="class_scores",
        )
