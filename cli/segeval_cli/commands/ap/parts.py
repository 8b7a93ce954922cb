"""`segeval ap` of a part file: the settings are those that it was matched with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments

CHOSEN = ("categories", "images")
"""Parts of the data that can be chosen after matching."""

NOT_OF_PARTS = {
    "coco_style", "boxes", "labels", "hierarchy", "group_of_weight", "expand_predictions", "verify",
}  # fmt: skip
"""Options that need the files themselves."""


def is_alone(preds: str, gt: str | None, context: typer.Context) -> bool:
    """Whether the first argument is a part file and there is no second one.

    Raises:
        InputError: for a part file beside ground truth.
        UsageError: for predictions without.
    """
    from segeval.metrics.part_files import is_part

    found = is_part(preds)
    if found and gt is not None:
        raise InputError(
            f"{preds}: is a part file, which holds the matches with its ground truth: leave out "
            f"{gt}.",
            code="part-option",
            path=preds,
        )
    if not found and gt is None:
        context.fail("Missing argument 'GT'.")
    return found


def evaluate(asked: ApRequest, context: typer.Context) -> ApOutcome:
    """AP of a part file."""
    _check(asked.preds, asked.arguments, context)
    with working(f"reading {asked.preds}", quiet=asked.quiet):
        from segeval.metrics.coco.parts.part import ap_of_part

        result = ap_of_part(
            asked.preds, pool=asked.pool, categories=asked.arguments.categories,
            images=asked.arguments.images, workers=asked.workers,
        )  # fmt: skip
    return ApOutcome(result, ap_view(result, asked.per))


def _check(path: str, arguments: Arguments, context: typer.Context) -> None:
    """Refuse options that would have to match anew, or read other files.

    Raises:
        InputError: names the value of the option and that of the file.
    """
    from segeval.metrics.coco.parts.part import part_settings

    given = {
        str(parameter.name): parameter.opts[0]
        for parameter in context.command.params
        if _is_given(context, str(parameter.name))
    }
    for name in NOT_OF_PARTS & given.keys():
        raise InputError(
            f"{given[name]} does not go with a part file, which holds matches alone.", code="option"
        )
    if not (given.keys() - set(CHOSEN)) & vars(arguments).keys():
        return
    settings = part_settings(path)
    for name in vars(arguments):
        if name not in given or name in CHOSEN:
            continue
        own, known = _comparable(name, getattr(arguments, name)), settings.get(name)
        if own != known:
            raise InputError(
                f"{given[name]} is {_shown(own)}, and {Path(path).name} was matched with "
                f"{_shown(known)}. Match anew with segeval match.",
                code="part-option",
                option=name,
                path=path,
            )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether an option is on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _comparable(name: str, value: Any) -> Any:
    """An argument as the settings of a result write it."""
    from segeval.metrics.coco.rule_values import ordered_caps, ordered_thresholds
    from segeval.metrics.coco.scores import area_range
    from segeval.metrics.sizes import buckets

    match name:
        case "sizes":
            return [
                {"name": size.name, **area_range(size.min_area, size.max_area)}
                for size in buckets(value)
            ]
        case "thresholds":
            return list(ordered_thresholds(value))
        case "max_dets":
            return list(ordered_caps(value))
        case "iou":
            return [value] if isinstance(value, str) else list(dict.fromkeys(value))
    return value


def _shown(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, list):
        names = [each["name"] if isinstance(each, dict) else f"{each}" for each in value]
        return ",".join(names) or "none"
    return "none" if value is None else str(value)
