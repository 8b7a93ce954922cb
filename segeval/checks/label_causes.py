"""Why label maps agree in few pixels: the first cause that fits both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_maps import train_ids_of_ground_truth
from segeval.checks.label_shift import shifted_labels
from segeval.checks.misplaced_labels import misplaced_labels
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.findings import Finding


def cause_of_few_agreements(
    pairs: Sequence[LabelPair],
    classes: LabelClasses,
    names: tuple[str, str],
    *,
    right: NDArray[np.integer],
    pixels: NDArray[np.integer],
) -> Iterator[Finding]:
    """The first cause that fits: other ids in the ground truth, moved labels, moved pictures.

    Args:
        pairs: the label maps.
        classes: classes of the run.
        names: names of the predictions and the ground truth.
        right: evaluated pixels of each class that are predicted correctly, shape (C,).
        pixels: evaluated pixels of each class, shape (C,).
    """
    preds, gt = names
    found = chain(
        train_ids_of_ground_truth(pairs, classes, gt, pixels=pixels),
        shifted_labels(pairs, classes, preds, right=right, pixels=pixels),
        misplaced_labels(pairs, classes, preds, right=right, pixels=pixels),
    )
    yield from islice(found, 1)
