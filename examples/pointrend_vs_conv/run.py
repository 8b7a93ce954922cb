"""Train a 4x conv head and PointRend on the same pictures, and compare their masks.

python -m examples.pointrend_vs_conv.run [FOLDER] [--seeds 3] [--smoke]

FOLDER gets the pictures, the heads, the predictions as COCO files and label maps, results.json,
results.md and figures/. One seed takes about 5 minutes on two free cores. Finished parts in FOLDER
are kept.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from examples.pointrend_vs_conv.command import PICTURES, asked_of_seeds
from examples.pointrend_vs_conv.evaluate import evaluate
from examples.pointrend_vs_conv.figures import Results, all_figures, mean, spread
from examples.pointrend_vs_conv.make_data import make_missing
from examples.pointrend_vs_conv.network import HEADS, HeadName
from examples.pointrend_vs_conv.train import UPDATES, spent, train_head

SMOKE = (4, 4)


def main() -> None:
    arguments = asked_of_seeds(__doc__)
    found = []
    for seed in range(arguments.seeds):
        folder = arguments.folder / f"seed-{seed}"
        started = time.perf_counter()
        found.append(one_seed(folder, seed, arguments.workers, smoke=arguments.smoke))
        passed, busy = time.perf_counter() - started, sum(cpu_seconds(folder).values())
        print(f"seed {seed}: {passed:.0f} s, {busy:.0f} s of one core", flush=True)
    results = {name: [each[name] for each in found] for name in found[0]}
    text = table(results) + "\n\n" + gains(results)
    (arguments.folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    (arguments.folder / "results.md").write_text(text + "\n", encoding="utf-8")
    all_figures(arguments.folder / "seed-0", 0, results, arguments.folder / "figures")
    print(text)


def one_seed(
    folder: Path, seed: int, workers: int, *, smoke: bool = False
) -> dict[str, dict[str, float]]:
    """Pictures, heads, predictions and numbers of one seed; returns numbers by name of the row."""
    numbers = folder / "numbers.json"
    if numbers.exists():
        kept: dict[str, dict[str, float]] = json.loads(numbers.read_text(encoding="utf-8"))
        return kept
    seconds = {}
    started = time.process_time()
    if make_missing(folder, SMOKE if smoke else PICTURES, seed):
        seconds["pictures"] = time.process_time() - started
    train_missing(HEADS, folder, seed, workers, smoke=smoke)
    started = time.process_time()
    found = evaluate(folder, seed)
    seconds["evaluation"] = time.process_time() - started
    seconds |= {head: spent(head, folder) for head in HEADS}
    (folder / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")
    numbers.write_text(json.dumps(found), encoding="utf-8")
    return found


def cpu_seconds(folder: Path) -> dict[str, float]:
    """CPU seconds of a seed, part by part."""
    seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    return seconds


def train_missing(
    heads: Sequence[HeadName], folder: Path, seed: int, workers: int, *, smoke: bool
) -> None:
    """Train each head that a folder lacks in a process of its own, on one thread."""
    missing = [head for head in heads if not (folder / f"{head}.pt").exists()]
    if smoke:
        for head in missing:
            train_head(head, folder, seed, updates=2)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = [pool.submit(train_head, head, folder, seed, UPDATES) for head in missing]
        for job in jobs:
            job.result()


def table(results: Results) -> str:
    """A line per row, a column per number, in percent: mean ± spread over the seeds."""
    names = list(next(iter(results.values()))[0])
    lines = ["| masks | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name, each in results.items():
        cells = [with_spread(each, measure) for measure in names]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def gains(results: Results) -> str:
    """PointRend's lead over other rows, with the same pictures and boxes in each seed."""
    lines = [
        "| PointRend 224 less | boundary AP | trimap 1 |",
        "|---|---|---|",
    ]
    for name in ("4x conv 28, hard targets", "4x conv 28, soft targets", "PointRend 224, N = 3136"):
        differences = [
            {key: more[key] - less[key] for key in ("boundary AP", "trimap 1")}
            for more, less in zip(results["PointRend 224"], results[name], strict=True)
        ]
        cells = [with_spread(differences, key, "+") for key in ("boundary AP", "trimap 1")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_spread(each: Sequence[Mapping[str, float]], measure: str, sign: str = "") -> str:
    """Mean and, for several seeds, standard deviation."""
    around = f" ± {spread(each, measure):.1f}" if len(each) > 1 else ""
    return f"{mean(each, measure):{sign}.1f}{around}"


if __name__ == "__main__":
    main()
