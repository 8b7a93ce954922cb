"""Label maps whose labels are one too low or too high."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import SHIFTS

LOW = 0.3
"""Share of right pixels below which a shift is looked for."""

GOOD = 0.5
"""Share of right pixels from which on a shift is told."""

MEANINGLESS = 0.05
"""Share of right pixels below which the numbers mean nothing if a shift fits."""

LOOKED_AT = 20
"""Images read again to try a shift."""


def shifted_labels(
    pairs: Sequence[LabelPair], classes: LabelClasses, name: str, *, right: int, pixels: int
) -> Iterator[Finding]:
    """Predictions that agree with the ground truth if 1 is added to them, or subtracted.

    Args:
        pairs: the label maps.
        classes: classes of the run.
        name: name of the predictions.
        right: number of evaluated pixels that are predicted correctly.
        pixels: number of evaluated pixels.
    """
    if not pixels or right >= LOW * pixels:
        return
    as_they_are, *shifted = _agreement(pairs[:: max(len(pairs) // LOOKED_AT, 1)], classes)
    best = int(np.argmax(shifted))
    if shifted[best] < max(GOOD, as_they_are + LOW):
        return
    sign, verb = ("+ 1", "Add 1 to") if SHIFTS[best] > 0 else ("- 1", "Subtract 1 from")
    yield Finding(
        "error" if as_they_are < MEANINGLESS else "warn",
        "labels",
        f"predictions {sign} agree with {100 * shifted[best]:.1f} % of the ground truth, as they "
        f"are with {100 * as_they_are:.1f} %: off by one?",
        count=pixels - right,
        path=name,
        hint=f"{verb} every label of the predictions.",
        code="shifted-labels",
        error=MismatchError,
    )


def _agreement(pairs: Sequence[LabelPair], classes: LabelClasses) -> list[float]:
    """Shares of evaluated pixels that are right as they are, and by each of `SHIFTS`."""
    right, pixels = np.zeros(1 + len(SHIFTS), np.int64), 0
    for pair in pairs:
        pred, gt, _ = pair.load()
        evaluated = classes.table(gt.dtype.type)[gt] < len(classes)
        ahead = gt[evaluated].astype(np.int64) - pred[evaluated]
        right += [np.count_nonzero(ahead == shift) for shift in (0, *SHIFTS)]
        pixels += ahead.size
    shares: list[float] = (right / max(pixels, 1)).tolist()
    return shares
