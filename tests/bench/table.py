"""What was measured, as a table in Markdown."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from tests.bench.evaluators import Numbers, Report

COLUMNS = (
    "evaluator",
    "load CPU s",
    "evaluation CPU s",
    "process CPU s",
    "load wall s",
    "evaluation wall s",
    "process wall s",
    "peak MB",
    "evaluation CPU ratio",
    "process CPU ratio",
    "process wall ratio",
    "spread",
    "largest difference",
)


@dataclass(frozen=True)
class Measured:
    """One run of one evaluator.

    Attributes:
        evaluator: its name.
        task: the kind of IoU, or what else was computed.
        turn: the round, from 0.
        wall: seconds from start to end of the process.
        cpu: seconds of processor time, user and system, of all threads.
        peak_mb: largest resident memory in MB of 2**20 bytes.
        inside: what the process itself reported, None if it failed.
        error: the last line of what it said when it failed, else None.
    """

    evaluator: str
    task: str
    turn: int
    wall: float
    cpu: float
    peak_mb: float
    inside: Report | None
    error: str | None


Pick = Callable[[Measured], float | None]
"""One number of a run, None where the evaluator does not tell it."""


def markdown(measured: Sequence[Measured], iou: str, reference: str, relative_to: str) -> str:
    """The table of one kind of IoU: medians, ratios and differences of all evaluators.

    Args:
        measured: all runs.
        iou: "segm" or "bbox".
        reference: the evaluator that differences are taken to.
        relative_to: the evaluator that ratios are taken to.
    """
    runs: dict[str, list[Measured]] = {}
    for run in measured:
        if run.task == iou:
            runs.setdefault(run.evaluator, []).append(run)
    official = next((run.inside for run in runs.get(reference, []) if run.inside), None)
    base = [run for run in runs.get(relative_to, []) if run.inside]
    most = max((len(found) for found in runs.values()), default=0)
    lines = [
        "",
        f"{iou}: medians of {most} run{'' if most == 1 else 's'}; ratios to {relative_to}",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for name, found in runs.items():
        good = [run for run in found if run.inside]
        if not good:
            lines.append(f"| {name} | failed: {found[0].error} |" + " |" * (len(COLUMNS) - 2))
            continue
        title = name if len(good) == most else f"{name} (runs: {len(good)})"
        numbers = official.numbers if official else None
        lines.append(f"| {' | '.join([title, *cells(good, base, numbers)])} |")
    return "\n".join(lines)


def cells(
    good: Sequence[Measured], base: Sequence[Measured], official: Numbers | None
) -> list[str]:
    """The cells of one row behind its name."""
    evaluation = _inside("eval_cpu")
    seconds = [
        *(_inside("load_cpu"), evaluation, lambda run: run.cpu),
        *(_inside("load_wall"), _inside("eval_wall"), lambda run: run.wall),
    ]
    cpu = [run.cpu for run in good]
    own = good[0].inside
    difference = "-"
    if official is not None and own is not None:
        difference = largest_difference(own.numbers, official)
    return [
        *(_shown(middle(good, pick), "{:.2f}") for pick in seconds),
        _shown(middle(good, lambda run: run.peak_mb), "{:.0f}"),
        *(
            _shown(ratio(good, base, pick), "{:.2f}")
            for pick in (evaluation, lambda run: run.cpu, lambda run: run.wall)
        ),
        f"{(max(cpu) - min(cpu)) / median(cpu):.0%}" if len(cpu) > 1 else "-",
        difference,
    ]


def _inside(name: str) -> Pick:
    """A number that the process reported itself."""
    return lambda run: getattr(run.inside, name)


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def middle(runs: Sequence[Measured], pick: Pick) -> float | None:
    """Median over the runs."""
    values = [value for run in runs if (value := pick(run)) is not None]
    return median(values) if values else None


def ratio(runs: Sequence[Measured], base: Sequence[Measured], pick: Pick) -> float | None:
    """Median of the ratios to another evaluator within each round."""
    others = {run.turn: pick(run) for run in base}
    ratios = []
    for run in runs:
        value, other = pick(run), others.get(run.turn)
        if value is not None and other:
            ratios.append(value / other)
    return median(ratios) if ratios else None


def largest_difference(numbers: Numbers, official: Numbers) -> str:
    """The largest difference to the official numbers, and what an evaluator does not tell.

    Example:
        >>> largest_difference({"AP": 0.5, "AP50": 0.75}, {"AP": 0.5, "AP50": 0.5, "AR1": 0.25})
        '2.5e-01 (AP50), without AR1'
    """
    lacks = [key for key in official if key not in numbers]
    differences = {key: abs(numbers[key] - official[key]) for key in official if key in numbers}
    if not differences:
        return "no numbers"
    key = max(differences, key=lambda key: (math.isnan(differences[key]), differences[key]))
    text = "0" if differences[key] == 0 else f"{differences[key]:.1e} ({key})"
    return text + (f", without {', '.join(lacks)}" if lacks else "")


def surroundings(evaluators: Sequence[str], workload: Path) -> str:
    """The machine, the versions and the workload, as Markdown."""
    names = [name for name in evaluators if not name.startswith("segeval")]
    versions = [f"{name} {_version(name)}" for name in ("segeval", "numpy", "numba", *names)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f"{os.getloadavg()[0]:.1f}"
    made_from = json.loads(workload.read_text(encoding="ascii"))
    settings = ", ".join(f"{key} {value}" for key, value in made_from.items())
    return (
        f"{_processor()}, {cores} cores, load average before: {load}; {platform.system()}, "
        f"Python {platform.python_version()}\n\n"
        f"{', '.join(versions)}\n\nworkload: {settings}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(from its folder)"


def _processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
