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
from segeval.data.whole_files import folder_beside
from segeval.errors import InputError, Note
from segeval.kernels.executors import Executors, map_through
from segeval.kernels.threads import OnProgress, cores, thread_count
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import result_of
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, named_files
from segeval.metrics.coco.parts.merging.one_run import OneRun
from segeval.metrics.coco.parts.shards.gathered import Gathered
from segeval.metrics.coco.parts.shards.shard import Matched, Run, Shard
from segeval.metrics.coco.parts.shards.worker import begin, forget, matched
from segeval.metrics.coco.result import APResult
from segeval.metrics.parts.shards import SHARDS_PER_CORE, check_shards

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

    Example:
        >>> import tempfile
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.parts import ap_of_part
        >>> scene = furniture(images=8)
        >>> files = scene.better, scene.ground_truth
        >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        ...     path = f"{folder}/all.match"
        ...     _ = match_parts(*files, path, executor=pool, shards=4)
        ...     found = ap_of_part(path)
        >>> round(found.ap, 3)
        0.74
    """
    own = Arguments() if arguments is None else arguments
    check_shards(shards)
    run = _run(preds, gt, own, workers, executor)
    run = replace(run, errors=errors)
    with _worked(run, Path(path), executor, shards, on_progress) as work:
        return work.gathered.write(work.as_one)


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

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> with ThreadPoolExecutor(2) as pool:
        ...     found = evaluate_parts(scene.better, scene.ground_truth, executor=pool, shards=4)
        >>> round(found.ap, 3)
        0.74
    """
    started = time.perf_counter()
    own = Arguments() if arguments is None else arguments
    check_shards(shards)
    run = _run(preds, gt, own, workers, executor)
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "all.match")
        with _worked(run, path, executor, shards, on_progress) as work:
            found, more = work.gathered.matches(work.as_one)
    found = [replace(one, notes=(*one.notes, *more)) for one in found]
    return result_of(found, compat=own.compat, pool=pool, started=started, workers=workers)


@contextmanager
def _worked(
    run: Run,
    path: Path,
    executor: Executors | None,
    shards: int | None,
    on_progress: OnProgress | None,
) -> Iterator[_Work]:
    """A run whose shards are done; nothing of it is left at the end.

    Args:
        run: the run.
        path: of the part file that is made, beside which there is room for others.
        executor: as in `match_parts`.
        shards: as in `match_parts`.
        on_progress: told how many of how many shards are done.
    """
    asked = [Shard(run, place, 0, **each) for place, each in enumerate(_cut(run, shards), 1)]
    asked = [replace(shard, count=len(asked)) for shard in asked]
    with folder_beside(path) as folder:
        wanted = run.arguments
        gathered = Gathered(folder, path, wanted.compat, wanted.score_field)
        work = _Work(run, gathered, executor, on_progress)
        begin(run.token)
        try:
            work.first_round(asked)
            work.second_round()
            if not len(gathered):
                raise InputError(
                    f"{run.name}: there is nothing to match: neither predictions nor images.",
                    code="empty",
                    path=run.name,
                )
            yield work
        finally:
            forget(run.token)


def _run(
    preds: Sources,
    gt: GroundTruthSource,
    arguments: Arguments,
    workers: int | None,
    executor: Executors | None,
) -> Run:
    """The run, with all files of the predictions."""
    arguments.check()
    thread_count(workers, 1)
    workers = 1 if workers is None and executor is not None else workers
    is_path = isinstance(preds, str | Path) and str(preds) != STANDARD_INPUT
    known = named_files([preds] if is_path else preds)
    token = uuid.uuid4().hex
    if known is not None:
        name, files = known
        return Run(
            token, files[0] if len(files) == 1 else name, tuple(files), gt, arguments, workers
        )
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


@dataclass(eq=False)
class _Work:
    """What is done of a run.

    Attributes:
        run: the run.
        gathered: what the shards have found.
        executor: where shards are matched, None for here.
        on_progress: told how many of how many shards are done.
        shards: the shards, by number.
        done: what came back of each, without its matches.
    """

    run: Run
    gathered: Gathered
    executor: Executors | None
    on_progress: OnProgress | None
    shards: dict[int, Shard] = field(default_factory=dict)
    done: dict[int, Matched] = field(default_factory=dict)

    def first_round(self, shards: Sequence[Shard]) -> None:
        """Match shards, and keep their parts."""
        for place, found in map_through(
            self.executor, matched, shards, str, on_progress=self.on_progress
        ):
            shard = shards[place]
            self.gathered.add(shard.number, found)
            self.shards[shard.number] = shard
            self.done[shard.number] = replace(found, part=None, found=())

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
            self.gathered.drop(number)
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

    def as_one(self, numbers: Sequence[int]) -> OneRun | None:
        """How places in the parts of some shards become places in all files."""
        if any(shard.slice is not None for shard in self.shards.values()):
            return None
        starts = self._starts()
        own = []
        for number in numbers:
            shard = self.shards[number]
            is_known = bool(shard.starts) or not shard.files
            own.append(0 if is_known else starts[shard.files[0]])
        return OneRun(self.run.name, tuple(own), starts[-1], self._key())

    def _key(self) -> int:
        """A number that tells the predictions from others."""
        keys = np.array([self.done[number].key for number in sorted(self.done)], np.int64)
        return zlib.crc32(keys.tobytes(), zlib.crc32(self.run.name.encode(errors="replace")))
