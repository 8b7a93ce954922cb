"""Time segeval on label maps and other pictures, beside numpy, SciPy and the official tool.

    python -m tests.bench.label_maps [--images N] [--runs N] [--tasks ...]

Every run is a fresh process, and the evaluators of a task take turns, as in tests/bench/peers.py.
Progress goes to standard error, a table in Markdown per task to standard output and, with every
single run, to the folder .benchmarks.
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
from statistics import median

# Nothing heavy is imported here, for the same reason as in tests/bench/peers.py.
from tests.bench.evaluators import Report
from tests.bench.picture_evaluators import REFERENCES, TASKS
from tests.bench.processes import FOLDER, prepared, say, timed, turns
from tests.bench.table import Measured, largest_difference, middle, ratio, surroundings

IMAGES = (20, 100)
"""Pictures: small and full."""

WARM_UP_IMAGES = 2

PACKAGES = {
    "cityscapesScripts": "cityscapesScripts",
    "numpy-bincount-scipy": "scipy",
    "pillow": "pillow",
}
"""What an evaluator is installed as."""

COLUMNS = (
    "evaluator",
    "Mpx per CPU s",
    "CPU ms per image",
    "CPU s",
    "wall s",
    "process CPU s",
    "peak MB",
    "CPU ratio",
    "wall ratio",
    "spread",
    "largest difference",
)


@dataclass(frozen=True)
class Pictures:
    """What is evaluated.

    Attributes:
        folder: of `tests/bench/scenes.py`.
        images: how many.
        pixels: of one of them.
    """

    folder: Path
    images: int
    pixels: int


def main() -> int:
    """Measure and print the tables; 1 if no evaluator ran."""
    asked = arguments()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    tasks = asked.tasks.split(",")
    wrong = [task for task in tasks if task not in TASKS]
    if wrong:
        raise SystemExit(f"there is no {wrong[0]!r}, expected some of {', '.join(TASKS)}")
    pictures = made(IMAGES[asked.full] if asked.images is None else asked.images)
    few = made(WARM_UP_IMAGES)
    installed = tuple(package for package in PACKAGES.values() if is_installed(package))
    before = surroundings(installed, pictures.folder / "workload.json")
    sound = {task: [name for name in TASKS[task] if can_run(task, name, few)] for task in tasks}
    measured = []
    for task, evaluators in sound.items():
        for turn, names in turns(evaluators, asked.runs):
            for name in names:
                run = measure(task, name, pictures, turn)
                took = f"{run.cpu:7.2f} CPU s {run.wall:7.2f} s {run.peak_mb:6.0f} MB"
                say(f"{turn + 1}/{asked.runs} {task}: {name:22} {run.error or took}")
                measured.append(run)
    table = "\n".join([before, *(markdown(measured, task, pictures) for task in tasks)]) + "\n"
    sys.stdout.write(table)
    (FOLDER / f"{pictures.folder.name}.md").write_text(table, encoding="utf-8")
    raw = json.dumps([asdict(run) for run in measured], indent=1)
    (FOLDER / f"{pictures.folder.name}.json").write_text(raw, encoding="ascii")
    return int(all(run.error is not None for run in measured))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--full", action="store_true", help="the published size")
    add("--images", type=int, help="any other number of pictures")
    add("--runs", type=int, default=5)
    add("--tasks", default=",".join(TASKS), help="some of: " + ", ".join(TASKS))
    add("--cores", type=int, help="let every process use that many cores only (Linux)")
    return parser.parse_args()


def made(images: int) -> Pictures:
    """So many pictures, made unless they are there."""
    makers = ("outlines", "scenes")
    folder = prepared(f"label-maps-{images}", makers, ["{}", "--images", str(images)])
    height, width = json.loads((folder / "workload.json").read_text(encoding="ascii"))["size"]
    return Pictures(folder, images, height * width)


def is_installed(package: str) -> bool:
    """Whether a package is there; says so if not."""
    try:
        version(package)
    except PackageNotFoundError:
        say(f"{package} is not installed")
        return False
    return True


def can_run(task: str, name: str, few: Pictures) -> bool:
    """Whether an evaluator can do this; segeval compiles its kernels now if it must."""
    try:
        version(PACKAGES.get(name, "numpy"))
    except PackageNotFoundError:
        return False
    tried = measure(task, name, few, -1)
    if tried.error is not None:
        say(f"{name} is left out, {task}: {tried.error}")
    return tried.error is None


def measure(task: str, name: str, pictures: Pictures, turn: int) -> Measured:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as room:
        report = Path(room, "report")
        module = [sys.executable, "-m", "tests.bench.picture_evaluators"]
        ended = timed([*module, task, name, str(pictures.folder), str(report)])
        found = None
        if ended.error is None:
            found = Report(**json.loads(report.read_text(encoding="ascii")))
    return Measured(
        evaluator=name,
        task=task,
        turn=turn,
        wall=ended.wall,
        cpu=ended.cpu,
        peak_mb=ended.peak_mb,
        inside=found,
        error=ended.error,
    )


def markdown(measured: Sequence[Measured], task: str, pictures: Pictures) -> str:
    """The table of one task: medians, ratios to segeval and differences."""
    runs: dict[str, list[Measured]] = {name: [] for name in TASKS[task]}
    for run in measured:
        if run.task == task and run.inside:
            runs[run.evaluator].append(run)
    base = runs[next(iter(TASKS[task]))]
    official = next((runs[name][0] for name in REFERENCES if runs.get(name)), None)
    most = max(map(len, runs.values()))
    heading = f"{task}: medians of {most} run{'' if most == 1 else 's'}"
    if official:
        heading += f"; differences to {official.evaluator}"
    lines = [
        "",
        heading,
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for name, found in runs.items():
        if found:
            lines.append(f"| {' | '.join([name, *cells(found, base, official, pictures)])} |")
    return "\n".join(lines)


def cells(
    found: Sequence[Measured],
    base: Sequence[Measured],
    official: Measured | None,
    pictures: Pictures,
) -> list[str]:
    """The cells of one row behind its name."""
    seconds = [run.inside.eval_cpu for run in found if run.inside and run.inside.eval_cpu]
    cpu = median(seconds)
    own = found[0].inside
    difference = "-"
    if official and official.inside and own and own.numbers:
        difference = largest_difference(own.numbers, official.inside.numbers)
    return [
        f"{pictures.images * pictures.pixels / 1e6 / cpu:.0f}",
        f"{1000 * cpu / pictures.images:.1f}",
        f"{cpu:.2f}",
        f"{middle(found, eval_wall) or 0:.2f}",
        f"{median(run.cpu for run in found):.2f}",
        f"{median(run.peak_mb for run in found):.0f}",
        f"{ratio(found, base, eval_cpu) or 0:.2f}",
        f"{ratio(found, base, eval_wall) or 0:.2f}",
        f"{(max(seconds) - min(seconds)) / cpu:.0%}" if len(seconds) > 1 else "-",
        difference,
    ]


def eval_cpu(run: Measured) -> float | None:
    """Processor time of the evaluation."""
    return run.inside.eval_cpu if run.inside else None


def eval_wall(run: Measured) -> float | None:
    """Wall clock of the evaluation."""
    return run.inside.eval_wall if run.inside else None


if __name__ == "__main__":
    sys.exit(main())
