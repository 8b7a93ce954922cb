"""A hash of what was found in each image, which tells equal images of two parts from others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.matches import Matches

ODD = np.uint64(0x9E3779B97F4A7C15)
STEPS = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))


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


def mixed(columns: list[NDArray[Any]]) -> NDArray[np.uint64]:
    """A hash of the values of each row.

    Source:
        splitmix64, Steele et al. 2014, Fast Splittable Pseudorandom Number Generators.
    """
    state = np.zeros(columns[0].shape, np.uint64)
    for column in columns:
        state += column.astype(np.uint64) + ODD
        for shift, factor in STEPS:
            state = (state ^ (state >> np.uint64(shift))) * factor
        state ^= state >> np.uint64(31)
    return state
