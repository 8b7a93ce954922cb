"""Predictions for all classes above, from files to a result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import Comparison, compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.gain_notes import few_images_note, gain_notes
from segeval.analysis.comparison.gain_table import gain_table
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.brief import Brief
from segeval.data import Predictions
from segeval.data.open_images import (
    ClassTree,
    OpenImagesPredictions,
    load_class_tree,
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.data.open_images.predictions import as_predictions, save_as_read
from segeval.data.paths import is_csv
from segeval.data.segmentations import Format
from segeval.ensemble.hierarchy.parents import Combine, Cut, Expansion, expand_rows
from segeval.ensemble.operators.suppression import IOU_THRESHOLD
from segeval.ensemble.pools.shapes import Iou
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.metrics.open_images import open_images_ap
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Table
from segeval.words import counted


@frozen(eq=False, repr=False)
class ExpansionScores(Brief):
    """What expansion did.

    Attributes:
        predictions: number of predictions.
        copies: copies for classes above.
        suppressed: rows of these classes that were one object with a better one.
        cut: predictions or rows beyond `max_dets`.
        rows: number of rows of the result.
        gain: AP with the rows against AP of the predictions; None without ground truth.
    """

    predictions: int
    copies: int
    suppressed: int
    cut: int
    rows: int
    gain: Difference | None = None


def _headline(result: Result[ExpansionScores]) -> tuple[str, ...]:
    """What was expanded, by what."""
    names = [Path(str(each["path"])).name for each in result.inputs.values()]
    return ("Expanded to the classes above", names[0], *(f"with {n}" for n in names[1:]))


def _summary(result: Result[ExpansionScores]) -> str:
    """How many rows there are."""
    scores = result.scores
    cut = f", {scores.cut:,} beyond max_dets left out" if scores.cut else ""
    return (
        f"{counted(scores.predictions, 'prediction')} became {counted(scores.rows, 'row')}: "
        f"{counted(scores.copies, 'copy', 'copies')} added, {counted(scores.suppressed, 'repeat')} "
        f"of a better row removed{cut}"
    )


def _tables(result: Result[ExpansionScores]) -> tuple[Table, ...]:
    """The gain, where there is ground truth to measure it on."""
    gain = result.scores.gain
    return () if gain is None else (gain_table(gain),)


def _values(scores: ExpansionScores) -> dict[str, Any]:
    """What expansion did, as plain values."""
    return {**vars(scores), "gain": None if scores.gain is None else scores.gain.to_dict()}


EXPANSION: Description[ExpansionScores] = Description(
    place=f"{__name__}:EXPANSION",
    schema="segeval/expand-parents/1",
    brief=lambda scores: counted(scores.rows, "row"),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
    primary=lambda scores: None if scores.gain is None else scores.gain.difference,
)


@frozen(eq=False, repr=False, kw_only=True)
class Expanded(Result[ExpansionScores]):
    """Predictions, each with its copies for the classes above behind it.

    Attributes:
        predictions: the rows.
        rows: the prediction that each row is or repeats, int64, shape (K,).
        csv: path of Open Images' file that they come from; None for COCO's.
    """

    about: Description[ExpansionScores] = EXPANSION
    predictions: Predictions
    rows: NDArray[np.int64]
    csv: str | None = None

    def __repr__(self) -> str:
        """One line: the counts."""
        return f"Expanded({self.about.brief(self.scores)})"

    def save(self, path: str | Path) -> None:
        """Write the rows in the format of the predictions: a COCO results file, or CSV.

        Raises:
            InputError: for another suffix, or if the folder does not exist.
        """
        save_as_read(self.predictions, path, source=self.csv, rows=self.rows)


def expand_parents(
    preds: PredictionsSource,
    hierarchy: ClassTree | str | Path,
    *,
    class_ids: Mapping[str, int] | None = None,
    iou: Iou | None = None,
    iou_threshold: float = IOU_THRESHOLD,
    combine: Combine = "max",
    max_dets: int = 0,
    cut: Cut = "leaf",
    gt: GroundTruthSource | None = None,
    boxes: str | Path | None = None,
    labels: str | Path | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> Expanded:
    """Copy each prediction to all classes above its own, and suppress in these classes.

    Copies keep geometry and score; where several of one object meet in a class above, the best
    stays. The root of the tree is no class.

    Args:
        preds: predictions: Open Images' CSV, or COCO results; or a path to load them from.
        hierarchy: the tree of classes, or a path to load it from.
        class_ids: the id of every label that is evaluated, for COCO results with numbers as ids.
            Labels above that have none get no rows. None if ids are labels.
        iou: what overlaps are measured by: "bbox", "segm" or "boundary"; None for masks where every
            prediction has one.
        iou_threshold: IoU above which two rows of a class above are one object.
        combine: "max" keeps the best score of those, "any" takes 1 - (1 - s) (1 - s') ...
        max_dets: best rows of an image; 0 for all.
        cut: "leaf" counts predictions, whose copies follow them, "all" counts all rows.
        gt: ground truth to measure the gain on, in the format of the predictions: of Open Images
            without the classes above, which are added, of COCO with them.
        boxes: Open Images' boxes, where `gt` has masks.
        labels: Open Images' verified labels.
        seed: of the draws of images for the interval of the gain.
        workers: threads, None for all cores.

    Raises:
        InputError: for a setting out of its range, or numbers as ids without `class_ids`.
        FormatError: for a file that cannot be used, such as a tree with a circle.
        MismatchError: if no label is in the tree.

    Source:
        tensorflow/models object_detection (2019-10), oid_hierarchical_labels_expansion.py.

    Example:
        >>> cat = {"LabelName": "cat"}
        >>> tree = ClassTree.of(
        ...     {"LabelName": "all", "Subcategory": [{"LabelName": "animal", "Subcategory": [cat]}]}
        ... )
        >>> box = {"image_id": "a", "category_id": "cat", "bbox": [0, 0, 9, 9], "score": 0.8}
        >>> expand_parents([box], tree).predictions.score
        array([0.8, 0.8])
    """
    started = time.perf_counter()
    tree = hierarchy if isinstance(hierarchy, ClassTree) else load_class_tree(hierarchy)
    csv = str(preds) if is_csv(preds) else None
    original = None if csv is None else load_open_images_predictions(csv, workers=workers)
    loaded = loaded_predictions(preds) if original is None else as_predictions(original)
    settings: dict[str, Any] = {
        "iou_threshold": iou_threshold, "combine": combine, "max_dets": max_dets, "cut": cut,
    }  # fmt: skip
    found = expand_rows(loaded, tree, class_ids=class_ids, iou=iou, workers=workers, **settings)
    gain, notes = _measured(loaded, original, found, tree, (gt, boxes, labels), seed, workers)
    inputs = {
        "preds": {"path": loaded.source, "count": len(loaded)},
        "hierarchy": {"path": tree.source, "labels": len(tree)},
    }
    return Expanded(
        scores=_scores(len(loaded), found, gain),
        inputs=inputs,
        settings={"iou": found.iou, **settings},
        notes=(*found.notes, *notes),
        seconds=time.perf_counter() - started,
        predictions=found.predictions,
        rows=found.rows,
        csv=csv,
    )


def _scores(predictions: int, found: Expansion, gain: Difference | None) -> ExpansionScores:
    """The counts."""
    return ExpansionScores(
        predictions=predictions,
        copies=found.copies,
        suppressed=found.suppressed,
        cut=found.cut,
        rows=len(found.rows),
        gain=gain,
    )


def _measured(
    loaded: Predictions,
    original: OpenImagesPredictions | None,
    found: Expansion,
    tree: ClassTree,
    files: tuple[Any, Any, Any],
    seed: int,
    workers: int | None,
) -> tuple[Difference | None, tuple[Note, ...]]:
    """The gain, if there is ground truth for it, and what to know of it."""
    if files[0] is None:
        return None, ()
    if original is None:
        return _gain(loaded, found.predictions, files[0], seed, workers)
    return _open_images_gain(original, found, tree, files, seed, workers)


def _gain(
    before: Predictions,
    after: Predictions,
    gt: GroundTruthSource,
    seed: int,
    workers: int | None,
) -> tuple[Difference | None, tuple[Note, ...]]:
    """AP of the rows against AP of the predictions, on COCO's ground truth."""
    truth = loaded_ground_truth(gt)
    if len(truth.images) < FEWEST_IMAGES:
        return None, (few_images_note(len(truth.images)),)
    bare = (before.segmentations.format == Format.NONE).any()
    kind = "bbox" if bare else "segm"
    return _with_notes(compare(before, after, truth, iou=kind, seed=seed, workers=workers))


def _open_images_gain(
    before: OpenImagesPredictions,
    found: Expansion,
    tree: ClassTree,
    files: tuple[Any, Any, Any],
    seed: int,
    workers: int | None,
) -> tuple[Difference | None, tuple[Note, ...]]:
    """AP of the rows against AP of the predictions, by the rules of Open Images."""
    masks, boxes, labels = files
    truth = load_open_images_ground_truth(masks, boxes=boxes, labels=labels, workers=workers)
    if len(truth.image_ids) < FEWEST_IMAGES:
        return None, (few_images_note(len(truth.image_ids)),)
    own = found.predictions
    after = replace(
        before,
        image=before.image[found.rows],
        label=own.category_id,
        labels=tuple(str(key) for key in own.category_keys or ()),
        score=own.score,
        boxes_xyxy=None if before.boxes_xyxy is None else before.boxes_xyxy[found.rows],
        masks=None if before.masks is None else before.masks.take(found.rows),
    )
    kind = "bbox" if before.masks is None else "segm"
    results = [
        open_images_ap(each, truth, hierarchy=tree, iou=kind, workers=workers)
        for each in (before, after)
    ]
    return _with_notes(compare(*results, seed=seed, workers=workers))


def _with_notes(found: Comparison) -> tuple[Difference, tuple[Note, ...]]:
    """The gain, and whether it is one."""
    gain = found.difference
    return gain, tuple(gain_notes(gain, against="", instead="Keep the predictions as they were"))
