"""Several models on one ground truth: what must be equal before they are compared."""

from __future__ import annotations

import numpy as np

from segeval.errors import MismatchError
from segeval.metrics.coco.average_precision import Evaluation


def check_same_truth(one: Evaluation, other: Evaluation) -> None:
    """Refuse models that are judged on other objects.

    Args:
        one: of the first model.
        other: of another one.

    Raises:
        MismatchError: if the ground truth was read in another way for them.
    """
    same = np.array_equal(one.matches.gt, other.matches.gt) and np.array_equal(
        one.matches.image_ids, other.matches.image_ids
    )
    if not same:
        raise MismatchError(
            f"{other.preds.source}: its ids are of another kind than those of "
            f"{one.preds.source}; models must write the same ids for images and categories.",
            code="ids",
            path=other.preds.source,
        )
