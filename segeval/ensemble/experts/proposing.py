"""Which categories of a model deserve an expert: its evaluation, and what confuses it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.analysis.errors.confusion import confusion
from segeval.data import GroundTruth
from segeval.data.keys import Key, written
from segeval.data.open_images.tree import ClassTree, load_class_tree
from segeval.ensemble.experts.classes import (
    COUNT,
    MIN_GT,
    ExpertClasses,
    classifier_confusion,
    hierarchy_confusion,
    rate_confusion,
    select_expert_classes,
)
from segeval.ensemble.experts.result import EXPERTS, ExpertCategory, ExpertScores
from segeval.errors import InputError, MismatchError, Note, ShapeError
from segeval.limits import check_limit
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations, result_of
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.result import Result
from segeval.words import counted, first_few

Source = Literal["confusion", "hierarchy", "weights"]
"""What tells which categories are taken for which."""

SOURCES: tuple[Source, ...] = ("confusion", "hierarchy", "weights")

MIN_SCORE = 0.3
"""Predictions with a lower score do not count as confused."""

FEW = 5
"""Most categories that a note lists."""


def propose_experts(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    sources: Sequence[Source] = ("confusion",),
    count: int = COUNT,
    min_gt: int = MIN_GT,
    thresholds: Mapping[str, float] | None = None,
    target_ratio: float | None = None,
    weights: ArrayLike | None = None,
    background: Literal["first", "last"] = "last",
    hierarchy: str | Path | ClassTree | None = None,
    iou: str | None = None,
    workers: int | None = None,
) -> Result[ExpertScores]:
    """The categories that an expert should be trained on: the weakest, and what confuses them.

    Args:
        preds: predictions of the model.
        gt: ground truth of images that it was not trained on.
        sources: what tells confusion, several together: "confusion" of the predictions, "weights"
            of the model's classifier, "hierarchy" of the categories.
        count: number of the weakest categories.
        min_gt: categories with fewer objects are not judged.
        thresholds: confusion from which a category counts, by source; None for .05 of confusion,
            .25 of weights.
        target_ratio: choose the threshold of the one source so that the images with confused
            categories alone are this many times those with weak ones, as nearly as can be.
        weights: of the last layer of the classifier, a row for each category by ascending ids, and
            perhaps one for the background, shape (C, D) or (C + 1, D).
        background: where the row of the background stands: "first" or "last".
        hierarchy: tree of the categories, whose labels are their names or ids.
        iou: what IoU compares: "segm", "boundary" or "bbox".
        workers: threads, None for all cores.

    Raises:
        InputError: for a source without what it needs, or settings out of their range.
        FormatError: for a file that cannot be used.
        MismatchError: for files that do not belong together.
        ShapeError: for weights of another number of categories.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.4. Confusion is counted as
        `segeval.analysis.confusion` does, from a score of .3 and an IoU of .5 on.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=20)
        >>> found = propose_experts(scene.weaker, scene.ground_truth, count=2)
        >>> [each.name for each in found.scores.categories if each.is_positive]
        ['shelf', 'chair']
    """
    started = time.perf_counter()
    _check_sources(sources, weights, hierarchy)
    evaluation = next(evaluations(preds, gt, Arguments(iou=iou), workers))
    matches, truth = evaluation.matches, evaluation.gt
    result = result_of([matches], compat=None, pool=False, started=started, workers=workers)
    table = result.first.categories
    ids = [each.id for each in table]
    said = f"has {counted(len(ids), 'category', 'categories')}, and so {len(ids) ** 2:,} pairs"
    check_limit("category_pairs", len(ids) ** 2, said, source=truth.source)
    tree = load_class_tree(hierarchy) if isinstance(hierarchy, str | Path) else hierarchy
    ap = np.array([np.nan if each.ap is None else each.ap for each in table])
    n_gt = np.array([each.gt for each in table], np.int64)
    found = select_expert_classes(
        ap,
        n_gt,
        _confusions(sources, evaluation, ids, weights, background, tree, workers),
        count=count,
        min_gt=min_gt,
        thresholds=thresholds,
        target_ratio=target_ratio,
        objects=_objects(truth, ids),
    )
    names = [each.name for each in table]
    chosen = [*found.positive.tolist(), *found.negative.tolist()]
    categories = tuple(
        _category(place, rank, found, ids, names, ap, n_gt) for rank, place in enumerate(chosen)
    )
    return Result(
        scores=ExpertScores(
            categories=categories,
            thresholds=found.thresholds,
            positive_images=found.positive_images or 0,
            negative_images=found.negative_images or 0,
            ratio=found.ratio,
            rare=tuple(names[each] for each in found.rare),
        ),
        inputs=result.inputs,
        settings={
            "iou": matches.request.iou,
            "sources": list(sources),
            "count": count,
            "min_gt": min_gt,
            "target_ratio": target_ratio,
            "hierarchy": None if tree is None else tree.source,
            "background": background if weights is not None else None,
            "min_score": MIN_SCORE,
        },
        notes=tuple(_notes(found, names, n_gt, count)),
        seconds=time.perf_counter() - started,
        about=EXPERTS,
    )


def _check_sources(sources: Sequence[str], weights: Any, hierarchy: Any) -> None:
    """Refuse sources that do not exist, and those without what they need."""
    unknown = [each for each in sources if each not in SOURCES]
    if unknown or not sources:
        raise InputError(
            f"`sources` is {list(sources)}, expected some of {', '.join(SOURCES)}",
            code="expert-classes",
            option="sources",
        )
    for name, value, option, what in (
        ("weights", weights, "weights", "the weights of the model's classifier"),
        ("hierarchy", hierarchy, "hierarchy", "the tree of the categories"),
    ):
        if (name in sources) != (value is not None):
            text = f"the confusion by {name} needs {what}: give `{option}`"
            if value is not None:
                text = f"`{option}` is given, and `sources` are {', '.join(sources)}: add {name}"
            raise InputError(
                text,
                code="expert-classes",
                option=option if value is None else "sources",
            )


def _confusions(
    sources: Sequence[Source],
    evaluation: Evaluation,
    ids: Sequence[Key],
    weights: ArrayLike | None,
    background: str,
    tree: ClassTree | None,
    workers: int | None,
) -> dict[str, NDArray[np.float64]]:
    """How much each category is confused with each, by source, in the order of ids."""
    found: dict[str, NDArray[np.float64]] = {}
    names = dict(zip(evaluation.gt.categories.written_ids, evaluation.gt.categories.names,
                     strict=True))  # fmt: skip
    if "confusion" in sources:
        own = confusion(evaluation, min_score=MIN_SCORE, workers=workers)
        place = {key: number for number, key in enumerate(own.ids)}
        order = [*(place[key] for key in ids), len(own.ids)]
        found["confusion"] = rate_confusion(own.counts[np.ix_(order, order)])
    if weights is not None:
        found["weights"] = classifier_confusion(_rows(weights, ids, background))
    if tree is not None:
        labels = [_label(key, names[key], tree) for key in ids]
        known = [each for each in labels if each in tree.ancestors]
        if not known:
            raise MismatchError(
                f"{tree.source}: has none of the categories, whose names are "
                f"{first_few([names[key] for key in ids], FEW)}; its labels are "
                f"{first_few(list(tree.ancestors), FEW)}. Names or ids of categories must be "
                "labels of the tree.",
                code="hierarchy",
                path=tree.source,
                option="hierarchy",
            )
        found["hierarchy"] = hierarchy_confusion(labels, tree)
    return found


def _label(key: Key, name: str, tree: ClassTree) -> str:
    """The label of a category in a tree: its name, or its id."""
    return name if name in tree.ancestors else str(key)


def _rows(weights: ArrayLike, ids: Sequence[Key], background: str) -> NDArray[np.float64]:
    """The rows of the categories of a classifier, whose background is left out."""
    table = np.asarray(weights, np.float64)
    categories = len(ids)
    if table.ndim > 2:  # a convolution over one pixel
        table = table.reshape(len(table), -1)
    if table.ndim != 2 or len(table) not in (categories, categories + 1):
        raise ShapeError(
            f"`weights` has shape {np.asarray(weights).shape}, expected a row for each of the "
            f"{counted(categories, 'category', 'categories')}, and perhaps one for the background",
            code="expert-classes",
            option="weights",
        )
    if len(table) == categories:
        return table
    return table[1:] if background == "first" else table[:-1]


def _objects(gt: GroundTruth, ids: Sequence[Key]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Image, and place of the category among ids, of every object that is no crowd."""
    rows = np.flatnonzero(~gt.is_crowd)
    used, at = np.unique(gt.category_id[rows], return_inverse=True)
    place = {key: number for number, key in enumerate(ids)}
    places = [place.get(key, -1) for key in written(used, gt.categories.keys)]
    category = np.array(places, np.int64)[at]
    known = category >= 0
    return gt.image_id[rows][known], category[known]


