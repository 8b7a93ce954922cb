"""What the notes of an evaluation are made from: that of parts adds up to that of the whole.

What follows from two files alone, such as boxes in another format, is settled once for the pair,
also where only a slice of it is matched. What a mask or an image says by itself is counted. What
depends on the whole set is kept as numbers per image, category and score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.checks.repeats import Repeats
from segeval.checks.whole_scores import ScoreTable
from segeval.checks.whole_set import CategoryCounts
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco import image_tallies, looked_at_layout
from segeval.metrics.coco.file_notes import FileNotes, file_of, joined_files, notes_from
from segeval.metrics.coco.image_tallies import ImageTallies, name_of, name_of_note
from segeval.metrics.coco.looked_at import LookedAt
from segeval.tallies import added_up, lowered

COUNTS = ("predictions", "above", "objects", "judged", "hits", "boxed", "beside")
"""Columns of `ImageCounts` that are whole numbers."""

OBJECTS, CROWDS = "objects", "crowds"
"""Counts by image of the annotations of a category, whose id follows in the name."""

REPEATS, OBJECT_REPEATS = "repeats", "object repeats"
"""Counts by image of records that occur several times."""

LEFT_OUT = ("crowd regions", "ignored", "others")
"""Counts by image of what `Evidence.left_out` counts."""

BY_IMAGE = "by_image_"
"""What the names of arrays of counts by image begin with."""

T = TypeVar("T")


@frozen(eq=False, repr=False)
class ImageCounts:
    """Counts of each of I images.

    Attributes:
        predictions: those that take part, int64, shape (I,).
        above: how many of them score above 1, int64, shape (I,).
        highest: their highest score, float64, shape (I,); -infinity without predictions.
        objects: annotations that take part and are no crowd regions, int64, shape (I,).
        judged: predictions that were judged, int64, shape (I,).
        hits: how many of them find something at the lowest threshold, int64, shape (I,).
        boxed: predictions that take part and have a box, int64, shape (I,).
        beside: how many of them have a mask too, int64, shape (I,).
    """

    predictions: NDArray[np.int64]
    above: NDArray[np.int64]
    highest: NDArray[np.float64]
    objects: NDArray[np.int64]
    judged: NDArray[np.int64]
    hits: NDArray[np.int64]
    boxed: NDArray[np.int64]
    beside: NDArray[np.int64]

    @classmethod
    def none(cls) -> ImageCounts:
        """Those of no images."""
        return cls(**dict.fromkeys(COUNTS, np.zeros(0, np.int64)), highest=np.zeros(0))

    def take(self, images: NDArray[Any]) -> ImageCounts:
        """Those of some images, by their places or a mask of shape (I,)."""
        return ImageCounts(**{name: column[images] for name, column in vars(self).items()})


@frozen(eq=False, repr=False)
class Evidence:
    """What the notes on matches are made from.

    Attributes:
        files: notes on whole files, by key.
        added: notes that count records or images, each of which is in one part.
        capped: notes on a cap over the whole set; None where they follow from the predictions.
        repeats: predictions that occur several times; None without.
        object_repeats: annotations that do.
        categories: what there is of each category with annotations, ascending by id.
        is_lvis: whether the ground truth is LVIS.
        left_out: annotations that are crowd regions, marked ignore, and neither, shape (3,).
        lowest: the lowest score, infinity without predictions.
        images: counts of each of I images.
        tried: predictions of each of K categories that were judged, int64, shape (K,).
        found: how many of them find something at the lowest threshold, int64, shape (K,).
        scores: right and wrong predictions by score, at the lowest threshold.
        by_image: what was counted in each image; None unless it was asked for.
        looked: the records of both files that checks look at; None where files said all.
    """

    files: tuple[FileNotes, ...]
    added: tuple[Note, ...]
    capped: tuple[Note, ...] | None
    repeats: Repeats | None
    object_repeats: Repeats | None
    categories: tuple[CategoryCounts, ...]
    is_lvis: bool
    left_out: tuple[int, int, int]
    lowest: float
    images: ImageCounts
    tried: NDArray[np.int64]
    found: NDArray[np.int64]
    scores: ScoreTable
    by_image: ImageTallies | None = None
    looked: LookedAt | None = None

    def of_images(self, images: NDArray[np.bool_]) -> Evidence:
        """That of some images: without any, nothing is left but what is said of whole files.

        Of some, what adds up is without what was counted in the others, if that is known. What
        follows from single predictions, `tried`, `found` and `scores`, stays.

        Args:
            images: those to keep, bool, shape (I,).
        """
        by_image = self.by_image
        kept = replace(
            self,
            images=self.images.take(images),
            by_image=None if by_image is None else by_image.take(images),
        )
        if images.all():
            return kept
        if images.any():
            return kept if by_image is None else kept.without(by_image.take(~images).totals())
        return kept.of_files()

    def of_files(self) -> Evidence:
        """What is said of whole files, whichever of their images are matched."""
        none = np.zeros_like(self.tried)
        return replace(
            self, added=(), repeats=None, object_repeats=None, categories=(),
            left_out=(0, 0, 0), lowest=np.inf, tried=none, found=none,
            scores=self.scores.take(np.zeros(0, np.intp)),
        )  # fmt: skip

    def without(self, counts: Mapping[str, tuple[int, int]]) -> Evidence:
        """The same with lower counts.

        Args:
            counts: what to take away, and the number of images that it is from, by name.
        """

        def fewer(*words: int | str) -> int:
            return counts.get(name_of(*words), (0, 0))[0]

        def repeated(known: Repeats | None, name: str) -> Repeats | None:
            groups = 0 if known is None else known.groups - fewer(name)
            return None if known is None or groups <= 0 else replace(known, groups=groups)

        added = [lowered(note, *counts.get(name_of_note(note), (0, 0))) for note in self.added]
        categories = [
            replace(
                own,
                objects=own.objects - fewer(OBJECTS, own.key),
                crowds=own.crowds - fewer(CROWDS, own.key),
            )
            for own in self.categories
        ]
        crowds, ignored, others = (
            known - fewer(name) for known, name in zip(self.left_out, LEFT_OUT, strict=True)
        )
        return replace(
            self,
            added=tuple(note for note in added if note is not None),
            repeats=repeated(self.repeats, REPEATS),
            object_repeats=repeated(self.object_repeats, OBJECT_REPEATS),
            categories=tuple(own for own in categories if own.annotations or own.is_predicted),
            left_out=(crowds, ignored, others),
        )

    def of_categories(self, places: NDArray[np.int64]) -> Evidence:
        """That of some categories, by their places, without the records that were looked at."""
        return replace(self, tried=self.tried[places], found=self.found[places], looked=None)

    @classmethod
    def merged(cls, parts: Sequence[Evidence], by_image: NDArray[np.intp]) -> Evidence:
        """That of parts of disjoint images together.

        Args:
            parts: at least one, of the same categories.
            by_image: place of each image of the whole among the images of all parts.
        """
        columns = zip(*(vars(part.images).values() for part in parts), strict=True)
        every = zip(*(part.left_out for part in parts), strict=True)
        crowds, ignored, others = (sum(own) for own in every)
        tables = zip(*(vars(part.scores).values() for part in parts), strict=True)
        counted = [part.by_image for part in parts if part.by_image is not None]
        looked = [part.looked for part in parts if part.looked is not None]
        return cls(
            files=joined_files(file for part in parts for file in part.files),
            added=in_order(added_up(part.added for part in parts)),
            capped=parts[0].capped if len(parts) == 1 else None,
            repeats=Repeats.together([part.repeats for part in parts]),
            object_repeats=Repeats.together([part.object_repeats for part in parts]),
            categories=_categories(own for part in parts for own in part.categories),
            is_lvis=any(part.is_lvis for part in parts),
            left_out=(crowds, ignored, others),
            lowest=min(part.lowest for part in parts),
            images=ImageCounts(*map(np.concatenate, columns)).take(by_image),
            tried=np.sum([part.tried for part in parts], axis=0),
            found=np.sum([part.found for part in parts], axis=0),
            scores=ScoreTable(*map(np.concatenate, tables)).summed(),
            by_image=ImageTallies.merged(counted, by_image) if len(counted) == len(parts) else None,
            looked=LookedAt.merged(looked) if len(looked) == len(parts) else None,
        )

    def to_header(self) -> dict[str, Any]:
        """Everything but the arrays, as plain values."""
        return {
            "files": [asdict(file) for file in self.files],
            "added": [asdict(note) for note in self.added],
            "capped": None if self.capped is None else [asdict(note) for note in self.capped],
            "repeats": [
                None if each is None else asdict(each)
                for each in (self.repeats, self.object_repeats)
            ],
            "categories": [[*vars(own).values()] for own in self.categories],
            "is_lvis": self.is_lvis,
            "left_out": list(self.left_out),
            **({} if self.by_image is None else {"counted": list(self.by_image.kinds)}),
            **({} if self.looked is None else {"looked": looked_at_layout.to_header(self.looked)}),
        }

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays, by name in bytes."""
        return {
            **{f"images_{name}": _narrow(column) for name, column in vars(self.images).items()},
            "lowest": np.array([self.lowest]),
            "tried": self.tried,
            "found": self.found,
            **{f"scores_{name}": column for name, column in vars(self.scores).items()},
            **({} if self.by_image is None else prefixed(self.by_image.to_arrays())),
            **({} if self.looked is None else looked_at_layout.to_arrays(self.looked)),
        }

    @classmethod
    def from_parts(cls, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Evidence:
        """What `to_header` and `to_arrays` gave, whose arrays were checked.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: for a header that is damaged.
        """
        capped = header["capped"]
        repeats, object_repeats = (
            None if each is None else Repeats.from_dict(each) for each in header["repeats"]
        )
        crowds, ignored, others = map(_count, header["left_out"])
        counts = {name: arrays[f"images_{name}"].astype(np.int64) for name in COUNTS}
        return cls(
            files=tuple(map(file_of, header["files"])),
            added=notes_from(header["added"]),
            capped=None if capped is None else notes_from(capped),
            repeats=repeats,
            object_repeats=object_repeats,
            categories=tuple(map(_category, header["categories"])),
            is_lvis=bool(header["is_lvis"]),
            left_out=(crowds, ignored, others),
            lowest=float(arrays["lowest"][0]),
            images=ImageCounts(**counts, highest=arrays["images_highest"]),
            tried=arrays["tried"],
            found=arrays["found"],
            scores=ScoreTable(
                *(arrays[f"scores_{name}"] for name in ScoreTable.__dataclass_fields__)
            ),
            by_image=_by_image(header, arrays),
            looked=looked_at_layout.from_parts(header["looked"], arrays, len(arrays["tried"]))
            if "looked" in header
            else None,
        )


def _by_image(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> ImageTallies | None:
    """What was counted in each image, where it was written."""
    if "counted" not in header:
        return None
    own = {name: arrays[f"{BY_IMAGE}{name}"] for name in image_tallies.ARRAYS}
    return ImageTallies.from_parts(header["counted"], own)


def prefixed(columns: Mapping[str, T]) -> dict[str, T]:
    """What belongs to each array of counts by image, by its name in bytes."""
    return {f"{BY_IMAGE}{name}": column for name, column in columns.items()}


def layout_of(
    images: int, categories: int, scores: int, *, by_image: bool = False, looked: bool = False
) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    """Kind and shape of every array, as `parts.arrays.check_layout` takes them."""
    kinds = {"bits": "i8", "lowest": "f8", "right": "i8", "wrong": "i8"}
    return {
        **{f"images_{name}": ("i4", (images,)) for name in COUNTS},
        "images_highest": ("f8", (images,)),
        "lowest": ("f8", (1,)),
        "tried": ("i8", (categories,)),
        "found": ("i8", (categories,)),
        **{f"scores_{name}": (kind, (scores,)) for name, kind in kinds.items()},
        **(prefixed(image_tallies.layout_of(images)) if by_image else {}),
        **(looked_at_layout.layout() if looked else {}),
    }


ORDER = (
    "area-computed", "iscrowd-missing", "unknown-category", "min-score", "boxes-as-masks",
    "mask-format", "short-part", "odd-part", "boxes-from-masks", "empty-mask", "id-zero",
    "thin-objects", "mask-size", "empty-polygon", "max-dets", "not-verified", "ignore-used",
    "ignore-unused",
)  # fmt: skip
"""Codes of notes that count, in the order in which they are told."""


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes that count, in an order that does not depend on that of the parts."""

    def place(note: Note) -> tuple[int, str, str]:
        known = ORDER.index(note.code) if note.code in ORDER else len(ORDER)
        return known, note.code, note.message

    return tuple(sorted(notes, key=place))


def _categories(counts: Iterable[CategoryCounts]) -> tuple[CategoryCounts, ...]:
    """Counts of each category once, ascending by id."""
    known: dict[int | str, list[CategoryCounts]] = {}
    for own in counts:
        known.setdefault(own.key, []).append(own)
    keys = sorted(known, key=lambda key: (isinstance(key, str), key))
    return tuple(CategoryCounts.together(known[key]) for key in keys)


def _narrow(column: NDArray[Any]) -> NDArray[Any]:
    """A column as it is written."""
    return column if column.dtype == np.float64 else column.astype(np.int32)


def _category(values: Sequence[Any]) -> CategoryCounts:
    """Counts of a category from plain values."""
    key, label, objects, crowds, predicted = values
    if type(key) not in (int, str):
        raise TypeError("an id is neither a number nor text")
    return CategoryCounts(key, str(label), _count(objects), _count(crowds), bool(predicted))


def _count(value: Any) -> int:
    """A whole number from 0."""
    if type(value) is not int or value < 0:
        raise ValueError("a count is no whole number")
    return value
