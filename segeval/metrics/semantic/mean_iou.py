"""Mean IoU of label maps: from two folders, files or lists of arrays to a result."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from segeval.data.classes import LabelClasses, label_classes
from segeval.data.label_maps import LabelPair, label_pairs
from segeval.data.wording import counted
from segeval.errors import InputError, Note
from segeval.masks.parallel import cores
from segeval.metrics.semantic.confusion import ABSENT, Absent
from segeval.metrics.semantic.one_image import ImageCounts, Plan, count_image
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.summary import Totals, summarise
from segeval.metrics.semantic.trimap import METRICS, VOIDS, Metric, Void

T = TypeVar("T")
R = TypeVar("R")

OFFICIAL, DETECTRON2 = "official", "detectron2"
COMPATS = (OFFICIAL, DETECTRON2)

BOUNDARY_RATIO, CITYSCAPES_RATIO = 0.02, 0.005
"""Width of boundaries as a part of the image's diagonal; of Cityscapes' large images."""

F_THRESHOLD = 0.008

AHEAD = 2
"""So many images per thread are read before those before them are added up."""


def mean_iou(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    *,
    classes: str | int | Path | Mapping[int, str] | LabelClasses,
    ignore: int | Iterable[int] = (),
    absent: Absent | None = None,
    trimap: float | Sequence[float] = (),
    trimap_metric: Metric = "euclid",
    trimap_total_width: bool = False,
    trimap_void: Void = "ignore",
    boundary: bool = False,
    boundary_ratio: float | None = None,
    boundary_f: float | None = None,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> MeanIoUResult:
    """Mean IoU of label maps, and what is known about their boundaries.

    Args:
        preds: predicted label maps: a folder of .png or .npy files, a file, or a sequence of arrays
            (H, W) of ids, or of paths.
        gt: true label maps, likewise. Files of folders are paired by name, by name without suffix,
            or by Cityscapes' city, sequence and frame.
        classes: "cityscapes", "ade20k", "camvid", "voc", a number of classes, a file with lines of
            an id and a name, or names by id.
        ignore: ids that are not evaluated: void in the ground truth, misses as predictions.
        absent: "cityscapes" (the default) leaves out classes that neither side has, and counts a
            class that is predicted but not in the truth as 0; "zero" counts the former as 0 too;
            "detectron2" leaves the latter out too. It holds for every mean of the run.
        trimap: half widths in pixels of bands around the boundaries of the ground truth, in which
            mean IoU is measured as well.
        trimap_metric: distances to the boundary: "euclid" or "chebyshev".
        trimap_total_width: the widths are those of the whole band.
        trimap_void: what void does at a boundary: "ignore" (only changes between two classes
            count), "edge" (a label as any other) or "deeplab" (void itself is the boundary).
        boundary: compute boundary IoU per class as well.
        boundary_ratio: width of boundaries as a part of the image's diagonal, by default 0.02, and
            0.005 for Cityscapes; implies `boundary`.
        boundary_f: compute boundary F with this threshold, in pixels or, below 1, as a part of the
            diagonal, such as 0.008.
        compat: "official" (cityscapesScripts, for Cityscapes' classes) or "detectron2" (its mean
            IoU, and its boundary IoU).
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: is told how many of how many images are done.

    Raises:
        InputError: for arguments that make no sense, or missing files.
        FormatError: for a file that is no label map, or has a label that is no class.
        MismatchError: for files without a partner, or of different sizes.

    Source:
        cityscapesScripts 2.3.0 evalPixelLevelSemanticLabeling.py (mean IoU, iIoU); GSCNN edd16c5
        (boundary F). Trimaps and boundary IoU per class have no official tool.

    Example:
        >>> import numpy as np
        >>> gt = np.array([[0, 0, 1, 1], [0, 0, 1, 255]])
        >>> pred = np.array([[0, 0, 0, 1], [0, 0, 1, 1]])
        >>> mean_iou([pred], [gt], classes=2, ignore=255).miou
        0.7333333333333334
    """
    started = time.perf_counter()
    listed = label_classes(classes, ignore)
    absent = _rule(absent, compat, listed, has_ignore=_has_any(ignore))
    if boundary_ratio is None and boundary:
        boundary_ratio = CITYSCAPES_RATIO if listed.is_cityscapes else BOUNDARY_RATIO
    asked = _widths(trimap)
    _check_choices(trimap_metric, trimap_void, boundary_ratio, boundary_f, workers)
    pairs = label_pairs(preds, gt, listed)
    with_instances = sum(pair.instances is not None for pair in pairs)
    plan = Plan(
        listed,
        absent,
        tuple(width / 2 for width in asked) if trimap_total_width else asked,
        trimap_metric,
        trimap_void,
        boundary_ratio,
        boundary_f,
        detectron2=compat == DETECTRON2,
        instances=0 < with_instances == len(pairs),
    )
    totals = Totals(plan)
    for done, counts in enumerate(_counted(pairs, plan, workers), 1):
        totals.add(counts)
        if on_progress is not None:
            on_progress(done, len(pairs))
    settings = {
        "classes": listed.source,
        "ignore": list(listed.ignored),
        "absent": absent,
        "compat": compat,
        "trimap": list(asked),
        "trimap_metric": trimap_metric,
        "trimap_total_width": trimap_total_width,
        "trimap_void": trimap_void,
        "boundary_ratio": boundary_ratio,
        "boundary_f": boundary_f,
        "instances": plan.instances,
    }
    inputs = {
        "preds": {"path": _name(preds), "count": len(pairs)},
        "gt": {"path": _name(gt), "count": len(pairs)},
    }
    notes: list[Note] = []
    if 0 < with_instances < len(pairs):
        notes.append(
            Note(
                "instances",
                f"{counted(len(pairs) - with_instances, 'image has', 'images have')} no "
                "*_instanceIds.png, so there is no iIoU",
                len(pairs) - with_instances,
            )
        )
    return summarise(totals, asked, inputs, settings, notes, time.perf_counter() - started)


def in_order(
    function: Callable[[T], R], items: Iterable[T], workers: int
) -> Generator[R, None, None]:
    """Results of a function in the order of the items, a few of them ahead, by threads."""
    if workers == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[R]] = deque()
    source = iter(items)
    pool = ThreadPoolExecutor(workers)
    try:
        for item in itertools.islice(source, workers * AHEAD):
            waiting.append(pool.submit(function, item))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in itertools.islice(source, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _counted(pairs: Sequence[LabelPair], plan: Plan, workers: int | None) -> Iterator[ImageCounts]:
    """The counts of every image, in the order of the pairs."""
    threads = min(cores() if workers is None else workers, len(pairs))
    return in_order(lambda pair: count_image(pair, plan), pairs, threads)


def _rule(
    absent: Absent | None, compat: str | None, classes: LabelClasses, *, has_ignore: bool
) -> Absent:
    """Which classes count in a mean."""
    if compat not in (None, *COMPATS):
        raise InputError(
            f"compat is {compat!r}, expected one of {', '.join(COMPATS)}.", code="compat"
        )
    if absent not in (None, *ABSENT):
        raise InputError(
            f"absent is {absent!r}, expected one of {', '.join(ABSENT)}.", code="absent"
        )
    if compat == OFFICIAL and not (classes.is_cityscapes and not has_ignore):
        raise InputError(
            "compat official: only Cityscapes has an official tool for label maps; use the classes "
            '"cityscapes" as they are.',
            code="compat",
        )
    own: Absent = "detectron2" if compat == DETECTRON2 else "cityscapes"
    if compat is not None and absent not in (None, own):
        raise InputError(
            f"compat {compat}: goes with absent {own}, not with {absent}.", code="absent"
        )
    return absent or own


def _widths(trimap: float | Sequence[float]) -> tuple[float, ...]:
    """Widths of bands, in increasing order, each once."""
    widths = tuple(trimap) if isinstance(trimap, Iterable) else (trimap,)
    return tuple(sorted({float(width) for width in widths}))


def _check_choices(
    metric: str, void: str, ratio: float | None, threshold: float | None, workers: int | None
) -> None:
    """Refuse values that no run can have; widths are looked at where the bands are made."""
    for name, value, choices in (("trimap_metric", metric, METRICS), ("trimap_void", void, VOIDS)):
        if value not in choices:
            raise InputError(
                f"{name} is {value!r}, expected one of {', '.join(choices)}.", code=name
            )
    for name, number in (("boundary_ratio", ratio), ("boundary_f", threshold)):
        if number is not None and not 0 < number < float("inf"):
            raise InputError(f"{name} is {number:g}, expected a number above 0.", code=name)
    if ratio is not None and ratio >= 1:
        raise InputError(
            f"boundary_ratio is {ratio:g}, expected a part of the diagonal, such as 0.02.",
            code="boundary_ratio",
        )
    if workers is not None and workers < 1:
        raise InputError(f"workers is {workers}, expected 1 or more.", code="workers")


def _has_any(ignore: int | Iterable[int]) -> bool:
    """Whether ids to ignore were given."""
    return not isinstance(ignore, Sequence) or len(ignore) > 0


def _name(source: str | Path | Sequence[Any]) -> str:
    """What the result calls an input."""
    if isinstance(source, str | Path):
        return str(source)
    return counted(len(source), "label map")
