"""What a comparison is asked, checked before any file is read."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.errors import InputError
from segeval_cli.values import check_margin, refused


def check_answers(
    tables: Sequence[str],
    slices: str | None,
    models: int,
    *,
    fail_if_worse: bool,
    require: str | None,
) -> None:
    """Refuse questions that the files cannot answer.

    Raises:
        InputError: for a table of slices without slices, or a question of two models to more.
    """
    if "slice" in tables and slices is None:
        raise refused("--by", "slice", "expected --slice as well, which says what the slices are.")
    asked = "--fail-if-worse" if fail_if_worse else "--require" if require else ""
    if asked and models > 2:
        raise InputError(
            f"{asked} asks about two models, {models} are given: compare them two by two.",
            code="option",
        )


def check_points(margin: float, plan: float | None) -> None:
    """Refuse impossible differences, in the points in which they are given.

    Raises:
        InputError: for a margin below 0, a plan that is not above 0, or 100 points and more.
    """
    check_margin(margin)
    if plan is not None and not 0 < plan < 100:
        raise refused("--plan", f"{plan:g}", "expected points above 0 and below 100, such as 0.5.")
