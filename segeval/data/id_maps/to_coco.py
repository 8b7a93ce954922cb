"""Folders of id maps as COCO's columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.id_maps.folders import IdMap, IdMapPair, id_map_pairs, id_maps, left_out
from segeval.data.id_maps.objects import MapObjects, ground_truth_of, objects_of, predictions_of
from segeval.data.id_maps.scores import read_scores
from segeval.errors import InputError, Note
from segeval.kernels.threads import OnProgress, in_order
from segeval.words import counted


class CocoFromIdMaps(NamedTuple):
    """What `id_maps_to_coco` makes; `preds` is None unless it was given."""

    gt: GroundTruth
    preds: Predictions | None


def id_maps_to_coco(
    gt: str | Path,
    preds: str | Path | None = None,
    *,
    scores: str | Path | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> CocoFromIdMaps:
    """Ground truth and predictions of id maps in COCO's form, for `save_ground_truth`.

    Every object is an annotation of the one category "object" with a run-length mask. Images are
    numbered from 1 by name, and named as the files of the ground truth; annotations are numbered
    from 1 by image, then by their id in the map.

    Args:
        gt: a folder of .png, .npy or .tif files, or one such file.
        preds: the same of predictions, paired by name; None for none.
        scores: a CSV file with the columns image, id and score; None for a score of 1 each.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for folders without such files, or scores without predictions.
        FormatError: for a file that holds no ids.
        MismatchError: for files that do not belong together.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder, "a.npy"), np.array([[0, 7, 7], [3, 0, 7]]))
        ...     found = id_maps_to_coco(folder).gt
        >>> found.images.file_names, found.area.tolist(), found.boxes.tolist()[0]
        (('a.npy',), [1.0, 3.0], [0.0, 1.0, 1.0, 1.0])
    """
    if preds is None:
        if scores is not None:
            raise InputError(
                "`scores` goes with `preds`, which is not given.", code="option", option="scores"
            )
        maps = id_maps(gt)
        truth = list(in_order(_objects, maps, workers, on_progress=on_progress))
        names = [each.name for each in maps]
        return CocoFromIdMaps(ground_truth_of(truth, names, str(gt), left_out(gt)), None)
    pairs = id_map_pairs(preds, gt)
    both = list(in_order(_both, pairs, workers, on_progress=on_progress))
    found = [each for each, _ in both]
    names = [pair.gt.name for pair in pairs]
    ranks = None
    if scores is not None:
        ranks = read_scores(scores, found, [pair.pred.name for pair in pairs], str(preds))
    return CocoFromIdMaps(
        ground_truth_of([each for _, each in both], names, str(gt), left_out(gt)),
        predictions_of(found, ranks, str(preds), _notes(found, preds, has_scores=bool(scores))),
    )


def _objects(one: IdMap) -> MapObjects:
    """The objects of one image."""
    return objects_of(one.read())


def _both(pair: IdMapPair) -> tuple[MapObjects, MapObjects]:
    """The predictions and the ground truth of one image."""
    pred, gt = pair.load()
    return objects_of(pred), objects_of(gt)


def _notes(found: Sequence[MapObjects], preds: str | Path, *, has_scores: bool) -> tuple[Note, ...]:
    """Notes on files that are not read, and that scores are made up."""
    notes, count = left_out(preds), sum(map(len, found))
    if not count or has_scores:
        return notes
    message = (
        f"{preds}: without scores all {counted(count, 'prediction')} get the score 1; `scores` "
        "reads a CSV file"
    )
    return (*notes, Note("no-scores", message, count, option="scores"))
