"""Cityscapes' lists of predictions: a line `mask.png label confidence` for each."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segeval.data.cityscapes.labels import INSTANCE_CLASSES, INSTANCES, LABELS
from segeval.data.opening import read_bytes
from segeval.errors import FormatError, MismatchError, Note
from segeval.frozen import frozen
from segeval.words import counted, id_range

INSTANCE_NAMES = ", ".join(f"{label.id} {label.name}" for label in INSTANCES)

TRAIN_IDS = range(11, 19)
"""Train ids of the eight classes; as label ids they mean other classes."""


LONGEST_LINE = 4200
"""Characters of a line: paths of most systems have at most 4,096."""


@frozen
class Line:
    """One prediction of a list, whether its label was cut, and whether it replaces another."""

    number: int
    mask: Path
    label: int
    score: float
    is_cut: bool
    replaces: bool = False


def read_list(path: Path, root: Path, compat: str | None) -> list[Line]:
    """The predictions of one list; a later line for a mask takes the place of the earlier."""
    lines: dict[Path, Line] = {}
    top = os.path.abspath(root)  # noqa: PTH100 (links are not followed, as in the official tool)
    try:
        texts = list(io.StringIO(read_bytes(path).decode("utf-8"), newline=None))
    except UnicodeDecodeError:
        raise FormatError(f"{path}: not text.", code="not-a-list", path=str(path)) from None
    for number, text in enumerate(texts, 1):
        line = _parse_line(text.rstrip("\n"), path, number, top, compat)
        if line.mask in lines and compat is None:
            raise _bad_line(
                path,
                number,
                f"{text.split(' ')[0]} is also named in line {lines[line.mask].number}",
                "a separate mask for each prediction (the official tool takes the later line)",
                "mask",
            )
        lines[line.mask] = replace(line, replaces=line.mask in lines)
    return list(lines.values())


def _parse_line(text: str, path: Path, number: int, top: str, compat: str | None) -> Line:
    """One line of a list."""
    if len(text) > LONGEST_LINE:
        found = f"{text[:40]!r}... has {len(text):,} characters"
        raise _bad_line(path, number, found, f"at most {LONGEST_LINE:,}", None)
    fields = text.split(" ")
    if len(fields) != 3:
        raise _bad_line(
            path,
            number,
            f"{text!r} has {counted(len(fields) if text else 0, 'field')}",
            "three, separated by single blanks: mask, label id, confidence, such as "
            "masks/0.png 26 0.97",
            None,
        )
    name, label_text, score_text = fields
    mask = os.path.abspath(path.parent / name)  # noqa: PTH100
    if Path(name).is_absolute() or os.path.commonpath([mask, top]) != top:
        raise _bad_line(
            path, number, f"mask is {name!r}", "a path relative to the list, within PREDS", "mask"
        )
    label, is_cut = _parse_label(label_text, path, number, compat)
    return Line(number, Path(mask), label, _parse_score(score_text, path, number), is_cut)


def _parse_label(text: str, path: Path, number: int, compat: str | None) -> tuple[int, bool]:
    """A label id, and whether it was cut to a whole number."""
    try:
        value = float(text)
        label = int(value)
    except (ValueError, OverflowError):
        value, label = math.nan, -1
    is_cut = label != value
    known = not math.isnan(value) and any(label == each.id for each in LABELS)
    if not known or (is_cut and compat is None):
        raise _bad_line(
            path, number, f"label id is {text!r}", f"one of Cityscapes', {INSTANCE_NAMES}", "label"
        )
    return label, is_cut


def _parse_score(text: str, path: Path, number: int) -> float:
    """A confidence."""
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise _bad_line(path, number, f"confidence is {text!r}", "a finite number", "confidence")
    return score


def _bad_line(path: Path, number: int, found: str, expected: str, field: str | None) -> FormatError:
    """The error for a line that cannot be used."""
    return FormatError(
        f"{path} line {number}: {found}, expected {expected}.",
        code="bad-line",
        path=str(path),
        index=number - 1,
        field=field,
    )


def notes_of_lines(
    preds: Path,
    lists: Mapping[str, Path],
    read: Mapping[str, Sequence[Line]],
    compat: str | None,
) -> list[Note]:
    """Notes on the lines of all lists together."""
    every = [line for lines in read.values() for line in lines]
    notes = []
    for code, wrong, message in (
        (
            "duplicate-mask",
            sum(line.replaces for line in every),
            "named again, the later line counts",
        ),
        ("label", sum(line.is_cut for line in every), "with a label id cut to a whole number"),
    ):
        if wrong:
            notes.append(Note(code, f"{preds}: {counted(wrong, 'mask')} {message}", wrong))
    labels = np.array([line.label for line in every], np.int64)
    others = labels[~np.isin(labels, INSTANCE_CLASSES)]
    if len(others) and len(others) == len(labels) and compat is None:
        first = next(lists[frame] for frame, lines in read.items() if lines)
        is_train = all(label in TRAIN_IDS for label in set(others.tolist()))
        hint = "These look like train ids. " if is_train else ""
        raise MismatchError(
            f"{first}: label ids are {id_range(others)} in all lists of {preds}, none of a class "
            f"with instances. {hint}Write {INSTANCE_NAMES}.",
            code="other-labels",
            path=str(first),
            index=0,
            field="label",
            count=len(others),
        )
    if not len(others):
        return notes
    found = counted(len(others), "prediction")
    message = (
        f"{preds}: {found} of classes without instances (label ids {id_range(others)}) left out"
    )
    return [*notes, Note("other-labels", message, len(others))]
