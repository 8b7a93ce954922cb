"""Which part each image is in: exact sizes, rare categories everywhere, no order that matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from segeval.analysis.splitting.dealing import part_of_images
from segeval.analysis.splitting.shares import sizes_of_parts
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.synthetic import furniture
from segeval.errors import InputError

ROOMS = load_ground_truth(furniture(images=60).ground_truth)


def truth(categories: Sequence[Sequence[int]]) -> GroundTruth:
    """Ground truth of images with an object of each of these categories."""
    document = {
        "images": [{"id": i, "width": 9, "height": 9} for i in range(len(categories))],
        "categories": [{"id": k} for k in sorted({k for own in categories for k in own})],
        "annotations": [
            {"id": 100 * i + k, "image_id": i, "category_id": k, "bbox": [0, 0, 1, 1]}
            for i, own in enumerate(categories)
            for k in own
        ],
    }
    return load_ground_truth(document)


def test_images_that_stand_alone_give_the_sizes_exactly() -> None:
    for shares in ((0.5, 0.5), (0.7, 0.2, 0.1), (0.9, 0.05, 0.05)):
        sizes = sizes_of_parts(dict(zip("abc", shares, strict=False)), 60)
        assert np.bincount(part_of_images(ROOMS, sizes)).tolist() == sizes.tolist()


def test_a_category_of_as_many_images_as_parts_is_in_every_part() -> None:
    # by need alone, 90 % would get all three images of category 2
    gt = truth([[1, 2] if i < 3 else [1] for i in range(30)])
    for seed in range(5):
        part = part_of_images(gt, np.array([24, 3, 3]), seed=seed)
        assert sorted(part[:3].tolist()) == [0, 1, 2]
        assert np.bincount(part).tolist() == [24, 3, 3]


def test_each_category_is_spread_in_proportion() -> None:
    gt = truth([[1], [2], [3], [4]] * 10)
    part = part_of_images(gt, np.array([20, 12, 8]))
    for category in range(4):
        assert np.bincount(part[category::4]).tolist() == [5, 3, 2]


def test_without_stratification_chance_alone_deals() -> None:
    gt = truth([[1]] * 20 + [[2]] * 20)
    found = {
        int((part_of_images(gt, np.array([20, 20]), stratify=False, seed=seed)[:20] == 0).sum())
        for seed in range(6)
    }
    assert len(found) > 1


def test_the_seed_decides_and_the_order_of_the_images_does_not() -> None:
    images = [[1, 2], [1], [2], [1], [3], [3, 1], [2], [1]]
    gt, sizes = truth(images), np.array([4, 4])
    document = {
        "images": [{"id": i, "width": 9, "height": 9} for i in reversed(range(8))],
        "categories": [{"id": k} for k in (1, 2, 3)],
        "annotations": [
            {"id": 100 * i + k, "image_id": i, "category_id": k, "bbox": [0, 0, 1, 1]}
            for i, own in reversed(list(enumerate(images)))
            for k in own
        ],
    }
    other = load_ground_truth(document)
    assert part_of_images(other, sizes).tolist()[::-1] == part_of_images(gt, sizes).tolist()
    found = {tuple(part_of_images(gt, sizes, seed=seed).tolist()) for seed in range(5)}
    assert len(found) > 1


def test_groups_stay_whole_and_come_close_to_the_sizes() -> None:
    groups = [str(i // 6) for i in range(60)]
    part = part_of_images(ROOMS, np.array([42, 18]), groups=groups)
    assert all(len(set(part[first : first + 6].tolist())) == 1 for first in range(0, 60, 6))
    assert np.bincount(part).tolist() == [42, 18]


def test_no_part_gets_a_group_that_is_larger_than_its_room() -> None:
    groups = [name for name, size in zip("abcd", (3, 4, 3, 1), strict=True) for _ in range(size)]
    for seed in range(4):
        part = part_of_images(truth([[1]] * 11), np.array([8, 3]), groups=groups, seed=seed)
        assert np.bincount(part).tolist() == [8, 3]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"a": 0.5, "b": 0.4}, "has fractions that sum to 0.9, expected 1"),
        ({"a": 0.7, "b": 0.4, "c": None}, "has fractions that sum to 1.1, expected 1"),
        ({"a": 5, "b": 4}, "has numbers that sum to 9 images, and there are 10 images"),
        ({"a": 5, "b": 0.5}, "has fractions and numbers of images, expected one kind"),
        ({"a": 10**400, "b": None}, "gives a more images than there are, 10 in all"),
        ({"a": None, "b": None}, "only one part can have the rest"),
        ({"a": 0.99, "b": 0.01}, "leaves b without images, of 10 images in all"),
        ({"a": 10, "b": None}, "leaves b without images, of 10 images in all"),
        ({"a": 1.0}, "has 1 part, expected at least 2"),
        ({"a": 0.5, "b/c": 0.5}, "has the name 'b/c', expected letters, digits, - and _"),
        ({"a": 0.5, "A": 0.5}, "has a and A, whose files have one name on some systems"),
        ({"a": -0.5, "b": None}, "gives a -0.5, expected a fraction above 0 and below 1"),
        ({"a": 0, "b": None}, "gives a 0, expected a fraction or at least 1 image"),
        ({"a": True, "b": None}, "gives a True, expected a number"),
    ],
)
def test_shares_that_cannot_be_had_are_refused(parts: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=f"`parts` {message}"):
        sizes_of_parts(parts, 10)


def test_rounded_thirds_are_taken_for_a_whole() -> None:
    assert sizes_of_parts({"a": 0.3333333, "b": 0.3333333, "c": 0.3333333}, 100).sum() == 100
