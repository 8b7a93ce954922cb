"""What a person waits for at the command line: help, a few images, the first run, a check.

    python -m tests.bench waiting [--images N] [--runs N]

Each command runs in turns with what it is measured by. The first run has a cache folder of its own,
which is empty, so that all kernels are compiled. Folders are temporary but for the workloads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.many_categories import CATEGORIES
from tests.bench.processes import Process, prepared, say, timed, turns

SEGEVAL = (sys.executable, "-m", "segeval_cli")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: what is run.
        command: the command.
        beside: what its ratios are taken to; None for nothing.
    """

    name: str
    command: Sequence[str]
    beside: Sequence[str] | None = None


def rows(images: int) -> list[Row]:
    """What is measured, the check on some images."""
    few, many = (coco(number) for number in (40, images))
    categories = files(prepared("categories", ("many_categories",), ("{}",)))
    ap = (*SEGEVAL, "ap")
    return [
        Row(
            "`segeval --help`, to `import typer, rich`",
            (*SEGEVAL, "--help"),
            (sys.executable, "-c", "import typer, rich"),
        ),
        Row("`segeval ap`, 40 images", (*ap, *few)),
        Row(
            f"`segeval check`, {images:,} images, to `ap`", (*SEGEVAL, "check", *many), (*ap, *many)
        ),
        Row(f"`segeval ap`, {CATEGORIES:,} categories", (*ap, *categories, "--iou", "bbox")),
    ]


def coco(images: int) -> tuple[str, str]:
    """Predictions and ground truth of the coco workload."""
    made = ("coco", "{}", "--images", str(images))
    return files(prepared(f"coco-{images}", ("outlines", "workload"), made))


def files(folder: Path) -> tuple[str, str]:
    """The files of a folder, in the order of the command line."""
    return str(folder / "preds.json"), str(folder / "gt.json")


def measure(row: Row, runs: int) -> str:
    """A row of the table in Markdown: medians, and medians of ratios within a round."""
    commands = {"own": row.command} | ({} if row.beside is None else {"other": row.beside})
    found: dict[str, list[Process]] = {name: [] for name in commands}
    for command in commands.values():
        timed(command)  # what is not compiled yet is compiled now
    for _, order in turns(list(commands), runs):
        for name in order:
            found[name].append(timed(commands[name]))
    return cells(row.name, found["own"], found.get("other"))


def cells(name: str, own: list[Process], other: list[Process] | None) -> str:
    """A row of the table."""
    failed = next((one.error for one in [*own, *(other or ())] if one.error), None)
    if failed:
        return f"| {name} | failed: {failed} | | | | |"
    ratios = "- | -"
    if other is not None:
        cpu = median(one.cpu / base.cpu for one, base in zip(own, other, strict=True))
        wall = median(one.wall / base.wall for one, base in zip(own, other, strict=True))
        ratios = f"{cpu:.2f} | {wall:.2f}"
    seconds = " | ".join(
        f"{median(values):.2f}" for values in ([p.cpu for p in own], [p.wall for p in own])
    )
    return f"| {name} | {seconds} | {median(p.peak_mb for p in own):.0f} | {ratios} |"


def first_run(runs: int) -> str:
    """The row of a run that compiles all its kernels."""
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="segeval-bench-") as cache:
            command = ("env", f"XDG_CACHE_HOME={cache}", "NUMBA_CACHE_DIR=", *SEGEVAL, "ap")
            found.append(timed((*command, *coco(40))))
    return cells("`segeval ap`, 40 images, the first run", found, None)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench waiting", description=__doc__)
    parser.add_argument("--full", action="store_true", help="check 5,000 images")
    parser.add_argument("--images", type=int, help="any other number of images to check")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    images = asked.images or (5000 if asked.full else 500)
    head = "| command | CPU s | wall s | peak MB | CPU ratio | wall ratio |"
    sys.stdout.write(f"medians of {asked.runs} runs\n\n{head}\n|---|---|---|---|---|---|\n")
    for row in rows(images):
        say(row.name)
        sys.stdout.write(measure(row, asked.runs) + "\n")
    sys.stdout.write(first_run(max(asked.runs // 2, 1)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
