"""Every mistake that files can have, once; `segeval.check` lists those of two files."""

from segeval.checks.report import CheckReport, GroundTruthSummary, PredictionsSummary
from segeval.findings import Finding

__all__ = ["CheckReport", "Finding", "GroundTruthSummary", "PredictionsSummary"]
