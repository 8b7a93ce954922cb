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
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from segeval.analysis.verification import (
    OfficialCurves,
    Verification,
    VerifiedNumber,
    largest,
    reasons,
    side_by_side,
)
from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.data.coco.read_ground_truth import ground_truth_of
from segeval.data.coco.read_predictions import are_lines, predictions_of
from segeval.data.files import open_content
from segeval.data.keys import written
from segeval.data.kinds_of_ids import paired
from segeval.errors import InputError, MissingDependency
from segeval.frozen import frozen
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with
from segeval.metrics.coco.compat import COMPAT, OFFICIAL, OFFICIAL_BUCKETS
from segeval.metrics.coco.protocol import AREA_LIMIT, COCO, Protocol
from segeval.metrics.coco.selection import Selection, select
from segeval.metrics.sizes import SizeBucket

LVIS_RELEASE = "0.5.3"
"""The release of lvis to install; pycocotools always is."""


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
    min_score: float | None = None,
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
) -> Verification:
    """Scores of two files by the official package and by both of our modes.

    The settings are those of `segeval.average_precision`, for files or records, for "segm", "bbox"
    or both, and for the protocols "coco" (witness: pycocotools) and "lvis" (lvis). The package gets
    all those it has a parameter for; area_from, skip_unknown and honour_ignore concern the default
    mode only. Fewer than three caps are filled up with lower ones, because pycocotools needs three.

    Raises:
        InputError: for files or settings that the package cannot score.
        MissingDependency: if lvis is needed and not installed.

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
        ... }
        >>> verification = verify([{**box, "score": 0.9}], gt, iou="bbox")
        >>> verification.package, verification.agrees, verification.largest_difference
        ('pycocotools', True, 0.0)
    """
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        compat=compat,
        sizes=sizes,
        max_dets=max_dets,
        thresholds=thresholds,
        area_from=area_from,
        categories=categories,
        images=images,
        agnostic=agnostic,
        min_score=min_score,
        skip_unknown=skip_unknown,
        honour_ignore=honour_ignore,
    )
    return verify_with(preds, gt, arguments, workers=workers)


def verify_with(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Mapping[str, Any],
    arguments: Arguments,
    *,
    workers: int | None = None,
) -> Verification:
    """The result of `verify`, whose arguments come as one value."""
    records, preds_columns = _predictions(preds, workers)
    dataset, gt_columns = _ground_truth(gt)
    if arguments.min_score is not None:
        records = [record for record in records if record["score"] >= arguments.min_score]
    if arguments.skip_unknown:
        known = {image["id"] for image in dataset["images"]}
        records = [record for record in records if record["image_id"] in known]
    protocol = arguments.protocol
    named = None if arguments.compat == OFFICIAL else arguments.compat
    if protocol is None and named is None:
        protocol = "lvis" if gt_columns.is_lvis else "coco"
    package = named or next((name for name in COMPAT if COMPAT[name] == protocol), "pycocotools")
    installed = _installed(package)
    caps = arguments.max_dets
    default = replace(
        arguments,
        protocol=protocol or COMPAT[package],
        compat=None,
        max_dets=_three_caps(caps) if package == "pycocotools" else caps,
    )
    files = _Files(dataset, records, package)
    return _comparison(files, installed, preds_columns, gt_columns, default, workers)


