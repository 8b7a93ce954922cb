"""Which models are merged, and in which order: all trees of a few, greedy runs over many."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import combinations

from segeval.ensemble.search.candidates import Flat, first_of
from segeval.ensemble.search.rules import MIN_GAIN, Progress, Rejected
from segeval.ensemble.trees.tree import Tree, joined, trees_of
from segeval.frozen import frozen
from segeval.words import counted

MOST_EXHAUSTIVE = 5
"""Number of models up to which all trees are tried: 105 of all five, 220 with smaller ones."""


@frozen
class Grown:
    """A tree and its AP."""

    tree: Tree
    ap: float

    @property
    def key(self) -> tuple[float, str]:
        """What orders trees, the best first."""
        return -self.ap, str(self.tree)


def kept_models(
    progress: Progress, models: Sequence[int], names: Sequence[str]
) -> Generator[str, None, tuple[int, ...]]:
    """The models that NMS of all cannot do without: others are left out one by one.

    Args:
        progress: of the search.
        models: numbers of the models.
        names: of all models, for what is told.
    """
    kept = tuple(models)
    while len(kept) > 2:
        before = yield from progress.ap(Flat(kept))
        fewer = [Flat(tuple(each for each in kept if each != gone)) for gone in kept]
        found = yield from progress.each(fewer)
        place = first_of(fewer, found)
        if found[place] < before:
            break
        progress.rejected.append(
            Rejected(
                f"{names[kept[place]]} among the models",
                before - found[place],
                None,
                "NMS of all is as good without it",
            )
        )
        kept = fewer[place].models
    return kept


def best_structure(
    progress: Progress, units: Sequence[Tree], beam: int = 1
) -> Generator[str, None, Tree]:
    """The tree of several models, each merged alike, that is worth its size.

    All trees are tried for up to five models, else two greedy runs are made. Of the best tree of
    each size, the smallest within one standard error of the best is taken. Whether it is better
    than one model alone is not asked yet: what its nodes do can still make it so.

    Args:
        progress: of the search.
        units: models, or trees of models that are near duplicates.
        beam: how many trees of one size the greedy runs grow at a time.
    """
    if len(units) == 1:
        return units[0]
    best: dict[int, Grown] = {}
    runs = [exhaustive(progress, units)]
    if len(units) > MOST_EXHAUSTIVE:
        runs = [forward(progress, units, beam), agglomerative(progress, units, beam)]
    for run in runs:
        for found in (yield from run):
            size = len(found.tree.leaves)
            is_several = found.tree not in units
            if is_several and (size not in best or found.key < best[size].key):
                best[size] = found
    if not best:  # nothing that grows gains: a pair of the best two is where to start
        alone = yield from _all(progress, units)
        one, other, *_ = sorted(alone, key=lambda each: each.key)
        return joined(one.tree, other.tree)
    first = min(best.values(), key=lambda each: each.key)
    chosen = next(
        found
        for _, found in sorted(best.items())
        if found.ap >= first.ap - _standard_error(progress, first.tree, found.tree)
    )
    if chosen is not first:
        why = f"within one standard error: {counted(len(chosen.tree.leaves), 'model')} will do"
        what = f"the best tree of {len(first.tree.leaves)} models"
        progress.rejected.append(Rejected(what, first.ap - chosen.ap, None, why))
    return chosen.tree


def _standard_error(progress: Progress, one: Tree, other: Tree) -> float:
    """Standard error of the difference of two trees."""
    return 0.0 if one == other else progress.known.paired(one, other).se


def exhaustive(progress: Progress, units: Sequence[Tree]) -> Generator[str, None, list[Grown]]:
    """All trees of all parts of some models."""
    sizes = range(1, len(units) + 1)
    parts = [chosen for size in sizes for chosen in combinations(units, size)]
    return (yield from _all(progress, [tree for part in parts for tree in trees_of(part)]))


def forward(
    progress: Progress, units: Sequence[Tree], beam: int = 1
) -> Generator[str, None, list[Grown]]:
    """From the best model, the one that gains most is added again and again."""
    single = yield from _all(progress, units)
    start = sorted(single, key=lambda each: each.key)[:beam]
    grown = yield from _grown(progress, start, single, beam)
    return single + grown


def agglomerative(
    progress: Progress, units: Sequence[Tree], beam: int = 1
) -> Generator[str, None, list[Grown]]:
    """From the pair that gains most over its better model, likewise."""
    single = yield from _all(progress, units)
    gains: list[tuple[float, Grown]] = []
    for one, other in combinations(single, 2):
        tree = joined(one.tree, other.tree)
        found = Grown(tree, (yield from progress.ap(tree)))
        gains.append((_rounded(found.ap - max(one.ap, other.ap)), found))
    gains.sort(key=lambda each: (-each[0], each[1].key))
    start = [found for gain, found in gains if gain >= MIN_GAIN][:beam]
    grown = yield from _grown(progress, start, single, beam)
    return single + start + grown


def _all(progress: Progress, units: Sequence[Tree]) -> Generator[str, None, list[Grown]]:
    """Some trees with their AP."""
    found = yield from progress.each(units)
    return [Grown(tree, ap) for tree, ap in zip(units, found, strict=True)]


def _grown(
    progress: Progress, start: Sequence[Grown], single: Sequence[Grown], beam: int
) -> Generator[str, None, list[Grown]]:
    """Trees that grow by one model at a time, as long as that gains."""
    states, every = list(start), []
    while states:
        gains: dict[str, tuple[float, Grown]] = {}
        for state in states:
            for unit in single:
                if set(unit.tree.leaves) & set(state.tree.leaves):
                    continue
                tree = joined(state.tree, unit.tree)
                found = Grown(tree, (yield from progress.ap(tree)))
                gains[str(tree)] = (_rounded(found.ap - max(state.ap, unit.ap)), found)
        ordered = sorted(gains.values(), key=lambda each: (-each[0], each[1].key))
        states = [found for gain, found in ordered if gain >= MIN_GAIN][:beam]
        every += states
    return every


def _rounded(gain: float) -> float:
    """A gain in which differences of the last digits, which decide nothing, are equal."""
    return round(gain, 12)
