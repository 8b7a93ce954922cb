"""New scores from old ones: what else is in the image makes an object more likely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.rescore.by_cooccurrence import Rule, rescored_by_cooccurrence
    from segeval.rescore.calibrating import rescore_calibrate
    from segeval.rescore.mask_scoring import rescore_mask_score
    from segeval.rescore.presence import Cooccurrence, cooccurrence
    from segeval.rescore.rescoring import rescore_cooccurrence
    from segeval.rescore.result import Rescored, RescoreScores
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "by_cooccurrence": "Rule rescored_by_cooccurrence",
            "calibrating": "rescore_calibrate",
            "mask_scoring": "rescore_mask_score",
            "presence": "Cooccurrence cooccurrence",
            "rescoring": "rescore_cooccurrence",
            "result": "RescoreScores Rescored",
        },
    )

__all__ = [
    "Cooccurrence",
    "RescoreScores",
    "Rescored",
    "Rule",
    "cooccurrence",
    "rescore_calibrate",
    "rescore_cooccurrence",
    "rescore_mask_score",
    "rescored_by_cooccurrence",
]


def __dir__() -> list[str]:
    return __all__
