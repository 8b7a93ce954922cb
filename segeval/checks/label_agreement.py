"""How far the label maps of a run agree: what all checks of their labels look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.unknown_labels import Seen
from segeval.frozen import frozen


@frozen(eq=False)
class LabelTable:
    """Labels of the evaluated pixels of some images.

    Attributes:
        gt: labels of the ground truth, int64, shape (P,).
        pred: labels of the predictions there, int64, shape (P,); every pair occurs once.
        pixels: pixels of each pair, int64, shape (P,).
    """

    gt: NDArray[np.int64]
    pred: NDArray[np.int64]
    pixels: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of pixels."""
        return int(self.pixels.sum())

    def share(self, chosen: NDArray[np.bool_]) -> float:
        """The share of the pixels in some pairs."""
        return float(self.pixels[chosen].sum() / max(self.total, 1))


class LabelSample(Protocol):
    """What checks look at in some images of a run: read again, or known from before."""

    def seen(self) -> Seen:
        """The labels of both sides in the first images."""

    def predicted(self) -> NDArray[np.int64]:
        """Evaluated pixels of the first images predicted as each label, shape (65536,)."""

    def table(self) -> LabelTable:
        """The labels of the evaluated pixels of images spread over the run."""

    def borders(self) -> NDArray[np.int64]:
        """Blended borders and all borders, of predictions and of ground truth, shape (2, 2)."""

    def misplaced(self) -> Sequence[str]:
        """Where predictions of images spread over the run fit better than where they are."""


@frozen(eq=False)
class LabelAgreement:
    """Label maps of a run with C classes, and how many of their pixels are right.

    Attributes:
        sample: some of its images.
        classes: classes of the run.
        preds: name of the predictions.
        gt: name of the ground truth.
        right: evaluated pixels of each class that are predicted correctly, shape (C,).
        pixels: evaluated pixels of each class, shape (C,).
        ignored: number of evaluated pixels predicted as labels that are not evaluated.
    """

    sample: LabelSample
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


def label_names(preds: Any, gt: Any) -> tuple[str, str]:
    """Names of the predictions and the ground truth of a run in messages."""
    own, truth = (
        str(each) if isinstance(each, str | Path) else name
        for each, name in ((preds, "preds"), (gt, "ground truth"))
    )
    return own, truth
