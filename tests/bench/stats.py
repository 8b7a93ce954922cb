"""How often `compare` calls equally good models different, and how often `--ci` holds the truth.

    python -m tests.bench.stats [--simulations N] [--images 20,50,200] [--categories 1,80]
                                [--resamples N] [--peer-simulations N] [--peer-resamples N]
                                [--processes N]

Every simulation draws a set of images and two equally good models (`equal_models.py`), evaluates
both by boxes and compares them with `segeval.compare`, as users do. Every better or worse is wrong.
hotcoco's `compare` gets the same files where it is installed. Progress goes to standard error, the
table in Markdown to standard output and, with the counts, to the folder .benchmarks.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

import segeval
from segeval.analysis.comparison.differences import Difference, family_of
from segeval.analysis.comparison.own_intervals import result_intervals
from segeval.analysis.comparison.verdicts import ALPHA, Verdict
from segeval.data.coco.from_arrays import predictions_from_arrays
from segeval.metrics.coco.result import APResult
from tests.bench.equal_models import Predicted, equal_models
from tests.bench.processes import FOLDER, say

PEER = "hotcoco"
"""The one other tool that compares two models."""

HEADLINE = ("ap", "ap50", "ap75", "ar")
"""Numbers that stand by themselves."""

SIZES = ("small", "medium", "large")
"""Size buckets, whose AP has an interval too."""

TRUTH = 1000
"""Sets of images at least whose mean is taken for the truth; each has two models."""

Values = tuple[tuple[float, ...], tuple[float, ...]]
"""Numbers of both models, NaN where undefined."""


@dataclass(frozen=True)
class Setting:
    """What is simulated.

    Attributes:
        images: of a set.
        categories: number of categories.
        resamples: draws and swaps of each comparison.
        peer_resamples: draws of the other tool's comparison, 0 for none.
        seed: of one simulation.
    """

    images: int
    categories: int
    resamples: int
    peer_resamples: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """One simulation.

    Attributes:
        verdicts: whether each headline number is called better or worse.
        p: whether its p-value is at most 0.05.
        interval: whether the interval of its difference leaves 0 out.
        families: whether a family has a member that is called better or worse, by its name.
        values: of both models, those of `HEADLINE` and the AP of `SIZES`.
        low: lower end of the interval of each of the first model's values; NaN where there is none.
        high: upper ends.
        peer: whether the other tool's interval of the difference of AP leaves 0 out.
        seconds: processor time of the comparison.
    """

    verdicts: tuple[bool, ...]
    p: tuple[bool, ...]
    interval: tuple[bool, ...]
    families: dict[str, bool]
    values: Values
    low: tuple[float, ...]
    high: tuple[float, ...]
    peer: bool | None
    seconds: float


def main() -> int:
    """Simulate and print the table."""
    asked = arguments()
    has_peer = find_spec(PEER) is not None and asked.peer_simulations > 0
    if find_spec(PEER) is None:
        say(f"{PEER} is not installed, so it is left out")
    lines, raw = [*header(has_peer=has_peer)], []
    with get_context("spawn").Pool(asked.processes) as pool:
        for categories in asked.categories:
            for images in asked.images:
                started = perf_counter()
                settings = [
                    Setting(
                        images,
                        categories,
                        asked.resamples,
                        asked.peer_resamples if has_peer and seed < asked.peer_simulations else 0,
                        seed,
                    )
                    for seed in range(max(asked.simulations, TRUTH))
                ]
                own, others = settings[: asked.simulations], settings[asked.simulations :]
                outcomes = list(pool.imap_unordered(simulated, own))
                values = [outcome.values for outcome in outcomes]
                values += pool.imap_unordered(values_alone, others, chunksize=8)
                truth = np.nanmean(values, axis=(0, 1)).tolist()
                lines.append(row(images, categories, outcomes, truth))
                say(f"{lines[-1]}  {perf_counter() - started:.0f} s")
                raw.append({**asdict(own[0]), "truth": truth, "all": list(map(asdict, outcomes))})
    text = "\n".join([*surroundings(asked, has_peer=has_peer), "", *lines, ""])
    sys.stdout.write(text)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "stats.md").write_text(text, encoding="utf-8")
    (FOLDER / "stats.json").write_text(json.dumps(raw), encoding="ascii")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""

    def numbers(text: str) -> list[int]:
        return [int(each) for each in text.split(",")]

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--images", type=numbers, default=[20, 50, 200])
    parser.add_argument("--categories", type=numbers, default=[1, 80])
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--peer-simulations", type=int, default=100)
    parser.add_argument("--peer-resamples", type=int, default=200)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


def evaluated(setting: Setting) -> tuple[dict[str, object], tuple[Predicted, ...], list[APResult]]:
    """Ground truth, predictions and the evaluations of both models of one simulation."""
    rng = np.random.default_rng([setting.seed, setting.images, setting.categories])
    gt, models = equal_models(setting.images, setting.categories, rng)
    results = [
        segeval.average_precision(predictions_from_arrays(**vars(model)), gt, iou="bbox", workers=1)
        for model in models
    ]
    return gt, models, results


def values_alone(setting: Setting) -> Values:
    """Numbers of both models of one simulation."""
    _, _, results = evaluated(setting)
    return values_of(results[0]), values_of(results[1])


def values_of(result: APResult) -> tuple[float, ...]:
    """The numbers of `HEADLINE`, and the AP of `SIZES`."""
    document = result.to_dict()["results"]["bbox"]
    found = [document[key] for key in HEADLINE]
    found += [document["sizes"][name]["ap"] for name in SIZES]
    return tuple(np.nan if each is None else float(each) for each in found)


def simulated(setting: Setting) -> Outcome:
    """One simulation."""
    gt, models, results = evaluated(setting)
    started = process_time()
    found = segeval.compare(
        *results, resamples=setting.resamples, seed=setting.seed, workers=1
    ).scores
    seconds = process_time() - started
    differences = found.pairs[0].differences
    headline = [differences["bbox", key] for key in HEADLINE]
    families = {
        name: any(
            is_called(own)
            for path, own in differences.items()
            if family_of(path) == ("bbox", name, "ap")
        )
        for name in ("categories", "sizes")
    }
    own = result_intervals(
        results[0], resamples=setting.resamples, seed=setting.seed, workers=1
    ).by_path
    paths = [*[(key,) for key in HEADLINE], *[("sizes", name, "ap") for name in SIZES]]
    ends = [own["bbox", *path] or (np.nan, np.nan) for path in paths]
    low, high = zip(*ends, strict=True)
    return Outcome(
        verdicts=tuple(map(is_called, headline)),
        p=tuple(each.p is not None and each.p <= ALPHA for each in headline),
        interval=tuple(leaves_out(each.interval, 0.0) for each in headline),
        families=families,
        values=(values_of(results[0]), values_of(results[1])),
        low=low,
        high=high,
        peer=peer_finds(gt, models, setting) if setting.peer_resamples else None,
        seconds=seconds,
    )


def is_called(found: Difference) -> bool:
    """Whether a number of one model is called better or worse than that of the other."""
    return found.verdict in (Verdict.BETTER, Verdict.WORSE)


def leaves_out(interval: tuple[float, float] | None, value: float) -> bool:
    """Whether an interval does not hold a value."""
    return interval is not None and not interval[0] <= value <= interval[1]


def peer_finds(gt: dict[str, object], models: tuple[Predicted, ...], setting: Setting) -> bool:
    """Whether hotcoco's interval of the difference of AP leaves 0 out."""
    from hotcoco import COCO, COCOeval, compare

    with tempfile.TemporaryDirectory() as folder, quiet():
        Path(folder, "gt.json").write_text(json.dumps(gt), encoding="ascii")
        truth = COCO(str(Path(folder, "gt.json")))
        evaluations = []
        for place, model in enumerate(models):
            path = Path(folder, f"{place}.json")
            path.write_text(json.dumps(model.records()), encoding="ascii")
            one = COCOeval(truth, truth.load_res(str(path)), "bbox")
            one.evaluate()
            evaluations.append(one)
        found = compare(*evaluations, n_bootstrap=setting.peer_resamples, seed=setting.seed)
    own = found["ci"]["AP"]
    return leaves_out((own["lower"], own["upper"]), 0.0)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what hotcoco prints from the table."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def header(*, has_peer: bool) -> list[str]:
    """The first two lines of the table."""
    columns = [
        "images",
        "categories",
        "AP: verdict",
        "AP: interval",
        "AP: p",
        "AP, AP50, AP75, AR: verdict",
        "a category",
        "a size",
        "coverage: AP",
        "coverage: AP50, AP75, AR",
        "coverage: sizes",
        *([f"{PEER}: AP"] if has_peer else []),
    ]
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def row(images: int, categories: int, outcomes: list[Outcome], truth: list[float]) -> str:
    """One line of the table, in percent."""
    own = len(outcomes)
    low, high = (np.array([getattr(each, end) for each in outcomes]) for end in ("low", "high"))
    held, known = (low <= truth) & (truth <= high), ~np.isnan(low)
    headlines = len(HEADLINE)
    every = [called for each in outcomes for called in each.verdicts]
    cells = [
        share(sum(each.verdicts[0] for each in outcomes), own),
        share(sum(each.interval[0] for each in outcomes), own),
        share(sum(each.p[0] for each in outcomes), own),
        f"{100 * sum(every) / len(every):.1f}",
        share(sum(each.families["categories"] for each in outcomes), own)
        if categories > 1
        else "-",
        share(sum(each.families["sizes"] for each in outcomes), own),
        share(int(held[:, 0].sum()), own),
        f"{100 * held[:, 1:headlines].mean():.1f}",
        f"{100 * held[:, headlines:].sum() / known[:, headlines:].sum():.1f}",
    ]
    peer = [each.peer for each in outcomes if each.peer is not None]
    if peer:
        cells.append(share(sum(peer), len(peer)))
    return f"| {images} | {categories} | {' | '.join(cells)} |"


def share(count: int, number: int) -> str:
    """A share in percent, with its standard error.

    Example:
        >>> share(20, 400)
        '5.0 ± 1.1'
    """
    part = count / number
    return f"{100 * part:.1f} ± {100 * sqrt(part * (1 - part) / number):.1f}"


def surroundings(asked: argparse.Namespace, *, has_peer: bool) -> list[str]:
    """What was simulated."""
    said = (
        f"{asked.simulations} simulations of {asked.resamples} draws and swaps each; "
        "in percent, with standard errors"
    )
    lines = [said]
    if has_peer:
        lines.append(
            f"{PEER}: {asked.peer_simulations} simulations, {asked.peer_resamples} draws each"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
