"""Every mistake that files can have, once."""

from segeval.checks.findings import CheckReport, Finding, GroundTruthSummary, PredictionsSummary
from segeval.checks.report import check

__all__ = ["CheckReport", "Finding", "GroundTruthSummary", "PredictionsSummary", "check"]
