"""What images add to places such as classes, added up under many weights of the images at once.

Weights are laid out image by image, `LANES` replicates side by side. Every replicate adds the rows
in their order, so no number depends on how many replicates there are, or on which thread adds them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.metrics.image_columns import EXACT

LANES = 32
"""Replicates that are computed together; no number depends on it."""


Lanes = NDArray[np.uint8] | NDArray[np.float64]
"""Copies of sources, whole numbers, shape (S, LANES): bytes where they suffice."""


@frozen(eq=False)
class Rows:
    """What images add to some places.

    Attributes:
        place: where each row is added, int64, shape (J,).
        source: its row among the weights, int64, shape (J,).
        values: what it adds there, float64, shape (J, k).
        places: P, number of places.
        are_whole: whether values are whole numbers, whose sums are then exact.
    """

    place: NDArray[np.int64]
    source: NDArray[np.int64]
    values: NDArray[np.float64]
    places: int
    are_whole: bool = True

    @classmethod
    def of(
        cls, place: NDArray[Any], source: NDArray[Any], values: NDArray[Any], places: int
    ) -> Rows:
        """Rows from arrays of any numbers.

        Args:
            place: below places, shape (J,).
            source: row of the weights, shape (J,).
            values: shape (J,) or (J, k).
            places: P.
        """
        columns = (
            values.reshape(len(place), -1) if len(place) else values.reshape(0, _width(values))
        )
        return cls(
            place.astype(np.int64),
            source.astype(np.int64),
            np.ascontiguousarray(columns, np.float64),
            places,
            are_whole=values.dtype.kind in "biu",
        )

    def beside(self, other: Rows, sources: int) -> Rows:
        """These rows and those of another model, whose weights follow those of `sources` images."""
        return replace(
            self,
            place=np.concatenate([self.place, other.place]),
            source=np.concatenate([self.source, other.source + sources]),
            values=np.concatenate([self.values, other.values]),
        )

    def sums(self, weights: Lanes) -> NDArray[np.float64]:
        """Values times the weights of their sources, by place, float64, shape (P, k, LANES).

        Args:
            weights: copies of each source.
        """
        shape = self.places, self.values.shape[1], LANES
        if self.are_whole and self._largest * float(weights.max(initial=0)) >= EXACT:
            sums, values = np.zeros(shape, np.int64), self.values.astype(np.int64)
            weighted_sums(self.place, self.source, values, weights.astype(np.int64), sums)
            return sums.astype(np.float64)
        found = np.zeros(shape)
        weighted_sums(self.place, self.source, self.values, weights, found)
        return found

    def images(self, sources: int) -> NDArray[np.int64]:
        """Number of sources that add more than 0 at each place, by column, int64, shape (P, k)."""
        found = np.zeros((self.places, self.values.shape[1]), np.int64)
        for column, values in enumerate(self.values.T):
            adds = values > 0
            cells = np.unique(self.place[adds] * max(sources, 1) + self.source[adds])
            found[:, column] = np.bincount(cells // max(sources, 1), minlength=self.places)
        return found

    @cached_property
    def _largest(self) -> float:
        """A bound of any sum for weights of 1."""
        return float(self.values.max(initial=0)) * len(self.values)


def _width(values: NDArray[Any]) -> int:
    """Number of columns of values without rows."""
    return int(np.prod(values.shape[1:], dtype=np.int64))


@kernel
def weighted_sums(
    place: NDArray[np.int64],
    source: NDArray[np.int64],
    values: NDArray[Any],
    weights: NDArray[Any],
    sums: NDArray[Any],
) -> None:
    """Add values (J, k), times the weights (S, LANES) of their sources, to sums (P, k, LANES).

    Assumes places and sources that exist, and values and sums of one dtype.
    """
    for row in range(place.size):
        at, own = place[row], source[row]
        for column in range(values.shape[1]):
            value = values[row, column]
            if value != 0:
                for lane in range(LANES):
                    sums[at, column, lane] += value * weights[own, lane]
