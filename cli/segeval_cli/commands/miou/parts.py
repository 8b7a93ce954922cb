"""`segeval miou` of a part file: the settings are those that it was matched with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from segeval_cli.label_map_options import LabelMapOptions
from segeval_cli.part_options import given_options, refuse_options_of_files, refuse_other_settings
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.semantic.arguments import Rules
    from segeval.metrics.semantic.result import MeanIoUResult

WIDTHS = ("boundary_ratio", "boundary_px")
"""Settings that say how wide a boundary is, of which one is given."""


def evaluate(
    path: str, asked: LabelMapOptions, context: typer.Context, *, quiet: bool
) -> MeanIoUResult:
    """Mean IoU of a part file.

    Raises:
        InputError: for an option that would have to count anew.
    """
    given = given_options(context)
    refuse_options_of_files(given, ("scheduler", "shards"))
    with working(f"reading {path}", quiet=quiet):
        from segeval.metrics.semantic.parts import layout, mean_iou_of_part

        if given.keys() & vars(asked).keys():
            _, rules = layout.read_part(path)
            settings = _with_flags(rules.settings())
            refuse_other_settings(path, given, _asked(asked, given, rules), settings)
        return mean_iou_of_part(path)


def _asked(asked: LabelMapOptions, given: Mapping[str, str], rules: Rules) -> dict[str, Any]:
    """What the options ask for as settings, where the file decides all others."""
    from segeval.metrics.semantic.arguments import Arguments

    own = rules.settings()
    known: dict[str, Any] = {
        **{name: own[name] for name in vars(asked) if name in own},
        "classes": rules.plan.classes,
        "ignore": (),
        "boundary": rules.plan.boundary.compared,
    }
    if "compat" in given:
        known["absent"] = None
    if given.keys() & {*WIDTHS}:
        known |= {**dict.fromkeys(WIDTHS), "boundary": True}
    known |= {name: value for name, value in asked.values().items() if name in given}
    if "boundary_f_threshold" in given:
        known["boundary_f"] = asked.boundary_f_threshold
    if not known["trimap"]:  # they would be refused for that alone
        for name in ("trimap_metric", "trimap_total_width", "trimap_void"):
            known.pop(name)
    found = Arguments(**known).rules().settings()
    return {
        **_with_flags(found),
        "trimap_metric": asked.trimap_metric,
        "trimap_total_width": asked.trimap_total_width,
        "trimap_void": asked.trimap_void,
    }


def _with_flags(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those that only options have."""
    width = [settings[name] for name in WIDTHS]
    return {
        **settings,
        "boundary": any(each is not None for each in width),
        "boundary_f_threshold": settings["boundary_f"],
    }
