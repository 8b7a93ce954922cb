"""What every result has in common: tables, notes, and one JSON object.

Plots, reports and the command line draw any result from this, without knowing its protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal, Protocol

from segeval.errors import Note
from segeval.version import __version__
from segeval.words import counted, percent

KINDS = {"segm": "mask", "boundary": "boundary", "bbox": "box"}
"""What people call the kinds of IoU."""

Value = str | int | float | None
"""A cell; None is undefined."""

Unit = Literal["text", "label", "id", "count", "percent", "number"]
"""How a cell is shown: names (text) and other words (label) as they are, an id as it is written,
a count with its thousands apart, a fraction as percent, any other number in few digits."""


@dataclass(frozen=True)
class Field:
    """One column of a table.

    Attributes:
        key: name in CSV, snake_case.
        title: header for people.
        unit: how cells are shown; a "percent" holds a fraction.
        drop: columns with the highest value give way first on a narrow terminal; 0 never does.
    """

    key: str
    title: str
    unit: Unit = "percent"
    drop: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of values under fields.

    Attributes:
        name: what one row is, such as "class".
        fields: the columns, from left to right.
        rows: in the order in which people want to see them; a cell per field.
        totals: so many of the first rows are over everything, and stand apart.
        extras: so many of the last rows are about something else, and stand apart.

    Example:
        >>> Table("class", (Field("name", "class", "text"), Field("iou", "IoU")), (("road", 0.96),))
        Table(1 class row)
    """

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: int = 0
    extras: int = 0

    def __repr__(self) -> str:
        """One line: what the rows are, and how many."""
        return f"Table({counted(len(self.rows), f'{self.name} row')})"

    def records(self) -> list[dict[str, Value]]:
        """Every row as a dictionary by key, the totals first."""
        keys = [field.key for field in self.fields]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def html(self) -> str:
        """The table for a notebook."""
        head = "".join(f"<th>{escape(field.title)}</th>" for field in self.fields)
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(shown(value, field.unit))}</td>"
                for value, field in zip(row, self.fields, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class Report(Protocol):
    """What is known of any run, whatever came out of it.

    Attributes:
        inputs: such as "preds" and "gt": path, count and what else is known.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time.
    """

    @property
    def inputs(self) -> Mapping[str, Mapping[str, Any]]: ...  # noqa: D102 (see the class)

    @property
    def settings(self) -> Mapping[str, Any]: ...  # noqa: D102

    @property
    def notes(self) -> tuple[Note, ...]: ...  # noqa: D102

    @property
    def seconds(self) -> float: ...  # noqa: D102


class Result(Report, Protocol):
    """What a result of any protocol offers, beside what is known of any run.

    Attributes:
        headline: what was measured, on which files, by which rules: the parts of a title.
        tables: everything there is to show, the most important first.
        summary: how much was evaluated, such as "21 images, 11 classes".
        primary: the one number, a fraction, that `--fail-under` looks at; None if undefined.
    """

    @property
    def headline(self) -> tuple[str, ...]: ...  # noqa: D102 (see the class)

    @property
    def tables(self) -> tuple[Table, ...]: ...  # noqa: D102

    @property
    def summary(self) -> str: ...  # noqa: D102

    @property
    def primary(self) -> float | None: ...  # noqa: D102

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints, without the hashes of the files."""
        ...


def envelope(schema: str, result: Report, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object around the numbers of any result.

    Args:
        schema: name and version, such as "segeval/miou/1"; keys are only ever added within one.
        result: with its inputs, settings and notes.
        numbers: its results, undefined as None, fractions with full precision.
    """
    return {
        "schema": schema,
        "segeval": __version__,
        "inputs": dict(result.inputs),
        "settings": dict(result.settings),
        "results": dict(numbers),
        "notes": [note.to_dict() for note in result.notes],
        "seconds": result.seconds,
    }


def versus(inputs: Mapping[str, Mapping[str, Any]]) -> str:
    """Names of both inputs, with their folders if they could not be told apart without.

    Example:
        >>> versus({"preds": {"path": "runs/7/preds.json"}, "gt": {"path": "gt.json"}})
        'preds.json vs gt.json'
    """
    preds, gt = (str(inputs[side]["path"]) for side in ("preds", "gt"))
    short_preds, short_gt = (Path(path).name or path for path in (preds, gt))
    return f"{preds} vs {gt}" if short_preds == short_gt else f"{short_preds} vs {short_gt}"


def joined(names: Sequence[str]) -> str:
    """Names in a sentence.

    Example:
        >>> joined(["mask"]), joined(["mask", "box"]), joined(["mask", "boundary", "box"])
        ('mask', 'mask and box', 'mask, boundary and box')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def prefix(kind: str) -> str:
    """What stands before the name of a number where it is not of masks: "boundary "."""
    return "" if kind == "segm" else f"{KINDS[kind]} "


def html(tables: Sequence[Table]) -> str:
    """Tables for a notebook, one below the other."""
    return "".join(table.html() for table in tables)


def shown(value: Value, unit: Unit) -> str:
    """A cell as people read it.

    Example:
        >>> shown(0.44123, "percent"), shown(12041, "count"), shown(None, "percent")
        ('44.1', '12,041', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    match unit:
        case "percent":
            return percent(value)
        case "count":
            return f"{value:,}"
        case "id":
            return str(value)
        case _:
            return f"{value:g}"
