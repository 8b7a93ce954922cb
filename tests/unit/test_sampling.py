"""Which images training sees more often: the worked numbers, draws, and what makes no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.errors import InputError, ShapeError
from segeval.sampling import (
    ClassLists,
    class_aware_draws,
    class_aware_probabilities,
    class_lists,
    every_class_draws,
    repeat_factors,
    repeated_images,
)


def four_images(a: int = 0, b: int = 1) -> ClassLists:
    """Four images with class a, of which the last has class b too."""
    return class_lists(4, [3, 0, 1, 2, 3, 3], [b, a, a, a, a, b])


def test_class_aware_sampling_draws_a_class_first() -> None:
    assert class_aware_probabilities(four_images()).tolist() == [0.125, 0.125, 0.125, 0.625]


def test_a_round_has_every_class_once_in_the_order_of_its_numbers() -> None:
    # classes 0 (four images) and 1 (image 3 alone): first 1, 0, then 0, 1
    uniform = [[[0.7, 0.2], [0.1, 0.9]], [[0.0, 0.4], [0.9, 0.0]]]
    assert every_class_draws(four_images(), uniform).tolist() == [3, 1, 3, 3]


def test_a_round_with_too_few_numbers_is_refused() -> None:
    words = r"`uniform` has shape \(2, 5\), expected \(2, rounds, 2\): two numbers for each class"
    with pytest.raises(ShapeError, match=words):
        every_class_draws(four_images(), np.zeros((2, 5)))


def test_ids_of_any_size_are_classes() -> None:
    lists = four_images(2**62, -(2**62))
    assert class_aware_probabilities(lists).tolist() == [0.125, 0.125, 0.125, 0.625]
    assert repeat_factors(lists, 0.5).round(6).tolist() == [1, 1, 1, 1.414214]
    assert class_aware_draws(lists, [[0.0], [0.5]]).tolist() == [3]


def test_images_without_classes_are_never_drawn() -> None:
    lists = class_lists(3, [1], [7])
    assert class_aware_probabilities(lists).tolist() == [0, 1, 0]
    assert class_aware_draws(lists, np.full((2, 5), 0.999)).tolist() == [1] * 5


def test_draws_follow_the_probabilities() -> None:
    drawn = class_aware_draws(four_images(), np.random.default_rng(0).random((2, 80_000)))
    found = np.bincount(drawn, minlength=4) / len(drawn)
    np.testing.assert_allclose(found, [0.125, 0.125, 0.125, 0.625], atol=0.01)


@pytest.mark.parametrize(
    ("share", "threshold", "factor"),
    [(0.25, 0.5, 1.414214), (0.0001, 0.001, 3.162278), (0.125, 0.5, 2.0), (0.5, 0.5, 1.0)],
)
def test_a_rare_class_repeats_its_images(share: float, threshold: float, factor: float) -> None:
    images = round(1 / share)
    lists = class_lists(images, [*range(images), 0], [*[0] * images, 1])
    found = repeat_factors(lists, threshold).round(6)
    assert found[0] == factor
    assert (found[1:] == 1).all()


def test_an_image_is_repeated_by_the_whole_part_and_once_more_by_chance() -> None:
    assert repeated_images([2.25, 1.0, 1.5], [0.24, 0.0, 0.5]).tolist() == [0, 0, 0, 1, 2]


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_threshold_is_a_positive_number(threshold: float) -> None:
    with pytest.raises(InputError, match=r"`threshold` is \S+, expected a share of the images abo"):
        repeat_factors(four_images(), threshold)


@pytest.mark.parametrize(
    ("image", "classes", "expected"),
    [
        ([0, 4], [1, 1], "`image` of object 1 is 4, expected 0 to 3."),
        ([-1], [1], "`image` of object 0 is -1, expected 0 to 3."),
        ([0, 1], [1], "`image` has 2 objects, `classes` 1, expected one class for each."),
        ([0], [0.5], "`classes` is of the type float64 and the shape (1,), expected integers of"),
    ],
)
def test_classes_that_fit_no_image_are_refused(image: Any, classes: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        class_lists(4, image, classes)
    assert str(caught.value).startswith(expected)


def test_images_without_any_class_are_refused() -> None:
    with pytest.raises(InputError, match="none of 2 images has a class to draw"):
        class_aware_probabilities(class_lists(2, [], []))
