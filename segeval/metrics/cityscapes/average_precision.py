"""Instance AP of Cityscapes: from two folders to a result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from segeval.checks.whole_set import without_predictions
from segeval.data.cityscapes.frames import FrameFiles, find_frames
from segeval.data.cityscapes.instances import (
    InstanceFrame,
    coco_ground_truth,
    coco_predictions,
    read_frame,
)
from segeval.data.cityscapes.labels import CITYSCAPES_RATIO
from segeval.errors import Note
from segeval.findings import Finding, note_of
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.masks import encode
from segeval.metrics.boundary_settings import BoundarySettings, boundary_settings
from segeval.metrics.choices import check_choice, kinds_of_iou
from segeval.metrics.cityscapes.matching import (
    LEAST_PIXELS,
    THRESHOLDS,
    FrameMatches,
    match_frame,
)
from segeval.metrics.cityscapes.result import CategoryScores, CityscapesResult, CocoScores
from segeval.metrics.cityscapes.statistics import CityscapesStatistics, cityscapes_statistics
from segeval.metrics.cityscapes.summary import cityscapes_scores
from segeval.metrics.coco.average_precision import average_precision
from segeval.metrics.coco.result import APResult
from segeval.words import counted

IOUS = ("segm", "boundary")


@frozen(eq=False)
class _Outcome:
    """Matches of one image per kind of IoU, and the image itself if the coco protocol needs it."""

    matches: tuple[FrameMatches, ...]
    has_8_bits: bool
    frame: InstanceFrame | None


def cityscapes_ap(
    preds: str | Path,
    gt: str | Path,
    *,
    iou: str | Sequence[str] = "segm",
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    compat: str | None = None,
    coco_style: bool = False,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> CityscapesResult:
    """AP of Cityscapes' instances, by masks or boundaries.

    Args:
        preds: folder with a list of predictions per image, lines of `mask.png label confidence`.
        gt: folder with `*_instanceIds.png` of 16 bits; images are paired by city, sequence and
            frame.
        iou: "segm" (masks), "boundary" (the smaller of mask IoU and boundary IoU), or both.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal, else 0.005.
        boundary_px: width of the boundary in pixels, instead of the ratio.
        compat: "official" treats faulty files as cityscapesScripts does; on others the numbers are
            the same.
        coco_style: compute AP by the coco protocol as well, with groups as crowd regions.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: for arguments that make no sense, or folders without such files.
        FormatError: for a file that cannot be used.
        MismatchError: for files that do not belong together.

    Source:
        Equal to cityscapesScripts 2.3.0 (masks) and boundary-iou-api 37d2558 (boundaries).

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> labels = np.full((20, 30), 7, np.uint16)
        >>> labels[5:15, 5:20] = 26001
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt, preds = Path(folder, "gt"), Path(folder, "preds")
        ...     gt.mkdir(), preds.mkdir()
        ...     Image.fromarray(labels).save(gt / "ulm_000000_000019_gtFine_instanceIds.png")
        ...     Image.fromarray(labels == 26001).save(preds / "car.png")
        ...     (preds / "ulm_000000_000019.txt").write_text("car.png 26 0.9")
        ...     cityscapes_ap(preds, gt)
        (None, None)
        14
        CityscapesResult(preds vs gt: segm AP 100.0)
    """
    started = time.perf_counter()
    ious = kinds_of_iou(iou, IOUS, "for Cityscapes")
    check_choice("compat", compat, ("official",), "(cityscapesScripts) for Cityscapes")
    width = boundary_settings(
        boundary_ratio, boundary_px, compared="boundary" in ious, default=CITYSCAPES_RATIO
    )
    files, notes = find_frames(preds, gt, compat=compat)

    def one(place: int) -> _Outcome:
        frame = read_frame(files[place], compat=compat)
        matches = match_frame(frame, ious, width)
        return _Outcome(matches, frame.has_8_bits, _without_void(frame) if coco_style else None)

    outcomes = list(in_order(one, range(len(files)), workers, on_progress=on_progress))
    statistics = {
        kind: cityscapes_statistics(
            [outcome.matches[place] for outcome in outcomes],
            [each.frame for each in files],
            kind,
            {"compat": compat, **(width.settings() if kind == "boundary" else {})},
        )
        for place, kind in enumerate(ious)
    }
    objects = int(statistics[ious[0]].gt.sum())
    empty = sum(outcome.matches[0].empty for outcome in outcomes)
    with_8_bits = sum(outcome.has_8_bits for outcome in outcomes)
    frames = [outcome.frame for outcome in outcomes if outcome.frame is not None]
    coco = _by_coco(frames, str(preds), str(gt), ious, width, workers) if coco_style else None
    scores = {
        kind: replace(cityscapes_scores(each), coco=None if coco is None else of_coco(coco, kind))
        for kind, each in statistics.items()
    }
    return CityscapesResult(
        scores=scores,
        inputs={
            "preds": {"path": str(preds), "count": sum(len(each.masks) for each in files)},
            "gt": {"path": str(gt), "count": objects, "images": len(files)},
        },
        settings=_settings(ious, width, compat=compat, coco_style=coco_style),
        notes=(
            *notes,
            *_notes(str(preds), str(gt), with_8_bits, empty, objects),
            *map(note_of, _unpredicted(str(preds), files, statistics[ious[0]])),
        ),
        seconds=time.perf_counter() - started,
        coco=coco,
        statistics=statistics,
    )


def _settings(
    ious: Sequence[str], width: BoundarySettings, *, compat: str | None, coco_style: bool
) -> dict[str, Any]:
    """The settings asked for, as plain values."""
    return {
        "protocol": "cityscapes",
        "compat": compat,
        "iou": list(ious),
        "thresholds": list(THRESHOLDS),
        "least_pixels": LEAST_PIXELS,
        **width.settings(),
        "coco_style": coco_style,
    }


def _by_coco(
    frames: Sequence[InstanceFrame],
    preds: str,
    gt: str,
    ious: Sequence[str],
    width: BoundarySettings,
    workers: int | None,
) -> APResult:
    """AP of the same images by the coco protocol."""
    return average_precision(
        coco_predictions(frames, preds),
        coco_ground_truth(frames, gt),
        iou=ious,
        protocol="coco",
        workers=workers,
        **width.settings(),
    )


def _without_void(frame: InstanceFrame) -> InstanceFrame:
    """The image without the mask of void, which COCO lacks, to save memory."""
    return replace(frame, void=encode([np.zeros((0, 0), bool)]))


def of_coco(result: APResult, kind: str) -> CocoScores:
    """The main numbers of the coco protocol.

    Args:
        result: of that protocol.
        kind: of IoU.
    """
    scores = result.scores[kind]
    return CocoScores(
        ap=scores.overall.ap,
        ap50=scores.overall.ap50,
        categories=tuple(
            CategoryScores(int(each.id), each.name, each.gt, each.preds, each.ap, each.ap50)
            for each in scores.categories
        ),
    )


def _unpredicted(
    preds: str, files: Sequence[FrameFiles], statistics: CityscapesStatistics
) -> Iterator[Finding]:
    """Images with objects but an empty list of predictions."""
    counts = zip(statistics.keys, statistics.gt.sum(axis=1).tolist(), strict=True)
    frames = [frame for frame, count in counts if count]
    listed = {each.frame: len(each.masks) for each in files}
    return without_predictions(preds, frames, np.array([listed[frame] for frame in frames]))


def _notes(preds: str, gt: str, with_8_bits: int, empty: int, objects: int) -> list[Note]:
    """Notes on the masks."""
    notes = []
    if with_8_bits:
        found = counted(with_8_bits, "picture")
        message = f"{gt}: {found} of 8 bits, which cannot hold single objects"
        notes.append(Note("picture-bits", message, with_8_bits))
    if empty:
        found = counted(empty, "prediction", "predictions")
        message = f"{preds}: {found} without a pixel left out"
        notes.append(Note("empty-mask", message, empty))
    if not objects:
        message = f"{gt}: no object of {LEAST_PIXELS} pixels or more in a class with instances"
        notes.append(Note("no-ground-truth", message, 0))
    return notes
