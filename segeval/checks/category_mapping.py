"""Predictions that fit objects of other categories, by a shift or another list of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import ious
from segeval.checks.other_readings import Located
from segeval.checks.records import Records
from segeval.data.columns import Categories, GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import Keys, shown_id
from segeval.errors import MismatchError
from segeval.findings import MAPPED, Finding
from segeval.frozen import frozen
from segeval.words import SHIFTS, first_few

FITS = 0.5
"""Least IoU of boxes at which a prediction fits an object."""

LEAST = 3
"""Objects that must be fitted before categories are judged."""

ENOUGH = 0.1
"""Share of the objects, or of the predictions if these are fewer, that must be fitted."""

LEAST_OF_CATEGORY = 5
"""Objects of a category that must be fitted before it is judged alone."""

OWN = 0.1
"""Largest share of these that their own category may explain."""

MOST = 0.5
"""Least share of them that a mapping must explain."""

BETTER = 0.3
"""How much larger that share must be than that of the ids as they are."""

NEARLY_AS_MANY = 0.9
"""Share of the objects of the best mapping that a simpler one must explain to be told instead."""

PURE = 0.8
"""Least share of a predicted category's objects that must be of one category."""

CROWDED = 512
"""Most records of an image that are compared."""

SAME_IDS = "Do the category ids mean the same in both files?"
"""The hint where categories are taken for others."""

SHOWN = 3
"""Most categories named in a message."""

Where = Callable[[NDArray[np.int64]], Located]
"""Finds where the records of a file are in some images."""


@frozen(eq=False)
class Fits:
    """Pairs of an object and a prediction that fits it, with their categories.

    Attributes:
        object: number of the object, int64, shape (P,).
        pred: category id of the prediction, int64, shape (P,).
        gt: category id of the object, int64, shape (P,).
        row: row of the prediction, int64, shape (P,).
    """

    object: NDArray[np.int64]
    pred: NDArray[np.int64]
    gt: NDArray[np.int64]
    row: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of objects with a pair."""
        return len(np.unique(self.object))

    def explained(self, mapped: NDArray[np.int64]) -> int:
        """Objects with a prediction of their category, if predictions had these, shape (P,)."""
        return len(np.unique(self.object[mapped == self.gt]))


def mapped_categories(
    records: Records[Predictions],
    truth: Records[GroundTruth],
    where: Where,
    where_objects: Where,
    images: NDArray[np.int64],
    annotated: NDArray[np.int64] | None = None,
) -> Iterator[Finding]:
    """Category ids that fit the objects only after a shift, as positions, or in another order.

    Args:
        records: the predictions.
        truth: the annotations.
        where: finds where the predictions are.
        where_objects: finds where the objects are.
        images: ids of the images to look at.
        annotated: ids of the categories with annotations; None where all of these are here.
    """
    annotated = truth.columns.category_id if annotated is None else annotated
    found, objects = where(images), where_objects(images)
    fits = fits_of(records, truth, found, objects)
    total, own = fits.total, fits.explained(fits.pred)
    enough = max(MOST * total, own + BETTER * total)
    if total < max(LEAST, ENOUGH * min(len(found.rows), len(objects.rows))):
        return
    explained = [
        (fits.explained(mapped), text, hint)
        for mapped, text, hint in (
            _mappings(fits, truth.columns.categories, annotated) if enough <= total else ()
        )
    ]
    most = max((count for count, _, _ in explained), default=0)
    if not most or most < enough:
        yield from _found_as_others(records, truth.columns, fits)
        return
    count, text, hint = next(each for each in explained if each[0] >= NEARLY_AS_MANY * most)
    yield records.finding(
        "warn",
        "categories of objects",
        f"predictions fit objects of {text} ({count:,} of {total:,} that they overlap), not of "
        f"their own ({own:,})",
        code=MAPPED,
        count=count,
        hint=hint,
        field="category_id",
        error=MismatchError,
    )


def _found_as_others(
    records: Records[Predictions], gt: GroundTruth, fits: Fits
) -> Iterator[Finding]:
    """Categories nearly all objects of which are fitted by predictions of one other category."""
    taken = taken_for(fits.object, fits.pred, fits.gt, LEAST_OF_CATEGORY)
    if taken:
        yield records.finding(
            "warn",
            "categories of objects",
            taken_text(taken, gt.categories.keys, "objects"),
            code=MAPPED,
            count=sum(count for _, _, count, _ in taken),
            hint=SAME_IDS,
            field="category_id",
            error=MismatchError,
        )


def taken_for(
    numbers: NDArray[np.int64], pred: NDArray[np.int64], gt: NDArray[np.int64], least: int
) -> list[tuple[int, int, int, int]]:
    """Categories nearly all objects of which are found as one other category.

    Args:
        numbers: number of an object for every prediction that fits it, shape (P,).
        pred: category of the prediction, shape (P,).
        gt: category of the object, shape (P,).
        least: objects of a category that must be fitted.

    Returns:
        The category, the other one, the number of its objects found as that, and of all that are
        fitted.
    """
    found = []
    for category in np.unique(gt).tolist():
        mine = gt == category
        objects, own = numbers[mine], pred[mine] == category
        total = len(np.unique(objects))
        if total < least or len(np.unique(objects[own])) > OWN * total:
            continue
        pairs = np.unique(np.stack([objects, pred[mine]], axis=1), axis=0)
        others, counts = np.unique(pairs[:, 1], return_counts=True)
        best = int(np.argmax(counts))
        if counts[best] >= PURE * total:
            found.append((category, int(others[best]), int(counts[best]), total))
    return found


def taken_text(taken: Sequence[tuple[int, int, int, int]], keys: Keys | None, noun: str) -> str:
    """What to say of the categories that `taken_for` found; `noun` names the objects."""
    shown = [
        f"{shown_id(category, keys)} as {shown_id(other, keys)} ({count:,} of {total:,})"
        for category, other, count, total in taken
    ]
    which = "this category are" if len(taken) == 1 else "these categories are"
    return f"{noun} of {which} found as another one: {first_few(shown, SHOWN)}"


def _mappings(
    fits: Fits, categories: Categories, annotated: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], str, str]]:
    """Category ids as they may be meant, shape (P,), what to say then, and what to do."""
    keys = categories.keys
    for shift in SHIFTS if keys is None else ():
        sign, action = ("+ 1", "Add 1") if shift > 0 else ("- 1", "Subtract 1")
        hint = f"Off by one? {action} when you export.{_root(categories, annotated)}"
        yield fits.pred + shift, f"category_id {sign}", hint
    lists = ((categories.id, "the list"), (annotated, "those with annotations"))
    for ids, which in lists if keys is None else ():
        known = np.unique(ids)
        for first in (0, 1) if len(known) else ():
            place = fits.pred - first
            inside = (place >= 0) & (place < len(known))
            mapped = np.where(inside, known[np.clip(place, 0, len(known) - 1)], -1)
            text = f"the category at position category_id of {which}, from {first} on"
            yield mapped, text, "Write the ids themselves."
    mapped, pairs = _dominant(fits)
    if pairs:
        named = [f"{shown_id(b, keys)} instead of {shown_id(a, keys)}" for a, b in pairs]
        shown = first_few(named, SHOWN)
        yield mapped, f"other categories, {shown}", "Are the categories in another order?"


def _root(categories: Categories, annotated: NDArray[np.int64]) -> str:
    """A sentence on a category 0 without annotations, as Roboflow's files have one."""
    zero = np.flatnonzero(categories.id == 0)
    if not len(zero) or (annotated == 0).any():
        return ""
    return f" Category 0 ({categories.names[zero[0]]}) has no annotation: is it a root category?"


