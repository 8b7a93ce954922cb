"""Labels of predictions that agree with the ground truth once they are moved, and blended ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.words import SHIFTS

GOOD = 0.5
"""Least share of right pixels for which a move is reported."""

BETTER = 0.3
"""How much larger it must be than that of the labels as they are."""

LEAST_BORDERS = 20
"""Least number of places at borders of labels where blended ones are reported."""

BLENDED = 0.2
"""Least share of such places with a label between those of its neighbours."""

SHARP = 0.05
"""Largest share of them in the label maps of the other side."""

LINES = 256
"""Rows of a label map that are looked at."""

Labels = NDArray[Any]
"""A label map, uint8 or uint16, shape (H, W)."""


class MovedLabels:
    """Counts pixels that agree as they are, after a shift by one, and after a division."""

    def __init__(self) -> None:
        self.total = 0
        self.right: dict[tuple[str, int], int] = {}
        self.borders = np.zeros((2, 2), np.int64)

    def add(self, pred: Labels, gt: Labels) -> None:
        """Count the pixels of one image; both have one size."""
        own, truth = pred.astype(np.int32), gt.astype(np.int32)
        self.total += truth.size
        moves = {("+", shift): own + shift for shift in (0, *SHIFTS)}
        highest = int(own.max()), int(truth.max())
        several = min(highest) > 1  # a single label besides 0 fits any other one
        for factor in {round(highest[0] / max(highest[1], 1))} - {0, 1} if several else ():
            moves["/", factor] = np.where(own % factor == 0, own // factor, -1)
        for factor in {round(highest[1] / max(highest[0], 1))} - {0, 1} if several else ():
            moves["*", factor] = own * factor
        for move, labels in moves.items():
            self.right[move] = self.right.get(move, 0) + int(np.count_nonzero(labels == truth))
        self.borders += [blended(pred), blended(gt)]

    def shares(self) -> tuple[float, dict[tuple[str, int], float]]:
        """The share of right pixels as they are, and after each move."""
        found = {move: count / max(self.total, 1) for move, count in self.right.items()}
        return found.pop(("+", 0), 0.0), found

    def hint(self, *, is_gt: bool) -> str:
        """What to say of the move that fits, or of blended labels; "" if there is none.

        Args:
            is_gt: whether the ground truth has labels that are no class.
        """
        own, shares = self.shares()
        best = max(shares, key=lambda move: shares[move], default=("+", 0))
        if shares and shares[best] >= max(GOOD, own + BETTER):
            how = {
                "+": f"{'+' if best[1] > 0 else '-'} 1",
                "/": f"/ {best[1]}",
                "*": f"* {best[1]}",
            }
            one_off = " off by one?" if best[0] == "+" else " are they scaled to be looked at?"
            return (
                f"Predictions {how[best[0]]} agree with {100 * shares[best]:.1f} % of the ground "
                f"truth, as they are with {100 * own:.1f} %:{one_off} Both sides must have the ids "
                "of the classes."
            )
        told = blended_side(self.borders)
        if told == ("gt" if is_gt else "preds"):
            return (
                "Such labels lie between those of their neighbours at borders: resized with "
                "interpolation? Label maps are resized by nearest neighbour."
            )
        return ""


def blended(labels: Labels) -> tuple[int, int]:
    """Places with a label strictly between those left and right of it, and of unlike neighbours.

    Args:
        labels: a label map, shape (H, W).
    """
    lines = labels[:: max(len(labels) // LINES, 1)].astype(np.int32)
    left, here, right = lines[:, :-2], lines[:, 1:-1], lines[:, 2:]
    low, high = np.minimum(left, right), np.maximum(left, right)
    between = (low < here) & (here < high)
    return int(np.count_nonzero(between)), int(np.count_nonzero(high - low > 1))


def blended_side(borders: NDArray[np.int64]) -> str:
    """The side whose labels are blended while those of the other are not: "preds", "gt" or "".

    Args:
        borders: what `blended` counts in the predictions and the ground truth, shape (2, 2).
    """
    shares = borders[:, 0] / np.maximum(borders[:, 1], 1)
    for own, name in enumerate(("preds", "gt")):
        if borders[own, 1] >= LEAST_BORDERS and shares[own] >= BLENDED and shares[1 - own] <= SHARP:
            return name
    return ""
