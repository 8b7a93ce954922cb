"""AP of id maps: from two folders to a result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_maps.folders import IdMapPair, id_map_pairs, left_out
from segeval.data.id_maps.objects import MapObjects, ground_truth_of, objects_of, predictions_of
from segeval.data.id_maps.overlaps import MapOverlaps, overlaps
from segeval.data.id_maps.scores import read_scores
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with
from segeval.metrics.id_maps.counts import threshold_counts
from segeval.metrics.id_maps.result import IdMapsResult
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

SAME_SCORES = "equal-scores"
"""Code of the note that all scores are equal, which those of maps without scores are."""


@frozen(eq=False)
class _Image:
    """The objects of one image and how they overlap."""

    preds: MapObjects
    gt: MapObjects
    shared: MapOverlaps


def id_maps_ap(
    preds: str | Path,
    gt: str | Path,
    *,
    scores: str | Path | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    thresholds: float | Sequence[float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    min_score: float | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> IdMapsResult:
    """AP of id maps, and objects found, false and missed at each IoU threshold.

    An id map is a picture or an array of one image in which 0 is background and every other value
    is one object, be it in several pieces. AP is that of the coco protocol with one category.

    Args:
        preds: a folder of .png files of 8 or 16 bits, .npy files of two dimensions or .tif files,
            each page of which is an image; or one such file.
        gt: the same; files are paired by their names.
        scores: a CSV file with the columns image, id and score; None for a score of 1 each.
        sizes: size buckets, as in `average_precision`.
        thresholds: IoU thresholds in (0, 1], by default 0.50 to 0.95 in steps of 0.05.
        max_dets: caps on predictions per image; by default none.
        min_score: leave out predictions with a lower score, and count them.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for arguments that make no sense, or folders without such files.
        FormatError: for a file that holds no ids.
        MismatchError: for files that do not belong together.

    Source:
        AP equal to that of the files of `segeval convert idmaps-to-coco`, to the last bit. Counts
        as in `threshold_counts`.

    Example:
        >>> import tempfile
        >>> ids = np.zeros((20, 30), np.uint16)
        >>> ids[5:15, 5:20], ids[0:3, 0:3] = 300, 7
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt, preds = Path(folder, "gt"), Path(folder, "preds")
        ...     gt.mkdir(), preds.mkdir()
        ...     np.save(gt / "a.npy", ids)
        ...     np.save(preds / "a.npy", np.where(ids == 7, 0, ids))
        ...     result = id_maps_ap(preds, gt)
        (None, None)
        >>> result.accuracy
        0.5
    """
    started = time.perf_counter()
    arguments = Arguments(
        protocol="coco",
        sizes=sizes,
        thresholds=thresholds,
        max_dets=0 if max_dets is None else max_dets,
        min_score=min_score,
    )
    arguments.check()
    pairs = id_map_pairs(preds, gt)
    images = list(in_order(_read, pairs, workers, on_progress=on_progress))
    found = [each.preds for each in images]
    ranks = None
    if scores is not None:
        ranks = read_scores(scores, found, [pair.pred.name for pair in pairs], str(preds))
    names = [pair.gt.name for pair in pairs]
    objects = predictions_of(found, ranks, str(preds))
    truth = ground_truth_of([each.gt for each in images], names, str(gt))
    result = evaluate_with(objects, truth, arguments, workers=workers)
    shared = [each.shared for each in images]
    if min_score is not None:
        shared = _above(shared, objects.score, min_score)
    own: dict[str, Any] = {name: value for name, value in vars(result).items() if name != "about"}
    own["settings"] = {
        **result.settings,
        "protocol": "id-maps",
        "scores": None if scores is None else str(scores),
    }
    own["notes"] = _notes(images, str(preds), str(gt), result.notes, has_scores=scores is not None)
    own["seconds"] = time.perf_counter() - started
    own["sources"] = None
    return IdMapsResult(**own, thresholds=threshold_counts(shared, result.protocol.thresholds))


def _read(pair: IdMapPair) -> _Image:
    """One image."""
    pred_ids, gt_ids = pair.load()
    preds, gt = objects_of(pred_ids), objects_of(gt_ids)
    return _Image(preds, gt, overlaps(pred_ids, preds, gt_ids, gt))


def _above(
    found: Sequence[MapOverlaps], scores: NDArray[np.float64], least: float
) -> list[MapOverlaps]:
    """The overlaps of the predictions with at least a score."""
    kept: list[MapOverlaps] = []
    start = 0
    for each in found:
        is_kept = scores[start : start + each.preds] >= least
        start += each.preds
        pairs = is_kept[each.pred]
        place = np.cumsum(is_kept) - 1
        pred = place[each.pred[pairs]]
        kept.append(
            MapOverlaps(int(is_kept.sum()), each.gt, pred, each.true[pairs], each.iou[pairs])
        )
    return kept


def _notes(
    images: Sequence[_Image], preds: str, gt: str, others: Sequence[Note], *, has_scores: bool
) -> tuple[Note, ...]:
    """The notes on AP, and what the maps lack."""
    count = sum(len(each.preds) for each in images)
    notes = [*left_out(preds), *left_out(gt)]
    notes += [note for note in others if has_scores or note.code != SAME_SCORES]
    if count and not has_scores:
        message = (
            f"{preds}: without scores all {counted(count, 'prediction')} rank alike, and AP "
            "depends on the order of images and ids. TP/(TP+FP+FN) does not; `scores` reads a CSV "
            "file"
        )
        notes.append(Note("no-scores", message, count, option="scores"))
    for source, found in (
        (preds, [each.preds for each in images]),
        (gt, [each.gt for each in images]),
    ):
        notes += _one_object(source, [each.id.tolist() for each in found if len(each)])
    return tuple(notes)


def _one_object(source: str, ids: Sequence[Sequence[int]]) -> Iterator[Note]:
    """A note if all maps with objects, of which there are several, have the same single id."""
    if len(ids) > 1 and len(ids[0]) == 1 and all(own == ids[0] for own in ids):
        message = (
            f"{source}: {ids[0][0]} is the only id in all {len(ids):,} maps with objects. Masks of "
            "foreground need an id for each object"
        )
        yield Note("one-object", message, len(ids))
