"""The protocols of `segeval ap` that read other files than COCO's, and which options each knows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.options import CITYSCAPES, OPEN_IMAGES, ProtocolName
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.tables import Result

OTHERS = {
    ProtocolName.CITYSCAPES: "segeval_cli.ap_cityscapes",
    ProtocolName.OPENIMAGES: "segeval_cli.ap_open_images",
}
"""Modules with OPTIONS, the parameters of `ap` that they use, and evaluated()."""

PANELS = {ProtocolName.CITYSCAPES: CITYSCAPES, ProtocolName.OPENIMAGES: OPEN_IMAGES}
"""Where the help shows the options that one of them alone has."""

SHARED = {
    "preds", "gt", "protocol", "fail_under", "json", "output", "quiet", "show_all", "workers",
}  # fmt: skip
"""Parameters of `ap` that go with every protocol."""


def evaluated(
    protocol: ProtocolName, preds: str, gt: str, parameters: Mapping[str, Any], *, quiet: bool
) -> Result:
    """The result of a protocol of `OTHERS`."""
    module = import_module(OTHERS[protocol])
    with working(f"evaluating {preds}", quiet=quiet) as advance:
        result: Result = module.evaluated(preds, gt, parameters, on_progress=advance)
    return result


def check_options(context: typer.Context, protocol: ProtocolName | None) -> None:
    """Refuse options that the protocol would not heed.

    Raises:
        InputError: for an option on the command line that belongs to other protocols.
    """
    panels = {PANELS[name]: name for name in OTHERS}
    known = SHARED | set(import_module(OTHERS[protocol]).OPTIONS) if protocol in OTHERS else None
    for parameter in context.command.params:
        if not _is_given(context, str(parameter.name)):
            continue
        owner = panels.get(getattr(parameter, "rich_help_panel", None) or "")
        if parameter.name in known if known is not None else owner is None:
            continue
        asked = protocol.value if protocol is not None else "coco"
        raise InputError(
            f"{parameter.opts[0]} does not go with --protocol {asked}"
            + (f"; it is of {owner.value}." if owner is not None else "."),
            code="option",
        )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether a parameter comes from the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
