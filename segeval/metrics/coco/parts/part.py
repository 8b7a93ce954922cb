"""Parts of an AP evaluation: matched on some machine, merged on another, read without the files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from segeval.data.image_subsets import image_slice
from segeval.metrics.coco.arguments import Arguments, Chosen
from segeval.metrics.coco.average_precision import result_of
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, loaded
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.matches import save_part
from segeval.metrics.coco.parts.matching import matches_of_all, matches_within
from segeval.metrics.coco.parts.streaming.matches import streamed
from segeval.metrics.coco.restriction import chosen_matches
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.shards import Slice


def match_part(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    path: str | Path,
    arguments: Arguments | None = None,
    *,
    shard: Slice | None = None,
    errors: bool = False,
    workers: int | None = None,
) -> list[Matches]:
    """Match both files, or one slice of their images, and write a part file.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        path: of the part file, which appears whole or not at all.
        arguments: what decides how predictions are matched, as in `average_precision`.
        shard: the slice, such as (3, 64); None for all images.
        errors: write what error kinds need too, which `segeval.analysis.error_kinds_of_part` reads.
        workers: threads, None for all cores.

    Returns:
        What was written, one for each kind of IoU.

    Raises:
        InputError: for arguments that make no sense, or a slice that does not exist.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [found] = match_part(
        ...         scene.better, scene.ground_truth, f"{folder}/2.match", shard=(2, 4)
        ...     )
        >>> found.image_ids
        array([3, 4])
    """
    own = Arguments() if arguments is None else arguments
    own.check()
    whole = loaded(preds, gt, workers, score_field=own.score_field, agnostic=own.agnostic)
    if shard is None:
        found, overlaps = matches_of_all(*whole, own, workers, errors=errors)
    else:
        part = image_slice(*whole, *shard)
        found, overlaps = matches_within(*whole, part, own, workers, errors=errors)
    save_part(found, path, compat=own.compat, score_field=own.score_field, overlaps=overlaps)
    return found


def ap_of_part(
    path: str | Path,
    *,
    pool: bool = False,
    categories: Chosen = None,
    images: Chosen = None,
    workers: int | None = None,
) -> APResult:
    """AP, AR and their tables from a part file alone.

    Every number equals that of one evaluation of all its files, to the last bit. Memory does not
    grow with predictions, objects and images, but for `categories`, `images` and what needs single
    predictions.

    Args:
        path: of the file, as `match_part` and `merge_parts` write it.
        pool: compute AP-pool as well.
        categories: ids or names of the categories to use; None for all.
        images: ids or file names of the images to use; None for all.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file, or no such category or image; or if a part of the
            images or categories is asked for under a cap over the whole set.
        FormatError: if the file is something else, damaged, or of another version.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = match_part(scene.better, scene.ground_truth, f"{folder}/all.match")
        ...     found = ap_of_part(f"{folder}/all.match")
        >>> round(found.ap, 3)
        0.74
    """
    started = time.perf_counter()
    found, compat = streamed(path)
    if categories is None and images is None:
        return result_of(found, compat=compat, pool=pool, started=started, workers=workers)
    some = [
        chosen_matches(own.whole(), source=str(path), categories=categories, images=images)
        for own in found
    ]
    return result_of(some, compat=compat, pool=pool, started=started, workers=workers)


def part_settings(path: str | Path) -> dict[str, Any]:
    """The settings that a part file was matched with, as results write them, and `score_field`.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.
    """
    found, compat = streamed(path)
    with PartReader(path) as reader:
        return {**ap_settings(found, compat), "score_field": reader.header["score_field"]}
