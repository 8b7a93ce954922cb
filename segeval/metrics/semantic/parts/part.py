"""Parts of an evaluation of label maps: counted on some machine, merged, read without the files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from segeval.checks.known_sample import KnownSample
from segeval.checks.label_agreement import label_names
from segeval.checks.label_sample import SampledPairs
from segeval.data.image_subsets import bounds_of_slice
from segeval.data.joining import joined_sources
from segeval.data.label_maps.pairs import label_pairs
from segeval.errors import Note
from segeval.kernels.threads import OnProgress
from segeval.metrics.parts.joining import merge_part_files
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.mean_iou import counted_pairs, counted_result
from segeval.metrics.semantic.parts.files import LabelMapFiles, files_of
from segeval.metrics.semantic.parts.layout import TASK, part_of, read_part
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import LabelMapStatistics, label_map_statistics

Maps = str | Path | Sequence[Any]
"""Label maps as `mean_iou` takes them."""


def match_label_maps(
    preds: Maps,
    gt: Maps,
    path: str | Path,
    arguments: Arguments,
    *,
    shard: tuple[int, int] | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Count label maps, or one slice of them, and write a part file.

    The first slice also keeps what some images of the whole run look like, so that a cause can be
    named where the numbers of all look wrong.

    Args:
        preds: predicted label maps, as `mean_iou` takes them.
        gt: true label maps, in the same form.
        path: of the part file, which appears whole or not at all.
        arguments: what is counted.
        shard: which of how many contiguous slices of the images in ascending key, such as (3, 64);
            None for all images.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for arguments that make no sense, or a slice that does not exist.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for files without a partner, or of different sizes.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from segeval.metrics.semantic.arguments import Arguments
        >>> gt = np.array([[0, 0, 1, 1], [0, 0, 1, 255]])
        >>> pred = np.array([[0, 0, 0, 1], [0, 0, 1, 1]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/all.match"
        ...     match_label_maps([pred], [gt], path, Arguments(classes=2, ignore=255))
        ...     mean_iou_of_part(path).miou
        0.7333333333333334
    """
    rules = arguments.rules()
    every = label_pairs(preds, gt, rules.plan.classes)
    rules = rules.of(every)
    names = label_names(preds, gt)
    pairs = sorted(every, key=attrgetter("key"))
    if shard is not None:
        pairs = pairs[slice(*bounds_of_slice(*shard, len(pairs), names[1]))]
    counts = counted_pairs(pairs, rules, every, workers=workers, on_progress=on_progress)
    statistics = label_map_statistics(counts, [pair.key for pair in pairs], rules.plan, rules.asked)
    sample = None
    if shard is None or shard[0] == 1:
        sample = KnownSample.of(SampledPairs(every, rules.plan.classes))
    part = part_of(statistics, files_of(pairs, counts), rules, origin=names, sample=sample)
    part.write(path, TASK)


def merge_label_map_parts(paths: Sequence[str | Path], output: str | Path) -> list[Note]:
    """Join part files of different label maps, in any order and grouping.

    An image that several parts hold with equal content counts once.

    Args:
        paths: of the parts, at least one.
        output: of the file to write, which appears whole or not at all.

    Returns:
        What the user should know, such as how many images were in several parts.

    Raises:
        InputError: for no parts, if there is no such file, or an output that cannot be written.
        FormatError: if a part is something else, damaged, or of another version or task.
        MismatchError: if parts were counted by different rules or for different classes, or hold
            different content for one image.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from segeval.metrics.semantic.arguments import Arguments
        >>> maps = [np.array([[0, 0, 1, 1]]), np.array([[1, 1, 0, 0]])]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [f"{folder}/{number}.match" for number in (1, 2)]
        ...     for number, path in enumerate(paths, 1):
        ...         match_label_maps(maps, maps, path, Arguments(classes=2), shard=(number, 2))
        ...     _ = merge_label_map_parts(paths, f"{folder}/all.match")
        ...     mean_iou_of_part(f"{folder}/all.match").miou
        1.0
    """
    return merge_part_files(paths, output, lambda path: read_part(path)[0], TASK)


def mean_iou_of_part(path: str | Path) -> MeanIoUResult:
    """Mean IoU, and the scores beside it, from a part file alone.

    Every number equals that of one evaluation of all its label maps, to the last bit.

    Args:
        path: of the file, as `match_label_maps` and `merge_label_map_parts` write it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.
        MismatchError: if at least 95 % of the evaluated pixels are predicted as labels that are
            not evaluated.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from segeval.metrics.semantic.arguments import Arguments
        >>> gt = np.array([[0, 0, 1, 1], [0, 0, 1, 1]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     match_label_maps([gt], [gt], f"{folder}/all.match", Arguments(classes=2))
        ...     mean_iou_of_part(f"{folder}/all.match").miou
        1.0
    """
    started = time.perf_counter()
    part, rules = read_part(path)
    statistics, files = part.tables["statistics"], part.tables["files"]
    if not isinstance(statistics, LabelMapStatistics) or not isinstance(files, LabelMapFiles):
        raise TypeError("a part of label maps has other tables")
    preds, gt = (joined_sources(names) for names in zip(*part.brought["origins"], strict=True))
    samples = part.brought["samples"]
    return counted_result(
        statistics,
        rules.plan.classes,
        rules.settings(),
        files.counts(),
        KnownSample.joined(samples) if samples else None,
        names=(preds, gt),
        paths=(preds, gt),
        started=started,
    )
