"""The number that `--fail-under` judges, as `--metric` names it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval_cli.given import is_typed
from segeval_cli.results import View

if TYPE_CHECKING:
    import typer

    from segeval.metrics.result import Result


def check_metric(context: typer.Context, fail_under: float | None) -> None:
    """Refuse a number to judge without a limit to judge it by; a file of settings may have it.

    Raises:
        InputError: for `--metric` on the command line without `--fail-under`.
    """
    if is_typed(context, "metric") and fail_under is None:
        raise InputError("--metric goes with --fail-under, which is not given.", code="option")


def judged_by(
    metric: str | None, result: Result[Any], view: View | None, *, fail_under: float | None
) -> tuple[Result[Any], View | None]:
    """A result and its view, which is judged by the number that is asked for.

    Args:
        metric: of `--metric`; None for the first number.
        result: of an evaluation.
        view: what is shown of it, with its slices; None for everything.
        fail_under: of `--fail-under`; None judges nothing.

    Raises:
        InputError: if there is no such number.
    """
    if metric is None or fail_under is None:
        return result, view
    from segeval.analysis.comparison.names import category_names
    from segeval.analysis.comparison.one_result import named_numbers

    shown = view or View(result.tables, result.to_dict)
    numbers = named_numbers(shown.to_dict()["results"], metric, category_names(result))
    return result, replace(shown, judged=numbers)
