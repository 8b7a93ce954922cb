"""One result for every metric: the numbers, and what is needed to trace them.

Plots, reports and the command line show any result without knowing what was measured: each carries
a `Description` of what is special about it. A protocol derives a class from `Result` only to name
its numbers, such as `result.ap`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar

from segeval.errors import Note
from segeval.metrics.tables import Table, Tables, html
from segeval.version import __version__
from segeval.words import counted, percent

IN_NOTEBOOK = 2
"""Tables that a notebook shows of a result; the others are named."""

S = TypeVar("S")
OfOneKind = TypeVar("OfOneKind")


@dataclass(frozen=True, kw_only=True)
class Description(Generic[S]):
    """How results of one protocol are presented.

    Attributes:
        schema: name and version of the JSON object, such as "segeval/miou/2"; within one version
            keys are only added.
        brief: the numbers in one line, such as "segm AP 44.1".
        headline: parts of a title: what was measured, on which files, by which rules.
        summary: how much was evaluated, such as "21 images, 11 classes".
        tables: everything there is to show, the most important first.
        values: the numbers as plain values, undefined as None, fractions with all their digits.
        primary: the main number, a fraction; None if undefined or if there is none.
        flat: the means by the names that papers give them, such as "AP50"; None is undefined.
    """

    schema: str
    brief: Callable[[S], str]
    headline: Callable[[Result[S]], tuple[str, ...]]
    summary: Callable[[Result[S]], str]
    tables: Callable[[Result[S]], tuple[Table, ...]]
    values: Callable[[S], Mapping[str, Any]]
    primary: Callable[[S], float | None] = lambda _: None
    flat: Callable[[S], Mapping[str, float | None]] = lambda _: {}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result(Generic[S]):
    """The numbers, with the files and settings they come from.

    Attributes:
        scores: the numbers; for several kinds of IoU a mapping, in the order asked for.
        inputs: files by role, such as "preds" and "gt": path, counts and more.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time, reading included.
        about: how results of this protocol are presented.
    """

    scores: S
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    about: Description[S]

    def __repr__(self) -> str:
        """One line: the files and the numbers."""
        files = f"{versus(self.inputs)}: " if self.inputs else ""
        return f"{type(self).__name__}({files}{self.about.brief(self.scores)})"

    def _repr_html_(self) -> str:
        """The title, the first tables and the notes for a notebook."""
        first, *others = map(escape, self.headline)
        notes = "".join(f"<li>{escape(note.message)}</li>" for note in self.notes)
        title = f"<p><b>{first}</b> {', '.join(others)}</p>"
        shown, more = self.tables[:IN_NOTEBOOK], self.tables[IN_NOTEBOOK:]
        names = ", ".join(f'<code>tables["{escape(table.name)}"]</code>' for table in more)
        rest = f"<p>Also: {names}</p>" if more else ""
        return title + html(shown) + rest + (f"<ul>{notes}</ul>" if notes else "")

    @property
    def first(self: Result[Mapping[str, OfOneKind]]) -> OfOneKind:
        """The scores of the first kind of IoU."""
        return first_of(self.scores)

    @property
    def primary(self) -> float | None:
        """The main number, a fraction; None if undefined or there is none."""
        return self.about.primary(self.scores)

    @property
    def headline(self) -> tuple[str, ...]:
        """Parts of a title: what was measured, on which files, by which rules."""
        return self.about.headline(self)

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        return self.about.summary(self)

    @property
    def tables(self) -> Tables:
        """Everything there is to show, the most important first; `tables["category"]` by name."""
        return Tables(self.about.tables(self))

    def interval(self, metric: str | None = None, **settings: Any) -> tuple[float, float] | None:
        """The 95 % interval of a number, from images drawn with replacement.

        Args:
            metric: a key path such as "segm.sizes.small.ap", or a short name such as "AP50"; None
                for the main number.
            settings: `resamples` (1000), `seed` (0), `groups`, `gt` and `workers` as in
                `segeval.analysis.result_intervals`, which gives all intervals at once.

        Returns:
            Lower and upper end, fractions; None where there is none, as with fewer than 10 images.

        Raises:
            InputError: if there is no such number, or nothing is known of single images.
        """
        found: tuple[float, float] | None = _interval()(self, metric, **settings)
        return found

    def flat(self, prefix: str = "") -> dict[str, float]:
        """The means as finite numbers by name, for a logger; undefined ones are left out.

        Args:
            prefix: what every name begins with, such as "val/".

        Returns:
            Fractions by names such as "val/AP", "val/AP50", "val/AP_small" and "val/AR@100"; of
            several kinds of IoU such as "val/segm/AP".
        """
        numbers = self.about.flat(self.scores)
        return {
            f"{prefix}{name}": float(number)
            for name, number in numbers.items()
            if number is not None and math.isfinite(number)
        }

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints, without the hashes of the files."""
        return envelope(
            self.about.schema,
            self.about.values(self.scores),
            inputs=self.inputs,
            settings=self.settings,
            notes=self.notes,
            seconds=self.seconds,
        )


