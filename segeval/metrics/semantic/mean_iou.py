"""Mean IoU of label maps: from two folders, files or lists of arrays to a result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.checks.label_agreement import LabelAgreement, label_names
from segeval.checks.label_disagreement import label_disagreement
from segeval.data.cityscapes.labels import CITYSCAPES_RATIO
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair, label_pairs
from segeval.errors import InputError, Note
from segeval.findings import note_of, raise_first
from segeval.kernels.threads import OnProgress, in_order
from segeval.masks.boundaries import RATIO
from segeval.metrics.boundary_settings import boundary_settings
from segeval.metrics.choices import check_choice
from segeval.metrics.semantic.boundary_f import THRESHOLD
from segeval.metrics.semantic.confusion import ABSENT, Absent
from segeval.metrics.semantic.notes import Counted, notes_on
from segeval.metrics.semantic.one_image import Plan, count_image
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import GT, IGNORED, TRUE, label_map_statistics
from segeval.metrics.semantic.summary import mean_iou_scores, totals_of
from segeval.metrics.semantic.trimap import METRICS, VOIDS, Metric, Void
from segeval.words import counted

OFFICIAL, DETECTRON2 = "official", "detectron2"
COMPATS = (OFFICIAL, DETECTRON2)


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
    preset = label_classes(classes)
    listed = label_classes(preset, ignore)
    absent = _rule(absent, compat, listed, has_ignore=listed != preset)
    asked = _widths(trimap)
    threshold = _threshold(boundary_f)
    _check_choices(trimap_metric, trimap_void, threshold)
    _check_trimap(asked, trimap_metric, trimap_void, total_width=trimap_total_width)
    default = RATIO if listed.label_file is None else CITYSCAPES_RATIO
    width = boundary_settings(boundary_ratio, boundary_px, compared=boundary, default=default)
    pairs = label_pairs(preds, gt, listed)
    plan = Plan(
        listed,
        absent,
        tuple(each / 2 for each in asked) if trimap_total_width else asked,
        trimap_metric,
        trimap_void,
        width,
        threshold,
        as_detectron2=compat == DETECTRON2,
        counts_instances=bool(pairs) and all(pair.instance_file is not None for pair in pairs),
    )
    return evaluated_pairs(
        pairs, plan, (preds, gt), asked=asked, compat=compat,
        trimap_total_width=trimap_total_width, workers=workers, on_progress=on_progress,
        started=started,
    )  # fmt: skip


def evaluated_pairs(
    pairs: Sequence[LabelPair],
    plan: Plan,
    inputs: tuple[str | Path | Sequence[Any], str | Path | Sequence[Any]],
    *,
    asked: Sequence[float] = (),
    compat: str | None = None,
    trimap_total_width: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    started: float | None = None,
) -> MeanIoUResult:
    """Mean IoU of label maps that are paired already; arguments and errors as in `mean_iou`.

    Args:
        pairs: predictions and ground truth.
        plan: what is counted.
        inputs: the predictions and the ground truth that they come from.
        asked: widths of bands as asked for.
        compat: what is followed.
        trimap_total_width: whether these are widths of whole bands.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.
        started: time at which the run began, by `time.perf_counter`; None for now.
    """
    started = time.perf_counter() if started is None else started
    preds, gt = inputs
    listed, absent = plan.classes, plan.absent
    counts = list(
        in_order(
            lambda pair: count_image(pair, plan, pairs), pairs, workers, on_progress=on_progress
        )
    )
    statistics = label_map_statistics(counts, [pair.key for pair in pairs], plan, asked)
    totals = totals_of(statistics)
    run = LabelAgreement(
        pairs,
        listed,
        *label_names(preds, gt),
        right=totals.whole[:, TRUE],
        pixels=totals.whole[:, GT],
        ignored=int(totals.whole[:, IGNORED].sum()),
    )
    causes = list(label_disagreement(run))
    raise_first(cause for cause in causes if cause.level == "error")
    palettes = sum(each.palettes for each in counts)
    counted_pixels = Counted(totals.whole, listed.names, absent, statistics.as_detectron2)
    return MeanIoUResult(
        scores=mean_iou_scores(statistics),
        inputs={
            "preds": {"path": _name(preds), "count": len(pairs)},
            "gt": {"path": _name(gt), "count": len(pairs)},
        },
        settings=_settings(plan, asked, compat=compat, trimap_total_width=trimap_total_width),
        notes=(
            *_note_on_instances(pairs),
            *map(note_of, causes),
            *notes_on(counted_pixels, listed, palettes, pairs),
        ),
        seconds=time.perf_counter() - started,
        statistics=statistics,
    )


def _rule(
    absent: Absent | None, compat: str | None, classes: LabelClasses, *, has_ignore: bool
) -> Absent:
    """Which classes count in a mean."""
    check_choice("compat", compat, COMPATS)
    check_choice("absent", absent, ABSENT)
    if compat == OFFICIAL and not (classes.is_cityscapes and not has_ignore):
        raise InputError(
            '`compat="official"`: only Cityscapes has an official tool for label maps; use '
            '`classes="cityscapes"` unchanged.',
            code="compat",
            option="compat",
        )
    own: Absent = "detectron2" if compat == DETECTRON2 else "cityscapes"
    if compat is not None and absent not in (None, own):
        raise InputError(
            f'`compat="{compat}"` goes with `absent="{own}"`, not with {absent}.',
            code="absent",
            option="absent",
        )
    return absent or own


def _widths(trimap: float | Sequence[float]) -> tuple[float, ...]:
    """Widths of bands, in increasing order, each once."""
    widths = tuple(trimap) if isinstance(trimap, Iterable) else (trimap,)
    if not all(0 < width < float("inf") for width in widths):
        raise InputError(
            f"`trimap=[{', '.join(f'{width:g}' for width in widths)}]`: expected widths in pixels "
            "above 0, such as 1, 3, 5, 8, 20.",
            code="trimap",
            option="trimap",
        )
    return tuple(sorted({float(width) for width in widths}))


def _threshold(boundary_f: bool | float | None) -> float | None:  # noqa: FBT001 - as the caller's
    """The threshold of boundary F, None for none."""
    if isinstance(boundary_f, bool | np.bool_):
        return THRESHOLD if boundary_f else None
    return boundary_f


def _check_trimap(
    widths: Sequence[float], metric: Metric, void: Void, *, total_width: bool
) -> None:
    """Refuse options of trimaps where there is no trimap."""
    given = {
        "trimap_metric": metric != "euclid",
        "trimap_total_width": total_width,
        "trimap_void": void != "ignore",
    }
    if not widths and any(given.values()):
        name = next(name for name, is_given in given.items() if is_given)
        raise InputError(
            f"`{name}` is given, but no widths are: expected `trimap` as well, such as "
            "`trimap=(1, 3, 5, 8, 20)`.",
            code="trimap",
            option="trimap",
        )


def _check_choices(metric: str, void: str, threshold: float | None) -> None:
    """Refuse impossible values; widths of bands are checked where bands are made."""
    check_choice("trimap_metric", metric, METRICS)
    check_choice("trimap_void", void, VOIDS)
    if threshold is not None and not 0 < threshold < float("inf"):
        raise InputError(
            f"`boundary_f` is {threshold:g}, expected a number above 0.",
            code="boundary-f",
            option="boundary_f",
        )


def _settings(
    plan: Plan, asked: Sequence[float], *, compat: str | None, trimap_total_width: bool
) -> dict[str, Any]:
    """The settings asked for, as plain values."""
    return {
        "classes": plan.classes.source,
        "ignore": plan.classes.ignored_ids,
        "absent": plan.absent,
        "compat": compat,
        "trimap": list(asked),
        "trimap_metric": plan.metric,
        "trimap_total_width": trimap_total_width,
        "trimap_void": plan.void,
        **plan.boundary.settings(),
        "boundary_f": plan.f_threshold,
        "instances": plan.counts_instances,
    }


def _note_on_instances(pairs: Sequence[LabelPair]) -> list[Note]:
    """A note where only some images have a file of instances."""
    without = sum(pair.instance_file is None for pair in pairs)
    if without in (0, len(pairs)):
        return []
    found = counted(without, "image has", "images have")
    return [Note("instances", f"{found} no *_instanceIds.png, so there is no iIoU", without)]


def _name(source: str | Path | Sequence[Any]) -> str:
    """The name of an input in the result."""
    if isinstance(source, str | Path):
        return str(source)
    return counted(len(source), "label map")
