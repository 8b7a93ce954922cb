"""Options beside part files; those that would match anew or need other files are refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.given import is_given

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments
    from segeval_cli.measured import ApOptions


def given_options(context: typer.Context) -> dict[str, str]:
    """The options on the command line: their flags by the names of their parameters."""
    found = {}
    for parameter in context.command.params:
        name = str(parameter.name)
        if is_given(context, name):
            found[name] = parameter.opts[0]
    return found


def refuse_other_settings(
    path: str,
    given: Mapping[str, str],
    asked: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> None:
    """Refuse options that would have to match anew.

    Args:
        path: of the part file.
        given: flags of the options on the command line, by parameter.
        asked: what the options ask for, by parameter, as settings are written.
        settings: of the part file.

    Raises:
        InputError: names the value of the option and that of the file.
    """
    for name, flag in given.items():
        if name in asked and asked[name] != settings.get(name):
            known = settings.get(name)
            its = "without it" if known is False else f"with {_shown(known)}"
            if known is None and name in ("categories", "images"):
                its = "with all"
            raise InputError(
                f"{flag} is {_shown(asked[name])}, and {Path(path).name} was matched {its}. Match "
                "anew with segeval match.",
                code="part-option",
                option=name,
                path=path,
            )


def refuse_rematching(
    path: str, arguments: Arguments, context: typer.Context, *, but: Collection[str] = ()
) -> None:
    """Refuse options of an evaluation of AP that would have to match anew.

    Args:
        path: of the part file.
        arguments: the options, parsed.
        context: of the command.
        but: parameters that go with parts.

    Raises:
        InputError: names the value of the option and that of the file.
    """
    from segeval.metrics.coco.parts.part import part_settings

    given = given_options(context)
    matching = {
        name: flag for name, flag in given.items() if name in vars(arguments) and name not in but
    }
    if matching:
        asked = {name: _comparable(name, getattr(arguments, name)) for name in matching}
        refuse_other_settings(path, matching, asked, part_settings(path))


def arguments_of_parts(
    paths: Sequence[str],
    arguments: dict[str, Any],
    options: ApOptions,
    compat: Any,
    context: typer.Context,
) -> dict[str, Any]:
    """The arguments of an evaluation that are left for part files, which are matched already.

    Args:
        paths: of the parts.
        arguments: what is given, by the library's names.
        options: those of AP, unparsed.
        compat: the package to reproduce, of any command.
        context: of the command.

    Raises:
        InputError: for an option that would have to match anew; names both values.
    """
    from segeval.metrics.parts.files import task_of_parts

    if task_of_parts(paths) != "ap" or not arguments.keys() & vars(options).keys():
        return arguments
    asked = replace(options, compat=compat).arguments()
    for path in paths:
        refuse_rematching(path, asked, context, but=("categories", "images"))
    done = vars(asked).keys() - {"categories", "images"}
    return {name: value for name, value in arguments.items() if name not in done}


def _comparable(name: str, value: Any) -> Any:
    """An argument as the settings of a result write it."""
    from segeval.metrics.coco.rule_values import ordered_caps, ordered_thresholds
    from segeval.metrics.sizes import buckets, names_quantiles

    match name:
        case "sizes":
            if names_quantiles(value):
                return str(value)
            return [size.to_dict() for size in buckets(value)]
        case "thresholds":
            return list(ordered_thresholds(value))
        case "max_dets":
            return list(ordered_caps(value))
        case "iou":
            return [value] if isinstance(value, str) else list(dict.fromkeys(value))
    return value


def refuse_options_of_files(given: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Refuse options that need the files which a part file stands for.

    Args:
        given: flags of the options on the command line, by parameter.
        names: parameters of these options.

    Raises:
        InputError: for one that is given.
    """
    for name in names:
        if name in given:
            raise InputError(
                f"{given[name]} does not go with a part file, which holds matches alone.",
                code="option",
            )


def _shown(value: Any) -> str:
    """A value in a message."""
    if value is True:
        return "on"
    if isinstance(value, list):
        names = [_size(each) if isinstance(each, dict) else _number(each) for each in value]
        return ",".join(names) or "none"
    return "none" if value is None else _number(value)


def _size(value: Mapping[str, Any]) -> str:
    """A size with its areas: small 0..1024."""
    low, high = value["min_area"], value["max_area"]
    ends = f"{value['name']} {_number(low)}..{'inf' if high is None else _number(high)}"
    return f"{ends} of the image" if value.get("relative") else ends


def _number(value: Any) -> str:
    """A value alone; a whole number has no point."""
    is_whole = isinstance(value, float) and value.is_integer()
    if is_whole:
        return str(int(value))
    return str(round(value, 12) if isinstance(value, float) else value)
