"""Every mistake that files can have, once; `segeval.check` lists those of two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.checks.id_map_report import check_id_maps
    from segeval.checks.report import CheckReport, GroundTruthSummary, PredictionsSummary
    from segeval.checks.together.search import check_ensemble
    from segeval.findings import Finding
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "id_map_report": "check_id_maps",
            "report": "CheckReport Finding GroundTruthSummary PredictionsSummary",
            "together.search": "check_ensemble",
        },
    )

__all__ = [
    "CheckReport",
    "Finding",
    "GroundTruthSummary",
    "PredictionsSummary",
    "check_ensemble",
    "check_id_maps",
]


def __dir__() -> list[str]:
    return __all__
