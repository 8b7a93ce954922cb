"""The command `segeval`: what it offers, and how it starts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from segeval_cli import failures
from segeval_cli.groups import later
from segeval_cli.output import emit
from segeval_cli.progress import version_line

COMMANDS = {
    "ap": "Average precision of masks, boundaries or boxes, per size, category and image.",
    "miou": "Mean IoU of label maps, over all pixels and near the boundaries.",
    "pq": "Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.",
    "check": "Look for mistakes in the files and list them all; compute nothing.",
    "convert": "Write files of one format from files of another.",
    "plot": "Draw figures: to a file, or in the terminal.",
    "sweep": "The same number for several values of a setting.",
    "train": "Train a model on images with objects (COCO) or label maps.",
    "predict": "Find objects in images with a model, or label every pixel.",
    "models": "The presets: what they are made of, and what they cost.",
    "demo": "Write a small data set with predictions of two models, and evaluate it.",
}
"""What the help says of each command; the rest is imported when it runs."""

app = typer.Typer(
    name="segeval",
    cls=later(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(*, asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        emit(version_line())
        raise typer.Exit


@app.callback()
def segeval(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda asked: _print_version(asked=asked),
            help="Print the versions of segeval and of what its numbers depend on.",
        ),
    ] = False,
) -> None:
    """How good are segmentation predictions, and where do they fail?

    Start with [bold]segeval demo[/bold], or: segeval ap preds.json gt.json
    """


def main() -> None:
    """Run the command line of this process and exit with its code."""
    sys.exit(failures.run(app, sys.argv[1:]))
