"""`segeval ap --protocol id-maps`."""

from __future__ import annotations

from dataclasses import replace

from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.progress import working


def evaluate(asked: ApRequest) -> ApOutcome:
    """AP of id maps, and what is found at each IoU threshold."""
    arguments = asked.arguments
    with working(f"evaluating {asked.preds}", quiet=asked.quiet) as advance:
        from segeval.metrics.id_maps import id_maps_ap
        from segeval.metrics.id_maps.result import threshold_table

        asked.clock.say_loaded()
        result = id_maps_ap(
            asked.preds,
            asked.gt,
            scores=asked.scores,
            sizes=arguments.sizes,
            thresholds=arguments.thresholds,
            max_dets=arguments.max_dets,
            min_score=arguments.min_score,
            workers=asked.workers,
            on_progress=advance,
        )
        asked.clock.say("read and evaluated")
    view = ap_view(result, asked.per)
    return ApOutcome(result, replace(view, tables=[*view.tables, threshold_table(result)]))