def _category(
    place: int,
    rank: int,
    found: ExpertClasses,
    ids: Sequence[Key],
    names: Sequence[str],
    ap: NDArray[np.float64],
    n_gt: NDArray[np.int64],
) -> ExpertCategory:
    """One chosen category; rank is its place among all that are chosen."""
    other = rank - len(found.positive)
    is_positive = other < 0
    return ExpertCategory(
        id=ids[place],
        name=names[place],
        is_positive=is_positive,
        ap=None if np.isnan(ap[place]) else float(ap[place]),
        n_gt=int(n_gt[place]),
        like=None if is_positive else names[int(found.like[other])],
        confusion=None if is_positive else float(found.confusion[other]),
    )


def _notes(
    found: ExpertClasses, names: Sequence[str], n_gt: NDArray[np.int64], count: int
) -> list[Note]:
    """What was not judged, and what is missing."""
    notes = []
    rare = [each for each in found.rare.tolist() if n_gt[each]]
    if rare:
        some = counted(len(rare), "category has", "categories have")
        listed = first_few([names[each] for each in rare], FEW)
        notes.append(
            Note(
                "rare",
                f"{some} too few objects to be judged, and {'is' if len(rare) == 1 else 'are'} "
                f"left out: {listed} (`min_gt`)",
                len(rare),
                "min_gt",
            )
        )
    if len(found.positive) < count:
        some = counted(len(found.positive), "category has", "categories have")
        notes.append(
            Note("few-categories", f"only {some} enough objects, of {count} asked for", 1, "count")
        )
    if not len(found.negative) and len(found.positive):
        notes.append(
            Note("none-confused", "no category is confused with these beyond the threshold", 1)
        )
    return notes
