"""`segeval convert`: files from one format to another, one kind of conversion per command."""

from __future__ import annotations

import typer

convert_app = typer.Typer(
    no_args_is_help=True, help="Write files of one format from files of another."
)


@convert_app.callback()
def convert() -> None:
    """Write files of one format from files of another."""
