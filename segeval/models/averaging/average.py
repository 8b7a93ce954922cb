"""One file of weights from several of one model: the mean, and a moving average of epochs."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.files import is_same_file
from segeval.data.whole_files import whole_file
from segeval.errors import InputError
from segeval.models.averaging.alike import (
    common_texts,
    require_alike,
    require_distinct,
    require_not_empty,
)
from segeval.models.averaging.combining import (
    Mean,
    MovingAverage,
    Rule,
    check_decay,
    combined,
    ema_decay,
)
from segeval.models.averaging.result import STATISTICS, Averaged, AverageScores, notes_of
from segeval.models.averaging.stored import SUFFIXES, StoredWeights, stored_weights
from segeval.models.averaging.written import check_kinds, write_weights
from segeval.models.files.number_kinds import FLOATS
from segeval.words import counted

PathLike = str | Path


def average_checkpoints(files: Sequence[PathLike], output: PathLike) -> Averaged:
    """The mean of files of weights of one model, in a new file.

    It is computed in double precision and rounded once, to the type of each tensor. The terms of
    each tensor are added in the order of the digests of their bytes, so that the order of the files
    changes nothing but whole numbers, such as counts of batches: those are the last file's.
    Tensors are read one at a time. PyTorch is needed only to write `.pth` and `.pt`.

    Args:
        files: two or more of `.safetensors`, `.npz`, and `.pth` and `.pt` of PyTorch, whose weights
            are the whole content or its entry "model" or "state_dict". No code of theirs runs.
        output: file to write, whose suffix says the format. It must not exist.

    Raises:
        InputError: for fewer than two files, one that is given twice, or an output that exists.
        FormatError: for a file that is damaged, or weights that are not finite.
        MismatchError: for files whose tensors have other names, shapes or types.
        MissingDependency: to write a file of PyTorch without PyTorch.

    Source:
        Izmailov et al. 2018, Averaging weights leads to wider optima and better generalization.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     a, b, out = (Path(folder, name) for name in ("a.npz", "b.npz", "out.npz"))
        ...     np.savez(a, weight=np.float32([1, 2])), np.savez(b, weight=np.float32([3, 6]))
        ...     found = average_checkpoints([a, b], out)
        ...     np.load(out)["weight"]
        (None, None)
        array([2., 4.], dtype=float32)
    """
    count = len(checked_paths(files, output))
    return _averaged(files, output, Mean(), "mean", [1 / count] * count)


def ema_of_checkpoints(
    files: Sequence[PathLike], output: PathLike, decay: float, *, ramp: bool = False
) -> Averaged:
    """The exponential moving average of saved epochs, in a new file.

    The first file is the first mean, and each later one joins it: e = d e + (1 - d) θ.

    Args:
        files: as in `average_checkpoints`, in the order of training.
        output: as in `average_checkpoints`.
        decay: d, share of the old mean that is kept, from 0 to below 1.
        ramp: begin with a lower decay: at the t-th update, from 0, at most (1 + t) / (10 + t).

    Raises:
        InputError: also for a decay that is out of range; others as in `average_checkpoints`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     files = [Path(folder, f"{epoch}.npz") for epoch in range(3)]
        ...     for epoch, path in enumerate(files):
        ...         np.savez(path, weight=np.array([epoch + 1.0]))
        ...     found = ema_of_checkpoints(files, Path(folder, "out.npz"), 0.9)
        ...     np.load(Path(folder, "out.npz"))["weight"].round(6)
        array([1.29])
    """
    check_decay(decay)
    count = len(checked_paths(files, output))
    decays = [ema_decay(decay, update, ramp=ramp) for update in range(count - 1)]
    shares = [1.0]
    for each in decays:
        shares = [*(each * share for share in shares), 1 - each]
    return _averaged(files, output, MovingAverage(decays), "ema", shares, decay=decay, ramp=ramp)


def _averaged(
    files: Sequence[PathLike],
    output: PathLike,
    rule: Rule,
    method: str,
    shares: Sequence[float],
    **settings: float | bool,
) -> Averaged:
    """Combine files that exist, by a rule."""
    started = time.perf_counter()
    target = Path(output)
    with ExitStack() as stack:
        opened = [stack.enter_context(stored_weights(Path(each))) for each in files]
        require_alike(opened)
        require_not_empty(opened)
        check_kinds(target, opened[0].tensors)
        texts, left_out = common_texts(opened)
        making = _Making(opened, rule)
        with whole_file(target) as file:
            write_weights(
                file, target.suffix, opened[0].tensors, making.tensor,
                texts=texts, entry=_common_entry(opened),
            )  # fmt: skip
            require_distinct(opened, [each.digest() for each in making.digests])
        scores = AverageScores(
            method=method,
            output=str(output),
            shares=tuple(shares),
            tensors=len(opened[0].tensors),
            averaged=len(making.averaged),
            numbers=sum(math.prod(each.shape) for each in opened[0].tensors.values()),
            statistics=tuple(
                sorted(n for n in making.averaged if n.rpartition(".")[2] in STATISTICS)
            ),
        )
        return Averaged(
            scores=scores,
            notes=tuple(notes_of(opened, scores, left_out)),
            inputs={f"file_{place}": {"path": str(each)} for place, each in enumerate(files, 1)},
            settings={"method": method, **settings},
            seconds=time.perf_counter() - started,
        )


class _Making:
    """The tensors of the result, made one at a time, and what was seen on the way.

    Args:
        files: open.
        rule: how tensors become one.
    """

    def __init__(self, files: Sequence[StoredWeights], rule: Rule) -> None:
        self._files, self._rule = files, rule
        self.digests = [hashlib.blake2b() for _ in files]
        self.averaged: list[str] = []

    def tensor(self, name: str) -> NDArray[np.generic]:
        """The numbers of one tensor."""
        found, digests = combined(self._files, name, self._rule)
        for whole, digest in zip(self.digests, digests, strict=True):
            whole.update(digest)
        if self._files[0].tensors[name].kind in FLOATS and len(set(digests)) > 1:
            self.averaged.append(name)
        return found


def checked_paths(files: Sequence[PathLike], output: PathLike) -> list[Path]:
    """The paths of files, of which none is given twice or would be replaced.

    Raises:
        InputError: if one is, there are fewer than two, or the output exists.
    """
    if isinstance(files, str | Path) or len(files) < 2:
        found = 1 if isinstance(files, str | Path) else len(files)
        raise InputError(
            f"expected two or more files of weights, got {counted(found, 'file')}.",
            code="file-count",
            option="files",
        )
    paths = [Path(each) for each in files]
    target = Path(output)
    for place, path in enumerate(paths):
        twin = next((each for each in paths[:place] if is_same_file(each, path)), None)
        if twin is not None:
            other = "" if str(twin) == str(path) else f", also as {twin}"
            raise InputError(
                f"{path}: is given twice{other}, expected each file once.",
                code="same-weights",
                path=str(path),
                option="files",
            )
    _check_new_weights(target, paths)
    return paths


def _check_new_weights(target: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file of weights that cannot be written; an older one is never replaced.

    Args:
        target: file to write.
        inputs: files that are read.

    Raises:
        InputError: if the format is unknown or there is such a file.
    """
    problem, code = "", "output"
    if target.suffix not in SUFFIXES:
        problem = f"the suffix says what to write, expected one of {', '.join(SUFFIXES)}"
    elif any(is_same_file(each, target) for each in inputs):
        problem = "is an input file and would be lost"
    elif os.path.lexists(target):
        problem = "exists already, and weights are never replaced. Name another file"
        code = "exists"
    if problem:
        raise InputError(f"{target}: {problem}.", code=code, path=str(target), option="output")


def _common_entry(files: Sequence[StoredWeights]) -> str | None:
    """The entry that holds the weights in all files, so that their reader finds it again."""
    entries = {each.entry for each in files if each.path.suffix in (".pth", ".pt")}
    return entries.pop() if len(entries) == 1 else None
