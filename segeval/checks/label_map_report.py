"""The search for every mistake in label maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_agreement import LabelAgreement, label_names
from segeval.checks.label_disagreement import label_disagreement
from segeval.checks.label_maps import unknown_instances
from segeval.checks.label_sample import SampledPairs
from segeval.checks.report import (
    CheckReport,
    GroundTruthSummary,
    PredictionsSummary,
    gathered,
    ordered,
)
from segeval.checks.swapped_maps import perhaps_swapped_maps
from segeval.data.coco.json_folders import holds_json
from segeval.data.folder_files import files_below
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.label_maps.pairs import SUFFIXES, LabelPair, label_pairs, load_instances
from segeval.data.label_maps.read import index_map, read_labels
from segeval.data.label_maps.unknown_labels import Seen, labels_seen, unknown_label
from segeval.data.paths import is_folder
from segeval.errors import InputError
from segeval.findings import Finding, finding_of
from segeval.frozen import frozen
from segeval.kernels.threads import in_order

FINDING_KINDS = ("files", "label maps", "labels", "ignored labels")
"""Kinds of mistakes that are looked for."""

BLOCK = 1 << 24
"""Pixels that are counted together."""

LABEL_MAPS = "label maps"
"""Name of the form in the header lines."""

NOT_CHECKED = (
    "Cityscapes' instances and Open Images' CSV files are not checked: evaluate them with "
    "`cityscapes_ap` and `open_images_ap`, which name their first mistake."
)
"""The hint for other files."""

OF_ID_MAPS = (
    "Id maps, in which every number but 0 is an object, have a check of their own: `check_id_maps`."
)
"""The hint for a folder of pictures without classes."""

OF_THE_CALL = ("no-file", "input", "suffix")
"""Codes of errors about the call, not about the content of files."""


@frozen(eq=False)
class _JudgedPair:
    """One pair: its mistakes, and all and right pixels by place among the classes (C + 2,)."""

    findings: tuple[Finding, ...]
    preds: NDArray[np.int64]
    gt: NDArray[np.int64]
    right: NDArray[np.int64]
    ignored: int = 0


def are_label_maps(*sources: object) -> bool:
    """Whether inputs look like label maps: a folder, or a file by its name."""
    return any(map(_is_of_label_maps, sources))


def label_map_report(
    preds: Any,
    gt: Any,
    classes: Classes | None,
    ignore: Ignored = (),
) -> CheckReport:
    """Every mistake in label maps; the arguments are those of `mean_iou`.

    Raises:
        InputError: if there is no such file, or for missing or impossible classes.
    """
    if classes is None:
        source = next(each for each in (preds, gt) if _is_of_label_maps(each))
        raise InputError(
            f"{source}: label maps are checked by their classes, expected `classes` as well, such "
            f'as `classes="cityscapes"`. {NOT_CHECKED} {OF_ID_MAPS}',
            code="classes",
            path=str(source),
            option="classes",
        )
    if gt is None:
        raise InputError(
            "label maps are checked in pairs, expected the ground truth (`gt`) as well.",
            code="input",
            option="gt",
        )
    listed = label_classes(classes, ignore)
    try:
        pairs = label_pairs(preds, gt, listed)
    except InputError as error:
        if error.code in OF_THE_CALL:
            raise
        return CheckReport(ordered([finding_of(error, "files")], ()))
    with_instances = bool(pairs) and all(pair.instance_file is not None for pair in pairs)
    seen = cache(lambda: labels_seen(pairs))
    judged = list(
        in_order(lambda pair: _of_pair(pair, listed, seen, with_instances=with_instances), pairs)
    )
    findings = gathered((finding for one in judged for finding in one.findings), "file")
    none = np.zeros(len(listed) + 2, np.int64)
    of_preds, of_gt = (
        sum((one.preds for one in judged), none),
        sum((one.gt for one in judged), none),
    )
    names = label_names(preds, gt)
    if not findings:
        findings += label_disagreement(
            LabelAgreement(
                SampledPairs(pairs, listed),
                listed,
                *names,
                right=sum((one.right for one in judged), none)[: len(listed)],
                pixels=of_gt[: len(listed)],
                ignored=sum(one.ignored for one in judged),
            )
        )
    void = len(listed)
    findings += perhaps_swapped_maps(
        names,
        sum(bool(one.ignored) for one in judged),
        len(judged),
        gt_has_void=bool(of_gt[void]),
    )
    kinds = (*FINDING_KINDS, "instances") if with_instances else FINDING_KINDS
    count = len(pairs)
    shown = [int(np.count_nonzero(each[: len(listed)])) for each in (of_preds, of_gt)]
    return CheckReport(
        ordered(findings, kinds),
        PredictionsSummary(names[0], count, count, shown[0], LABEL_MAPS, None, None),
        GroundTruthSummary(names[1], count, count, shown[1], LABEL_MAPS, 0, is_lvis=False),
    )


def _is_of_label_maps(source: object) -> bool:
    """Whether an input is a folder, or a file with the name of a label map."""
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    if is_folder(path):
        return bool(files_below(path, *(f"*{suffix}" for suffix in SUFFIXES))) or not holds_json(
            path
        )
    return path.suffix.lower() in SUFFIXES


def _of_pair(
    pair: LabelPair, classes: LabelClasses, seen: Callable[[], Seen], *, with_instances: bool
) -> _JudgedPair:
    """Mistakes in the label maps of one image."""
    nothing = np.zeros(len(classes) + 2, np.int64)
    try:
        pred, gt, _ = pair.load()
    except InputError as error:
        found = [finding_of(error, "label maps")]
        if error.path == pair.pred_name and error.code not in ("size-differs", "bits"):
            found += _unreadable(pair.gt, pair.gt_name)
        return _JudgedPair(tuple(found), nothing, nothing, nothing)
    table = classes.table(gt.dtype.type)
    of_gt, of_pred = index_map(gt, table), index_map(pred, table)
    counts = [_pixels_of(each, len(nothing)) for each in (of_pred, of_gt)]
    findings = [
        unknown_label(labels, name, classes, is_gt=labels is gt, seen=seen())
        for labels, name, pixels in (
            (gt, pair.gt_name, counts[1]),
            (pred, pair.pred_name, counts[0]),
        )
        if pixels[len(classes) + 1]
    ]
    if with_instances and pair.instance_file is not None:
        findings += _of_instances(pair.instance_file, gt.shape)
    ignored, right = 0, np.zeros_like(nothing)
    for part in _blocks(of_gt):
        ignored += int(((of_gt[part] < len(classes)) & (of_pred[part] == len(classes))).sum())
        same = of_gt[part][of_pred[part] == of_gt[part]]
        right += np.bincount(same, minlength=len(nothing))
    return _JudgedPair(tuple(findings), counts[0], counts[1], right, ignored)


def _pixels_of(indices: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Pixels of every class of an index map, int64, shape (count,)."""
    found = np.zeros(count, np.int64)
    for part in _blocks(indices):
        found += np.bincount(indices[part].ravel(), minlength=count)
    return found


def _blocks(indices: NDArray[Any]) -> Iterator[slice]:
    """Rows of a map in parts, since numpy takes eight bytes for each pixel that it counts."""
    rows = max(1, BLOCK // indices.shape[1])
    for top in range(0, len(indices), rows):
        yield slice(top, top + rows)


def _unreadable(source: Any, name: str) -> Iterator[Finding]:
    """Why a label map cannot be read, if it cannot."""
    try:
        read_labels(source, name)
    except InputError as error:
        yield finding_of(error, "label maps")


def _of_instances(path: Path, size: Sequence[int]) -> Iterator[Finding]:
    """Mistakes in Cityscapes' file of instances beside a label map."""
    try:
        ids = load_instances(path, size)
    except InputError as error:
        yield finding_of(error, "instances")
    else:
        yield from unknown_instances(path, np.unique(ids))
