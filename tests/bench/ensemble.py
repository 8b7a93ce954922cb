"""Time the merging of models: whole runs, and WBF and mask votes beside what others do.

    python -m tests.bench ensemble [--scale 0.1] [--runs N] [--folder PATH]

Five models of 5,000 images make 100 predictions each, 2.5 million masks in 1.2 GB, in a temporary
folder (`--folder` keeps it for the next run). `--scale` takes that share of all images. Every run
is a fresh process. Progress goes to standard error, the tables in Markdown to standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

# Nothing heavy is imported here, for the same reason as in tests/bench/peers.py.
from tests.bench.processes import FOLDER, Process, prepared, say, timed, turns
from tests.bench.table import surroundings

MODELS = 5
IMAGES, FEW_IMAGES = 5000, 500
"""Images of the whole runs, and of what is timed beside others."""

MASK_SIZE = 1200

SCORES = "77.21,77.32,77.38,77.37,76.95"
"""Validation AP of the models of the 3D-FUTURE paper."""

WHOLE = {
    "interp": ["--strategy", "interp", "--scores", SCORES],
    "nms --iou segm": ["--strategy", "nms", "--iou", "segm"],
    "vote --iou segm": ["--strategy", "vote", "--iou", "segm"],
    "wbf --iou segm": ["--strategy", "wbf", "--iou", "segm"],
}
"""Whole runs of `segeval ensemble`: read, fuse, write."""

PARTS = {
    "wbf": "WBF of boxes",
    "masks": f"one mask of five, {MASK_SIZE} x {MASK_SIZE}",
    "leave-one-out": "leave one of five models out",
}
"""What runs in one process, by name."""


def main() -> int:
    """Measure and print the tables."""
    asked = arguments()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    wanted = asked.tasks.split(",")
    wrong = [task for task in wanted if task not in (*WHOLE, *PARTS)]
    if wrong:
        raise SystemExit(
            f"there is no {wrong[0]!r}, expected some of {', '.join([*WHOLE, *PARTS])}"
        )
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary) if asked.folder is None else asked.folder
        few = workload(base, max(round(FEW_IMAGES * asked.scale), 2))
        lines = [surroundings(["ensemble-boxes"], few / "workload.json"), ""]
        whole = {name: each for name, each in WHOLE.items() if name in wanted}
        if whole:
            folder = workload(base, max(round(IMAGES * asked.scale), 2))
            lines += [*whole_runs(whole, folder, few, asked.runs), ""]
        for name in (each for each in PARTS if each in wanted):
            lines += [*part(name, few, asked.runs), ""]
    sys.stdout.write("\n".join(lines))
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "ensemble.md").write_text("\n".join(lines), encoding="utf-8")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--scale", type=float, default=1.0, help="share of the images")
    add("--runs", type=int, default=3)
    add("--full", action="store_true", help=argparse.SUPPRESS)  # which it is anyway
    add("--folder", type=Path, help="keep the files here for the next run")
    add(
        "--tasks",
        default=",".join([*WHOLE, *PARTS]),
        help="some of: " + ", ".join([*WHOLE, *PARTS]),
    )
    add("--cores", type=int, help="let every process use that many cores (Linux)")
    return parser.parse_args()


def workload(base: Path, images: int) -> Path:
    """The files of five models, made unless they are there."""
    return prepared(
        f"ensemble-{images}",
        ("outlines", "workload"),
        ["coco", "{}", "--images", str(images), "--models", str(MODELS)],
        base=base,
    )


def models(folder: Path) -> list[Path]:
    """The predictions of each model."""
    return [folder / "preds.json", *(folder / f"model_{k}.json" for k in range(2, MODELS + 1))]


def whole_runs(tasks: dict[str, list[str]], folder: Path, few: Path, runs: int) -> list[str]:
    """Whole runs of the command, after one on a few images that may compile kernels."""
    size = sum(path.stat().st_size for path in models(folder)) / 2**20
    found: dict[str, list[Process]] = {name: [] for name in tasks}
    for options in tasks.values():
        merged(few, options)
    for turn, names in turns(list(tasks), runs):
        for name in names:
            ended = merged(folder, tasks[name])
            took = f"{ended.cpu:6.2f} CPU s {ended.wall:6.2f} s {ended.peak_mb:5.0f} MB"
            say(f"{turn + 1}/{runs} {name:16} {ended.error or took}")
            if ended.error is None:
                found[name].append(ended)
    lines = [
        f"Whole runs: {MODELS} files of together {size:.0f} MB are read, fused and written.",
        "",
        "| strategy | CPU s | wall s | peak MB | peak by size of the files |",
        "|---|---|---|---|---|",
    ]
    for name, processes in found.items():
        if not processes:
            lines.append(f"| {name} | - | - | - | - |")
            continue
        cpu, wall, peak = (
            median(getattr(each, key) for each in processes) for key in ("cpu", "wall", "peak_mb")
        )
        lines.append(f"| {name} | {cpu:.1f} | {wall:.1f} | {peak:.0f} | {peak / size:.2f} |")
    return lines


def merged(folder: Path, options: Sequence[str]) -> Process:
    """One run of the command, whose output is thrown away."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        output = str(Path(temporary) / "out.json")
        command = [sys.executable, "-m", "segeval_cli", "ensemble", *map(str, models(folder))]
        return timed([*command, *options, "-o", output])


def part(name: str, folder: Path, runs: int) -> list[str]:
    """Medians of what one process measures."""
    found: list[dict[str, Any]] = []
    for turn in range(runs):
        ended = timed([sys.executable, "-m", "tests.bench.ensemble_parts", name, str(folder)])
        if ended.error is not None:
            say(f"{name} is left out: {ended.error}")
            return []
        rows = json.loads(ended.output)
        say(f"{turn + 1}/{runs} {name}: " + ", ".join(f"{row['cpu']:.3g} CPU s" for row in rows))
        found += rows
    lines = [f"{PARTS[name]}:", "", "| what runs | CPU ms | wall ms | CPU ratio | note |"]
    lines.append("|---|---|---|---|---|")
    titles = list(dict.fromkeys(row["task"] for row in found))
    first = median(row["cpu"] for row in found if row["task"] == titles[0])
    for title in titles:
        own = [row for row in found if row["task"] == title]
        cpu, wall = (1000 * median(row[key] for row in own) for key in ("cpu", "wall"))
        note = own[0].get("note", "")
        lines.append(f"| {title} | {cpu:.4g} | {wall:.4g} | {cpu / first / 1000:.3g} | {note} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
