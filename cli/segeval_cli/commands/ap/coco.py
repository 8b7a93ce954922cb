"""`segeval ap` by the protocols that read COCO's files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segeval.words import counted
from segeval_cli.commands.ap.protocols import Evaluated
from segeval_cli.commands.ap.verify import chosen_mode, verified
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import parse_max_dets, parse_per, parse_thresholds
from segeval_cli.progress import Clock, working
from segeval_cli.selection import chosen_categories, chosen_images

if TYPE_CHECKING:
    from segeval.data.columns import GroundTruth, Predictions
    from segeval.metrics.coco.result import APResult

AS_GIVEN = (
    "protocol", "compat", "sizes", "area_from", "boundary_ratio", "boundary_px", "pool",
    "agnostic", "honour_ignore", "skip_unknown", "workers",
)  # fmt: skip
"""Parameters of `ap` that `average_precision` takes as they are."""


def evaluated(preds: str, gt: str, parameters: Mapping[str, Any]) -> Evaluated:
    """AP of the coco and lvis protocols and those derived from them."""
    # Everything that can be refused is refused before the files are read.
    settings = _settings(parameters)
    per = parse_per(parameters["per"])
    give_back_large_blocks()
    verification = None
    started = time.perf_counter()
    with working(f"evaluating {preds}", quiet=parameters["quiet"]):
        clock = Clock(is_heard=parameters["verbose"])
        from segeval import average_precision  # noqa: F401 - loads the library

        clock.say_loaded()
        if parameters["verify"]:
            names = parameters["categories"], parameters["images"]
            verification = verified(preds, gt, settings, *names)
            result = chosen_mode(verification, settings["compat"])
            clock.say("read, evaluated and verified")
        else:
            result = _evaluate(preds, gt, settings, parameters, clock)
    result = replace(result, seconds=time.perf_counter() - started)
    return Evaluated(
        result,
        ap_view(result, per, verification),
        agrees=verification is None or verification.agrees,
    )


def _settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What `average_precision` takes, from the parameters of `ap`.

    Raises:
        InputError: for a value that cannot be read.
    """
    if parameters["sizes"] is not None:
        from segeval.metrics.sizes import buckets

        buckets(parameters["sizes"])
    iou, thresholds, caps = (parameters[key] for key in ("iou", "thresholds", "max_dets"))
    return {
        **{key: parameters[key] for key in AS_GIVEN},
        "iou": tuple(dict.fromkeys(map(str, iou))) if iou else None,
        "thresholds": None if thresholds is None else parse_thresholds(thresholds),
        "max_dets": None if caps is None else parse_max_dets(caps),
    }


def _evaluate(
    preds: str,
    gt: str,
    settings: Mapping[str, Any],
    parameters: Mapping[str, Any],
    clock: Clock,
) -> APResult:
    """Read both files, once, and compute the numbers.

    Left to `average_precision`, both files are read at the same time. Here they are read one after
    the other where names have to be looked up first, or the time of each is wanted.
    """
    import segeval

    verbose, categories, images = (parameters[key] for key in ("verbose", "categories", "images"))
    chosen: dict[str, Any] = {}
    gt_input: str | GroundTruth = gt
    preds_input: str | Predictions = preds
    if verbose or categories or images:
        gt_input = segeval.load_ground_truth(gt)
        clock.say(f"read {gt}: {counted(len(gt_input), 'object')}")
        chosen["categories"] = chosen_categories(categories, gt_input)
        chosen["images"] = chosen_images(images, gt_input)
    if verbose:
        preds_input = segeval.load_predictions(preds, workers=settings["workers"])
        clock.say(f"read {preds}: {counted(len(preds_input), 'prediction')}")
    result = segeval.average_precision(preds_input, gt_input, **settings, **chosen)
    clock.say("evaluated")
    return result
