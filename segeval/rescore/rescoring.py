"""Predictions with new scores as a result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.scores import FitScores
from segeval.data import GroundTruth, Predictions
from segeval.errors import Note
from segeval.rescore.calibration_gain import CalibrationGain
from segeval.rescore.gains import RescoringGain
from segeval.rescore.relations import Relations
from segeval.rescore.result import Rescored, RescoreScores


def rescored(
    method: str,
    preds: Predictions,
    scores: NDArray[np.float64],
    *,
    files: Mapping[str, GroundTruth | Predictions | None],
    settings: Mapping[str, Any],
    started: float,
    gain: RescoringGain | None = None,
    calibration: FitScores | None = None,
    calibration_gain: CalibrationGain | None = None,
    relations: Relations | None = None,
    notes: Sequence[Note] = (),
    csv: str | None = None,
) -> Rescored:
    """Predictions with new scores as a result.

    Args:
        method: its name.
        preds: N predictions.
        scores: the new scores, shape (N,).
        files: what the scores follow from, and what the gain was measured on.
        settings: of the method.
        started: time by `time.perf_counter`.
        gain: what that gains, if there is ground truth.
        calibration: the fitted function.
        calibration_gain: what it does to the error.
        relations: what the scores follow from.
        notes: what to know of them.
        csv: path of the predictions, if they are a file of Open Images.
    """
    changed = scores != preds.score
    return Rescored(
        scores=RescoreScores(
            method=method,
            predictions=len(preds),
            changed=int(changed.sum()),
            images=len(np.unique(preds.image_id[changed])),
            gain=None if gain is None else gain.difference,
            gain_on=None if gain is None or gain.difference is None else gain.how,
            calibration=calibration,
            calibration_gain=calibration_gain,
            relations=relations,
        ),
        inputs={
            "preds": {"path": preds.source, "count": len(preds)},
            **{name: _input(each) for name, each in files.items() if each is not None},
        },
        settings=settings,
        notes=(*notes, *(() if gain is None else gain.notes)),
        seconds=time.perf_counter() - started,
        predictions=preds.with_scores(scores),
        csv=csv,
    )


def _input(columns: GroundTruth | Predictions) -> dict[str, Any]:
    """A file, and how much is in it."""
    if isinstance(columns, Predictions):
        return {"path": columns.source, "count": len(columns)}
    return {"path": columns.source, "images": len(columns.images)}
