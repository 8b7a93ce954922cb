"""The order of files where there are several models: predictions, then the ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segeval.data import load_ground_truth, load_predictions
from segeval.data.files import STANDARD_INPUT, open_content
from segeval.data.panoptic.read import parse_panoptic
from segeval.errors import InputError

OF_OTHER_SORT = ("swapped", "no-categories")
"""Codes of errors about predictions in place of ground truth, or the other way round."""

PREDICTIONS, INSTANCES, PANOPTIC = (
    "holds predictions",
    "its annotations have no score",
    "it has categories",
)
"""Sorts of files; of ground truth, what tells it."""


@contextmanager
def ground_truth_last(
    preds: Sequence[Any], gt: Any, call: Callable[[Sequence[Any], str], str]
) -> Iterator[None]:
    """Say which file is the ground truth, if it stands in the place of predictions.

    Only after an evaluation found that one of the files is of the other sort are they read again.

    Args:
        preds: of several models; a tuple is several runs of one.
        gt: what is in the place of the ground truth.
        call: the call as text, from predictions and ground truth in the right order.

    Raises:
        InputError: if `gt` is a path of predictions and one of the others of ground truth; what is
            raised within, otherwise.
    """
    try:
        yield
    except InputError as error:
        place = _place_of_ground_truth(preds, gt) if error.code in OF_OTHER_SORT else None
        if place is None:
            raise
        truth = preds[place]
        ordered = call([*preds[:place], *preds[place + 1 :], gt], truth)
        raise InputError(
            f"{truth} is ground truth ({_sort(truth)}), and {gt}, which stands in its place, holds "
            f"predictions. The ground truth comes last: `{ordered}`",
            code="swapped",
            path=str(truth),
        ) from None


def _place_of_ground_truth(preds: Sequence[Any], gt: Any) -> int | None:
    """Which file of predictions is ground truth, if the last one holds predictions."""
    if len(preds) < 2 or _sort(gt) != PREDICTIONS:
        return None
    is_truth = (_sort(each) in (INSTANCES, PANOPTIC) for each in preds)
    return next((place for place, found in enumerate(is_truth) if found), None)


def _sort(source: Any) -> str | None:
    """`PREDICTIONS`, why a file is ground truth, or None for what is no path or no such file."""
    if not isinstance(source, str | Path) or str(source) == STANDARD_INPUT:
        return None
    sorts: list[tuple[Callable[[str | Path], object], str]] = [
        (load_predictions, INSTANCES),
        (load_ground_truth, PREDICTIONS),
    ]
    for load, sort in sorts:
        try:
            load(source)
        except InputError as error:
            if error.code == "swapped":
                return sort
    try:
        segments = parse_panoptic(open_content(source))
    except InputError:
        return None
    return PANOPTIC if len(segments.categories) else PREDICTIONS
