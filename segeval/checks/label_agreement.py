"""How far the label maps of a run agree: what all checks of their labels look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """Label maps of a run with C classes, and how many of their pixels are right.

    Attributes:
        pairs: the label maps.
        classes: classes of the run.
        preds: name of the predictions.
        gt: name of the ground truth.
        right: evaluated pixels of each class that are predicted correctly, shape (C,).
        pixels: evaluated pixels of each class, shape (C,).
        ignored: number of evaluated pixels predicted as labels that are not evaluated.
    """

    pairs: Sequence[LabelPair]
    classes: LabelClasses
    preds: str
    gt: str
    right: NDArray[np.integer]
    pixels: NDArray[np.integer]
    ignored: int

    @property
    def total(self) -> int:
        """Number of evaluated pixels."""
        return int(self.pixels.sum())

    def spread(self, number: int) -> Sequence[LabelPair]:
        """Pairs spread over the list: `number` if it has as many, but fewer than twice that."""
        return self.pairs[:: max(len(self.pairs) // number, 1)]


def label_names(preds: Any, gt: Any) -> tuple[str, str]:
    """Names of the predictions and the ground truth of a run in messages."""
    own, truth = (
        str(each) if isinstance(each, str | Path) else name
        for each, name in ((preds, "preds"), (gt, "ground truth"))
    )
    return own, truth
