"""What each image alone scores for two models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import NEGLIGIBLE
from segeval.analysis.comparison.models import BLOCK, Model
from segeval.analysis.key_paths import KeyPath
from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.coco.result import APResult
from segeval.metrics.panoptic.per_image import image_qualities
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.result import Result
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.undefined import or_none

MOST_IMAGES = 5000
"""Most images whose numbers are computed one by one, where a result has none of its own."""


@frozen
class ImageChange:
    """What one image alone scores for two models, fractions; None is undefined.

    Attributes:
        id: of the image.
        file_name: "" where there is none.
        a: number of the first model.
        b: number of the second.
        difference: second minus first.
    """

    id: Key
    file_name: str
    a: float | None
    b: float | None
    difference: float | None

    def to_dict(self) -> dict[str, Any]:
        """The change as plain values."""
        return asdict(self)


def image_numbers(
    model: Model, primary: KeyPath, workers: int | None
) -> NDArray[np.float64] | None:
    """What each image alone scores, the mean over the runs, float64, shape (I,).

    Args:
        model: evaluated files.
        primary: the main number; only AP is always the mean over all thresholds, since other
            numbers of every image would take too long.
        workers: threads, None for all cores.

    Returns:
        NaN where undefined; None where that would take too long.
    """
    found = []
    for result, run in zip(model.results, model.runs, strict=True):
        own = _of_result(result, primary)
        if own is None:
            number = len(run.image_ids)
            if number > MOST_IMAGES:
                return None
            place = run.paths.index(primary)
            each = np.eye(number, dtype=np.uint16)
            own = np.concatenate(
                [
                    run.numbers(each[first : first + BLOCK], workers)[:, place]
                    for first in range(0, number, BLOCK)
                ]
            )
        found.append(own)
    return np.asarray(np.mean(found, axis=0), np.float64)


def image_changes(
    model: Model, a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[ImageChange, ...]:
    """Both numbers of every image, the most changed first, undefined ones last.

    Args:
        model: one of the models, for the images.
        a: numbers of the first, float64, shape (I,), NaN where undefined.
        b: numbers of the second, like a.
    """
    difference = b - a
    small = np.abs(difference) < NEGLIGIBLE
    difference[small] = 0.0
    ids, names = model.first.image_ids, model.first.file_names
    order = np.lexsort((np.arange(len(ids)), -np.nan_to_num(np.abs(difference), nan=-1.0)))
    return tuple(
        ImageChange(ids[i], names[i], or_none(a[i]), or_none(b[i]), or_none(difference[i]))
        for i in order.tolist()
    )


def counts_of(images: Sequence[ImageChange]) -> dict[str, int]:
    """How many images are better, worse and the same with the second model.

    Example:
        >>> counts_of([ImageChange(1, "", 0.5, 0.6, 0.1), ImageChange(2, "", 1.0, 1.0, 0.0)])
        {'better': 1, 'worse': 0, 'same': 1}
    """
    found = [each.difference for each in images if each.difference is not None]
    return {
        "better": sum(each > 0 for each in found),
        "worse": sum(each < 0 for each in found),
        "same": sum(each == 0 for each in found),
    }


def _of_result(result: Result[Any], primary: KeyPath) -> NDArray[np.float64] | None:
    """Numbers that a result has of its images, None if it has none."""
    numbers: list[float | None]
    if isinstance(result, APResult):
        numbers = [each.ap for each in result.scores[str(primary[0])].images]
    elif isinstance(result, MeanIoUResult) and primary == ("miou",):
        numbers = [each.miou for each in result.images]
    elif isinstance(result, PanopticResult) and primary[1:] == ("all", "pq"):
        of_kind = result.statistics[str(primary[0])]
        numbers = [each.pq for each in image_qualities(of_kind)]
    else:
        return None
    return np.array(numbers, np.float64)
