"""Both files as columns, from whatever the caller has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.data.coco.json_folders import joined_predictions, prediction_files
from segeval.data.files import STANDARD_INPUT
from segeval.data.joining import joined_sources
from segeval.data.kinds_of_ids import paired
from segeval.errors import FormatError, InputError
from segeval.kernels.threads import stopping_pool

PredictionsSource = Predictions | str | Path | Sequence[Any] | Mapping[Any, Any]
GroundTruthSource = GroundTruth | str | Path | Mapping[str, Any]


def loaded(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    workers: int | None,
    *,
    score_field: str = "score",
    agnostic: bool = False,
) -> tuple[Predictions, GroundTruth]:
    """Both files as columns, read at the same time where both are paths.

    Args:
        preds: predictions, or a path or list to load them from, or a list of paths.
        gt: ground truth, or a path or dictionary to load it from.
        workers: threads, None for all cores.
        score_field: name of the field with the score.
        agnostic: whether categories are ignored, so that predictions may have none.

    Raises:
        InputError: if the two are swapped, or both are standard input.
        FormatError: for a file that cannot be used.
        MismatchError: if ids are text in one file and numbers in the other.
    """
    paths = [str(source) for source in (preds, gt) if isinstance(source, str | Path)]
    if paths == [STANDARD_INPUT, STANDARD_INPUT]:
        raise InputError("only one of the two files can be standard input", code="input")
    if isinstance(preds, GroundTruth) or isinstance(gt, Predictions):
        name = "preds" if isinstance(preds, GroundTruth) else "gt"
        found = "ground truth" if name == "preds" else "predictions"
        raise InputError(
            f"`{name}` is {found}: preds and gt are swapped. Predictions come first.",
            code="swapped",
            option=name,
        )
    if isinstance(gt, GroundTruth):
        read = _columns(preds, workers, score_field=score_field, agnostic=agnostic)
        return paired(read, gt, agnostic=agnostic)
    if isinstance(preds, Predictions):
        return paired(preds, loaded_ground_truth(gt), agnostic=agnostic)
    with stopping_pool(1) as pool:
        later = pool.submit(loaded_ground_truth, gt)
        try:
            read = _columns(preds, workers, score_field=score_field, agnostic=agnostic)
        except FormatError as error:
            if error.code == "swapped" and _is_swapped(later.exception()):
                call = f": `average_precision({str(gt)!r}, {str(preds)!r})`"
                raise InputError(
                    "the first file is ground truth (its annotations have no score), the second a "
                    f"list of predictions. Swap them{call if isinstance(gt, str | Path) else '.'}",
                    code="swapped",
                    path=error.path,
                ) from None
            raise
        return paired(read, later.result(), agnostic=agnostic)


def _columns(
    preds: PredictionsSource, workers: int | None, *, score_field: str, agnostic: bool
) -> Predictions:
    """Predictions as columns, from one file or several; arguments as in `loaded`."""
    if isinstance(preds, Predictions):
        return preds
    known = named_files(preds)
    name, files = ("", [preds]) if known is None else known
    several = [
        load_predictions(each, score_field=score_field, agnostic=agnostic, workers=workers)
        for each in files
    ]
    return several[0] if len(several) == 1 else joined_predictions(name, several)


def named_files(preds: Any) -> tuple[str, list[Any]] | None:
    """The name of several files of predictions as a whole, and the files; None for anything else.

    Args:
        preds: a list of paths, folders and patterns; or other predictions.

    Raises:
        InputError: if a folder or pattern has no files, or a file is given twice.
    """
    if not isinstance(preds, list | tuple) or not preds:
        return None
    if not all(isinstance(each, str | Path) for each in preds):
        return None
    files = [str(each) for each in prediction_files(preds)]
    return (str(preds[0]) if len(preds) == 1 else joined_sources(files)), files


def loaded_predictions(preds: PredictionsSource) -> Predictions:
    """Predictions as columns."""
    return preds if isinstance(preds, Predictions) else load_predictions(preds)


def loaded_ground_truth(gt: GroundTruthSource) -> GroundTruth:
    """Ground truth as columns."""
    return gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)


def _is_swapped(error: BaseException | None) -> bool:
    return isinstance(error, FormatError) and error.code == "swapped"
