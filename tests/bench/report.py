"""Reports: time, memory and size of the page, of one model and of two, with and without pictures.

    python -m tests.bench report [--full] [--runs 3] [--large]

Photographs are made at random, in the four sizes of the workload. With `--large` the same is
measured of images of 12 megapixels: what pictures add to the peak memory. Paint times are those of
a headless Chromium, where it and selenium are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from compileall import compile_dir
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.bench.processes import FOLDER, ROOT, Process, prepared, say, timed, turns
from tests.browser.chromium import missing

PROGRAM = [sys.executable, "-m", "segeval_cli", "report"]

COLUMNS = ("", "wall s", "CPU s", "peak MB", "page MB", "first paint s", "complete s")

VARIANTS = 4
"""Different photographs of each size; other images of the size have the same ones."""

TWELVE_MEGAPIXELS = (3000, 4000)
LARGE_IMAGES = 60

FILES = {"one model": ("preds.json",), "two models": ("preds.json", "model_2.json")}
PICTURES = (False, True)


def name_of(models: str, *, pictures: bool) -> str:
    """A task in words.

    Example:
        >>> name_of("one model", pictures=False)
        'one model, without pictures'
    """
    return f"{models}, {'with' if pictures else 'without'} pictures"


def write_photographs(gt: Path, folder: Path) -> None:
    """A photograph for every image, smooth with some noise, as JPEG of quality 90."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    made: dict[tuple[int, int, int], Path] = {}
    folder.mkdir()
    for place, image in enumerate(json.loads(gt.read_bytes())["images"]):
        size = image["height"], image["width"]
        path = folder / image["file_name"]
        first = made.setdefault((*size, place % VARIANTS), path)
        if first is not path:
            os.link(first, path)
            continue
        coarse = rng.integers(0, 256, (9, 12, 3)).astype(np.uint8)
        smooth = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
        noise = rng.normal(0, 8, (*size, 3))
        pixels = np.clip(np.asarray(smooth) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(path, quality=90)


def write_large(folder: Path) -> None:
    """A workload of a few images of 12 megapixels."""
    from tests.bench.workload import WORKLOADS, write

    own = replace(
        WORKLOADS["coco"],
        images=LARGE_IMAGES,
        predictions=20,
        sizes=(TWELVE_MEGAPIXELS,),
        side=400.0,
        models=2,
    )
    write(own, folder)


def measure(
    source: Path, folder: Path, runs: int, photographs: Path
) -> dict[str, tuple[list[Process], Path]]:
    """Every task in turn, so many times: the processes, and the page."""
    tasks = {
        name_of(models, pictures=pictures): (models, pictures)
        for models in FILES
        for pictures in PICTURES
    }
    found: dict[str, tuple[list[Process], Path]] = {}
    for turn, names in turns(list(tasks), runs):
        for name in names:
            say(f"round {turn + 1}: {name}")
            models, pictures = tasks[name]
            page = folder / f"{name}.html"
            page.unlink(missing_ok=True)
            own = [str(source / file) for file in (*FILES[models], "gt.json")]
            more = ["--images", str(photographs)] if pictures else ["--top", "0"]
            process = timed([*PROGRAM, *own, *more, "-q", "-o", str(page)])
            if process.error is not None:
                raise SystemExit(f"{name}: {process.error}")
            found.setdefault(name, ([], page))[0].append(process)
    return {name: found[name] for name in tasks}


def table(found: dict[str, tuple[list[Process], Path]]) -> str:
    """Medians of every task, as Markdown."""
    paints = _paints([page for _, page in found.values()])
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for (name, (processes, page)), paint in zip(found.items(), paints, strict=True):
        cells = [
            f"{median(each.wall for each in processes):.1f}",
            f"{median(each.cpu for each in processes):.1f}",
            f"{max(each.peak_mb for each in processes):.0f}",
            f"{page.stat().st_size / 1e6:.1f}",
            *paint,
        ]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines)


def _paints(pages: Sequence[Path]) -> list[tuple[str, str]]:
    """First paint and complete paint of pages, "-" without a browser."""
    reason = missing()
    if reason:
        say(f"no paint times: {reason}")
        return [("-", "-")] * len(pages)
    from tests.browser.painting import paint_times

    times = [paint_times(page) for page in pages]
    return [(f"{each.first:.2f}", f"{each.complete:.2f}") for each in times]


def main() -> int:
    """Run the benchmark."""
    if sys.argv[1:2] == ["photographs"]:
        write_photographs(Path(sys.argv[2]), Path(sys.argv[3]))
        return 0
    if sys.argv[1:2] == ["large"]:
        write_large(Path(sys.argv[2]))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="500,000 predictions, not 50,000")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--large", action="store_true", help="of images of 12 megapixels")
    asked = parser.parse_args()
    if asked.large:
        source = prepared("report-large", ("outlines", "workload", "report"), ("large", "{}"))
    else:
        images = "5000" if asked.full else "500"
        source = prepared(
            f"report-{images}", ("outlines", "workload"),
            ("coco", "{}", "--images", images, "--models", "2"),
        )  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    for package in ("segeval", "cli"):
        compile_dir(ROOT / package, quiet=1)  # as an installation does
    with tempfile.TemporaryDirectory(prefix="segeval-report-", dir=FOLDER) as folder:
        photographs = Path(folder, "photographs")
        say("making photographs")
        here = [sys.executable, "-m", "tests.bench.report"]
        made = timed([*here, "photographs", str(source / "gt.json"), str(photographs)])
        if made.error is not None:
            raise SystemExit(f"photographs: {made.error}")
        found = measure(source, Path(folder), asked.runs, photographs)
        sys.stdout.write(table(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
