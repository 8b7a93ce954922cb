"""The view of `segeval ap`: requested tables, AR by cap, AP-pool, the official comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.words import percent
from segeval_cli.commands.ap.options import Per
from segeval_cli.commands.ap.verify import verification_text
from segeval_cli.results import View

if TYPE_CHECKING:
    from segeval.analysis.verification import Verification
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.tables import Table


def ap_view(
    result: APResult, per: Sequence[Per] = (Per.SIZE,), verification: Verification | None = None
) -> View:
    """A result as `segeval ap` shows it.

    Args:
        result: of a protocol that reads COCO files.
        per: the tables, in this order.
        verification: the official package's numbers beside ours; None without `--verify`.
    """
    from segeval.metrics.coco.tables import category_table, image_table, size_table

    makers = {Per.SIZE: size_table, Per.CATEGORY: category_table, Per.IMAGE: image_table}
    per_image = Per.IMAGE in per

    def to_dict() -> dict[str, Any]:
        verify = {} if verification is None else {"verify": verification.to_dict()}
        return {**result.to_dict(per_image=per_image), **verify}

    return View(
        tables=[_with_short_files(makers[kind](result)) for kind in per],
        to_dict=to_dict,
        more="--per {} --all",
        lines=[*_recall_lines(result), *_pool_lines(result)],
        appendix=None if verification is None else partial(verification_text, verification),
        judged={
            _named("AP", kind, result): scores.overall.ap for kind, scores in result.scores.items()
        },
    )


def _with_short_files(table: Table) -> Table:
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


def _recall_lines(result: APResult) -> Iterator[str]:
    """AR at every cap, for each kind of IoU, where there are several caps."""
    for kind, scores in result.scores.items():
        if len(scores.ar_by_max_dets) > 1:
            values = ", ".join(
                f"{percent(ar)} at {cap if cap != '0' else 'no limit'}"
                for cap, ar in scores.ar_by_max_dets.items()
            )
            yield f"{_named('AR', kind, result)} by max_dets: {values}"


def _pool_lines(result: APResult) -> Iterator[str]:
    """AP-pool of each kind of IoU, if requested."""
    for kind, scores in result.scores.items():
        if scores.pool is not None:
            groups = ", ".join(
                f"{group} {percent(ap)}" for group, ap in scores.pool.items() if group != "all"
            )
            overall = percent(scores.pool["all"])
            name = _named("AP-pool", kind, result)
            yield f"{name}: {overall}" + (f" ({groups})" if groups else "")


def _named(number: str, kind: str, result: APResult) -> str:
    """A number with its kind of IoU, where there are several."""
    from segeval.metrics.kinds import KINDS

    return f"{KINDS[kind]} {number}" if len(result.scores) > 1 else number
