"""Predictions by image, with the places of their categories in some statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.geometry import corners
from segeval.data.ids import distinct, edges_of, index_of
from segeval.data.keys import Key, written
from segeval.data.kinds_of_ids import paired
from segeval.data.wrong_ids import unknown_ids_of
from segeval.errors import Note
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.rescore.statistics.around import Outlines
from segeval.rescore.statistics.outlines import Iou, outlines_of_boxes, outlines_of_predictions
from segeval.words import counted

BATCH = 8192
"""Predictions whose outlines are made together."""


@frozen(eq=False)
class Placed:
    """N predictions whose categories the statistics know, by image.

    Attributes:
        preds: all predictions.
        rows: of these N, by image, int64, shape (N,).
        offsets: image i has `rows[offsets[i]:offsets[i + 1]]`, int64, shape (I + 1,).
        category: place of the category of each in the statistics, int64, shape (N,).
        corners: x0, y0, x1, y1 of their boxes, float64, shape (N, 4); None if masks are compared.
    """

    preds: Predictions
    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    category: NDArray[np.int64]
    corners: NDArray[np.float64] | None

    @property
    def score(self) -> NDArray[np.float64]:
        """Their scores, float64, shape (N,)."""
        return self.preds.score[self.rows]

    def in_batches(
        self,
        one: Callable[[NDArray[np.int64], Outlines, slice], None],
        workers: int | None,
    ) -> None:
        """Call a function on the predictions of some images together, in threads.

        Args:
            one: called with the edges of some images, the outlines of their predictions, and the
                span of these.
            workers: threads, None for all cores.

        Raises:
            FormatError: if masks are compared and one is missing or malformed.
            MismatchError: for masks of different sizes in one image.
        """

        def of_slice(start: int, stop: int) -> None:
            for first, last in self._batches(start, stop):
                at = slice(int(self.offsets[first]), int(self.offsets[last]))
                outlines = (
                    outlines_of_predictions(self.preds, self.rows[at])
                    if self.corners is None
                    else outlines_of_boxes(self.corners[at])
                )
                one(self.offsets[first : last + 1] - at.start, outlines, at)

        map_slices(of_slice, len(self.offsets) - 1, workers, least=64)

    def _batches(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Spans of images from `start` to `stop` with a few thousand predictions together."""
        while start < stop:
            last = int(np.searchsorted(self.offsets, self.offsets[start] + BATCH, "right")) - 1
            last = min(max(last, start + 1), stop)
            yield start, last
            start = last


def placed(
    preds: Predictions,
    categories: Sequence[Key],
    iou: Iou,
    *,
    used: NDArray[np.bool_] | None = None,
    rows: NDArray[np.int64] | None = None,
) -> Placed:
    """Predictions by image, for the kernels.

    Args:
        preds: predictions.
        categories: ids of the statistics as written.
        iou: what will be compared.
        used: which categories matter, bool, shape (C,); None for all.
        rows: rows of the predictions to take; None for all.

    Raises:
        FormatError: for a prediction without a place.
    """
    category = places_of(preds, categories)
    known = category >= 0
    if used is not None:
        known &= np.append(used, False)[category]
    rows = np.flatnonzero(known) if rows is None else rows[known[rows]]
    rows = rows[np.argsort(preds.image_id[rows], kind="stable")]
    return Placed(
        preds=preds,
        rows=rows,
        offsets=edges_of(preds.image_id[rows]),
        category=category[rows],
        corners=corners(preds, rows) if iou == "bbox" else None,
    )


def places_of(preds: Predictions, categories: Sequence[Key]) -> NDArray[np.int64]:
    """The place of each prediction's category among some ids as written, -1 if it has none."""
    ids = distinct(preds.category_id)
    known = {key: place for place, key in enumerate(categories)}
    place = np.array([known.get(key, -1) for key in written(ids, preds.category_keys)], np.int64)
    return np.append(place, -1)[index_of(preds.category_id, ids)]


def check_categories(preds: Predictions, fit: GroundTruth) -> tuple[Note, ...]:
    """Refuse ground truth of other categories; a note where it lacks some.

    Raises:
        MismatchError: if it has none of the categories of the predictions, or their ids are text in
            one file and numbers in the other.
    """
    preds, fit = paired(preds, fit)
    unknown = index_of(preds.category_id, distinct(fit.categories.id)) < 0
    if not unknown.any():
        return ()
    if unknown.all():
        raise_first(unknown_ids_of("category", preds, fit))
    number = int(unknown.sum())
    message = (
        f"{counted(number, 'prediction is of a category', 'predictions are of categories')} that "
        f"{fit.source} "
        f"does not list, and {'keeps its score' if number == 1 else 'keep their scores'}"
    )
    return (Note("unknown-category", message, number, None),)
