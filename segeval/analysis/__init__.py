"""What is built on metrics: how numbers come about, and how they would change."""

from segeval.analysis.sweep import SweepPoint, SweepResult, sweep_max_dets

__all__ = ["SweepPoint", "SweepResult", "sweep_max_dets"]
