"""One result for every metric: the numbers, and what is needed to trace them.

Plots, reports and the command line show any result without knowing what was measured: each carries
a `Description` of what is special about it. A protocol derives a class from `Result` only to name
its numbers, such as `result.ap`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from segeval.data.data_frame import Backend
from segeval.errors import Note
from segeval.flat import flat_numbers
from segeval.frozen import frozen
from segeval.metrics.latex import latex_text
from segeval.metrics.tables import Field, Table, Tables, html, unknown_table
from segeval.version import __version__
from segeval.words import counted, percent

if TYPE_CHECKING:
    from segeval.metrics.sources import Sources

FLAT = "flat"
"""Name of the table of all numbers for a logger."""

IN_NOTEBOOK = 2
"""Tables that a notebook shows of a result; the others are named."""

S = TypeVar("S")
OfOneKind = TypeVar("OfOneKind")


@frozen(kw_only=True)
class Description(Generic[S]):
    """How results of one protocol are presented.

    A pickled result names its description, which is a constant, by its place.

    Attributes:
        place: module and name of the constant that holds it, such as
            "segeval.metrics.coco.result:AP".
        schema: name and version of the JSON object, such as "segeval/miou/2"; within one version
            keys are only added.
        brief: the numbers in one line, such as "segm AP 44.1".
        headline: parts of a title: what was measured, on which files, by which rules.
        summary: how much was evaluated, such as "21 images, 11 classes".
        tables: everything there is to show, the most important first.
        values: the numbers as plain values, undefined as None, fractions with all their digits.
        primary: the main number, a fraction; None if undefined or if there is none.
        flat: the numbers for a logger by the names that papers give them, such as "AP50", perhaps
            nested; None is undefined. By default `values`.
        others: tables that are made only when asked for by name, such as "image".
    """

    place: str
    schema: str
    brief: Callable[[S], str]
    headline: Callable[[Result[S]], tuple[str, ...]]
    summary: Callable[[Result[S]], str]
    tables: Callable[[Result[S]], tuple[Table, ...]]
    values: Callable[[S], Mapping[str, Any]]
    primary: Callable[[S], float | None] = lambda _: None
    flat: Callable[[S], Mapping[str, Any]] | None = None
    others: Mapping[str, Callable[[Any], Table]] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Callable[[str], Description[Any]], tuple[str]]:
        return described_at, (self.place,)


def described_at(place: str) -> Description[Any]:
    """The description at a place.

    Args:
        place: as `Description.place` has it.

    Example:
        >>> described_at("segeval.metrics.coco.result:AP").schema
        'segeval/ap/1'
    """
    module, _, name = place.partition(":")
    found: Description[Any] = _late(module, name)
    return found


@frozen(eq=False, repr=False, kw_only=True)
class Result(Generic[S]):
    """The numbers, with the files and settings they come from.

    Attributes:
        scores: the numbers; for several kinds of IoU a mapping, in the order asked for.
        inputs: files by role, such as "preds" and "gt": path, counts and more.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time, reading included.
        about: how results of this protocol are presented.
        sources: where the inputs are found again; None where the result was not made from them, or
            nothing shows more of them.
    """

    scores: S
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    about: Description[S]
    sources: Sources | None = None

    def __repr__(self) -> str:
        """One line: the files and the numbers."""
        files = f"{versus(self.inputs)}: " if self.inputs else ""
        return f"{type(self).__name__}({files}{self.about.brief(self.scores)})"

    def _repr_html_(self) -> str:
        """The title, the first tables and the notes for a notebook."""
        from html import escape  # only now: it names all characters

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
            metric: a key path such as "segm.sizes.small.ap", a short name such as "AP50" or
                "boundary AP", or a name of `flat` such as "boundary/AP"; None for the main number.
            settings: `resamples` (1000), `seed` (0), `groups`, `gt` and `workers` as in
                `segeval.analysis.result_intervals`, which gives all intervals at once.

        Returns:
            Lower and upper end, fractions; None where there is none, as with fewer than 10 images.

        Raises:
            InputError: if there is no such number, or nothing is known of single images.
        """
        own = _late("segeval.analysis.comparison.own_intervals", "interval")
        found: tuple[float, float] | None = own(self, metric, **settings)
        return found

    def sliced(self, slices: Any, **how: Any) -> dict[str, Any]:
        """The results of parts of the images: what files of these alone give, to the last bit.

        Edges of sizes that are quantiles, notes, and numbers of records of files are of the whole.

        Args:
            slices: a field of the images in the ground truth, a CSV file of image and label, or
                labels by id or file name, such as {1: "rain"}.
            how: `gt` (the ground truth, for a field of its images, if that was in memory) and
                `workers`.

        Returns:
            A result of this class by ascending label; images without a label are in none.

        Raises:
            InputError: for a result that keeps no single images, a missing field, or many labels.
            MismatchError: if no image is named in the file of slices.

        Example:
            >>> import segeval
            >>> from segeval.data.synthetic import furniture
            >>> scene = furniture(images=4)
            >>> result = segeval.average_precision(scene.better, scene.ground_truth)
            >>> parts = result.sliced({1: "day", 2: "day", 3: "night", 4: "night"})
            >>> {name: round(part.ap, 3) for name, part in parts.items()}
            {'day': 0.9, 'night': 0.744}
        """
        own = _late("segeval.analysis.comparison.sliced", "sliced")
        found: dict[str, Any] = own(self, slices, **how)
        return found

    def table(self, name: str | None = None) -> Table:
        """One of the tables, also of those that are made only when asked for.

        Args:
            name: such as "category" or "image", or "flat" for the numbers of `flat`; None for the
                first table.

        Raises:
            InputError: if there is no such table, with the names of those that there are.
        """
        found = self.about.tables(self)
        if name is None and found:
            return found[0]
        if name in (None, FLAT):
            fields = Field("name", "name", "text"), Field("value", "value", "number")
            return Table(FLAT, fields, tuple(self.flat().items()))
        if name in self.about.others:
            return self.about.others[name](self)
        for table in found:
            if table.name == name:
                return table
        known = [each.name for each in found if each.name not in self.about.others]
        raise unknown_table(name, [*known, *self.about.others, FLAT])

    def to_dataframe(self, table: str | None = None, backend: Backend | None = None) -> Any:
        """One of the tables as a data frame, as `Table.to_dataframe` makes it.

        Args:
            table: its name, as of `table`; None for the first.
            backend: "pandas" or "polars"; None for the first of these that is installed.

        Raises:
            InputError: if there is no such table, or for another backend.
            MissingDependency: if the backend, or both, are not installed.
        """
        return self.table(table).to_dataframe(backend)

    def to_latex(self, table: str | None = None) -> str:
        """One of the tables in LaTeX, as `Table.to_latex` makes it, with its title as a comment.

        Args:
            table: its name, as of `table`; None for the first.

        Raises:
            InputError: if there is no such table.
        """
        return latex_text(", ".join(self.headline), [self.table(table).to_latex()])

    def report(self, *, against: Any = None, **how: Any) -> Any:
        """The HTML page of `segeval.report` on the inputs of this result.

        Results of `average_precision`, `mean_iou` and `panoptic_quality` have one. They do not keep
        their inputs: files are read again, and columns are taken from memory while they are there.

        Args:
            against: another result by the same settings on the same ground truth, or predictions,
                which are evaluated as this one is: the page says whether this one is better. None
                for a page of this one alone.
            how: `preds` and `gt` (in place of inputs that are gone), `photos`, `title` and other
                arguments of `segeval.report`; those of the evaluation are those of the result.

        Returns:
            A `Report`, which a notebook shows, with `save(path)`.

        Raises:
            InputError: for inputs that are gone; for a file that has changed; for a result of
                `compat`; of other results, which do not keep where they came from.
            MismatchError: if `against` has other settings or another ground truth.
            MissingDependency: without jinja2, which the extra `report` brings.
        """
        return _late("segeval.reports.of_results", "report_of")(self, against=against, **how)

    def _picture(self, image: int | str, **how: Any) -> Any:
        """The picture of one image, of results that have a `show`."""
        return _late("segeval.plots.shown", "show")(self, image, **how)

    def flat(self, prefix: str = "") -> dict[str, float]:
        """The numbers as finite floats by name, for a logger; undefined ones are left out.

        Names hold ASCII letters, digits and `_ - . /` alone, which every logger takes.

        Args:
            prefix: what every name begins with, such as "val/".

        Returns:
            Of an evaluation the means, by names such as "val/AP", "val/AP50", "val/AP_small" and
            "val/AR_100", and of several kinds of IoU such as "val/segm/AP". Of other results all
            numbers of the JSON object that are in no list, by their keys, such as
            "val/kinds/miss/share".
        """
        if self.about.flat is not None:
            return flat_numbers(self.about.flat(self.scores), prefix)
        values = self.about.values(self.scores)
        if len(values) == 1 and list(values) == self.settings.get("iou"):
            values = first_of(values)
        return flat_numbers(values, prefix)

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


def _late(module: str, name: str) -> Any:
    """A function that stands on a floor above, so it is loaded late."""
    return getattr(import_module(module), name)


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
    scores: Mapping[str, OfOneKind], numbers: Callable[[OfOneKind], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Numbers by name; of several kinds of IoU, those of each by the kind.

    Args:
        scores: the scores of each kind.
        numbers: gives those of one kind.

    Example:
        >>> flat_by_kind({"segm": 0.4, "boundary": 0.3}, lambda score: {"AP": score})
        {'segm': {'AP': 0.4}, 'boundary': {'AP': 0.3}}
        >>> flat_by_kind({"segm": 0.4}, lambda score: {"AP": score})
        {'AP': 0.4}
    """
    found = {kind: numbers(own) for kind, own in scores.items()}
    return found if len(found) > 1 else first_of(found)


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
