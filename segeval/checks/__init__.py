"""Every mistake that files can have, once; `segeval.check` lists those of two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.checks.report import CheckReport, GroundTruthSummary, PredictionsSummary
    from segeval.findings import Finding
else:
    __getattr__ = on_first_use(
        __name__, {"report": "CheckReport Finding GroundTruthSummary PredictionsSummary"}
    )

__all__ = ["CheckReport", "Finding", "GroundTruthSummary", "PredictionsSummary"]


def __dir__() -> list[str]:
    return __all__
