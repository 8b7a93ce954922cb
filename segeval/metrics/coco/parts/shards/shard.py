"""Shards of an AP evaluation, and what comes back of each; all of it can be pickled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions, load_predictions
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.inputs import GroundTruthSource, loaded
from segeval.metrics.coco.matches import Matches
from segeval.metrics.parts.shards import Slice
from segeval.words import counted


@frozen(eq=False)
class Run:
    """What all shards of an evaluation have in common.

    Attributes:
        token: names the run; what a worker keeps is of one run alone.
        name: of the predictions as a whole.
        files: paths of the predictions, in the order of their bytes; or predictions in memory.
        gt: ground truth, or a path or dictionary to load it from.
        arguments: what decides how predictions are matched.
        workers: threads of one shard, None for all cores.
        errors: write what error kinds need too.
    """

    token: str
    name: str
    files: tuple[str, ...] | Predictions
    gt: GroundTruthSource
    arguments: Arguments
    workers: int | None
    errors: bool = False

    def read(self, path: str) -> Predictions:
        """The predictions of one file."""
        own = self.arguments
        return load_predictions(
            path, score_field=own.score_field, agnostic=own.agnostic, workers=self.workers
        )

    def paired(self, preds: Predictions, gt: GroundTruthSource) -> tuple[Predictions, GroundTruth]:
        """Both, whose ids have the same numbers."""
        own = self.arguments
        return loaded(preds, gt, self.workers, score_field=own.score_field, agnostic=own.agnostic)


@frozen(eq=False)
class Shard:
    """A piece of work.

    Attributes:
        run: what it is a piece of.
        number: from 1.
        count: of all shards.
        files: places of the files of predictions to read.
        starts: number of records before each of these files; empty if nobody knows yet, and then
            places of records are counted from the first of them.
        images: places of the images to match in the ground truth; None for those that the files
            have predictions for.
        slice: match a slice of the images of all files instead.
    """

    run: Run
    number: int
    count: int
    files: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()
    images: NDArray[np.int64] | None = None
    slice: Slice | None = None

    def __str__(self) -> str:
        """Its name in messages."""
        name = f"shard {self.number} of {self.count}"
        if self.slice is not None or isinstance(self.run.files, Predictions):
            return f"{self.run.name} ({name})"
        own = [self.run.files[place] for place in self.files]
        more = f" and {counted(len(own) - 1, 'more file', 'more files')}" if own[1:] else ""
        return f"{own[0] if own else self.run.name}{more} ({name})"


@frozen(eq=False)
class Matched:
    """What comes back of a shard.

    Attributes:
        part: bytes of its part file; None if it has no images, or they are in `found`.
        found: its matches, one for each kind of IoU, where they stay in the process that began the
            run; else none.
        images: places of its images in the ground truth, ascending.
        total: number of all images of the ground truth.
        records: number of predictions in each of its files.
        only_images: id of the only image of each file, as messages show it; None where there are
            several or none.
        key: tells the predictions from others, as that of `Origin`.
    """

    part: bytes | None
    images: NDArray[np.int64]
    total: int
    records: tuple[int, ...] = ()
    only_images: tuple[str | None, ...] = ()
    key: int = 0
    found: tuple[Matches, ...] = ()
