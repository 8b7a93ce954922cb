"""What merging gains on each category, corrected for looking at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.result import Comparison
from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.tables import Field, Table


@frozen
class CategoryGain:
    """The gain on one category.

    Attributes:
        id: of the category as written.
        name: of the category.
        difference: AP of the ensemble against the best model; its verdict and `p_corrected` are
            those of the family of all categories (max-T).
    """

    id: Key
    name: str
    difference: Difference

    def to_dict(self) -> dict[str, Any]:
        """The gain as plain values."""
        return {"id": self.id, "name": self.name, **self.difference.to_dict()}


def category_gains(found: Comparison) -> tuple[CategoryGain, ...]:
    """The gain on each category that has objects.

    Args:
        found: the ensemble against the best model.
    """
    kind, names = found.scores.primary[0], found.scores.categories
    return tuple(
        CategoryGain(path[2], str(names.get(path[2], path[2])), each)
        for path, each in found.differences.items()
        if len(path) == 4
        and (path[0], path[1], path[3]) == (kind, "categories", "ap")
        and each.difference is not None
    )


def category_gain_table(gains: Sequence[CategoryGain]) -> Table:
    """A row for each category, the largest gain first.

    Args:
        gains: on the categories.
    """
    fields = (
        Field("category", "category", "text"),
        Field("a", "AP", drop=1),
        Field("b", "ensemble", drop=2),
        Field("difference", "gain", "signed"),
        Field("interval", "95 %", "signed interval", drop=3),
        Field("verdict", "verdict", "label"),
    )
    rows = []
    for each in sorted(gains, key=lambda own: -(own.difference.difference or 0.0)):
        own = each.difference
        rows.append((each.name, own.a, own.b, own.difference, own.interval, own.verdict.value))
    return Table("category", fields, tuple(rows))
