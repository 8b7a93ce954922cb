"""`segeval ap --protocol openimages`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.errors import InputError
from segeval_cli.commands.ap.protocols import Evaluated
from segeval_cli.options import parse_max_dets
from segeval_cli.progress import Clock, working

OPTIONS = {
    "iou",
    "compat",
    "boxes",
    "labels",
    "hierarchy",
    "group_of_weight",
    "expand_predictions",
    "max_dets",
    "skip_unknown",
}


def evaluated(preds: str, gt: str, parameters: Mapping[str, Any]) -> Evaluated:
    """AP of Open Images."""
    weight, cap = parameters["group_of_weight"], parameters["max_dets"]
    settings: dict[str, Any] = {} if weight is None else {"group_of_weight": weight}
    if cap is not None:
        settings["max_dets"] = _one_cap(cap)
    for key in ("boxes", "labels", "hierarchy"):
        _check_given(parameters[key], key)
    clock = Clock(is_heard=parameters["verbose"])
    with working(f"evaluating {preds}", quiet=parameters["quiet"]) as advance:
        from segeval.metrics.open_images import open_images_ap

        clock.say_loaded()
        result = open_images_ap(
            preds,
            gt,
            boxes=parameters["boxes"],
            labels=parameters["labels"],
            hierarchy=parameters["hierarchy"],
            iou=[str(kind) for kind in parameters["iou"] or ("segm",)],
            expand_predictions=parameters["expand_predictions"],
            skip_unknown=parameters["skip_unknown"],
            compat=parameters["compat"],
            workers=parameters["workers"],
            on_progress=advance,
            **settings,
        )
        clock.say("read and evaluated")
    return Evaluated(result)


def _one_cap(text: str) -> int:
    """The value of `--max-dets`, of which this protocol has one."""
    caps = parse_max_dets(text)
    if len(caps) > 1:
        raise InputError(
            f"--max-dets {text}: expected one number with --protocol openimages; 0 is no limit.",
            code="max-dets",
        )
    return caps[0]


def _check_given(path: Path | str | None, name: str) -> None:
    """Refuse a file that is not there before the others are read."""
    if path is not None and not Path(path).exists():
        raise InputError(f"--{name} {path}: no such file.", code="no-file", path=str(path))
