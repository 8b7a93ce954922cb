"""The result of rescoring: how many scores changed, what it gains, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.analysis.calibration.scores import FitScores
from segeval.analysis.comparison.differences import Difference
from segeval.brief import Brief
from segeval.data import Predictions
from segeval.data.coco.write import save_predictions
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.words import counted, signed


@dataclass(frozen=True, eq=False, repr=False)
class RescoreScores(Brief):
    """What rescoring did.

    Attributes:
        method: such as "cooccurrence".
        predictions: number of predictions.
        changed: number of scores that changed.
        images: number of images with such a score.
        gain: AP with the new scores against AP with the old ones; None without ground truth.
        calibration: the fitted function with its error before and after; None for other methods.
    """

    method: str
    predictions: int
    changed: int
    images: int
    gain: Difference | None = None
    calibration: FitScores | None = None


def _headline(result: Result[RescoreScores]) -> tuple[str, ...]:
    """What was rescored, by what."""
    names = [Path(str(each["path"])).name for each in result.inputs.values()]
    return (f"Rescored by {result.scores.method}", names[0], *(f"with {n}" for n in names[1:]))


def _summary(result: Result[RescoreScores]) -> str:
    """How many scores changed."""
    scores = result.scores
    return (
        f"{scores.changed:,} of {counted(scores.predictions, 'score')} changed, in "
        f"{counted(scores.images, 'image')}"
    )


def _tables(result: Result[RescoreScores]) -> tuple[Table, ...]:
    """The gain, where there is ground truth to measure it on."""
    calibration = result.scores.calibration
    if calibration is not None:
        return (_calibration_table(calibration),)
    gain = result.scores.gain
    if gain is None:
        return ()
    fields = (
        Field("number", "", "text"),
        Field("a", "before"),
        Field("b", "after"),
        Field("difference", "gain", "signed"),
        Field("interval", "95 %", "label"),
        Field("verdict", "verdict", "label"),
    )
    ends = None if gain.interval is None else " .. ".join(map(signed, gain.interval))
    row = ("AP", gain.a, gain.b, gain.difference, ends, gain.verdict.value)
    return (Table("gain", fields, (row,)),)


def _calibration_table(found: FitScores) -> Table:
    """The error of the scores before and after, on images that the function was not fitted to."""
    name = "D-ECE" if found.target == "precision" else "LaECE"
    fields = (
        Field("error", "", "text"),
        Field("method", "method", "label"),
        Field("before", "before"),
        Field("after", "after"),
    )
    return Table("calibration", fields, ((name, found.method, found.before, found.after),))


def _values(scores: RescoreScores) -> dict[str, Any]:
    """What rescoring did, as plain values."""
    return {
        **vars(scores),
        "gain": None if scores.gain is None else scores.gain.to_dict(),
        "calibration": None if scores.calibration is None else scores.calibration.to_dict(),
    }


RESCORE: Description[RescoreScores] = Description(
    schema="segeval/rescore/1",
    brief=lambda scores: f"{scores.changed:,} of {counted(scores.predictions, 'score')} changed",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
    primary=lambda scores: None if scores.gain is None else scores.gain.difference,
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rescored(Result[RescoreScores]):
    """Predictions with new scores, in the order of the file.

    Attributes:
        predictions: the same rows and masks with the new scores.
    """

    about: Description[RescoreScores] = RESCORE
    predictions: Predictions

    def __repr__(self) -> str:
        """One line: what changed."""
        return f"Rescored({self.about.brief(self.scores)})"

    def save(self, path: str | Path) -> None:
        """Write the rows as a COCO results file; arguments and errors as in `save_predictions`."""
        save_predictions(self.predictions, path)
