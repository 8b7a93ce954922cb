"""A gain as a table of one row."""

from __future__ import annotations

from segeval.analysis.comparison.differences import Difference
from segeval.metrics.tables import Field, Table
from segeval.words import interval_text


def gain_table(gain: Difference) -> Table:
    """AP before and after, the gain with its interval, and the verdict."""
    fields = (
        Field("number", "", "text"),
        Field("a", "before"),
        Field("b", "after"),
        Field("difference", "gain", "signed"),
        Field("interval", "95 %", "label"),
        Field("verdict", "verdict", "label"),
    )
    ends = interval_text(gain.interval)
    row = ("AP", gain.a, gain.b, gain.difference, ends, gain.verdict.value)
    return Table("gain", fields, (row,))
