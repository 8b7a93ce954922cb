"""The command `segeval`: its subcommands and its start."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from segeval_cli import blas, failures, inputs, other_package, streams
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import CONFIG, LIMIT, later
from segeval_cli.help_page import Commands

app = Commands(
    name="segeval",
    cls=later(COMMANDS),
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(*, asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from segeval_cli.progress import version_line
        from segeval_cli.streams import emit

        emit(version_line())
        raise typer.Exit


@app.callback()
def segeval(
    context: typer.Context,
    *,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            LIMIT,
            metavar="NAME=VALUE",
            help="Raise a limit of what one input may claim, such as side=2e7; may be repeated.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            CONFIG,
            metavar="FILE",
            help="Take options from this file, in place of segeval.toml or of [tool.segeval] in "
            "pyproject.toml.",
            show_default=False,
            callback=inputs.declared_by(CONFIG),
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda asked: _print_version(asked=asked),
            help="Print the versions of segeval and of the packages behind its numbers.",
        ),
    ] = False,
) -> None:
    """How good are segmentation predictions, and where do they fail?

    Start with segeval demo, or: segeval ap preds.json gt.json
    """
    if limit:
        from segeval_cli.limits import raised

        context.with_resource(raised(limit))


def main() -> None:
    """Run this process's command line and exit with its code."""
    streams.prepare()
    failures.heed_signals()
    os.environ["MPLBACKEND"] = "agg"  # figures go to files; matplotlib fails on an unknown one
    blas.start_no_threads()
    warnings.filterwarnings("ignore", module=r"PIL\.")  # what it says of odd files names its lines
    if obstacle := other_package.found_in_place_of_ours():
        sys.stderr.write(f"error: {obstacle}\n")  # `streams.say` needs our package
        sys.exit(failures.UNUSABLE_INPUT)
    sys.exit(failures.run(app, sys.argv[1:]))
