"""Every evaluator that is timed, behind one function each: two files in, numbers out.

    python -m tests.bench.evaluators EVALUATOR GT PREDS segm|boundary|bbox coco|lvis REPORT

runs one of them in this process and writes what it took and what it found to REPORT. Modules are
imported before the clock starts, except what segeval itself puts off until it is needed: linking
the compiled kernels (and, elsewhere than on Linux, importing numba) counts as its work.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import json
import logging
import os
import sys
import time
import types
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

Numbers = dict[str, float]
"""The official numbers by the official keys; -1 is undefined."""

COCO_KEYS = (
    *("AP", "AP50", "AP75", "APs", "APm", "APl"),
    *("AR1", "AR10", "AR100", "ARs", "ARm", "ARl"),
)
LVIS_KEYS = (
    *("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf"),
    *("AR@300", "ARs@300", "ARm@300", "ARl@300"),
)
KEYS = {"coco": COCO_KEYS, "lvis": LVIS_KEYS}
COMPAT = {"coco": "pycocotools", "lvis": "lvis"}
BOUNDARY_RATIO = 0.02


@dataclass(frozen=True)
class Job:
    """What to evaluate.

    Attributes:
        gt: ground-truth file.
        preds: predictions file.
        iou: "segm", "boundary" or "bbox".
        protocol: "coco" or "lvis".
    """

    gt: str
    preds: str
    iou: str
    protocol: str


@dataclass
class Clock:
    """Seconds of this process, all threads included, up to three moments.

    Attributes:
        wall: wall clock at the start, when files are loaded, when numbers are known.
        cpu: processor time at the same moments.
    """

    wall: list[float]
    cpu: list[float]

    def lap(self) -> None:
        """Note the time."""
        self.cpu.append(time.process_time())
        self.wall.append(time.perf_counter())


@dataclass(frozen=True)
class Report:
    """What one run took inside its process, in seconds (None: not told), and what it found."""

    load_wall: float | None
    load_cpu: float | None
    eval_wall: float | None
    eval_cpu: float | None
    numbers: Numbers


Run = Callable[[Job, Clock], Numbers]


def pycocotools(job: Job, clock: Clock) -> Numbers:
    """The official COCO numbers."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    clock.lap()
    gt = COCO(job.gt)
    preds = gt.loadRes(job.preds)
    clock.lap()
    run = COCOeval(gt, preds, job.iou)
    _evaluate(run)
    clock.lap()
    return _named(job, run.stats)


def lvis(job: Job, clock: Clock) -> Numbers:
    """The official LVIS numbers; release 0.5.3 needs `numpy.float`, and cv2 only to draw."""
    import numpy as np

    setattr(np, "float", float)  # noqa: B010 (numpy's stubs do not know it)
    sys.modules.setdefault("cv2", types.ModuleType("cv2"))
    from lvis import LVIS, LVISEval, LVISResults

    clock.lap()
    gt = LVIS(job.gt)
    preds = LVISResults(gt, job.preds, max_dets=300)
    clock.lap()
    run = LVISEval(gt, preds, job.iou)
    _evaluate(run)
    clock.lap()
    return _named(job, run.results)


def faster_coco_eval(job: Job, clock: Clock) -> Numbers:
    """faster-coco-eval, which is C++."""
    from faster_coco_eval import COCO, COCOeval_faster

    clock.lap()
    gt = COCO(job.gt)
    preds = gt.loadRes(job.preds)
    clock.lap()
    is_lvis = job.protocol == "lvis"
    options = {"lvis_style": True} if is_lvis else {}
    run = COCOeval_faster(gt, preds, job.iou, print_function=lambda *_: None, **options)
    if is_lvis:
        run.params.maxDets = [300]
    _evaluate(run)
    clock.lap()
    return _named(job, run.stats_as_dict if is_lvis else run.stats)


def hotcoco(job: Job, clock: Clock) -> Numbers:
    """hotcoco, which is Rust."""
    from hotcoco import COCO, COCOeval

    clock.lap()
    gt = COCO(job.gt)
    preds = gt.load_res(job.preds)
    clock.lap()
    run = COCOeval(gt, preds, job.iou, lvis_style=job.protocol == "lvis")
    _evaluate(run)
    clock.lap()
    return _named(job, run.get_results() if job.protocol == "lvis" else run.stats)


def ultrafast_pycocotools(job: Job, clock: Clock) -> Numbers:
    """ultrafast-pycocotools, which is Rust."""
    from ultrafast_pycocotools import COCO, COCOeval

    clock.lap()
    gt = COCO(job.gt)
    preds = gt.loadRes(job.preds)
    clock.lap()
    is_lvis = job.protocol == "lvis"
    run = COCOeval(gt, preds, job.iou, **({"lvis_style": True} if is_lvis else {}))
    _evaluate(run)
    clock.lap()
    return _named(job, run.stats_as_dict if is_lvis else run.stats)


