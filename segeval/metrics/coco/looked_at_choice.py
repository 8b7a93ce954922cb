"""Which records checks look at where files are only evaluated, by their images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.ids import distinct
from segeval.data.segmentations import Segmentations
from segeval.frozen import frozen

LIMIT = 192
"""Records of a file that are looked at, but for those of the first images."""

BLOCKS = (8, 64)
"""Predictions and annotations of an image, of which others get as many before it gets more."""

FIRST = 12
"""Images that are looked at because their ids are the smallest."""

MOST = (8, 16)
"""Predictions and annotations of each of these."""

LONGEST = 1 << 14
"""Bytes of the text of a mask; one that is longer is not looked at."""


TEXT = ((3 << 14, 1 << 14), (3 << 15, 1 << 15))
"""Bytes of text of predictions and of annotations after which no more masks are looked at: of all
images, and of the first ones."""


@frozen(eq=False, repr=False)
class Side:
    """n records of one file, by image and in the order of the file.

    Attributes:
        image: place among the images, int64, shape (n,).
        category: place among the evaluated categories, int64, shape (n,).
        number: score or area, float64, shape (n,).
        boxes: xywh in pixels, float64, shape (n, 4); NaN rows where missing.
        is_crowd: bool, shape (n,).
        segmentations: as the file has them.
    """

    image: NDArray[np.int64]
    category: NDArray[np.int64]
    number: NDArray[np.float64]
    boxes: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    segmentations: Segmentations

    def __len__(self) -> int:
        return len(self.image)

    def lengths(self, places: NDArray[np.int64]) -> NDArray[np.int32]:
        """Bytes of the masks of some records."""
        return self.segmentations.strings.lengths[places]

    def scores(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """The scores of some predictions."""
        return self.number[places]

    def take(self, rows: NDArray[np.int64], image: NDArray[np.int64]) -> Side:
        """Some of the records, whose images have other places; the text stays that of all."""
        return Side(
            image,
            self.category[rows],
            self.number[rows],
            self.boxes[rows],
            self.is_crowd[rows],
            self.segmentations.take(rows),
        )

    def packed(self) -> Side:
        """The same records with the text of no others."""
        return replace(self, segmentations=packed(self.segmentations))

    @classmethod
    def joined(cls, parts: Sequence[Side]) -> Side:
        """Several lists end to end."""
        names = ("image", "category", "number", "boxes", "is_crowd")
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in names
        }
        segmentations = Segmentations.concatenate([part.segmentations for part in parts])
        return cls(**columns, segmentations=segmentations)


def packed(segmentations: Segmentations) -> Segmentations:
    """The same with the text of no others."""
    form, strings = segmentations.format, segmentations.strings
    ends = np.cumsum(strings.lengths, dtype=np.int64)
    spans = zip(strings.starts.tolist(), strings.lengths.tolist(), strict=True)
    pieces = [strings.text[start : start + length] for start, length in spans]
    text = np.concatenate(pieces) if pieces else strings.text[:0]
    own = replace(strings, text=text, starts=ends - strings.lengths)
    return Segmentations(form, own)


@frozen(eq=False)
class Choice:
    """The images that are looked at.

    Attributes:
        first: those with the smallest ids, ascending.
        some: those of each side besides, in order.
        images: all of them, ascending.
        more: of both sides, whether other images have records.
        total: number of images that they are among.
    """

    first: NDArray[np.int64]
    some: tuple[NDArray[np.int64], NDArray[np.int64]]
    images: NDArray[np.int64]
    more: tuple[bool, bool]
    total: int

    @classmethod
    def of(cls, counts: NDArray[np.int64], order: NDArray[np.int64]) -> Choice:
        """Those among I images.

        Args:
            counts: predictions and annotations of each, shape (I, 2).
            order: the images by their hashes, shape (I,).
        """
        both = np.asarray((counts > 0).all(axis=1))
        order = np.concatenate([order[both[order]], order[~both[order]]])
        first = np.flatnonzero(both)[:FIRST]
        some = []
        for at in (0, 1):
            there = order[counts[order, at] > 0]
            ends = np.cumsum(np.minimum(counts[there, at], BLOCKS[at]))
            some.append(there[: int(np.searchsorted(ends, LIMIT)) + 1])
        images = distinct(np.concatenate([first, *some]))
        left = np.ones(len(counts), np.bool_)
        left[images] = False
        more = bool(counts[left, 0].any()), bool(counts[left, 1].any())
        return cls(first, (some[0], some[1]), images, more, len(counts))

    def places(
        self, side: int, image: NDArray[np.integer[Any]], records: Taking | Side
    ) -> NDArray[np.int64]:
        """The places of the records that are looked at, by image and then in their order.

        Args:
            side: 0 for predictions, of which those with the highest scores come first in an image;
                1 for annotations.
            image: place of the image of each record, shape (n,).
            records: says how long their masks are, and how high they score.
        """
        rank = np.full(self.total, -1)
        rank[self.some[side]] = np.arange(len(self.some[side]))
        is_first = np.zeros(self.total, np.bool_)
        is_first[self.first] = True
        places = np.flatnonzero(((rank >= 0) | is_first)[image])
        places = places[records.lengths(places) <= LONGEST]
        by = [image[places]] if side else [-records.scores(places), image[places]]
        places = places[np.lexsort(by)]
        own = image[places]
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        number = np.arange(len(own)) - np.repeat(starts, np.diff(starts, append=len(own)))
        among = np.flatnonzero(rank[own] >= 0)
        by_turn = np.lexsort((number[among], rank[own[among]], number[among] // BLOCKS[side]))
        bytes_of = records.lengths(places).astype(np.int64)
        kept = np.zeros(len(own), np.bool_)
        for chosen, most in (
            (among[by_turn[:LIMIT]], TEXT[side][0]),
            (np.flatnonzero(is_first[own] & (number < MOST[side])), TEXT[side][1]),
        ):
            before = np.cumsum(bytes_of[chosen]) - bytes_of[chosen]
            kept[chosen[before < most]] = True
        found: NDArray[np.int64] = places[kept]
        return found[np.lexsort((found, own[kept]))]


@frozen(eq=False)
class Taking:
    """The records of one file that take part.

    Attributes:
        columns: all of the file.
        rows: increasing.
        image: place of the image of each.
        category: place of the category of each.
        masks: whether masks are looked at.
    """

    columns: Predictions | GroundTruth
    rows: NDArray[np.int64]
    image: NDArray[np.int32]
    category: NDArray[np.int32]
    masks: bool

    @classmethod
    def of(
        cls,
        columns: Predictions | GroundTruth,
        rows: NDArray[np.int64],
        image: NDArray[np.int32],
        category: NDArray[np.int32],
        *,
        masks: bool,
    ) -> Taking:
        """Those of a selection: a row is there again if a package looks records up by id."""
        if (rows[1:] > rows[:-1]).all():
            return cls(columns, rows, image, category, masks)
        once, places = np.unique(rows, return_index=True)
        return cls(columns, once, image[places], category[places], masks)

    def lengths(self, places: NDArray[np.int64]) -> NDArray[np.int32]:
        """Bytes of the masks of some records."""
        lengths = self.columns.segmentations.strings.lengths[self.rows[places]]
        return lengths if self.masks else np.zeros_like(lengths)

    def scores(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """The scores of some predictions, or the areas of some annotations."""
        known, rows = self.columns, self.rows[places]
        return known.score[rows] if isinstance(known, Predictions) else known.area[rows]

    def side(self, places: NDArray[np.int64], new: NDArray[np.int64]) -> Side:
        """Some of them, whose images have new places."""
        known, rows = self.columns, self.rows[places]
        is_crowd = np.zeros(len(rows), np.bool_)
        segmentations = known.segmentations.take(rows)
        if not self.masks:
            segmentations = segmentations.without(np.arange(len(rows)))
        if isinstance(known, GroundTruth):
            is_crowd = known.is_crowd[rows]
        return Side(
            new[self.image[places]],
            self.category[places].astype(np.int64),
            self.scores(places),
            known.boxes[rows],
            is_crowd,
            packed(segmentations),
        )


def fullest(parts: Sequence[Side], places: Sequence[NDArray[np.int64]], images: int) -> Side:
    """Records of several parts, those of an image from the part that has most of it."""
    counts = np.stack([
        np.bincount(place[part.image], minlength=images)
        for part, place in zip(parts, places, strict=True)
    ])  # fmt: skip
    best = counts.argmax(axis=0)
    whole = replace(
        Side.joined(parts),
        image=np.concatenate([
            place[part.image] for part, place in zip(parts, places, strict=True)
        ]),
    )  # fmt: skip
    part = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
    rows = np.flatnonzero(best[whole.image] == part)
    rows = rows[np.argsort(whole.image[rows], kind="stable")]
    return whole.take(rows, whole.image[rows])
