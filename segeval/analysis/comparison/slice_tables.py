"""The overall numbers of parts of the images: as a table, and beside those of all in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segeval.analysis.comparison.documents import with_intervals
from segeval.analysis.comparison.interval_columns import with_interval_columns
from segeval.analysis.comparison.own_slices import slice_numbers
from segeval.analysis.comparison.sliced import each_slice, labels_of
from segeval.analysis.comparison.slices import LabelSource, named_source, unlabelled_note
from segeval.analysis.key_paths import KeyPath
from segeval.brief import Brief
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.kinds import prefix
from segeval.metrics.open_images.result import OpenImagesResult
from segeval.metrics.result import Result
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.tables import Field, Table

LEFT_OUT = ("size", "area", "area_percent", "group", "category", "n", "threshold")
"""Columns of the first table of a result that say nothing of its overall numbers."""

OF_MEANS = {"IoU": "mIoU", "accuracy": "mean accuracy", "boundary IoU": "boundary mIoU"}
"""What the columns of classes are called where they have means."""

OFFICIAL = "official"
"""The key of the official package's own numbers."""

SLICES = "slices"
"""The key in JSON, of the numbers and of their setting."""

Ends = Mapping[KeyPath, list[float] | None]
"""Intervals by the place of their number in JSON."""


@frozen(eq=False, repr=False)
class SliceRow:
    """One part of the images.

    Attributes:
        name: its label.
        images: number of images.
        values: its overall numbers as plain values, as in JSON.
        cells: the same as cells of a table of one row, with intervals if asked for.
    """

    name: str
    images: int
    values: Mapping[str, Any]
    cells: Table


@frozen(eq=False, repr=False)
class SliceRows(Brief):
    """The overall numbers of all parts of the images.

    Attributes:
        source: field or file of the labels, "labels" for those in memory.
        by_kind: whether numbers are by kind of IoU.
        rows: one for each part, by ascending label.
        notes: on images without a label, and on names of others.
    """

    source: str | None
    by_kind: bool
    rows: tuple[SliceRow, ...]
    notes: tuple[Note, ...]

    def table(self) -> Table:
        """A row for each part: the number of images, and the overall numbers."""
        fields = {each.key: each for row in self.rows for each in row.cells.fields}
        order = max((row.cells.fields for row in self.rows), key=len, default=())
        keys = [each.key for each in order]
        cells = [
            dict(zip((f.key for f in row.cells.fields), row.cells.rows[0], strict=True))
            for row in self.rows
        ]
        first = Field("slice", "slice", "text"), Field("images", "images", "count")
        return Table(
            "slice",
            (*first, *(fields[key] for key in keys)),
            tuple(
                (row.name, row.images, *(own.get(key) for key in keys))
                for row, own in zip(self.rows, cells, strict=True)
            ),
        )

    def into(self, document: dict[str, Any]) -> dict[str, Any]:
        """The JSON object of the result with `slices` beside its numbers."""
        results = dict(document["results"])
        if self.by_kind:
            for kind in results:
                found = [self._entry(row, row.values[kind]) for row in self.rows]
                results[kind] = {**results[kind], SLICES: found}
        else:
            results[SLICES] = [self._entry(row, row.values) for row in self.rows]
        return {
            **document,
            "settings": {**document["settings"], SLICES: self.source},
            "results": results,
            "notes": [*document["notes"], *(note.to_dict() for note in self.notes)],
        }

    def _entry(self, row: SliceRow, values: Mapping[str, Any]) -> dict[str, Any]:
        others = {key: value for key, value in values.items() if key != "images"}
        return {"name": row.name, "images": row.images, **others}


