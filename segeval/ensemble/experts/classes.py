"""Which categories an expert should be trained on: weak ones, and those that they are taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.open_images.tree import ClassTree
from segeval.errors import InputError, ShapeError
from segeval.frozen import frozen

THRESHOLDS = {"weights": 0.25, "confusion": 0.05, "hierarchy": 0.5}
"""The confusion above which a category is one that others are taken for, by its source."""

COUNT = 10
MIN_GT = 5


@frozen(eq=False)
class ExpertClasses:
    """Categories to train an expert on, as places among C.

    Attributes:
        positive: the weakest categories, by rising AP, int64, shape (P,).
        negative: those that they are confused with, by falling confusion, int64, shape (Q,).
        like: the positive category that each negative one is confused with most, int64, shape (Q,).
        confusion: with it, of the source whose threshold it exceeds most, float64, shape (Q,).
        rare: categories with too few objects to be judged, int64, shape (R,).
        thresholds: by source.
        positive_images: images with an object of a positive category; None without objects.
        negative_images: images with one of a negative category and none of a positive one.
    """

    positive: NDArray[np.int64]
    negative: NDArray[np.int64]
    like: NDArray[np.int64]
    confusion: NDArray[np.float64]
    rare: NDArray[np.int64]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    positive_images: int | None = None
    negative_images: int | None = None

    @property
    def ratio(self) -> float | None:
        """Negative images for each positive one; None where there is none, or no objects."""
        if not self.positive_images or self.negative_images is None:
            return None
        return self.negative_images / self.positive_images


def select_expert_classes(
    ap: ArrayLike,
    n_gt: ArrayLike,
    confusions: Mapping[str, ArrayLike],
    *,
    count: int = COUNT,
    min_gt: int = MIN_GT,
    thresholds: Mapping[str, float] | None = None,
    target_ratio: float | None = None,
    objects: tuple[ArrayLike, ArrayLike] | None = None,
) -> ExpertClasses:
    """The weakest categories, and those that they are confused with.

    Args:
        ap: validation AP of each category, shape (C,); NaN where there is no object.
        n_gt: number of objects of each, shape (C,).
        confusions: how much each category is confused with each, shape (C, C), by source: "weights"
            (`classifier_confusion`), "confusion" (`rate_confusion`) or "hierarchy"
            (`hierarchy_confusion`). A category is negative if one of them exceeds its threshold
            with a positive category.
        count: number of positive categories.
        min_gt: categories with fewer objects are not judged.
        thresholds: by source; None for .25 of weights, .05 of confusion.
        target_ratio: choose the threshold so that the negative images are this many times the
            positive ones, as nearly as can be; for one source.
        objects: number of the image, and place of the category, of every object, each of shape
            (M,), for the images.

    Raises:
        InputError: for a source that does not exist, or settings out of their range.
        ShapeError: if shapes do not fit.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.4. The paper chooses its threshold for three
        negative images to each positive one.

    Example:
        >>> vectors = [[1, 0, 0], [0.6, 0.8, 0], [0.2, 0, 0.98], [-1, 0.1, 0]]
        >>> found = select_expert_classes(
        ...     [0.1, 0.5, 0.6, 0.7],
        ...     [9, 9, 9, 9],
        ...     {"weights": classifier_confusion(vectors)},
        ...     count=1,
        ... )
        >>> found.positive.tolist(), found.negative.tolist(), found.confusion.round(6).tolist()
        ([0], [1], [0.6])
    """
    scores, numbers = np.asarray(ap, np.float64), np.asarray(n_gt)
    tables = {name: np.asarray(each, np.float64) for name, each in confusions.items()}
    limits = {name: THRESHOLDS.get(name, 0.0) for name in tables} | dict(thresholds or {})
    _check(scores, numbers, tables, limits, count=count, min_gt=min_gt)
    is_rare = (numbers < min_gt) | np.isnan(scores)
    judged = np.flatnonzero(~is_rare)
    positive = judged[np.argsort(scores[judged], kind="stable")][:count]
    others = np.setdiff1d(np.arange(len(scores)), positive)
    most = {name: _most(each, others, positive) for name, each in tables.items()}
    pairs = None if objects is None else _pairs(objects, len(scores))
    if target_ratio is not None:
        name = _only_graded(tables, target_ratio, has_objects=pairs is not None)
        if pairs is not None:
            limits[name] = _fitting(most[name][0], others, positive, pairs, target_ratio)
    chosen, like, value = _above(most, limits, others)
    images = (None, None) if pairs is None else _images(pairs, positive, chosen)
    return ExpertClasses(
        positive=positive,
        negative=chosen,
        like=positive[like] if len(positive) else like,
        confusion=value,
        rare=np.flatnonzero(is_rare),
        thresholds=limits,
        positive_images=images[0],
        negative_images=images[1],
    )


def classifier_confusion(weights: ArrayLike) -> NDArray[np.float64]:
    """Cosine between the rows of a classifier, without that of the background.

    Args:
        weights: a row for each category, shape (C, D).

    Returns:
        float64, shape (C, C); 0 with a row of zeros.

    Raises:
        ShapeError: for another number of dimensions.
        InputError: for weights that are not finite.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.4, which prints a distance for it.

    Example:
        >>> classifier_confusion([[1, 0], [3, 4], [0, 0]]).round(6).tolist()
        [[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    rows = np.asarray(weights, np.float64)
    if rows.ndim != 2:
        raise ShapeError(
            f"`weights` has shape {rows.shape}, expected a row for each category",
            code="expert-classes",
            option="weights",
        )
    if not np.isfinite(rows).all():
        raise InputError(
            "`weights` holds numbers that are not finite", code="expert-classes", option="weights"
        )
    most = np.abs(rows).max(axis=1, initial=0)  # so that squares neither vanish nor overflow
    rows = rows / np.where(most > 0, most, 1)[:, np.newaxis]
    length = np.sqrt((rows * rows).sum(axis=1))
    rows = rows / np.where(length > 0, length, 1)[:, np.newaxis]
    return np.asarray(rows @ rows.T)


def rate_confusion(counts: ArrayLike) -> NDArray[np.float64]:
    """How often objects of one category are taken for another, in the direction that is worse.

    Args:
        counts: of objects by their category and by what was found, the background last in both,
            shape (C + 1, C + 1), such as `segeval.analysis.Confusion.counts`.

    Returns:
        float64, shape (C, C): the higher of the shares of either category's objects.

    Raises:
        ShapeError: for a table that is not square.

    Example:
        >>> rate_confusion([[3, 1, 0], [1, 0, 1], [0, 0, 0]])[0].tolist()
        [0.75, 0.5]
    """
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not len(table):
        raise ShapeError(
            f"`counts` has shape {table.shape}, expected a row and a column for each category and "
            "for the background",
            code="expert-classes",
            option="counts",
        )
    total = table.sum(axis=1, keepdims=True)
    rate = (table / np.where(total > 0, total, 1))[:-1, :-1]
    return np.asarray(np.maximum(rate, rate.T))


def hierarchy_confusion(labels: Sequence[str], tree: ClassTree) -> NDArray[np.float64]:
    """1 for categories with a common parent in a tree of classes, else 0; the root is none.

    Args:
        labels: of C categories in the tree; those that it lacks are confused with none.
        tree: the tree.

    Returns:
        float64, shape (C, C).

    Example:
        >>> leaf = lambda name: {"LabelName": name}
        >>> animal = {"LabelName": "animal", "Subcategory": [leaf("cat"), leaf("dog")]}
        >>> tree = ClassTree.of({"LabelName": "all", "Subcategory": [animal, leaf("car")]})
        >>> hierarchy_confusion(["cat", "dog", "car", "animal"], tree)[0].tolist()
        [0.0, 1.0, 0.0, 0.0]
    """
    children: dict[str, set[int]] = {}
    for place, label in enumerate(labels):
        for parent in tree.parents.get(label, ()):
            children.setdefault(parent, set()).add(place)
    found = np.zeros((len(labels), len(labels)))
    for siblings in children.values():
        rows = sorted(siblings)
        found[np.ix_(rows, rows)] = 1
    np.fill_diagonal(found, 0)
    return found


def _check(
    scores: NDArray[np.float64],
    numbers: NDArray[np.integer],
    tables: Mapping[str, NDArray[np.float64]],
    limits: Mapping[str, float],
    *,
    count: int,
    min_gt: int,
) -> None:
    """Refuse what does not fit together."""
    size = len(scores) if scores.ndim == 1 else -1
    if size < 0 or numbers.shape != scores.shape:
        raise ShapeError(
            f"`ap` has shape {scores.shape} and `n_gt` {numbers.shape}, expected a number for each "
            "category in both",
            code="expert-classes",
            option="n_gt",
        )
    for name, table in tables.items():
        if name not in THRESHOLDS:
            raise InputError(
                f"`confusions` has {name!r}, expected some of {', '.join(THRESHOLDS)}",
                code="expert-classes",
                option="confusions",
            )
        if table.shape != (size, size):
            raise ShapeError(
                f"the confusion by {name} has shape {table.shape}, expected {(size, size)}: a row "
                "and a column for each category",
                code="expert-classes",
                option="confusions",
            )
    for name, limit in limits.items():
        if name not in tables or not -1 <= limit <= 1:
            raise InputError(
                f"`thresholds` has {limit:g} for {name!r}, expected numbers from -1 to 1 for "
                f"sources in use, {', '.join(tables)}",
                code="expert-classes",
                option="thresholds",
            )
    for name, value in (("count", count), ("min_gt", min_gt)):
        if value < 1:
            raise InputError(
                f"`{name}` is {value}, expected at least 1", code="expert-classes", option=name
            )


def _most(
    table: NDArray[np.float64], others: NDArray[np.int64], positive: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The highest confusion of each other category with a positive one, and which that is."""
    if not len(positive):
        return np.full(len(others), -np.inf), np.zeros(len(others), np.int64)
    own = table[np.ix_(others, positive)]
    return own.max(axis=1), own.argmax(axis=1)


def _above(
    most: Mapping[str, tuple[NDArray[np.float64], NDArray[np.int64]]],
    limits: Mapping[str, float],
    others: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Categories above the threshold of a source, with what they are like, the likest first."""
    if not most:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    values = np.stack([each[0] for each in most.values()])
    like = np.stack([each[1] for each in most.values()])
    beyond = values - np.array([limits[name] for name in most])[:, np.newaxis]
    source = beyond.argmax(axis=0)
    at = np.arange(len(others))
    beyond = beyond[source, at]
    order = np.argsort(-beyond, kind="stable")
    order = order[beyond[order] > 0]
    return others[order], like[source, at][order], values[source, at][order]


def _pairs(
    objects: tuple[ArrayLike, ArrayLike], categories: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of an image, as a number from 0, and a category that it has, each once."""
    image = np.unique(np.asarray(objects[0]), return_inverse=True)[1].astype(np.int64)
    category = np.asarray(objects[1], np.int64)
    if image.shape != category.shape or image.ndim != 1:
        raise ShapeError(
            f"`objects` has shapes {image.shape} and {category.shape}, expected an image and a "
            "category for each object",
            code="expert-classes",
            option="objects",
        )
    found = np.unique(image * categories + category)
    return found // max(categories, 1), found % max(categories, 1)


def _images(
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    positive: NDArray[np.int64],
    negative: NDArray[np.int64],
) -> tuple[int, int]:
    """Images with positive categories, and those with negative ones alone."""
    image, category = pairs
    has = np.zeros((2, int(image.max(initial=-1)) + 1), np.bool_)
    for row, chosen in zip(has, (positive, negative), strict=True):
        is_chosen = np.zeros(int(category.max(initial=-1)) + 1, np.bool_)
        is_chosen[chosen[chosen < len(is_chosen)]] = True
        row[image[is_chosen[category]]] = True
    return int(has[0].sum()), int((has[1] & ~has[0]).sum())


def _only_graded(
    tables: Mapping[str, NDArray[np.float64]], ratio: float, *, has_objects: bool
) -> str:
    """The one source whose threshold can be chosen."""
    graded = [name for name in tables if name != "hierarchy"]
    if len(tables) != 1 or not graded:
        raise InputError(
            f"`target_ratio` chooses the threshold of one source of degrees, and there "
            f"{'is' if len(tables) == 1 else 'are'} {', '.join(tables) or 'none'}: expected "
            "confusion or weights alone",
            code="expert-classes",
            option="target_ratio",
        )
    if not 0 < ratio < np.inf or not has_objects:
        raise InputError(
            f"`target_ratio` is {ratio:g}, expected a number above 0, and objects to count the "
            "images of",
            code="expert-classes",
            option="target_ratio",
        )
    return graded[0]


def _fitting(
    values: NDArray[np.float64],
    others: NDArray[np.int64],
    positive: NDArray[np.int64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    target: float,
) -> float:
    """The threshold, 0 or a confusion that occurs, whose ratio of images is next to the target.

    The ratio falls as the threshold rises, so halving finds it. Of two as near, the higher one.
    """
    levels = np.unique(np.concatenate([[0.0], values[values > 0]]))

    def ratio(place: int) -> float:
        has, lacks = _images(pairs, positive, others[values > levels[place]])
        return lacks / has if has else np.inf

    low, high = 0, len(levels) - 1  # at the highest level nothing is left
    while low < high:
        middle = (low + high) // 2
        if ratio(middle) <= target:
            high = middle
        else:
            low = middle + 1
    if low and abs(ratio(low - 1) - target) < abs(ratio(low) - target):
        low -= 1
    return float(levels[low])
