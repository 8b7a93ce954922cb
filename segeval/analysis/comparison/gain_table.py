"""A gain as a table of one row."""

from __future__ import annotations

from segeval.analysis.comparison.differences import Difference
from segeval.metrics.tables import Field, Table


def gain_table(gain: Difference) -> Table:
    """AP before and after, the gain with its interval, and the verdict."""
    fields = (
        Field("number", "", "text"),
        Field("a", "before"),
        Field("b", "after"),
        Field("difference", "gain", "signed"),
        Field("interval", "95 %", "signed interval"),
        Field("verdict", "verdict", "label"),
    )
    row = ("AP", gain.a, gain.b, gain.difference, gain.interval, gain.verdict.value)
    return Table("gain", fields, (row,))
