"""The one interface of everything that computes numbers for other weights of the images."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.result import Result

HOMES = {
    "APResult": "resampling.average_precision",
    "IdMapsResult": "resampling.average_precision",
    "LabelErrors": "errors.label_resampled",
    "MeanIoUResult": "resampling.label_maps",
    "PanopticErrors": "errors.panoptic_resampled",
    "PanopticResult": "resampling.panoptic",
    "ConceptF1Result": "resampling.concepts",
    "CityscapesResult": "resampling.cityscapes",
    "OpenImagesResult": "resampling.open_images",
}
"""The module below `segeval.analysis` with `of_result`, which resamples each class of results."""


@frozen
class CategoryMean:
    """A mean over the categories of which an object was drawn; others leave it.

    Attributes:
        place: of the mean among all numbers.
        members: places of the numbers of the single categories.
        alike: places of further means over the same categories, whose single numbers are not known.
    """

    place: int
    members: tuple[int, ...]
    alike: tuple[int, ...] = ()


class Resampled(Protocol):
    """An evaluated file, whose numbers can be computed for other weights of its images."""

    @property
    def image_keys(self) -> NDArray[np.uint64]:
        """What stands for each of the I images in draws, in the order of weights, shape (I,)."""

    @property
    def image_ids(self) -> tuple[int | str, ...]:
        """The ids of the images as the file writes them, I of them."""

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names of the images, "" where there is none, I of them."""

    @property
    def paths(self) -> tuple[KeyPath, ...]:
        """Where each of the M numbers is in JSON."""

    @property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (M,)."""

    @property
    def means(self) -> tuple[CategoryMean, ...]:
        """Which numbers are means over categories that are undefined where none is drawn."""

    def numbers(
        self, weights: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The numbers for R replicates, NaN where undefined, float64, shape (R, M).

        Args:
            weights: copies of each image, whole numbers, shape (R, I). None stands for the numbers
                of the result itself, to the last bit; those for weights of 1 are added in another
                order and equal them to 1e-12.
            workers: threads, None for all cores.
        """

    def mixed(
        self, other: Any, swapped: NDArray[np.bool_], workers: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of two models that have swapped their outputs for some of the images.

        Scores of each model are first replaced by their ranks, so no model's scores count more.

        Args:
            other: another model's numbers of the same kind on the same ground truth.
            swapped: whether each image is swapped, bool, shape (R, I).
            workers: threads, None for all cores.

        Returns:
            The numbers of this model with the other's outputs for swapped images, and of the other
            with this one's, each float64, shape (R, M). Swapping no image gives the numbers of the
            two, to 1e-12.
        """


def resampled(result: Result[Any]) -> Resampled:
    """The numbers of a result for other weights of its images.

    Args:
        result: of an evaluation that keeps what it measured in every image: AP, mean IoU, PQ,
            Cityscapes, Open Images or cgF1.

    Raises:
        InputError: for another result, which keeps nothing of single images.
    """
    for kind in type(result).__mro__:
        home = HOMES.get(kind.__name__)
        if home is not None:
            module = import_module(f"segeval.analysis.{home}")
            found: Resampled = module.of_result(result)
            return found
    raise InputError(
        f"a {type(result).__name__} keeps nothing of single images, so its images cannot be drawn "
        "anew; expected the result of an evaluation: of AP, mean IoU, PQ, Cityscapes, Open "
        "Images or cgF1.",
        code="not-resampled",
    )
