"""`segeval models`: the presets, their settings, and what their mask heads cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segeval.errors import InputError
from segeval.version import __version__
from segeval_cli.groups import QuickGroup
from segeval_cli.needs import need_torch
from segeval_cli.options import RUNNING, WHAT, Json, OutputFile, Quiet, output_option, value_option
from segeval_cli.output import check_target, emit, json_text, write_whole
from segeval_cli.progress import say, working
from segeval_cli.results import Output

app = typer.Typer(
    name="models",
    cls=QuickGroup,
    add_completion=False,
    help="The presets: what they are made of, and what they cost.",
)

SCHEMA = "segeval/config/1"
"""Of the JSON that `show` prints."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="A preset, or a TOML file.")]
Toml = Annotated[Path | None, output_option("Write to a file instead: .toml.")]
Measure = Annotated[
    bool,
    typer.Option("--measure", help="Measure time and memory as well.", rich_help_panel=WHAT),
]
Boxes = Annotated[
    int, value_option("--boxes", "N", "How many boxes the time is for. Default: 100.", WHAT, min=1)
]
Batch = Annotated[
    int,
    value_option("--batch", "N", "Boxes at a time, for every head. Default: 10.", RUNNING, min=1),
]
Rounds = Annotated[
    int,
    value_option("--rounds", "N", "Timed batches for every head. Default: 5.", RUNNING, min=1),
]
Device = Annotated[
    str,
    value_option(
        "--device", "DEVICE", "auto (a GPU if there is one), cpu or cuda. Default: auto.", RUNNING
    ),
]


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    *,
    json: Json = False,
    output: OutputFile = None,
    quiet: Quiet = False,
) -> None:
    """The presets with their parameters, output size and FLOPs.

    Example: segeval models
    """
    if context.invoked_subcommand is not None:
        given = {"--json": json, "--output": output is not None, "--quiet": quiet}
        _refuse_early([name for name, is_given in given.items() if is_given], context)
        return
    out = _output(json=json, path=output, quiet=quiet)
    need_torch()
    from segeval.models.config.presets import PRESETS
    from segeval.models.costs.preset_costs import list_models

    out.show(list_models(PRESETS.values()))


@app.command("show")
def show(name: Name, *, json: Json = False, output: Toml = None, quiet: Quiet = False) -> None:
    """Print all settings of a preset, as a TOML file that --config takes.

    Example: segeval models show pointrend-r50 -o my.toml
    """
    check_target(output, (".toml",))
    from segeval.models.config import read_config, to_toml

    config = read_config(name)
    if output is not None:
        write_whole(output, to_toml(config))
        if not quiet:
            say(f"wrote {output}")
    if json:
        envelope = {"schema": SCHEMA, "segeval": __version__, "config": config.to_dict()}
        emit(json_text(envelope))
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
    quiet: Quiet = False,
) -> None:
    """Table 2 of the PointRend paper: what 4x conv and PointRend cost at growing masks.

    Multiply-adds and activations are counted from a run of the heads, time and memory measured.

    Example: segeval models flops --measure
    """
    out = _output(json=json, path=output, quiet=quiet)
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


def _output(*, json: bool, path: Path | None, quiet: bool) -> Output:
    """Output with every row."""
    return Output(inputs={}, number="FLOPs", json=json, path=path, quiet=quiet, every_row=True)


def _refuse_early(options: list[str], context: typer.Context) -> None:
    """Refuse options that stand before a command of the group, where they would have no effect."""
    if options:
        command = f"segeval models {context.invoked_subcommand}"
        raise InputError(
            f"{options[0]}: stands before the command, which would not see it. Put it behind: "
            f"{command} ... {' '.join(options)}",
            code="option-place",
            field=options[0],
        )
