"""Results of parts of the images, without matching anything again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.slices import (
    ImageLabels,
    LabelSource,
    image_labels,
    names_a_field,
    slices_of,
)
from segeval.analysis.comparison.some_images import restricted
from segeval.analysis.resampling.resampled import resampled
from segeval.metrics.cityscapes.average_precision import of_coco
from segeval.metrics.cityscapes.result import CityscapesResult
from segeval.metrics.cityscapes.summary import cityscapes_scores
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.scores import Scores
from segeval.metrics.coco.summary import summarise
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.open_images.result import OpenImagesResult
from segeval.metrics.open_images.summary import open_images_scores
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.panoptic.summary import panoptic_scores
from segeval.metrics.result import Result
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.summary import mean_iou_scores


def sliced(
    result: Result[Any], slices: LabelSource, *, gt: Any = None, workers: int | None = None
) -> dict[str, Result[Any]]:
    """The results of parts of the images, by ascending label; `Result.sliced` says the rest."""
    labels = labels_of(result, slices, gt)
    return {name: own for name, _, own in each_slice(result, labels, workers)}


def labels_of(result: Result[Any], slices: LabelSource, gt: Any = None) -> ImageLabels:
    """The label of each image of a result, in the order in which it keeps them.

    Args:
        result: of an evaluation.
        slices: parts of the images, as in `compare`.
        gt: ground truth, for fields of its images; None for that of the result.

    Raises:
        InputError: for a result that keeps nothing of single images, or a field that no image has.
        MismatchError: if no image is named in the file of slices.
    """
    run = resampled(result)
    if gt is None and result.sources is not None and names_a_field(slices):
        gt = result.sources.gt.get()
    names = run.file_names
    return image_labels(slices, gt=gt, ids=run.image_ids, file_names=names, option="slices")


def each_slice(
    result: Result[Any], labels: ImageLabels, workers: int | None = None
) -> Iterator[tuple[str, int, Result[Any]]]:
    """The name of each part of the images, their number, and its result, by ascending label.

    Args:
        result: of an evaluation.
        labels: of its images.
        workers: threads, None for all cores.
    """
    for name, images in slices_of(labels.of_images).items():
        own = result_of_images(result, images, workers)
        number = int(images.sum())
        yield name, number, replace(own, settings={**own.settings, "slice": name})


def result_of_images(
    result: Result[Any], images: NDArray[np.bool_], workers: int | None = None
) -> Result[Any]:
    """The result of some images, as if there were no others; notes are those of the whole alone.

    Args:
        result: of an evaluation.
        images: those that count, bool, shape (I,).
        workers: threads, None for all cores.
    """
    part = restricted(result, images)
    scores: Mapping[str, Any] | Any = {}
    if isinstance(part, APResult):
        scores = _summarised(part, workers)
    elif isinstance(part, ConceptF1Result):
        scores = part.scores
    elif isinstance(part, MeanIoUResult):
        scores = mean_iou_scores(part.statistics)
    elif isinstance(part, PanopticResult):
        scores = {iou: panoptic_scores(own) for iou, own in part.statistics.items()}
    elif isinstance(part, OpenImagesResult):
        scores = {iou: open_images_scores(own) for iou, own in part.statistics.items()}
    elif isinstance(part, CityscapesResult):
        coco = part.coco
        if coco is not None:
            part = replace(part, coco=replace(coco, scores=_summarised(coco, workers)))
            coco = part.coco
        scores = {
            iou: replace(cityscapes_scores(own), coco=None if coco is None else of_coco(coco, iou))
            for iou, own in part.statistics.items()
        }
    number = int(images.sum())
    counted = "count" if isinstance(part, MeanIoUResult) else "images"
    inputs = {
        role: {**own, counted: number} if counted in own else own
        for role, own in part.inputs.items()
    }
    return replace(part, scores=scores, inputs=inputs, notes=(), sources=None)


def _summarised(part: APResult, workers: int | None) -> dict[str, Scores]:
    """The numbers of the matches that a result has."""
    return {
        iou: summarise(own.source, pool=own.pool is not None, workers=workers)
        for iou, own in part.scores.items()
    }
