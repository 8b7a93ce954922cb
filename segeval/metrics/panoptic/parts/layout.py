"""What a part file of panoptic images holds, and which values make sense in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key, Keys, numbering, written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.image_columns import rules_of
from segeval.metrics.panoptic.notes import FileNotes
from segeval.metrics.panoptic.parts.files import PanopticFiles
from segeval.metrics.panoptic.quality import Rules, rules_of_run
from segeval.metrics.panoptic.statistics import UNITS, PanopticStatistics
from segeval.metrics.parts.digests import with_hash
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.reading import (
    Columns,
    are_keys,
    check_digests,
    checked_table,
    header_of,
    read_columns,
    read_keys,
)
from segeval.metrics.parts.statistics_part import StatisticsPart

TASK = "pq"


@frozen(eq=False)
class Categories:
    """The categories of a part.

    Attributes:
        id: int64, shape (K,); places in `keys` unless that is None.
        keys: ids that are text or at least 2^63.
        names: K names.
        is_thing: bool, shape (K,).
    """

    id: NDArray[np.int64]
    keys: Keys | None
    names: tuple[str, ...]
    is_thing: NDArray[np.bool_]


@frozen
class Origin:
    """A pair of files that parts come from.

    Attributes:
        preds, gt: their names.
        preds_folder, gt_folder: folders of their pictures.
        notes: notes on them.
    """

    preds: str
    gt: str
    preds_folder: str
    gt_folder: str
    notes: FileNotes

    def to_values(self) -> dict[str, Any]:
        """Plain values."""
        notes = {
            name: [[note.code, note.message, note.count, note.option] for note in own]
            for name, own in vars(self.notes).items()
        }
        return {**vars(self), "notes": notes}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Origin:
        """What `to_values` made.

        Raises:
            ValueError: for other values; or another of Python's errors.
        """
        notes = {name: tuple(_note(*each) for each in own) for name, own in values["notes"].items()}
        found = cls(**{**values, "notes": FileNotes(**notes)})
        names = (found.preds, found.gt, found.preds_folder, found.gt_folder)
        if not all(isinstance(name, str) for name in names):
            raise ValueError("no names of files")
        return found


def _note(code: Any, message: Any, count: Any, option: Any) -> Note:
    """A note from plain values."""
    is_text = isinstance(code, str) and isinstance(message, str)
    if not is_text or type(count) is not int or not isinstance(option, str | None):
        raise ValueError("no note")
    return Note(code, message, count, option)


def part_of(
    statistics: Mapping[str, PanopticStatistics],
    files: PanopticFiles,
    rules: Rules,
    origin: Origin,
    places: Sequence[str] | None,
) -> StatisticsPart:
    """What is written to a part file.

    Args:
        statistics: of I images by kind of IoU.
        files: of the same images.
        rules: the settings of the run.
        origin: where they come from.
        places: what `where_segments_fit` says of the whole run; None if another part has it.
    """
    first = next(iter(statistics.values()))
    table = {
        "ids": written(first.category_id, first.category_keys),
        "names": list(first.category_names),
        "isthing": first.is_thing.tolist(),
    }
    return StatisticsPart(
        "part",
        shared={"settings": rules.settings(), "table_of_categories": with_hash(table)},
        brought={
            "origins": [origin.to_values()],
            "places": [] if places is None else [list(places)],
        },
        tables={**statistics, "files": files},
    )


def read_part(path: str | Path) -> tuple[StatisticsPart, Rules, Categories]:
    """What a part file holds, the settings of its run, and the categories.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.
    """
    with PartReader(path) as reader:
        shared, brought = header_of(reader, TASK)
        try:
            rules = _rules(shared["settings"])
            categories = _categories(checked_table(reader, shared["table_of_categories"]))
            _check_brought(brought)
            agrees = rules.settings() == shared["settings"]
        except (AttributeError, InputError, KeyError, OverflowError, TypeError, ValueError):
            raise reader.damaged("header") from None
        if not agrees:
            raise reader.damaged("header")
        keys = read_keys(reader)
        tables: dict[str, Any] = {
            kind: _statistics(reader, kind, keys, rules, categories) for kind in rules.kinds
        }
        tables["files"] = _files(reader, keys, len(categories.id))
        part = StatisticsPart(reader.name, shared, brought, tables)
        check_digests(reader, part)
        return part, rules, categories


def _rules(settings: Mapping[str, Any]) -> Rules:
    """The settings of a run, checked."""
    ratio, px = settings["boundary_ratio"], settings["boundary_px"]
    if not isinstance(ratio, int | float | None) or not isinstance(px, int | None):
        raise TypeError("no width of boundaries")
    return rules_of_run(settings["iou"], ratio, px, settings["compat"])


def _categories(table: Mapping[str, Any]) -> Categories:
    """The categories of a table."""
    ids, names, is_thing = table["ids"], table["names"], table["isthing"]
    sound = (
        are_keys(ids)
        and len({*ids}) == len(ids) == len(names) == len(is_thing)
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and all(type(each) is bool for each in is_thing)
    )
    if not sound:
        raise ValueError("no table of categories")
    by_number = numbering(ids)
    return Categories(
        by_number.column(ids), by_number.keys, tuple(names), np.array(is_thing, np.bool_)
    )


def _check_brought(brought: Mapping[str, Any]) -> None:
    """Refuse origins and places that no run has.

    Raises:
        ValueError: for these; or another of Python's errors.
    """
    origins, places = brought["origins"], brought["places"]
    if not origins or not all(
        isinstance(each, list) and all(isinstance(message, str) for message in each)
        for each in places
    ):
        raise ValueError("no origins or places")
    for each in origins:
        Origin.from_values(each)


def _statistics(
    reader: PartReader,
    kind: str,
    keys: NDArray[np.int64] | tuple[Key, ...],
    rules: Rules,
    categories: Categories,
) -> PanopticStatistics:
    """The counts of the images by one kind of IoU, whose indices and sums make sense.

    Raises:
        FormatError: if the file is damaged.
    """
    columns = read_columns(reader, kind, PanopticStatistics, len(keys), {})
    if not _agree(columns, len(categories.id)):
        raise reader.damaged(kind)
    return PanopticStatistics(
        rules=rules_of(rules.of_kind(kind)),
        keys=keys,
        category_id=categories.id,
        category_names=categories.names,
        is_thing=categories.is_thing,
        category_keys=categories.keys,
        **columns,
    )


def _agree(columns: Columns, categories: int) -> bool:
    """Whether the counts of each row can be those of an image."""
    category = columns["category"].astype(np.int64)
    tp, fp, fn = (columns[name].astype(np.int64) for name in ("tp", "fp", "fn"))
    rises = np.ones(len(category), np.bool_)
    rises[:-1] = category[1:] > category[:-1]
    ends = columns["offsets"][1:]
    rises[ends[ends > 0] - 1] = True
    has_iou = (columns["iou_whole"] > 0) | (columns["iou_units"] > 0)
    return bool(
        int(category.max(initial=-1)) < categories
        and rises.all()
        and (tp + fp + fn > 0).all()
        and (has_iou == (tp > 0)).all()
        and (columns["iou_units"] < UNITS).all()
    )


def _files(
    reader: PartReader, keys: NDArray[np.int64] | tuple[Key, ...], categories: int
) -> PanopticFiles:
    """What is known of the files of each image.

    Raises:
        FormatError: if the file is damaged.
    """
    columns = read_columns(reader, "files", PanopticFiles, len(keys), {}, text=("file_names",))
    fits = [columns[name].astype(np.int64) for name in ("fitting", "fitted")]
    names = columns["file_names"].tolist()
    sound = (
        all(int(places.max(initial=-1)) < categories for places in fits)
        and all(isinstance(name, str) for name in names)
        and (columns["objects"] <= columns["segments"]).all()
    )
    if not sound:
        raise reader.damaged("files")
    return PanopticFiles(keys=keys, **columns)
