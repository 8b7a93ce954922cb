"""Mean IoU of label maps: from two folders, files or lists of arrays to a result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segeval.checks.label_agreement import LabelAgreement, LabelSample, label_names
from segeval.checks.label_disagreement import label_disagreement
from segeval.checks.label_sample import SampledPairs
from segeval.checks.swapped_maps import perhaps_swapped_maps
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, names_file
from segeval.data.label_maps.pairs import LabelPair, files_read, label_pairs
from segeval.errors import Note
from segeval.findings import Finding, note_of, raise_first
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.semantic.arguments import Arguments, Rules
from segeval.metrics.semantic.confusion import Absent
from segeval.metrics.semantic.notes import Counted, FileCounts, note_on_instances, notes_on
from segeval.metrics.semantic.one_image import ImageCounts, count_image
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import (
    GT,
    IGNORED,
    TRUE,
    LabelMapStatistics,
    label_map_statistics,
)
from segeval.metrics.semantic.summary import mean_iou_scores, totals_of
from segeval.metrics.semantic.trimap import Metric, Void
from segeval.metrics.sources import Source, Sources
from segeval.words import counted


def mean_iou(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    *,
    classes: Classes,
    ignore: Ignored = (),
    absent: Absent | None = None,
    trimap: float | Sequence[float] = (),
    trimap_metric: Metric = "euclid",
    trimap_total_width: bool = False,
    trimap_void: Void = "ignore",
    boundary: bool = False,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    boundary_f: bool | float | None = None,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> MeanIoUResult:
    """Mean IoU of label maps and, if asked for, scores of their boundaries.

    Args:
        preds: predicted label maps: a folder of .png or .npy files, a file, or a sequence of arrays
            (H, W) of ids, or of paths; or detectron2's sem_seg_predictions.json.
        gt: true label maps, in the same form but JSON. Files in folders are paired by name, by name
            without suffix, or by Cityscapes' city, sequence and frame.
        classes: "cityscapes", "cityscapes-train", "ade20k", "camvid", "voc", a number of classes, a
            file with lines of an id and a name, or names by id, also as text such as
            "0=background,255=object".
        ignore: ids that are not evaluated: void in the ground truth, misses as predictions;
            "others" for every value that is not a class.
        absent: "cityscapes" (the default) leaves out classes that neither side has, and counts a
            class that is predicted but not in the truth as 0; "zero" counts the former as 0 too;
            "detectron2" leaves the latter out too. It holds for every mean of the run.
        trimap: half widths in pixels of bands around the true boundaries, in which to measure mean
            IoU as well.
        trimap_metric: distance to the boundary: "euclid" or "chebyshev".
        trimap_total_width: take the widths as those of the whole band.
        trimap_void: what void does at a boundary: "ignore" (only changes between two classes
            count), "edge" (a label like any other) or "deeplab" (void itself is the boundary).
        boundary: compute boundary IoU per class as well.
        boundary_ratio: width of boundaries as a fraction of the image's diagonal, by default 0.02,
            or 0.005 for Cityscapes.
        boundary_px: width of boundaries in pixels, instead of the ratio.
        boundary_f: compute boundary F as well: True for the usual threshold, 0.008; or a threshold
            in pixels; or, below 1, a fraction of the diagonal.
        compat: "official" (cityscapesScripts, for Cityscapes' classes) or "detectron2" (its mean
            IoU, and its boundary IoU).
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for arguments that make no sense, or missing files.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for files without a partner, or of different sizes; or if at least 95 % of
            the evaluated pixels are predicted as labels that are not evaluated.

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
    arguments = Arguments(
        classes=classes,
        ignore=ignore,
        absent=absent,
        trimap=trimap,
        trimap_metric=trimap_metric,
        trimap_total_width=trimap_total_width,
        trimap_void=trimap_void,
        boundary=boundary,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        boundary_f=boundary_f,
        compat=compat,
    )
    rules = arguments.rules()
    pairs = label_pairs(preds, gt, rules.plan.classes)
    read = partial(files_read, classes=rules.plan.classes)
    named = {"classes": Source.of(str(classes))} if names_file(classes) else {}
    sources = Sources(Source.of(preds, files=read), Source.of(gt, files=read), arguments, named)
    result = evaluated_pairs(
        pairs, rules.of(pairs), (preds, gt), workers=workers, on_progress=on_progress,
        started=started,
    )  # fmt: skip
    return replace(result, sources=sources)


