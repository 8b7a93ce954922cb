"""Pictures of labels that fit when they are mirrored, or fit those of other images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOOD = 0.7
"""Least share of right pixels for which a cause is reported."""

BETTER = 0.2
"""How much larger it must be than that of the pictures as they are."""

LOOKED_AT = 12
"""Images read again to find the cause."""

ROWS = 64
"""Rows and columns of an image that are compared with those of the others."""

WAYS = {
    "mirrored left to right": (slice(None), slice(None, None, -1)),
    "turned upside down": (slice(None, None, -1), slice(None)),
    "turned by 180 degrees": (slice(None, None, -1), slice(None, None, -1)),
}
"""Ways in which pictures are turned."""

MISPLACED = "misplaced-labels"
"""Code of the finding."""

Labels = NDArray[np.integer[Any]]
"""A map of labels, shape (H, W)."""


def where_they_fit(
    maps: Sequence[tuple[Labels, Labels]],
    evaluated: Sequence[NDArray[np.bool_]],
    names: Sequence[tuple[str, str]],
) -> Iterator[str]:
    """How pictures must be turned, or whose they are, if they fit only then.

    Args:
        maps: labels of the prediction and the ground truth of every image.
        evaluated: the pixels that count.
        names: names of the prediction and the ground truth of every image.

    Yields:
        The message; nothing without a cause.
    """
    total = max(sum(int(each.sum()) for each in evaluated), 1)

    def share(way: tuple[slice, slice]) -> float:
        found = (
            np.count_nonzero((pred[way] == gt) & mask)
            for (pred, gt), mask in zip(maps, evaluated, strict=True)
        )
        return sum(found) / total

    own = share((slice(None), slice(None)))
    turned = {text: share(way) for text, way in WAYS.items()}
    turned |= _of_other_images(names, maps, evaluated)
    best = max(turned, key=lambda text: turned[text])
    if turned[best] >= max(GOOD, own + BETTER):
        yield (
            f"predictions {best} agree with {100 * turned[best]:.1f} % of the ground truth, as "
            f"they are with {100 * own:.1f} %"
        )


def _of_other_images(
    names: Sequence[tuple[str, str]],
    maps: Sequence[tuple[Labels, Labels]],
    evaluated: Sequence[NDArray[np.bool_]],
) -> dict[str, float]:
    """Which other images most predictions fit, and how well; empty if they do not."""
    sizes = {gt.shape for _, gt in maps}
    if len(sizes) != 1 or len(maps) < 2:
        return {}
    [(height, width)] = sizes
    step = (slice(None, None, max(height // ROWS, 1)), slice(None, None, max(width // ROWS, 1)))
    preds = np.stack([pred[step].ravel() for pred, _ in maps])
    truth = np.stack([gt[step].ravel() for _, gt in maps])
    masks = np.stack([each[step].ravel() for each in evaluated])
    counts = np.maximum(masks.sum(axis=1), 1)
    shares = np.stack(
        [((preds == gt) & mask).sum(axis=1) for gt, mask in zip(truth, masks, strict=True)]
    )
    shares = shares.T / counts  # by prediction, then by ground truth
    best, own = shares.argmax(axis=1), shares.diagonal()
    found = shares.max(axis=1)
    others = (found >= np.maximum(GOOD, own + BETTER)) & (best != np.arange(len(maps)))
    if 2 * others.sum() <= len(maps) or len(np.unique(best[others])) < others.sum():
        return {}
    first = int(np.argmax(others))
    way = f"moved to other images ({names[first][0]} to {names[int(best[first])][1]})"
    return {way: float(found[others].mean())}
