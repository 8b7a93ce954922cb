"""The table of what merging gains."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.analysis.comparison.differences import Difference
from segeval.metrics.tables import Field, Table
from segeval.words import interval_text


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
        Field("interval", "95 %", "label"),
        Field("verdict", "verdict", "label"),
    )
    rows = []
    for name, found in gains.items():
        ends = interval_text(found.interval)
        rows.append((name, found.a, found.b, found.difference, ends, found.verdict.value))
    return Table("gain", fields, tuple(rows))
