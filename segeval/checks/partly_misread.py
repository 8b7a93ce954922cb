"""Records of some images, or of one category, that fit the other file only in another way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from segeval.checks.other_masks import misread_masks
from segeval.checks.other_readings import FITS, Located, misread, overlap
from segeval.checks.records import AnyRecords
from segeval.data.keys import shown_id
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.words import counted

LEAST_IMAGES = 3
"""Least number of images that do not fit, to be looked at by themselves."""

SOME = 0.1
"""Least share of the images."""

LEAST = 5
"""Least number of records of a category that is looked at by itself."""

GOOD = 0.6
"""Least mean IoU of another way; more than for all records, since these were chosen."""

Part = tuple[str, Located, Located]
"""Which records they are, and where they and those of the other file lie."""


def partly_misread(
    records: AnyRecords,
    own: Located,
    truth: AnyRecords,
    other: Located,
    *,
    masks: bool,
    categories: bool,
) -> Iterator[Finding]:
    """The first finding about a part of the records, where the whole fits well enough.

    Args:
        records: the predictions.
        own: where those of some images are.
        truth: the annotations.
        other: where those of the same images are.
        masks: compare the masks, not the boxes.
        categories: look at the categories one by one.
    """
    parts = _categories_apart((records, own), (truth, other)) if categories else iter(())
    for which, mine, others in chain(parts, _images_apart(records, own, other)):
        found = list(_of_part(records, mine, others, which, masks=masks))
        if found:
            yield from found
            return


def _of_part(
    records: AnyRecords, own: Located, other: Located, which: str, *, masks: bool
) -> Iterator[Finding]:
    """The finding about one part, if there is one."""
    there = partial(_in_images, other)
    if masks:
        yield from misread_masks(records, own, there, good=GOOD, which=which)
        form = records.segmentations.format[own.rows]
        own = own.take(np.flatnonzero(form == Format.POLYGON))
    yield from misread(records, own, there, are_boxes=not masks, good=GOOD, which=which)


def _images_apart(records: AnyRecords, own: Located, other: Located) -> Iterator[Part]:
    """The images whose records do not fit, if they are some but not all."""
    images = np.intersect1d(own.image_id, other.image_id)
    apart = []
    for image in images.tolist():
        chosen = [each.take(np.flatnonzero(each.image_id == image)) for each in (own, other)]
        if overlap(*chosen) <= FITS:
            apart.append(image)
    if max(LEAST_IMAGES, SOME * len(images)) <= len(apart) < len(images):
        first = shown_id(apart[0], records.columns.image_keys)
        which = (
            f" of {len(apart):,} of the {counted(len(images), 'image')} looked at, first image "
            f"{first},"
        )
        ids = np.array(apart)
        yield which, _in_images(own, ids), _in_images(other, ids)


def _categories_apart(
    preds: tuple[AnyRecords, Located], gt: tuple[AnyRecords, Located]
) -> Iterator[Part]:
    """Each category whose records do not fit, if others do."""
    (records, own), (truth, other) = preds, gt
    ids = records.columns.category_id[own.rows], truth.columns.category_id[other.rows]
    categories = np.intersect1d(*ids)
    for category in categories.tolist() if len(categories) > 1 else ():
        mine, others = (
            each.take(np.flatnonzero(of == category))
            for each, of in zip((own, other), ids, strict=True)
        )
        if min(len(mine.rows), len(others.rows)) >= LEAST and overlap(mine, others) <= FITS:
            yield (
                f" of category {shown_id(category, truth.columns.categories.keys)}",
                mine,
                others,
            )


def _in_images(located: Located, images: NDArray[np.int64]) -> Located:
    """The records in some images."""
    return located.take(np.flatnonzero(np.isin(located.image_id, images)))
