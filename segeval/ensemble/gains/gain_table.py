"""The table of what merging gains."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.analysis.comparison.differences import Difference
from segeval.metrics.tables import Field, Table


def gain_table(gains: Mapping[str, Difference], number: str = "AP") -> Table:
    """A row for each thing that the merged models are compared with.

    Args:
        gains: difference to each by its name.
        number: what is compared.
    """
    fields = (
        Field("against", "against", "words"),
        Field("a", number, drop=1),
        Field("b", "ensemble", drop=2),
        Field("difference", "gain", "signed"),
        Field("interval", "95 %", "signed interval"),
        Field("verdict", "verdict", "label"),
    )
    rows = []
    for name, found in gains.items():
        rows.append((name, found.a, found.b, found.difference, found.interval, found.verdict.value))
    return Table("gain", fields, tuple(rows))
