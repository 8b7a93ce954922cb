"""`segeval ap --protocol openimages`."""

from __future__ import annotations

from pathlib import Path

from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.progress import working
from segeval_cli.values import refused

MOST_DETS = 10_000
"""Predictions used per image and category by default."""


def evaluate(asked: ApRequest) -> ApOutcome:
    """AP of Open Images."""
    arguments = asked.arguments
    given = arguments.max_dets
    caps = (given,) if isinstance(given, int) else tuple(given or (MOST_DETS,))
    if len(caps) > 1:
        expected = "expected one number with --protocol openimages; 0 means no limit."
        raise refused("--max-dets", ",".join(map(str, caps)), expected)
    for name, path in (
        ("boxes", asked.boxes),
        ("labels", asked.labels),
        ("hierarchy", asked.hierarchy),
    ):
        _check_there(name, path)
    with working(f"evaluating {asked.preds}", quiet=asked.quiet) as advance:
        from segeval.metrics.open_images import open_images_ap

        asked.clock.say_loaded()
        result = open_images_ap(
            asked.preds,
            asked.gt,
            boxes=asked.boxes,
            labels=asked.labels,
            hierarchy=asked.hierarchy,
            iou=arguments.iou or ("segm",),
            group_of_weight=asked.group_of_weight,
            expand_predictions=asked.expand_predictions,
            max_dets=caps[0],
            skip_unknown=arguments.skip_unknown,
            compat=arguments.compat,
            workers=asked.workers,
            on_progress=advance,
        )
        asked.clock.say("read and evaluated")
    return ApOutcome(result)


def _check_there(name: str, path: Path | None) -> None:
    """Refuse a missing file before any other is read."""
    if path is not None and not path.exists():
        raise refused(f"--{name}", path, "no such file.", code="no-file", path=path)
