"""Higher scores for what fits what else is in the image."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import corners, masks_of
from segeval.data.segmentations import Format
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.choices import check_share
from segeval.rescore.statistics.placed import places_of
from segeval.rescore.statistics.presence import MIN_IMAGES, MIN_LIFT, Cooccurrence

Apply = Literal["top", "scale"]
"""Which rows of a category change: its best in the image alone, or all in proportion."""

SOURCE = 0.5
TARGET = 0.05


@frozen
class Rule:
    """When a score rises, and how far.

    Attributes:
        blend: share of what the context says, from 0 (nothing changes) to 1 (the paper's rule).
        source: lowest score of a category that is believed to be present.
        target: lowest score of a category that may rise.
        min_images: images that a condition needs in the statistics.
        min_lift: how many times more likely a category must be, given the other.
        apply: which rows of the category change.
        as_printed: take the formula of the paper as it is printed, with the wrong condition.

    Raises:
        InputError: for a value out of its range.
    """

    blend: float = 1.0
    source: float = SOURCE
    target: float = TARGET
    min_images: int = MIN_IMAGES
    min_lift: float = MIN_LIFT
    apply: Apply = "top"
    as_printed: bool = False

    def __post_init__(self) -> None:
        """Refuse what is out of its range."""
        for name in ("blend", "source", "target"):
            check_share(name, getattr(self, name))
        if self.apply not in ("top", "scale"):
            raise InputError(
                f"`apply` is {self.apply!r}, expected 'top' or 'scale'",
                code="apply",
                option="apply",
            )
        if self.min_images < 0:
            raise InputError(
                f"`min_images` is {self.min_images}, expected 0 or more",
                code="image-count",
                option="min_images",
            )
        if not self.min_lift >= 0:
            raise InputError(
                f"`min_lift` is {self.min_lift:g}, expected 0 or more",
                code="lift",
                option="min_lift",
            )


def rescored_by_cooccurrence(
    preds: Predictions, statistics: Cooccurrence, rule: Rule | None = None
) -> NDArray[np.float64]:
    """New scores: a category rises to what the confident presence of another makes likely.

    In an image, j is believed with its highest score, if that reaches `source`. Category i is then
    likely with the highest product of that belief and p(i | j), over all j whose condition is
    valid. If its own highest score is lower, it rises; nothing ever falls, and no row is added.
    All of it goes by the scores as they were.

    Args:
        preds: N predictions.
        statistics: how often categories share an image.
        rule: when scores rise; None for the paper's.

    Returns:
        float64, shape (N,).

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8. Limits on images and lift are ours.

    Example:
        >>> import segeval
        >>> from segeval.rescore import cooccurrence
        >>> pair = [{"image_id": 1, "bbox": [0, 0, 9, 9], "category_id": k} for k in (1, 2)]
        >>> gt = {
        ...     "images": [{"id": k} for k in range(30)],
        ...     "categories": [{"id": 1, "name": "guitar"}, {"id": 2, "name": "person"}],
        ...     "annotations": [
        ...         {**each, "id": 2 * k + at, "image_id": k}
        ...         for k in range(25)
        ...         for at, each in enumerate(pair)
        ...     ],
        ... }
        >>> seen = cooccurrence(segeval.load_ground_truth(gt))
        >>> scores = [0.9, 0.3]
        >>> preds = [{**each, "score": score} for each, score in zip(pair, scores, strict=True)]
        >>> lax = Rule(min_lift=1)
        >>> rescored_by_cooccurrence(segeval.load_predictions(preds), seen, lax).round(2)
        array([0.9 , 0.89])
    """
    rule = rule or Rule()
    scores = preds.score.copy()
    chance = statistics.as_printed if rule.as_printed else statistics.probability
    valid = statistics.valid(min_images=rule.min_images, min_lift=rule.min_lift)
    chance = np.where(valid, np.nan_to_num(chance), 0.0)
    category = places_of(preds, statistics.categories)
    rows = np.flatnonzero(category >= 0)
    if not len(rows):
        return scores
    rows = rows[np.lexsort((-preds.score[rows], category[rows], preds.image_id[rows]))]
    image, own = preds.image_id[rows], category[rows]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (image[1:] != image[:-1]) | (own[1:] != own[:-1])
    best = np.flatnonzero(first)
    edges = np.append(best, len(rows))
    starts = np.flatnonzero(np.diff(image[best], prepend=image[best[:1]] - 1))
    for begin, end in pairwise([*starts.tolist(), len(best)]):
        here = best[begin:end]
        highest, kinds = preds.score[rows[here]], own[here]
        believed = highest >= rule.source
        if not believed.any():
            continue
        likely = (chance[np.ix_(kinds, kinds[believed])] * highest[believed]).max(axis=1)
        for place in np.flatnonzero((highest >= rule.target) & (highest < likely)).tolist():
            old = float(highest[place])
            new = (1 - rule.blend) * old + rule.blend * float(likely[place])
            span = rows[edges[begin + place] : edges[begin + place + 1]]
            if rule.apply == "scale":
                scores[span] *= new / old
            else:
                scores[_first_of_equals(preds, span)] = new
    return scores


def _first_of_equals(preds: Predictions, rows: NDArray[np.int64]) -> int:
    """Of the rows with the highest score the one that no order of the file decides.

    That is the first by box, then by runs of the mask as whole numbers, else by its text.
    """
    equal = rows[preds.score[rows] == preds.score[rows[0]]]
    if len(equal) == 1:
        return int(equal[0])
    places = corners(preds, equal).tolist()
    segments = preds.segmentations
    keys = []
    for row, place in zip(equal.tolist(), places, strict=True):
        runs: list[int] = []
        if segments.format[row] not in (Format.NONE, Format.POLYGON):
            runs = masks_of(preds, np.array([row])).counts.tolist()
        keys.append((place, runs, segments.strings.bytes_of(row)))
    return int(equal[min(range(len(equal)), key=keys.__getitem__)])
