"""The protocols of `segeval ap`, and which options each knows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from segeval.errors import InputError
from segeval_cli.options import CITYSCAPES, OPEN_IMAGES

if TYPE_CHECKING:
    from segeval.metrics.tables import Result
    from segeval_cli.results import View

COCO_FILES = "segeval_cli.commands.ap.coco"
OTHERS = {
    "cityscapes": "segeval_cli.commands.ap.cityscapes",
    "openimages": "segeval_cli.commands.ap.open_images",
}
"""Modules with evaluated(), and for other files with OPTIONS: the parameters of `ap` they use."""

PANELS = {CITYSCAPES: "cityscapes", OPEN_IMAGES: "openimages"}
"""Where the help shows the options that one of them alone has."""

SHARED = {
    "preds", "gt", "protocol", "fail_under", "json", "output", "quiet", "verbose", "show_all",
    "workers",
}  # fmt: skip
"""Parameters of `ap` that go with every protocol."""


class Evaluated(NamedTuple):
    """A result on its way to the user.

    Attributes:
        result: of the protocol.
        view: what to show of it, None for everything.
        agrees: whether the official package says the same; True if it was not asked.
    """

    result: Result
    view: View | None = None
    agrees: bool = True


def evaluated(
    protocol: str | None, preds: str, gt: str, parameters: Mapping[str, Any]
) -> Evaluated:
    """The numbers by any protocol."""
    module = import_module(OTHERS.get(protocol or "", COCO_FILES))
    done: Evaluated = module.evaluated(preds, gt, parameters)
    return done


def check_options(context: typer.Context, protocol: str | None) -> None:
    """Refuse options that the protocol would not heed.

    Raises:
        InputError: for an option on the command line that belongs to other protocols.
    """
    known = SHARED | set(import_module(OTHERS[protocol]).OPTIONS) if protocol in OTHERS else None
    for parameter in context.command.params:
        name = str(parameter.name)
        owner = PANELS.get(getattr(parameter, "rich_help_panel", None) or "")
        if not _is_given(context, name) or (owner is None if known is None else name in known):
            continue
        option = parameter.opts[0]
        if protocol is None:
            message = f"{option} is an option of --protocol {owner}, which is not given."
        else:
            message = f"{option} does not go with --protocol {protocol}"
            message += "." if owner is None else f"; it is of {owner}."
        raise InputError(message, code="option")


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether a parameter comes from the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
