"""The order of files where there are several models: predictions, then the ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segeval.data import load_ground_truth, load_predictions
from segeval.data.files import STANDARD_INPUT
from segeval.errors import InputError


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
        place = _place_of_ground_truth(preds, gt) if error.code == "swapped" else None
        if place is None:
            raise
        truth = preds[place]
        ordered = call([*preds[:place], *preds[place + 1 :], gt], truth)
        raise InputError(
            f"{truth} is ground truth (its annotations have no score), and {gt}, which stands in "
            f"its place, holds predictions. The ground truth comes last: `{ordered}`",
            code="swapped",
            path=str(truth),
        ) from None


def _place_of_ground_truth(preds: Sequence[Any], gt: Any) -> int | None:
    """Which file of predictions is ground truth, if the last one is no ground truth."""
    if len(preds) < 2 or not _is_of_other_sort(gt, load_ground_truth):
        return None
    is_truth = (_is_of_other_sort(each, load_predictions) for each in preds)
    return next((place for place, found in enumerate(is_truth) if found), None)


def _is_of_other_sort(source: Any, load: Callable[[str | Path], Any]) -> bool:
    """Whether a file is predictions in place of ground truth, or the other way round."""
    if not isinstance(source, str | Path) or str(source) == STANDARD_INPUT:
        return False
    try:
        load(source)
    except InputError as error:
        return error.code == "swapped"
    return False
