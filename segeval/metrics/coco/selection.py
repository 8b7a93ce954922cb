"""What is evaluated: the records of both files that take part, by index instead of by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.data import Categories, GroundTruth, Predictions
from segeval.data.chosen import chosen
from segeval.data.ids import index_of, last_of_each
from segeval.data.image_subsets import ImageSlice
from segeval.data.keys import Keys, written
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.caps import NO_LIMIT
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.tolerated import check_ids
from segeval.tallies import tallied


@frozen(eq=False)
class Selection:
    """The records that take part.

    Attributes:
        image_ids: ascending, int64, shape (I,).
        category_ids: ascending, int64, shape (K,); (-1,) when categories are merged.
        image_rows: index of each image in `Images`, int64, shape (I,).
        category_rows: index of each category in `Categories`, int64, shape (K,); empty when merged.
        gt: index of each annotation in the `GroundTruth`, int64, shape (G,).
        gt_image: index into image_ids, int32, shape (G,).
        gt_category: index into category_ids, int32, shape (G,).
        preds: index of each prediction in the `Predictions`, int64, shape (N,).
        pred_image: index into image_ids, int32, shape (N,).
        pred_category: index into category_ids, int32, shape (N,).
        notes: what was dropped, and which traps were met.
        image_keys: the keys of image_ids; None where these are the ids themselves.
        category_keys: the keys of category_ids, likewise.
    """

    image_ids: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    image_rows: NDArray[np.int64]
    category_rows: NDArray[np.int64]
    gt: NDArray[np.int64]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]
    preds: NDArray[np.int64]
    pred_image: NDArray[np.int32]
    pred_category: NDArray[np.int32]
    notes: tuple[Note, ...]
    image_keys: Keys | None = None
    category_keys: Keys | None = None

    def with_preds(self, keep: NDArray[np.bool_]) -> Selection:
        """The same with only the predictions where keep, bool, shape (N,), is True."""
        return replace(
            self,
            preds=self.preds[keep],
            pred_image=self.pred_image[keep],
            pred_category=self.pred_category[keep],
        )

    def within(self, part: ImageSlice) -> Selection:
        """The same for a slice of the images alone, by the rows that records have in it."""
        images = part.images[self.image_rows]
        place = (np.cumsum(images) - 1).astype(np.int32)
        own, others = images[self.gt_image], images[self.pred_image]
        return replace(
            self,
            image_ids=self.image_ids[images],
            image_rows=np.cumsum(part.images)[self.image_rows[images]] - 1,
            gt=np.searchsorted(part.gt, self.gt[own]),
            gt_image=place[self.gt_image[own]],
            gt_category=self.gt_category[own],
            preds=np.searchsorted(part.preds, self.preds[others]),
            pred_image=place[self.pred_image[others]],
            pred_category=self.pred_category[others],
            notes=(),
        )

    def category_names(self, categories: Categories) -> tuple[str, ...]:
        """Names of the K categories that take part."""
        if not len(self.category_rows):
            return ("all categories",) * len(self.category_ids)
        return tuple(categories.names[row] for row in self.category_rows)

    def frequencies(self, categories: Categories) -> tuple[str, ...] | None:
        """Frequencies of the K categories that take part, None if the file has none."""
        known = categories.frequencies
        if known is None or not len(self.category_rows):
            return None
        return tuple(known[row] for row in self.category_rows)


@frozen(eq=False)
class Chosen:
    """The images and categories that take part, whatever is predicted.

    Attributes:
        every: ids of all images, ascending, int64.
        image_ids: of the I images that take part, ascending, int64, shape (I,).
        image_rows: index of each in `Images`, int64, shape (I,).
        category_ids: of the K categories, ascending, int64, shape (K,).
        category_rows: index of each in `Categories`, int64, shape (K,).
    """

    every: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    image_rows: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    category_rows: NDArray[np.int64]

    @classmethod
    def of(cls, gt: GroundTruth, request: Request) -> Chosen:
        """Those that are asked for.

        Raises:
            InputError: if a category or image asked for does not exist.
        """
        every, rows = last_of_each(gt.images.id)
        category_ids, category_rows = last_of_each(gt.categories.id)
        image_ids, image_rows = _wanted(
            every, rows, gt.images.keys, gt.images.file_names, request.images, "images", gt.source
        )
        category_ids, category_rows = _wanted(
            category_ids, category_rows, gt.categories.keys, gt.categories.names,
            request.categories, "categories", gt.source,
        )  # fmt: skip
        return cls(every, image_ids, image_rows, category_ids, category_rows)

    def annotations(
        self, gt: GroundTruth, request: Request
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """Rows of the annotations that take part, with the indices of their images and categories.

        Args:
            gt: all ground truth.
            request: that of these.
        """
        rows = _annotation_rows(gt, self.every, self.category_ids, request)
        return _known(
            rows, gt.image_id[rows], gt.category_id[rows], self.image_ids, self.category_ids
        )


def select(preds: Predictions, gt: GroundTruth, request: Request) -> Selection:
    """Find the records that take part, and refuse files that would give a wrong number.

    Raises:
        MismatchError: if the two files do not belong together.
        FormatError: if records of one file contradict each other.
        InputError: if a category or image asked for does not exist.
    """
    skip_unknown = request.skip_unknown or request.protocol.skips_unknown
    notes = check_ids(
        preds, gt, request.rules, skip_unknown=skip_unknown, agnostic=request.protocol.agnostic
    )
    of = Chosen.of(gt, request)
    image_ids, category_ids, category_rows = of.image_ids, of.category_ids, of.category_rows
    rows, gt_image, gt_category = of.annotations(gt, request)
    used, low = _scored(preds, request, image_ids)
    notes = [*notes, *low]
    found, pred_image, pred_category = _known(
        used, preds.image_id[used], preds.category_id[used], image_ids,
        _predicted_categories(preds, category_ids, request),
    )  # fmt: skip
    if request.protocol.agnostic:
        # All categories as one, in the order of their ids: that order breaks ties.
        order = np.argsort(gt_category, kind="stable")
        rows, gt_image = rows[order], gt_image[order]
        order = np.argsort(pred_category, kind="stable")
        found, pred_image = found[order], pred_image[order]
        gt_category = np.zeros(len(rows), np.int32)
        pred_category = np.zeros(len(found), np.int32)
        category_ids = np.array([-1], np.int64)
        category_rows = np.empty(0, np.int64)
    return Selection(
        image_ids=image_ids,
        category_ids=category_ids,
        image_rows=of.image_rows,
        category_rows=category_rows,
        gt=rows,
        gt_image=gt_image,
        gt_category=gt_category,
        preds=found,
        pred_image=pred_image,
        pred_category=pred_category,
        notes=tuple(notes),
        image_keys=gt.images.keys,
        category_keys=None if request.protocol.agnostic else gt.categories.keys,
    )


def _scored(
    preds: Predictions, request: Request, image_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Note]]:
    """Rows of the predictions that score enough, and a note on the others.

    Args:
        preds: all predictions.
        request: the request, for the lowest score; where it names images, others are not counted.
        image_ids: of the images that take part, int64, shape (I,).
    """
    min_score = request.min_score
    if min_score is None:
        return np.arange(len(preds)), []
    is_low = ~(preds.score >= min_score)
    rows = np.flatnonzero(~is_low)
    if request.images is not None:
        is_low &= np.isin(preds.image_id, image_ids)
    count = int(is_low.sum())
    if not count:
        return rows, []
    text = (
        "{n:prediction|predictions} with a score below "
        f"`min_score={min_score:g}` {{n?was|were}} not used"
    )
    images = preds.image_id[is_low]
    return rows, [tallied("min-score", text, images=images, n=count, option="min_score")]


def _predicted_categories(
    preds: Predictions, category_ids: NDArray[np.int64], request: Request
) -> NDArray[np.int64]:
    """Ids of categories whose predictions take part: all, where categories are ignored.

    The official packages drop predictions of unknown categories there too.
    """
    ignores = request.protocol.agnostic and request.rules.is_strict and not request.categories
    return np.union1d(category_ids, preds.category_id) if ignores else category_ids


def under_cap(
    selection: Selection, rank: NDArray[np.int32], request: Request
) -> tuple[Selection, list[Note]]:
    """The predictions whose rank is below the largest cap, and a note on the others.

    Args:
        selection: the records that take part.
        rank: rank of each prediction under the cap, int32, shape (N,).
        request: the request, for its caps.
    """
    limit = request.protocol.max_dets[-1]
    beyond = rank >= (limit or NO_LIMIT)
    if not beyond.any():
        return selection, []
    of = selection.pred_image
    if request.protocol.cap_scope == "category":
        of = selection.pred_category
    images = selection.image_ids[selection.pred_image[beyond]]
    note = beyond_cap(request, int(beyond.sum()), len(np.unique(of[beyond])), images)
    return selection.with_preds(~beyond), [note]


def beyond_cap(
    request: Request, count: int, groups: int, images: NDArray[np.int64] | None = None
) -> Note:
    """A note on predictions beyond the largest cap.

    Args:
        request: the request, for its caps.
        count: number of these predictions.
        groups: number of their images, or of their categories under a cap over the whole set.
        images: ids of the images of these predictions; None if not known.
    """
    where = "in {groups:image|images}"
    if request.protocol.cap_scope == "category":
        where = "of {groups:category|categories}"
    text = (
        f"{{n:prediction|predictions}} beyond max_dets {request.protocol.max_dets[-1]} {where} "
        "{n?was|were} not used (`max_dets=0` uses all)"
    )
    return tallied("max-dets", text, images=images, n=count, groups=groups, option="max_dets")


def _wanted(
    ids: NDArray[np.int64],
    rows: NDArray[np.int64],
    keys: Keys | None,
    names: Sequence[str],
    wanted: Sequence[int | str] | None,
    option: Literal["categories", "images"],
    source: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids that the user asked for, by id or by name, and their rows."""
    if wanted is None:
        return ids, rows
    named = [names[row] for row in rows]
    places = chosen(wanted, written(ids, keys), named, option=option, source=source)
    return ids[places], rows[places]


