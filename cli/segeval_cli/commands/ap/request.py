"""The request of `segeval ap`, and which protocol takes which option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval_cli.ap_options import CITYSCAPES, ID_MAPS, OPEN_IMAGES
from segeval_cli.commands.ap.options import Per
from segeval_cli.given import is_typed

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.result import Result
    from segeval_cli.progress import Clock
    from segeval_cli.results import View


@frozen(kw_only=True)
class ApRequest:
    """The parsed options of `segeval ap`; their help texts describe them.

    `arguments` decide what is matched, whatever the protocol.
    """

    preds: str
    gt: str
    arguments: Arguments
    pool: bool
    coco_style: bool
    boxes: Path | None
    labels: Path | None
    hierarchy: Path | None
    group_of_weight: float
    expand_predictions: bool
    scores: Path | None
    per: tuple[Per, ...]
    quiet: bool
    clock: Clock
    verify: bool
    workers: int | None
    scheduler: str | None = None
    shards: int | None = None


class ApOutcome(NamedTuple):
    """A result on its way to the user.

    Attributes:
        result: what the protocol computed.
        view: what to show of it, None for everything.
        agrees: whether the official package agrees; True if it did not run.
    """

    result: Result[Any]
    view: View | None = None
    agrees: bool = True


PANELS = {
    CITYSCAPES.title: "cityscapes", OPEN_IMAGES.title: "openimages", ID_MAPS.title: "id-maps",
}  # fmt: skip
"""Help panels with the options of a single protocol."""

EVERYWHERE = {
    "preds", "gt", "protocol", "fail_under", "json", "output", "overwrite", "quiet", "verbose",
    "show_all", "workers", "iou", "compat", "ci", "resamples", "seed",
    "groups", "replicates", "slices", "metric",
}  # fmt: skip
"""Parameters of `ap` that every protocol takes."""

OTHERS = {
    "cityscapes": EVERYWHERE | {"boundary_ratio", "boundary_px"},
    "openimages": EVERYWHERE | {"max_dets", "skip_unknown"},
    "id-maps": EVERYWHERE - {"iou", "compat"}
    | {"sizes", "thresholds", "max_dets", "min_score", "per"},
}
"""Parameters of the other protocols, besides the options of their panels."""


def check_options(context: typer.Context, protocol: str | None, reason: str = "") -> None:
    """Refuse options that the protocol would ignore.

    Args:
        context: of the command.
        protocol: by name, None for COCO's or LVIS's.
        reason: why it is this one, where the command line does not say.

    Raises:
        InputError: if an option on the command line belongs to other protocols.
    """
    for parameter in context.command.params:
        if not is_typed(context, str(parameter.name)):
            continue
        owner = PANELS.get(getattr(parameter, "rich_help_panel", None) or "")
        known = owner is None and protocol not in OTHERS
        if known or owner == (protocol or "") or parameter.name in OTHERS.get(protocol or "", ()):
            continue
        option = parameter.opts[0]
        if protocol is None:
            message = f"{option} is an option of --protocol {owner}, which is not given."
        else:
            message = f"{option} does not go with --protocol {protocol}"
            message += "." if owner is None else f"; it is of {owner}."
            message += f" {reason}." if reason else ""
        raise InputError(message, code="option")