@frozen(eq=False)
class _Files:
    """The input of a package: all records of both files, which it changes as it works."""

    dataset: dict[str, Any]
    records: list[dict[str, Any]]
    package: str

    def copies(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Ground truth and predictions for the package to write into."""
        annotations = [dict(annotation) for annotation in self.dataset["annotations"]]
        return {**self.dataset, "annotations": annotations}, [dict(r) for r in self.records]


def _comparison(
    files: _Files,
    installed: str,
    preds: Predictions,
    gt: GroundTruth,
    arguments: Arguments,
    workers: int | None,
) -> Verification:
    """Both of our modes, then the package on what our compat mode has selected."""
    preds, gt = paired(preds, gt)
    as_package = replace(arguments, compat=files.package, area_from=None, honour_ignore=False)
    # Ours first: on some files that our mode refuses, a package would never return.
    ours = evaluate_with(preds, gt, as_package, workers=workers)
    default, refusal = None, None
    try:
        default = evaluate_with(preds, gt, arguments, workers=workers)
    except InputError as error:
        refusal = error
    verification = Verification(
        package=files.package,
        version=installed,
        compat=ours,
        default=default,
        default_error=refusal,
        reasons=reasons(ours, default, preds, gt, arguments),
    )
    request = as_package.requests(gt)[0]
    by_category = replace(request, protocol=replace(request.protocol, agnostic=False))
    return _compared(files, verification, select(preds, gt, by_category))


def _compared(files: _Files, verification: Verification, selection: Selection) -> Verification:
    """The verification with the package's numbers, for every kind of IoU."""
    run = _run_lvis if files.package == "lvis" else _run_pycocotools
    protocol = verification.compat.protocol
    rows: list[VerifiedNumber] = []
    points = 0
    furthest = 0.0
    for iou, ours in verification.compat.scores.items():
        try:
            official = run(files, selection, protocol, iou)
        except Exception as error:
            # Any error: files that we score and the package does not are a finding.
            problem = f"{type(error).__name__}: {error}"
            return replace(verification, official_error=problem)
        default = None if verification.default is None else verification.default.scores[iou]
        rows += side_by_side(official, ours, default, protocol)
        for theirs, mine in (
            (official.precision[..., 0], ours.precision),
            (official.recall[:, :, 0, -1], ours.recall),
        ):
            points += theirs.size
            furthest = largest([furthest, float(np.abs(theirs - mine).max(initial=0.0))])
    return replace(verification, rows=tuple(rows), curve_points=points, curve_difference=furthest)


def _run_pycocotools(
    files: _Files, selection: Selection, protocol: Protocol, iou: str
) -> OfficialCurves:
    """Evaluate with pycocotools; an empty list, which it cannot load, becomes an empty object."""
    from pycocotools import coco
    from pycocotools.cocoeval import COCOeval

    dataset, records = files.copies()
    with silenced():
        gt = coco.COCO()
        gt.dataset = dataset
        gt.createIndex()
        if records:
            preds = gt.loadRes(records)
        else:
            preds = coco.COCO()
            preds.dataset = {**dataset, "annotations": []}
            preds.createIndex()
        evaluation = COCOeval(gt, preds, iou)
        params = evaluation.params
        params.imgIds = written(selection.image_ids, selection.image_keys)
        params.catIds = written(selection.category_ids, selection.category_keys)
        params.iouThrs = np.array(protocol.thresholds)
        params.maxDets = list(protocol.max_dets)
        params.areaRngLbl, params.areaRng = _area_ranges(protocol)
        params.useCats = int(not protocol.agnostic)
        evaluation.evaluate()
        evaluation.accumulate()
        summary = None
        if params.areaRngLbl == list(OFFICIAL_BUCKETS):
            evaluation.summarize()
            summary = tuple(float(number) for number in evaluation.stats)
    return OfficialCurves(
        precision=evaluation.eval["precision"][..., -1],
        recall=evaluation.eval["recall"],
        groups=(),
        summary=summary,
    )


def _run_lvis(files: _Files, selection: Selection, protocol: Protocol, iou: str) -> OfficialCurves:
    """Evaluate with lvis; an empty list, which it cannot load, becomes an empty object."""
    cap = protocol.max_dets[-1]
    dataset, records = files.copies()
    with silenced(), repaired_lvis() as lvis:

        class InMemory(lvis.LVIS):  # type: ignore[misc, name-defined]
            def _load_json(self, path: Any) -> Any:
                return path

        gt = InMemory(dataset)
        if records:
            preds = lvis.LVISResults(gt, records, max_dets=cap or -1)
        else:
            preds = lvis.LVISResults.__new__(lvis.LVISResults)
            vars(preds).update(vars(InMemory({**dataset, "annotations": []})))
        evaluation = lvis.LVISEval(gt, preds, iou)
        params = evaluation.params
        params.img_ids = written(selection.image_ids, selection.image_keys)
        params.cat_ids = written(selection.category_ids, selection.category_keys)
        params.iou_thrs = np.array(protocol.thresholds)
        params.area_rng_lbl, params.area_rng = _area_ranges(protocol)
        params.max_dets = cap
        evaluation.evaluate()
        evaluation.accumulate()
        summary = None
        if params.area_rng_lbl == list(OFFICIAL_BUCKETS):
            evaluation.summarize()
            summary = tuple(float(number) for number in evaluation.results.values())
    return OfficialCurves(
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
def silenced() -> Iterator[None]:
    """A context that silences a package's prints, logs and warnings."""
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
def repaired_lvis() -> Iterator[Any]:
    """The package lvis, repaired while in use.

    Release 0.5.3 is the last, and three things are wrong with it: it uses `numpy.float`, which
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
        import lvis

        yield lvis
    finally:
        if lacks_float:
            delattr(np, "float")
        if lacks_cv2:  # keep lvis with an empty cv2 from everyone else
            for name in [name for name in sys.modules if name.partition(".")[0] == "lvis"]:
                del sys.modules[name]
            del sys.modules["cv2"]


def _installed(package: str) -> str:
    """Version of an official package."""
    check_choice("compat", package, tuple(COMPAT))
    try:
        return version(package)
    except PackageNotFoundError:
        raise MissingDependency(
            f"verifying these files needs the package {package}: "
            f"pip install {package}=={LVIS_RELEASE}"
        ) from None


def _three_caps(max_dets: int | Sequence[int] | None) -> int | Sequence[int] | None:
    """Caps filled up with lower ones to the three that pycocotools needs, if possible."""
    if max_dets is None:
        return None
    caps = [max_dets] if isinstance(max_dets, int) else list(max_dets)
    if not caps or 0 in caps or len(caps) > 3:
        return caps
    lower = [cap for cap in (*COCO.max_dets, 2, 3) if cap < max(caps) and cap not in caps]
    return sorted([*lower[: 3 - len(caps)], *caps])


def _predictions(
    source: str | Path | Sequence[Any], workers: int | None
) -> tuple[list[dict[str, Any]], Predictions]:
    """Predictions as records and as columns; a stream is read only once."""
    if isinstance(source, Predictions):
        raise InputError(
            "`preds` is columns, expected a path or records, as the official package reads them",
            code="input",
            option="preds",
        )
    if not isinstance(source, str | Path):
        return list(source), load_predictions(source, workers=workers)
    content = open_content(source)
    columns = predictions_of(content, lines=are_lines(content, source), workers=workers)
    content.restore()
    if content.begins == b"[":
        return json.loads(content.data.tobytes()), columns
    lines = content.data.tobytes().splitlines()
    return [json.loads(line) for line in lines if line.strip()], columns


def _ground_truth(source: str | Path | Mapping[str, Any]) -> tuple[dict[str, Any], GroundTruth]:
    """Ground truth as a dictionary and as columns."""
    if isinstance(source, GroundTruth):
        raise InputError(
            "`gt` is columns, expected a path or a dictionary, as the official package reads it",
            code="input",
            option="gt",
        )
    if not isinstance(source, str | Path):
        return dict(source), load_ground_truth(source)
    content = open_content(source)
    columns = ground_truth_of(content)
    content.restore()
    return json.loads(content.data.tobytes()), columns
