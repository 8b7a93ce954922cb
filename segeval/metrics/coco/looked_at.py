"""The records at which checks look where files are only evaluated: a few of some images.

Which they are follows from the ids of images and the order of records in each, so that those of
parts add up: what is among those of the whole is among those of the part that has its image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.near_repeats import NearRepeats, repeats_but_one
from segeval.checks.records import AnyRecords, Records
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import Key, Keys, written
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.metrics.coco.looked_at_choice import Choice, Side, Taking, fullest
from segeval.metrics.coco.selection import Selection
from segeval.metrics.parts.digests import row_digests

REPEATS = 32
"""Images in which all records are compared with each other."""


@frozen(eq=False, repr=False)
class ImageRepeats:
    """Near repeats in some images.

    Attributes:
        known: of each image, by its id.
        more: whether other images have records.
    """

    known: Mapping[Key, NearRepeats]
    more: bool


@frozen(eq=False, repr=False)
class LookedAt:
    """The records of both files that are looked at.

    Attributes:
        keys: ids of n images, ascending.
        images: height and width, and the numbers of predictions and of annotations that take part,
            int64, shape (n, 4).
        sides: the predictions, and the annotations.
        repeats: near repeats of both.
        more: of both, whether other images have some.
        rows: the rows of both in their files; None where these are not at hand.
        drawn: the masks of the annotations, if they have been drawn.
    """

    keys: Keys
    images: NDArray[np.int64]
    sides: tuple[Side, Side]
    repeats: tuple[ImageRepeats, ImageRepeats]
    more: tuple[bool, bool]
    rows: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    drawn: RunLengths | None = None
    told: dict[Any, Any] = field(default_factory=dict)  # what was found, by what it depends on

    @classmethod
    def of(
        cls, preds: Predictions, gt: GroundTruth, selection: Selection, *, masks: bool
    ) -> LookedAt:
        """Those of two files.

        Args:
            preds: the predictions.
            gt: the ground truth.
            selection: the records of both that take part.
            masks: whether masks are looked at.
        """
        images = len(selection.image_ids)
        found = (selection.preds, selection.pred_image, selection.pred_category)
        truth = (selection.gt, selection.gt_image, selection.gt_category)
        both = Taking.of(preds, *found, masks=masks), Taking.of(gt, *truth, masks=masks)
        counts = np.stack([np.bincount(own.image, minlength=images) for own in both], axis=1)
        order = np.argsort(_hashes(selection.image_ids, selection.image_keys), kind="stable")
        chosen = Choice.of(counts, order)
        place = np.zeros(images, np.int64)
        place[chosen.images] = np.arange(len(chosen.images))
        places = chosen.places(0, both[0].image, both[0]), chosen.places(1, both[1].image, both[1])
        rows = both[0].rows[places[0]], both[1].rows[places[1]]
        sizes = gt.images.sizes[selection.image_rows[chosen.images]].astype(np.int64)
        drawn = gt.drawn_masks
        return cls(
            tuple(written(selection.image_ids[chosen.images], selection.image_keys)),
            np.concatenate([sizes, counts[chosen.images]], axis=1),
            (both[0].side(places[0], place), both[1].side(places[1], place)),
            (
                _repeats(Records(preds, gt), both[0], counts[:, 0], order, selection),
                _repeats(Records(gt, gt), both[1], counts[:, 1], order, selection),
            ),
            chosen.more,
            rows,
            None if drawn is None or not masks else drawn.take(rows[1]),
        )

    @classmethod
    def merged(cls, parts: Sequence[LookedAt]) -> LookedAt:
        """Those of several parts together; an image that several have counts once."""
        if all(part is parts[0] for part in parts):
            return parts[0]
        every = sorted({key for part in parts for key in part.keys}, key=_rank)
        place = {key: at for at, key in enumerate(every)}
        places = [np.array([place[key] for key in part.keys], np.int64) for part in parts]
        table = np.zeros((len(every), 4), np.int64)
        for own, part in zip(places, parts, strict=True):
            table[own] = part.images
        sides = [fullest([part.sides[at] for part in parts], places, len(every)) for at in (0, 1)]
        hashes = np.array([_hash(key) for key in every], np.uint64)
        chosen = Choice.of(table[:, 2:], np.argsort(hashes, kind="stable"))
        rows = [chosen.places(at, own.image, own) for at, own in enumerate(sides)]
        new = np.zeros(len(every), np.int64)
        new[chosen.images] = np.arange(len(chosen.images))
        kept = [
            own.take(some, new[own.image[some]]).packed()
            for own, some in zip(sides, rows, strict=True)
        ]
        repeats = [_first_repeats([part.repeats[at] for part in parts]) for at in (0, 1)]
        before = [any(part.more[at] for part in parts) for at in (0, 1)]
        return cls(
            tuple(every[at] for at in chosen.images.tolist()),
            table[chosen.images],
            (kept[0], kept[1]),
            (repeats[0], repeats[1]),
            (before[0] or chosen.more[0], before[1] or chosen.more[1]),
        )

    def is_whole(self, side: int) -> bool:
        """Whether these are all records of a side."""
        return not self.more[side] and len(self.sides[side]) == int(self.images[:, 2 + side].sum())


def _repeats(
    records: AnyRecords,
    taking: Taking,
    counts: NDArray[np.int64],
    order: NDArray[np.int64],
    selection: Selection,
) -> ImageRepeats:
    """Near repeats in some images.

    Args:
        records: of one file.
        taking: those that take part.
        counts: of each image.
        order: the images by their hashes.
        selection: says what the images are.
    """
    there = order[counts[order] > 0]
    chosen = there[:REPEATS]
    inside = np.zeros(len(counts), np.bool_)
    inside[chosen] = True
    looked, groups = repeats_but_one(records, taking.rows[inside[taking.image]])
    ids = records.columns.image_id
    sums = np.bincount(index_of(ids[looked], selection.image_ids), minlength=len(counts))
    by_image: dict[int, list[list[int]]] = {}
    for group in groups:
        by_image.setdefault(int(ids[group[0]]), []).append(group)
    numbers = selection.image_ids[chosen]
    keys = written(numbers, selection.image_keys)
    known = {
        key: NearRepeats.of(records, looked, by_image.get(number, []))
        for key, looked, number in zip(keys, sums[chosen].tolist(), numbers.tolist(), strict=True)
    }
    return ImageRepeats(known, len(there) > len(chosen))


def _first_repeats(parts: Sequence[ImageRepeats]) -> ImageRepeats:
    """Those of several parts in the images that are looked at."""
    every = {key: found for part in parts for key, found in part.known.items()}
    chosen = sorted(every, key=lambda key: (_hash(key), _rank(key)))[:REPEATS]
    more = any(part.more for part in parts) or len(every) > REPEATS
    return ImageRepeats({key: every[key] for key in chosen}, more)


def _rank(key: Key) -> tuple[bool, Key]:
    """What orders ids."""
    return isinstance(key, str), key


def _hash(key: Key) -> int:
    """A number of 64 bits that follows from an id alone."""
    if isinstance(key, str):
        return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest())
    return int(row_digests([np.array([key % 2**64], np.uint64)])[0])


def _hashes(ids: NDArray[np.int64], keys: Keys | None) -> NDArray[np.uint64]:
    """Those of some images, uint64, shape (n,)."""
    if keys is None:
        return row_digests([ids])
    return np.array([_hash(key) for key in written(ids, keys)], np.uint64)
