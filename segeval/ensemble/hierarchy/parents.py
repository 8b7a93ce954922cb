"""Predictions of the classes above: what is a cat is an animal too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.targets import check_probabilities
from segeval.data import Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import written
from segeval.data.open_images import ClassTree
from segeval.ensemble.operators.suppression import IOU_THRESHOLD, nms
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.ensemble.pools.shapes import Iou, check_sizes, usual_iou
from segeval.errors import InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.metrics.choices import check_choice
from segeval.words import beginning, counted

Combine = Literal["max", "any"]
"""Score of a class above: the best of those on one object, or the chance that any is true."""

Cut = Literal["leaf", "all"]
"""What `max_dets` counts: the predictions as they were, whose copies follow, or all rows."""


@frozen(eq=False)
class Expansion:
    """K rows made from N predictions.

    Attributes:
        predictions: the rows: each prediction, then its copies.
        rows: the prediction that each row is or repeats, int64, shape (K,).
        copies: copies that were made.
        suppressed: rows that a better one of their class removed, copies or not.
        cut: predictions or rows beyond `max_dets`.
        iou: what overlaps were measured by.
        notes: what is not in the tree, or not among the classes.
    """

    predictions: Predictions
    rows: NDArray[np.int64]
    copies: int
    suppressed: int
    cut: int
    iou: Iou
    notes: tuple[Note, ...] = ()


def expand_rows(
    preds: Predictions,
    tree: ClassTree,
    *,
    class_ids: Mapping[str, int] | None = None,
    iou: Iou | None = None,
    iou_threshold: float = IOU_THRESHOLD,
    combine: Combine = "max",
    max_dets: int = 0,
    cut: Cut = "leaf",
    workers: int | None = None,
) -> Expansion:
    """Each prediction, and copies of it for all classes above its own, with suppression in these.

    Args:
        preds: predictions whose ids of categories are labels, or `class_ids` says which.
        tree: the classes.
        class_ids: the id of every label that is evaluated; None if ids are labels.
        iou: what overlaps are measured by; None for masks where every prediction has one.
        iou_threshold: IoU above which two rows of a class above are one object.
        combine: "max" keeps the best score of those, "any" takes 1 - (1 - s) (1 - s') ...
        max_dets: best rows of an image; 0 for all.
        cut: "leaf" counts predictions, whose copies follow them, "all" counts all rows.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range, or numbers as ids without `class_ids`.
        FormatError: for a score or a mask that cannot be used.
        MismatchError: if no label is in the tree.
    """
    check_choice("combine", combine, ("max", "any"))
    check_choice("cut", cut, ("leaf", "all"))
    if max_dets < 0:
        raise InputError(
            f"`max_dets` is {max_dets}, expected 0 or more", code="max-dets", option="max_dets"
        )
    numbering = _Numbering.of(preds, tree, class_ids)
    preds = numbering.preds
    pool = pooled([preds])
    if combine == "any":
        check_probabilities(preds)
    iou = usual_iou(pool) if iou is None else iou
    if iou != "bbox":
        check_sizes(pool)
    leaves = np.arange(len(pool))
    if max_dets and cut == "leaf":
        leaves = _best(pool, max_dets)
    rows, category, is_copy = numbering.copies(leaves)
    every = replace(
        pool.take(rows),
        category=index_of(category, numbering.category_ids),
        category_ids=numbering.category_ids,
    )
    kept, score = _suppressed(every, is_copy, iou, iou_threshold, combine, workers)
    every = replace(every, score=score)
    best = np.flatnonzero(kept)
    if max_dets and cut == "all":
        best = best[_best(every.take(best), max_dets)]
    found = replace(
        preds.take(rows[best]), category_id=category[best], score=score[best], notes=preds.notes
    )
    return Expansion(
        predictions=found,
        rows=rows[best],
        copies=int(is_copy.sum()),
        suppressed=int((~kept).sum()),
        cut=len(pool) - len(leaves) + int(kept.sum()) - len(best),
        iou=iou,
        notes=numbering.notes,
    )


@frozen(eq=False)
class _Numbering:
    """Predictions whose categories have numbers among all that are needed.

    Attributes:
        preds: the predictions.
        category_ids: numbers of all categories, ascending.
        above: numbers of the categories above each, by its number.
        notes: what is not in the tree, or not among the classes.
    """

    preds: Predictions
    category_ids: NDArray[np.int64]
    above: dict[int, list[int]]
    notes: tuple[Note, ...]

    @classmethod
    def of(
        cls, preds: Predictions, tree: ClassTree, class_ids: Mapping[str, int] | None
    ) -> _Numbering:
        """Find the label of each category, and the numbers of those above."""
        used = distinct(preds.category_id)
        keys = written(used, preds.category_keys)
        labels = _labels(preds, keys, class_ids)
        notes = _unknown_labels(preds, used, labels, tree)
        needed = {above for label in labels for above in tree.ancestors.get(label, ())}
        if class_ids is None:
            all_keys = tuple(sorted({*labels, *needed}))
            places = {key: place for place, key in enumerate(all_keys)}
            of_used = np.array([places[label] for label in labels], np.int64)
            renumbered = of_used[index_of(preds.category_id, used)] if len(used) else used
            preds = replace(preds, category_id=renumbered, category_keys=all_keys)
        else:
            places = dict(class_ids)
            missing = sorted(needed - places.keys())
            if missing:
                kinds = counted(len(missing), "label")
                notes.append(
                    Note(
                        "unevaluated-class",
                        f"{kinds} above those of the predictions, such as {missing[0]!r}, "
                        f"{'is' if len(missing) == 1 else 'are'} not among the classes, and "
                        f"{'gets' if len(missing) == 1 else 'get'} no rows",
                        len(missing),
                        None,
                    )
                )
        above = {
            places[label]: [
                places[each] for each in tree.ancestors.get(label, ()) if each in places
            ]
            for label in labels
        }
        numbers = {*above, *(number for several in above.values() for number in several)}
        return cls(preds, np.array(sorted(numbers), np.int64), above, tuple(notes))

    def copies(
        self, leaves: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Each of some predictions, then its copies.

        Returns:
            Row of the prediction, number of the category, and whether it is a copy.
        """
        lists = {number: [number, *several] for number, several in self.above.items()}
        own = self.preds.category_id[leaves].tolist()
        counts = np.array([len(lists[number]) for number in own], np.int64)
        flat = [number for each in own for number in lists[each]]
        is_copy = np.ones(len(flat), np.bool_)
        is_copy[np.cumsum(counts) - counts] = False
        return np.repeat(leaves, counts), np.array(flat, np.int64), is_copy


def _suppressed(
    pool: Pool,
    is_copy: NDArray[np.bool_],
    iou: Iou,
    iou_threshold: float,
    combine: Combine,
    workers: int | None,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which rows stay, and all scores, after suppression where an image has copies of a class."""
    score = pool.score.copy()
    kept = np.ones(len(pool), np.bool_)
    rows = np.flatnonzero(np.isin(pool.cells, distinct(pool.cells[is_copy])))
    found = nms(pool.take(rows), iou=iou, iou_threshold=iou_threshold, workers=workers)
    gone = np.flatnonzero(found.by >= 0)
    kept[rows[gone]] = False
    if combine == "any":
        gone = gone[np.lexsort((-score[rows[gone]], found.by[gone]))]  # one order of the factors
        miss = 1 - score
        np.multiply.at(miss, rows[found.by[gone]], 1 - score[rows[gone]])
        stays = rows[found.rows]
        score[stays] = np.where(np.isin(found.rows, found.by[gone]), 1 - miss[stays], score[stays])
    return kept, score


def _best(pool: Pool, max_dets: int) -> NDArray[np.int64]:
    """Rows of the best predictions of each image, ascending."""
    order = canonical_order(pool, pool.image)
    image = pool.image[order]
    within = np.arange(len(order)) - np.searchsorted(image, image) < max_dets
    return np.sort(order[within])


def _labels(
    preds: Predictions, keys: list[int | str], class_ids: Mapping[str, int] | None
) -> list[str]:
    """The label of each category."""
    if class_ids is None:
        numbers = [key for key in keys if not isinstance(key, str)]
        if numbers:
            raise InputError(
                f"{preds.source}: category_id is {numbers[0]}, a number, and nothing says which "
                "label that is. Give the id of every label: `class_ids`",
                code="class-names",
                path=preds.source,
                option="class_ids",
            )
        return [str(key) for key in keys]
    label_of = {number: label for label, number in class_ids.items()}
    unknown = [key for key in keys if key not in label_of]
    if unknown:
        raise refusal(
            preds.source,
            f"category {unknown[0]} has no LabelName in the list of classes",
            code="unknown-class",
            count=len(unknown),
            error=MismatchError,
        )
    return [label_of[int(key)] for key in keys]


def _unknown_labels(
    preds: Predictions, used: NDArray[np.int64], labels: list[str], tree: ClassTree
) -> list[Note]:
    """Refuse labels that are all strange to the tree; a note on some."""
    strange = np.array([label not in tree.ancestors for label in labels], np.bool_)
    if not strange.any():
        return []
    rows = np.flatnonzero(strange[index_of(preds.category_id, used)])
    first = beginning(labels[int(np.argmax(strange))], 40)
    if strange.all():
        raise refusal(
            preds.source,
            f"no label is in {tree.source}, such as {first!r}",
            code="unknown-class",
            rows=rows,
            error=MismatchError,
            hint="Is it the tree of these classes?",
        )
    message = (
        f"{counted(len(rows), 'prediction has', 'predictions have')} a label that is not in "
        f"{tree.source}, such as {first!r}, and {'is' if len(rows) == 1 else 'are'} not copied"
    )
    return [Note("unknown-class", message, len(rows), None)]
