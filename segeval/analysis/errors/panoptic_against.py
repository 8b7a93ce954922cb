"""Errors of two models' panoptic files: which of them loses how much PQ to what."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from segeval.analysis.comparison.notes import notes_of_files
from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.errors import panoptic_difference_tables
from segeval.analysis.errors.drawn_differences import (
    drawn_differences,
    half_of,
    inputs_of_two,
    two_models,
)
from segeval.analysis.errors.options import Resampling, resampling_of, settings_of_draws
from segeval.analysis.errors.panoptic_difference_tables import ByKind
from segeval.analysis.errors.panoptic_differences import panoptic_differences
from segeval.analysis.errors.panoptic_errors import panoptic_errors
from segeval.analysis.errors.panoptic_result import PanopticErrors
from segeval.analysis.errors.panoptic_shares import PANOPTIC_KINDS
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.read import load_panoptic
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.metrics.result import Description, Result, first_of

PANOPTIC_AGAINST: Description[ByKind] = Description(
    place=f"{__name__}:PANOPTIC_AGAINST",
    schema="segeval/errors/1",
    primary=lambda scores: first_of(scores).all.pq.b,
    brief=panoptic_difference_tables.brief,
    headline=panoptic_difference_tables.headline,
    summary=panoptic_difference_tables.summary,
    tables=panoptic_difference_tables.all_tables,
    values=lambda scores: {kind: own.to_dict() for kind, own in scores.items()},
)


@frozen(eq=False, repr=False, kw_only=True)
class PanopticErrorDifferences(Result[ByKind]):
    """Where two models lose panoptic quality, by kind of error."""

    about: Description[ByKind] = PANOPTIC_AGAINST

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the second model wins and loses, if there is something to say."""
        text = panoptic_difference_tables.sentence(first_of(self.scores))
        return (text,) if text else ()


def panoptic_error_differences(
    a: str | Path | PanopticSegments,
    b: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    *,
    gt_dir: str | Path | None = None,
    iou: str | Sequence[str] = "segm",
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    compat: str | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> PanopticErrorDifferences:
    """Where two models lose panoptic quality, by kind of error, and the difference.

    Args:
        a: predictions of the first model, as in `panoptic_quality`.
        b: those of the second.
        gt: ground truth.
        gt_dir: folder with its pictures.
        iou: as in `panoptic_errors`, and so the next ones.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: the same in pixels.
        compat: "official" reproduces two errors of the official tools.
        ci: add 95 % intervals of the differences, from draws of images that both models share, and
            for each kind the swap test of `compare`, corrected for all kinds, with a verdict.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: images that are drawn together, as in `compare`; by default each is by itself.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: as `panoptic_errors`, and for impossible numbers of draws.
        FormatError: as `panoptic_errors`.
        MismatchError: as `panoptic_errors`.

    Example:
        >>> import json, tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> cat = {"id": 1, "category_id": 3, "area": 12, "iscrowd": 0}
        >>> picture = {"image_id": 1, "file_name": "1.png", "segments_info": [cat]}
        >>> categories = [{"id": 3, "name": "cat", "isthing": 1}]
        >>> data = {"annotations": [picture], "categories": categories}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     a, gt = Path(folder, "a.json"), Path(folder, "gt.json")
        ...     for path in (a, gt):
        ...         path.with_suffix("").mkdir()
        ...         Image.new("RGB", (4, 3), (1, 0, 0)).save(path.with_suffix("") / "1.png")
        ...         _ = path.write_text(json.dumps(data))
        ...     panoptic_error_differences(a, a, gt).scores["segm"].all.pq.difference
        0.0
    """
    started = time.perf_counter()
    drawn = resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups)
    truth = gt if isinstance(gt, PanopticSegments) else load_panoptic(gt, gt_dir, option="gt_dir")
    measured = partial(
        panoptic_errors,
        gt=truth,
        iou=iou,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        compat=compat,
        workers=workers,
    )
    first = measured(a, on_progress=half_of(on_progress, 0))
    second = measured(b, on_progress=half_of(on_progress, 1))
    return panoptic_differences_of(first, second, drawn, gt=gt, started=started, workers=workers)


def panoptic_differences_of(
    first: PanopticErrors,
    second: PanopticErrors,
    drawn: Resampling | None,
    *,
    started: float,
    gt: object = None,
    workers: int | None = None,
) -> PanopticErrorDifferences:
    """Where two models lose panoptic quality, from the errors of both.

    Args:
        first: of one model.
        second: of the other, on the same ground truth.
        drawn: how intervals are made, None for none.
        started: when it began, by `time.perf_counter`.
        gt: ground truth, where groups are a field of its images.
        workers: threads, None for all cores.

    Raises:
        MismatchError: if the two were measured on other images, or in another way.
    """
    models = two_models(first, second)
    families = [
        [(iou, "all", "kinds", kind, "share") for kind in PANOPTIC_KINDS] for iou in first.scores
    ]
    found, notes = drawn_differences(models, drawn, gt, families, workers)
    return PanopticErrorDifferences(
        scores={
            kind: panoptic_differences(own, second.scores[kind], kind, found)
            for kind, own in first.scores.items()
        },
        inputs=inputs_of_two(first, second),
        settings={**first.settings, **settings_of_draws(drawn)},
        notes=(*notes_of_files(models), *notes),
        seconds=time.perf_counter() - started,
    )
