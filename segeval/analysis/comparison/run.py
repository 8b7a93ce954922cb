"""The work of a comparison: draws, swaps, families, slices and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.differences import (
    Difference,
    PairNumbers,
    differences_of,
    family_of,
)
from segeval.analysis.comparison.images import counts_of, image_changes, image_numbers
from segeval.analysis.comparison.models import (
    Draws,
    Model,
    path_of,
    replicates,
    swapped_differences,
)
from segeval.analysis.comparison.names import category_names, kinds_of, named_path, primary_path
from segeval.analysis.comparison.options import CompareOptions, check_numbers
from segeval.analysis.comparison.plan import CHECKS, Plan, parts_of_images, plan_of
from segeval.analysis.comparison.scores import (
    ComparisonScores,
    ModelAbout,
    PairScores,
    SliceScores,
)
from segeval.analysis.comparison.slice_names import SliceName, overall_path, slice_name
from segeval.analysis.comparison.slices import (
    ImageLabels,
    labels_by_option,
    slices_of,
    units_of,
)
from segeval.analysis.comparison.some_images import of_images
from segeval.analysis.comparison.steps import Steps
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.draws import Units, swaps
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.threads import side_by_side
from segeval.metrics.undefined import or_none
from segeval.words import counted

HALVES = 7
"""Added to the seed of the swaps that split images for a plan, once for each split."""


@frozen(eq=False)
class Run:
    """A comparison of evaluated models.

    Attributes:
        models: all on the same images.
        options: of the comparison.
        gt: ground truth, for the fields of its images.
        workers: threads, None for all cores.
        steps: progress.
        drawn: numbers of every model on the draws, where they are known, float64, shape (B, M)
            each; None to compute them.
    """

    models: tuple[Model, ...]
    options: CompareOptions
    gt: Any
    workers: int | None
    steps: Steps = field(default_factory=lambda: Steps(None))
    drawn: Sequence[NDArray[np.float64]] | None = None

    @property
    def paths(self) -> tuple[KeyPath, ...]:
        """Places of all numbers."""
        return self.models[0].first.paths

    @cached_property
    def categories(self) -> dict[int | str, str]:
        """Names of categories by id."""
        return category_names(self.models[0].results[0])

    @cached_property
    def primary(self) -> KeyPath:
        """Place of the main number."""
        if self.options.metric is None:
            return primary_path(self.paths)
        if self.of_slices is None:
            return named_path(self.options.metric, self.paths, self.categories)
        return overall_path(self.of_slices, self.paths)

    @cached_property
    def of_slices(self) -> SliceName | None:
        """The number of slices that the comparison is judged by; None for one of all images."""
        return slice_name(self.options.metric, self.slices[0])

    @cached_property
    def draws(self) -> Draws:
        """How images are drawn.

        Raises:
            InputError: if there are fewer than 10 images or groups, or an image without group.
        """
        first = self.models[0].first
        units = units_of(self.labels.get("groups"), first.image_keys, first.image_ids)
        check_enough(units, len(first.image_ids), grouped=self.options.groups is not None)
        return Draws(units, self.options.seed, self.options.resamples)

    @cached_property
    def slices(self) -> tuple[dict[str, NDArray[np.bool_]], int]:
        """Images (I,) by label, and the number of images without a label."""
        if self.options.slices is None:
            return {}, 0
        labels = self.labels["slices"].of_images
        return slices_of(labels), sum(label is None for label in labels)

    @property
    def swaps_possible(self) -> bool:
        """Whether every model is one run, whose outputs can be swapped."""
        return all(len(model.runs) == 1 for model in self.models)

    def scores(self) -> ComparisonScores:
        """All numbers."""
        check_numbers(self.options.resamples, len(self.paths))
        place = self.paths.index(self.primary)  # refuses a wrong name before anything is drawn
        self.steps.total = self._number_of_steps()
        drawn = self._replicates(self.models) if self.drawn is None else self.drawn
        pairs = list(combinations(range(len(self.models)), 2))
        numbers, _ = side_by_side(
            lambda: [self._pair(a, b, drawn) for a, b in pairs],
            lambda: self._image_numbers,  # while predictions are put in one order
            self.workers,
        )
        found = differences_of(
            self.paths,
            numbers,
            images_with=self.models[0].first.images_with,
            units=len(self.draws.units),
            margin=self.options.margin,
        )
        slices = self._slices(pairs)
        first = self.models[0]
        return ComparisonScores(
            models=tuple(_about(model, place) for model in self.models),
            pairs=tuple(
                self._pair_scores(a, b, own, of_slices, float(of.stretches[place]))
                for (a, b), own, of_slices, of in zip(pairs, found, slices, numbers, strict=True)
            ),
            first_share=first_shares([own[:, place] for own in drawn]),
            primary=self.primary,
            judged_slices=() if self.of_slices is None else self.of_slices.labels,
            margin=self.options.margin,
            paths=self.paths,
            categories=self.categories,
            kinds=kinds_of(self.paths),
            template=first.results[0].to_dict()["results"],
            images=len(first.first.image_ids),
            groups=None if self.options.groups is None else len(self.draws.units),
            replicates={model.name: own for model, own in zip(self.models, drawn, strict=True)},
        )

    @cached_property
    def labels(self) -> dict[str, ImageLabels]:
        """The labels of groups and slices, of those that are asked for."""
        run, asked = self.models[0].first, self.options
        sources = {"groups": asked.groups, "slices": asked.slices}
        return labels_by_option(sources, gt=self.gt, ids=run.image_ids, file_names=run.file_names)

    def _number_of_steps(self) -> int:
        models = len(self.models)
        tests = models * (models - 1) // 2 if self.swaps_possible else 0
        parts = 1 + len(self._tested_slices())
        blocks = parts * (models + tests) - (0 if self.drawn is None else models)
        return self.steps.done + len(self.draws.blocks()) * blocks

    def _tested_slices(self) -> list[str]:
        return [name for name, own in self.slices[0].items() if own.sum() >= FEWEST_IMAGES]

    def _replicates(
        self,
        models: Sequence[Model],
        part: NDArray[np.bool_] | None = None,
    ) -> list[NDArray[np.float64]]:
        return replicates(
            models,
            self.draws,
            part=part,
            workers=self.workers,
            advance=self.steps.advance,
        )

    def _pair(self, a: int, b: int, drawn: Sequence[NDArray[np.float64]]) -> PairNumbers:
        """The numbers of two models on all images."""
        own = self.models[a], self.models[b]
        unswapped = swapped = None
        if self.swaps_possible:
            unswapped, swapped = swapped_differences(
                own[0].first,
                own[1].first,
                self.draws,
                workers=self.workers,
                advance=self.steps.advance,
            )
        observed = np.stack([model.observed() for model in own])
        return PairNumbers.of(own[0].first.means, observed, drawn[b] - drawn[a], unswapped, swapped)

    def _slices(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[SliceScores, ...]]:
        """The overall numbers of every slice, for every pair."""
        parts = self.slices[0]
        if not parts:
            return [()] * len(pairs)
        columns = [at for at, path in enumerate(self.paths) if family_of(path) is None]
        # one family: the slices of one number, in place of the categories of a number
        paths = [
            (*self.paths[at][:-1], "groups", name, self.paths[at][-1])
            for name in parts
            for at in columns
        ]
        sizes = np.repeat([int(own.sum()) for own in parts.values()], len(columns))
        numbers = [self._slice_numbers(pairs, own, columns) for own in parts.values()]
        joined = [
            PairNumbers(*map(_joined, zip(*[own[at].arrays for own in numbers], strict=True)))
            for at in range(len(pairs))
        ]
        found = differences_of(
            paths,
            joined,
            images_with=sizes,
            units=len(self.draws.units),
            margin=self.options.margin,
        )
        keys = [self.paths[at] for at in columns]
        return [
            tuple(
                SliceScores(
                    name,
                    int(own.sum()),
                    dict(zip(keys, differences[start:], strict=False)),
                )
                for (name, own), start in zip(
                    parts.items(), range(0, len(paths), len(columns)), strict=True
                )
            )
            for differences in found
        ]

    def _slice_numbers(
        self, pairs: Sequence[tuple[int, int]], part: NDArray[np.bool_], columns: Sequence[int]
    ) -> list[PairNumbers]:
        """The overall numbers of one slice, for every pair; without draws if it is too small."""
        models = [part_of_model(model, part) for model in self.models]
        once = np.ones((1, int(part.sum())), np.uint16)
        seen = [model.numbers(once, None, self.workers)[0] for model in models]
        if part.sum() < FEWEST_IMAGES:
            nothing = np.full((self.options.resamples, len(columns)), np.nan)
            blank = np.full(len(columns), np.nan)
            tests = (blank, nothing) if self.swaps_possible else (None, None)
            short = [each[columns] for each in seen]
            return [PairNumbers(np.stack([short[a], short[b]]), nothing, *tests) for a, b in pairs]
        drawn = self._replicates(models, part)
        found = []
        for a, b in pairs:
            unswapped = swapped = None
            if self.swaps_possible:
                unswapped, swapped = swapped_differences(
                    models[a].first,
                    models[b].first,
                    self.draws,
                    part=part,
                    columns=columns,
                    workers=self.workers,
                    advance=self.steps.advance,
                )
            observed = np.stack([seen[a], seen[b]])
            difference = drawn[b] - drawn[a]
            means = models[a].first.means
            found.append(PairNumbers.of(means, observed, difference, unswapped, swapped, columns))
        return found

    def _pair_scores(
        self,
        a: int,
        b: int,
        differences: Sequence[Difference],
        slices: tuple[SliceScores, ...],
        stretch: float,
    ) -> PairScores:
        """All that is known of two models; stretch is that of the main number."""
        own = [self._image_numbers[place] for place in (a, b)]
        first, second = own
        images = (
            () if first is None or second is None else image_changes(self.models[a], first, second)
        )
        return PairScores(
            a=self.models[a].name,
            b=self.models[b].name,
            differences=dict(zip(self.paths, differences, strict=True)),
            slices=slices,
            images=images,
            image_counts=counts_of(images),
            plan=self._plan(a, b, differences[self.paths.index(self.primary)], stretch),
        )

    @cached_property
    def _image_numbers(self) -> list[NDArray[np.float64] | None]:
        return [image_numbers(model, self.primary, self.workers) for model in self.models]

    @cached_property
    def _on_parts(self) -> list[list[NDArray[np.float64]]]:
        """The main number of every model on parts of the images, for the plans of all pairs."""
        place, units, seed = self.paths.index(self.primary), self.draws.units, self.options.seed
        parts = parts_of_images(
            lambda stream: swaps(units, seed + ((HALVES + stream) << HALVES), 0, CHECKS),
            len(self.models[0].first.image_ids),
        )
        return [
            [model.numbers(part, None, self.workers)[:, place] for part in parts]
            for model in self.models
        ]

    def _plan(self, a: int, b: int, found: Difference, stretch: float) -> Plan | None:
        """How many images show a difference of the main number, if that is asked."""
        if self.options.plan is None:
            return None
        own = zip(self._on_parts[a], self._on_parts[b], strict=True)
        differences = [second - first for first, second in own]
        return plan_of(
            differences,
            se=found.se,
            stretch=stretch,
            images=len(self.models[0].first.image_ids),
            target=self.options.plan,
            several_runs=max(len(self.models[a].runs), len(self.models[b].runs)) > 1,
        )


def part_of_model(model: Model, part: NDArray[np.bool_]) -> Model:
    """A model on some of its images, bool, shape (I,); its results stay those of all."""
    return replace(model, runs=tuple(of_images(result, part) for result in model.results))


def check_enough(units: Units, images: int, *, grouped: bool) -> None:
    """Refuse fewer images, or groups of them, than can tell anything.

    Raises:
        InputError: if there are fewer than 10.
    """
    if len(units) >= FEWEST_IMAGES:
        return
    if grouped and images >= FEWEST_IMAGES:
        raise InputError(
            f"`groups` makes {counted(len(units), 'group')} of {counted(images, 'image')}, too few "
            f"to compare models; expected at least {FEWEST_IMAGES}.",
            code="few-groups",
            option="groups",
        )
    raise InputError(
        f"{counted(images, 'image')} cannot tell models apart; a comparison needs at least "
        f"{FEWEST_IMAGES}. For the numbers alone, evaluate each model by itself.",
        code="few-images",
    )


def first_shares(numbers: Sequence[NDArray[np.float64]]) -> tuple[float, ...]:
    """In which share of the replicates each model is first; equal ones share a replicate.

    Args:
        numbers: the main number of every model, float64, shape (B,) each; NaN is undefined.

    Example:
        >>> first_shares([np.array([0.5, 0.6, 0.7]), np.array([0.5, 0.7, 0.6])])
        (0.5, 0.5)
    """
    table = np.stack(numbers)
    table = table[:, ~np.isnan(table).any(axis=0)]
    if not table.shape[1]:
        return (0.0,) * len(numbers)
    is_first = table == table.max(axis=0)
    shares: list[float] = (is_first / is_first.sum(axis=0)).mean(axis=1).tolist()
    return tuple(shares)


def _about(model: Model, place: int) -> ModelAbout:
    """A model, with its main number."""
    files = tuple(map(path_of, model.results))
    return ModelAbout(model.name, files, or_none(model.observed()[place]))


def _joined(arrays: Sequence[NDArray[np.float64] | None]) -> Any:
    """Numbers of several slices side by side, None if there are none."""
    known = [each for each in arrays if each is not None]
    return np.concatenate(known, axis=-1) if known else None
