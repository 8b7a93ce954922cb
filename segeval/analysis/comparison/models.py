"""Models to compare: their evaluated files, and their numbers for drawn images and drawn runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import over_runs
from segeval.analysis.key_paths import dotted
from segeval.analysis.resampling.draws import Units, copies, swaps
from segeval.analysis.resampling.resampled import Resampled
from segeval.errors import MismatchError
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.result import APResult
from segeval.metrics.result import Result
from segeval.words import counted

BLOCK = 256
"""Replicates between two steps of progress: whole blocks of the kernels, for several threads."""

OF_RUNS = 40
"""Bits above which the seed of draws of runs differs from that of draws of images."""


@frozen(eq=False)
class Model:
    """One side of a comparison: the evaluated files of one or several runs of a recipe.

    Attributes:
        name: of its first file, and of the others.
        results: of every run.
        runs: the same, whose numbers can be computed for other weights.
    """

    name: str
    results: tuple[Result[Any], ...]
    runs: tuple[Resampled, ...]

    @property
    def first(self) -> Resampled:
        """The first run."""
        return self.runs[0]

    def observed(self) -> NDArray[np.float64]:
        """The mean over the runs of each number, float64, shape (M,)."""
        return np.asarray(np.mean([run.numbers()[0] for run in self.runs], axis=0), np.float64)

    def numbers(
        self,
        weights: NDArray[Any],
        drawn: NDArray[np.uint16] | None,
        workers: int | None,
    ) -> NDArray[np.float64]:
        """The numbers for copies of images (R, I) and of runs (R, runs), float64, (R, M)."""
        found = np.stack([run.numbers(weights, workers) for run in self.runs])
        return over_runs(found, drawn)


@frozen(eq=False)
class Draws:
    """How images are drawn and swapped.

    Attributes:
        units: what is drawn: images, or groups of them.
        seed: any whole number.
        number: of replicates.
    """

    units: Units
    seed: int
    number: int

    def blocks(self) -> list[tuple[int, int]]:
        """First replicate and number of replicates of every block."""
        starts = range(0, self.number, BLOCK)
        return [(first, min(BLOCK, self.number - first)) for first in starts]

    def copies(self, first: int, count: int) -> NDArray[np.uint16]:
        """How often each image is drawn, shape (count, I)."""
        return copies(self.units, self.seed, first, count)

    def runs(self, model: Model, place: int, first: int, count: int) -> NDArray[np.uint16] | None:
        """How often each run of a model is drawn, shape (count, runs); None for a single run."""
        if len(model.runs) == 1:
            return None
        of_runs = Units.of_keys(np.arange(len(model.runs), dtype=np.uint64))
        return copies(of_runs, self.seed + ((place + 1) << OF_RUNS), first, count)

    def swaps(self, first: int, count: int) -> NDArray[np.bool_]:
        """Which images swap the outputs of two models, bool, shape (count, I)."""
        return swaps(self.units, self.seed, first, count)


def path_of(result: Result[Any]) -> str:
    """The path of a result's predictions; "predictions" for those in memory."""
    return str(result.inputs.get("preds", {}).get("path", "predictions"))


def check_alike(models: Sequence[Model]) -> None:
    """Refuse models that were evaluated on other images, or that have other numbers.

    Raises:
        MismatchError: if one was.
    """
    first = models[0].first
    for model in models:
        for run, result in zip(model.runs, model.results, strict=True):
            name = path_of(result) if len(model.runs) > 1 else model.name
            if not np.array_equal(run.image_keys, first.image_keys):
                raise MismatchError(_other_images(run, first, name, models[0].name), code="images")
            _check_ground_truth(result, models[0].results[0], name, models[0].name)
            if run.paths != first.paths:
                own = next((p for p in run.paths if p not in set(first.paths)), None)
                its = next((p for p in first.paths if p not in set(run.paths)), None)
                has = f"has {dotted(own)}" if own else f"lacks {dotted(its or ())}"
                raise MismatchError(
                    f"{name}: {has}, unlike {models[0].name}. Evaluate both with the same "
                    "categories, sizes and kinds of IoU.",
                    code="numbers",
                    path=name,
                )


