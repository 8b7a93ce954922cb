"""Ground truth and predictions as frozen columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.brief import Brief
from segeval.data.data_frame import data_frame
from segeval.data.ids import rows_of
from segeval.data.joining import check_disjoint, checked_parts, joined_notes, joined_sources
from segeval.data.segmentations import Segmentations
from segeval.errors import MismatchError, Note, ShapeError
from segeval.masks import RunLengths
from segeval.words import counted


@dataclass(frozen=True, eq=False, repr=False)
class IdLists(Brief):
    """One list of category ids per image, end to end.

    Attributes:
        ids: category ids, int64, shape (L,).
        offsets: ids of image i are `ids[offsets[i]:offsets[i + 1]]`, int64, shape (I + 1,).
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @classmethod
    def concatenate(cls, lists: Sequence[IdLists | None]) -> IdLists | None:
        """Lists of several files, one file after the other; None if a file has none."""
        known = [one for one in lists if one is not None]
        if len(known) < len(lists):
            return None
        counts = np.concatenate([np.diff(one.offsets) for one in known])
        return cls(
            np.concatenate([one.ids for one in known]), np.concatenate([[0], np.cumsum(counts)])
        )


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """I images in file order.

    Attributes:
        id: int64, shape (I,).
        sizes: (H, W) in pixels, int32, shape (I, 2); -1 where the file gives none. A side that is
            not above 0 is as good as none.
        file_names: I names, "" where the file gives none.
        negative: categories verified to be absent (LVIS), or None.
        not_exhaustive: categories not exhaustively annotated (LVIS), or None.
    """

    id: NDArray[np.int64]
    sizes: NDArray[np.int32]
    file_names: tuple[str, ...]
    negative: IdLists | None = None
    not_exhaustive: IdLists | None = None

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        """One line: how many."""
        return f"Images({len(self):,})"

    @classmethod
    def concatenate(cls, parts: Sequence[Images]) -> Images:
        """Images of several files, one file after the other; at least one file."""
        return cls(
            id=np.concatenate([part.id for part in parts]),
            sizes=np.concatenate([part.sizes for part in parts]),
            file_names=tuple(name for part in parts for name in part.file_names),
            negative=IdLists.concatenate([part.negative for part in parts]),
            not_exhaustive=IdLists.concatenate([part.not_exhaustive for part in parts]),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Categories(Brief):
    """K categories in file order.

    Attributes:
        id: int64, shape (K,).
        names: K names, the id as text where the file gives none.
        frequencies: K of "r", "c", "f" (LVIS), or None.
    """

    id: NDArray[np.int64]
    names: tuple[str, ...]
    frequencies: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.id)

    def equal(self, other: Categories) -> bool:
        """Whether ids, names and frequencies are the same, in the same order."""
        return (
            np.array_equal(self.id, other.id)
            and self.names == other.names
            and self.frequencies == other.frequencies
        )


