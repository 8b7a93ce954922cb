"""Parts of an evaluation of panoptic files: matched on some machine, merged, read without them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from segeval.checks.misplaced_segments import where_segments_fit
from segeval.data.image_subsets import bounds_of_slice
from segeval.data.joining import joined_sources
from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import Note
from segeval.kernels.threads import OnProgress
from segeval.metrics.panoptic.loading import loaded_pair
from segeval.metrics.panoptic.notes import file_notes, panoptic_notes
from segeval.metrics.panoptic.parts.files import PanopticFiles, files_of
from segeval.metrics.panoptic.parts.layout import TASK, Origin, part_of, read_part
from segeval.metrics.panoptic.quality import (
    judged_images,
    rules_of_run,
    statistics_of,
)
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.metrics.panoptic.summary import panoptic_scores
from segeval.metrics.parts.joining import merge_part_files


def match_panoptic(
    preds: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    path: str | Path,
    *,
    shard: tuple[int, int] | None = None,
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
    iou: str | Sequence[str] = "segm",
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Match panoptic images, or one slice of them, and write a part file.

    The first slice also keeps where some images of the whole run fit, so that a cause can be named
    where few segments of all are found.

    Args:
        preds: predictions, as `panoptic_quality` takes them; so are `preds_dir`, `gt_dir`, `iou`,
            `boundary_ratio`, `boundary_px` and `compat`.
        gt: ground truth.
        path: of the part file, which appears whole or not at all.
        shard: which of how many contiguous slices of the images in ascending id, such as (3, 64);
            None for all images.
        preds_dir: folder with the pictures of the predictions.
        gt_dir: the same for the ground truth.
        iou: "segm", "boundary", or several.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: width of the boundary in pixels.
        compat: "official" or None.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: if a file is missing, or for a slice that does not exist.
        FormatError: if a file is not panoptic, or a picture is not in three colours of 8 bits.
        MismatchError: if the files do not belong together, or a picture contradicts its file.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     match_panoptic(gt, gt, f"{folder}/1.match", shard=(1, 2))
        ...     len(panoptic_quality_of_part(f"{folder}/1.match").statistics)
        1
    """
    rules = rules_of_run(iou, boundary_ratio, boundary_px, compat)
    preds, gt = loaded_pair(preds, gt, preds_dir, gt_dir)
    images = np.argsort(gt.image_id, kind="stable").tolist()
    if shard is not None:
        images = images[slice(*bounds_of_slice(*shard, len(images), gt.source))]
    found = judged_images(preds, gt, images, rules, workers, on_progress)
    statistics = statistics_of(found, images, gt, rules)
    keys = next(iter(statistics.values())).keys
    origin = Origin(
        preds.source, gt.source, str(preds.folder), str(gt.folder), file_notes(preds, gt)
    )
    places = None
    if shard is None or shard[0] == 1:
        places = list(where_segments_fit(preds, gt))
    part = part_of(statistics, files_of(preds, gt, images, found, keys), rules, origin, places)
    part.write(path, TASK)


def merge_panoptic_parts(paths: Sequence[str | Path], output: str | Path) -> list[Note]:
    """Join part files of different panoptic images, in any order and grouping.

    An image that several parts hold with equal content counts once.

    Args:
        paths: of the parts, at least one.
        output: of the file to write, which appears whole or not at all.

    Returns:
        What the user should know, such as how many images were in several parts.

    Raises:
        InputError: for no parts, if there is no such file, or an output that cannot be written.
        FormatError: if a part is something else, damaged, or of another version or task.
        MismatchError: if parts were matched by different rules or on different categories, or hold
            different content for one image.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     paths = [f"{folder}/{number}.match" for number in (1, 2)]
        ...     for number, path in enumerate(paths, 1):
        ...         match_panoptic(gt, gt, path, shard=(number, 2))
        ...     _ = merge_panoptic_parts(paths, f"{folder}/all.match")
        ...     panoptic_quality_of_part(f"{folder}/all.match").pq
        1.0
    """
    return merge_part_files(paths, output, lambda path: read_part(path)[0], TASK)


def panoptic_quality_of_part(path: str | Path) -> PanopticResult:
    """Panoptic quality from a part file alone.

    Every number equals that of one evaluation of all its images, to the last bit.

    Args:
        path: of the file, as `match_panoptic` and `merge_panoptic_parts` write it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     match_panoptic(gt, gt, f"{folder}/all.match")
        ...     panoptic_quality_of_part(f"{folder}/all.match").pq
        1.0
    """
    started = time.perf_counter()
    part, rules, categories = read_part(path)
    files = part.tables["files"]
    statistics = {kind: part.tables[kind] for kind in rules.kinds}
    found = {
        kind: each for kind, each in statistics.items() if isinstance(each, PanopticStatistics)
    }
    if not isinstance(files, PanopticFiles) or len(found) < len(statistics):
        raise TypeError("a part of panoptic images has other tables")
    origins = [Origin.from_values(each) for each in part.brought["origins"]]
    names = tuple(
        joined_sources(getattr(each, side) for each in origins) for side in ("preds", "gt")
    )
    places = [*dict.fromkeys(chain.from_iterable(part.brought["places"]))]
    return PanopticResult(
        scores={kind: panoptic_scores(each) for kind, each in found.items()},
        inputs={
            "preds": _input(origins, "preds", files.predicted),
            "gt": {**_input(origins, "gt", files.segments), "categories": len(categories.id)},
        },
        settings=rules.settings(),
        notes=panoptic_notes(
            [each.notes for each in origins],
            files.counts(categories.id, categories.keys),
            (names[0], names[1]),
            lambda: places,
        ),
        seconds=time.perf_counter() - started,
        statistics=found,
        file_names=dict(zip(part.keys, files.file_names.tolist(), strict=True)),
    )


def _input(origins: Sequence[Origin], side: str, segments: Any) -> dict[str, Any]:
    """The files of one side as results describe them."""
    return {
        "path": joined_sources(getattr(each, side) for each in origins),
        "folder": joined_sources(getattr(each, f"{side}_folder") for each in origins),
        "count": int(segments.sum(dtype=np.int64)),
        "images": len(segments),
    }
