"""Matches of all images, or of one slice of them in terms of the whole, with their overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import ImageSlice
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.known_files import KnownFiles
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.matching import origin
from segeval.metrics.coco.overlaps import Overlaps, overlaps_of


def matches_of_all(
    preds: Predictions,
    gt: GroundTruth,
    arguments: Arguments,
    workers: int | None,
    *,
    errors: bool = False,
) -> tuple[list[Matches], list[Overlaps] | None]:
    """Matches of all images, and their overlaps if asked for; arguments as in `matches_within`."""
    several = evaluations(preds, gt, arguments, workers, by_image=True)
    return _with_overlaps(several, workers, errors=errors)


def _with_overlaps(
    several: Iterator[Evaluation], workers: int | None, *, errors: bool
) -> tuple[list[Matches], list[Overlaps] | None]:
    """The matches of evaluations, and their overlaps if asked for."""
    found: list[Matches] = []
    overlaps: list[Overlaps] = []
    for evaluation in several:
        found.append(evaluation.matches)
        if errors:
            overlaps.append(overlaps_of(evaluation, workers))
    return found, overlaps if errors else None


def matches_within(
    preds: Predictions,
    gt: GroundTruth,
    part: ImageSlice,
    arguments: Arguments,
    workers: int | None,
    *,
    alone: bool = False,
    errors: bool = False,
    known: KnownFiles | None = None,
) -> tuple[list[Matches], list[Overlaps] | None]:
    """Matches of some images, in places of the whole, and their overlaps if asked for.

    Args:
        preds: all predictions.
        gt: all ground truth.
        part: the images, and their records.
        arguments: what decides how predictions are matched.
        workers: threads, None for all cores.
        alone: other images have predictions of other files, so that these are judged by
            themselves.
        errors: measure what error kinds need too.
        known: as in `evaluations`.
    """
    if alone:
        several = evaluations(*part.of(preds, gt), arguments, workers, every=gt, by_image=True)
    else:
        several = evaluations(preds, gt, arguments, workers, part=part, by_image=True, known=known)
    found, overlaps = _with_overlaps(several, workers, errors=errors)
    places, whole = preds.places[part.preds], origin(preds, gt)
    placed = [
        replace(
            each,
            prediction=places[each.prediction],
            unjudged=replace(each.unjudged, prediction=places[each.unjudged.prediction]),
            gt=part.gt[each.gt],
            origins=(whole,),
        )
        for each in found
    ]
    return placed, overlaps
