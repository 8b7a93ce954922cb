"""The search for mistakes in the predictions of several models, before they are merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from segeval.checks.reading import (
    GroundTruthToCheck,
    PredictionsToCheck,
    Reading,
    read_ground_truth,
    read_predictions,
)
from segeval.checks.report import CheckReport, PredictionsSummary, ordered
from segeval.checks.search import about_predictions, report_of
from segeval.checks.together.coverage import (
    boxes_beside_masks,
    empty_models,
    fractions_beside_pixels,
    other_categories,
    other_images,
)
from segeval.checks.together.lineup import Lineup
from segeval.checks.together.rows import repeated_models, repeated_rows
from segeval.checks.together.scores import other_scales, rounded_scores
from segeval.checks.together.weighable import mask_sizes_of_models, scores_to_weigh
from segeval.data.columns import Categories, Predictions
from segeval.errors import InputError, MismatchError
from segeval.findings import Finding, finding_of, raise_first

CHECKS: tuple[tuple[str, Callable[[Lineup], Iterator[Finding]]], ...] = (
    ("score", scores_to_weigh),
    ("models", empty_models),
    ("images of models", other_images),
    ("coordinates of models", fractions_beside_pixels),
    ("masks of models", mask_sizes_of_models),
    ("masks of models", boxes_beside_masks),
    ("categories of models", other_categories),
    ("models", repeated_models),
    ("repeats", repeated_rows),
    ("scores of models", rounded_scores),
    ("scores of models", other_scales),
)
"""Kinds of findings, and the function that finds them."""

OF_EXPERTS = ("categories-of-others", "images-of-others", "other-category-ids")
"""Codes of what is as it should be where models know different categories."""

OF_VIEWS = ("same-model", "nearly-same-model", "constant-factor", "images-of-others")
"""Codes of what may be where all predictions are one model's on changed images or parts."""

OF_TILES = ("repeats",)
"""Codes of what may be where tiles overlap: an object that two of them show whole."""


def check_ensemble(
    models: Sequence[PredictionsToCheck], gt: GroundTruthToCheck | None = None
) -> CheckReport:
    """Every mistake that would spoil an ensemble of models, without merging them.

    The errors of each file alone are listed, and then what the files have only together: scores
    that are a constant times another model's, that are rounded, or on another scale; categories
    and images that a file lacks or numbers otherwise; fractions beside pixels; boxes beside masks;
    one model twice. What overlaps is looked for in the best predictions of some of the images.

    Args:
        models: predictions of two or more models, each as in `segeval.check`.
        gt: ground truth, as there; None to check the predictions alone.

    Raises:
        InputError: for fewer than two models, or if there is no such file.

    Example:
        >>> rows = [
        ...     {"image_id": k, "category_id": 1, "bbox": [k, 5, 9, 9], "score": k / 64}
        ...     for k in range(1, 41)
        ... ]
        >>> half = [{**row, "score": row["score"] / 2} for row in rows]
        >>> [each.code for each in check_ensemble([rows, half]).warnings]
        ['constant-factor']
    """
    if isinstance(models, str | Predictions) or len(models) < 2:
        raise InputError(
            "expected the predictions of two or more models, got "
            f"{1 if isinstance(models, str | Predictions) else len(models)}.",
            code="file-count",
            option="models",
        )
    readings = [read_predictions(each) for each in models]
    truth = None if gt is None else read_ground_truth(gt)
    of_truth = None if truth is None or truth.columns is None else truth.columns.source
    findings: list[Finding] = []
    sound: list[Predictions] = []
    for reading in readings:
        own = [each for each in report_of(reading, truth, None).findings if each.level == "error"]
        own = [each for each in own if each.path != of_truth or each not in findings]
        findings += own
        if reading.columns is not None and not own:
            sound.append(reading.columns)
    looked_for: list[str] = []
    if len(sound) > 1:
        named = None if truth is None or truth.columns is None else truth.columns.categories
        findings += _found(sound, looked_for, categories=named)
    return CheckReport(
        findings=ordered(findings, looked_for),
        models=tuple(_summaries(readings)),
        ground_truth=None if truth is None else report_of(None, truth, None).ground_truth,
    )


def ensemble_warnings(
    models: Sequence[Predictions],
    *,
    know_alike: bool = True,
    are_views: bool = False,
    are_tiles: bool = False,
    categories: Categories | None = None,
) -> list[Finding]:
    """What to know of models that are merged, as warnings.

    Args:
        models: predictions of one or more.
        know_alike: whether all should know the same categories, as nothing else was said.
        are_views: whether they are one model's on changed images, which may well be alike.
        are_tiles: whether each is of tiles, of which two may show the same object alike.
        categories: of the ground truth, for names; None without any.

    Raises:
        MismatchError: for models that cannot be merged, of which the first reason is named.
        FormatError: for a score below 0.
    """
    expected = (
        *(() if know_alike else OF_EXPERTS),
        *(OF_VIEWS if are_views else ()),
        *(OF_TILES if are_tiles else ()),
    )
    every = _found(models, [], is_merged=True, categories=categories)
    findings = [each for each in every if each.code not in expected]
    raise_first(each for each in findings if each.level == "error")
    return findings


def _found(
    models: Sequence[Predictions],
    looked_for: list[str],
    *,
    is_merged: bool = False,
    categories: Categories | None = None,
) -> Iterator[Finding]:
    """What models have together; the kinds that were looked for are added to `looked_for`."""
    try:
        lineup = Lineup.of(models, is_merged=is_merged, categories=categories)
    except MismatchError as error:
        yield finding_of(error, "ids of models")
        return
    for kind, find in CHECKS:
        looked_for.append(kind)
        with np.errstate(all="ignore"):  # boxes and scores may be of any size
            found = list(find(lineup))
        yield from found
        if any(each.level == "error" and each.code not in OF_VIEWS for each in found):
            return  # what follows may only follow from it


def _summaries(readings: Sequence[Reading[Predictions]]) -> Iterator[PredictionsSummary]:
    """The header lines of the files that could be read."""
    for reading in readings:
        summary = about_predictions(reading)
        if summary is not None:
            yield summary
