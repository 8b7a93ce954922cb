"""CPU time of each kernel in a dozen commands, of this checkout and of another.

    git worktree add ../before v0.2.0
    python -m tests.bench kernels --against ../before [--images N] [--runs N]

A change in how kernels are compiled may slow down one of them, which the time of a whole command
hardly shows; this table does. Both checkouts run in turns; the first run of each, which compiles,
is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.bench.processes import ROOT, prepared, say, turns

LEAST = 0.01
"""CPU seconds of a kernel from which it has a row: others are too short to compare."""


def main() -> int:
    """Measure and print the table."""
    asked = arguments()
    trees = {"this": ROOT} | ({"other": asked.against.resolve()} if asked.against else {})
    runs: dict[str, list[Counter[str]]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as folder:
        written = commands(asked.images, Path(folder))
        for turn, order in turns(list(trees), asked.runs + 1):
            for name in order:
                say(f"{turn}/{asked.runs} {trees[name]}")
                found = kernel_seconds(trees[name], written)
                if turn:  # the first compiles
                    runs[name].append(found)
    sys.stdout.write("\n".join(table(runs)) + "\n")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--against", type=Path, help="folder of another checkout")
    parser.add_argument("--images", type=int, default=1000, help="of coco and lvis")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def commands(images: int, output: Path) -> list[list[str]]:
    """Commands that call most kernels, on workloads of so many images."""
    coco, future, lvis = (
        prepared(
            f"{name}-{images}-two-models",
            ("outlines", "workload", "second_model"),
            ["{}", name, "--images", str(images)],
        )
        for name in ("coco", "3dfuture", "lvis")
    )
    maps = prepared("label-maps-20", ("outlines", "scenes"), ["{}", "--images", "20"])
    masks, pair = files(coco, "preds", "gt"), files(future, "preds", "gt")
    streets = [str(maps / "preds"), str(maps / "gt"), "--classes", "cityscapes"]
    panoptic = files(maps, "panoptic_preds", "panoptic_gt")
    models = files(future, "preds", "other")
    merged = ["-o", str(output / "merged.json"), "--overwrite"]
    both = ["--iou", "segm", "--iou", "boundary"]
    return [
        ["ap", *masks, *both],
        ["ap", *masks, "--iou", "bbox"],
        ["ap", *files(lvis, "preds", "gt"), "--protocol", "lvis"],
        ["check", *pair],
        ["errors", *pair],
        ["oracles", *pair],
        ["threshold", *pair],
        ["compare", *files(future, "preds", "other", "gt")],
        *(["ensemble", *models, "--strategy", name, *merged] for name in ("wbf", "soft-nms")),
        *(
            ["ensemble", *models, "--strategy", name, "--iou", "segm", *merged]
            for name in ("vote", "nms")
        ),
        ["miou", *streets, "--trimap", "4,8,12,16,20"],
        ["miou", *streets, "--boundary", "--boundary-f"],
        ["pq", *panoptic, *both],
    ]


def files(folder: Path, *names: str) -> list[str]:
    """Paths of JSON files of a folder."""
    return [str(folder / f"{name}.json") for name in names]


def kernel_seconds(tree: Path, written: Sequence[Sequence[str]]) -> Counter[str]:
    """CPU seconds by the name of the kernel, of all commands together.

    Raises:
        CalledProcessError: if a command fails.
    """
    found: Counter[str] = Counter()
    clocked = str(Path(__file__).with_name("clocked.py"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "seconds.json")
        environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'cli'}"}
        for words in written:
            subprocess.run(
                [sys.executable, "-P", clocked, str(path), *words],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
            )  # fmt: skip
            found.update(json.loads(path.read_text(encoding="ascii")))
    return found


def table(runs: dict[str, list[Counter[str]]]) -> list[str]:
    """The table in Markdown, the largest ratio first; the least of all runs, as others only add."""
    least = {
        name: {kernel: min(run[kernel] for run in found) for kernel in set().union(*found)}
        for name, found in runs.items()
    }
    rows = []
    for kernel, seconds in least["this"].items():
        other = least.get("other", {}).get(kernel)
        if max(seconds, other or 0) < LEAST:
            continue
        ratio = seconds / other if other else None
        cells = [f"{each:.3f}" if each is not None else "-" for each in (seconds, other)]
        shown = "-" if ratio is None else f"{ratio:.2f}"
        rows.append((ratio or 0.0, seconds, f"| `{kernel}` | {cells[0]} | {cells[1]} | {shown} |"))
    head = ["| kernel | this, CPU s | other, CPU s | ratio |", "|---|---|---|---|"]
    return [*head, *(line for _, _, line in sorted(rows, reverse=True))]


if __name__ == "__main__":
    sys.exit(main())
