"""Some label maps of a run, read again where its numbers look wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks import misplaced_pictures
from segeval.checks.label_agreement import LabelTable
from segeval.checks.misplaced_pictures import where_they_fit
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.moved_labels import blended
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.unknown_labels import LOOKED_AT, Seen, labels_seen
from segeval.frozen import frozen

OF_TABLE = 20
"""Images whose labels are compared."""

OF_BORDERS = 100
"""Of so many images one is looked at for blended labels."""


@frozen(eq=False)
class SampledPairs:
    """Label maps of a run, some of which are read again when a check asks for them.

    Attributes:
        pairs: all label maps of the run.
        classes: classes of the run.
    """

    pairs: Sequence[LabelPair]
    classes: LabelClasses

    def seen(self) -> Seen:
        """The labels of both sides in the first images that can be read."""
        return labels_seen(self.pairs)

    def predicted(self) -> NDArray[np.int64]:
        """Evaluated pixels of the first images predicted as each label, shape (65536,)."""
        found = np.zeros(1 << 16, np.int64)
        for pair in self.pairs[:LOOKED_AT]:
            pred, gt, _ = pair.load()
            found += np.bincount(pred[self.classes.evaluated(gt)], minlength=len(found))
        return found

    def table(self) -> LabelTable:
        """The labels of the evaluated pixels of some images."""
        counts: dict[int, int] = {}
        for pair in self._spread(OF_TABLE):
            pred, gt, _ = pair.load()
            evaluated = self.classes.evaluated(gt)
            for key, count in zip(*_counted(pred[evaluated], gt[evaluated]), strict=True):
                counts[key] = counts.get(key, 0) + count
        keys = np.array(list(counts), np.int64)
        return LabelTable(keys >> 16, keys & 0xFFFF, np.array(list(counts.values()), np.int64))

    def borders(self) -> NDArray[np.int64]:
        """Blended borders and all borders, of predictions and of ground truth, shape (2, 2)."""
        found = np.zeros((2, 2), np.int64)
        for pair in self.pairs[::OF_BORDERS]:
            pred, gt, _ = pair.load()
            found += [blended(pred), blended(gt)]
        return found

    def misplaced(self) -> Sequence[str]:
        """Where predictions fit better than where they are: mirrored, or for other images."""
        most = misplaced_pictures.LOOKED_AT
        chosen = self._spread(most)[:most]
        maps = [pair.load()[:2] for pair in chosen]
        evaluated = [self.classes.evaluated(gt) for _, gt in maps]
        names = [(pair.pred_name, pair.gt_name) for pair in chosen]
        return list(where_they_fit(maps, evaluated, names))

    def _spread(self, number: int) -> Sequence[LabelPair]:
        """Pairs spread over the list: `number` if it has as many, but fewer than twice that."""
        return self.pairs[:: max(len(self.pairs) // number, 1)]


def _counted(pred: NDArray[Any], gt: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Distinct pairs of labels, as 65536 times the true one plus the other, rising; their pixels.

    Args:
        pred: predicted labels, uint8 or uint16, shape (P,).
        gt: true labels of the same dtype, shape (P,).
    """
    if gt.dtype == np.uint8:
        of_pair = np.bincount((gt.astype(np.uint16) << 8) | pred)
        pairs = np.flatnonzero(of_pair)
        return ((pairs >> 8 << 16) | (pairs & 0xFF)).tolist(), of_pair[pairs].tolist()
    pairs, pixels = np.unique((gt.astype(np.uint32) << 16) | pred, return_counts=True)
    return pairs.tolist(), pixels.tolist()
