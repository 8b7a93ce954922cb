"""The search for every mistake in panoptic files."""

from __future__ import annotations

import numpy as np

from segeval.checks.panoptic import mistakes_of_pair
from segeval.checks.reading import content_of, whole_file_finding
from segeval.checks.summaries import CheckReport, GroundTruthSummary, PredictionsSummary, ordered
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.read import parse_panoptic
from segeval.data.panoptic.wrong_ids import repeated_ids
from segeval.errors import FormatError
from segeval.findings import Finding

KINDS = ("categories", "image ids", "category ids", "segment ids")
"""Kinds of mistakes that are looked for."""


def panoptic_report(preds: object, gt: object) -> CheckReport:
    """Every mistake in the JSON of two panoptic files; pictures are not read.

    Args:
        preds: a path, or the content of such a file.
        gt: a path, or the content of such a file.
    """
    findings: list[Finding] = []
    files: list[PanopticSegments | None] = []
    for source, name in ((preds, "predictions"), (gt, "ground truth")):
        try:
            files.append(parse_panoptic(content_of(source, name)))
        except FormatError as error:
            files.append(None)
            findings.append(whole_file_finding(error))
    found, truth = files
    for file in files:
        findings += [] if file is None else repeated_ids(file)
    if found is not None and truth is not None:
        findings += mistakes_of_pair(found, truth)
    return CheckReport(
        findings=ordered(findings, KINDS),
        predictions=None if found is None else _about_predictions(found),
        ground_truth=None if truth is None else _about_ground_truth(truth),
    )


def _about_predictions(preds: PanopticSegments) -> PredictionsSummary:
    """The header line of the predictions."""
    return PredictionsSummary(
        source=preds.source,
        count=len(preds.id),
        images=len(preds),
        categories=len(np.unique(preds.category_id)),
        encoding="panoptic",
        score_min=None,
        score_max=None,
    )


def _about_ground_truth(gt: PanopticSegments) -> GroundTruthSummary:
    """The header line of the ground truth."""
    return GroundTruthSummary(
        source=gt.source,
        count=len(gt.id),
        images=len(gt),
        categories=len(gt.categories),
        encoding="panoptic",
        crowds=int(gt.is_crowd.sum()),
        is_lvis=False,
    )
