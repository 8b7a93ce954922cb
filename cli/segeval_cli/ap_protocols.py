"""The protocols of `segeval ap` that read other files than COCO's, and which options each knows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.options import ProtocolName
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.tables import Result

OTHERS = {
    ProtocolName.CITYSCAPES: "segeval_cli.ap_cityscapes",
    ProtocolName.OPENIMAGES: "segeval_cli.ap_open_images",
}
"""Modules with OPTIONS, the parameters of `ap` that they use, and evaluated()."""

SHARED = {
    "preds", "gt", "protocol", "fail_under", "json", "output", "quiet", "show_all", "workers",
}  # fmt: skip
"""Parameters of `ap` that go with every protocol."""

ALSO_COCO = {"iou", "boundary_ratio", "boundary_px", "compat", "thresholds", "max_dets"}
"""Parameters that COCO's relatives use as well as some of the others."""


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
    of_others = {name: set(import_module(path).OPTIONS) for name, path in OTHERS.items()}
    given = [
        parameter for parameter in context.command.params if _is_given(context, str(parameter.name))
    ]
    own = of_others.get(protocol, set()) if protocol is not None else set()
    foreign = set().union(*of_others.values()) - ALSO_COCO
    for parameter in given:
        name = str(parameter.name)
        known = name in SHARED | own if protocol in OTHERS else name not in foreign
        if not known:
            owners = ", ".join(key.value for key, names in of_others.items() if name in names)
            raise InputError(
                f"{parameter.opts[0]} does not go with --protocol "
                f"{protocol.value if protocol is not None else 'coco'}"
                + (f"; it is of {owners}." if owners else "."),
                code="option",
            )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether a parameter comes from the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
