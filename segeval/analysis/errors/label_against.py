"""Wrong pixels of two models' label maps: which of them loses how much IoU to what."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.notes import notes_of_files
from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.errors import label_difference_tables
from segeval.analysis.errors.drawn_differences import (
    drawn_differences,
    half_of,
    inputs_of_two,
    two_models,
)
from segeval.analysis.errors.label_differences import (
    LabelErrorDifferenceScores,
    label_differences,
)
from segeval.analysis.errors.label_maps import label_errors
from segeval.analysis.errors.label_result import LabelErrors
from segeval.analysis.errors.label_scores import LABEL_KINDS
from segeval.analysis.errors.options import Resampling, resampling_of, settings_of_draws
from segeval.data.label_maps.classes import Classes, Ignored
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.metrics.result import Description, Result

LabelMaps = str | Path | Sequence[Any]
"""A folder, a file, or arrays or paths of files."""

LABEL_AGAINST: Description[LabelErrorDifferenceScores] = Description(
    place=f"{__name__}:LABEL_AGAINST",
    schema="segeval/errors/1",
    primary=lambda scores: scores.miou.b,
    brief=LabelErrorDifferenceScores.brief,
    headline=label_difference_tables.headline,
    summary=label_difference_tables.summary,
    tables=label_difference_tables.all_tables,
    values=LabelErrorDifferenceScores.to_dict,
)


@frozen(eq=False, repr=False, kw_only=True)
class LabelErrorDifferences(Result[LabelErrorDifferenceScores]):
    """Where two models lose the IoU of label maps, by kind of error."""

    about: Description[LabelErrorDifferenceScores] = LABEL_AGAINST

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the second model wins and loses, if there is something to say."""
        text = label_difference_tables.sentence(self.scores)
        return (text,) if text else ()


def label_error_differences(
    a: LabelMaps,
    b: LabelMaps,
    gt: LabelMaps,
    *,
    classes: Classes,
    ignore: Ignored = (),
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> LabelErrorDifferences:
    """Where two models lose the IoU of label maps, by kind of error, and the difference.

    Args:
        a: label maps of the first model, as in `mean_iou`.
        b: label maps of the second.
        gt: as in `mean_iou`.
        classes: as in `mean_iou`.
        ignore: as in `mean_iou`.
        boundary_ratio: as in `label_errors`.
        boundary_px: as in `label_errors`.
        ci: add 95 % intervals of the differences, from draws of images that both models share, and
            for each kind the swap test of `compare`, corrected for all kinds, with a verdict.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: images that are drawn together, as in `compare`; by default each is by itself.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of label maps done, and of all.

    Raises:
        InputError: as `label_errors`, and for impossible numbers of draws.
        FormatError: as `label_errors`.
        MismatchError: as `label_errors`.

    Example:
        >>> import numpy as np
        >>> gt = np.array([[0, 0, 0, 0, 1, 1, 1, 1]])
        >>> pred = np.array([[1, 0, 0, 0, 0, 1, 1, 1]])
        >>> found = label_error_differences([pred], [gt], [gt], classes=2).scores
        >>> round(found.kinds["boundary"].share.difference, 3)
        -0.2
    """
    started = time.perf_counter()
    drawn = resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups)
    measured = partial(
        label_errors,
        gt=gt,
        classes=classes,
        ignore=ignore,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        workers=workers,
    )
    first = measured(a, on_progress=half_of(on_progress, 0))
    second = measured(b, on_progress=half_of(on_progress, 1))
    return label_differences_of(first, second, drawn, gt=gt, workers=workers, started=started)


def label_differences_of(
    first: LabelErrors,
    second: LabelErrors,
    drawn: Resampling | None,
    *,
    gt: LabelMaps | None = None,
    workers: int | None = None,
    started: float | None = None,
) -> LabelErrorDifferences:
    """The same from wrong pixels that are counted already.

    Args:
        first: of the first model.
        second: of the second one, on the same images with the same classes.
        drawn: draws of the images for intervals; None for none.
        gt: ground truth, where groups are a field of its images.
        workers: threads, None for all cores.
        started: time at which the run began, by `time.perf_counter`; None for now.
    """
    started = time.perf_counter() if started is None else started
    models = two_models(first, second)
    kinds = [("kinds", kind, "share") for kind in LABEL_KINDS]
    found, notes = drawn_differences(models, drawn, gt, [kinds], workers)
    return LabelErrorDifferences(
        scores=label_differences(first.scores, second.scores, found),
        inputs=inputs_of_two(first, second),
        settings={**first.settings, **settings_of_draws(drawn)},
        notes=(*notes_of_files(models), *notes),
        seconds=time.perf_counter() - started,
    )
