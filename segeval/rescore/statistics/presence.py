"""How often categories share an image: what the presence of one says about another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.rescore.statistics.contents import Contents, contents_of
from segeval.words import counted

SMOOTHING = 1.0
"""Images that every category is assumed to have been seen in, at its usual frequency."""

MIN_IMAGES = 20
MIN_LIFT = 1.5


@frozen(eq=False, repr=False)
class Cooccurrence:
    """Presence of C categories in the images of a data set.

    Attributes:
        categories: their ids as written, in ascending order.
        names: their names, "" where there is none.
        source: name of the ground truth.
        images: number of images, with and without objects.
        present: images with each category, int64, shape (C,).
        known: images in which it is known whether both categories are present, and the second is,
            int64, shape (C, C). Without federated annotation that is `present` of the second.
        together: images with both, int64, shape (C, C).
        objects: objects of the first in images with the second, int64, shape (C, C); all of them
            where both are the same.
        frequency: share of the images with each category, among those where that is known, float64,
            shape (C,).
        smoothing: images that are added to each condition, at the usual frequency.
    """

    categories: tuple[Key, ...]
    names: tuple[str, ...]
    source: str
    images: int
    present: NDArray[np.int64]
    known: NDArray[np.int64]
    together: NDArray[np.int64]
    objects: NDArray[np.int64]
    frequency: NDArray[np.float64]
    smoothing: float = SMOOTHING

    def __repr__(self) -> str:
        """One line: where it comes from."""
        kinds = counted(len(self.categories), "category", "categories")
        return f"Cooccurrence({self.source}: {kinds}, {counted(self.images, 'image')})"

    @property
    def probability(self) -> NDArray[np.float64]:
        """`[i, j]`: the chance that i is present if j is, float64, shape (C, C); NaN for i = j."""
        usual = self.smoothing * self.frequency[:, np.newaxis]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (self.together + usual) / (self.known + self.smoothing)
        np.fill_diagonal(found, np.nan)
        return np.asarray(found)

    @property
    def as_printed(self) -> NDArray[np.float64]:
        """Share of the objects of i that have a j beside them: the paper's formula as printed.

        It is the chance of j if there is an i, and so the wrong way round; shape (C, C).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.objects / np.diag(self.objects)[:, np.newaxis]
        np.fill_diagonal(found, np.nan)
        return np.asarray(found)

    @property
    def lift(self) -> NDArray[np.float64]:
        """How many times more likely i is if j is present, float64, shape (C, C)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.probability / self.frequency[:, np.newaxis])

    def valid(
        self, *, min_images: int = MIN_IMAGES, min_lift: float = MIN_LIFT
    ) -> NDArray[np.bool_]:
        """Which conditions say something, bool, shape (C, C).

        Args:
            min_images: images with j that a condition needs; of federated data those in which i
                is verified.
            min_lift: how many times more likely i must be.
        """
        return np.asarray((self.known >= min_images) & (np.nan_to_num(self.lift) >= min_lift))

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values."""
        return {
            "categories": list(self.categories),
            "images": self.images,
            "present": self.present.tolist(),
            "together": self.together.tolist(),
        }


def cooccurrence(gt: GroundTruth, *, smoothing: float = SMOOTHING) -> Cooccurrence:
    """Count in how many images each pair of categories is present.

    Crowd regions count as presence. All images count, also those without objects. Of federated data
    such as LVIS only images count where it was verified whether a category is present.

    Args:
        gt: ground truth of images like those that predictions are made for; not of the same.
        smoothing: images that are added to each condition, at the usual frequency, 0 or more.

    Raises:
        InputError: for a smoothing below 0, or ground truth without categories.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8. The condition is the category that was
        seen: the formula is printed with the other one.

    Example:
        >>> from segeval.data import load_ground_truth
        >>> present = [
        ...     ["person", "guitar"],
        ...     ["person", "guitar"],
        ...     ["guitar"],
        ...     ["person"],
        ...     ["person"],
        ... ]
        >>> ids = {"person": 1, "guitar": 2}
        >>> records = [(image, ids[name]) for image, names in enumerate(present) for name in names]
        >>> gt = load_ground_truth(
        ...     {
        ...         "images": [{"id": image} for image in range(5)],
        ...         "categories": [{"id": k, "name": name} for name, k in ids.items()],
        ...         "annotations": [
        ...             {
        ...                 "id": n,
        ...                 "image_id": i,
        ...                 "category_id": k,
        ...                 "bbox": [0, 0, 9, 9],
        ...                 "area": 81,
        ...                 "iscrowd": 0,
        ...             }
        ...             for n, (i, k) in enumerate(records)
        ...         ],
        ...     }
        ... )
        >>> found = cooccurrence(gt)
        >>> found.together.tolist(), float(found.probability[0, 1].round(3))
        ([[4, 2], [2, 3]], 0.7)
    """
    check_smoothing(smoothing)
    return presence_in(contents_of(gt), smoothing)


def presence_in(contents: Contents, smoothing: float) -> Cooccurrence:
    """The counts of `cooccurrence` from what is in each image."""
    number = len(contents.categories)
    present = np.bincount(contents.category, minlength=number)
    together = np.zeros((number, number), np.int64)
    objects = np.zeros((number, number), np.int64)
    known = np.tile(present, (number, 1))
    for condition in range(number):
        cells = contents.cells_of(condition)
        _, beside = contents.beside(cells)
        others, counts = contents.category[beside], contents.objects[beside]
        together[:, condition] = np.bincount(others, minlength=number)
        objects[:, condition] = np.bincount(others, weights=counts, minlength=number)
        if contents.verified is not None:
            _, told = contents.verified_beside(cells)
            known[:, condition] = np.bincount(told, minlength=number)
    judged = np.full(number, contents.images)
    if contents.verified is not None:
        judged = np.bincount(contents.verified % number, minlength=number)
    return Cooccurrence(
        categories=contents.categories,
        names=contents.names,
        source=contents.source,
        images=contents.images,
        present=present,
        known=known,
        together=together,
        objects=objects,
        frequency=np.divide(present, judged, out=np.zeros(number), where=judged > 0),
        smoothing=smoothing,
    )


def check_smoothing(smoothing: float) -> None:
    """Refuse a number of images that is none.

    Raises:
        InputError: for a number below 0, or none.
    """
    if not 0 <= smoothing < np.inf:
        raise InputError(
            f"`smoothing` is {smoothing:g}, expected 0 or more",
            code="smoothing",
            option="smoothing",
        )
