"""Time segeval beside the other evaluators on one synthetic workload.

    python -m tests.bench.peers coco|lvis|3dfuture [--full] [--runs N] [--iou segm,bbox] ...

Every run is a fresh process. The evaluators take turns, and each round begins with another one, so
that a burst of load from elsewhere meets all of them. Progress goes to standard error, the table in
Markdown to standard output and, with every single run, to the folder .benchmarks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Nothing heavy is imported here: what a child reports as its peak memory begins with the memory of
# the process that it was started from.
from tests.bench.evaluators import COMPAT, RUNS, Job, Report, numbers_of
from tests.bench.processes import FOLDER, prepared, say, timed, turns
from tests.bench.table import Measured, markdown, surroundings

IMAGES = {"coco": (500, 5000), "lvis": (200, 2000), "3dfuture": (200, 2000)}
"""Images of every workload: small and full."""

WARM_UP_IMAGES = 20

COMMANDS = {"segeval-cli": True, "segeval-cli-default": False}
"""The command line, and whether it reproduces the official package."""

AT_BOUNDARIES = "vernier"
"""Boundaries have no official package to install: what numbers and seconds are taken to there."""

SLOW = ("faster-coco-eval", "ultrafast-pycocotools")
"""Those that take minutes for boundaries."""

EVALUATORS = (*RUNS, *COMMANDS)


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        jobs: the files, one job per kind of IoU.
        warm_ups: the same kinds of IoU on a few images.
        evaluators: names, those of `EVALUATORS` that are installed and know the protocol.
        runs: rounds in which every evaluator runs once.
        reference_runs: rounds in which the official package takes part.
    """

    jobs: tuple[Job, ...]
    warm_ups: tuple[Job, ...]
    evaluators: tuple[str, ...]
    runs: int
    reference_runs: int


def main() -> int:
    """Measure and print the table; 1 if no evaluator ran."""
    asked = arguments()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    protocol = "lvis" if asked.workload == "lvis" else "coco"
    images = IMAGES[asked.workload][asked.full] if asked.images is None else asked.images
    files = workload(asked.workload, images, boxes=asked.boxes)
    few = workload(asked.workload, WARM_UP_IMAGES, boxes=asked.boxes)
    ious = asked.iou.split(",")
    plan = Plan(
        jobs=tuple(job(files, iou, protocol) for iou in ious),
        warm_ups=tuple(job(few, iou, protocol) for iou in ious),
        evaluators=available(asked.evaluators.split(","), protocol),
        runs=asked.runs,
        reference_runs=asked.reference_runs,
    )
    before = surroundings(plan.evaluators, files / "workload.json")
    measured = measure_all(plan)
    tables = [
        markdown(
            measured,
            iou,
            AT_BOUNDARIES if iou == "boundary" else COMPAT[protocol],
            asked.relative_to or (AT_BOUNDARIES if iou == "boundary" else "ultrafast-pycocotools"),
        )
        for iou in ious
    ]
    table = "\n".join([before, *tables])
    sys.stdout.write(table + "\n")
    name = f"peers-{files.name}"
    (FOLDER / f"{name}.md").write_text(table + "\n", encoding="utf-8")
    raw = json.dumps([asdict(run) for run in measured], indent=1)
    (FOLDER / f"{name}.json").write_text(raw, encoding="ascii")
    return int(all(run.error is not None for run in measured))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("workload", choices=IMAGES)
    add("--full", action="store_true", help="the published size, which takes long")
    add("--images", type=int, help="any other number of images")
    add("--no-boxes", dest="boxes", action="store_false", help="predictions of masks only")
    add("--runs", type=int, default=5)
    add("--reference-runs", type=int, default=1, help="runs of the slow official package")
    add("--iou", default="segm", help="segm, boundary, bbox, or several with commas")
    add("--evaluators", default=",".join(EVALUATORS))
    add("--relative-to", help="what ratios are taken to (ultrafast-pycocotools; vernier)")
    add("--cores", type=int, help="let every process use that many cores only (Linux)")
    return parser.parse_args()


def workload(name: str, images: int, *, boxes: bool) -> Path:
    """The folder of a workload of some size."""
    folder = f"{name}-{images}{'' if boxes else '-no-boxes'}"
    options = ["--images", str(images), *([] if boxes else ["--no-boxes"])]
    return prepared(folder, ("outlines", "workload"), [name, "{}", *options])


def job(folder: Path, iou: str, protocol: str) -> Job:
    """The files of a workload as a job."""
    return Job(str(folder / "gt.json"), str(folder / "preds.json"), iou, protocol)


def available(names: Sequence[str], protocol: str) -> tuple[str, ...]:
    """The evaluators that are installed and know the protocol."""
    found = []
    for name in names:
        if name not in EVALUATORS:
            raise SystemExit(f"there is no {name!r}, expected some of {', '.join(EVALUATORS)}")
        if name in COMPAT.values() and name != COMPAT[protocol]:
            continue
        if not name.startswith("segeval"):
            try:
                version(name)
            except PackageNotFoundError:
                say(f"{name} is not installed")
                continue
        found.append(name)
    return tuple(found)


def measure_all(plan: Plan) -> list[Measured]:
    """Every run in turn, after one on a few images that does not count."""
    sound = [name for name in plan.evaluators if warmed_up(name, plan.warm_ups)]
    measured = []
    for turn, names in turns(sound, plan.runs):
        for each in plan.jobs:
            for name in names:
                slow = name in COMPAT.values() or (each.iou == "boundary" and name in SLOW)
                if slow and turn >= plan.reference_runs:
                    continue
                run = measure(name, each, turn)
                took = f"{run.cpu:7.2f} CPU s {run.wall:7.2f} s {run.peak_mb:6.0f} MB"
                say(f"{turn + 1}/{plan.runs} {each.iou} {name:22} {run.error or took}")
                measured.append(run)
    return measured


def warmed_up(name: str, jobs: Sequence[Job]) -> bool:
    """Whether an evaluator can do all of this; segeval compiles its kernels now if it must."""
    for each in jobs:
        tried = measure(name, each, -1)
        if tried.error is not None:
            say(f"{name} is left out, {each.iou}: {tried.error}")
            return False
    return True


def measure(name: str, job: Job, turn: int) -> Measured:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        words = command(name, job, report)
        ended = timed(words)
        found = None
        if ended.error is None and name in COMMANDS:
            # JSON also holds digests of the files, which no other evaluator makes
            result = json.loads(timed([*words, "--json"]).output)["results"][job.iou]
            found = Report(None, None, None, None, numbers_of(result))
        elif ended.error is None:
            found = Report(**json.loads(report.read_text()))
    return Measured(
        evaluator=name,
        task=job.iou,
        turn=turn,
        wall=ended.wall,
        cpu=ended.cpu,
        peak_mb=ended.peak_mb,
        inside=found,
        error=ended.error,
    )


def command(name: str, job: Job, report: Path) -> list[str]:
    """The command of one run."""
    if name in COMMANDS:
        start = ["-c", "from segeval_cli.main import main; main()"]
        mode = ["--compat", "official"] if COMMANDS[name] else []
        return [sys.executable, *start, "ap", job.preds, job.gt, "--iou", job.iou, *mode]
    start = ["-m", "tests.bench.evaluators", name]
    return [sys.executable, *start, job.gt, job.preds, job.iou, job.protocol, str(report)]


if __name__ == "__main__":
    sys.exit(main())
