"""A hash of what was found in each image, which tells equal images of two parts from others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import BY_PAIR, OF_MASKS, Overlaps
from segeval.metrics.parts.digests import row_digests
from segeval.metrics.splitmix64 import GOLDEN_GAMMA


def image_digests(matches: Matches, overlaps: Overlaps | None = None) -> NDArray[np.uint64]:
    """Hashes of the predictions and ground truths of each image, uint64, shape (I,).

    They depend on scores, categories, ranks and bits, not on the rows that records have in their
    files, nor on other images.
    """
    own = matches
    is_over_set = own.request.protocol.cap_scope == "category"  # ranks depend on other images
    rank = np.zeros_like(own.rank) if is_over_set else own.rank
    found = np.zeros(len(own.image_ids), np.uint64)
    predicted = [own.category, own.score.view(np.uint64), rank, *own.matched_bits]
    np.add.at(found, own.image, row_digests([*predicted, *own.ignored_bits]))
    np.add.at(found, own.gt_image, row_digests([own.gt_category, *own.gt_counted]) ^ GOLDEN_GAMMA)
    if overlaps is not None:
        np.add.at(found, own.image, row_digests([*predicted, overlaps.count, overlaps.beside]))
        row = overlaps.row
        of_pairs = [getattr(overlaps, name) for name in (*BY_PAIR, *OF_MASKS)]
        of_rows = [column[row] for column in predicted]
        bits = [each.view(np.uint64) if each.dtype == np.float64 else each for each in of_pairs]
        np.add.at(found, own.image[row], row_digests([*of_rows, *bits]))
    return found
