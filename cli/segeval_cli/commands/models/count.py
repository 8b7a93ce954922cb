"""`segeval models count`: the size and the cost of any model."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

from segeval_cli.model_settings import parse_settings, settings_option
from segeval_cli.needs import need_torch
from segeval_cli.options import WHAT, Json, OutputFile, Overwrite, Quiet, argument
from segeval_cli.progress import working
from segeval_cli.results import Output

Names = Annotated[list[str], argument("NAME ...", "Presets or TOML files.")]
Settings = Annotated[list[str] | None, settings_option(WHAT)]


def output_of_costs(*, json: bool, path: Path | None, overwrite: bool, quiet: bool) -> Output:
    """The output of all commands on costs, with every row."""
    return Output(
        inputs={}, number="FLOPs", json=json, path=path, overwrite=overwrite, quiet=quiet,
        every_row=True,
    )  # fmt: skip


def count(
    names: Names,
    *,
    settings: Settings = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Parameters and FLOPs of models, counted while they run without numbers.

    Example: segeval models count pointrend-r50 --set mask.subdivision_steps=2
    """
    out = output_of_costs(json=json, path=output, overwrite=overwrite, quiet=quiet)
    need_torch()
    from segeval.models.config import config_from_dict, read_config
    from segeval.models.costs.listed_presets import model_table
    from segeval.models.costs.preset_costs import model_cost

    begin = perf_counter()
    changes = parse_settings(settings or ())
    configs = [config_from_dict(changes, base=read_config(each), source="--set") for each in names]
    costs = []
    for config in configs:
        with working(f"counting {config.name}", quiet=quiet):
            costs.append(model_cost(config))
    out.show(model_table(tuple(costs), perf_counter() - begin))
