"""Numbers of parts of the images beside those of all, as `--slice` shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from segeval_cli.options import WHICH
from segeval_cli.progress import working
from segeval_cli.results import View

if TYPE_CHECKING:
    from segeval.metrics.result import Result
    from segeval_cli.own_intervals import IntervalOptions

Slice = Annotated[
    str | None,
    WHICH.reading(
        "--slice SOURCE",
        "Also show the numbers of parts of the images: by a field of the images in GT, or by a "
        ".csv of image and label.",
    ),
]


def with_extras(
    result: Result[Any],
    view: View | None,
    *,
    intervals: IntervalOptions | None,
    slices: str | None,
    gt: str | None,
    workers: int | None,
    quiet: bool,
) -> tuple[Result[Any], View | None]:
    """A result and its view, with intervals and with parts of the images where asked for.

    Args:
        result: of an evaluation.
        view: what is shown of it, None for everything.
        intervals: the options of `--ci`; None without.
        slices: of `--slice`; None without.
        gt: path of the ground truth, None for a part file.
        workers: threads, None for all cores.
        quiet: show no progress.
    """
    if intervals is not None:
        result, view = intervals.added(result, view)
    if slices is None:
        return result, view
    drawn: dict[str, Any] = {}
    if intervals is not None:
        names = ("resamples", "seed", "groups")
        drawn = {name: getattr(intervals, name) for name in names}
    with working("taking parts of the images", quiet=quiet):
        from segeval.analysis.comparison.slice_tables import slice_rows

        found = slice_rows(result, slices, gt=gt or "", workers=workers, **drawn)
    shown = view or View(result.tables, result.to_dict)
    with_slices = replace(
        shown,
        tables=[*shown.tables, found.table()],
        to_dict=lambda: found.into(shown.to_dict()),
    )
    return replace(result, notes=(*result.notes, *found.notes)), with_slices