@dataclass(frozen=True, eq=False, repr=False)
class GroundTruth:
    """M annotations with their images and categories, in file order.

    Attributes:
        images: the images of the set.
        categories: the categories of the set.
        id: annotation ids, int64, shape (M,).
        image_id: int64, shape (M,).
        category_id: int64, shape (M,).
        area: the file's `area` field in pixels squared, float64, shape (M,); NaN where missing.
        boxes: xywh in pixels, float64, shape (M, 4); NaN rows where missing.
        is_crowd: True for crowd regions, bool, shape (M,).
        crowd_missing: True where the record has no `iscrowd`, bool, shape (M,).
        ignore: the file's `ignore` field, bool, shape (M,).
        segmentations: the segmentations as the file holds them.
        source: name of the file, for messages.
        lvis_gap: the first record that lacks what LVIS needs, in words; "" if none does, or if the
            file has no LVIS keys.
        notes: notes from reading.
    """

    images: Images
    categories: Categories
    id: NDArray[np.int64]
    image_id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    area: NDArray[np.float64]
    boxes: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    crowd_missing: NDArray[np.bool_]
    ignore: NDArray[np.bool_]
    segmentations: Segmentations
    source: str = "ground truth"
    lvis_gap: str = ""
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        """One line: the file and its counts."""
        return (
            f"GroundTruth({self.source}: {len(self):,} annotations, {len(self.images):,} images, "
            f"{len(self.categories):,} categories)"
        )

    @property
    def is_lvis(self) -> bool:
        """Whether the file has LVIS's keys: negative and not-exhaustive lists, frequencies."""
        return (
            self.images.negative is not None
            and self.images.not_exhaustive is not None
            and self.categories.frequencies is not None
        )

    @cached_property
    def mask_sizes(self) -> NDArray[np.int32]:
        """(H, W) of the image of every annotation, int32, shape (M, 2); -1 where unknown."""
        # of several images with one id the last one counts, as in pycocotools
        rows = rows_of(self.image_id, self.images.id)
        unknown = np.array([[-1, -1]], np.int32)
        sizes: NDArray[np.int32] = np.concatenate([self.images.sizes, unknown])[rows]
        return sizes

    @cached_property
    def masks(self) -> RunLengths:
        """The M masks as runs; polygons are rasterised once, when first asked for."""
        return self.segmentations.run_lengths(self.mask_sizes, self)

    def describe(self, index: int) -> str:
        """The name of one annotation in messages."""
        return f"{self.source}: annotation {self.id[index]} (image_id {self.image_id[index]})"

    @classmethod
    def concatenate(cls, parts: Sequence[GroundTruth], *, source: str | None = None) -> GroundTruth:
        """Ground truth of several files, one file after the other.

        Args:
            parts: at least one, with different images, different annotation ids and the same
                categories.
            source: name of the whole in messages, by default made from the parts' names.

        Raises:
            InputError: if there are no parts.
            MismatchError: if two parts share an image or an annotation id, or their categories
                differ.
        """
        parts = checked_parts(parts, cls)
        first = parts[0]
        for part in parts[1:]:
            if not part.categories.equal(first.categories):
                raise MismatchError(
                    f"{part.source}: the categories differ from those of {first.source}. Ground "
                    "truth in several files must have the same categories, in the same order.",
                    code="categories",
                    path=part.source,
                    field="categories",
                )
        sources = [part.source for part in parts]
        check_disjoint(sources, "image", [part.images.id for part in parts])
        check_disjoint(sources, "annotation", [part.id for part in parts])
        return cls(
            images=Images.concatenate([part.images for part in parts]),
            categories=first.categories,
            id=np.concatenate([part.id for part in parts]),
            image_id=np.concatenate([part.image_id for part in parts]),
            category_id=np.concatenate([part.category_id for part in parts]),
            area=np.concatenate([part.area for part in parts]),
            boxes=np.concatenate([part.boxes for part in parts]),
            is_crowd=np.concatenate([part.is_crowd for part in parts]),
            crowd_missing=np.concatenate([part.crowd_missing for part in parts]),
            ignore=np.concatenate([part.ignore for part in parts]),
            segmentations=Segmentations.concatenate([part.segmentations for part in parts]),
            source=source or joined_sources(sources),
            lvis_gap=next((part.lvis_gap for part in parts if part.lvis_gap), ""),
            notes=joined_notes([part.notes for part in parts]),
        )

    def to_dict(self, orient: Literal["columns"] = "columns") -> dict[str, NDArray[Any]]:
        """The columns by name, as arrays of M values, ready for a data frame.

        Args:
            orient: "columns", the only choice.

        Returns:
            id, image_id, category_id, area, is_crowd, ignore, and bbox_x, bbox_y, bbox_w, bbox_h.

        Raises:
            ValueError: for another orient.
        """
        names = ("id", "image_id", "category_id", "area", "is_crowd", "ignore")
        return _by_name(self, names, orient)


