"""What one worker matches of an AP evaluation, in terms of the whole.

A worker keeps the ground truth of a run, and predictions that are cut in slices, so that the next
shard of the same run finds them in memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from segeval.data import GroundTruth, Predictions, load_predictions
from segeval.data.image_subsets import ImageSlice, image_slice
from segeval.kernels.kept import Kept
from segeval.metrics.coco.inputs import loaded_ground_truth
from segeval.metrics.coco.known_files import KnownFiles
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.layout.matches import check_scores, save_part
from segeval.metrics.coco.parts.matching import matches_within
from segeval.metrics.coco.parts.shards.shard import Matched, Run, Shard

KEPT = Kept()
"""The ground truth of a run, or both inputs as a whole where they are cut in slices."""

_begun: dict[str, int] = {}  # by tokens of runs: the process, which a fork is not


def begin(token: str) -> None:
    """Say that this process has begun a run, so that what it matches itself need not be packed."""
    _begun[token] = os.getpid()


def forget(token: str) -> None:
    """Let go of what this process keeps for a run."""
    _begun.pop(token, None)
    KEPT.forget(token)


def _ground_truth(run: Run) -> GroundTruth:
    """The ground truth of a run, read once by each process."""
    found: GroundTruth = KEPT.value(run.token, lambda: loaded_ground_truth(run.gt))
    return found


def _everything(run: Run) -> tuple[Predictions, GroundTruth, KnownFiles]:
    """Both inputs as a whole, read once by each process, and what is known of them."""
    found: tuple[Predictions, GroundTruth, KnownFiles] = KEPT.value(
        run.token, lambda: (*_read_all(run), KnownFiles())
    )
    return found


def _read_all(run: Run) -> tuple[Predictions, GroundTruth]:
    """Both inputs as a whole."""
    gt = loaded_ground_truth(run.gt)
    if isinstance(run.files, Predictions):
        return run.paired(run.files, gt)
    return run.paired(_joined(run, [run.read(path) for path in run.files], (), run.files), gt)


def matched(shard: Shard) -> Matched:
    """Match a shard; plain, so that any executor can run it.

    Raises:
        InputError: for a file that cannot be used, or does not belong to the ground truth.
    """
    return _of_slice(shard) if shard.slice is not None else _of_files(shard)


def _of_slice(shard: Shard) -> Matched:
    """A slice of the images of all files."""
    preds, gt, known = _everything(shard.run)
    total = len(gt.images)
    number, count = shard.slice or (1, 1)
    if number > min(count, max(total, 1)):
        return Matched(None, np.zeros(0, np.int64), total)
    part, run = image_slice(preds, gt, number, min(count, max(total, 1))), shard.run
    found, overlaps = matches_within(
        preds, gt, part, run.arguments, run.workers, errors=run.errors, known=known
    )
    return _packed(Matched(None, np.flatnonzero(part.images), total), found, overlaps, run)


def _of_files(shard: Shard) -> Matched:
    """Some files of predictions, with the images that they have predictions for, or given ones."""
    run = shard.run
    if isinstance(run.files, Predictions):
        raise TypeError("predictions in memory have no files")
    names = [run.files[place] for place in shard.files]
    parts = [run.read(name) for name in names]
    preds = _joined(run, parts, shard.starts, names)
    preds, gt = run.paired(preds, _ground_truth(run))
    if shard.images is None:
        inside = np.isin(gt.images.id, preds.image_id)
        own = np.arange(len(preds))
    else:
        inside = np.zeros(len(gt.images), np.bool_)
        inside[shard.images] = True
        unknown = ~np.isin(preds.image_id, gt.images.id)
        own = np.flatnonzero(unknown | np.isin(preds.image_id, gt.images.id[inside]))
    records = tuple(len(part) for part in parts)
    images = np.flatnonzero(inside)
    edges = np.cumsum([0, *records])
    only = tuple(_only_image(preds, start, stop) for start, stop in pairwise(edges))
    if not len(images) and not len(own):
        return Matched(None, images, len(gt.images), records, only)
    part = ImageSlice.where(own, gt, inside)
    found, overlaps = matches_within(
        preds, gt, part, run.arguments, run.workers, alone=True, errors=run.errors
    )
    key = found[0].origins[0].key
    done = Matched(None, images, len(gt.images), records, only, key)
    return _packed(done, found, overlaps, run)


def _only_image(preds: Predictions, start: int, stop: int) -> str | None:
    """The id of the only image of some records, as messages show it; None if there are several."""
    ids = preds.image_id[start:stop]
    if not len(ids) or (ids != ids[0]).any():
        return None
    return preds.shown_image(start)


def _joined(
    run: Run, parts: Sequence[Predictions], starts: Sequence[int], names: Sequence[str]
) -> Predictions:
    """The predictions of some files as if they came from one reading of all."""
    if not parts:
        return replace(load_predictions([]), source=run.name)
    if len(parts) == 1 and not starts and run.name == names[0]:
        return parts[0]
    whole = replace(parts[0], source=run.name)
    if len(parts) > 1:
        whole = Predictions.concatenate(parts, source=run.name)
    lengths = [len(part) for part in parts]
    first = starts or np.cumsum([0, *lengths[:-1]]).tolist()
    files = tuple(zip(first, names, strict=True))
    rows = None
    if starts:
        rows = np.concatenate([
            np.arange(start, start + length) for start, length in zip(first, lengths, strict=True)
        ])  # fmt: skip
    return replace(whole, files=files, rows=rows)


def _packed(
    done: Matched, found: Sequence[Matches], overlaps: Sequence[Overlaps] | None, run: Run
) -> Matched:
    """What comes back, with the matches: as the bytes of a part file if they leave the process."""
    if overlaps is None and _begun.get(run.token) == os.getpid():
        check_scores(found[0])
        return replace(done, found=tuple(found))
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "part.match")
        own = run.arguments
        save_part(found, path, compat=own.compat, score_field=own.score_field, overlaps=overlaps)
        return replace(done, part=path.read_bytes())
