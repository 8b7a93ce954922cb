"""Folds of images: every category is spread, and no order of the images matters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.analysis.folds import image_folds, units_and_categories
from segeval.data import GroundTruth, Images, load_ground_truth
from segeval.data.synthetic import furniture
from segeval.errors import InputError

GT = load_ground_truth(furniture(images=60).ground_truth)


def shuffled(gt: GroundTruth, seed: int) -> GroundTruth:
    """The same images in another order."""
    order = np.random.default_rng(seed).permutation(len(gt.images))
    images = gt.images
    return replace(
        gt,
        images=replace(
            images,
            id=images.id[order],
            sizes=images.sizes[order],
            file_names=tuple(images.file_names[i] for i in order),
        ),
    )


def unevenness(fold: NDArray[np.int64]) -> float:
    """Sum of squares by which images with each category in each fold differ from the mean."""
    total = 0.0
    for category in GT.categories.id:
        images = np.unique(GT.image_id[(GT.category_id == category) & ~GT.is_crowd])
        own = np.bincount(fold[np.isin(GT.images.id, images)], minlength=5)
        total += float(((own - own.mean()) ** 2).sum())
    return total


def test_every_category_is_spread_more_evenly_than_by_chance() -> None:
    fold = image_folds(GT, 5)
    assert np.ptp(np.bincount(fold)) <= 2
    rng = np.random.default_rng(0)
    by_chance = [unevenness(rng.permutation(np.arange(60) % 5)) for _ in range(50)]
    assert unevenness(fold) < min(by_chance)


def test_crowds_do_not_count_and_categories_of_crowds_alone_leave_no_gap() -> None:
    annotations = [(1, 3, 0), (1, 3, 0), (1, 8, 1), (2, 9, 0), (2, 3, 1)]
    gt = load_ground_truth(
        {
            "images": [{"id": own, "width": 9, "height": 9} for own in (1, 2)],
            "categories": [{"id": own} for own in (3, 8, 9)],
            "annotations": [
                {"id": own, "image_id": image, "category_id": category, "iscrowd": crowd,
                 "segmentation": {"size": [9, 9], "counts": [0, 2, 79]}}
                for own, (image, category, crowd) in enumerate(annotations, 1)
            ],
        }
    )  # fmt: skip
    unit, label = units_and_categories(gt, np.array([0, 1]), np.array([0, 1]))
    assert (unit.tolist(), label.tolist()) == ([0, 1], [0, 1])


def test_the_order_of_the_images_does_not_matter() -> None:
    fold = dict(zip(GT.images.id.tolist(), image_folds(GT, 4).tolist(), strict=True))
    other = shuffled(GT, 1)
    assert dict(zip(other.images.id.tolist(), image_folds(other, 4).tolist(), strict=True)) == fold


def test_images_of_a_group_share_a_fold() -> None:
    groups = np.arange(60) // 4
    fold = image_folds(GT, 3, groups=groups)
    assert all(len(set(fold[groups == each].tolist())) == 1 for each in range(15))


@pytest.mark.parametrize("folds", [1, 61])
def test_there_are_no_more_folds_than_images(folds: int) -> None:
    with pytest.raises(InputError, match=f"`folds` is {folds}, expected from 2 to 60"):
        image_folds(GT, folds)


def test_images_without_objects_fill_the_smallest_folds() -> None:
    empty = replace(GT, images=Images.concatenate([GT.images, shuffled_ids(GT.images)]))
    assert np.ptp(np.bincount(image_folds(empty, 5))) <= 1


def shuffled_ids(images: Images) -> Images:
    """Other images."""
    return replace(images, id=images.id + 10_000)