def slice_rows(
    result: Result[Any],
    slices: LabelSource,
    *,
    gt: Any = None,
    resamples: int | None = None,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
) -> SliceRows:
    """The overall numbers of parts of the images of a result.

    Args:
        result: of an evaluation.
        slices: parts of the images, as in `compare`.
        gt: ground truth, where slices or groups are a field of its images.
        resamples: draws of images for intervals; None for none.
        seed: of the draws.
        groups: images that are drawn together.
        workers: threads, None for all cores.

    Raises:
        InputError: as `Result.sliced`; for fewer than 1 draw.
        MismatchError: if no image is named in the file of slices.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> labels = {1: "day", 2: "day", 3: "night", 4: "night"}
        >>> print(slice_rows(result, labels).table())
        slice  images  gt    AP   AP50   AP75    AR
        -------------------------------------------
        day         2   4  90.0  100.0  100.0  90.0
        night       2  15  74.4   81.3   81.3  74.6
    """
    labels = labels_of(result, slices, gt)
    ends: Mapping[str, Ends] = {}
    if resamples is not None:
        drawn = slice_numbers(
            result, slices, resamples=resamples, seed=seed, groups=groups, gt=gt, workers=workers
        )
        ends = {
            own.name: {
                path: None if each is None else [*each] for path, each in own.intervals.items()
            }
            for own in drawn
        }
    by_kind = not isinstance(result, MeanIoUResult | ConceptF1Result)
    rows = []
    for name, images, own in each_slice(result, labels, workers):
        found = own.to_dict()["results"]
        values = (
            {kind: overall(each) for kind, each in found.items()} if by_kind else overall(found)
        )
        cells = _overall_row(own)
        if name in ends:
            values = with_intervals(values, ends[name])
            cells = with_interval_columns(cells, ends[name], {})
        rows.append(SliceRow(name, images, values, _numbers_of(cells)))
    without = sum(label is None for label in labels.of_images)
    unlabelled = [unlabelled_note(without)] if without else []
    return SliceRows(named_source(slices), by_kind, tuple(rows), (*labels.notes, *unlabelled))


def overall(document: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of a JSON object that are in no table: neither in a list nor by entry.

    Those of the official package, which repeat others, are left out.

    Example:
        >>> overall({"ap": 0.5, "ar_by_max_dets": {"1": 0.3}, "sizes": {"small": {"ap": 0.2}}})
        {'ap': 0.5, 'ar_by_max_dets': {'1': 0.3}}
    """
    found: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            is_table = all(isinstance(each, Mapping) for each in value.values())
            if not is_table and key != OFFICIAL:
                found[key] = overall(value)
        elif not isinstance(value, list | tuple):
            found[key] = value
    return found


def _overall_row(result: Result[Any]) -> Table:
    """The first row of the first table of a result, which has its overall numbers."""
    first, *others = result.tables
    fields, row = list(first.fields), list(first.rows[0])
    if isinstance(result, ConceptF1Result):  # counts have no mean
        (presence,) = result.tables["image_level"].rows
        kept = [place for place, value in enumerate(row) if value != ""]
        fields = [*(fields[place] for place in kept), Field("mcc", "IL_MCC", "number")]
        row = [*(row[place] for place in kept), presence[1]]
    if isinstance(result, MeanIoUResult):
        fields = [replace(each, title=OF_MEANS.get(each.title, each.title)) for each in fields]
    if isinstance(result, OpenImagesResult):  # a table for every kind of IoU
        for table in others:
            kind, _, ap50 = table.rows[0][:3]
            name = prefix(str(kind))
            fields.append(Field(f"{name.strip()}_ap50", f"{name}AP50"))
            row.append(ap50)
    return replace(first, fields=tuple(fields), rows=(tuple(row),))


def _numbers_of(table: Table) -> Table:
    """A table of one row without the columns that say nothing of overall numbers."""
    kept = [
        place
        for place, field in enumerate(table.fields)
        if field.key not in LEFT_OUT and (field.key, field.unit) != ("iou", "text")
    ]
    fields = tuple(table.fields[place] for place in kept)
    return replace(table, fields=fields, rows=(tuple(table.rows[0][place] for place in kept),))
