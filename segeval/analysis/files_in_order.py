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
from segeval.words import counted

OF_OTHER_SORT = ("swapped", "no-categories")
"""Codes of errors about predictions in place of ground truth, or the other way round."""

PREDICTIONS, SEGMENTS, INSTANCES, PANOPTIC = (
    "holds predictions",
    "holds segments without categories",
    "its annotations have no score",
    "it has categories",
)
"""Sorts of files; of ground truth, what tells it."""

TRUTH_OF = {PREDICTIONS: INSTANCES, SEGMENTS: PANOPTIC}
"""The sort of ground truth that predictions of each sort go with."""


def models_and_truth(files: Sequence[Any]) -> tuple[tuple[Any, ...], Any]:
    """Predictions of one model or two, and the ground truth.

    Raises:
        InputError: if there are too few or too many.
    """
    if len(files) not in (2, 3):
        raise InputError(
            "expected predictions and ground truth, or predictions of two models and ground "
            f"truth, got {counted(len(files), 'file')}.",
            code="file-count",
        )
    *preds, gt = files
    return tuple(preds), gt


def call_to(function: str) -> Callable[[Sequence[Any], Any], str]:
    """What writes the call of a function for some predictions and the ground truth.

    Example:
        >>> call_to("report")(["a.json", "b.json"], "gt.json")
        "report('a.json', 'b.json', 'gt.json')"
    """
    return lambda preds, gt: f"{function}({', '.join(map(repr, [*preds, gt]))})"


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
        InputError: if `gt` is a path of predictions, and one of the others of ground truth or all
            of predictions; what is raised within, otherwise.
    """
    try:
        yield
    except InputError as error:
        own = _sort(gt) if error.code in OF_OTHER_SORT else None
        if own not in TRUTH_OF:
            raise
        sorts = [_sort(each) for each in preds]
        if all(sort == own for sort in sorts):
            raise InputError(
                f"{gt} holds predictions, as the {'file' if len(preds) == 1 else 'files'} before "
                "it: the ground truth is missing, expected it as the last file.",
                code="swapped",
                path=str(gt),
            ) from None
        place = next((k for k, sort in enumerate(sorts) if sort == TRUTH_OF[own]), None)
        if place is None:
            raise
        truth = preds[place]
        ordered = call([*preds[:place], *preds[place + 1 :], gt], truth)
        raise InputError(
            f"{truth} is ground truth ({sorts[place]}), and {gt}, which stands in its place, holds "
            f"predictions. The ground truth comes last: `{ordered}`",
            code="swapped",
            path=str(truth),
        ) from None


def _sort(source: Any) -> str | None:
    """What sort a file is of; None for what is no path or no such file."""
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
    return PANOPTIC if len(segments.categories) else SEGMENTS
