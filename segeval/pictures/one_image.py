"""One image of an evaluation, matched by itself and at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from segeval.analysis.errors.panoptic_errors import panoptic_errors
from segeval.analysis.image_errors import image_errors
from segeval.checks.panoptic import given_twice, perhaps_swapped
from segeval.data.chosen import one_image
from segeval.data.ids import rows_of
from segeval.data.keys import written
from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import InputError, Note
from segeval.findings import note_of
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.curves import half_or_first
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, loaded
from segeval.metrics.panoptic.loading import loaded_pair
from segeval.metrics.panoptic.per_image import ImageQuality, image_qualities
from segeval.metrics.sizes import names_quantiles
from segeval.pictures.segments import SeenSegments
from segeval.pictures.shapes import Seen


def seen_image(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    image: int | str,
    *,
    workers: int | None = None,
) -> tuple[Seen, int]:
    """What a model sees in one image, without matching the others.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        arguments: of the evaluation, for one kind of IoU. Where a cap is over the whole set all
            images are matched, since they decide which predictions count.
        image: its id, or its file name with or without folders.
        workers: threads, None for all cores.

    Returns:
        What the model sees, and the place of the image in `Matches.image_ids`.

    Raises:
        InputError: for an image that does not exist, with its nearest names or ids.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> int(seen.matches.image_ids[place])
        3
    """
    arguments.check()
    columns = loaded(
        preds, gt, workers, score_field=arguments.score_field, agnostic=arguments.agnostic
    )
    images = columns[1].images
    place = one_image(
        image, images.written_ids, images.file_names, source=columns[1].source, option="image"
    )
    image_id, known = images.id[place], images.written_ids[place]
    [request] = arguments.requests(columns[1])
    is_alone = request.protocol.cap_scope != "category" and str(known) not in images.file_names
    own = replace(arguments, images=[known]) if is_alone else arguments
    if names_quantiles(arguments.sizes):  # those of all images
        own = replace(own, sizes=request.protocol.sizes)
    [evaluation] = evaluations(*columns, own, workers)
    found = np.flatnonzero(evaluation.matches.image_ids == image_id)
    if not len(found):
        raise InputError(
            f"`image={image!r}`: the image is not among those that are evaluated.",
            code="unknown-image",
            option="image",
        )
    threshold = half_or_first(evaluation.matches.thresholds)
    errors = image_errors(evaluation, threshold=threshold, workers=workers)
    return Seen("", evaluation, errors), int(found[0])


def seen_segments(
    preds: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    image: int | str,
    *,
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
    **evaluation: Any,
) -> tuple[SeenSegments, ImageQuality, tuple[Note, ...]]:
    """What a model sees in one panoptic image, without reading the pictures of the others.

    Args:
        preds: predictions, as in `panoptic_quality`.
        gt: ground truth.
        image: its id, or the name of its photograph with or without folders.
        preds_dir: folder with the pictures of the predictions.
        gt_dir: the same of the ground truth.
        evaluation: other arguments of `panoptic_errors`; of several kinds of IoU the first is seen.

    Returns:
        The segments of this image alone, at place 0, whose loss is 1 - PQ of the image; PQ; and
        what there is to say of the order of the files, or of one that is given twice.

    Raises:
        InputError: for an image that does not exist, with its nearest names or ids; others as
            `panoptic_quality`.
        FormatError: as `panoptic_quality`.
        MismatchError: as `panoptic_quality`.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     seen, image, _ = seen_segments(gt, gt, 2)
        ...     seen.loss, image.pq
        (array([0.]), 1.0)
    """
    preds, gt = loaded_pair(preds, gt, preds_dir, gt_dir)
    ids = written(gt.image_id, gt.images.keys)
    place = one_image(image, ids, gt.photographs(), source=gt.source, option="image")
    own, [row] = gt.one(place), rows_of(gt.image_id[place : place + 1], preds.image_id).tolist()
    errors = panoptic_errors(preds.one(row), own, **evaluation)
    kind = next(iter(errors.scores))
    statistics = errors.quality.statistics[kind]
    [quality] = image_qualities(statistics)
    seen = SeenSegments.of("", errors.outcomes[kind], statistics)
    doubts = (*perhaps_swapped(preds, gt), *given_twice(preds, gt))
    return seen, quality, tuple(map(note_of, doubts))
