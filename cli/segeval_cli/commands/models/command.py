"""`segeval models`: presets, their settings, what their mask heads cost, and anchors for data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segeval.errors import InputError
from segeval.version import __version__
from segeval_cli.commands.models.anchors import anchors
from segeval_cli.commands.models.count import count, output_of_costs
from segeval_cli.groups import QuickGroup
from segeval_cli.help_page import Commands
from segeval_cli.needs import need_torch
from segeval_cli.options import (
    RUNNING,
    WHAT,
    Device,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
    argument,
    output_option,
)
from segeval_cli.output import check_target, emit_json, write_whole
from segeval_cli.progress import working
from segeval_cli.streams import emit, say


class PresetsGroup(QuickGroup):
    """The group of `segeval models`; a preset in the place of its command is told the way."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """The command to run."""
        if args and args[0] not in self.commands:
            from segeval.models.config.presets import PRESETS  # only now: help needs none of it

            if args[0] in PRESETS:
                ctx.fail(
                    f"No such command {args[0]!r}. Did you mean segeval models show {args[0]}?"
                )
        return super().resolve_command(ctx, args)


app = Commands(
    name="models",
    cls=PresetsGroup,
    help="The model presets: their settings and their costs.",
)

SCHEMA = "segeval/config/1"
"""Schema of the JSON that `show` prints."""

Name = Annotated[str, argument("NAME", "A preset, or a TOML file.")]
Toml = Annotated[Path | None, output_option("Write to a file instead: .toml.")]
Measure = Annotated[bool, WHAT.option("--measure", "Also measure time and memory.")]
Boxes = Annotated[
    int, WHAT.option("--boxes N", "Number of boxes that the time is for. Default: 100.", min=1)
]
Batch = Annotated[
    int, RUNNING.option("--batch N", "Boxes per batch, for every head. Default: 10.", min=1)
]
Rounds = Annotated[int, RUNNING.option("--rounds N", "Timed batches per head. Default: 5.", min=1)]


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    *,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """The presets, with parameters, output size and FLOPs.

    Example: segeval models
    """
    if context.invoked_subcommand is not None:
        given = {
            "--json": json,
            "--output": output is not None,
            "--overwrite": overwrite,
            "--quiet": quiet,
        }
        _refuse_early([name for name, is_given in given.items() if is_given], context)
        return
    out = output_of_costs(json=json, path=output, overwrite=overwrite, quiet=quiet)
    from segeval.models.costs.listed_presets import list_presets

    out.show(list_presets())


@app.command("show")
def show(
    name: Name,
    *,
    json: Json = False,
    output: Toml = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Print all settings of a preset as a TOML file, for --config.

    Example: segeval models show pointrend-r50 -o my.toml
    """
    check_target(output, (".toml",), overwrite=overwrite)
    from segeval.models.config import read_config, to_toml

    config = read_config(name)
    if output is not None:
        write_whole(output, to_toml(config))
        if not quiet:
            say(f"wrote {output}")
    if json:
        envelope = {"schema": SCHEMA, "segeval": __version__, "config": config.to_dict()}
        emit_json(envelope, is_kept=output is not None)
    elif output is None:
        emit(to_toml(config).rstrip("\n"))


@app.command("flops")
def flops(
    *,
    measure: Measure = False,
    boxes: Boxes = 100,
    batch: Batch = 10,
    rounds: Rounds = 5,
    device: Device = "auto",
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Table 2 of the PointRend paper: the cost of 4x conv and PointRend by mask size.

    Multiply-adds and activations are counted while the heads run; --measure adds time and memory.

    Example: segeval models flops --measure
    """
    out = output_of_costs(json=json, path=output, overwrite=overwrite, quiet=quiet)
    need_torch()
    from segeval.models.costs.head_costs import count_heads, measure_heads

    if measure:
        from segeval.models.devices import device_of

        place = str(device_of(device))
        with working(f"measuring on {place}", quiet=quiet) as advance:
            result = measure_heads(
                boxes=boxes, batch=batch, rounds=rounds, device=place, on_progress=advance
            )
    else:
        result = count_heads()
    out.show(result)


app.command("count")(count)
app.command("anchors")(anchors)


def _refuse_early(options: list[str], context: typer.Context) -> None:
    """Refuse options before the name of a subcommand, where they would have no effect."""
    if options:
        command = f"segeval models {context.invoked_subcommand}"
        raise InputError(
            f"{options[0]}: must stand after the command: {command} ... {' '.join(options)}",
            code="option-place",
            field=options[0],
        )
