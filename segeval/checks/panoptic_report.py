"""The search for every mistake in panoptic files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segeval.checks.ground_truth import repeated_category_names
from segeval.checks.image_groups import ImageFields, images_in_groups
from segeval.checks.panoptic import (
    all_crowds,
    given_twice,
    ids_of_another_kind,
    images_without_segments,
    mistakes_of_ground_truth,
    mistakes_of_pair,
    perhaps_swapped,
)
from segeval.checks.panoptic_pictures import mistakes_of_own_pictures, mistakes_of_pictures
from segeval.checks.reading import content_of, whole_file_finding
from segeval.checks.report import CheckReport, GroundTruthSummary, PredictionsSummary, ordered
from segeval.data.joining import numbered_alike
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.read import parse_panoptic, picture_folder
from segeval.data.panoptic.refused import has_segments
from segeval.data.panoptic.wrong_ids import repeated_ids
from segeval.errors import FormatError, InputError
from segeval.findings import Finding, finding_of

OF_ONE_FILE: tuple[str, ...] = ("image ids", "segment ids")
"""What is looked for in the JSON of predictions by themselves."""

OF_A_PAIR: tuple[str, ...] = (
    "categories",
    "image ids",
    "category ids",
    "segment ids",
    "images without predictions",
)
"""What is looked for in the JSON of both, or of ground truth by itself.

"pictures" and "area field" are looked for in the pictures.
"""


def has_panoptic_annotations(source: object) -> bool:
    """Whether an input has panoptic annotations, whatever else is wrong in it."""
    if not isinstance(source, str | Path | Mapping):
        return False
    try:
        return has_segments(content_of(source, "predictions"))
    except InputError:
        return False


def panoptic_report(
    preds: object,
    gt: object,
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
) -> CheckReport:
    """Every mistake in panoptic files and their pictures.

    Args:
        preds: a path, or what such a file holds; then there are no pictures without their folder.
            Alone, it is taken for ground truth if it lists categories.
        gt: the same; None to check the first file alone.
        preds_dir: folder with the pictures of the predictions; None for the path without `.json`.
        gt_dir: folder with the pictures of the ground truth.
    """
    if gt is None:
        return _report_of_one(preds, preds_dir)
    findings: list[Finding] = []
    files: list[PanopticSegments | None] = []
    for source, name in ((preds, "predictions"), (gt, "ground truth")):
        try:
            files.append(parse_panoptic(content_of(source, name)))
        except FormatError as error:
            files.append(None)
            findings.append(whole_file_finding(error))
    repeated = [finding for file in files if file is not None for finding in repeated_ids(file)]
    findings += repeated
    found, truth = files
    kinds = OF_ONE_FILE
    if found is not None and truth is not None:
        kinds_of_ids = [*ids_of_another_kind(found, truth)]
        findings += kinds_of_ids
        if not kinds_of_ids:  # else no id of the two files can be compared
            found, truth = numbered_alike([found, truth])
            findings += mistakes_of_pair(found, truth)
            findings += images_without_segments(found, truth)
        findings += perhaps_swapped(found, truth)
        findings += all_crowds(truth)
        findings += repeated_category_names(truth.categories, truth.source, "categories")
        findings += images_in_groups(_with_fields(gt), truth)
        kinds = OF_A_PAIR
    with_folders: list[PanopticSegments] = []
    for source, folder, file, option in (
        (preds, preds_dir, found, "preds_dir"),
        (gt, gt_dir, truth, "gt_dir"),
    ):
        if file is None or (folder is None and not isinstance(source, str | Path)):
            continue
        try:
            pictures = picture_folder(str(source), folder, file.source, option)
            with_folders.append(replace(file, folder=pictures))
        except InputError as error:
            findings.append(finding_of(error, "pictures"))
    if len(with_folders) == len(files) and not repeated:
        own, other = with_folders
        findings += given_twice(own, other)
        findings += _of_pictures(own, other, findings)
        kinds = (*OF_A_PAIR, "pictures", "area field", "categories of segments")
    return CheckReport(
        findings=ordered(findings, kinds),
        predictions=None if found is None else _about_predictions(found),
        ground_truth=None if truth is None else _about_ground_truth(truth),
    )


def _with_fields(source: object) -> ImageFields | None:
    """A file whose images have fields that can be read."""
    return source if isinstance(source, str | Path | Mapping) else None


def _of_pictures(
    preds: PanopticSegments, gt: PanopticSegments, found: Sequence[Finding]
) -> list[Finding]:
    """Mistakes in the pictures of both files, which are compared if their ids can be."""
    codes = {finding.code for finding in found}
    if "id-type" in codes:
        return mistakes_of_own_pictures(preds) + mistakes_of_own_pictures(gt)
    return mistakes_of_pictures(preds, gt, are_unknown="unknown-category" in codes)


def _report_of_one(source: object, folder: str | Path | None) -> CheckReport:
    """Every mistake in one file and its pictures."""
    try:
        file = parse_panoptic(content_of(source, "predictions"))
    except FormatError as error:
        return CheckReport(findings=ordered([whole_file_finding(error)], OF_ONE_FILE))
    findings = [*repeated_ids(file)]
    can_map = not findings  # a picture cannot tell two segments with one id
    is_truth = len(file.categories) > 0
    kinds = OF_A_PAIR[:-1] if is_truth else OF_ONE_FILE
    if is_truth:
        findings += mistakes_of_ground_truth(file)
        findings += repeated_category_names(file.categories, file.source, "categories")
        findings += images_in_groups(_with_fields(source), file)
    if folder is not None or isinstance(source, str | Path):
        try:
            pictures = picture_folder(str(source), folder, file.source, "preds_dir")
        except InputError as error:
            findings.append(finding_of(error, "pictures"))
        else:
            if can_map:
                findings += mistakes_of_own_pictures(replace(file, folder=pictures))
                kinds = (*kinds, "pictures")
    return CheckReport(
        findings=ordered(findings, kinds),
        predictions=None if is_truth else _about_predictions(file),
        ground_truth=_about_ground_truth(file) if is_truth else None,
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
