"""Searches on several parts of the images side by side, one candidate each in turn.

They all stop after the same number of candidates when the time is up. So a search that was cut by
time is one with `max_evals`, which gives the same tree again, and its gain in folds is that of
searches that were cut alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from segeval.ensemble.search.candidates import Candidate, Candidates, Paired
from segeval.ensemble.search.duplicates import as_trees
from segeval.ensemble.search.operators import best_operators
from segeval.ensemble.search.rules import Progress, Rejected, Steps
from segeval.ensemble.search.structure import best_structure, kept_models
from segeval.ensemble.trees.tree import Leaf, Tree
from segeval.errors import InputError
from segeval.frozen import frozen

OnBest = Callable[[int, float, float], None]
"""Told the number of candidates so far, the best AP and that of the best model alone."""


@frozen
class Budget:
    """How much a search may do.

    Attributes:
        max_evals: candidates of each search; None for all.
        max_seconds: seconds of all searches together; None for any.
        beam: trees of one size that greedy runs grow at a time.

    Raises:
        InputError: for a number that is too small.
    """

    max_evals: int | None = None
    max_seconds: float | None = None
    beam: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no number of candidates, seconds or trees."""
        for name, value, least in (
            ("max_evals", self.max_evals, 1), ("max_seconds", self.max_seconds, 0),
            ("beam", self.beam, 1),
        ):  # fmt: skip
            if value is not None and not least <= value < float("inf"):
                raise InputError(
                    f"`{name}` is {value:g}, expected a number of at least {least}",
                    code="search",
                    option=name,
                )


@frozen
class OfPart:
    """How candidates do on one part of the images.

    Attributes:
        candidates: what is known of all.
        part: number of the part.
    """

    candidates: Candidates
    part: int

    def ap(self, candidate: Candidate) -> float:
        """AP of a candidate."""
        return float(self.candidates.ap(candidate)[self.part])

    def paired(self, one: Candidate, other: Candidate) -> Paired:
        """What one candidate gains over another."""
        return self.candidates.paired(one, other, self.part)


@frozen
class Found:
    """What one search found.

    Attributes:
        tree: the best tree that is shown to help; a model alone where none is.
        ap: its AP on the images that decide, a fraction.
        single: AP of the best model alone there.
        evaluations: number of candidates that were asked for.
        is_whole: whether the search came to its end.
        rejected: steps that were not taken, and models that were left out.
    """

    tree: Tree
    ap: float
    single: float
    evaluations: int
    is_whole: bool
    rejected: tuple[Rejected, ...]


@dataclass(eq=False)
class Search:
    """One search, by images that choose the models and images that choose the tree.

    Attributes:
        candidates: what is known of all candidates.
        groups: models that are near duplicates of each other.
        names: of the models.
        chooses: number of the part of the images that decides which models take part.
        decides: number of the part that decides the tree.
        beam: of greedy runs.
    """

    candidates: Candidates
    groups: list[tuple[int, ...]]
    names: Sequence[str]
    chooses: int
    decides: int
    beam: int = 1
    tree: Tree = field(init=False)
    single: Tree = field(init=False)
    steps: Steps = field(init=False)
    progress: Progress = field(init=False)
    is_whole: bool = False

    def __post_init__(self) -> None:
        """Start with the best model alone."""
        self.progress = Progress(OfPart(self.candidates, self.decides))
        self.single = min(self._models, key=lambda each: (-self._ap(each), str(each)))
        self.tree = self.single
        self.steps = self._run()

    @property
    def _models(self) -> list[Leaf]:
        return [Leaf(model) for model in range(len(self.names))]

    def _ap(self, tree: Tree) -> float:
        return self.progress.known.ap(tree)

    def _run(self) -> Steps:
        """Which models, which structure, which operators."""
        chosen = self.progress
        if self.chooses != self.decides:
            chosen = Progress(OfPart(self.candidates, self.chooses))
        models = tuple(range(len(self.names)))
        kept = yield from kept_models(chosen, models, self.names)
        if chosen is not self.progress:
            self.progress.rejected += chosen.rejected
            self.progress.evaluations += chosen.evaluations
        yield from self.progress.each(self._models)
        units = as_trees(self.groups, kept)
        tree = yield from best_structure(self.progress, units, self.beam)
        yield from self.progress.ap(tree)
        self._better(tree)
        fuses = self.candidates.rules.fuses
        tree = yield from best_operators(
            self.progress, tree, self.names, fuses=fuses, tell=self._better
        )
        if self.tree == self.single and tree != self.single:
            what = f"a tree of {len(tree.leaves)} models"
            self.progress.accepts(tree, self.single, what)  # remembers why not
        self.is_whole = True

    def _better(self, tree: Tree) -> None:
        """Keep a tree that is shown to be better than the best model alone."""
        if tree != self.tree and self.progress.is_shown(tree, self.single):
            self.tree = tree

    def advance(self) -> bool:
        """Evaluate one candidate; False at the end."""
        return next(self.steps, None) is not None

    @property
    def single_ap(self) -> float:
        """AP of the best model alone."""
        return self._ap(self.single)

    @property
    def best_ap(self) -> float:
        """The highest AP of all that was tried, shown to be better or not."""
        best = self.progress.best
        return self.single_ap if best is None else max(self.single_ap, self._ap(best))

    @property
    def found(self) -> Found:
        """What is found so far; of a search that was cut early, the best tree if it is shown."""
        best, tree = self.progress.best, self.tree
        if tree == self.single and best is not None and not self.is_whole:
            self.progress.seen.setdefault(str(self.single), self._ap(self.single))
            tree = best if self.progress.is_shown(best, self.single) else tree
        return Found(
            tree=tree,
            ap=self._ap(tree),
            single=self.single_ap,
            evaluations=self.progress.evaluations,
            is_whole=self.is_whole,
            rejected=tuple(self.progress.rejected),
        )


def searched(
    searches: Sequence[Search], budget: Budget, on_best: OnBest | None = None
) -> tuple[Found, ...]:
    """What several searches find, each with as many candidates as the others.

    Args:
        searches: the searches, the one that is shown first.
        budget: how much they may do.
        on_best: told how far they are.
    """
    started = time.perf_counter()
    running = [each for each in searches if each.advance()]
    done = 0
    while running and (budget.max_evals is None or done < budget.max_evals):
        if budget.max_seconds is not None and time.perf_counter() - started > budget.max_seconds:
            break
        running = [each for each in running if each.advance()]
        done += 1
        if on_best is not None:
            first = searches[0]
            on_best(first.candidates.evaluations, first.best_ap, first.single_ap)
    return tuple(each.found for each in searches)
