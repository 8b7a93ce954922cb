"""`segeval ensemble` of folders of label maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from segeval.errors import InputError
from segeval_cli.commands.ensemble.options import Settings
from segeval_cli.given import is_given
from segeval_cli.label_map_options import refuse_options_of_ap, refuse_options_of_label_maps
from segeval_cli.values import parse_ignored, parse_numbers

OF_LABEL_MAPS = {
    "models", "strategy", "weigh", "classes", "ignore", "scores", "weights", "fit", "gt",
    "allow_fit_on_test", "seed", "output", "json", "show_all", "overwrite", "quiet", "workers",
    *(each.name for each in fields(Settings)),
}  # fmt: skip
"""Parameters of the command that label maps take; the library refuses settings that they lack."""


def hold_label_maps(models: Sequence[str], classes: str | None, ignore: object) -> bool:
    """Whether models are folders of label maps; refuses a mixture, and options of the other kind.

    Raises:
        InputError: for these.
    """
    from segeval.checks.label_map_report import are_label_maps

    maps = [each for each in models if are_label_maps(each)]
    others = [each for each in models if each not in maps]
    if maps and others:
        raise InputError(
            f"{maps[0]} is read as label maps and {others[0]} as predictions of objects, expected "
            "models of one kind.",
            code="models",
            path=others[0],
            option="models",
        )
    if not maps:
        refuse_options_of_label_maps(models[0], classes, ignore)
    return bool(maps)


def show_fused_label_maps(
    context: typer.Context,
    models: Sequence[str],
    settings: Mapping[str, Any],
    output: Path | None,
) -> None:
    """Write the label maps that models vote for, and print what became of each model.

    Args:
        context: of the command, with its other options.
        models: folders.
        settings: that are given, by name.
        output: folder to write.

    Raises:
        InputError: also for options that are about predictions of objects.
    """
    from segeval_cli.memory import VERY_LARGE, give_back_blocks
    from segeval_cli.output import check_folder
    from segeval_cli.progress import working
    from segeval_cli.results import Output
    from segeval_cli.streams import say

    refuse_options_of_ap(context, OF_LABEL_MAPS, models[0], about="predictions of objects")
    asked = context.params
    quiet, json, overwrite = (bool(asked[name]) for name in ("quiet", "json", "overwrite"))
    if output is not None:
        check_folder(output, overwrite=overwrite)
    elif not json:
        raise InputError(
            "nothing says where to write the result, expected -o with a folder: fused",
            code="option",
            option="output",
        )
    inputs = {f"model_{place}": path for place, path in enumerate(models, 1)}
    inputs |= {role: asked[role] for role in ("fit", "gt") if asked[role] is not None}
    out = Output(
        inputs=inputs, number="images", json=json, quiet=quiet, every_row=asked["show_all"]
    )
    is_chosen = is_given(context, "strategy")
    numbers = {
        name: None if asked[name] is None else parse_numbers(asked[name], f"--{name}")
        for name in ("scores", "weights")
    }
    ignored = parse_ignored(asked["ignore"])
    give_back_blocks(VERY_LARGE)
    from segeval import fuse_label_maps

    with working(f"merging {', '.join(models)}", quiet=quiet) as advance:
        found = fuse_label_maps(
            models, output, strategy=asked["strategy"] if is_chosen else "vote",
            weigh=asked["weigh"], classes=asked["classes"], ignore=ignored, fit=asked["fit"],
            gt=asked["gt"], allow_fit_on_test=asked["allow_fit_on_test"], overwrite=overwrite,
            seed=asked["seed"], workers=asked["workers"], on_progress=advance, **numbers,
            **settings,
        )  # fmt: skip
    out.show(found)
    if output is not None and not quiet:
        say(f"wrote {output}")