def has_area(area: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether LVIS counts a record at all: 0 < area < infinity, bool, shape of area."""
    return (area > 0) & (area < np.inf)


def _annotation_rows(
    gt: GroundTruth,
    image_ids: NDArray[np.int64],
    category_ids: NDArray[np.int64],
    request: Request,
) -> NDArray[np.int64]:
    """Annotations in file order; in a compat mode as the packages see repeated ids.

    They list the ids of annotations whose image and category are known (lvis: and whose area
    counts), then look each id up in a table where a later record replaces an earlier one of the
    same id.
    """
    if not request.rules.picks_by_id:
        return np.arange(len(gt))
    ids, last = last_of_each(gt.id)
    image = index_of(gt.image_id, image_ids)
    listable = image >= 0
    if not request.protocol.agnostic:  # pycocotools lists all of an image where categories merge
        listable &= index_of(gt.category_id, category_ids) >= 0
    if request.protocol.federated:
        listable &= has_area(gt.area) | np.isnan(gt.area)
    listed = np.flatnonzero(listable)
    if len(ids) == len(gt):
        return listed
    listed = listed[np.argsort(image[listed], kind="stable")]
    rows: NDArray[np.int64] = last[np.searchsorted(ids, gt.id[listed])]
    return rows


def _known(
    rows: NDArray[np.int64],
    image_id: NDArray[np.int64],
    category_id: NDArray[np.int64],
    image_ids: NDArray[np.int64],
    category_ids: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Rows whose image and category are among those evaluated, with the indices of both."""
    image = index_of(image_id, image_ids)
    category = index_of(category_id, category_ids)
    keep = (image >= 0) & (category >= 0)
    if keep.all():
        return rows, image, category
    return rows[keep], image[keep], category[keep]
