"""Where panoptic quality is lost: from two files to a result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.analysis.errors.panoptic_result import PanopticErrors
from segeval.analysis.errors.panoptic_shares import panoptic_error_scores
from segeval.analysis.errors.panoptic_statistics import panoptic_error_statistics
from segeval.data.panoptic.columns import PanopticSegments
from segeval.kernels.threads import OnProgress
from segeval.metrics.panoptic.loading import loaded_pair
from segeval.metrics.panoptic.quality import judged_images, quality_of, rules_of_run


def panoptic_errors(
    preds: str | Path | PanopticSegments,
    gt: str | Path | PanopticSegments,
    *,
    preds_dir: str | Path | None = None,
    gt_dir: str | Path | None = None,
    iou: str | Sequence[str] = "segm",
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    compat: str | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> PanopticErrors:
    """How much panoptic quality is lost to poor masks, wrong categories, false and missed segments.

    PQ and the shares of the four kinds add up to 1, for every category, and so for the means.

    Args:
        preds: as in `panoptic_quality`, and so the others.
        gt: ground truth.
        preds_dir: folder with the pictures of the predictions.
        gt_dir: the same of the ground truth.
        iou: "segm", "boundary", or several.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: the same in pixels.
        compat: "official" reproduces two errors of the official tools.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: as `panoptic_quality`.
        FormatError: as `panoptic_quality`.
        MismatchError: as `panoptic_quality`.

    Example:
        >>> import json, tempfile
        >>> from PIL import Image
        >>> cat = {"id": 1, "category_id": 3, "area": 12, "iscrowd": 0}
        >>> picture = {"image_id": 1, "file_name": "1.png", "segments_info": [cat]}
        >>> categories = [{"id": 3, "name": "cat", "isthing": 1}]
        >>> categories.append({"id": 5, "name": "dog", "isthing": 1})
        >>> data = {"annotations": [picture], "categories": categories}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt, preds = Path(folder, "gt.json"), Path(folder, "preds.json")
        ...     for file in (gt, preds):
        ...         file.with_suffix("").mkdir()
        ...         Image.new("RGB", (4, 3), (1, 0, 0)).save(file.with_suffix("") / "1.png")
        ...         _ = file.write_text(json.dumps(data))
        ...         cat["category_id"] = 5  # in the second file
        ...     found = panoptic_errors(preds, gt)
        >>> found.first.all.kinds["confusion"]
        SegmentErrors(share=1.0, count=2)
    """
    started = time.perf_counter()
    rules = rules_of_run(iou, boundary_ratio, boundary_px, compat)
    preds, gt = loaded_pair(preds, gt, preds_dir, gt_dir)
    found = judged_images(
        preds, gt, range(len(gt)), rules, workers, on_progress, with_outcomes=True
    )
    quality = quality_of(found, preds, gt, rules, started)
    outcomes = {kind: SegmentOutcomes.of(preds, gt, found, kind) for kind in rules.kinds}
    statistics = {
        kind: panoptic_error_statistics(quality.statistics[kind], own)
        for kind, own in outcomes.items()
    }
    return PanopticErrors(
        scores={kind: panoptic_error_scores(own) for kind, own in statistics.items()},
        inputs=quality.inputs,
        settings=quality.settings,
        notes=quality.notes,
        seconds=time.perf_counter() - started,
        quality=quality,
        statistics=statistics,
        outcomes=outcomes,
    )