def vernier(job: Job, clock: Clock) -> Numbers:
    """vernier, which is Rust; it reads the predictions as a part of the evaluation."""
    from vernier import _core
    from vernier.instance import Bbox, Boundary, CocoDataset, Evaluator, Segm

    clock.lap()
    content = Path(job.gt).read_bytes()
    preds = Path(job.preds).read_bytes()
    threads = _cores()
    if job.protocol == "lvis":
        gt = CocoDataset.from_lvis_json(content)
        clock.lap()
        make = {
            "segm": _core.evaluate_segm_grid,
            "boundary": partial(_core.evaluate_boundary_grid, dilation_ratio=BOUNDARY_RATIO),
            "bbox": _core.evaluate_bbox_grid,
        }[job.iou]
        grid = make(
            gt,
            preds,
            parity_mode="strict",
            max_dets_per_image=300,
            use_cats=True,
            num_threads=threads,
        )
        summary = grid.accumulate([300]).summarize_lvis(gt, [300])
    else:
        gt = CocoDataset.from_json(content)
        clock.lap()
        boundary = partial(Boundary, dilation_ratio=BOUNDARY_RATIO)
        kind = {"segm": Segm, "boundary": boundary, "bbox": Bbox}[job.iou]()
        run = Evaluator(iou=kind, parity_mode="strict")
        summary = run.evaluate(gt, preds, num_threads=threads)
    summary.pretty_lines()
    clock.lap()
    return _named(job, summary.stats)


def segeval(job: Job, clock: Clock, *, compat: bool) -> Numbers:
    """segeval from Python, in the mode that reproduces the official package or in its own."""
    from segeval import average_precision, load_ground_truth, load_predictions

    clock.lap()
    gt = load_ground_truth(job.gt)
    preds = load_predictions(job.preds)
    clock.lap()
    result = average_precision(preds, gt, iou=job.iou, compat="official" if compat else None)
    clock.lap()
    return _named(job, numbers_of(result.to_dict()["results"][job.iou]))


def numbers_of(result: Mapping[str, Any]) -> Numbers:
    """The official keys from one kind of IoU of segeval's JSON, in whichever mode it was made."""
    if "official" in result:
        return dict(result["official"])
    found = {"AP": result["ap"], "AP50": result["ap50"], "AP75": result["ap75"]}
    for size, values in result["sizes"].items():
        found[f"AP{size[0]}"] = values["ap"]
        found[f"AR{size[0]}"] = found[f"AR{size[0]}@300"] = values["ar"]
    for group, values in result.get("frequencies", {}).items():
        found[f"AP{group[0]}"] = values["ap"]
    for cap, value in result["ar_by_max_dets"].items():
        found[f"AR{cap}"] = found[f"AR@{cap}"] = value
    return {key: -1.0 if value is None else value for key, value in found.items()}


RUNS: dict[str, Run] = {
    "pycocotools": pycocotools,
    "lvis": lvis,
    "faster-coco-eval": faster_coco_eval,
    "hotcoco": hotcoco,
    "ultrafast-pycocotools": ultrafast_pycocotools,
    "vernier": vernier,
    "segeval": partial(segeval, compat=True),
    "segeval-default": partial(segeval, compat=False),
}


def _evaluate(run: Any) -> None:
    """The three steps that most evaluators have taken over from pycocotools."""
    run.evaluate()
    run.accumulate()
    run.summarize()


def _named(job: Job, found: Any) -> Numbers:
    """Numbers by official key, whatever an evaluator calls them; what it lacks is left out."""
    keys = KEYS[job.protocol]
    if not isinstance(found, Mapping):
        return dict(zip(keys, map(float, found), strict=False))
    sizes = {"s": "small", "m": "medium", "l": "large", "": "all"}
    numbers = {}
    for key in keys:
        short = key.removesuffix("@300")
        spelled = f"{short[:2]}_{sizes.get(short[2:], short[2:])}"
        value = next((found[name] for name in (key, short, spelled) if name in found), None)
        if value is not None:
            numbers[key] = float(value)
    return numbers


def _cores() -> int:
    """Cores that this process may use; vernier wants to be told."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Run one evaluator and write the report."""
    name, gt, preds, iou, protocol, report = sys.argv[1:]
    logging.disable(logging.WARNING)
    clock = Clock([], [])
    numbers = RUNS[name](Job(gt, preds, iou, protocol), clock)
    (w0, w1, w2), (c0, c1, c2) = clock.wall, clock.cpu
    took = Report(w1 - w0, c1 - c0, w2 - w1, c2 - c1, numbers)
    Path(report).write_text(json.dumps(asdict(took)), encoding="ascii")


if __name__ == "__main__":
    main()
