"""Ground truth and predictions as frozen columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.column_shapes import (
    ANNOTATIONS,
    PREDICTIONS,
    new_scores,
    prove_columns,
    prove_numbers,
)
from segeval.data.data_frame import Backend, array_columns, columns_by_name, data_frame
from segeval.data.file_lists import Categories, IdLists, Images, Listed
from segeval.data.joining import (
    check_disjoint,
    check_same_categories,
    checked_parts,
    joined_columns,
    joined_notes,
    joined_numbers,
    joined_sources,
    numbered_alike,
)
from segeval.data.keys import Keys, Numbered, shown_id
from segeval.data.places import Files, place_text
from segeval.data.rowwise import all_of
from segeval.data.segmentations import Segmentations
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.words import counted

__all__ = ["Categories", "GroundTruth", "IdLists", "Images", "Listed", "Predictions"]


@frozen(eq=False, repr=False)
class GroundTruth:
    """M annotations with their images and categories, in file order.

    Attributes:
        images: the images of the set.
        categories: the categories of the set.
        id: annotation ids, int64, shape (M,); places in `keys` unless that is None.
        image_id: int64, shape (M,); places in `images.keys` unless that is None.
        category_id: int64, shape (M,); places in `categories.keys` unless that is None.
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
        keys: annotation ids that are text or at least 2^63, ascending; None for other ids.
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
    keys: Keys | None = None

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        prove_columns(self, len(self.id), ANNOTATIONS, "segmentations")

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        """One line: the file and its counts."""
        return (
            f"GroundTruth({self.source}: {counted(len(self), 'annotation')}, "
            f"{counted(len(self.images), 'image')}, "
            f"{counted(len(self.categories), 'category', 'categories')})"
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
        return self.images.sizes_of(self.image_id)

    @cached_property
    def masks(self) -> RunLengths:
        """The M masks as runs; polygons are rasterised once, when first asked for."""
        return self.draw_masks(None)

    def draw_masks(self, workers: int | None) -> RunLengths:
        """`masks`, drawn by so many threads, None for all cores."""
        vars(self)["masks"] = self.segmentations.run_lengths(self.mask_sizes, self, workers=workers)
        return self.masks

    @property
    def drawn_masks(self) -> RunLengths | None:
        """`masks` if they have been drawn already."""
        return vars(self).get("masks")

    def describe(self, index: int) -> str:
        """The name of one annotation in messages."""
        name = shown_id(self.id[index], self.keys)
        return f"{self.source}: annotation {name} (image_id {self.shown_image(index)})"

    def shown_image(self, index: int) -> str:
        """The id of the image of one annotation in messages."""
        return shown_id(self.image_id[index], self.images.keys)

    def numbered(self) -> dict[str, Numbered]:
        """All columns of ids, with their keys, by what the ids are of."""
        lists = [one.ids for one in self.images.lists if one is not None]
        return {
            "image": (self.images.keys, [self.images.id, self.image_id]),
            "category": (self.categories.keys, [self.categories.id, self.category_id, *lists]),
            "annotation": (self.keys, [self.id]),
        }

    def renumbered(self, ids: Mapping[str, Numbered]) -> GroundTruth:
        """The same with other numbers for ids, in the form of `numbered`."""
        image_keys, (images, image_id) = ids["image"]
        category_keys, (categories, category_id, *lists) = ids["category"]
        annotation_keys, (annotation_id,) = ids["annotation"]
        rest = iter(lists)
        negative, not_exhaustive = (
            None if one is None else replace(one, ids=next(rest)) for one in self.images.lists
        )
        own: dict[str, Any] = {"negative": negative, "not_exhaustive": not_exhaustive}
        return replace(
            self,
            images=replace(self.images, id=images, keys=image_keys, **own),
            categories=replace(self.categories, id=categories, keys=category_keys),
            id=annotation_id,
            image_id=image_id,
            category_id=category_id,
            keys=annotation_keys,
        )

    @classmethod
    def concatenate(cls, parts: Sequence[GroundTruth], *, source: str | None = None) -> GroundTruth:
        """Ground truth of several files, one file after the other.

        Args:
            parts: at least one, of the same categories; no image and no annotation id is in two.
            source: name of the whole in messages, by default made from the parts' names.

        Raises:
            InputError: if there are no parts.
            MismatchError: if two parts share an image or annotation id, or differ in categories.
        """
        parts = numbered_alike(checked_parts(parts, cls))
        first = parts[0]
        check_same_categories(parts)
        sources = [part.source for part in parts]
        check_disjoint(sources, "image", [part.images.id for part in parts], first.images.keys)
        check_disjoint(sources, "annotation", [part.id for part in parts], first.keys)
        return cls(
            images=Images.concatenate([part.images for part in parts]),
            categories=first.categories,
            keys=first.keys,
            **joined_columns(parts, ANNOTATIONS),
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
        keys = {"id": self.keys, "image_id": self.images.keys, "category_id": self.categories.keys}
        return columns_by_name(self, names, orient, keys)

    def to_dataframe(self, backend: Backend | None = None) -> Any:
        """The columns of `to_dict` as a data frame; argument and errors as in `Table`'s."""
        return data_frame(array_columns(self.to_dict()), backend)


@frozen(eq=False, repr=False)
class Predictions:
    """N predictions in file order.

    Attributes:
        image_id: int64, shape (N,); places in `image_keys` unless that is None.
        category_id: int64, shape (N,); places in `category_keys` unless that is None.
        score: float64, shape (N,).
        boxes: xywh in pixels, float64, shape (N, 4); NaN rows where a record has no box.
        segmentations: the segmentations as the file holds them.
        source: name of the file, for messages.
        notes: notes from reading.
        listed: the file's own lists; None for a list of results.
        image_keys: ids of images that are text or at least 2^63, ascending; None for other ids.
        category_keys: the same for ids of categories.
        files: of a folder, the place of the first record of every file, and its name.
        rows: place of each record in its file, where some were left out, int64, shape (N,); None
            where all are here, in their order.
        extra: further numbers of every record by name, float64, shape (N,), written with it.
    """

    image_id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    score: NDArray[np.float64]
    boxes: NDArray[np.float64]
    segmentations: Segmentations
    source: str = "predictions"
    notes: tuple[Note, ...] = ()
    listed: Listed | None = None
    image_keys: Keys | None = None
    category_keys: Keys | None = None
    files: Files = ()
    rows: NDArray[np.int64] | None = None
    extra: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        own = () if self.rows is None else ("rows",)
        prove_columns(self, len(self.score), PREDICTIONS, "segmentations", *own)
        prove_numbers(self.extra, len(self))

    def __len__(self) -> int:
        return len(self.score)

    def __repr__(self) -> str:
        """One line: the file and its count."""
        return f"Predictions({self.source}: {counted(len(self), 'prediction')})"

    @cached_property
    def has_box(self) -> NDArray[np.bool_]:
        """Whether each record has a box, bool, shape (N,)."""
        return ~all_of(np.isnan(self.boxes))

    def describe(self, index: int) -> str:
        """The name of one prediction in messages."""
        which = place_text(self.place(index), self.files)
        return f"{self.source}: prediction {which} (image_id {self.shown_image(index)})"

    def place(self, index: int) -> int:
        """The place of one prediction in its file, from 0."""
        return int(index if self.rows is None else self.rows[index])

    @property
    def places(self) -> NDArray[np.int64]:
        """The place of each prediction in its file, from 0, int64, shape (N,)."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def shown_image(self, index: int) -> str:
        """The id of the image of one prediction in messages."""
        return shown_id(self.image_id[index], self.image_keys)

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
        if not isinstance(chosen, slice) and not chosen.size:
            chosen = chosen.astype(np.int64)  # an empty list is one of floats
        return self.take(np.atleast_1d(np.arange(len(self))[chosen]))

    def take(self, index: NDArray[np.integer]) -> Predictions:
        """The predictions at `index`, in that order."""
        return replace(
            self,
            image_id=self.image_id[index],
            category_id=self.category_id[index],
            score=self.score[index],
            boxes=self.boxes[index],
            segmentations=self.segmentations.take(index),
            files=self.files if self.rows is not None else (),  # else rows are no places any more
            rows=None if self.rows is None else self.rows[index],
            extra={name: column[index] for name, column in self.extra.items()},
        )

    def only(self, index: NDArray[np.integer]) -> Predictions:
        """The predictions at `index`, in that order, with their places in the file."""
        rows = np.arange(len(self)) if self.rows is None else self.rows
        return replace(self, rows=rows).take(index)

    def with_scores(self, scores: ArrayLike) -> Predictions:
        """The same predictions with other scores.

        Args:
            scores: one number per prediction, shape (N,).

        Raises:
            ShapeError: unless there is one score per prediction.
        """
        return replace(self, score=new_scores(scores, len(self)))

    def numbered(self) -> dict[str, Numbered]:
        """The columns of ids, with their keys, by what the ids are of."""
        return {
            "image": (self.image_keys, [self.image_id]),
            "category": (self.category_keys, [self.category_id]),
        }

    def renumbered(self, ids: Mapping[str, Numbered]) -> Predictions:
        """The same with other numbers for ids, in the form of `numbered`."""
        image_keys, (image_id,) = ids["image"]
        category_keys, (category_id,) = ids["category"]
        return replace(
            self,
            image_id=image_id,
            category_id=category_id,
            image_keys=image_keys,
            category_keys=category_keys,
        )

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
        parts = numbered_alike(checked_parts(parts, cls))
        return cls(
            image_keys=parts[0].image_keys,
            category_keys=parts[0].category_keys,
            **joined_columns(parts, PREDICTIONS),
            extra=joined_numbers([part.extra for part in parts]),
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
        keys = {"image_id": self.image_keys, "category_id": self.category_keys}
        return columns_by_name(self, ("image_id", "category_id", "score"), orient, keys)

    def to_dataframe(self, backend: Backend | None = None) -> Any:
        """The columns of `to_dict` as a data frame; argument and errors as in `Table`'s."""
        return data_frame(array_columns(self.to_dict()), backend)
