"""The command `segeval`: what it offers, and how it starts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from segeval_cli import failures
from segeval_cli.commands.ap.command import ap
from segeval_cli.commands.check.command import check
from segeval_cli.commands.convert.command import convert_app
from segeval_cli.commands.demo.command import demo
from segeval_cli.commands.miou.command import miou
from segeval_cli.commands.models.command import models_app
from segeval_cli.commands.plot.command import plot_app
from segeval_cli.commands.pq.command import pq
from segeval_cli.commands.predict.command import predict
from segeval_cli.commands.sweep.command import sweep_app
from segeval_cli.commands.train.command import train
from segeval_cli.groups import QuickGroup
from segeval_cli.output import emit
from segeval_cli.progress import version_line

app = typer.Typer(
    name="segeval",
    cls=QuickGroup,
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
            help="Versions of segeval and of what its numbers depend on.",
        ),
    ] = False,
) -> None:
    """How good are segmentation predictions, and where do they fail?

    Start with [bold]segeval demo[/bold], or: segeval ap preds.json gt.json
    """


app.command("ap")(ap)
app.command("miou")(miou)
app.command("pq")(pq)
app.command("check")(check)
app.add_typer(convert_app, name="convert")
app.add_typer(plot_app, name="plot")
app.add_typer(sweep_app, name="sweep")
app.command("train")(train)
app.command("predict")(predict)
app.add_typer(models_app, name="models")
app.command("demo")(demo)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    sys.exit(failures.run(app, sys.argv[1:]))
