"""Every mistake that files can have, once."""

from segeval.checks.report import check
from segeval.checks.summaries import CheckReport, GroundTruthSummary, PredictionsSummary
from segeval.findings import Finding

__all__ = ["CheckReport", "Finding", "GroundTruthSummary", "PredictionsSummary", "check"]
