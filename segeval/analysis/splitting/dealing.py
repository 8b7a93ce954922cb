"""Which part each image is in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.folds import spread, units_and_categories
from segeval.data import GroundTruth
from segeval.errors import InputError


def part_of_images(
    gt: GroundTruth,
    sizes: NDArray[np.int64],
    *,
    groups: Sequence[str] | None = None,
    stratify: bool = True,
    seed: int = 0,
) -> NDArray[np.int64]:
    """The part of each image, with every category in all parts in proportion if that is possible.

    Iterative stratification: images of the rarest category are dealt first, each to the part that
    needs the category most. Two things differ from the paper. A part takes no more images than it
    should, so that images without groups give the sizes exactly. And where no more images of a
    category are left than parts lack it, those parts get them. The parts depend on the ids of the
    images and on what is in them, not on their order.

    Args:
        gt: ground truth with I images.
        sizes: images that each of P parts should get, int64, shape (P,), together I.
        groups: the group of each image; groups stay whole.
        stratify: whether categories count; without, images are dealt by chance alone.
        seed: of the order in which images are dealt, 0 or more.

    Returns:
        0 to P - 1, int64, shape (I,).

    Raises:
        InputError: for another seed.

    Source:
        Sechidis et al. 2011, On the stratification of multi-label data (iterative stratification).

    Example:
        >>> from segeval.data import load_ground_truth
        >>> from segeval.data.synthetic import furniture
        >>> gt = load_ground_truth(furniture(images=20).ground_truth)
        >>> np.bincount(part_of_images(gt, np.array([14, 6]))).tolist()
        [14, 6]
    """
    if type(seed) is not int or seed < 0:
        raise InputError(
            f"`seed` is {seed!r}, expected a whole number of 0 or more", code="seed", option="seed"
        )
    order = np.argsort(gt.images.id, kind="stable")
    named = np.arange(len(order)) if groups is None else np.asarray(groups)[order]
    units = np.unique(named, return_inverse=True)[1]
    number = int(units.max(initial=-1)) + 1
    units = np.random.default_rng(seed).permutation(number)[units]
    none = np.empty(0, np.int64)
    unit, label = units_and_categories(gt, order, units) if stratify else (none, none)
    needs = np.outer(sizes / max(int(sizes.sum()), 1), np.bincount(label))
    images = np.bincount(units, minlength=number)
    room = sizes.astype(np.float64)
    part = spread(unit, label, images, needs, room, partial(_chosen, needs))
    found = np.empty(len(order), np.int64)
    found[order] = part[units]
    return found


def _chosen(
    first: NDArray[np.float64],
    needs: NDArray[np.float64],
    room: NDArray[np.float64],
    category: int,
    left: int,
    images: int,
) -> int:
    """The part that gets a unit; arguments as in `Chooses`, after the needs before any is dealt."""
    able = room >= images
    if not able.any():
        able = room == room.max()
    lacks = needs[:, category] == first[:, category]
    if left <= lacks.sum() and (lacks & able).any():
        able &= lacks
    return int(np.lexsort((-room, np.where(able, -needs[:, category], np.inf)))[0])
