"""All predictions of matches under a cap over the whole set: those that are judged, then others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.metrics.coco import caps, merging
from segeval.metrics.coco.caps import Beyond, Ranked


def ranked(
    matches: Any, present: NDArray[np.int64] | None, weights: NDArray[np.int64] | None
) -> Ranked:
    """The predictions with their copies: rows, then others.

    Args:
        matches: `Matches` of N predictions in I images.
        present: copies of each row, int64, shape (N,); None for one of each.
        weights: copies of each image, int64, shape (I,); None for one of each.
    """
    own, others = matches, matches.unjudged
    first = merging.file_ranks(own.origins, own.image_origin, own.image_ids, others)
    origin = np.concatenate([own.image_origin[own.image], others.origin])
    copies = np.ones(len(others), np.int64)
    if weights is not None:
        copies = np.append(weights, 1)[index_of(others.image_id, own.image_ids)]
    rows = np.ones(len(own), np.int64) if present is None else present
    return Ranked(
        category=np.concatenate([own.category, others.category]),
        score=np.concatenate([own.score, others.score]),
        row=np.concatenate([own.prediction, others.prediction]),
        file=first[origin],
        copies=np.concatenate([rows, copies]),
    )


def beyond_cap(matches: Any) -> Beyond:
    """What is beyond the largest cap.

    Args:
        matches: `Matches` of N predictions.
    """
    own, others = matches, matches.unjudged
    limit = caps.cap_limits(own.request.protocol.max_dets)[-1]
    is_within = caps.standing_before(ranked(own, None, None)) < limit
    beyond = own.category[~is_within[: len(own)]]
    judged = np.bincount(beyond, minlength=len(own.category_ids))
    taking_part = others.among(own.image_ids, own.request.min_score)
    return Beyond.of(judged, others, taking_part, is_within[len(own) :])
