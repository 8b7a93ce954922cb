"""Error kinds of part files, which `match_part` wrote with `errors=True`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.errors.against import ErrorDifferences, differences_of, refuse_confusion
from segeval.analysis.errors.confusion import MIN_SCORE, THRESHOLD, Confusion
from segeval.analysis.errors.error_kinds import kinds_of
from segeval.analysis.errors.measure import Measured, additive
from segeval.analysis.errors.options import (
    THRESHOLDS,
    ErrorOptions,
    listed_parts,
    resampling_of,
)
from segeval.analysis.errors.result import ErrorKinds
from segeval.analysis.errors.sources import POOR_MASKS_UNKNOWN, FromPart
from segeval.errors import InputError, MismatchError, Note
from segeval.metrics.coco import merging
from segeval.metrics.coco.arguments import Chosen
from segeval.metrics.coco.inputs import GroundTruthSource
from segeval.metrics.coco.parts.comparable import check_same_images
from segeval.metrics.coco.parts.streaming.matches import StreamedMatches, streamed
from segeval.metrics.coco.rule_values import ordered_thresholds
from segeval.metrics.parts.alike import check_alike


def error_kinds_of_part(
    path: str | Path,
    *,
    thresholds: float | Sequence[float] = THRESHOLDS,
    categories: Chosen = None,
    images: Chosen = None,
    per: str | Sequence[str] = (),
    slices: LabelSource | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
) -> ErrorKinds:
    """How much AP each kind of error costs, from a part file alone.

    Every number equals that of `error_kinds` of all its files, to the last bit.

    Args:
        path: of the file, as `match_part` writes it with `errors=True`, or `merge_parts`.
        thresholds: IoU thresholds, of those that the part was matched with.
        categories: ids or names of the categories to use; None for all.
        images: ids or file names of the images to use; None for all.
        per: as in `error_kinds`.
        slices: as in `error_kinds`, but for fields of the images, which a part does not hold.
        ci: add 95 % intervals from a bootstrap over images.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: images that are drawn together, given like slices; by default each is by itself.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: if there is no such file, it does not hold what error kinds need, or was matched
            at other thresholds; for arguments that make no sense; or for categories whose
            predictions lie on crowd regions that may be of others.
        FormatError: if the file is something else, damaged, or of another version.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.parts import match_part
        >>> scene = furniture(images=8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = match_part(scene.better, scene.ground_truth, f"{folder}/a.match", errors=True)
        ...     from_part = error_kinds_of_part(f"{folder}/a.match")
        >>> round(from_part.ap, 3)
        0.874
    """
    options = _options(per, slices, groups, ci=ci, resamples=resamples, seed=seed)
    return error_kinds_of_part_with(
        path, options, thresholds=thresholds, categories=categories, images=images, workers=workers
    )


def error_kinds_of_part_with(
    path: str | Path,
    options: ErrorOptions,
    *,
    thresholds: float | Sequence[float] = THRESHOLDS,
    categories: Chosen = None,
    images: Chosen = None,
    workers: int | None = None,
    labels: GroundTruthSource | None = None,
) -> ErrorKinds:
    """The result of `error_kinds_of_part`, whose options come as one value.

    Args:
        path: as in `error_kinds_of_part`; so are `thresholds`, `images` and `workers`.
        options: what else is asked for.
        thresholds: IoU thresholds.
        categories: to use.
        images: to use.
        workers: threads.
        labels: ground truth for fields of its images; None if nothing but the part is known.
    """
    started = time.perf_counter()
    found = _measured(path, thresholds, categories, images, options, workers, labels)
    return kinds_of(found, options, started)


def error_differences_of_parts(
    a: str | Path,
    b: str | Path,
    *,
    thresholds: float | Sequence[float] = THRESHOLDS,
    categories: Chosen = None,
    images: Chosen = None,
    per: str | Sequence[str] = (),
    slices: LabelSource | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
) -> ErrorDifferences:
    """Where two models lose AP, by kind of error, from a part file of each.

    Args:
        a: part file of the first model; both must hold the same images and objects.
        b: that of the second.
        thresholds: as in `error_kinds_of_part`.
        categories: as in `error_kinds_of_part`.
        images: as in `error_kinds_of_part`.
        per: as in `error_kinds_of_part`.
        slices: as in `error_kinds_of_part`.
        ci: as in `error_kinds_of_part`.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: as in `error_kinds_of_part`.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: as `error_kinds_of_part`.
        FormatError: as `error_kinds_of_part`.
        MismatchError: if the parts were matched by different rules, or on different images or
            ground truth.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.parts import match_part
        >>> scene = furniture(images=8)
        >>> gt = scene.ground_truth
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     a, b = f"{folder}/a.match", f"{folder}/b.match"
        ...     _ = match_part(scene.better, gt, a, errors=True)
        ...     _ = match_part(scene.weaker, gt, b, errors=True)
        ...     found = error_differences_of_parts(a, b)
        >>> found.sentences[0].split(",")[0]
        'B wins 0.9 points on duplicates'
    """
    options = _options(per, slices, groups, ci=ci, resamples=resamples, seed=seed)
    return error_differences_of_parts_with(
        a, b, options, thresholds=thresholds, categories=categories, images=images, workers=workers
    )


def error_differences_of_parts_with(
    a: str | Path,
    b: str | Path,
    options: ErrorOptions,
    *,
    thresholds: float | Sequence[float] = THRESHOLDS,
    categories: Chosen = None,
    images: Chosen = None,
    workers: int | None = None,
    labels: GroundTruthSource | None = None,
) -> ErrorDifferences:
    """The result of `error_differences_of_parts`, whose options come as one value.

    `labels` are those of `error_kinds_of_part_with`.
    """
    started = time.perf_counter()
    refuse_confusion(options)
    first = _measured(a, thresholds, categories, images, options, workers, labels)
    second = _measured(b, thresholds, categories, images, options, workers, labels)
    _check_alike(str(a), first, str(b), second)
    return differences_of(first, second, options, started, workers=workers)


def _options(
    per: str | Sequence[str],
    slices: LabelSource | None,
    groups: LabelSource | None,
    *,
    ci: bool,
    resamples: int,
    seed: int,
) -> ErrorOptions:
    """The options as one value."""
    resampling = resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups)
    return ErrorOptions(per=listed_parts(per), slices=slices, resampling=resampling)


def _measured(
    path: str | Path,
    thresholds: float | Sequence[float],
    categories: Chosen,
    images: Chosen,
    options: ErrorOptions,
    workers: int | None,
    labels: GroundTruthSource | None,
) -> list[Measured]:
    """The numbers of one part by every kind of IoU."""
    asked = ordered_thresholds(thresholds)
    return [
        additive(
            FromPart.of(one, asked, categories=categories, images=images), options, labels, workers
        )
        for one in _streamed(path)
    ]


def confusion_of_part(
    path: str | Path,
    *,
    iou: str | None = None,
    thresholds: float | Sequence[float] | None = None,
    min_score: float = MIN_SCORE,
    categories: Chosen = None,
    images: Chosen = None,
) -> tuple[Confusion, tuple[Note, ...]]:
    """Which categories are taken for which, from a part file alone, and the notes on its matches.

    Args:
        path: of the file, as `match_part` writes it with `errors=True`, or `merge_parts`.
        iou: the kind of IoU; None for the only one of the part.
        thresholds: IoU thresholds that count, the first of which decides; None for .50 and those
            of the part.
        min_score: predictions with a lower score are left out.
        categories: ids or names of the categories to use; None for all.
        images: ids or file names of the images to use; None for all.

    Raises:
        InputError: as `error_kinds_of_part`; also for a part of other or of several kinds of IoU,
            and for one without predictions of such low scores.
        FormatError: as `error_kinds_of_part`.
    """
    found = {one.frame.request.iou: one for one in _streamed(path)}
    if iou not in found and (iou is not None or len(found) > 1):
        raise InputError(
            f"`iou` is {iou!r}, and {path} was matched with {','.join(found)}. Choose one "
            "of these.",
            code="part-option",
            path=str(path),
            option="iou",
        )
    one = found[iou] if iou is not None else next(iter(found.values()))
    least = one.frame.request.min_score
    if least is not None and least > min_score:
        raise InputError(
            f"`min_score` is {min_score:g}, and {path} was matched with {least:g}. Ask for this or "
            "more, or match anew.",
            code="part-option",
            path=str(path),
            option="min_score",
        )
    asked = one.frame.thresholds.tolist() if thresholds is None else ordered_thresholds(thresholds)
    source = FromPart.of(one, asked, categories=categories, images=images)
    threshold = THRESHOLD if thresholds is None else asked[0]
    notes = tuple(note for note in source.matches.notes if note.code != POOR_MASKS_UNKNOWN)
    return source.confusion_at(threshold, min_score), notes


def _streamed(path: str | Path) -> list[StreamedMatches]:
    """The kinds of IoU of a part by the default rules.

    Raises:
        InputError: for one by those of an official package.
    """
    found, compat = streamed(path)
    if compat is not None:
        raise InputError(
            f"{path}: was matched with `compat={compat!r}`, and error kinds follow the default "
            "rules. Match anew without it.",
            code="part-option",
            path=str(path),
            option="compat",
        )
    return found


def _check_alike(a: str, first: Sequence[Measured], b: str, second: Sequence[Measured]) -> None:
    """Refuse parts by different rules, or of different images or objects.

    Raises:
        MismatchError: names what differs.
    """
    kinds = [[one.matches.request.iou for one in found] for found in (first, second)]
    if kinds[0] != kinds[1]:
        raise MismatchError(
            f"{b}: iou is {','.join(kinds[1])}, in {a} it is {','.join(kinds[0])}. Match both "
            "models alike.",
            code="parts",
            path=b,
        )
    for one, other in zip(first, second, strict=True):
        own, its = merging.numbered_alike([one.matches, other.matches])
        check_alike([(a, own.alike()), (b, its.alike())])
        check_same_images(a, own, b, its)
