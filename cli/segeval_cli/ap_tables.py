"""An AP result as text: title, the tables asked for, and the lines below."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval_cli.options import Per
from segeval_cli.results import NOTE, text_table
from segeval_cli.tables import Table, flow, percent, wrapped

if TYPE_CHECKING:
    from segeval.metrics.result import APResult
    from segeval.metrics.tables import Table as ResultTable


@dataclass(frozen=True)
class Shown:
    """What of a result is shown.

    Attributes:
        per: the tables, in this order.
        every_row: also those of long tables.
        notes: with what the user should know.
    """

    per: tuple[Per, ...] = (Per.SIZE,)
    every_row: bool = False
    notes: bool = True


def result_text(result: APResult, shown: Shown, width: int) -> str:
    """Everything that `segeval ap` prints, in lines of `width` characters."""
    parts = [flow(result.headline, width)]
    parts += [table.text(width) for table in tables(result, shown)]
    below = [flow([line], width) for line in [*recall_lines(result), *pool_lines(result)]]
    below.append(flow(summary(result), width, gap=1))
    if shown.notes:
        below += [
            wrapped(NOTE + note.message, width, later_indent=len(NOTE)) for note in result.notes
        ]
    return "\n\n".join([*parts, "\n".join(below)])


def result_markdown(result: APResult, shown: Shown) -> str:
    """The same for a paper or an issue."""
    first, *others = result.headline
    parts = [f"**{first}** {', '.join(others)}"]
    parts += [table.markdown() for table in tables(result, shown)]
    lines = [*recall_lines(result), *pool_lines(result), " ".join(summary(result))]
    parts.append("  \n".join(lines))
    if result.notes and shown.notes:
        parts.append("\n".join(f"- {note.message}" for note in result.notes))
    return "\n\n".join(parts) + "\n"


def tables(result: APResult, shown: Shown) -> list[Table]:
    """The tables asked for."""
    from segeval.metrics.ap_tables import category_table, image_table, size_table

    makers = {Per.SIZE: size_table, Per.CATEGORY: category_table, Per.IMAGE: image_table}
    return [
        text_table(
            _with_short_files(makers[kind](result)),
            every_row=shown.every_row,
            more=f"--per {kind} --all",
        )
        for kind in shown.per
    ]


def _with_short_files(table: ResultTable) -> ResultTable:
    """The table with file names instead of paths, which would leave no room for numbers."""
    place = next((i for i, field in enumerate(table.fields) if field.key == "file_name"), None)
    if place is None:
        return table
    return replace(
        table,
        rows=tuple(
            (*row[:place], Path(str(row[place])).name, *row[place + 1 :]) for row in table.rows
        ),
    )


def recall_lines(result: APResult) -> list[str]:
    """AR at every cap, for each kind of IoU, where there are several caps."""
    lines: list[str] = []
    for kind, scores in result.scores.items():
        if len(scores.ar_by_max_dets) > 1:
            values = ", ".join(
                f"{percent(ar)} at {cap if cap != '0' else 'no limit'}"
                for cap, ar in scores.ar_by_max_dets.items()
            )
            lines.append(f"{_named('AR', kind, result)} by max_dets: {values}")
    return lines


def pool_lines(result: APResult) -> list[str]:
    """AP-pool of each kind of IoU, if it was asked for."""
    lines: list[str] = []
    for kind, scores in result.scores.items():
        if scores.pool is not None:
            groups = ", ".join(
                f"{group} {percent(ap)}" for group, ap in scores.pool.items() if group != "all"
            )
            overall = percent(scores.pool["all"])
            name = _named("AP-pool", kind, result)
            lines.append(f"{name}: {overall}" + (f" ({groups})" if groups else ""))
    return lines


def summary(result: APResult) -> list[str]:
    """How much was evaluated, and how long it took."""
    return [result.summary, f"in {result.seconds:.1f} s"]


def _named(number: str, kind: str, result: APResult) -> str:
    """A number with its kind of IoU, where there are several."""
    from segeval.metrics.ap_tables import KINDS

    return f"{KINDS[kind]} {number}" if len(result.scores) > 1 else number
