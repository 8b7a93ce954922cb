"""Time the bootstrap and the swap test of two models, and error kinds, beside hotcoco and tidecv.

    python -m tests.bench.comparing [--full] [--runs N] [--workloads coco,lvis] [--cores N]

Every run is a fresh process that evaluates both models and then times each task on its own. Memory
is the peak of a task above what the process held before (Linux). Progress goes to standard error,
the table in Markdown to standard output and, with every run, to the folder .benchmarks.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.processes import FOLDER, prepared, say, timed, turns
from tests.bench.table import surroundings

IMAGES = {"coco": (500, 5000), "lvis": (200, 2000)}
"""Images of every workload: small and full."""

REPLICATES = 1000

PEER_REPLICATES = 20
"""Those of hotcoco, whose replicates take as long as evaluations."""

PEER = "hotcoco"
"""The one other tool that compares two models; it draws only the summary numbers of COCO."""

TIDE = "tidecv"
"""The package of TIDE, which matches once more whenever it explains errors."""

ERROR_REPLICATES = 200
"""Draws of the images for intervals of error kinds."""

Task = Callable[[], Any]


def main() -> int:
    """Measure and print the table."""
    asked = arguments()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    names = ["segeval"]
    for peer in (PEER, TIDE):
        if find_spec(peer):
            names.append(peer)
        else:
            say(f"{peer} is not installed, so it is left out")
    lines, raw = [], []
    for workload in asked.workloads.split(","):
        images = asked.images or IMAGES[workload][asked.full]
        folder = prepared(
            f"{workload}-{images}-two-models",
            ("outlines", "workload", "second_model"),
            ["{}", workload, "--images", str(images)],
        )
        lines += [surroundings(names, folder / "workload.json"), ""]
        found = measured(folder, workload, names, asked.runs)
        lines += [*table(found), ""]
        raw += found
    sys.stdout.write("\n".join(lines))
    (FOLDER / "comparing.md").write_text("\n".join(lines), encoding="utf-8")
    (FOLDER / "comparing.json").write_text(json.dumps(raw, indent=1), encoding="ascii")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the published size")
    parser.add_argument("--images", type=int, help="any other number of images")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workloads", default="coco,lvis")
    parser.add_argument("--cores", type=int, help="let every process use that many cores (Linux)")
    return parser.parse_args()


def measured(folder: Path, workload: str, names: list[str], runs: int) -> list[dict[str, Any]]:
    """All runs of one workload, after one that does not count: it may compile kernels."""
    own = [name for name in names if name == "segeval" or workload == "coco"]
    found = []
    for name in own:
        run_once(name, folder, workload)
    for turn, order in turns(own, runs):
        for name in order:
            for task in run_once(name, folder, workload):
                found.append({"evaluator": name, "workload": workload, "turn": turn, **task})
                say(f"{turn + 1}/{runs} {workload} {name:8} {task['task']:40} {task['wall']:.2f} s")
    return found


def run_once(name: str, folder: Path, workload: str) -> list[dict[str, Any]]:
    """The tasks of one evaluator in a process of its own."""
    ended = timed(
        [sys.executable, "-m", "tests.bench.comparing", "run", name, str(folder), workload]
    )
    if ended.error is not None:
        say(f"{name} is left out: {ended.error}")
        return []
    tasks: list[dict[str, Any]] = json.loads(ended.output)
    return tasks


def table(found: list[dict[str, Any]]) -> list[str]:
    """Medians of every task, in Markdown."""
    lines = [
        "| evaluator | task | wall s | CPU s | MB on top |",
        "|---|---|---|---|---|",
    ]
    for name, task in dict.fromkeys((run["evaluator"], run["task"]) for run in found):
        runs = [run for run in found if (run["evaluator"], run["task"]) == (name, task)]
        wall, cpu, memory = (median(run[key] for run in runs) for key in ("wall", "cpu", "mb"))
        lines.append(f"| {name} | {task} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |")
    return lines


def run(name: str, folder: Path, workload: str) -> None:
    """Time every task of one evaluator in this process and print what it took, as JSON."""
    makers = {"segeval": segeval_tasks, PEER: hotcoco_tasks, TIDE: tidecv_tasks}
    rows = []
    for title, task in makers[name](folder, workload).items():
        before = memory_before()
        wall, cpu = time.perf_counter(), time.process_time()
        task()
        rows.append(
            {
                "task": title,
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "mb": peak_mb() - before,
            }
        )
    sys.stdout.write(json.dumps(rows))


def memory_before() -> float:
    """Resident memory now, which becomes the peak so far; 0 elsewhere than on Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return 0.0
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def peak_mb() -> float:
    """Largest resident memory since `memory_before`, in MB of 2**20 bytes; 0 as there."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def segeval_tasks(folder: Path, workload: str) -> dict[str, Task]:
    """The bootstrap of one model and of two, and the swap test, from two evaluations."""
    import segeval
    from segeval.analysis.resampling.draws import Units, copies, swaps
    from segeval.analysis.resampling.resampled import resampled

    results = [
        segeval.average_precision(folder / name, folder / "gt.json", iou="bbox", protocol=workload)
        for name in ("preds.json", "other.json")
    ]

    def bootstrap(models: int) -> list[Any]:
        drawn = [resampled(result) for result in results[:models]]
        weights = copies(Units.of_keys(drawn[0].image_keys), 0, 0, REPLICATES)
        return [own.numbers(weights) for own in drawn]

    def swap() -> Any:
        one, other = map(resampled, results)
        return one.mixed(other, swaps(Units.of_keys(one.image_keys), 0, 0, REPLICATES))

    return {
        f"{REPLICATES} replicates, every size and category": lambda: bootstrap(1),
        f"{REPLICATES} replicates of two models": lambda: bootstrap(2),
        f"{REPLICATES} swaps, both mixed sets": swap,
        **error_tasks(folder, workload),
    }


def error_tasks(folder: Path, workload: str) -> dict[str, Task]:
    """Error kinds of masks, from an evaluation; IoUs across categories are part of the task."""
    from segeval.analysis.errors.measure import additive
    from segeval.analysis.errors.options import ErrorOptions, Resampling
    from segeval.analysis.errors.sources import FromFiles
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.average_precision import evaluations

    half, ten = (
        next(
            evaluations(
                folder / "preds.json",
                folder / "gt.json",
                Arguments(iou="segm", protocol=workload, thresholds=thresholds),
                None,
            )
        )
        for thresholds in ((0.5,), None)
    )
    drawn = ErrorOptions(resampling=Resampling(resamples=ERROR_REPLICATES))
    return {
        "error kinds at IoU 0.50": lambda: additive(FromFiles(half), ErrorOptions(), None, None),
        "error kinds at ten thresholds": lambda: additive(
            FromFiles(ten), ErrorOptions(), None, None
        ),
        f"error kinds at IoU 0.50, {ERROR_REPLICATES} replicates": lambda: additive(
            FromFiles(half), drawn, None, None
        ),
    }


def hotcoco_tasks(folder: Path, workload: str) -> dict[str, Task]:
    """hotcoco's `compare` of two evaluations: intervals of its summary numbers only."""
    from hotcoco import COCO, COCOeval, compare

    gt = COCO(str(folder / "gt.json"))
    evaluated = []
    for name in ("preds.json", "other.json"):
        one = COCOeval(gt, gt.load_res(str(folder / name)), "bbox")
        one.evaluate()
        evaluated.append(one)
    title = f"{PEER_REPLICATES} replicates of two models, summary numbers only"
    masks = COCOeval(gt, gt.load_res(str(folder / "preds.json")), "segm")
    masks.evaluate()
    return {
        title: lambda: compare(*evaluated, n_bootstrap=PEER_REPLICATES),
        "error kinds at IoU 0.50": masks.tide_errors,
    }


def tidecv_tasks(folder: Path, workload: str) -> dict[str, Task]:
    """tidecv's error kinds of masks; its matching cannot be timed apart."""
    import tidecv
    from tidecv import datasets

    gt = datasets.COCO(str(folder / "gt.json"))
    preds = datasets.COCOResult(str(folder / "preds.json"))

    def explain() -> Any:
        run = tidecv.TIDE()
        run.evaluate(gt, preds, mode=tidecv.TIDE.MASK)
        return run.get_all_errors()

    return {"error kinds at IoU 0.50, matching included": explain}


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(main())