def _interval() -> Callable[..., Any]:
    """The function behind `Result.interval`: it stands on the floor above, so it is loaded late."""
    module = import_module("segeval.analysis.comparison.own_intervals")
    found: Callable[..., Any] = module.interval
    return found


def envelope(
    schema: str,
    results: Mapping[str, Any],
    *,
    inputs: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
    notes: tuple[Note, ...],
    seconds: float,
) -> dict[str, Any]:
    """The JSON object of any run: `results` as plain values, the others as in `Result`."""
    return {
        "schema": schema,
        "segeval": __version__,
        "inputs": dict(inputs),
        "settings": dict(settings),
        "results": dict(results),
        "notes": [note.to_dict() for note in notes],
        "seconds": seconds,
    }


def first_of(scores: Mapping[str, OfOneKind]) -> OfOneKind:
    """The scores of the first kind of IoU."""
    return next(iter(scores.values()))


def flat_by_kind(
    scores: Mapping[str, OfOneKind], numbers: Callable[[OfOneKind], Mapping[str, float | None]]
) -> dict[str, float | None]:
    """Numbers of every kind of IoU by name, which begins with the kind where there are several.

    Args:
        scores: the scores of each kind.
        numbers: gives those of one kind.

    Example:
        >>> flat_by_kind({"segm": 0.4, "boundary": 0.3}, lambda score: {"AP": score})
        {'segm/AP': 0.4, 'boundary/AP': 0.3}
    """
    several = len(scores) > 1
    return {
        f"{kind}/{name}" if several else name: number
        for kind, own in scores.items()
        for name, number in numbers(own).items()
    }


def in_brief(number: str, by_kind: Mapping[str, float | None]) -> str:
    """A number for every kind of IoU in one line.

    Example:
        >>> in_brief("AP", {"segm": 0.441, "boundary": None})
        'segm AP 44.1, boundary AP -'
    """
    return ", ".join(f"{kind} {number} {percent(value)}" for kind, value in by_kind.items())


def amounts(gt: Mapping[str, Any], predictions: str) -> str:
    """How much was evaluated, in words: images, categories, predictions.

    Args:
        gt: the ground truth among the inputs of a result.
        predictions: their number, with its noun.

    Example:
        >>> amounts({"images": 1, "categories": 3}, "5 predictions")
        '1 image, 3 categories, 5 predictions'
    """
    images, categories = gt["images"], gt["categories"]
    return ", ".join([
        counted(images, "image"), counted(categories, "category", "categories"), predictions
    ])  # fmt: skip


def versus(inputs: Mapping[str, Mapping[str, Any]]) -> str:
    """Names of both inputs, with folders where the names are equal.

    Example:
        >>> versus({"preds": {"path": "runs/7/preds.json"}, "gt": {"path": "gt.json"}})
        'preds.json vs gt.json'
    """
    preds, gt = (str(inputs[side]["path"]) for side in ("preds", "gt"))
    short_preds, short_gt = (Path(path).name or path for path in (preds, gt))
    return f"{preds} vs {gt}" if short_preds == short_gt else f"{short_preds} vs {short_gt}"
