"""Which predictions of several models are of one object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from segeval.analysis.suspects.regions import SAME, Regions
from segeval.frozen import frozen

Member = tuple[int, int]
"""A model, and the number of one of its regions."""


@frozen
class Group:
    """Regions of one object.

    Attributes:
        numbers: of each model's region, or None where it has none.
        agreement: the lowest IoU of two of them; None for one alone.
    """

    numbers: tuple[int | None, ...]
    agreement: float | None


def groups_of(models: Sequence[Regions]) -> Iterator[Group]:
    """The regions of all models in groups of one object; each region is in one.

    Two regions of different models are of one object if their IoU is at least `SAME`. Pairs join
    in the order of their IoU, the highest first, unless the groups that they would join both have
    a region of one model.

    Args:
        models: the regions of each, none of which is a copy of another.
    """
    iou: dict[tuple[Member, Member], float] = {}
    for a, b in combinations(range(len(models)), 2):
        for i, j, value in zip(*models[a].pairs(models[b]), strict=True):
            iou[(a, int(i)), (b, int(j))] = float(value)
    sizes = [len(one.place) for one in models]
    every = [(a, i) for a, size in enumerate(sizes) for i in range(size)]
    group: dict[Member, dict[int, int]] = {(a, i): {a: i} for a, i in every}
    for (one, other), value in sorted(iou.items(), key=lambda pair: (-pair[1], pair[0])):
        own, theirs = group[one], group[other]
        if value >= SAME and not own.keys() & theirs.keys():
            own |= theirs
            group.update(dict.fromkeys(theirs.items(), own))
    for member in every:
        own = dict(sorted(group[member].items()))
        if next(iter(own.items())) == member:
            pairs = list(combinations(own.items(), 2))
            agreement = min((iou.get(pair, 0.0) for pair in pairs), default=None)
            yield Group(tuple(own.get(a) for a in range(len(models))), agreement)
