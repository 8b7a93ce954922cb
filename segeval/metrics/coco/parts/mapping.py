"""An AP evaluation as a map over shards, in one process or on many machines.

Files of predictions are matched one by one, each with its own images. Only then is known which
images lie in several files, which are matched again as one, and which have no predictions.
"""

from __future__ import annotations

import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions, load_predictions
from segeval.data.coco.json_folders import repeated_image
from segeval.data.files import STANDARD_INPUT
from segeval.data.whole_files import folder_beside, named_where
from segeval.errors import InputError, Note
from segeval.kernels.executors import Executors, map_through
from segeval.kernels.threads import OnProgress, cores, thread_count
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import result_of
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, named_files
from segeval.metrics.coco.parts.joining import merge_parts
from segeval.metrics.coco.parts.one_run import OneRun
from segeval.metrics.coco.parts.shards import KEPT, Matched, Run, Shard, matched
from segeval.metrics.coco.parts.whole import read_part
from segeval.metrics.coco.result import APResult
from segeval.metrics.image_shards import SHARDS_PER_CORE, Here, check_shards

Sources = PredictionsSource | Sequence[str | Path]
"""Predictions, or files of them."""


def match_parts(
    preds: Sources,
    gt: GroundTruthSource,
    path: str | Path,
    arguments: Arguments | None = None,
    *,
    executor: Executors | None = None,
    shards: int | None = None,
    errors: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> list[Note]:
    """Match predictions shard by shard, and write one part file.

    The result does not depend on the number of shards, nor on the order in which they are done.
    Each process reads the ground truth once. Workers need not see the folder of the part file.

    Args:
        preds: predictions, a path, a folder or a pattern of files, or a list of them. Several files
            are read one by one; an image may lie in several.
        gt: ground truth, or a path, folder or pattern to load it from.
        path: of the part file, which appears whole or not at all.
        arguments: what decides how predictions are matched, as in `average_precision`.
        executor: any `concurrent.futures.Executor`, or a function that makes one, which is called
            again when its workers died; None to match here, one shard after the other.
        shards: number of them: groups of files, or slices of the images of a single file. None for
            one for each file.
        errors: write what error kinds need too, as in `match_part`.
        workers: threads of one shard; None for 1 with an executor, else for all cores.
        on_progress: told how many of how many shards are done.

    Returns:
        What the user should know of the merging.

    Raises:
        InputError: for arguments that make no sense, or a shard whose worker died again and again.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    own = Arguments() if arguments is None else arguments
    own.check()
    thread_count(workers, 1)
    check_shards(shards)
    workers = 1 if workers is None and executor is not None else workers
    run = replace(_run(preds, gt, own, workers), errors=errors)
    asked = [Shard(run, place, 0, **each) for place, each in enumerate(_cut(run, shards), 1)]
    asked = [replace(shard, count=len(asked)) for shard in asked]
    with _folder(run, Path(path)) as folder:
        work = _Work(run, folder, Path(path), Here() if executor is None else executor, on_progress)
        work.first_round(asked)
        work.second_round()
        if not work.paths:
            raise InputError(
                f"{run.name}: there is nothing to match: neither predictions nor images.",
                code="empty",
                path=run.name,
            )
        return merge_parts(work.ordered(), path, run=work.as_one())


def evaluate_parts(
    preds: Sources,
    gt: GroundTruthSource,
    arguments: Arguments | None = None,
    *,
    executor: Executors | None = None,
    shards: int | None = None,
    workers: int | None = None,
    pool: bool = False,
    on_progress: OnProgress | None = None,
) -> APResult:
    """AP of predictions that are matched shard by shard; `average_precision` on many machines.

    Every number equals that of `average_precision`, to the last bit, and the result offers the
    same. Its matches are in memory here; where they have no room, use `match_parts` and
    `ap_of_part`.

    Args:
        preds: as in `match_parts`.
        gt: as in `match_parts`.
        arguments: what decides how predictions are matched, as in `average_precision`.
        executor: as in `match_parts`.
        shards: as in `match_parts`.
        workers: as in `match_parts`.
        pool: compute AP-pool as well.
        on_progress: told how many of how many shards are done.

    Raises:
        InputError: as in `match_parts`.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "all.match")
        more = match_parts(
            preds, gt, path, arguments, executor=executor, shards=shards, workers=workers,
            on_progress=on_progress,
        )  # fmt: skip
        found, compat = read_part(path)
    found = [replace(one, notes=(*one.notes, *more)) for one in found]
    return result_of(found, compat=compat, pool=pool, started=started, workers=workers)


def _run(preds: Sources, gt: GroundTruthSource, arguments: Arguments, workers: int | None) -> Run:
    """The run, with all files of the predictions."""
    is_path = isinstance(preds, str | Path) and str(preds) != STANDARD_INPUT
    known = named_files([preds] if is_path else preds)
    token = uuid.uuid4().hex
    if known is not None:
        return Run(token, known[0], tuple(known[1]), gt, arguments, workers)
    given: Any = preds
    if not isinstance(preds, Predictions):
        given = load_predictions(
            given, score_field=arguments.score_field, agnostic=arguments.agnostic
        )
    return Run(token, given.source, given, gt, arguments, workers)


