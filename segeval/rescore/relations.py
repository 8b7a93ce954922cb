"""What says something about what: the relations behind new scores, strongest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.keys import Key
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.rescore.by_cooccurrence import Rule
from segeval.rescore.by_surround import SurroundRule
from segeval.rescore.statistics.presence import Cooccurrence
from segeval.rescore.statistics.surround import Surround
from segeval.words import joined

MOST = 100
"""Relations that a result lists."""


@frozen
class Relation:
    """One piece of evidence for one category.

    Attributes:
        category: name of the category whose scores change, or its id.
        evidence: what is seen, such as "inside bicycle" or "beside person".
        count: what it was counted on: images, objects or predictions.
        share: how often it holds, a fraction.
        usual: how often it holds otherwise, a fraction.
        ratio: share / usual; None if that is infinite.
    """

    category: str
    evidence: str
    count: int
    share: float
    usual: float
    ratio: float | None


@frozen
class Relations:
    """All relations of some statistics.

    Attributes:
        count: how many there are.
        strongest: the first hundred, by falling ratio, then by falling count and share.
    """

    count: int
    strongest: tuple[Relation, ...]


def of_cooccurrence(found: Cooccurrence, rule: Rule) -> Relations:
    """Categories that make others likely."""
    valid = found.valid(min_images=rule.min_images, min_lift=rule.min_lift)
    chance = found.as_printed if rule.as_printed else found.probability
    labels = labels_of(found.categories, found.names)
    target, source = np.nonzero(valid & np.isfinite(chance))
    return strongest(
        labels,
        [f"beside {label}" for label in labels],
        (target, source),
        found.known[target, source],
        chance[target, source],
        found.frequency[target],
    )


def of_surround(found: Surround, rule: SurroundRule) -> Relations:
    """Categories whose objects lie inside of others."""
    valid = found.valid(
        min_objects=rule.min_objects, min_share=rule.min_share, min_lift=rule.min_lift
    )
    labels = labels_of(found.categories, found.names)
    outer, inner = np.nonzero(valid)
    return strongest(
        labels,
        [f"inside {label}" for label in labels],
        (inner, outer),
        found.objects[outer, inner],
        found.p_in[outer, inner],
        found.inside_by_chance[outer, inner],
    )


def no_relations(
    found: Relations, fit: GroundTruth, limits: Mapping[str, float]
) -> tuple[Note, ...]:
    """Says why no score changes, if nothing says anything.

    Args:
        found: what says something.
        fit: where it was looked for.
        limits: what evidence has to reach, by the names of the arguments.
    """
    if found.count:
        return ()
    shown = joined([f"`{name}={value:g}`" for name, value in limits.items()])
    message = (
        f"no category of {fit.source} says enough about another one by the limits {shown}, so no "
        "score changes"
    )
    return (Note("no-relations", message, 1, next(iter(limits))),)


def strongest(
    labels: Sequence[str],
    evidence: Sequence[str],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    count: NDArray[np.int64],
    share: NDArray[np.float64],
    usual: NDArray[np.float64],
) -> Relations:
    """Relations in the order in which they are shown.

    Args:
        labels: of the categories.
        evidence: what may be seen.
        pairs: for each of R relations the place of its category and of its evidence.
        count: what each was counted on, shape (R,).
        share: how often each holds, shape (R,).
        usual: how often it holds otherwise, shape (R,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = share / usual
    told = np.round(ratio, 9)  # what is equal but for rounding goes by what follows
    order = np.lexsort((*pairs[::-1], -share, -count, -told))[:MOST]
    return Relations(
        count=len(share),
        strongest=tuple(
            Relation(
                category=labels[pairs[0][row]],
                evidence=evidence[pairs[1][row]],
                count=int(count[row]),
                share=float(share[row]),
                usual=float(usual[row]),
                ratio=float(ratio[row]) if np.isfinite(ratio[row]) else None,
            )
            for row in order.tolist()
        ),
    )


def labels_of(categories: Sequence[Key], names: Sequence[str]) -> list[str]:
    """Names of categories, or their ids where they have none."""
    return [name or str(key) for key, name in zip(categories, names, strict=True)]
