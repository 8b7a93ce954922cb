"""The report of `check`: all findings, and a summary of each file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from html import escape
from typing import Any, Literal

from segeval.checks.warning_codes import UNPREDICTED, WARNING_CODES
from segeval.data.data_frame import Backend, Column, Kind, data_frame
from segeval.errors import InputError
from segeval.findings import Finding, Level, note_of
from segeval.flat import flat_numbers
from segeval.frozen import frozen
from segeval.words import counted, stopped

TOLD: tuple[Level, ...] = ("error", "warn", "allow", "note")
"""Levels of findings, in the order of a report; those of kinds that are fine come last."""

SCHEMA = "segeval/check/1"

COUNTED = ("errors", "warnings", "preds", "gt")
"""Keys of the JSON object that hold numbers."""

TABLES: dict[str, tuple[tuple[str, Kind], ...]] = {
    "finding": (
        ("level", "text"), ("kind", "text"), ("message", "text"), ("count", "whole"),
        ("path", "text"), ("index", "whole"), ("first", "text"), ("hint", "text"),
        ("code", "text"), ("field", "text"),
    ),
    "file": (
        ("role", "text"), ("source", "text"), ("count", "whole"), ("images", "whole"),
        ("categories", "whole"), ("encoding", "text"), ("score_min", "number"),
        ("score_max", "number"), ("crowds", "whole"), ("is_lvis", "bool"),
    ),
}  # fmt: skip
"""Columns of the tables, in their order, and what they hold."""


@frozen
class PredictionsSummary:
    """Summary of a file of predictions.

    Attributes:
        source: name of the file.
        count: number of predictions, unreadable ones included; of label maps, number of files.
        images: number of images with a prediction.
        categories: number of categories with a prediction.
        encoding: "RLE", "polygons", "boxes", or several of them.
        score_min: lowest finite score, None without one.
        score_max: highest finite score, None without one.
    """

    source: str
    count: int
    images: int
    categories: int
    encoding: str
    score_min: float | None
    score_max: float | None


@frozen
class GroundTruthSummary:
    """Summary of a file of ground truth.

    Attributes:
        source: name of the file.
        count: number of annotations, unreadable ones included; of label maps, number of files.
        images: number of images, with and without annotations.
        categories: number of categories.
        encoding: "RLE", "polygons", "boxes", or several of them.
        crowds: number of crowd regions.
        is_lvis: whether the file has the keys of LVIS.
    """

    source: str
    count: int
    images: int
    categories: int
    encoding: str
    crowds: int
    is_lvis: bool


@frozen(repr=False)
class CheckReport:
    """All findings of `check`: errors first, then warnings, then what is fine.

    Attributes:
        findings: in that order.
        predictions: summary of the predictions, None if unreadable.
        ground_truth: summary of the ground truth, None if not given or unreadable.
        models: of `check_ensemble`, summaries of all files that could be read.
    """

    findings: tuple[Finding, ...]
    predictions: PredictionsSummary | None = None
    ground_truth: GroundTruthSummary | None = None
    models: tuple[PredictionsSummary, ...] = ()

    def __repr__(self) -> str:
        """One line: how much was found."""
        return f"CheckReport({self.totals}, {len(self.fine)} kinds fine)"

    def __str__(self) -> str:
        """The errors and warnings, a line each, and how many there are.

        Example:
            >>> print(CheckReport((Finding("warn", "ties", "2 scores are equal", path="a.json"),)))
            warning: a.json: 2 scores are equal
            0 errors, 1 warning
        """
        named = (("error", self.errors), ("warning", self.warnings))
        lines = [f"{level}: {note_of(each).message}" for level, found in named for each in found]
        return "\n".join([*lines, self.totals])

    def _repr_html_(self) -> str:
        """The errors and warnings for a notebook."""
        found = [(each.level, note_of(each).message) for each in (*self.errors, *self.warnings)]
        rows = "".join(f"<li><b>{level}</b> {escape(text)}</li>" for level, text in found)
        return f"<p>{self.totals}</p>" + (f"<ul>{rows}</ul>" if rows else "")

    @property
    def totals(self) -> str:
        """How many errors and warnings there are."""
        totals = [counted(len(self.errors), "error"), counted(len(self.warnings), "warning")]
        if self.allowed:
            totals.append(f"{counted(len(self.allowed), 'warning')} allowed")
        return ", ".join(totals)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of level "error"."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings of level "warn"."""
        return self._of("warn")

    @property
    def allowed(self) -> tuple[Finding, ...]:
        """The findings of level "allow": warnings that `judged` was told to accept."""
        return self._of("allow")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings of level "note": no mistakes by themselves."""
        return self._of("note")

    @property
    def fine(self) -> tuple[str, ...]:
        """The kinds of mistakes that were looked for and not found."""
        return tuple(finding.kind for finding in self._of("ok"))

    def judged(
        self, *, allow: Iterable[str] = (), max_unpredicted: float | None = None
    ) -> CheckReport:
        """The same findings, some of other levels, as a gate wants them.

        Args:
            allow: codes of warnings to accept, which get the level "allow".
            max_unpredicted: largest share of the images with objects that may have no prediction,
                in 0 .. 1: a larger one is a warning, another one a note. None keeps the default.

        Raises:
            InputError: for a code that no warning has, or a share outside 0 .. 1.

        Example:
            >>> report = CheckReport((Finding("warn", "ties", "2 scores are equal", code="ties"),))
            >>> len(report.judged(allow=["ties"]).warnings)
            0
        """
        codes = tuple(allow)
        for code in codes:
            if code not in WARNING_CODES:
                raise InputError(
                    f"no warning has the code {code!r}, expected one of: "
                    f"{', '.join(WARNING_CODES)}.",
                    code="allow",
                    option="allow",
                )
        if max_unpredicted is not None and not 0 <= max_unpredicted <= 1:
            raise InputError(
                f"`max_unpredicted` is {max_unpredicted:g}, expected a share in 0 .. 1.",
                code="share",
                option="max_unpredicted",
            )
        found: list[Finding] = []
        for each in self.findings:
            level = each.level
            if max_unpredicted is not None and each.code == UNPREDICTED and each.total:
                level = "warn" if each.count / each.total > max_unpredicted else "note"
            if level == "warn" and each.code in codes:
                level = "allow"
            found.append(replace(each, level=level))
        return replace(self, findings=ordered(found, self.fine))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values.

        Returns:
            schema, errors, warnings and allowed (their numbers), preds and gt (the summaries or
            None), findings, and models where several were checked together.
        """
        return {
            "schema": SCHEMA,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "allowed": len(self.allowed),
            "preds": None if self.predictions is None else asdict(self.predictions),
            "gt": None if self.ground_truth is None else asdict(self.ground_truth),
            "findings": [finding.to_dict() for finding in self.findings],
            **({"models": [asdict(each) for each in self.models]} if self.models else {}),
        }

    def to_dataframe(
        self, table: Literal["finding", "file"] = "finding", backend: Backend | None = None
    ) -> Any:
        """The findings, or the summaries of the files, as a data frame.

        Args:
            table: "finding" for the findings with the keys of `to_dict`; "file" for the summaries,
                whose `role` is "preds", "gt" or "model".
            backend: "pandas" or "polars"; None for the first of these that is installed.

        Raises:
            InputError: for another table or backend.
            MissingDependency: if the backend, or both, are not installed.

        Example:
            >>> report = CheckReport((Finding("warn", "ties", "2 scores are equal", count=2),))
            >>> report.flat("val/")
            {'val/errors': 0.0, 'val/warnings': 1.0}
        """
        if table not in TABLES:
            raise InputError(
                f"there is no table {table!r}, expected one of: {', '.join(TABLES)}.",
                code="unknown-table",
            )
        rows: list[dict[str, Any]] = [each.to_dict() for each in self.findings]
        if table == "file":
            roles: list[tuple[str, PredictionsSummary | GroundTruthSummary | None]] = [
                ("preds", self.predictions),
                ("gt", self.ground_truth),
                *(("model", each) for each in self.models),
            ]
            rows = [{"role": role, **asdict(each)} for role, each in roles if each is not None]
        return data_frame(
            {key: Column(kind, [row.get(key) for row in rows]) for key, kind in TABLES[table]},
            backend,
        )

    def flat(self, prefix: str = "") -> dict[str, float]:
        """How many errors and warnings there are, and the numbers of the summaries, by name.

        Args:
            prefix: what every name begins with, such as "val/".

        Returns:
            Numbers by names such as "val/errors" and "val/preds/count", as for any result.
        """
        found = self.to_dict()
        return flat_numbers({key: found[key] for key in COUNTED if found[key] is not None}, prefix)

    def _of(self, level: Level) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == level)


def gathered(findings: Iterable[Finding], noun: str) -> list[Finding]:
    """One finding per kind that many files have: the first, and the number like it.

    Args:
        findings: findings file by file.
        noun: name of one file in messages.
    """
    of_kind: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        of_kind.setdefault((finding.code, finding.kind, finding.hint), []).append(finding)
    return [
        alike[0]
        if len(alike) == 1
        else replace(
            alike[0],
            message=f"{stopped(alike[0].message)} {counted(len(alike) - 1, f'more {noun}')} "
            "like it.",
            count=sum(finding.count for finding in alike),
        )
        for alike in of_kind.values()
    ]


def ordered(findings: Sequence[Finding], looked_for: Iterable[str]) -> tuple[Finding, ...]:
    """Errors, warnings, allowed warnings, notes, then the kinds of mistakes not found."""
    wrong = {finding.kind for finding in findings if finding.level != "ok"}
    return (
        *(each for level in TOLD for each in findings if each.level == level),
        *(
            Finding("ok", kind, "nothing found")
            for kind in dict.fromkeys(looked_for)
            if kind not in wrong
        ),
    )
