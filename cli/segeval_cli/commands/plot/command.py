"""`segeval plot`: figures for papers, and drawings for the terminal."""

from __future__ import annotations

import typer

from segeval_cli.commands.plot.size_hist import size_hist
from segeval_cli.commands.plot.trimap import trimap
from segeval_cli.groups import QuickGroup

app = typer.Typer(
    name="plot",
    cls=QuickGroup,
    add_completion=False,
    no_args_is_help=True,
    help="Draw figures: to a file, or in the terminal.",
)


@app.callback()
def plot() -> None:
    """Draw figures: to a file, or in the terminal."""


app.command("size-hist")(size_hist)
app.command("trimap")(trimap)
