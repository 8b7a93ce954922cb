"""The options of a comparison as arguments of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

from segeval.errors import InputError
from segeval_cli.options import Iou
from segeval_cli.values import (
    parse_choices,
    parse_ignored,
    parse_max_dets,
    parse_names,
    parse_numbers,
    parse_thresholds,
    refused,
)

OF_THE_COMMAND = {
    "files", "metric", "margin", "slices", "groups", "plan", "resamples", "seed", "by",
    "show_all", "fail_if_worse", "require", "json", "output", "replicates", "overwrite", "quiet",
    "workers",
}  # fmt: skip
"""Parameters of `compare` that are no arguments of an evaluation."""

PARSERS: dict[str, Callable[[Any], Any]] = {
    "iou": lambda value: parse_choices(value, "--iou", list(Iou), "kind of IoU"),
    "thresholds": parse_thresholds,
    "max_dets": parse_max_dets,
    "categories": lambda value: parse_names(value, "--categories"),
    "images": lambda value: parse_names(value, "--images"),
    "ignore": parse_ignored,
    "trimap": lambda value: parse_numbers(value, "--trimap"),
}
"""What makes the library's values of texts."""

RENAMED = {"boundary_f_threshold": "boundary_f"}
"""Parameters that the library takes by another name."""


def evaluation_arguments(context: typer.Context) -> dict[str, Any]:
    """The arguments of the evaluation that the command line gives, by the library's names."""
    found: dict[str, Any] = {}
    for name, value in context.params.items():
        source = context.get_parameter_source(name)
        is_given = source is not None and source.name == "COMMANDLINE"
        if is_given and name not in OF_THE_COMMAND:
            found[RENAMED.get(name, name)] = PARSERS.get(name, lambda each: each)(value)
    return found


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
    if not 0 <= margin < 100:
        raise refused(
            "--margin", f"{margin:g}", "expected points from 0 to below 100, such as 0.3."
        )
    if plan is not None and not 0 < plan < 100:
        raise refused("--plan", f"{plan:g}", "expected points above 0, such as 0.5.")
