"""The outcome of averaging: what was written, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from segeval.brief import Brief
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.models.averaging.stored import StoredWeights
from segeval.words import counted, first_few, joined

STATISTICS = ("running_mean", "running_var")
"""Last parts of the names of what batch norms measured on the images of training."""

NAMED = 5
"""Names in one note."""

MUCH = 0.5
"""A share of the first of three files or more in a moving average that is worth a note."""


@frozen(eq=False, repr=False)
class AverageScores(Brief):
    """What averaging did.

    Attributes:
        method: "mean" or "ema".
        output: the file that was written.
        shares: of each file in the result; they add up to 1.
        tensors: number of tensors.
        averaged: number of those that differed and were averaged.
        numbers: how many numbers all tensors have.
        statistics: names of the averaged statistics of batch norms.
    """

    method: str
    output: str
    shares: tuple[float, ...]
    tensors: int
    averaged: int
    numbers: int
    statistics: tuple[str, ...]


def _headline(result: Result[AverageScores]) -> tuple[str, ...]:
    """What was averaged."""
    names = [Path(str(each["path"])).name for each in result.inputs.values()]
    method = "Mean" if result.scores.method == "mean" else "Moving average"
    return (f"{method} of {counted(len(names), 'file')} of weights", first_few(names, NAMED))


def _summary(result: Result[AverageScores]) -> str:
    """How much was averaged."""
    scores = result.scores
    of = counted(scores.tensors, "tensor")
    return f"{scores.averaged:,} of {of} averaged, {counted(scores.numbers, 'number')}"


def _tables(result: Result[AverageScores]) -> tuple[Table, ...]:
    """The share of each file."""
    fields = (Field("path", "file", "text"), Field("share", "share"))
    rows = tuple(
        (str(each["path"]), share)
        for each, share in zip(result.inputs.values(), result.scores.shares, strict=True)
    )
    return (Table("file", fields, rows),)


def _values(scores: AverageScores) -> dict[str, Any]:
    """What averaging did, as plain values."""
    plain = {**vars(scores)}
    return {**plain, "shares": list(scores.shares), "statistics": list(scores.statistics)}


AVERAGE: Description[AverageScores] = Description(
    place=f"{__name__}:AVERAGE",
    schema="segeval/average-checkpoints/1",
    brief=lambda scores: f"{scores.method} of {counted(len(scores.shares), 'file')}",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)


@frozen(eq=False, repr=False, kw_only=True)
class Averaged(Result[AverageScores]):
    """Averaged weights, which a file holds."""

    about: Description[AverageScores] = AVERAGE

    def __repr__(self) -> str:
        """One line: what was averaged."""
        return f"Averaged({self.about.brief(self.scores)})"


def notes_of(
    files: Sequence[StoredWeights], scores: AverageScores, left_out: Sequence[str]
) -> Iterator[Note]:
    """What to know of averaged weights.

    Args:
        files: that were averaged.
        scores: what was done.
        left_out: names of the metadata on which the files do not agree.
    """
    if scores.statistics:
        has = "was" if len(scores.statistics) == 1 else "were"
        found = counted(len(scores.statistics), "running statistic")
        yield Note(
            "recalibrate",
            f"{found} of batch norms {has} averaged, which the averaged weights do not have: "
            f"recalibrate on images of training before use ({first_few(scores.statistics, 1)})",
            len(scores.statistics),
        )
    if scores.method == "ema" and len(files) > 2 and scores.shares[0] > MUCH:
        yield Note(
            "first-share",
            f"{files[0].path.name}, the first file, makes up {100 * scores.shares[0]:.4g} % of the "
            f"average: a decay for steps of training is too high for {len(files)} files",
            1,
            "decay",
        )
    if left_out:
        yield Note(
            "metadata",
            f"the files do not agree on their metadata {', '.join(left_out)}, which "
            f"{'is' if len(left_out) == 1 else 'are'} left out",
            len(left_out),
        )
    others = sorted({name for each in files for name in each.others})
    if others:
        entries = sorted({each.entry for each in files if each.entry is not None})
        yield Note(
            "left-out",
            f"only {joined(entries)} of the checkpoints was averaged, and the rest left out: "
            f"{first_few(others, NAMED)}",
            len(others),
        )
