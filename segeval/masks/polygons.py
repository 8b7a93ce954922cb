"""Polygons as one packed column, and their masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.errors import FormatError, ShapeError
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.masks.crossings import rasterise_masks
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.proofs import proven, proven_offsets, proven_sizes
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.words import more_like_it

COORDINATE_LIMIT = 1e6
"""Largest distance of a corner from the origin, in pixels."""


@frozen(eq=False, repr=False)
class Polygons(Brief):
    """N masks, each the union of closed polygons ("parts").

    Attributes:
        points: corners (x, y) in pixels, float64, shape (P, 2).
        part_offsets: corners of part j are `points[part_offsets[j]:part_offsets[j + 1]]`, int64.
        mask_offsets: parts of mask i are `mask_offsets[i]` up to `mask_offsets[i + 1]`, int64,
            shape (N + 1,).

    Raises:
        FormatError: if an array has another dtype, or a coordinate is not a finite number within
            `COORDINATE_LIMIT`.
        ShapeError: if offsets leave the corners or the parts.
    """

    points: NDArray[np.float64]
    part_offsets: NDArray[np.int64]
    mask_offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Prove what kernels assume of corners and offsets."""
        points = proven("points", self.points, np.float64, 2)
        if points.shape[1] != 2:
            raise ShapeError(
                f"points of the masks has shape {points.shape}, expected (P, 2): x and y.",
                code="mask-shape",
                field="points",
            )
        # NaN fails both comparisons
        if points.size and not (
            points.min() >= -COORDINATE_LIMIT and points.max() <= COORDINATE_LIMIT
        ):
            far = ~(np.abs(points) <= COORDINATE_LIMIT)
            raise FormatError(
                f"a polygon has the coordinate {points[far][0]:g}, expected finite numbers within "
                f"{COORDINATE_LIMIT:.0e}.{more_like_it(int(far.sum()))}",
                code="bad-polygon",
                field="points",
                count=int(far.sum()),
            )
        parts = proven_offsets("part_offsets", self.part_offsets, len(points), of="corners")
        masks = proven_offsets("mask_offsets", self.mask_offsets, len(parts) - 1, of="parts")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "part_offsets", parts)
        object.__setattr__(self, "mask_offsets", masks)

    def __len__(self) -> int:
        return len(self.mask_offsets) - 1

    def parts(self, index: int) -> list[NDArray[np.float64]]:
        """The parts of one mask, each float64, shape (corners, 2)."""
        span = range(self.mask_offsets[index], self.mask_offsets[index + 1])
        return [self.points[self.part_offsets[j] : self.part_offsets[j + 1]] for j in span]

    def take(self, index: NDArray[np.integer]) -> Polygons:
        """The masks at `index`, in that order."""
        parts, mask_offsets = _within(self.mask_offsets, index)
        corners, part_offsets = _within(self.part_offsets, parts)
        return Polygons(self.points[corners], part_offsets, mask_offsets)


def _within(
    offsets: NDArray[np.int64], index: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of what groups at `index` hold, group by group, and the new offsets of the groups."""
    lengths = offsets[1:][index] - offsets[:-1][index]
    ends = np.zeros(len(index) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return np.repeat(offsets[:-1][index] - ends[:-1], lengths) + np.arange(ends[-1]), ends


def rasterise(
    polygons: Polygons, sizes: NDArray[np.int32], *, workers: int | None = None
) -> RunLengths:
    """Polygons as run-length masks.

    A pixel belongs to a part by the even-odd rule, and to a mask if it belongs to any part.

    Args:
        polygons: N masks; coordinates finite and within `COORDINATE_LIMIT`.
        sizes: (H, W) of the image of each mask in pixels, int32, shape (N, 2).
        workers: threads, None for all cores.

    Returns:
        N masks; a mask without parts is empty.

    Raises:
        FormatError: if a size is beyond the limits.
        ShapeError: if there is not one size for each mask, or a side is negative.

    Source:
        Equal to pycocotools.mask.frPyObjects and merge, pixel for pixel.

    Example:
        >>> square = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]])
        >>> one = Polygons(square, np.array([0, 4]), np.array([0, 1]))
        >>> int(rasterise(one, np.array([[20, 20]], np.int32)).counts[1::2].sum())
        81
    """
    return concatenate(rasterised_parts(polygons, sizes, workers=workers))


def rasterised_parts(
    polygons: Polygons, sizes: NDArray[np.int32], *, workers: int | None = None
) -> list[RunLengths]:
    """The result of `rasterise` as consecutive columns, for callers that copy them."""
    sizes = proven_sizes(sizes, len(polygons), against=f"{len(polygons)} polygons")
    like = np.empty(0, lengths_type(sizes))

    def one(start: int, stop: int) -> RunLengths:
        counts, offsets = rasterise_masks(
            polygons.points,
            polygons.part_offsets,
            polygons.mask_offsets[start : stop + 1],
            sizes[start:stop],
            like,
        )
        return RunLengths(*packed(counts, offsets), sizes[start:stop])

    return map_slices(one, len(polygons), workers)
