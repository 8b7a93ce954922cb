"""`segeval pq` of a part file: the settings are those that it was matched with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from segeval_cli.part_options import given_options, refuse_options_of_files, refuse_other_settings
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.panoptic.result import PanopticResult


def evaluate(
    path: str, asked: Mapping[str, Any], context: typer.Context, *, quiet: bool
) -> PanopticResult:
    """Panoptic quality of a part file.

    Args:
        path: of the file.
        asked: the values of the options that decide what is matched, by parameter.
        context: of the command.
        quiet: show no progress.

    Raises:
        InputError: for an option that would have to match anew, or needs the files.
    """
    given = given_options(context)
    refuse_options_of_files(given, ("preds_dir", "gt_dir", "scheduler", "shards"))
    with working(f"reading {path}", quiet=quiet):
        from segeval.metrics.panoptic.parts import layout, panoptic_quality_of_part

        if given.keys() & asked.keys():
            _, rules, _ = layout.read_part(path)
            refuse_other_settings(path, given, asked, rules.settings())
        return panoptic_quality_of_part(path)
