"""Numbers of objects by size: the data behind the size histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.checks.masks import unknown_sizes
from segeval.checks.records import Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import InputError
from segeval.findings import raise_first, refusal
from segeval.frozen import frozen
from segeval.masks import area, boxes
from segeval.metrics.sizes import SizeBucket

By = Literal["box", "mask"]

AREA_NAMES = {"box": "box area", "mask": "annotated area, else mask area"}
"""What is drawn, for captions."""

STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Readable widths of a bin, times a power of ten."""

BINS_PER_OCTAVE = (4, 3, 2, 1)
"""Choices for a logarithmic axis: the first that does not make too many bins."""


@frozen(eq=False, repr=False)
class SizeCounts(Brief):
    """Numbers of objects by side, which is the square root of an area.

    Attributes:
        names: names of F files.
        edges: edges of B bins, in pixels, increasing, float64, shape (B + 1,). An object on an edge
            is in the upper bin.
        counts: number of objects in each bin, int64, shape (F, B).
        buckets: A size buckets.
        in_buckets: number of objects in each bucket, both ends inclusive, int64, shape (F, A).
        totals: number of objects of each file, int64, shape (F,).
        log: whether bins are equally wide on a logarithmic axis.
    """

    names: tuple[str, ...]
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    buckets: tuple[SizeBucket, ...]
    in_buckets: NDArray[np.int64]
    totals: NDArray[np.int64]
    log: bool

    @property
    def bucket_sides(self) -> list[float]:
        """Where one bucket ends and the next begins, as sides in pixels."""
        return [bucket.max_area**0.5 for bucket in self.buckets[:-1]]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Percentage of each file's objects in each bin, float64, shape (F, B)."""
        return 100 * self.counts / np.maximum(self.totals, 1)[:, None]

    def rows(self) -> list[tuple[str | float, ...]]:
        """The data behind the figure: a header, then a row for each bin and each bucket."""
        ends = [(b.name, b.min_area**0.5, b.max_area**0.5) for b in self.buckets]
        bins = zip(self.edges[:-1].tolist(), self.edges[1:].tolist(), strict=True)
        return [
            ("part", "from_px", "to_px", *self.names),
            *(("bin", *span, *n) for span, n in zip(bins, self.counts.T.tolist(), strict=True)),
            *((*end, *n) for end, n in zip(ends, self.in_buckets.T.tolist(), strict=True)),
        ]


def object_areas(
    objects: GroundTruth | Predictions,
    *,
    by: By = "box",
    min_score: float | None = None,
    sample: int | None = None,
    rng: np.random.Generator | None = None,
) -> NDArray[np.float64]:
    """Areas of the objects of a file, without crowd regions, which are not single objects.

    Args:
        objects: ground truth or predictions.
        by: "box", where a record without a box has the smallest box around its mask; or "mask",
            the areas that AP puts into buckets: an annotation's `area`, and the pixels of the mask
            where there is none.
        min_score: leave out predictions with a lower score.
        sample: number of objects to draw at random; all if there are fewer, or for None.
        rng: generator to draw with; needed with `sample`.

    Returns:
        Pixels squared, float64, shape (M,), in file order.

    Raises:
        InputError: if `by` is neither, or `sample` is below 1 or has no `rng`.
        FormatError: if a record lacks the mask that its area needs, or its box has no finite area.

    Example:
        >>> import segeval
        >>> box = {"image_id": 1, "category_id": 2, "score": 0.5, "bbox": [0, 0, 3, 5]}
        >>> object_areas(segeval.load_predictions([box]))
        array([15.])
    """
    if by not in ("box", "mask"):
        raise InputError(f"`by` is {by!r}, expected box or mask.", code="by", option="by")
    if sample is not None and (sample < 1 or rng is None):
        raise InputError(
            f"`sample` is {sample} with `rng={rng}`, expected 1 or more and a generator for `rng`.",
            code="sample",
            option="sample" if sample < 1 else "rng",
        )
    index = np.arange(len(objects))
    if isinstance(objects, GroundTruth):
        index = index[~objects.is_crowd]
    elif min_score is not None:
        index = index[objects.score >= min_score]
    if sample is not None and rng is not None and sample < len(index):
        index = np.sort(rng.choice(index, sample, replace=False))
    if by == "box":
        sides = objects.boxes[index, 2:]
        with np.errstate(over="ignore"):  # refused below
            areas = sides[:, 0] * sides[:, 1]
        areas[(sides < 0).any(axis=1)] = np.inf  # two negative sides would make a positive area
    elif isinstance(objects, GroundTruth):
        areas = objects.area[index]
    else:
        areas = np.full(len(index), np.nan)
    unknown = np.isnan(areas)
    if unknown.any():
        areas[unknown] = _mask_areas(objects, index[unknown], by)
    wrong = np.flatnonzero(~np.isfinite(areas))
    if len(wrong):
        is_below = by == "box" and (objects.boxes[index[wrong[0]], 2:] < 0).any()
        raise _no_area(objects, index[wrong], by, is_below=bool(is_below))
    return areas


def _no_area(
    objects: GroundTruth | Predictions, rows: NDArray[np.int64], by: By, *, is_below: bool
) -> InputError:
    """The error for objects whose area is no number that can be counted."""
    text = "has a bbox without a finite area" if by == "box" else "has an infinite area"
    if is_below:
        text = "has a bbox with a side below 0"
    code, field = ("box", "bbox") if by == "box" else ("area", "area")
    return refusal(objects, text, rows=rows, code=code, field=field)


