"""What is wrong with poor masks: those of localisation errors, and of true positives below 0.75.

A mask can be poor in several ways, or in none of these:

- box_fine: the boxes agree, with an IoU of at least the threshold t, the masks do not;
- boundary_poor: the masks agree, with an IoU of at least t, their boundaries do not;
- merged: it covers at least half of each of two or more objects;
- fragment: at least half of it lies inside its object, of which it covers less than half;
- swollen: it covers at least 0.9 of its object;
- shrunk: at least 0.9 of it lies inside its object.

Boxes are those of the masks. Its object is the one that was matched, or that the error is about.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import LOC, TRUE, KindsAt
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import GOOD, Overlaps
from segeval.metrics.coco.pair_shapes import pair_shapes

WAYS = ("box_fine", "boundary_poor", "merged", "fragment", "swollen", "shrunk")
"""Ways in which a mask can be poor; bit k of a flag is way k."""

BOX_FINE, BOUNDARY_POOR = np.uint8(1), np.uint8(2)
"""The first two of them, which depend on the threshold; the others are bits of `pair_shapes`."""


@frozen(eq=False, repr=False)
class PoorMasks(Brief):
    """What is wrong with the masks that were looked at.

    Attributes:
        looked_at: localisation errors, and true positives with a mask IoU below `GOOD`, bool, shape
            (N,).
        flags: the ways in which each is poor, as bits, uint8, shape (N,).
        is_true: whether each is a true positive, bool, shape (N,).
    """

    looked_at: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    is_true: NDArray[np.bool_]

    def ways(self, row: int) -> list[str] | None:
        """Names of the ways in which one mask is poor; None if it was not looked at."""
        if not self.looked_at[row]:
            return None
        return [name for place, name in enumerate(WAYS) if self.flags[row] >> place & 1]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many localisation errors ("loc") and true positives ("tp") are poor in each way.

        "all" counts all that were looked at, "none" those that are poor in no way of the list.
        """
        sides = {"loc": self.looked_at & ~self.is_true, "tp": self.looked_at & self.is_true}
        ways = {name: self.flags & (1 << place) != 0 for place, name in enumerate(WAYS)}
        ways |= {"none": self.flags == 0, "all": self.looked_at}
        return {
            name: {side: int((own & rows).sum()) for side, rows in sides.items()}
            for name, own in ways.items()
        }


def counts_of_two(a: PoorMasks, b: PoorMasks) -> dict[str, dict[str, dict[str, int]]]:
    """The counts of two models, "a" and "b", and the "difference": the second less the first."""
    first, second = a.counts(), b.counts()
    return {
        way: {
            side: {
                "a": number,
                "b": second[way][side],
                "difference": second[way][side] - number,
            }
            for side, number in own.items()
        }
        for way, own in first.items()
    }


def poor_masks(
    evaluation: Evaluation, kinds: KindsAt, threshold: float, workers: int | None = None
) -> PoorMasks:
    """What is wrong with poor masks.

    Args:
        evaluation: both files, matched by mask IoU.
        kinds: of every prediction at the threshold.
        threshold: the IoU threshold, t.
        workers: threads, None for all cores.
    """
    found = _looked_at(kinds)
    rows = np.flatnonzero(found.looked_at)
    target, iou = kinds.target[rows], kinds.iou[rows]
    reaches = iou >= threshold
    shapes = pair_shapes(evaluation, rows, target, reaches, kinds.counted, workers)
    box, boundary = shapes.box >= threshold, shapes.boundary >= threshold
    found.flags[rows] = _flags(reaches, box, boundary, shapes.bits)
    return found


def poor_masks_measured(
    matches: Matches, overlaps: Overlaps, kinds: KindsAt, place: int
) -> PoorMasks:
    """What `poor_masks` finds, from what was measured before.

    Args:
        matches: predictions matched by mask IoU at one threshold.
        overlaps: of the same predictions.
        kinds: of every prediction at the threshold.
        place: of the threshold among those that overlaps were measured at.
    """
    found = _looked_at(kinds)
    rows = np.flatnonzero(found.looked_at)
    number = len(matches.gt)
    keys = overlaps.row * number + overlaps.objects(matches)  # they ascend
    pair = np.searchsorted(keys, rows * number + kinds.target[rows])
    reaches = kinds.iou[rows] >= float(matches.thresholds[0])
    box, boundary = overlaps.box[pair] > place, overlaps.boundary[pair] > place
    found.flags[rows] = _flags(reaches, box, boundary, overlaps.shape[pair])
    return found


def _looked_at(kinds: KindsAt) -> PoorMasks:
    """The masks to look at, in no way poor yet."""
    is_true = kinds.kind == TRUE
    looked_at = (kinds.kind == LOC) | (is_true & (kinds.iou < GOOD))
    return PoorMasks(looked_at, np.zeros(len(is_true), np.uint8), is_true)


def _flags(
    reaches: NDArray[np.bool_],
    box: NDArray[np.bool_],
    boundary: NDArray[np.bool_],
    bits: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """The ways in which n masks are poor, uint8, shape (n,).

    Args:
        reaches: whether the IoU of the masks reaches the threshold.
        box: whether that of their boxes does.
        boundary: whether that of their boundaries does.
        bits: the ways that do not depend on the threshold.
    """
    flags = bits.copy()
    flags[box & ~reaches] |= BOX_FINE
    flags[reaches & ~boundary] |= BOUNDARY_POOR
    return flags
