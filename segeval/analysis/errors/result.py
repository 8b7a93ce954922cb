"""The result of error kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from segeval.analysis.errors import tables
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.scores import ErrorScores, LostAP
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result, first_of, in_brief

ERRORS: Description[Mapping[str, ErrorScores[LostAP]]] = Description(
    place=f"{__name__}:ERRORS",
    schema="segeval/errors/1",
    primary=lambda scores: first_of(scores).overall.ap,
    brief=lambda scores: in_brief("AP", {iou: one.overall.ap for iou, one in scores.items()}),
    headline=tables.headline,
    summary=tables.summary,
    tables=tables.all_tables,
    values=lambda scores: {iou: one.to_dict() for iou, one in scores.items()},
    others={"error": lambda result: tables.error_table(result.records())},
)


@frozen(eq=False, repr=False, kw_only=True)
class ErrorKinds(Result[Mapping[str, ErrorScores[LostAP]]]):
    """Where AP is lost, by kind of error, for each kind of IoU.

    Attributes:
        columns: every prediction and missed object with its kind, by kind of IoU.
    """

    columns: Mapping[str, KindColumns] = field(default_factory=dict)
    about: Description[Mapping[str, ErrorScores[LostAP]]] = ERRORS

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.overall.ap

    def records(self) -> Iterator[dict[str, Any]]:
        """Every prediction and missed object, for each kind of IoU, which is their `iou_type`.

        Yields:
            The lines of `segeval errors -o errors.jsonl`, and raises, as `KindColumns.records`.
        """
        for iou, columns in self.columns.items():
            for record in columns.records():
                yield {"iou_type": iou, **record}

    @property
    def kinds(self) -> KindColumns:
        """Every prediction and missed object with its kind, for the first kind of IoU."""
        return first_of(self.columns)
