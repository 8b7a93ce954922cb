"""Values of the command line without pydantic, which Typer imports to convert the first of them.

It takes a tenth of a second, half as much as all of numpy. So values that need no judgement are
converted here: text, numbers in plain digits, one of the choices, names of files. What is left,
wrong values first of all, goes the way of Typer, which has the message for it.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

INTEGER = re.compile(r"-?[0-9]{1,15}")
DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
"""Plain numbers; what else is one is for Typer to say."""

PERCENT = re.compile(r"\s*(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*%\s*")
"""A number with a percent sign."""

NOT_IN_NAMES = re.compile("[\0\ud800-\udfff]")
"""Characters that names of files cannot have, or not everywhere."""

UNKNOWN = object()
"""What `converted` says of a value that Typer must look at."""


def convert_quickly(params: list[Any]) -> list[Any]:
    """Parameters of a command, which convert plain values themselves from now on."""
    for param in params:  # which are the same for each call: some may convert already
        if hasattr(param, "type_descriptor") and "process_value" not in vars(param):
            param.process_value = partial(_process_value, param, param.process_value)
    return params


def _process_value(param: Any, otherwise: Any, ctx: typer.Context, value: Any) -> Any:
    """The value that a command gets for what was given, None if nothing was.

    Args:
        param: of Typer.
        otherwise: its own method of that name.
        ctx: the command is called in.
        value: words, a default, or None.

    Raises:
        BadParameter: for a file without a name, which would stand for the working directory, and
            for a number with a percent sign.
    """
    if value == "" and param.type_descriptor.annotation is Path:
        raise typer.BadParameter("the name is empty. Is a variable not set?", ctx=ctx, param=param)
    if value is None and not param.required:
        quick: Any = () if param.multiple or param.nargs == -1 else None
    else:
        quick = converted(param.type_descriptor, value)
    if quick is UNKNOWN and param.type_descriptor.annotation is float:
        _refuse_percent(param, ctx, value)
    if quick is UNKNOWN:
        return otherwise(ctx, value)
    return quick if param.callback is None else param.callback(ctx, param, quick)


def _refuse_percent(param: Any, ctx: typer.Context, value: Any) -> None:
    """Refuse a number with a percent sign.

    Raises:
        BadParameter: says what to write; points are percent already.
    """
    match = PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        number = float(match[1])
        number = number if param.metavar == "POINTS" else number / 100
        problem = f"{value} has a percent sign. Write {number:.15g}."
        raise typer.BadParameter(problem, ctx=ctx, param=param)


def converted(descriptor: Any, value: Any) -> Any:
    """The value of a parameter for its words or its default; `UNKNOWN` for what is not plain."""
    annotation, info = descriptor.annotation, descriptor.parameter_info
    if info.parser is not None:
        return UNKNOWN
    if get_origin(annotation) is not list:
        return _one(annotation, info, value)
    if not isinstance(value, (list, tuple)) or not value:
        return UNKNOWN
    found = [_one(get_args(annotation)[0], info, each) for each in value]
    return UNKNOWN if UNKNOWN in found else found


def _one(annotation: Any, info: Any, value: Any) -> Any:
    """As `converted`, for one word or one default."""
    is_text = isinstance(value, str)
    if annotation is str:
        return value if is_text else UNKNOWN
    if annotation is bool:
        return value if isinstance(value, bool) else UNKNOWN
    if get_origin(annotation) is Literal:
        return value if is_text and value in get_args(annotation) else UNKNOWN
    if annotation is int or annotation is float:
        return _number(annotation, info, value)
    if annotation is Path:
        return _path(info, value)
    return UNKNOWN


def _number(kind: type[int] | type[float], info: Any, value: Any) -> Any:
    """A number that is in its range."""
    if isinstance(value, str):
        if not (INTEGER if kind is int else DECIMAL).fullmatch(value):
            return UNKNOWN
        value = kind(value)
    elif type(value) is not kind:
        return UNKNOWN
    is_above = info.min is None or value >= info.min
    return value if is_above and (info.max is None or value <= info.max) else UNKNOWN


def _path(info: Any, value: Any) -> Any:
    """A name of a file of which nothing is asked, but that it can be read if it is there."""
    asked = (info.exists, info.resolve_path, info.writable, info.allow_dash, info.path_type)
    if any(asked) or not (info.file_okay and info.dir_okay):
        return UNKNOWN
    if not isinstance(value, (str, Path)) or NOT_IN_NAMES.search(str(value)):
        return UNKNOWN
    is_readable = not os.path.lexists(value) or os.access(value, os.R_OK)
    return Path(value) if is_readable else UNKNOWN
