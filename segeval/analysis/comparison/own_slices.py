"""Numbers of parts of the images of one model, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.differences import family_of
from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.comparison.models import Draws, Model, replicates
from segeval.analysis.comparison.options import check_numbers, check_resamples
from segeval.analysis.comparison.own_intervals import drawn_units
from segeval.analysis.comparison.rare_categories import stretches
from segeval.analysis.comparison.slices import LabelSource, image_labels, slices_of
from segeval.analysis.comparison.some_images import of_images
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.result import Result
from segeval.metrics.undefined import or_none


@frozen(repr=False)
class SliceNumbers(Brief):
    """The overall numbers of one model on a part of the images.

    Attributes:
        name: the label that the images have.
        images: their number.
        numbers: by their place in JSON, below `results`; None is undefined.
        intervals: 95 %, by the same places; None where there is none, as with fewer than 10 images;
            empty if none were asked for.
    """

    name: str
    images: int
    numbers: Mapping[KeyPath, float | None]
    intervals: Mapping[KeyPath, Interval]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values, with `intervals` beside those of every object."""
        found: dict[str, Any] = {"name": self.name, "images": self.images}
        for (*kind, name), value in self.numbers.items():
            own = found
            for key in kind:
                own = own.setdefault(str(key), {})
            own[str(name)] = value
            if self.intervals:
                interval = self.intervals[(*kind, name)]
                ends = None if interval is None else [*interval]
                own.setdefault("intervals", {})[str(name)] = ends
        return found


def slice_numbers(
    result: Result[Any],
    slices: LabelSource,
    *,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    gt: Any = None,
    workers: int | None = None,
) -> tuple[SliceNumbers, ...]:
    """The overall numbers of a result on parts of its images, by ascending label.

    Nothing is matched again. Intervals come from the draws of all images, of which those of a slice
    count, as in `compare`.

    Args:
        result: of an evaluation.
        slices: parts of the images, as in `compare`.
        resamples: draws of images.
        seed: of the draws.
        groups: images that are drawn together, as in `compare`.
        gt: ground truth, where slices or groups are a field of its images.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for a result that keeps nothing of single images, fewer than 1 replicate, or a
            field that no image has.
        MismatchError: if no image is named in the file of slices.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture()
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> labels = {each: "even" if each % 2 == 0 else "odd" for each in range(1, 41)}
        >>> found = slice_numbers(result, labels, resamples=50)
        >>> [(each.name, each.images) for each in found]
        [('even', 20), ('odd', 20)]
    """
    check_resamples(resamples, seed)
    run = resampled(result)
    parts = _parts(run, slices, gt)
    units, _ = drawn_units(run, groups, gt)
    check_numbers(resamples, len(run.paths))
    draws = Draws(units, seed, resamples)
    columns, paths = _overall(run)
    found = []
    for name, images in parts.items():
        model = Model("", (result,), (of_images(result, images),))
        once = np.ones((1, int(images.sum())), np.uint16)  # without, they are those of all images
        observed = model.numbers(once, None, workers)[0]
        ends = _intervals(model, observed, draws, images, workers)
        found.append(
            SliceNumbers(
                name=name,
                images=int(images.sum()),
                numbers=dict(zip(paths, map(or_none, observed[columns]), strict=True)),
                intervals=dict(zip(paths, [ends[at] for at in columns], strict=True)),
            )
        )
    return tuple(found)


def observed_by_slice(
    result: Result[Any], slices: LabelSource, *, gt: Any = None, workers: int | None = None
) -> tuple[SliceNumbers, ...]:
    """The overall numbers of a result on parts of its images, without intervals.

    Args:
        result: of an evaluation, or of an analysis of its errors.
        slices: as in `slice_numbers`; the others too.
        gt: ground truth, where slices are a field of its images.
        workers: threads, None for all cores.

    Raises:
        InputError: as `slice_numbers`.
        MismatchError: as `slice_numbers`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture()
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> labels = {each: "even" if each % 2 == 0 else "odd" for each in range(1, 41)}
        >>> [(each.name, len(each.intervals)) for each in observed_by_slice(result, labels)]
        [('even', 0), ('odd', 0)]
    """
    run = resampled(result)
    parts = _parts(run, slices, gt)
    weights = np.array(list(parts.values()), np.uint16).reshape(len(parts), len(run.image_ids))
    columns, paths = _overall(run)
    return tuple(
        SliceNumbers(
            name=name,
            images=int(images.sum()),
            numbers=dict(zip(paths, map(or_none, own[columns]), strict=True)),
            intervals={},
        )
        for (name, images), own in zip(parts.items(), run.numbers(weights, workers), strict=True)
    )


def _parts(run: Resampled, slices: LabelSource, gt: Any) -> dict[str, NDArray[np.bool_]]:
    """Which images have each label, by ascending label."""
    return slices_of(
        image_labels(
            slices, gt=gt, ids=run.image_ids, file_names=run.file_names, option="slices"
        ).of_images
    )


def _overall(run: Resampled) -> tuple[list[int], list[KeyPath]]:
    """Columns of the overall numbers, and their places in JSON."""
    columns = [at for at, path in enumerate(run.paths) if family_of(path) is None]
    return columns, [run.paths[at] for at in columns]


def _intervals(
    model: Model,
    observed: NDArray[np.float64],
    draws: Draws,
    images: NDArray[np.bool_],
    workers: int | None,
) -> list[Interval]:
    """The interval of every number of a slice; None of one with too few images."""
    number = len(np.unique(draws.units.unit_of_image[images]))
    if number < FEWEST_IMAGES:
        return [None] * len(observed)
    [drawn] = replicates([model], draws, part=images, workers=workers, advance=lambda: None)
    stretch = stretches(observed, drawn, model.first.means)
    return list(centred_intervals(observed, drawn, stretch=stretch).ends)