def _check_ground_truth(result: Result[Any], first: Result[Any], name: str, other: str) -> None:
    """Refuse results of AP on the same images with other objects."""
    if not isinstance(result, APResult) or not isinstance(first, APResult) or result is first:
        return
    for kind in result.scores.keys() & first.scores.keys():
        own, its = (each.scores[kind].matches for each in (result, first))
        if np.array_equal(object_columns(own), object_columns(its)):
            continue
        raise MismatchError(
            f"{name}: was evaluated on other objects than {other}: "
            f"{counted(len(own.gt), 'ground truth')} in place of {len(its.gt):,}, or others of "
            "them count. Evaluate both on one ground truth, with the same sizes.",
            code="other-objects",
            path=name,
        )


def object_columns(matches: Matches) -> NDArray[np.int64]:
    """Image, category and what counts of every ground truth, in an order of their own."""
    found = np.stack([matches.gt_image, matches.gt_category, *matches.gt_counted]).astype(np.int64)
    return found[:, np.lexsort(found)]


def replicates(
    models: Sequence[Model],
    draws: Draws,
    *,
    part: NDArray[np.bool_] | None = None,
    workers: int | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[NDArray[np.float64]]:
    """The numbers of every model on the same draws of images, float64, (B, M) each.

    Args:
        models: all on the same images.
        draws: how images are drawn.
        part: the images that the models have, of those that are drawn, bool, shape (I,); None for
            all.
        workers: threads, None for all cores.
        advance: called after every block of every model.
    """
    found: list[list[NDArray[np.float64]]] = [[] for _ in models]
    for first, count in draws.blocks():
        weights = draws.copies(first, count)
        if part is not None:
            weights = weights[:, part]
        for place, model in enumerate(models):
            own = model.numbers(weights, draws.runs(model, place, first, count), workers)
            found[place].append(own)
            advance()
    return [np.concatenate(blocks) for blocks in found]


def swapped_differences(
    a: Resampled,
    b: Resampled,
    draws: Draws,
    *,
    part: NDArray[np.bool_] | None = None,
    columns: Sequence[int] | None = None,
    workers: int | None = None,
    advance: Callable[[], None] = lambda: None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Second minus first without a swap (M,), and after each swap of their outputs (B, M).

    Args:
        a: the first model.
        b: the second.
        draws: which images are swapped.
        part: the images that a and b have, of those that are drawn, bool; None for all.
        columns: the numbers to keep, None for all.
        workers: threads, None for all cores.
        advance: called after every block.
    """
    kept = slice(None) if columns is None else columns
    found: list[NDArray[np.float64]] = []
    *_, (last, _) = draws.blocks()
    for first, count in draws.blocks():
        swapped = draws.swaps(first, count)
        if first == last:  # together with no swap: the last block has room more often than others
            swapped = np.concatenate([swapped, np.zeros_like(swapped[:1])])
        own, other = a.mixed(b, swapped if part is None else swapped[:, part], workers)
        found.append(np.asarray(other[:, kept] - own[:, kept], np.float64))
        advance()
    every = np.concatenate(found)
    return every[-1], every[:-1]


def _other_images(run: Resampled, first: Resampled, name: str, other: str) -> str:
    """How the images of two evaluations differ."""
    own, its = set(run.image_ids), set(first.image_ids)
    only = sorted(own - its, key=str)[:1] or sorted(its - own, key=str)[:1]
    where = name if own - its else other
    example = f"; only {where} has image {only[0]!r}" if only else ""
    return (
        f"{name} was evaluated on {len(own):,} images, {other} on {len(its):,}{example}. "
        "A comparison needs the same images on both sides."
    )
