"""Time how dense masks become runs, beside pycocotools and one read of the same bytes.

    python -m tests.bench encode [--runs N] [--masks N]

Everything runs on one thread of this process, and what is timed takes turns. A table in Markdown
per kind of mask goes to standard output: medians of CPU time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segeval.kernels.promise import kernel
from segeval.masks import compress, encode, encode_values
from tests.bench.processes import say

SIZE = (1080, 1920)

RADII = {"small": (10, 60), "large": (200, 900)}
"""Half axes of ellipses, in pixels, of two kinds of masks."""

KINDS = (*RADII, "noise")


@kernel
def read(words: NDArray[np.uint64]) -> np.uint64:
    """The sum of all words: what reading them takes."""
    total = np.uint64(0)
    for k in range(words.size):
        total += words[k]
    return total


def main() -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--masks", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="the same: the size is the published")
    asked = parser.parse_args()
    for kind in KINDS:
        masks = drawn(kind, asked.masks)
        tasks = tasks_of(masks, kind)
        seconds: dict[str, list[float]] = {name: [] for name in tasks}
        for turn in range(-1, asked.runs):  # the first one warms up
            for name, task in tasks.items():
                start = time.process_time()
                task()
                if turn >= 0:
                    seconds[name].append(time.process_time() - start)
            say(f"{max(turn + 1, 0)}/{asked.runs} {kind}")
        sys.stdout.write(markdown(kind, masks, seconds))
    return 0


def drawn(kind: str, number: int) -> NDArray[np.bool_]:
    """Masks of a kind, bool, shape (N, H, W)."""
    rng = np.random.default_rng(0)
    masks = np.empty((number, *SIZE), bool)
    y, x = np.ogrid[: SIZE[0], : SIZE[1]]
    for mask in masks:
        if kind in RADII:
            high, wide = rng.uniform(*RADII[kind], 2)
            top, left = rng.uniform(0, SIZE)
            mask[:] = ((y - top) / high) ** 2 + ((x - left) / wide) ** 2 < 1
        else:
            mask[:] = rng.random(SIZE, np.float32) < 0.5
    return masks


def tasks_of(masks: NDArray[np.bool_], kind: str) -> dict[str, Callable[[], Any]]:
    """What is timed, by name."""
    words = masks.reshape(-1).view(np.uint64)
    columns = np.asfortranarray(masks.transpose(1, 2, 0).view(np.uint8))
    expected = [each["counts"] for each in coco_mask.encode(columns)]
    for found in (encode(masks), encode(columns.transpose(2, 0, 1))):
        if [text.encode() for text in compress(found).strings()] != expected:
            raise SystemExit(f"segeval and pycocotools differ on {kind} masks")
    logits = np.where(masks[:, 2::4, 2::4], np.float32(1), np.float32(-1))
    return {
        "one read": lambda: read(words),
        "segeval.masks.encode": lambda: encode(masks, workers=1),
        "the same, of columns": lambda: encode(columns.transpose(2, 0, 1), workers=1),
        "pycocotools.encode of columns": lambda: coco_mask.encode(columns),
        "pycocotools.encode with the copy": lambda: coco_mask.encode(
            np.asfortranarray(masks.transpose(1, 2, 0).view(np.uint8))
        ),
        "encode_values of logits, a quarter high": lambda: encode_values(
            logits, "logits", size=SIZE, workers=1
        ),
    }


def markdown(kind: str, masks: NDArray[np.bool_], seconds: dict[str, list[float]]) -> str:
    """The table of one kind of mask."""
    number = len(masks)
    taken = {name: median(each) for name, each in seconds.items()}
    base, own = taken["one read"], taken["segeval.masks.encode"]
    lines = [
        f"\n{kind}: {number} masks of {SIZE[0]} x {SIZE[1]}, medians of {len(seconds['one read'])}",
        "\n| | CPU ms | GB per s | times one read | times segeval | spread |",
        "|---|---|---|---|---|---|",
    ]
    for name, spent in taken.items():
        spread = (max(seconds[name]) - min(seconds[name])) / spent
        speed = masks.nbytes / spent / 1e9
        ratios = f"{spent / base:.2f} | {spent / own:.2f}"
        lines.append(f"| {name} | {1000 * spent:.1f} | {speed:.1f} | {ratios} | {spread:.0%} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
