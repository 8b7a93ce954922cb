"""What holds for the numbers of every kind of result under other weights of its images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.draws import Units, copies, swaps
from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.metrics.result import Result


def number_at(document: Any, path: KeyPath) -> float:
    """The number of `results` at a path, NaN for null; entries of lists by id, width or name."""
    for step in path:
        if isinstance(document, list | tuple):
            [document] = [
                each
                for each in document
                if next(each[key] for key in ("id", "width", "name") if key in each) == step
            ]
        else:
            document = document[step]
    return np.nan if document is None else float(document)


def require_paths_lead_to_numbers(result: Result[Any]) -> None:
    """The numbers of the images as they are, and for weights of 1, are those in JSON."""
    own = resampled(result)
    document = result.to_dict()["results"]
    wanted = [number_at(document, path) for path in own.paths]
    np.testing.assert_array_equal(own.numbers(), [wanted])
    once = own.numbers(np.ones((1, len(own.image_ids)), np.uint16))
    np.testing.assert_allclose(once, [wanted], rtol=0, atol=1e-12)
    assert len(own.paths) == len(set(own.paths)) == len(own.images_with)


def require_weights_are_copies(
    result: Result[Any], weights: NDArray[Any], repeated: Result[Any]
) -> None:
    """The numbers for some weights of the images are those of files that repeat them so."""
    own = resampled(result)
    [found] = own.numbers(weights[np.newaxis])
    document = repeated.to_dict()["results"]
    wanted = [number_at(document, path) for path in own.paths]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)
    assert (found != own.numbers()[0]).any()


def require_swaps_of_nothing_and_everything(one: Result[Any], two: Result[Any]) -> None:
    """Swapping no image gives the two models, swapping all the same the other way round."""
    own, its = resampled(one), resampled(two)
    swapped = np.repeat([[False], [True]], len(own.image_ids), axis=1)
    found, others = own.mixed(its, swapped)
    both = np.concatenate([own.numbers(), its.numbers()])
    np.testing.assert_allclose(found, both, rtol=0, atol=1e-12)
    np.testing.assert_allclose(others, both[::-1], rtol=0, atol=1e-12)
    assert (np.nan_to_num(both[0]) != np.nan_to_num(both[1])).any()


def require_the_same_bits(one: Result[Any], two: Result[Any], turned: Result[Any]) -> None:
    """Neither threads, nor blocks, nor the order of images in the files change a bit.

    Args:
        one: of a model.
        two: of another.
        turned: of the first, from images in another order.
    """
    own, its = resampled(one), resampled(two)
    units = Units.of_keys(own.image_keys)
    weights, swapped = copies(units, 3, 0, 75), swaps(units, 3, 0, 75)
    wanted, mixed = own.numbers(weights, workers=1), own.mixed(its, swapped, workers=1)
    np.testing.assert_array_equal(own.numbers(weights, workers=5), wanted)
    np.testing.assert_array_equal(resampled(turned).numbers(weights), wanted)
    for first, last in ((0, 1), (7, 50), (50, 75)):
        np.testing.assert_array_equal(own.numbers(weights[first:last]), wanted[first:last])
        for found, every in zip(own.mixed(its, swapped[first:last]), mixed, strict=True):
            np.testing.assert_array_equal(found, every[first:last])
    assert len({row.tobytes() for row in wanted}) > 5


def require_mixed(
    own: Resampled, its: Resampled, swapped: NDArray[np.bool_], mixed: list[Result[Any]]
) -> None:
    """The numbers of a swap are those of files that were mixed so.

    Args:
        own: a model.
        its: another.
        swapped: whether each image is swapped, bool, shape (I,).
        mixed: of the first model with the other's outputs where swapped, and of the other.
    """
    found = own.mixed(its, swapped[np.newaxis])
    for numbers, result in zip(found, mixed, strict=True):
        document = result.to_dict()["results"]
        wanted = [number_at(document, path) for path in own.paths]
        np.testing.assert_allclose(numbers[0], wanted, rtol=0, atol=1e-12)


def by_path(own: Resampled, values: NDArray[Any]) -> dict[KeyPath, Any]:
    """Values of the numbers by their path."""
    return dict(zip(own.paths, values.tolist(), strict=True))
