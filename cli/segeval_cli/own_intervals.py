"""Intervals of one result, as `--ci` shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval_cli.given import is_typed
from segeval_cli.progress import working
from segeval_cli.resampling_options import check_replicates, write_replicates
from segeval_cli.results import View

if TYPE_CHECKING:
    import typer

    from segeval.metrics.result import Result

OPTIONS = {
    "resamples": "--resamples",
    "seed": "--seed",
    "groups": "--groups",
    "replicates": "--replicates",
}
"""Options that need `--ci`, by their parameters."""


@frozen
class IntervalOptions:
    """The options of intervals.

    Attributes:
        resamples: draws of images.
        seed: of the draws.
        groups: images that are drawn together, None for each by itself.
        gt: ground truth, for fields of its images.
        replicates: file for the numbers of every draw, None for none.
        workers: threads, None for all cores.
        quiet: show no progress.
    """

    resamples: int
    seed: int
    groups: str | None
    gt: str
    replicates: Path | None
    workers: int | None
    quiet: bool

    def added(self, result: Result[Any], view: View | None) -> tuple[Result[Any], View]:
        """A result with the notes of its intervals, and the view with the intervals."""
        with working("drawing images", quiet=self.quiet) as advance:
            from segeval.analysis.comparison.own_intervals import result_intervals

            found = result_intervals(
                result,
                resamples=self.resamples,
                seed=self.seed,
                groups=self.groups,
                gt=self.gt,
                workers=self.workers,
                on_progress=advance,
            )
        shown = view or View(result.tables, result.to_dict)
        if self.replicates is not None:
            write_replicates(self.replicates, found.paths, {"": found.replicates}, quiet=self.quiet)
        with_intervals = replace(
            shown,
            tables=[found.beside(table) for table in shown.tables],
            to_dict=lambda: found.into(shown.to_dict()),
        )
        return replace(result, notes=(*result.notes, *found.notes)), with_intervals


def refuse_without_ci(context: typer.Context) -> None:
    """Refuse options that only say how intervals are made, where none are asked for.

    Raises:
        InputError: for such an option on the command line.
    """
    for name, option in OPTIONS.items():
        if is_typed(context, name):
            raise InputError(f"{option} goes with --ci, which is not given.", code="option")


def interval_options(
    context: typer.Context,
    *,
    ci: bool,
    resamples: int,
    seed: int,
    groups: str | None,
    gt: str,
    replicates: Path | None,
    overwrite: bool,
    workers: int | None,
    quiet: bool,
) -> IntervalOptions | None:
    """The options of intervals, None without `--ci`.

    Raises:
        InputError: for options that need `--ci`, or a file that cannot be written.
    """
    if not ci:
        refuse_without_ci(context)
        return None
    check_replicates(replicates, overwrite=overwrite)
    if resamples < 1:  # before any file is read
        from segeval.analysis.comparison.options import check_resamples

        check_resamples(resamples, seed)
    return IntervalOptions(resamples, seed, groups, gt, replicates, workers, quiet)
