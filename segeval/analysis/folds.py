"""Splits of images into folds, in which every category is spread as evenly as can be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import index_of
from segeval.errors import InputError

FOLDS = 5


def image_folds(
    gt: GroundTruth, folds: int = FOLDS, *, groups: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """The fold of every image of a ground truth.

    The images of the rarest category that is not yet spread are dealt first, each to the fold that
    needs the category most; then those of the next. Images without objects fill the smallest
    folds. The split depends on the ids of the images and on what is in them, not on their order.

    Args:
        gt: ground truth with I images.
        folds: number of folds, from 2 to I.
        groups: number of each image's group, int64, shape (I,): images of one group, such as the
            frames of a video, share a fold. None if images stand alone.

    Returns:
        0 to folds - 1, int64, shape (I,).

    Raises:
        InputError: if there are fewer images, or groups, than folds.

    Source:
        Sechidis et al. 2011, On the stratification of multi-label data (iterative stratification).

    Example:
        >>> from segeval.data import load_ground_truth
        >>> from segeval.data.synthetic import furniture
        >>> gt = load_ground_truth(furniture(images=20).ground_truth)
        >>> np.bincount(image_folds(gt, 5)).tolist()
        [4, 4, 4, 4, 4]
    """
    order = np.argsort(gt.images.id, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    units = (
        np.arange(len(order))
        if groups is None
        else np.unique(groups[order], return_inverse=True)[1]
    )
    number = int(units.max(initial=-1)) + 1
    if not 2 <= folds <= number:
        what = "images" if groups is None else "groups of images"
        raise InputError(
            f"`folds` is {folds}, expected from 2 to {number}, the number of {what}",
            code="folds",
            option="folds",
        )
    unit, label = units_and_categories(gt, order, units)
    fold = dealt(unit, label, np.bincount(units, minlength=number), folds)
    return np.asarray(fold[units][place])


def units_and_categories(
    gt: GroundTruth, order: NDArray[np.int64], units: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Units and the categories of their objects, each pair once, ascending; crowds do not count.

    Args:
        gt: ground truth with I images.
        order: rows of the images by ascending id, int64, shape (I,).
        units: number of an image, or of its group, in that order, int64, shape (I,).

    Returns:
        Number of the unit and number of the category, from 0 without gaps, int64, shape (P,) each.
    """
    image = index_of(gt.image_id, gt.images.id[order])
    category = np.unique(gt.category_id, return_inverse=True)[1]
    counted = ~gt.is_crowd & (image >= 0)
    kinds = int(category.max(initial=0)) + 1
    unit, label = np.divmod(np.unique(units[image[counted]] * kinds + category[counted]), kinds)
    return unit, np.unique(label, return_inverse=True)[1]


Chooses = Callable[[NDArray[np.float64], NDArray[np.float64], int, int, int], int]
"""What deals one unit: the number of its fold, from

- the units of each category that each fold still needs, float64, shape (F, K);
- the images that each fold still needs, float64, shape (F,);
- the category that is spread;
- the number of units with it that are not dealt, this one included;
- the number of images of the unit.
"""


def neediest(
    needs: NDArray[np.float64], room: NDArray[np.float64], category: int, left: int, images: int
) -> int:
    """The fold that needs a category most; of equals the one with most room, then the first."""
    return int(np.lexsort((-room, -needs[:, category]))[0])


def dealt(
    unit: NDArray[np.int64], label: NDArray[np.int64], images: NDArray[np.int64], folds: int
) -> NDArray[np.int64]:
    """The fold of each unit, in which every category is spread as evenly as can be.

    Args:
        unit: as in `spread`.
        label: as in `spread`.
        images: as in `spread`.
        folds: number of folds.

    Returns:
        0 to folds - 1, int64, shape (U,).
    """
    needs = np.tile(np.bincount(label) / folds, (folds, 1))
    return spread(unit, label, images, needs, np.full(folds, images.sum() / folds))


def spread(
    unit: NDArray[np.int64],
    label: NDArray[np.int64],
    images: NDArray[np.int64],
    needs: NDArray[np.float64],
    room: NDArray[np.float64],
    choose: Chooses = neediest,
) -> NDArray[np.int64]:
    """The fold of each unit, by what each fold should get.

    Args:
        unit: number of an image, or of a group of images, that has a category, int64, shape (P,).
        label: number of the category, int64, shape (P,); each pair occurs once.
        images: number of images of each unit, int64, shape (U,).
        needs: units of each category that each fold should get, float64, shape (F, K).
        room: images that each fold should get, float64, shape (F,).
        choose: deals one unit.

    Returns:
        0 to F - 1, int64, shape (U,).
    """
    needs, room = needs.copy(), room.copy()
    left = np.bincount(label, minlength=needs.shape[1])
    fold = np.full(len(images), -1)
    order = np.argsort(unit, kind="stable")
    labels_of = np.split(label[order], np.searchsorted(unit[order], np.arange(1, len(images))))
    while (left > 0).any():
        rarest = int(np.argmin(np.where(left > 0, left, np.iinfo(np.int64).max)))
        for each in unit[label == rarest].tolist():
            if fold[each] < 0:
                own = labels_of[each]
                chosen = choose(needs, room, rarest, int(left[rarest]), int(images[each]))
                fold[each] = chosen
                needs[chosen, own] -= 1
                room[chosen] -= images[each]
                left[own] -= 1
    for each in np.flatnonzero(fold < 0).tolist():
        chosen = int(np.argmax(room))
        fold[each] = chosen
        room[chosen] -= images[each]
    return fold


def folds_of_ids(
    ids: NDArray[np.int64], gt: GroundTruth, fold: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The fold of the image of each id, -1 for images that the ground truth lacks, shape (N,).

    Args:
        ids: of images, numbered as those of the ground truth, shape (N,).
        gt: ground truth with I images.
        fold: of each of its images, int64, shape (I,).
    """
    order = np.argsort(gt.images.id, kind="stable")
    return np.append(fold[order], -1)[index_of(ids, gt.images.id[order])]
