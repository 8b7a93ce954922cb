"""How label suspects are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segeval.analysis.model_names import model_names, short_names
from segeval.analysis.suspects.result import (
    DisputedLabel,
    LabelSuspect,
    LabelSuspects,
    Suspect,
    UnfoundObject,
    kind_of,
)
from segeval.metrics.kinds import KINDS
from segeval.metrics.result import Description, Result, amounts, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, joined, percent

FIELDS = (
    Field("image", "image", "text"),
    Field("kind", "kind", "words"),
    Field("annotated", "annotated", "text", drop=1),
    Field("suggested", "suggested", "text", drop=1),
    Field("score", "score", "number"),
    Field("models", "models", "count", drop=2),
    Field("annotation", "annotation", "id", drop=3),
    Field("box", "box", "words", drop=4),
)
"""Columns of the table, a row for each suspect."""


def record_of(suspect: Suspect) -> dict[str, Any]:
    """A suspect as plain values; the keys of all kinds are the same.

    Returns:
        What is annotated is None where the ground truth may lack an object, what is suggested where
        no model finds one, and so are its score, scores and predictions.
    """
    named: tuple[Any, Any] = (suspect.category_id, suspect.category)
    annotated, suggested = named, named
    predicted: tuple[Any, Any, Any] = (None, None, None)
    if isinstance(suspect, LabelSuspect):
        annotated = None, None
    elif isinstance(suspect, DisputedLabel):
        suggested = suspect.predicted_id, suspect.predicted
    if isinstance(suspect, UnfoundObject):
        suggested = None, None
    else:
        predicted = suspect.score, list(suspect.scores), list(suspect.predictions)
    return {
        "kind": kind_of(suspect),
        "image_id": suspect.image_id,
        "file_name": suspect.file_name,
        "annotation_id": None if isinstance(suspect, LabelSuspect) else suspect.annotation_id,
        "annotated_id": annotated[0],
        "annotated": annotated[1],
        "suggested_id": suggested[0],
        "suggested": suggested[1],
        "bbox": list(suspect.bbox),
        "models": suspect.models,
        "score": predicted[0],
        "scores": predicted[1],
        "predictions": predicted[2],
    }


def sentences(result: Result[LabelSuspects]) -> Iterator[str]:
    """How many suspects of each kind there are, and from which scores on models are sure."""
    found, models = result.scores, len(result.scores.least_scores)
    parts = []
    if "missing" in found.kinds:
        shared = f" ({found.shared:,} by at least 2 models)" if models > 1 else ""
        parts.append(f"{len(found.missing):,} missing{shared}")
    if "unfound" in found.kinds:
        parts.append(f"{len(found.unfound):,} unfound")
    if "category" in found.kinds:
        parts.append(f"{len(found.disputed):,} of another category")
    yield ", ".join(parts)
    scores = ["no score" if one is None else f"{one:.3g}" for one in found.least_scores]
    shares = [f"{percent(one)} %" for one in found.precisions]
    names = short_names(_names(result))
    if models > 1:
        scores = [f"{score} ({name})" for score, name in zip(scores, names, strict=True)]
    yield f"sure from {joined(scores)} on: the score of the best F1, {joined(shares)} are true"


def _names(result: Result[LabelSuspects]) -> list[str]:
    """The names of the models."""
    paths = [str(each["path"]) for role, each in result.inputs.items() if role != "gt"]
    return model_names(paths)


def _headline(result: Result[LabelSuspects]) -> tuple[str, ...]:
    """What was looked for, in which files."""
    names, gt = _names(result), result.inputs["gt"]
    if len(names) == 1:
        files = versus({"preds": result.inputs["preds"], "gt": gt})
    else:
        files = f"{', '.join(names)} vs {Path(str(gt['path'])).name}"
    return f"Label suspects by {KINDS[result.scores.iou]} IoU", files


def _summary(result: Result[LabelSuspects]) -> str:
    """How much was looked at."""
    number = sum(each["count"] for role, each in result.inputs.items() if role != "gt")
    return amounts(result.inputs["gt"], counted(number, "prediction"))


def _tables(result: Result[LabelSuspects]) -> tuple[Table, ...]:
    """All suspects, the likeliest mistakes first."""
    rows = tuple(_row(record_of(each)) for each in result.scores.listed())
    return (Table("suspect", FIELDS, rows),)


def _row(record: dict[str, Any]) -> tuple[Value, ...]:
    """One suspect as cells."""
    return (
        record["file_name"] or str(record["image_id"]),
        record["kind"],
        record["annotated"],
        record["suggested"],
        None if record["score"] is None else float(f"{record['score']:.3g}"),
        record["models"],
        record["annotation_id"],
        " ".join(f"{side:.0f}" for side in record["bbox"]),
    )


def _values(found: LabelSuspects) -> dict[str, Any]:
    """Everything as plain values."""
    points = zip(found.least_scores, found.precisions, strict=True)
    return {
        "models": [{"least_score": score, "precision": share} for score, share in points],
        "counts": {
            "missing": len(found.missing),
            "shared": found.shared,
            "unfound": len(found.unfound),
            "category": len(found.disputed),
        },
        "suspects": [record_of(each) for each in found.listed()],
    }


def _brief(found: LabelSuspects) -> str:
    """How many there are, in a line."""
    return counted(len(found.missing) + len(found.unfound) + len(found.disputed), "suspect")


SUSPECTS: Description[LabelSuspects] = Description(
    place=f"{__name__}:SUSPECTS",
    schema="segeval/suspects/1",
    brief=_brief,
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
    flat=lambda found: _values(found)["counts"],
)
