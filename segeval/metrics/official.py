"""The official packages as witnesses: pycocotools or lvis on the same files, beside our numbers."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.data.read_ground_truth import parse_ground_truth
from segeval.data.read_predictions import parse_predictions
from segeval.errors import InputError, MissingDependency
from segeval.metrics.average_precision import COMPAT, IOUS, average_precision
from segeval.metrics.protocol import AREA_LIMIT, Protocol
from segeval.metrics.result import APResult, Scores
from segeval.metrics.selection import Request, select
from segeval.metrics.sizes import SizeBucket

OFFICIAL_BUCKETS = ("all", "small", "medium", "large")
"""The size buckets that the packages' own summaries know."""

EXPLAINING = ("area-from-mask", "id-zero")
"""Notes of the default mode that say why its numbers are not the package's."""

FREQUENCIES = ("rare", "common", "frequent")


def verify(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Mapping[str, Any],
    *,
    iou: str | Sequence[str] = "segm",
    protocol: str | None = None,
    compat: str | None = None,
    sizes: str | Sequence[SizeBucket] | None = None,
    max_dets: int | Sequence[int] | None = None,
    thresholds: Sequence[float] | None = None,
    area_from: str | None = None,
    categories: Sequence[int | str] | None = None,
    images: Sequence[int | str] | None = None,
    agnostic: bool = False,
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
) -> Verification:
    """Score two files with the official package and with both of our modes.

    The settings are those of `segeval.average_precision`. The package gets all that it has a
    parameter for; area_from, skip_unknown and honour_ignore concern the default mode only. Fewer
    than three caps are filled up for pycocotools with those of 1, 10, 100 that are lower.

    Args:
        preds: path of the predictions, or a list of COCO result records.
        gt: path of the ground truth, or a COCO or LVIS dictionary.
        iou: "segm", "bbox", or both.
        protocol: "coco" (witness: pycocotools) or "lvis" (lvis); by default what the ground
            truth's keys say.
        compat: "pycocotools" or "lvis", another way to choose the protocol.
        sizes: size buckets.
        max_dets: caps on predictions.
        thresholds: IoU thresholds.
        area_from: area of predictions in the default mode.
        categories: ids or names to evaluate.
        images: ids or file names to evaluate.
        agnostic: take all categories as one (COCO only).
        skip_unknown: drop records of unknown images and categories.
        honour_ignore: use COCO's `ignore` field in the default mode.
        workers: threads of our evaluations.

    Raises:
        InputError: for files or settings that the package cannot score.
        MissingDependency: if lvis is needed and not installed.

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = {"images": [{"id": 1}], "categories": [{"id": 1}],
        ...       "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}]}
        >>> verification = verify([{**box, "score": 0.9}], gt, iou="bbox")
        >>> verification.package, verification.agrees, verification.largest_difference
        ('pycocotools', True, 0.0)
    """
    records, preds_columns = _predictions(preds, workers)
    dataset, gt_columns = _ground_truth(gt)
    if protocol is None and compat is None:
        protocol = "lvis" if gt_columns.is_lvis else "coco"
    package = compat or next((name for name in COMPAT if COMPAT[name] == protocol), None)
    settings: dict[str, Any] = {
        "iou": iou,
        "protocol": protocol,
        "sizes": sizes,
        "max_dets": _three_caps(max_dets) if package == "pycocotools" else max_dets,
        "thresholds": thresholds,
        "categories": categories,
        "images": images,
        "agnostic": agnostic,
        "workers": workers,
    }
    own = {"area_from": area_from, "skip_unknown": skip_unknown, "honour_ignore": honour_ignore}
    # First ours: on some files that it refuses, a package would never return.
    ours = average_precision(preds_columns, gt_columns, compat=package, **settings)
    default, default_error = None, None
    try:
        default = average_precision(
            preds_columns, gt_columns, **{**settings, "protocol": ours.protocol.name}, **own
        )
    except InputError as error:
        default_error = error
    request = Request(replace(ours.protocol, agnostic=False), ours.compat, categories, images)
    witness = _Witness(ours, default, dataset, records, select(preds_columns, gt_columns, request))
    return Verification(
        package=witness.package,
        version=version(witness.package),
        compat=ours,
        default=default,
        default_error=default_error,
        reasons=_reasons(ours, default, preds_columns, gt_columns, own),
        **_compared(witness),
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """What a package is to score: records of its own, which it changes, and ascending ids."""

    dataset: dict[str, Any]
    records: list[dict[str, Any]]
    iou: str
    protocol: Protocol
    images: list[int]
    categories: list[int]


@dataclass(frozen=True, eq=False)
class _Official:
    """What a package says: precision (T, R, K, A) at the largest cap, recall (T, K, A, D)."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    groups: tuple[Sequence[int], ...]  # indices of rare, common, frequent categories
    summary: tuple[float, ...] | None  # its own summary, where it knows the buckets


def _run_pycocotools(task: _Task) -> _Official:
    """Evaluate with pycocotools; an empty list, which it cannot load, becomes an empty object."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with _silenced():
        gt = COCO()
        gt.dataset = task.dataset
        gt.createIndex()
        if task.records:
            preds = gt.loadRes(task.records)
        else:
            preds = COCO()
            preds.dataset = {**task.dataset, "annotations": []}
            preds.createIndex()
        evaluation = COCOeval(gt, preds, task.iou)
        params = evaluation.params
        params.imgIds, params.catIds = task.images, task.categories
        params.iouThrs = np.array(task.protocol.thresholds)
        params.maxDets = list(task.protocol.max_dets)
        params.areaRngLbl, params.areaRng = _area_ranges(task.protocol)
        params.useCats = int(not task.protocol.agnostic)
        evaluation.evaluate()
        evaluation.accumulate()
        summary = None
        if tuple(params.areaRngLbl) == OFFICIAL_BUCKETS:
            evaluation.summarize()
            summary = tuple(float(number) for number in evaluation.stats)
    return _Official(
        precision=evaluation.eval["precision"][..., -1],
        recall=evaluation.eval["recall"],
        groups=(),
        summary=summary,
    )


def _run_lvis(task: _Task) -> _Official:
    """Evaluate with lvis; an empty list, which it cannot load, becomes an empty object."""
    cap = task.protocol.max_dets[-1]
    with _silenced(), _repaired_lvis() as lvis:

        class InMemory(lvis.LVIS):  # type: ignore[misc, name-defined]
            def _load_json(self, path: Any) -> Any:
                return path

        gt = InMemory(task.dataset)
        if task.records:
            preds = lvis.LVISResults(gt, task.records, max_dets=cap or -1)
        else:
            preds = lvis.LVISResults.__new__(lvis.LVISResults)
            vars(preds).update(vars(InMemory({**task.dataset, "annotations": []})))
        evaluation = lvis.LVISEval(gt, preds, task.iou)
        params = evaluation.params
        params.img_ids, params.cat_ids = task.images, task.categories
        params.iou_thrs = np.array(task.protocol.thresholds)
        params.area_rng_lbl, params.area_rng = _area_ranges(task.protocol)
        params.max_dets = cap
        evaluation.evaluate()
        evaluation.accumulate()
        summary = None
        if tuple(params.area_rng_lbl) == OFFICIAL_BUCKETS:
            evaluation.summarize()
            summary = tuple(float(number) for number in evaluation.results.values())
    return _Official(
        precision=evaluation.eval["precision"],
        recall=evaluation.eval["recall"][..., None],
        groups=tuple(evaluation.freq_groups),
        summary=summary,
    )


def _area_ranges(protocol: Protocol) -> tuple[list[str], list[list[float]]]:
    """Labels and ends of all buckets, "all" first; the packages have no open end."""
    labels = ["all", *(size.name for size in protocol.sizes)]
    ends = ([size.min_area, min(size.max_area, AREA_LIMIT)] for size in protocol.sizes)
    return labels, [[0.0, AREA_LIMIT], *ends]


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Nothing that a package prints, logs or warns of comes through."""
    handlers = logging.root.handlers[:]  # importing lvis adds one
    level, disabled = logging.root.level, logging.root.manager.disable
    with (
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(action="ignore"),
    ):
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(disabled)
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)


@contextlib.contextmanager
def _repaired_lvis() -> Iterator[Any]:
    """The package lvis, repaired as long as it is in use.

    Release 0.5.3 is the last one, and three things are wrong with it: it uses `numpy.float`, which
    numpy 1.24 removed (github.com/lvis-dataset/lvis-api/issues/37; repaired there, never
    released); it imports cv2, only to draw, and OpenCV needs system libraries that servers often
    lack; it does not declare pycocotools, which we depend on ourselves.
    """
    before = {name for name in sys.modules if name.partition(".")[0] == "lvis"}
    lacks_cv2 = "cv2" not in sys.modules and not before
    lacks_float = not hasattr(np, "float")
    if lacks_cv2:
        sys.modules["cv2"] = types.ModuleType("cv2")
    if lacks_float:
        setattr(np, "float", float)  # noqa: B010 (numpy's stubs do not know it)
    try:
        try:
            import lvis
        except ImportError as error:
            raise MissingDependency(
                'the official LVIS package is not installed: pip install "segeval[lvis]"'
            ) from error
        yield lvis
    finally:
        if lacks_float:
            delattr(np, "float")
        if lacks_cv2:  # nobody else shall get lvis with an empty cv2
            for name in [name for name in sys.modules if name.partition(".")[0] == "lvis"]:
                del sys.modules[name]
            del sys.modules["cv2"]