@dataclass(frozen=True, eq=False)
class Listed:
    """The lists of a whole COCO file of predictions, which may contradict the ground truth.

    Attributes:
        categories: ids and names.
        images: ids and file names.
    """

    categories: Categories
    images: Images


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """N predictions in file order.

    Attributes:
        image_id: int64, shape (N,).
        category_id: int64, shape (N,).
        score: float64, shape (N,).
        boxes: xywh in pixels, float64, shape (N, 4); NaN rows where a record has no box.
        segmentations: the segmentations as the file holds them.
        source: name of the file, for messages.
        notes: notes from reading.
        listed: the file's own lists; None for a list of results.
    """

    image_id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    score: NDArray[np.float64]
    boxes: NDArray[np.float64]
    segmentations: Segmentations
    source: str = "predictions"
    notes: tuple[Note, ...] = ()
    listed: Listed | None = None

    def __len__(self) -> int:
        return len(self.score)

    def __repr__(self) -> str:
        """One line: the file and its count."""
        return f"Predictions({self.source}: {counted(len(self), 'prediction')})"

    @property
    def has_box(self) -> NDArray[np.bool_]:
        """Whether each record has a box, bool, shape (N,)."""
        missing = np.asarray(np.isnan(self.boxes).all(axis=1))
        return ~missing

    def describe(self, index: int) -> str:
        """The name of one prediction in messages."""
        return f"{self.source}: prediction #{index} (image_id {self.image_id[index]})"

    def __getitem__(self, rows: slice | ArrayLike) -> Predictions:
        """Some of the predictions.

        Args:
            rows: a mask, bool, shape (N,); a slice; or indices in any order.

        Example:
            >>> from segeval import load_predictions
            >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
            >>> preds = load_predictions([{**box, "score": 0.9}, {**box, "score": 0.2}])
            >>> preds[preds.score > 0.5]
            Predictions(predictions: 1 prediction)
        """
        chosen = rows if isinstance(rows, slice) else np.asarray(rows)
        return self.take(np.atleast_1d(np.arange(len(self))[chosen]))

    def take(self, index: NDArray[np.integer]) -> Predictions:
        """The predictions at `index`, in that order."""
        return Predictions(
            image_id=self.image_id[index],
            category_id=self.category_id[index],
            score=self.score[index],
            boxes=self.boxes[index],
            segmentations=self.segmentations.take(index),
            source=self.source,
            notes=self.notes,
            listed=self.listed,
        )

    def with_scores(self, scores: ArrayLike) -> Predictions:
        """The same predictions with other scores.

        Args:
            scores: one number per prediction, shape (N,).

        Raises:
            ShapeError: unless there is one score per prediction.
        """
        try:
            new = np.array(scores, np.float64)  # a copy: the caller may change theirs later
        except (TypeError, ValueError, OverflowError):
            raise ShapeError(
                "`scores` must be numbers, one for each prediction", code="score", option="scores"
            ) from None
        if np.isnan(new).any():
            raise ShapeError(
                "`scores` must be numbers: NaN has no place in their order",
                code="score",
                option="scores",
            )
        if new.shape != self.score.shape:
            raise ShapeError(
                f"`scores` has shape {new.shape}, expected {self.score.shape}: one number for each "
                "prediction",
                code="score",
                option="scores",
            )
        return replace(self, score=new)

    @classmethod
    def concatenate(cls, parts: Sequence[Predictions], *, source: str | None = None) -> Predictions:
        """Predictions of several files, one file after the other.

        Args:
            parts: at least one; they may share images.
            source: name of the whole in messages, by default made from the parts' names.

        Raises:
            InputError: if there are no parts.

        Example:
            >>> from segeval import load_predictions
            >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
            >>> one = load_predictions([{**box, "score": 0.9}])
            >>> Predictions.concatenate([one, one]).score
            array([0.9, 0.9])
        """
        parts = checked_parts(parts, cls)
        return cls(
            image_id=np.concatenate([part.image_id for part in parts]),
            category_id=np.concatenate([part.category_id for part in parts]),
            score=np.concatenate([part.score for part in parts]),
            boxes=np.concatenate([part.boxes for part in parts]),
            segmentations=Segmentations.concatenate([part.segmentations for part in parts]),
            source=source or joined_sources([part.source for part in parts]),
            notes=joined_notes([part.notes for part in parts]),
        )

    def to_dict(self, orient: Literal["columns"] = "columns") -> dict[str, NDArray[Any]]:
        """The columns by name, as arrays of N values, ready for a data frame.

        Args:
            orient: "columns", the only choice.

        Returns:
            image_id, category_id, score, and bbox_x, bbox_y, bbox_w, bbox_h.

        Raises:
            ValueError: for another orient.
        """
        return _by_name(self, ("image_id", "category_id", "score"), orient)

    def to_dataframe(self) -> Any:
        """The columns of `to_dict` as a `pandas.DataFrame`, which needs pandas."""
        return data_frame(self.to_dict())


def _by_name(
    found: GroundTruth | Predictions, names: Sequence[str], orient: str
) -> dict[str, NDArray[Any]]:
    """Some columns, and the four coordinates of the boxes as separate columns."""
    if orient != "columns":
        raise ValueError(f'orient is {orient!r}, expected "columns"')
    return {
        **{name: getattr(found, name) for name in names},
        **{f"bbox_{side}": found.boxes[:, place] for place, side in enumerate("xywh")},
    }
