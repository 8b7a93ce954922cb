"""Where models are wrong beside the vote: why a vote does not help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.frozen import frozen
from segeval.words import counted, percent

LITTLE = 0.2
"""Share of a model's wrong pixels on which others are right below which they have little to add."""

WRONG, KNOWN, MENDED, SPOILT = range(4)
"""Columns: pixels on which a model is wrong; those on which another is right; those on which the
vote is right; and pixels on which the model is right and the vote wrong."""


@frozen(eq=False)
class Mistakes:
    """Evaluated pixels of some images by what models and the vote make of them.

    Attributes:
        pixels: with the columns above, int64, shape (M, 4).
    """

    pixels: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        maps: Sequence[NDArray[Any]],
        winners: NDArray[Any],
        gt: NDArray[Any],
        classes: LabelClasses,
    ) -> Mistakes:
        """Those of one image.

        Args:
            maps: labels of M models, shape (H, W).
            winners: labels by votes, shape (H, W).
            gt: true labels, shape (H, W).
            classes: which of these are evaluated.
        """
        is_class = classes.evaluated(gt)
        right = [(each == gt) & is_class for each in maps]
        is_known = np.logical_or.reduce(right)
        is_won = (winners == gt) & is_class
        known, won, total = (int(each.sum()) for each in (is_known, is_won, is_class))
        rows = []
        for own in right:
            count, both = int(own.sum()), int((own & is_won).sum())
            rows.append((total - count, known - count, won - both, count - both))
        return cls(np.array(rows, np.int64))

    def __add__(self, other: Mistakes) -> Mistakes:
        """Those of the images of both."""
        return Mistakes(self.pixels + other.pixels)

    def reason(self, model: int, name: str) -> str | None:
        """The likely reason why votes do not help against a model; None if it is never wrong.

        Args:
            model: its place.
            name: what it is called.
        """
        if not self.pixels[model, WRONG]:
            return None
        wrong, known, mended, spoilt = self.pixels[model].tolist()
        share = percent(known / wrong)
        if known < LITTLE * wrong:
            return (
                f"the other models have little to add: where {name} errs, another one is right on "
                f"{share} % of the pixels"
            )
        return (
            f"models that are right are outvoted: votes mend {counted(mended, 'pixel')} of {name} "
            f"and spoil {spoilt:,}, although another model is right on {share} % of those on which "
            f"{name} errs"
        )
