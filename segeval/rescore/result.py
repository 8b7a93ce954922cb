"""The result of rescoring: how many scores changed, what it gains, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from segeval.analysis.calibration.scores import FitScores
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.gain_table import gain_table
from segeval.brief import Brief
from segeval.data import Predictions
from segeval.data.open_images.predictions import save_as_read
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.rescore.calibration_gain import CalibrationGain
from segeval.rescore.relations import Relations
from segeval.words import counted

SHOWN = 10
"""Relations that are shown."""

FILE_TITLES = {"fit": "fitted to", "gt": "judged on"}
"""What each file was for, in the headline."""

RELATION_TITLES = {
    "cooccurrence": ("images", "likely", "usual", "lift"),
    "surround": ("objects", "inside", "by chance", "lift"),
    "context": ("predictions", "of true", "of false", "ratio"),
}
"""What relations are counted on, how often they hold, how often otherwise, and their ratio."""


@frozen(eq=False, repr=False)
class RescoreScores(Brief):
    """What rescoring did.

    Attributes:
        method: such as "cooccurrence".
        predictions: number of predictions.
        changed: number of scores that changed.
        images: number of images with such a score.
        gain: AP with the new scores against AP with the old ones; None if there is no ground truth
            to measure it on.
        gain_on: the images that it was measured on, such as "5 folds of val.json".
        calibration: the fitted function with its error before and after; None for other methods.
        calibration_gain: the same error with the interval of its fall, and where it was measured.
        relations: what the new scores follow from; None for methods without any.
    """

    method: str
    predictions: int
    changed: int
    images: int
    gain: Difference | None = None
    gain_on: str | None = None
    calibration: FitScores | None = None
    calibration_gain: CalibrationGain | None = None
    relations: Relations | None = None


def _headline(result: Result[RescoreScores]) -> tuple[str, ...]:
    """What was rescored, by what."""
    names = {name: Path(str(each["path"])).name for name, each in result.inputs.items()}
    others = (f"{FILE_TITLES.get(name, 'with')} {own}" for name, own in list(names.items())[1:])
    return (f"Rescored by {result.scores.method}", next(iter(names.values())), *others)


def _summary(result: Result[RescoreScores]) -> str:
    """How many scores changed."""
    scores = result.scores
    gain = "" if scores.gain is None else f"; the gain is that on {scores.gain_on}"
    if scores.calibration_gain is not None:
        gain = f"; errors are those on {scores.calibration_gain.on}"
    relations = 0 if scores.relations is None else scores.relations.count
    shown = (
        "" if relations <= SHOWN else f", by {relations:,} relations (the {SHOWN} strongest above)"
    )
    return (
        f"{scores.changed:,} of {counted(scores.predictions, 'score')} changed, in "
        f"{counted(scores.images, 'image')}{shown}{gain}"
    )


def _tables(result: Result[RescoreScores]) -> tuple[Table, ...]:
    """The gain, where there is ground truth to measure it on, and the strongest relations."""
    scores = result.scores
    if scores.calibration is not None and scores.calibration_gain is not None:
        return (_calibration_table(scores.calibration, scores.calibration_gain),)
    found = []
    if scores.relations is not None and scores.relations.count:
        found.append(_relations_table(scores.relations, scores.method))
    if scores.gain is not None:
        found.append(gain_table(scores.gain))
    return tuple(found)


def _relations_table(found: Relations, method: str) -> Table:
    """The strongest relations."""
    of, share, usual, ratio = RELATION_TITLES[method]
    fields = (
        Field("category", "category", "text"),
        Field("evidence", "evidence", "text"),
        Field("count", of, "count", drop=1),
        Field("share", share),
        Field("usual", usual, drop=2),
        Field("ratio", ratio, "number"),
    )
    rows = tuple(
        (each.category, each.evidence, each.count, each.share, each.usual, _short(each.ratio))
        for each in found.strongest[:SHOWN]
    )
    return Table("relation", fields, rows)


def _short(ratio: float | None) -> float | None:
    """A ratio with two decimals."""
    return None if ratio is None else round(ratio, 2)


def _calibration_table(found: FitScores, gain: CalibrationGain) -> Table:
    """The error of the scores before and after, on images that the function was not fitted to."""
    name = "D-ECE" if found.target == "precision" else "LaECE"
    fields = (
        Field("error", "", "text"),
        Field("method", "method", "label"),
        Field("before", "before"),
        Field("after", "after"),
        Field("fall", "fall", "signed"),
        Field("interval", "95 %", "signed interval"),
        Field("verdict", "verdict", "label"),
    )
    row = (name, found.method, gain.before, gain.after, gain.fall, gain.interval, gain.verdict)
    return Table("calibration", fields, (row,))


def _values(scores: RescoreScores) -> dict[str, Any]:
    """What rescoring did, as plain values."""
    return {
        **vars(scores),
        "gain": None if scores.gain is None else scores.gain.to_dict(),
        "calibration": None if scores.calibration is None else scores.calibration.to_dict(),
        "calibration_gain": None
        if scores.calibration_gain is None
        else scores.calibration_gain.to_dict(),
        "relations": None if scores.relations is None else asdict(scores.relations),
    }


RESCORE: Description[RescoreScores] = Description(
    place=f"{__name__}:RESCORE",
    schema="segeval/rescore/1",
    brief=lambda scores: f"{scores.changed:,} of {counted(scores.predictions, 'score')} changed",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
    primary=lambda scores: None if scores.gain is None else scores.gain.difference,
)


@frozen(eq=False, repr=False, kw_only=True)
class Rescored(Result[RescoreScores]):
    """Predictions with new scores, in the order of the file.

    Attributes:
        predictions: the same rows and masks with the new scores.
        csv: path of the predictions, if they are a file of Open Images; None for COCO's format.
    """

    about: Description[RescoreScores] = RESCORE
    predictions: Predictions
    csv: str | None = None

    def __repr__(self) -> str:
        """One line: what changed."""
        return f"Rescored({self.about.brief(self.scores)})"

    def save(self, path: str | Path) -> None:
        """Write the rows in the format of the predictions: a COCO results file, or CSV.

        Raises:
            InputError: for another suffix, or if the folder does not exist.
        """
        save_as_read(self.predictions, path, source=self.csv)
