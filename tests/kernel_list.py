"""Make the list of kernels that ordinary work needs, by doing the work.

    python -m tests.kernel_list

runs commands of each purpose, each in a process of its own, and writes segeval/kernels/listed.json,
what takes longest to compile first.
A kernel that the commands here never call is compiled by the first run that calls it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segeval.kernels import listed
from segeval.kernels.compile import compile_kernel
from segeval.kernels.listed import Listed
from segeval.kernels.store import as_tuples
from tests.cityscapes_files import CAR, PERSON, ROAD, write_frame
from tests.panoptic_build import build, drawing, segment

PURPOSES: dict[str, tuple[str, ...]] = {
    "masks": ("ap model_a.json gt.json", "ap model_a.json gt.json --iou boundary"),
    "boxes": ("ap model_a.json gt.json --iou bbox",),
    "checks": ("check model_a.json gt.json",),
    "intervals": (
        "ap model_a.json gt.json --ci --resamples 40",
        "compare model_a.json model_b.json gt.json --resamples 40",
    ),
    "errors": (
        "errors model_a.json gt.json",
        "oracles model_a.json model_b.json gt.json",
        "threshold model_a.json gt.json -o thresholds.json",
        "report model_a.json gt.json -o report.html",
        "show model_a.json gt.json --image 3 -o image.png",
    ),
    "ensembles": (
        "ensemble model_a.json model_b.json --fit gt.json -o merged.json",
        "ensemble model_a.json model_b.json --fit gt.json --strategy nms -o nms.json",
        "ensemble model_a.json model_b.json --fit gt.json --strategy wbf -o wbf.json",
    ),
    "rescoring": tuple(
        f"rescore {how} model_a.json --fit gt.json -o {how}.json"
        for how in ("calibrate", "context", "cooccurrence", "surround")
    ),
    "parts": (
        "match model_a.json gt.json --shard 1/2 -o 1.match",
        "match model_a.json gt.json --shard 2/2 -o 2.match",
        "merge 1.match 2.match -o all.match",
        "ap all.match",
    ),
    "label maps": (
        "miou predicted labels --classes 5",
        "miou predicted labels --classes 5 --ignore 255 --boundary --boundary-f --trimap 2,5",
        "miou predicted labels --classes 5 --ci --resamples 40",
    ),
    "panoptic": (
        "pq found.json true.json",
        "pq found.json true.json --iou boundary --ci --resamples 40",
        "convert panoptic-to-coco true.json -o instances.json",
    ),
    "phrases": ("cgf1 model_a.json gt.json",),
    "LVIS": (
        "ap model_a.json lvis.json",
        "ap model_a.json lvis.json --protocol lvis-fixed",
        "ap model_a.json lvis.json --iou bbox",
    ),
    "Open Images": (
        "convert coco-to-openimages gt.json --preds model_a.json -o open",
        "ap open/preds.csv open/masks.csv --boxes open/boxes.csv --protocol openimages",
        "convert openimages-to-coco open/masks.csv -o back.json",
    ),
    "Cityscapes": ("ap frames/preds frames/gt --protocol cityscapes",),
}
"""Commands for each kind of work. The first purpose that has a kernel decides what is compiled with
it, so that what most work needs comes first."""

RECORD = """
import json, sys
from segeval.kernels import promise
rows, load = [], promise.load
def recorded(function, signature):
    rows.append([function.__module__, function.__qualname__, signature])
    return load(function, signature)
promise.load = recorded
from segeval_cli.main import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
print("\\nkernels", json.dumps(rows))
"""


def main() -> None:
    """Write the list."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        made = {purpose: called(purpose, Path(folder)) for purpose in PURPOSES}
    every = {kernel for kernels in made.values() for kernel in kernels}
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as processes:
        taken = dict(zip(every, processes.map(seconds, every), strict=True))
    for kernels in made.values():
        kernels.sort(key=taken.__getitem__, reverse=True)  # started last, it keeps others waiting
    listed.FILE.write_text(listed.written(made))
    for purpose, kernels in made.items():
        sys.stdout.write(f"{len(kernels):4} {purpose}\n")


def prepare(folder: Path) -> None:
    """Make the files that the commands read."""
    run("demo", folder)
    for file in (folder / "segeval-demo").iterdir():
        file.rename(folder / file.name)
    draw = np.random.default_rng(0)
    for name in ("labels", "predicted"):
        (folder / name).mkdir()
        for number in range(3):
            labels = draw.integers(0, 5, (12, 16), np.uint8).repeat(4, 0).repeat(4, 1)
            Image.fromarray(labels).save(folder / name / f"{number}.png")
    image = (drawing("aab.", "aabb"), [segment("a", 1), segment("b", 7)])
    build(folder / "true.json", image, gt=True)
    build(folder / "found.json", image)
    write_lvis(folder / "gt.json", folder / "lvis.json")
    (folder / "frames").mkdir()
    ids = np.full((40, 60), ROAD, np.uint16)
    ids[5:20, 5:25], ids[20:35, 30:55] = CAR * 1000, PERSON * 1000
    found = [(ids == value * 1000, value, 0.9) for value in (CAR, PERSON)]
    write_frame(folder / "frames", ids, found)


def write_lvis(coco: Path, lvis: Path) -> None:
    """Write COCO's ground truth with the keys of LVIS."""
    gt = json.loads(coco.read_bytes())
    for category in gt["categories"]:
        category["frequency"] = "rcf"[category["id"] % 3]
    for image in gt["images"]:
        image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    for annotation in gt["annotations"]:
        del annotation["iscrowd"]
    lvis.write_text(json.dumps(gt))


def called(purpose: str, folder: Path) -> list[Listed]:
    """Kernels that the commands of a purpose call, in the order of their first calls."""
    return called_by(PURPOSES[purpose], folder)


def seconds(kernel: Listed) -> float:
    """How long a kernel takes to compile, in a process that has compiled none of its parts."""
    start = time.process_time()
    compile_kernel(kernel.function(), kernel.signature)
    return time.process_time() - start


def called_by(commands: Iterable[str], folder: Path) -> list[Listed]:
    """Kernels that commands call, in the order of their first calls."""
    rows = [row for command in commands for row in run(command, folder)]
    return list(dict.fromkeys(Listed(*as_tuples(row)) for row in rows))


def run(command: str, folder: Path) -> list[Any]:
    """The kernels that a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", RECORD, *command.split()],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    rows: list[Any] = json.loads(done.stdout.rpartition("\nkernels ")[2])
    return rows


if __name__ == "__main__":
    main()