def evaluated_pairs(
    pairs: Sequence[LabelPair],
    rules: Rules,
    inputs: tuple[str | Path | Sequence[Any], str | Path | Sequence[Any]],
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    started: float | None = None,
) -> MeanIoUResult:
    """Mean IoU of label maps that are paired already; errors as in `mean_iou`.

    Args:
        pairs: predictions and ground truth.
        rules: what is counted.
        inputs: the predictions and the ground truth that they come from.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.
        started: time at which the run began, by `time.perf_counter`; None for now.
    """
    started = time.perf_counter() if started is None else started
    counts = counted_pairs(pairs, rules, pairs, workers=workers, on_progress=on_progress)
    statistics = label_map_statistics(counts, [pair.key for pair in pairs], rules.plan, rules.asked)
    classes = rules.plan.classes
    return counted_result(
        statistics,
        classes,
        rules.settings(),
        FileCounts.of(
            pairs, sum(each.palettes for each in counts), sum(each.with_void for each in counts)
        ),
        SampledPairs(pairs, classes),
        names=label_names(*inputs),
        paths=(_name(inputs[0]), _name(inputs[1])),
        started=started,
    )


def counted_pairs(
    pairs: Sequence[LabelPair],
    rules: Rules,
    every: Sequence[LabelPair],
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> list[ImageCounts]:
    """Counts of some label maps; errors as in `evaluated_pairs`.

    Args:
        pairs: those to count.
        rules: what is counted.
        every: all of the run, which an error about labels looks at.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.
    """
    return list(
        in_order(
            lambda pair: count_image(pair, rules.plan, every),
            pairs,
            workers,
            on_progress=on_progress,
        )
    )


def counted_result(
    statistics: LabelMapStatistics,
    classes: LabelClasses,
    settings: Mapping[str, Any],
    files: FileCounts,
    sample: LabelSample | None,
    *,
    names: tuple[str, str],
    paths: tuple[str, str],
    started: float,
) -> MeanIoUResult:
    """Mean IoU of label maps that are counted already.

    Args:
        statistics: the counts.
        classes: of the run.
        settings: of the run, as plain values.
        files: what notes say of the files.
        sample: some label maps, which are looked at where the numbers look wrong; None if nothing
            is known of any.
        names: of predictions and ground truth in messages.
        paths: of both in the result.
        started: time at which the run began, by `time.perf_counter`.

    Raises:
        MismatchError: for label maps that do not belong together.
    """
    totals = totals_of(statistics)
    causes: list[Finding] = []
    if sample is not None:
        run = LabelAgreement(
            sample,
            classes,
            *names,
            right=totals.whole[:, TRUE],
            pixels=totals.whole[:, GT],
            ignored=int(totals.whole[:, IGNORED].sum()),
        )
        causes += label_disagreement(run)
    raise_first(cause for cause in causes if cause.level == "error")
    counted_pixels = Counted(
        totals.whole, classes.names, statistics.absent, statistics.as_detectron2
    )
    return MeanIoUResult(
        scores=mean_iou_scores(statistics),
        inputs={
            side: {"path": path, "count": files.images}
            for side, path in zip(("preds", "gt"), paths, strict=True)
        },
        settings=settings,
        notes=(
            *note_on_instances(files),
            *map(note_of, causes),
            *notes_on(counted_pixels, classes, files, sample),
            *_order_doubted(statistics, files, names),
        ),
        seconds=time.perf_counter() - started,
        statistics=statistics,
    )


def _order_doubted(
    statistics: LabelMapStatistics, files: FileCounts, names: tuple[str, str]
) -> Iterator[Note]:
    """A note where predictions and ground truth may be swapped."""
    if files.with_void is None:
        return
    image = np.repeat(np.arange(len(statistics)), np.diff(statistics.offsets))
    ignored = statistics.pixels[..., IGNORED].any(axis=1)
    found = perhaps_swapped_maps(
        names, len(np.unique(image[ignored])), len(statistics), gt_has_void=files.with_void > 0
    )
    yield from map(note_of, found)


def _name(source: str | Path | Sequence[Any]) -> str:
    """The name of an input in the result."""
    if isinstance(source, str | Path):
        return str(source)
    return counted(len(source), "label map")
