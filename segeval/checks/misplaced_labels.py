"""Label maps that fit when they are mirrored, or fit those of other images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_agreement import LabelAgreement
from segeval.data.label_maps.pairs import LabelPair
from segeval.errors import MismatchError
from segeval.findings import Finding

LOW = 0.7
"""A cause is looked for where a smaller share of the pixels is right."""

GOOD = 0.7
"""Least share of right pixels for which a cause is reported."""

BETTER = 0.2
"""How much larger it must be than that of the label maps as they are."""

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


def misplaced_labels(run: LabelAgreement) -> Iterator[Finding]:
    """Predictions that fit the ground truth only if they are mirrored, or those of other images."""
    if not run.total or run.right.sum() >= LOW * run.total:
        return
    chosen = run.spread(LOOKED_AT)[:LOOKED_AT]
    maps = [pair.load()[:2] for pair in chosen]
    evaluated = [run.classes.evaluated(gt) for _, gt in maps]
    total = max(sum(int(each.sum()) for each in evaluated), 1)

    def share(way: tuple[slice, slice]) -> float:
        found = (
            np.count_nonzero((pred[way] == gt) & mask)
            for (pred, gt), mask in zip(maps, evaluated, strict=True)
        )
        return sum(found) / total

    own = share((slice(None), slice(None)))
    turned = {text: share(way) for text, way in WAYS.items()}
    best = max(turned, key=lambda text: turned[text])
    if turned[best] >= max(GOOD, own + BETTER):
        told = f"{best}: {100 * turned[best]:.1f} % of the pixels would agree"
    else:
        told = _of_other_images(chosen, maps, evaluated)
    if told:
        yield Finding(
            "warn",
            "labels",
            f"predictions fit the ground truth {told}, as they are {100 * own:.1f} %",
            count=int((run.pixels - run.right).sum()),
            path=run.preds,
            hint="Were the pictures turned, or their names exchanged?",
            code="misplaced-labels",
            error=MismatchError,
        )


def _of_other_images(
    pairs: Sequence[LabelPair],
    maps: Sequence[tuple[NDArray[np.integer], NDArray[np.integer]]],
    evaluated: Sequence[NDArray[np.bool_]],
) -> str:
    """Which other images most predictions fit, if they do; else ""."""
    sizes = {gt.shape for _, gt in maps}
    if len(sizes) != 1 or len(maps) < 2:
        return ""
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
        return ""
    first = int(np.argmax(others))
    return (
        f"of other images, {pairs[first].pred_name} that of {pairs[int(best[first])].gt_name}: "
        f"{100 * found[others].mean():.1f} % of the pixels would agree"
    )
