"""A hash of what was found in each image, which tells equal images of two parts from others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.matches import Matches
from segeval.metrics.content import ODD, mixed


def image_digests(matches: Matches) -> NDArray[np.uint64]:
    """Hashes of the predictions and ground truths of each image, uint64, shape (I,).

    They depend on scores, categories, ranks and bits, not on the rows that records have in their
    files, nor on other images.
    """
    own = matches
    is_over_set = own.request.protocol.cap_scope == "category"  # ranks depend on other images
    rank = np.zeros_like(own.rank) if is_over_set else own.rank
    found = np.zeros(len(own.image_ids), np.uint64)
    predicted = [own.category, own.score.view(np.uint64), rank, *own.matched_bits]
    np.add.at(found, own.image, mixed([*predicted, *own.ignored_bits]))
    np.add.at(found, own.gt_image, mixed([own.gt_category, *own.gt_counted]) ^ ODD)
    return found
