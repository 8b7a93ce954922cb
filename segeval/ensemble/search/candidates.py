"""Candidates of a search: each is merged once and matched once, for any part of the images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.average_precision import ResampledMatches
from segeval.analysis.resampling.draws import Units, copies, image_keys
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.ensemble.operators.merged import of_suppressed
from segeval.ensemble.operators.suppression import Suppressed, nms, nms_of_models
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.trees.branches import Branch, leaf_branch
from segeval.ensemble.trees.nodes import Rules, merged_pair
from segeval.ensemble.trees.tree import Leaf, Tree
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import matches_of

KEPT_ROWS = 2_000_000
"""Rows of branches, and of matched candidates, that are kept; older ones are made again."""

DRAWS = 200
"""Draws of the images that tell whether one candidate beats another."""

AT_A_TIME = 64
"""Draws whose weights are held at once."""

T = TypeVar("T")


@frozen
class Flat:
    """All of some models by plain NMS, in place of a tree."""

    models: tuple[int, ...]

    def __str__(self) -> str:
        """The models behind the name of what merges them."""
        return f"nms({','.join(str(Leaf(each)) for each in self.models)})"


Candidate = Tree | Flat


@frozen
class Paired:
    """One candidate against another, on the same drawn images.

    Attributes:
        gain: difference of their AP.
        probability: share of the draws in which the gain is above 0.
        se: standard error of the gain.
    """

    gain: float
    probability: float
    se: float


@dataclass(eq=False)
class Latest(Generic[T]):
    """Things by their texts, of which the latest are kept up to a number of rows.

    Attributes:
        rows: how many all together may have.
    """

    rows: int
    _kept: OrderedDict[str, tuple[int, T]] = field(default_factory=OrderedDict)

    def of(self, text: str, make: Callable[[], tuple[int, T]]) -> T:
        """What stands under a text, made if it is not kept; `make` tells its number of rows too."""
        if text not in self._kept:
            self._kept[text] = make()
        self._kept.move_to_end(text)
        while len(self._kept) > 2 and sum(rows for rows, _ in self._kept.values()) > self.rows:
            self._kept.popitem(last=False)
        return self._kept[text][1]


@frozen(eq=False)
class Candidates:
    """What is known of candidates on some parts of the images.

    Attributes:
        pool: predictions of M models.
        knows: which categories each model knows, bool, shape (M, C).
        rules: what all nodes have in common.
        gt: ground truth of I images.
        target: kind of IoU of the AP.
        max_dets: best rows of an image; None for all.
        parts: P parts of the images in the order of the ground truth, bool, shape (P, I).
        seed: of the draws.
        labels: of each image's group, shape (I,); None where images are drawn alone.
    """

    pool: Pool
    knows: NDArray[np.bool_]
    rules: Rules
    gt: GroundTruth
    target: Iou
    max_dets: int | None
    parts: NDArray[np.bool_]
    seed: int = 0
    labels: NDArray[np.str_] | None = None
    _ap: dict[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _drawn: dict[tuple[str, int], NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _flat: dict[str, Suppressed] = field(default_factory=dict, repr=False)
    _branches: Latest[Branch] = field(default_factory=lambda: Latest(KEPT_ROWS), repr=False)
    _matched: Latest[ResampledMatches] = field(
        default_factory=lambda: Latest(KEPT_ROWS), repr=False
    )

    @property
    def evaluations(self) -> int:
        """How many candidates were merged and matched."""
        return len(self._ap)

    def ap(self, candidate: Candidate) -> NDArray[np.float64]:
        """AP of a candidate on each part, 0 where undefined, float64, shape (P,)."""
        text = str(candidate)
        if text not in self._ap:
            self._ap[text] = self._numbers(candidate, self._weights)
        return self._ap[text]

    def prepare(self, flat: Sequence[Flat]) -> None:
        """Suppress several flat candidates at once, before somebody asks for their AP."""
        subsets = [each.models for each in flat]
        found = nms_of_models(self.pool, subsets, iou=self.rules.iou, workers=self.rules.workers)
        self._flat.update(zip(map(str, flat), found, strict=True))

    def has(self, candidate: Candidate) -> bool:
        """Whether somebody asked for a candidate."""
        return str(candidate) in self._ap

    def paired(self, one: Candidate, other: Candidate, part: int) -> Paired:
        """What one candidate gains over another on one part of the images."""
        gains = self._draws(one, part) - self._draws(other, part)
        return Paired(
            gain=float(self.ap(one)[part] - self.ap(other)[part]),
            probability=float((gains > 0).mean()),
            se=float(gains.std(ddof=1)),
        )

    def _draws(self, candidate: Candidate, part: int) -> NDArray[np.float64]:
        """AP of a candidate on drawn images of a part, float64, shape (DRAWS,)."""
        key = (str(candidate), part)
        if key not in self._drawn:
            found = []
            own = np.flatnonzero(self._weights[part])
            units = Units.of_keys(self._keys[own])
            for first in range(0, DRAWS, AT_A_TIME):
                number = min(AT_A_TIME, DRAWS - first)
                weights = np.zeros((number, self._weights.shape[1]), np.int64)
                weights[:, own] = copies(units, self.seed, first, number)
                found.append(self._numbers(candidate, weights))
            self._drawn[key] = np.concatenate(found)
        return self._drawn[key]

    def _numbers(self, candidate: Candidate, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """AP for weights of the images (R, I), float64, shape (R,)."""
        matched = self._resampled(candidate)
        at = matched.layout.paths.index(("ap",))
        found = [
            matched.numbers(weights[first : first + AT_A_TIME])[:, at]
            for first in range(0, len(weights), AT_A_TIME)
        ]
        return np.nan_to_num(np.concatenate(found))

    def _resampled(self, candidate: Candidate) -> ResampledMatches:
        """The matches of a candidate."""

        def make() -> tuple[int, ResampledMatches]:
            preds = self._predictions(candidate)
            arguments = Arguments(iou=self.target)
            [matches] = matches_of(preds, self.gt, arguments, self.rules.workers)
            return len(matches), ResampledMatches(matches)

        return self._matched.of(str(candidate), make)

    def _predictions(self, candidate: Candidate) -> Predictions:
        """What comes out of a candidate: the best rows of each image."""
        if isinstance(candidate, Flat):
            own = self.pool.take(np.isin(self.pool.model, candidate.models).nonzero()[0])
            kept = self._flat.pop(str(candidate), None)
            if kept is None:
                kept = nms(own, iou=self.rules.iou, workers=self.rules.workers)
            rows = of_suppressed(own, kept)
        else:
            rows = self.branch(candidate).rows
        return rows.best(self.max_dets).to_predictions()

    def branch(self, tree: Tree) -> Branch:
        """The rows of a tree."""

        def make() -> tuple[int, Branch]:
            if isinstance(tree, Leaf):
                found = leaf_branch(self.pool, tree.model, self.knows[tree.model])
            else:
                sides = self.branch(tree.left), self.branch(tree.right)
                found = merged_pair(*sides, tree.operator, self.rules)
            return len(found), found

        return self._branches.of(str(tree), make)

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """Places in the ground truth of the images as matches order them, int64, shape (I,)."""
        matches = self._resampled(Leaf(0)).matches
        order = np.argsort(self.gt.images.id, kind="stable")
        return np.asarray(order[index_of(matches.image_ids, self.gt.images.id[order])])

    @cached_property
    def _weights(self) -> NDArray[np.int64]:
        """How often each image counts in each part, as matches order them, shape (P, I)."""
        return self.parts[:, self._order].astype(np.int64)

    @cached_property
    def _keys(self) -> NDArray[np.uint64]:
        """What stands for the images in draws, as matches order them."""
        if self.labels is not None:
            return image_keys(self.labels[self._order].tolist())
        matches = self._resampled(Leaf(0)).matches
        keys = None if matches.image_keys is None else tuple(matches.image_keys)
        return image_keys(matches.image_ids, keys)


def first_of(candidates: Sequence[Candidate], ap: Sequence[float]) -> int:
    """The place of the candidate of the highest AP; of equals that of the lowest text."""
    return min(range(len(ap)), key=lambda place: (-ap[place], str(candidates[place])))