def _dominant(fits: Fits) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """The category that nearly all objects of each predicted one have, and those that differ."""
    mapped = fits.pred.copy()
    pairs = []
    for category in np.unique(fits.pred).tolist():
        mine = fits.pred == category
        others, counts = np.unique(fits.gt[mine], return_counts=True)
        best = int(np.argmax(counts))
        if counts[best] >= PURE * counts.sum() and others[best] != category:
            mapped[mine] = others[best]
            pairs.append((category, int(others[best])))
    return mapped, pairs


def fits_of(
    records: Records[Predictions], truth: Records[GroundTruth], found: Located, objects: Located
) -> Fits:
    """Which predictions fit which objects of some images, crowd regions left out."""
    gt = truth.columns
    objects = objects.take(np.flatnonzero(~gt.is_crowd[objects.rows]))
    images = np.unique(objects.image_id)
    mine, others = index_of(objects.image_id, images), index_of(found.image_id, images)
    numbers, rows = [], []
    for image in range(len(images)):
        here, near = (np.flatnonzero(each == image)[:CROWDED] for each in (mine, others))
        pairs = np.nonzero(ious(objects.boxes[here, None], found.boxes[None, near]) >= FITS)
        numbers.append(here[pairs[0]])
        rows.append(near[pairs[1]])
    number = np.concatenate([np.empty(0, np.int64), *numbers])
    row = np.concatenate([np.empty(0, np.int64), *rows])
    return Fits(
        number,
        records.columns.category_id[found.rows[row]],
        gt.category_id[objects.rows[number]],
        found.rows[row],
    )
