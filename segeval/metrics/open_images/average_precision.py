"""Average precision of the Open Images challenges, from files to a result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.open_images_boxes import masks_beside_fractions
from segeval.checks.open_images_set import mistakes_of_set
from segeval.data.open_images import (
    ClassTree,
    OpenImagesGroundTruth,
    OpenImagesPredictions,
    load_class_tree,
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.errors import InputError, Note
from segeval.findings import note_of
from segeval.kernels.threads import OnProgress
from segeval.metrics.choices import check_choice, kinds_of_iou
from segeval.metrics.kinds import KINDS
from segeval.metrics.open_images.blocks import Entries, matched
from segeval.metrics.open_images.matching import LEAST
from segeval.metrics.open_images.prepare import (
    ExpandedRows,
    check_sizes,
    expanded_rows,
    judged_rows,
)
from segeval.metrics.open_images.result import IOUS, OpenImagesResult
from segeval.metrics.open_images.statistics import OpenImagesStatistics, open_images_statistics
from segeval.metrics.open_images.summary import open_images_scores
from segeval.words import counted

PROTOCOL = "with the protocol openimages"
"""Tells in a refusal that only this protocol lacks the choice."""

FILE = str | Path


def open_images_ap(
    preds: OpenImagesPredictions | FILE,
    gt: OpenImagesGroundTruth | FILE,
    *,
    boxes: FILE | None = None,
    labels: FILE | None = None,
    hierarchy: ClassTree | FILE | None = None,
    iou: str | Sequence[str] = "segm",
    group_of_weight: float = 1.0,
    expand_predictions: bool = False,
    max_dets: int = 10_000,
    skip_unknown: bool = False,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> OpenImagesResult:
    r"""AP at IoU 0.5 by the rules of the Open Images challenges 2018 and 2019.

    Args:
        preds: CSV file of predictions, or its columns.
        gt: CSV file of masks (of boxes, where boxes alone are evaluated), or its columns.
        boxes: CSV file of boxes; those without a mask take predictions out of the count.
        labels: CSV file of verified labels. A prediction is judged only in images where its class
            is verified or annotated.
        hierarchy: JSON file of the tree of classes: ground truth is copied to the classes above,
            verified absence to those below. None for files that are already expanded.
        iou: "segm", "bbox" or both.
        group_of_weight: what a group counts as a positive; 0 ignores what it absorbs.
        expand_predictions: copy predictions to the classes above theirs as well.
        max_dets: predictions used per image and class, 0 for no limit.
        skip_unknown: drop predictions of unknown classes, and count them.
        compat: "official" reproduces the official tool on faulty files too; see the docs.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the line.
        MismatchError: for files that do not belong together.

    Source:
        Equal to OpenImagesChallengeEvaluator of tensorflow/models object_detection (2019-10) where
        no scores are equal.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     preds, gt = Path(folder, "preds.csv"), Path(folder, "boxes.csv")
        ...     box = "XMin,XMax,YMin,YMax"
        ...     _ = gt.write_text(f"ImageID,LabelName,{box},IsGroupOf\na,cat,0.1,0.5,0.1,0.5,0\n")
        ...     _ = preds.write_text(f"ImageID,LabelName,Score,{box}\na,cat,0.9,0.1,0.5,0.1,0.4\n")
        ...     open_images_ap(preds, gt, iou="bbox").ap50
        1.0
    """
    started = time.perf_counter()
    kinds = kinds_of_iou(iou, IOUS, PROTOCOL)
    _check(group_of_weight, max_dets, compat)
    preds, gt, tree = _loaded(preds, gt, boxes, labels, hierarchy, kinds, compat, workers)
    if expand_predictions and tree is None:
        raise InputError(
            "`expand_predictions` needs a tree of classes (`hierarchy`).",
            code="hierarchy",
            option="hierarchy",
        )
    _require_masks(kinds, preds, gt)
    notes = _notes_on_files(preds, gt)
    notes += _unpredicted_parents(preds, tree, expanded=expand_predictions)
    both, dropped = expanded_rows(
        preds, gt, tree, expand_predictions=expand_predictions, skip_unknown=skip_unknown
    )
    decisive = {
        "compat": compat,
        "hierarchy": None if tree is None else tree.digest(),
        "expand_predictions": expand_predictions,
        "max_dets": max_dets,
    }
    statistics, found = _statistics(
        both,
        preds,
        gt,
        kinds,
        group_of_weight=group_of_weight,
        max_dets=max_dets,
        compat=compat,
        decisive=decisive,
        workers=workers,
        on_progress=on_progress,
    )
    return OpenImagesResult(
        scores={kind: open_images_scores(each) for kind, each in statistics.items()},
        inputs=_inputs(preds, gt, len(both.classes)),
        settings={
            "protocol": "openimages",
            "compat": compat,
            "iou": list(kinds),
            "threshold": LEAST,
            "group_of_weight": group_of_weight,
            "hierarchy": None if tree is None else tree.source,
            "expand_predictions": expand_predictions,
            "max_dets": max_dets,
            "skip_unknown": skip_unknown,
            "ties": "image id down, then file order; in matching the later line first",
        },
        notes=(*notes, *dropped, *found),
        seconds=time.perf_counter() - started,
        statistics=statistics,
    )


def _statistics(
    both: ExpandedRows,
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    kinds: tuple[str, ...],
    *,
    group_of_weight: float,
    max_dets: int,
    compat: str | None,
    decisive: Mapping[str, Any],
    workers: int | None,
    on_progress: OnProgress | None,
) -> tuple[dict[str, OpenImagesStatistics], list[Note]]:
    """Statistics of every kind of IoU, and notes on predictions, each note once."""
    statistics: dict[str, OpenImagesStatistics] = {}
    notes: list[Note] = []
    for kind in kinds:
        judged, found = judged_rows(both, preds, gt, kind)
        if kind == "segm":
            check_sizes(judged, preds, gt)
        entries = matched(
            judged,
            preds,
            gt,
            max_dets=max_dets,
            zero_scores_count=compat is None,
            workers=workers,
            on_progress=on_progress,
        )
        found += _notes(entries, max_dets, kind, several=len(kinds) > 1)
        notes += [note for note in found if note not in notes]
        statistics[kind] = open_images_statistics(
            judged, entries, gt.image_ids, group_of_weight, decisive
        )
    return statistics, notes


def _loaded(
    preds: OpenImagesPredictions | FILE,
    gt: OpenImagesGroundTruth | FILE,
    boxes: FILE | None,
    labels: FILE | None,
    hierarchy: ClassTree | FILE | None,
    kinds: tuple[str, ...],
    compat: str | None,
    workers: int | None,
) -> tuple[OpenImagesPredictions, OpenImagesGroundTruth, ClassTree | None]:
    """All files as columns."""
    if not isinstance(preds, OpenImagesPredictions):
        preds = load_open_images_predictions(preds, needs_masks="segm" in kinds, workers=workers)
    if not isinstance(gt, OpenImagesGroundTruth):
        gt = load_open_images_ground_truth(
            gt, boxes=boxes, labels=labels, compat=compat, workers=workers
        )
    elif boxes is not None or labels is not None:
        raise InputError(
            "`gt` is already read, boxes and labels included. Leave out `boxes` and `labels`, or "
            "give files for all three.",
            code="input",
            option="labels" if boxes is None else "boxes",
        )
    tree = load_class_tree(hierarchy) if isinstance(hierarchy, str | Path) else hierarchy
    return preds, gt, tree


def _notes_on_files(preds: OpenImagesPredictions, gt: OpenImagesGroundTruth) -> list[Note]:
    """Notes from reading, and on what the files lack."""
    notes = [*preds.notes, *gt.notes]
    if not len(preds.score):
        notes.append(Note("no-predictions", f"{preds.source} holds no predictions", 0))
    if not gt.has_labels:
        message = (
            "no verified labels (`labels`): predictions are judged only in images that have ground "
            "truth of their class"
        )
        notes.append(Note("no-labels", message, option="labels"))
    findings = [*mistakes_of_set(preds, gt), *masks_beside_fractions(gt)]
    return [*notes, *map(note_of, findings)]


def _inputs(
    preds: OpenImagesPredictions, gt: OpenImagesGroundTruth, categories: int
) -> dict[str, dict[str, Any]]:
    """Files and counts."""
    return {
        "preds": {"path": preds.source, "count": len(preds)},
        "gt": {
            "path": gt.source,
            "files": list(gt.files),
            "count": len(gt),
            "images": len(gt.image_ids),
            "categories": categories,
        },
    }


def _check(group_of_weight: float, max_dets: int, compat: str | None) -> None:
    """Refuse settings that make no sense."""
    if not (np.isfinite(group_of_weight) and group_of_weight >= 0):
        raise InputError(
            f"`group_of_weight` is {group_of_weight!r}, expected a number of at least 0.",
            code="group-of-weight",
            option="group_of_weight",
        )
    if max_dets < 0:
        raise InputError(
            f"`max_dets` is {max_dets}, expected a number of predictions; 0 is no limit.",
            code="max-dets",
            option="max_dets",
        )
    check_choice("compat", compat, ("official",), PROTOCOL)


def _require_masks(
    kinds: tuple[str, ...], preds: OpenImagesPredictions, gt: OpenImagesGroundTruth
) -> None:
    """Refuse to compare masks where a file has none."""
    for name, has_masks in ((preds.source, preds.masks is not None), (gt.source, len(gt.masks))):
        if "segm" in kinds and not has_masks:
            raise InputError(
                f"{name}: has no masks, expected a column Mask or MaskPath. Compare boxes alone: "
                '`iou="bbox"`.',
                option="iou",
                code="boxes-for-masks",
                path=name,
                field="Mask",
            )


def _unpredicted_parents(
    preds: OpenImagesPredictions, tree: ClassTree | None, *, expanded: bool
) -> list[Note]:
    """A note on classes above predicted ones without predictions, which the challenge wants."""
    if tree is None or expanded or not len(preds.score):
        return []
    predicted = set(preds.labels)
    above = {parent for label in predicted for parent in tree.ancestors.get(label, ())}
    missing = len(above - predicted)
    if not missing:
        return []
    found, has = counted(missing, "class", "classes"), "has" if missing == 1 else "have"
    message = (
        f"{found} above predicted ones in the hierarchy {has} no prediction, though ground truth "
        "is expanded to them: if predictions name only leaves, expand them "
        "(`expand_predictions=True`)"
    )
    return [Note("unexpanded", message, missing, option="expand_predictions")]


def _notes(entries: Entries, max_dets: int, kind: str, *, several: bool) -> list[Note]:
    """Notes on dropped predictions and ties, with the kind of IoU if there are several."""
    notes: list[Note] = []
    of = f"{KINDS[kind]}: " if several else ""
    if entries.empty:
        found = counted(entries.empty, "prediction has", "predictions have")
        code = "empty-mask" if kind == "segm" else "empty-box"
        notes.append(Note(code, f"{of}{found} no area and are not judged", entries.empty))
    if entries.capped:
        message = (
            f"{of}{counted(entries.capped, 'prediction')} beyond the best {max_dets:,} of their "
            "image and class not judged"
        )
        notes.append(Note("max-dets", message, entries.capped))
    tied = _tied(entries.class_number, entries.score)
    if tied:
        message = (
            f"{of}{counted(tied, 'prediction has', 'predictions have')} the score of another of "
            "their class: such ties go by file order; the official tool leaves them to numpy's "
            "sort, and its AP may differ a little"
        )
        notes.append(Note("tied-scores", message, tied))
    return notes


def _tied(class_number: NDArray[np.int64], score: NDArray[np.float64]) -> int:
    """Number of entries that share class and score with another."""
    order = np.lexsort((score, class_number))
    same = (np.diff(class_number[order]) == 0) & (np.diff(score[order]) == 0)
    return int((np.append(same, False) | np.append(False, same)).sum())
