"""Matches of some of the images, as if there were no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.metrics.coco.matches import Matches


def of_images(matches: Matches, images: NDArray[np.bool_], *, foreign: bool = False) -> Matches:
    """Matches of some images: others have neither predictions nor ground truth, and are gone.

    Args:
        matches: matches of I images.
        images: those to keep, bool, shape (I,).
        foreign: keep predictions for images that are not evaluated, which use up caps over the set.
    """
    place = (np.cumsum(images) - 1).astype(np.int32)
    own = index_of(matches.unjudged.image_id, matches.image_ids)
    others = np.where(own >= 0, images[own], foreign) if len(own) else np.zeros(0, np.bool_)
    kept = matches.take(images[matches.image], others)
    of_gt = images[matches.gt_image]
    names = np.array(matches.file_names, object)[images]
    return replace(
        kept,
        image_ids=matches.image_ids[images],
        image_origin=matches.image_origin[images],
        file_names=tuple(names.tolist()),
        image=place[kept.image],
        gt=matches.gt[of_gt],
        gt_image=place[matches.gt_image[of_gt]],
        gt_category=matches.gt_category[of_gt],
        gt_counted=matches.gt_counted[:, of_gt],
    )
