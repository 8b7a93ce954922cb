"""An evaluation in pieces: CPU time of 64 shards, and memory of merging and reading parts.

    python -m tests.bench pieces [--scale 0.1] [--data FOLDER] [--no-processes] [--sizes 1,4,16]

The sizes are how many times the data of the coco workload is merged; other images get other ids.
What is written lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.bench.processes import Process, prepared, say, timed

FILES = 64
PARTS = 4
"""Parts of each copy of the data that is merged."""

STEP = 10_000_000
"""From the ids of one copy of the data to those of the next."""

PROGRAM = [sys.executable, "-m", "segeval_cli"]
HERE = [sys.executable, "-m", "tests.bench.pieces"]


def cut(source: Path, folder: Path) -> None:
    """Write the predictions to `FILES` files, in their order; images lie in one file each."""
    records = json.loads((source / "preds.json").read_bytes())
    images = sorted({record["image_id"] for record in records})
    place = {image: at * FILES // len(images) for at, image in enumerate(images)}
    lists: list[list[object]] = [[] for _ in range(FILES)]
    for record in records:
        lists[place[record["image_id"]]].append(record)
    folder.mkdir()
    for number, own in enumerate(lists):
        (folder / f"{number:02}.json").write_text(json.dumps(own))


def write_parts(source: Path, folder: Path, size: int) -> None:
    """Match copies of the data with other ids, each in `PARTS` parts."""
    from segeval import load_ground_truth, load_predictions
    from segeval.metrics.coco.parts.part import match_part

    preds, gt = load_predictions(source / "preds.json"), load_ground_truth(source / "gt.json")
    for copy in range(size):
        more = copy * STEP
        own = replace(preds, image_id=preds.image_id + more, source=f"preds-{copy:02}.json")
        names = tuple(f"{copy}-{name}" for name in gt.images.file_names)
        images = replace(gt.images, id=gt.images.id + more, file_names=names)
        own_gt = replace(gt, images=images, image_id=gt.image_id + more, id=gt.id + more)
        for part in range(1, PARTS + 1):
            match_part(own, own_gt, folder / f"{copy:02}-{part}.match", shard=(part, PARTS))


def match_here(preds: str, gt: str, path: str) -> None:
    """Match all files in one process, in threads, and print the result of one run."""
    from segeval.metrics.coco.parts import ap_of_part, match_parts

    with ThreadPoolExecutor(2) as pool:
        match_parts(preds, gt, path, executor=pool, shards=FILES)
    sys.stdout.write(json.dumps(ap_of_part(path).to_dict()["results"]))


def row(name: str, process: Process, base: Process | None = None) -> None:
    """Print what a process took."""
    if process.error is not None:
        sys.stdout.write(f"| {name} | failed: {process.error} | | |\n")
        return
    ratio = "" if base is None else f"{process.cpu / base.cpu:.2f}"
    sys.stdout.write(f"| {name} | {process.cpu:.2f} | {ratio} | {process.peak_mb:.0f} |\n")
    sys.stdout.flush()


def shards(source: Path, folder: Path, *, processes: bool) -> None:
    """CPU time of one run, of 64 shards in one process, and of 64 processes."""
    say(f"writing {FILES} files of predictions")
    timed([*HERE, "cut", str(source), str(folder / "preds")])
    preds, gt = str(folder / "preds"), str(source / "gt.json")
    one = timed([*PROGRAM, "ap", str(source / "preds.json"), gt, "--json"])
    row("one run of one file", one)
    row(f"one run of {FILES} files", timed([*PROGRAM, "ap", preds, gt, "--json"]), one)
    path = str(folder / "all.match")
    threads = timed([*HERE, "match", preds, gt, path])
    row(f"{FILES} shards in one process, merged and read", threads, one)
    if one.error is None and threads.error is None:
        same = json.loads(one.output)["results"] == json.loads(threads.output)
        sys.stdout.write(f"\nequal results: {'yes' if same else 'NO'}\n\n")
    if processes:
        spent = 0.0
        for number in range(FILES):
            own = [str(folder / "preds"), gt, "--shard", f"{number + 1}/{FILES}"]
            process = timed([*PROGRAM, "match", *own, "-q", "-o", str(folder / f"{number}.match")])
            spent += process.cpu
        sys.stdout.write(f"{FILES} processes that read all files: {spent:.1f} s of CPU\n\n")


def memory(source: Path, folder: Path, sizes: list[int]) -> None:
    """CPU time and memory of merging and reading once, four and sixteen times the data."""
    parts = folder / "parts"
    parts.mkdir()
    say(f"matching {max(sizes)} copies of the data")
    timed([*HERE, "write", str(source), str(parts), str(max(sizes))])
    for size in sizes:
        own = [str(path) for path in sorted(parts.iterdir()) if int(path.name[:2]) < size]
        path = str(folder / f"{size}-times.match")
        row(f"merge, {size} x", timed([*PROGRAM, "merge", *own, "-q", "-o", path]))
        row(f"ap, {size} x", timed([*PROGRAM, "ap", path, "-q"]))


def main() -> int:
    """Run the benchmark."""
    if sys.argv[1:2] == ["match"]:
        match_here(*sys.argv[2:5])
        return 0
    if sys.argv[1:2] == ["cut"]:
        cut(Path(sys.argv[2]), Path(sys.argv[3]))
        return 0
    if sys.argv[1:2] == ["write"]:
        write_parts(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the workload's images")
    parser.add_argument("--data", type=Path, help="a folder with preds.json and gt.json")
    parser.add_argument("--no-processes", action="store_true", help="leave out 64 processes")
    parser.add_argument("--sizes", default="1,4,16", help="copies of the data that are merged")
    parser.add_argument("--runs", type=int, default=1, help="not used: each is run once")
    asked = parser.parse_args()
    source = asked.data
    if source is None:
        images = str(max(round(5000 * asked.scale), FILES))
        source = prepared(
            f"pieces-{images}", ("scenes", "outlines", "workload"),
            ("coco", "{}", "--images", images),
        )  # fmt: skip
    sys.stdout.write("| | CPU s | to one run | peak MB |\n|---|---|---|---|\n")
    with tempfile.TemporaryDirectory(prefix="segeval-bench-") as folder:
        shards(source, Path(folder), processes=not asked.no_processes)
        memory(source, Path(folder), [int(size) for size in asked.sizes.split(",")])
    return 0


if __name__ == "__main__":
    sys.exit(main())