def _mask_areas(
    objects: GroundTruth | Predictions, index: NDArray[np.int64], by: By
) -> NDArray[np.float64]:
    """Areas of some masks, or of the smallest boxes around them."""
    segments = objects.segmentations.take(index)
    missing = np.flatnonzero(segments.format == Format.NONE)
    if len(missing):
        lacks = "no segmentation" if by == "mask" else "neither bbox nor segmentation"
        raise refusal(
            objects,
            f"has {lacks}, so its size is unknown",
            rows=index[missing],
            code="no-segmentation",
            field="segmentation",
            hint='Use `by="box"`.' if by == "mask" else "",
            option="by" if by == "mask" else None,
        )
    if isinstance(objects, GroundTruth):
        polygons = index[segments.format == Format.POLYGON]
        raise_first(unknown_sizes(Records(objects, objects), polygons))
        sizes = objects.mask_sizes[index]
    else:
        sizes = _canvas(segments)
    masks = segments.run_lengths(sizes, objects, rows=index)
    if by == "mask":
        return area(masks).astype(np.float64)
    return np.asarray(boxes(masks)[:, 2:].prod(axis=1), np.float64)


def _canvas(segments: Segmentations) -> NDArray[np.int32]:
    """(H, W) that holds each polygon, as predictions do not give their images' sizes."""
    polygons = segments.polygons()[0]
    corners = np.zeros((len(segments), 2))
    first = polygons.part_offsets[polygons.mask_offsets]
    some = np.flatnonzero(first[1:] > first[:-1])
    if len(some):
        corners[some] = np.maximum.reduceat(polygons.points, first[some])
    width, height = np.maximum(np.ceil(corners) + 1, 1).T
    return np.stack([height, width], axis=1).astype(np.int32)


def count_sizes(
    areas_by_file: Mapping[str, NDArray[np.float64]],
    *,
    buckets: Sequence[SizeBucket],
    log: bool = False,
    most_bins: int = 45,
) -> SizeCounts:
    """Numbers of objects in bins by side and in buckets by area.

    Args:
        areas_by_file: areas in pixels squared by name of the file, float64, shape (M,).
        buckets: size buckets, from small to large, none of them relative to the image.
        log: make bins of equal ratio; the first also takes sides below its lower edge.
        most_bins: upper bound for the number of bins, unless there are more octaves.

    Raises:
        InputError: if no file has an object, or a bucket is relative to the image.

    Example:
        >>> from segeval.metrics.sizes import buckets
        >>> areas = {"gt.json": np.array([25.0, 1024.0, 40000.0])}
        >>> count_sizes(areas, buckets=buckets("coco"), most_bins=4).counts
        array([[2, 0, 0, 1]])
        >>> count_sizes(areas, buckets=buckets("coco")).in_buckets
        array([[2, 1, 1]])
    """
    if any(bucket.relative for bucket in buckets):
        raise InputError(
            "`sizes` relative to the image have no side in pixels, by which objects are counted "
            "here. Give sides, such as 32,96.",
            code="sizes",
            option="sizes",
        )
    sides = [np.sqrt(areas) for areas in areas_by_file.values()]
    largest = max((float(side.max()) for side in sides if len(side)), default=None)
    if largest is None:
        raise InputError(
            f"{', '.join(areas_by_file) or 'no file'}: no objects to count.", code="no-objects"
        )
    edges = _log_edges(sides, most_bins) if log else _linear_edges(largest, most_bins)
    return SizeCounts(
        names=tuple(areas_by_file),
        edges=edges,
        counts=np.array(
            [np.histogram(np.clip(side, edges[0], None), edges)[0] for side in sides], np.int64
        ),
        buckets=tuple(buckets),
        in_buckets=np.array(
            [
                [int(((a >= b.min_area) & (a <= b.max_area)).sum()) for b in buckets]
                for a in areas_by_file.values()
            ],
            np.int64,
        ),
        totals=np.array([len(side) for side in sides], np.int64),
        log=log,
    )


def _linear_edges(largest: float, most_bins: int) -> NDArray[np.float64]:
    """Edges from 0 to beyond the largest side, in readable steps."""
    largest = max(largest, 1.0)
    power = 10.0 ** np.floor(np.log10(largest / most_bins))
    # The last bin is open above, so it holds the largest side. Steps beyond 10 are for a
    # logarithm that was rounded down to the power below.
    bins, step = next(
        (int(largest // (s * power)) + 1, s * power)
        for s in (*STEPS, 15.0, 20.0)
        if largest // (s * power) < most_bins
    )
    return np.asarray(np.arange(bins + 1) * step, np.float64)


def _log_edges(sides: Sequence[NDArray[np.float64]], most_bins: int) -> NDArray[np.float64]:
    """Edges at fractions of an octave around all sides of at least a pixel."""
    seen = np.concatenate(sides).clip(min=1.0)
    low = int(np.floor(np.log2(seen.min())))
    octaves = int(np.floor(np.log2(seen.max()))) + 1 - low
    parts = next((n for n in BINS_PER_OCTAVE if n * octaves <= most_bins), 1)
    return np.asarray(2.0 ** (low + np.arange(octaves * parts + 1) / parts), np.float64)