def _cut(run: Run, shards: int | None) -> Iterator[dict[str, Any]]:
    """What each shard reads."""
    several = () if isinstance(run.files, Predictions) else run.files
    if len(several) > 1 and (shards is None or shards <= len(several)):
        for own in np.array_split(np.arange(len(several)), shards or len(several)):
            yield {"files": tuple(own.tolist())}
        return
    count = shards or SHARDS_PER_CORE * cores()
    for number in range(1, count + 1):
        yield {"slice": (number, count)}


@contextmanager
def _folder(run: Run, path: Path) -> Iterator[Path]:
    """A folder for the parts of a run; nothing of the run is left at the end."""
    with folder_beside(path) as folder:
        try:
            yield folder
        finally:
            KEPT.forget(run.token)


@dataclass(eq=False)
class _Work:
    """What is done of a run.

    Attributes:
        run: the run.
        folder: of the parts.
        output: of the file that they become.
        executor: where shards are matched.
        on_progress: told how many of how many shards are done.
        paths: of parts, by the number of their shards.
        shards: the shards, by number.
        images: what came back of each, without its part.
    """

    run: Run
    folder: Path
    output: Path
    executor: Executors
    on_progress: OnProgress | None
    paths: dict[int, Path] = field(default_factory=dict)
    shards: dict[int, Shard] = field(default_factory=dict)
    done: dict[int, Matched] = field(default_factory=dict)

    def first_round(self, shards: Sequence[Shard]) -> None:
        """Match shards, and keep their parts."""
        for place, found in map_through(
            self.executor, matched, shards, str, on_progress=self.on_progress
        ):
            shard = shards[place]
            if found.part is not None:
                path = self.folder / f"{shard.number}.match"
                with named_where(self.output):
                    path.write_bytes(found.part)
                self.paths[shard.number] = path
            self.shards[shard.number] = shard
            self.done[shard.number] = replace(found, part=None)

    def second_round(self) -> None:
        """Match images anew that lie in several shards, and those that no file has."""
        if any(shard.slice is not None for shard in self.shards.values()):
            return
        total = max(found.total for found in self.done.values())
        home = np.zeros(total, np.int64)
        groups = {number: {number} for number in self.shards}
        for number in sorted(self.shards):
            images = self.done[number].images
            for other in np.unique(home[images]).tolist():
                if other and groups[other] is not groups[number]:
                    together = groups[other] | groups[number]
                    groups |= dict.fromkeys(together, together)
            home[images] = number
        self._check_one_image_each()
        again = {min(own): own for own in groups.values() if len(own) > 1}
        count = len(self.shards)
        shards = [
            self._joint(sorted(own), count + place) for place, own in enumerate(again.values(), 1)
        ]
        if (home == 0).any():
            rest = np.flatnonzero(home == 0)
            shards.append(Shard(self.run, count + len(shards) + 1, 0, images=rest))
        shards = [replace(each, count=count + len(shards)) for each in shards]
        for number in {each for own in again.values() for each in own}:
            self.paths.pop(number, None)
        self.first_round(shards)

    def _check_one_image_each(self) -> None:
        """Refuse files of one image each that have the same image: each may count anew."""
        one = [image for number in sorted(self.done) for image in self.done[number].only_images]
        files = () if isinstance(self.run.files, Predictions) else self.run.files
        places = [place for number in sorted(self.done) for place in self.shards[number].files]
        names = [files[place] for place in places]
        if None in one:
            return
        first: dict[str | None, str] = {}
        for image, name in zip(one, names, strict=True):
            if image in first:
                raise repeated_image(name, first[image], str(image))
            first[image] = name

    def _joint(self, numbers: Sequence[int], number: int) -> Shard:
        """Several shards as one."""
        starts = self._starts()
        files = sorted(file for each in numbers for file in self.shards[each].files)
        images: NDArray[np.int64] = np.unique(
            np.concatenate([self.done[each].images for each in numbers])
        )
        return Shard(
            self.run, number, 0, tuple(files), tuple(starts[file] for file in files), images
        )

    def _starts(self) -> list[int]:
        """Number of records before each file."""
        records = {
            file: count
            for number, found in self.done.items()
            for file, count in zip(self.shards[number].files, found.records, strict=True)
        }
        return list(accumulate((records[file] for file in sorted(records)), initial=0))

    def ordered(self) -> list[Path]:
        """The parts in the order of their shards."""
        return [self.paths[number] for number in sorted(self.paths)]

    def as_one(self) -> OneRun | None:
        """How places in the parts become places in all files."""
        if any(shard.slice is not None for shard in self.shards.values()):
            return None
        starts = self._starts()
        own = []
        for number in sorted(self.paths):
            shard = self.shards[number]
            is_known = bool(shard.starts) or not shard.files
            own.append(0 if is_known else starts[shard.files[0]])
        return OneRun(self.run.name, tuple(own), starts[-1], self._key())

    def _key(self) -> int:
        """A number that tells the predictions from others."""
        keys = np.array([self.done[number].key for number in sorted(self.done)], np.int64)
        return zlib.crc32(keys.tobytes(), zlib.crc32(self.run.name.encode(errors="replace")))
