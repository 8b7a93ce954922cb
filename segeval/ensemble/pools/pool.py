"""The predictions of several models as one set of columns, whose order no file decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.analysis.calibration.fits import Fit, in_order
from segeval.analysis.calibration.targets import check_probabilities
from segeval.checks.together.lineup import Lineup
from segeval.checks.together.weighable import scores_to_weigh
from segeval.data import GroundTruth, Predictions
from segeval.data.geometry import corners, masks_of_several
from segeval.data.ids import NARROW, distinct, index_of
from segeval.data.joining import numbered_alike
from segeval.data.keys import Key, written
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.masks import RunLengths


@frozen(eq=False)
class Pool:
    """N predictions of M models.

    Attributes:
        files: predictions of each model, in which equal numbers are equal ids.
        image_ids: ids of the images, ascending, int64, shape (I,).
        category_ids: ids of the categories, ascending, int64, shape (C,).
        model: index of the model, int32, shape (N,).
        row: row in that model's predictions, int64, shape (N,).
        image: index of the image, int32, shape (N,).
        category: index of the category, int32, shape (N,).
        weight: of the model for the category, float64, shape (N,).
        score: weighted, float64, shape (N,).
        boxes: x0, y0, x1, y1 in pixels, float64, shape (N, 4).
    """

    files: tuple[Predictions, ...]
    image_ids: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    model: NDArray[np.int32]
    row: NDArray[np.int64]
    image: NDArray[np.int32]
    category: NDArray[np.int32]
    weight: NDArray[np.float64]
    score: NDArray[np.float64]
    boxes: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Pool:
        """Some of the predictions, in that order."""
        names = ("model", "row", "image", "category", "weight", "score", "boxes")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def weighted(self, weights: NDArray[np.float64]) -> Pool:
        """The same with scores times weights, of each model (M,), or for each category too (M, C).

        Weights that the predictions had before are replaced, and their scores multiplied.
        """
        of_row = weights[self.model] if weights.ndim == 1 else weights[self.model, self.category]
        return replace(self, weight=of_row, score=self.score * of_row)

    def calibrated(self, fits: Sequence[Fit | None]) -> Pool:
        """The same with scores by a function of each model, in their order; None leaves them.

        Raises:
            InputError: for a score above 1 of a model with a function.
        """
        score = self.score.copy()
        for model, fit in enumerate(fits):
            own = self.model == model
            if fit is not None:
                check_probabilities(self.files[model])
                score[own] = in_order(fit, score[own])
        return replace(self, score=score)

    def within(self, gt: GroundTruth) -> Pool:
        """The predictions for the images of a ground truth, among the same categories."""
        ids = set(gt.images.written_ids)
        known = [key in ids for key in written(self.image_ids, self.files[0].image_keys)]
        if all(known):
            return self
        return self.take(np.flatnonzero(np.array(known, np.bool_)[self.image]))

    def masks(self, rows: NDArray[np.integer]) -> RunLengths:
        """Masks of some predictions, in that order; errors as in `geometry.masks_of`."""
        return masks_of_several(self.files, self.model[rows], self.row[rows])

    @cached_property
    def categories(self) -> list[Key]:
        """Ids of the categories as written, C of them."""
        return written(self.category_ids, self.files[0].category_keys)

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """Number of the image and category of each prediction, int64, shape (N,)."""
        return self.image.astype(np.int64) * max(len(self.category_ids), 1) + self.category


def pooled(models: Sequence[Predictions], weights: ArrayLike | None = None) -> Pool:
    """Predictions of several models with weighted scores, model by model, in file order.

    Args:
        models: predictions of M models.
        weights: of each model, shape (M,); or for each category too, shape (M, C), in ascending
            ids of all categories that occur. None for 1 each.

    Raises:
        MismatchError: if ids are text in one file and numbers in another.
        FormatError: for a score that is not finite or below 0, or a record without a place.

    Example:
        >>> from segeval import load_predictions
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> models = [load_predictions([{**box, "score": score}]) for score in (0.8, 0.6)]
        >>> pooled(models, weights=[1, 0.5]).score
        array([0.8, 0.3])
    """
    files = tuple(numbered_alike(list(models)))
    raise_first(scores_to_weigh(Lineup(files)))
    image_ids = _all_of([each.image_id for each in files])
    category_ids = _all_of([each.category_id for each in files])
    sizes = [len(each) for each in files]
    category = index_of(np.concatenate([each.category_id for each in files]), category_ids)
    model = np.repeat(np.arange(len(files), dtype=np.int32), sizes)
    pool = Pool(
        files=files,
        image_ids=image_ids,
        category_ids=category_ids,
        model=model,
        row=np.concatenate([np.arange(size) for size in sizes]),
        image=index_of(np.concatenate([each.image_id for each in files]), image_ids),
        category=category,
        weight=np.broadcast_to(1.0, len(model)),
        score=np.concatenate([each.score for each in files]),
        boxes=np.concatenate([corners(each) for each in files]),
    )
    return pool if weights is None else pool.weighted(np.asarray(weights, np.float64))


def _all_of(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """All ids of some columns, ascending, each once."""
    return distinct(np.concatenate([_distinct_of(column) for column in columns]))


def _distinct_of(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids in ascending order, each once; by a table where they are close to each other."""
    low, high = (int(ids.min()), int(ids.max())) if len(ids) else (0, 0)
    if high - low > max(NARROW, 4 * len(ids)) or not len(ids):
        return distinct(ids)
    is_there = np.zeros(high - low + 1, np.bool_)
    is_there[ids - low] = True
    return np.flatnonzero(is_there) + low
