"""What a search decides by any part of the images: a way to fit an ensemble, as others are."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.folds import FOLDS
from segeval.analysis.model_names import model_names
from segeval.data import GroundTruth
from segeval.ensemble.fitting.fitted import ByWorth, Evidence, Images
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.ensemble.search.candidates import Candidates
from segeval.ensemble.search.driver import Budget, Found, OnBest, Search, searched
from segeval.ensemble.search.duplicates import duplicate_groups
from segeval.ensemble.search.leave_one_out import WithoutModel, known_without
from segeval.ensemble.trees.nodes import Rules
from segeval.ensemble.trees.tree import renumbered
from segeval.errors import InputError
from segeval.frozen import frozen

MANY_IMAGES = 2000
"""Number of images from which some choose the models, others the tree, and the rest judge."""

JUDGE = 4
"""The fold that judges where there are many images; two choose the models, two the tree."""


@frozen
class FoldFound:
    """What the search found with one fold of the images kept apart.

    Attributes:
        found: the tree, and its AP on the images that chose it.
        held_out: AP of the tree on the fold.
    """

    found: Found
    held_out: float


@frozen(eq=False)
class Searched:
    """What a search found, on all images and with each fold kept apart.

    Attributes:
        start: with the evaluation of the models on the ground truth.
        whole: what all images decide.
        by_images: what parts of the images decide, by their bytes.
        parts: the same with each fold kept apart, in order.
        folds: number of folds.
        judges: the folds that judge; None for all of them.
        without: what each model brings, by NMS of all the others; none if nobody asked.
        evaluations: number of candidates that were merged and matched.
        seconds: of the search.
    """

    start: ByWorth
    whole: Found
    by_images: dict[bytes, Found]
    parts: tuple[FoldFound, ...]
    folds: int
    judges: tuple[int, ...] | None
    without: tuple[WithoutModel, ...]
    evaluations: int
    seconds: float

    @property
    def kept_apart(self) -> dict[str, Any]:
        """The folds that the search kept apart, as `gain_in_folds` takes them."""
        return {"folds": self.folds, "judges": self.judges}

    def fitted(self, images: Images = None) -> Fitted:
        """The tree that some images decide: all, or those of other folds than one."""
        found = self.whole if images is None else self.by_images[images.tobytes()]
        return replace(self.start.fitted(images), tree=found.tree)

    def best(self, images: Images = None) -> int:
        """Index of the model that is the best on some images."""
        return self.start.best(images)


def check_search(plan: Plan, truth: GroundTruth | None, **by_hand: Any) -> None:
    """Refuse a search without ground truth, or beside what says how much models count.

    Args:
        plan: how models are merged.
        truth: ground truth that decides.
        by_hand: other arguments that decide, by name; None where not given.

    Raises:
        InputError: names the argument.
    """
    given = [name for name, value in by_hand.items() if value is not None]
    given += ["weigh"] if plan.weighing != "none" else []
    given += ["calibrate"] if plan.calibrate is not None else []
    if truth is None or given:
        name = "fit" if truth is None else given[0]
        but = "" if truth is None else f", and finds weights itself: leave out `{name}`"
        raise InputError(
            "search looks for the tree of models with the highest AP, which only ground truth "
            f"tells{but or ': give `fit`, or `recipe` to use what was found before'}",
            code="search",
            option=name,
        )


def search_trees(
    plan: Plan,
    start: ByWorth,
    *,
    seed: int = 0,
    on_best: OnBest | None = None,
) -> Searched:
    """Search for the tree of models with the highest AP, on all images and without each fold.

    The models are put in an order that their predictions decide, so that no order in which they are
    given changes what is found.

    Args:
        plan: what overlaps are measured by, how many rows an image may have, and how much the
            search may do. Without a number of folds, five are kept apart in turn, or one part of
            the images where there are 2,000 or more.
        start: with the evaluation of M models on the ground truth.
        seed: of the draws of images.
        on_best: told how far it is.

    Raises:
        InputError: for fewer images than folds, or another setting that makes no sense.
    """
    started = time.perf_counter()
    settings = dict(plan.settings)
    folds = settings.pop("folds")
    budget = Budget(**settings)
    evidence = start.evidence
    if evidence is None:
        raise InputError("there is no ground truth to search by", code="search", option="fit")
    models = [each.preds for each in evidence.evaluations]
    order = _content_order(pooled(models))
    own = [models[place] for place in order]
    pool = pooled(own)
    split = _Split.of(evidence, folds)
    knows = _known_categories(start, split, pool)[order]
    pool = pool.take(np.flatnonzero(knows[pool.model, pool.category]))
    candidates = Candidates(
        pool=pool,
        knows=knows,
        rules=Rules(plan.iou, plan.target == "segm", plan.cut, plan.workers),
        gt=evidence.gt,
        target=plan.target,
        max_dets=plan.max_dets,
        parts=split.parts,
        seed=seed,
        labels=evidence.labels,
    )
    groups = duplicate_groups(pool, plan.iou, plan.workers)
    names = model_names([each.source for each in own])
    searches = [
        Search(candidates, groups, names, chooses, decides, budget.beam)
        for chooses, decides in split.searches
    ]
    by_place = dict(enumerate(order))
    found = searched(searches, budget, on_best)
    inner = [each.tree for each in found[1:]]
    whole, *others = (replace(each, tree=renumbered(each.tree, by_place)) for each in found)
    return Searched(
        start=start,
        whole=whole,
        by_images={
            images.tobytes(): found for images, found in zip(split.deciding, others, strict=True)
        },
        parts=tuple(
            FoldFound(own, float(candidates.ap(tree)[place]))
            for own, tree, place in zip(others, inner, split.judging, strict=True)
        ),
        folds=split.folds,
        judges=split.judges,
        without=tuple(known_without(candidates, order)),
        evaluations=candidates.evaluations,
        seconds=time.perf_counter() - started,
    )


@frozen(eq=False)
class _Split:
    """Which images choose, decide and judge in each search, the one on all images first.

    Attributes:
        parts: parts of the images, the first all of them, bool, shape (P, I).
        searches: numbers of the parts that choose the models, and that decide the tree.
        deciding: the images that have a say in each further search, bool, shape (I,).
        judging: number of the part that judges each of these.
        folds: number of folds.
        judges: the folds that judge; None for all.
    """

    parts: NDArray[np.bool_]
    searches: tuple[tuple[int, int], ...]
    deciding: tuple[NDArray[np.bool_], ...]
    judging: tuple[int, ...]
    folds: int
    judges: tuple[int, ...] | None = None

    @classmethod
    def of(cls, evidence: Evidence, folds: int | None) -> _Split:
        """The split of the images of some ground truth.

        Raises:
            InputError: for fewer images than folds.
        """
        gt = evidence.gt
        number = len(gt.images)
        every = np.ones((1, number), np.bool_)
        if evidence.units < FEWEST_IMAGES:
            return cls(every, ((0, 0),), (), (), FOLDS)
        asked = FOLDS if folds is None else folds
        fold = evidence.folds(asked)
        if folds is None and number >= MANY_IMAGES:
            parts = np.stack([fold < 2, (fold == 2) | (fold == 3), fold == JUDGE])
            return cls(
                np.concatenate([every, parts]), ((0, 0), (1, 2)), (fold != JUDGE,), (3,), asked,
                (JUDGE,),
            )  # fmt: skip
        apart = fold == np.arange(asked)[:, np.newaxis]
        return cls(
            np.concatenate([every, ~apart, apart]),
            ((0, 0), *((1 + each, 1 + each) for each in range(asked))),
            tuple(~apart),
            tuple(range(1 + asked, 1 + 2 * asked)),
            asked,
        )


def _known_categories(start: ByWorth, split: _Split, pool: Pool) -> NDArray[np.bool_]:
    """Which categories of a pool each model knows, in the order in which they were given.

    Raises:
        InputError: if it depends on the images.
    """
    every = np.ones((start.models, max(len(pool.category_ids), 1)), np.bool_)
    joins = start.fitted().joins
    if joins is None:
        return every
    for images in split.deciding:
        others = start.fitted(images).joins
        if others is None or (others != joins).any():
            raise InputError(
                "search goes with categories that each model knows, not with a `route` that ground "
                "truth decides: leave it out",
                code="search",
                option="route",
            )
    place = {key: number for number, key in enumerate(start.categories)}
    return joins[:, [place[key] for key in pool.categories]] if pool.categories else every


def _content_order(pool: Pool) -> list[int]:
    """The models in an order that their predictions decide, whatever their names and rows."""
    digests = []
    rows = canonical_order(pool, pool.cells)
    for model in range(len(pool.files)):
        own = rows[pool.model[rows] == model]
        digest = hashlib.sha256()
        for column in (pool.image_ids[pool.image], pool.category_ids[pool.category]):
            digest.update(column[own].tobytes())
        digest.update(pool.score[own].tobytes())
        digest.update(pool.boxes[own].tobytes())
        masks = pool.files[model].segmentations.take(pool.row[own]).strings.compact()
        digest.update(masks.lengths.tobytes() + masks.text.tobytes())
        digests.append(digest.hexdigest())
    return sorted(range(len(digests)), key=lambda model: digests[model])
