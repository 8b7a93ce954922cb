"""New scores from old ones: what else is in the image makes an object more likely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.rescore.by_context import (
        ContextRule,
        rescore_context,
        rescored_by_context,
        shifted,
    )
    from segeval.rescore.by_cooccurrence import Rule, rescored_by_cooccurrence
    from segeval.rescore.by_statistics import rescore_cooccurrence, rescore_surround
    from segeval.rescore.by_surround import (
        SurroundRule,
        noisy_or,
        reduced,
        rescored_by_surround,
    )
    from segeval.rescore.calibrating import rescore_calibrate
    from segeval.rescore.mask_scoring import rescore_mask_score
    from segeval.rescore.relations import Relation, Relations
    from segeval.rescore.result import Rescored, RescoreScores
    from segeval.rescore.statistics.context import Context, context_statistics
    from segeval.rescore.statistics.presence import Cooccurrence, cooccurrence
    from segeval.rescore.statistics.surround import Surround, surround_statistics
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "by_cooccurrence": "Rule rescored_by_cooccurrence",
            "by_context": "ContextRule rescore_context rescored_by_context shifted",
            "by_statistics": "rescore_cooccurrence rescore_surround",
            "by_surround": "SurroundRule noisy_or reduced rescored_by_surround",
            "calibrating": "rescore_calibrate",
            "statistics.context": "Context context_statistics",
            "mask_scoring": "rescore_mask_score",
            "statistics.presence": "Cooccurrence cooccurrence",
            "relations": "Relation Relations",
            "result": "RescoreScores Rescored",
            "statistics.surround": "Surround surround_statistics",
        },
    )

__all__ = [
    "Context",
    "ContextRule",
    "Cooccurrence",
    "Relation",
    "Relations",
    "RescoreScores",
    "Rescored",
    "Rule",
    "Surround",
    "SurroundRule",
    "context_statistics",
    "cooccurrence",
    "noisy_or",
    "reduced",
    "rescore_calibrate",
    "rescore_context",
    "rescore_cooccurrence",
    "rescore_mask_score",
    "rescore_surround",
    "rescored_by_context",
    "rescored_by_cooccurrence",
    "rescored_by_surround",
    "shifted",
    "surround_statistics",
]


def __dir__() -> list[str]:
    return __all__
