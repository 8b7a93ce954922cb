"""Which images training should see more often, where categories are rare: as probabilities.

Functions of NumPy over the classes in each image; what `segeval train` draws with is the same code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError, ShapeError
from segeval.frozen import frozen
from segeval.words import counted

__all__ = [
    "ClassLists",
    "class_aware_draws",
    "class_aware_probabilities",
    "class_lists",
    "every_class_draws",
    "repeat_factors",
    "repeated_images",
]

REPEAT_THRESHOLD = 0.001
"""Images of categories in a smaller share of all images are repeated; LVIS's value."""


@frozen(eq=False)
class ClassLists:
    """The classes in each image.

    Attributes:
        classes: distinct classes of image i, ascending, are
            `classes[offsets[i]:offsets[i + 1]]`, int64, shape (L,).
        offsets: int64, shape (I + 1,).
    """

    classes: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.offsets) - 1

    @property
    def images(self) -> NDArray[np.int64]:
        """The image of each of the L entries, int64, shape (L,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


def class_lists(images: int, image: ArrayLike, classes: ArrayLike) -> ClassLists:
    """The distinct classes of each image.

    Args:
        images: I.
        image: of each object, 0 to I - 1, integers, shape (M,).
        classes: of each object, such as ids of categories, integers, shape (M,).

    Raises:
        ShapeError: if the two have other shapes.
        InputError: for an image out of range.

    Example:
        >>> found = class_lists(3, np.array([2, 0, 2, 2]), np.array([1, 4, 0, 1]))
        >>> found.classes, found.offsets
        (array([4, 0, 1]), array([0, 1, 1, 3]))
    """
    place, kind = (_integers(name, each) for name, each in (("image", image), ("classes", classes)))
    if place.shape != kind.shape:
        raise ShapeError(
            f"`image` has {counted(len(place), 'object')}, `classes` {len(kind):,}, expected one "
            "class for each.",
            code="shape",
            option="classes",
        )
    wrong = np.flatnonzero((place < 0) | (place >= images))
    if len(wrong):
        raise InputError(
            f"`image` of object {wrong[0]} is {place[wrong[0]]}, expected 0 to {images - 1}.",
            code="images",
            index=int(wrong[0]),
            option="image",
        )
    order = np.lexsort((kind, place))
    place, kind = place[order], kind[order]
    first = np.ones(len(place), np.bool_)
    first[1:] = (place[1:] != place[:-1]) | (kind[1:] != kind[:-1])
    counts = np.bincount(place[first], minlength=images)
    return ClassLists(kind[first], np.concatenate([[0], np.cumsum(counts)]))


def class_aware_probabilities(lists: ClassLists) -> NDArray[np.float64]:
    """How likely each image is drawn, if a class is drawn first and then an image of it.

    P(I) = (1/K') · Σ 1/N_c over the classes c in I: N_c images have class c, and K' classes have
    images.

    Args:
        lists: the classes of each image.

    Returns:
        Probabilities that add up to 1; 0 for an image without classes, float64, shape (I,).

    Raises:
        InputError: if no image has a class.

    Source:
        Shen et al. 2016, Relay backpropagation, class-aware sampling.

    Example:
        >>> lists = class_lists(4, [0, 1, 2, 3, 3], [0, 0, 0, 0, 1])
        >>> class_aware_probabilities(lists)
        array([0.125, 0.125, 0.125, 0.625])
    """
    _require_classes(lists)
    _, place, counts = np.unique(lists.classes, return_inverse=True, return_counts=True)
    share = (1 / counts)[place]
    return np.bincount(lists.images, share, minlength=len(lists)) / len(counts)


def class_aware_draws(lists: ClassLists, uniform: ArrayLike) -> NDArray[np.int64]:
    """Images by class-aware sampling: a random class, then a random image of it.

    Args:
        lists: the classes of each image; images without any are never drawn.
        uniform: random numbers in [0, 1), of the class and of the image, shape (2, D).

    Returns:
        Indices of images, int64, shape (D,).

    Raises:
        InputError: if no image has a class.

    Source:
        As `class_aware_probabilities`, with independent draws.

    Example:
        >>> lists = class_lists(4, [0, 1, 2, 3, 3], [0, 0, 0, 0, 1])
        >>> class_aware_draws(lists, [[0.0, 0.4, 0.9], [0.0, 0.9, 0.0]])
        array([0, 3, 3])
    """
    images, starts, counts = _images_by_class(lists)
    drawn = np.asarray(uniform, np.float64)
    chosen = (drawn[0] * len(starts)).astype(np.int64)
    found: NDArray[np.int64] = images[starts[chosen] + (drawn[1] * counts[chosen]).astype(np.int64)]
    return found


def every_class_draws(lists: ClassLists, uniform: ArrayLike) -> NDArray[np.int64]:
    """Images by full-class sampling: rounds of all classes in random order, an image for each.

    Every K' draws from a multiple of K' on show all of the K' classes that have images.

    Args:
        lists: the classes of each image; images without any are never drawn.
        uniform: random numbers in [0, 1), of the order of the classes and of the images, for R
            rounds, shape (2, R, K').

    Returns:
        Indices of images, int64, shape (R K',).

    Raises:
        InputError: if no image has a class.
        ShapeError: for other than two numbers for each class in a round.

    Source:
        The report of the winner of Open Images 2019 instance segmentation, section 5.3.

    Example:
        >>> lists = class_lists(4, [0, 1, 2, 3, 3], [0, 0, 0, 0, 1])
        >>> every_class_draws(lists, [[[0.7, 0.2], [0.1, 0.9]], [[0.0, 0.4], [0.9, 0.0]]])
        array([3, 1, 3, 3])
    """
    images, starts, counts = _images_by_class(lists)
    drawn = np.asarray(uniform, np.float64)
    if drawn.ndim != 3 or (len(drawn), drawn.shape[2]) != (2, len(starts)):
        raise ShapeError(
            f"`uniform` has shape {drawn.shape}, expected (2, rounds, {len(starts)}): two numbers "
            "for each class in a round.",
            code="shape",
            option="uniform",
        )
    order, place = drawn[0].argsort(axis=1, kind="stable"), drawn[1]
    found: NDArray[np.int64] = images[starts[order] + (place * counts[order]).astype(np.int64)]
    return found.ravel()


def repeat_factors(lists: ClassLists, threshold: float = REPEAT_THRESHOLD) -> NDArray[np.float64]:
    """The mean number of times that each image appears per epoch.

    Args:
        lists: the classes of each image.
        threshold: t, more than 0; the factor of a class in a share f of the images is
            max(1, sqrt(t / f)).

    Returns:
        The largest factor among an image's classes, 1 without classes, float64, shape (I,).

    Raises:
        InputError: for a threshold that is not a positive number.

    Source:
        Gupta et al. 2019, LVIS, appendix B.2. A class in half the share of images that the
        threshold says has the factor 1.414; for the factor 2 it is a quarter.

    Example:
        >>> lists = class_lists(4, np.arange(4), np.array([0, 0, 0, 1]))
        >>> repeat_factors(lists, threshold=1.0).round(4)
        array([1.1547, 1.1547, 1.1547, 2.    ])
    """
    if not 0 < threshold < np.inf:
        raise InputError(
            f"`threshold` is {threshold:g}, expected a share of the images above 0.",
            code="thresholds",
            option="threshold",
        )
    factors = np.ones(len(lists))
    if len(lists.classes):
        _, place, counts = np.unique(lists.classes, return_inverse=True, return_counts=True)
        of_class = np.sqrt(threshold / (counts / len(lists)))
        np.maximum.at(factors, lists.images, of_class[place])
    return factors


def repeated_images(factors: ArrayLike, uniform: ArrayLike) -> NDArray[np.int64]:
    """The images of one epoch, each as often as its factor on average, in the order of the images.

    An image is repeated as often as the whole part of its factor says, and once more with the
    probability of the rest.

    Args:
        factors: from `repeat_factors`, float64, shape (I,).
        uniform: random numbers in [0, 1), shape (I,).

    Returns:
        Indices of images, int64, shape (D,).

    Example:
        >>> repeated_images([1.0, 2.25, 1.5], [0.9, 0.2, 0.7])
        array([0, 1, 1, 1, 2])
    """
    each = np.asarray(factors, np.float64)
    whole = np.floor(each)
    times = (whole + (np.asarray(uniform, np.float64) < each - whole)).astype(np.int64)
    return np.repeat(np.arange(len(each)), times)


def _images_by_class(lists: ClassLists) -> tuple[NDArray[np.int64], ...]:
    """The images of the K' classes that have any, class by class: images, starts and counts.

    Raises:
        InputError: if no image has a class.
    """
    _require_classes(lists)
    order = np.argsort(lists.classes, kind="stable")
    _, starts, counts = np.unique(lists.classes[order], return_index=True, return_counts=True)
    return lists.images[order], starts, counts


def _integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Values as integers of one dimension.

    Raises:
        InputError: if they are others.
    """
    found = np.asarray(values)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise InputError(
            f"`{name}` is of the type {found.dtype} and the shape {found.shape}, expected integers "
            "of one dimension.",
            code="shape",
            option=name,
        )
    return found.astype(np.int64)


def _require_classes(lists: ClassLists) -> None:
    """Refuse images of which none has a class.

    Raises:
        InputError: if that is so.
    """
    if not len(lists.classes):
        raise InputError(
            f"none of {counted(len(lists), 'image')} has a class to draw.", code="no-classes"
        )
