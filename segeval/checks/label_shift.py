"""Label maps whose labels are one too low or too high, or mean other classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.checks.label_agreement import LabelAgreement, LabelTable
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.unknown_labels import TO_TRAIN_IDS, Seen
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import SHIFTS, first_few

LOW = 0.3
"""A cause is looked for where a smaller share of the pixels is right."""

MISSED = 0.05
"""A class counts as missed where a smaller share of its pixels is right."""

WORTH_LOOKING = 0.05
"""Least share of the pixels in missed classes for which a cause is looked for."""

GOOD = 0.5
"""Least share of right pixels for which a shift is reported."""

NEARLY_ALL = 0.9
"""Least share of right pixels that makes a shift certain."""

MEANINGLESS = 0.05
"""With a smaller share of right pixels the numbers mean nothing if a shift is certain."""

KNOWN = 0.95
"""Least share of the pixels that a shift must leave as classes or ignored labels."""

PURE = 0.8
"""Least share of a predicted label's pixels that must be of one class."""

WHOLE = 0.5
"""Least share of this class that must be predicted as that label."""

LEAST = 2
"""Predictions in which fewer classes are found may be constant."""

SHOWN = 3
"""Most labels named in a message."""


def shifted_labels(run: LabelAgreement) -> Iterator[Finding]:
    """Predictions that agree with the ground truth if their labels are moved by 1 or exchanged."""
    missed = run.pixels[run.right < MISSED * run.pixels].sum()
    is_good = run.right.sum() >= LOW * run.total and missed < WORTH_LOOKING * run.total
    if not run.total or is_good:
        return
    table = run.sample.table()
    found = [
        *_shifted(table, run.classes, run.preds),
        *_exchanged(table, run.classes, run.preds),
        *(_constant(table, run.preds) if np.count_nonzero(run.right) < LEAST else ()),
    ]
    yield from found[:1]


def _shifted(table: LabelTable, classes: LabelClasses, name: str) -> Iterator[Finding]:
    """A finding if most pixels agree after a shift by one that leaves nearly all labels known."""
    as_they_are = table.share(table.pred == table.gt)
    shares = [table.share(table.pred + shift == table.gt) for shift in SHIFTS]
    best = int(np.argmax(shares))
    known = np.isin(table.pred + SHIFTS[best], [*classes.ids, *classes.ignored])
    if shares[best] < max(GOOD, as_they_are + LOW) or table.share(known) < KNOWN:
        return
    sign, verb = ("+ 1", "Add 1 to") if SHIFTS[best] > 0 else ("- 1", "Subtract 1 from")
    certain = as_they_are < MEANINGLESS and shares[best] >= NEARLY_ALL
    yield Finding(
        "error" if certain else "warn",
        "labels",
        f"predictions {sign} agree with {100 * shares[best]:.1f} % of the ground truth, as they "
        f"are with {100 * as_they_are:.1f} %: off by one?",
        count=int(table.pixels[table.pred != table.gt].sum()),
        path=name,
        hint=f"{verb} every label of the predictions.",
        code="shifted-labels",
        error=MismatchError,
    )


def _exchanged(table: LabelTable, classes: LabelClasses, name: str) -> Iterator[Finding]:
    """A finding if labels stand for other classes, one for one."""
    moved: dict[int, int] = {}
    for label in np.unique(table.pred).tolist():
        mine = np.flatnonzero(table.pred == label)
        place = mine[np.argmax(table.pixels[mine])]
        meant, common = int(table.gt[place]), table.pixels[place]
        whole = table.pixels[table.gt == meant].sum()
        pure = common >= PURE * table.pixels[mine].sum()
        if meant != label and pure and common >= WHOLE * whole:
            moved[label] = meant
    mapped = np.array([moved.get(label, label) for label in table.pred.tolist()], np.int64)
    as_they_are = table.share(table.pred == table.gt)
    share = table.share(mapped == table.gt)
    if not moved or share < max(GOOD, as_they_are + WORTH_LOOKING):
        return
    by_pixels = sorted(moved, key=lambda label: -int(table.pixels[table.pred == label].sum()))
    shown = first_few([f"{label} where it has {moved[label]}" for label in by_pixels], SHOWN)
    seen = Seen(frozenset(table.gt.tolist()), frozenset(table.pred.tolist()))
    trained = classes.is_cityscapes and seen.are_train_ids
    yield Finding(
        "warn",
        "labels",
        f"predictions have other labels than the ground truth ({shown}): {100 * share:.1f} % of "
        f"the pixels agree if these are exchanged, {100 * as_they_are:.1f} % as they are",
        count=int(table.pixels[mapped != table.pred].sum()),
        path=name,
        hint=TO_TRAIN_IDS if trained else "Are the classes in another order?",
        code="exchanged-labels",
        option="classes" if trained else None,
        error=MismatchError,
    )


def _constant(table: LabelTable, name: str) -> Iterator[Finding]:
    """A finding if the predictions hold one label, and the ground truth several."""
    labels = np.unique(table.pred)
    if len(labels) == 1 and len(np.unique(table.gt)) > 1:
        yield Finding(
            "warn",
            "labels",
            f"all evaluated pixels are predicted as {labels[0]}",
            count=table.total,
            path=name,
            hint="Are the label maps those of the model?",
            code="constant-labels",
        )
