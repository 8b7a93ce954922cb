"""What a reader of a comparison should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from segeval.analysis.comparison.intervals import MOST_UNDEFINED, few_draws, undefined_replicates
from segeval.analysis.comparison.models import Model, path_of
from segeval.analysis.comparison.scores import ComparisonScores
from segeval.analysis.comparison.slices import unlabelled_note
from segeval.analysis.comparison.verdicts import ALPHA, FEW_IMAGES, FEWEST_IMAGES, Verdict
from segeval.errors import Note
from segeval.words import counted


def notes_of(
    models: Sequence[Model], scores: ComparisonScores, *, units: int, unlabelled: int
) -> tuple[Note, ...]:
    """Notes of the evaluations, each once, and on the comparison."""
    return (*notes_of_files(models), *_on_images(scores, units, unlabelled), *_on_numbers(scores))


def notes_of_files(models: Sequence[Model]) -> tuple[Note, ...]:
    """Notes of the evaluations, each once; those that do not hold for every file name theirs."""
    return tuple(dict.fromkeys(_of_files(models)))


def _of_files(models: Sequence[Model]) -> Iterator[Note]:
    """The same, perhaps more than once."""
    results = [result for model in models for result in model.results]
    common = set.intersection(*(set(result.notes) for result in results))
    for result in results:
        path = path_of(result)
        for note in result.notes:
            is_named = note in common or path in note.message
            yield note if is_named else replace(note, message=f"{path}: {note.message}")


def _on_images(scores: ComparisonScores, units: int, unlabelled: int) -> Iterator[Note]:
    """Few images, and images without a slice."""
    noun = "image" if scores.groups is None else "group of images"
    plural = None if scores.groups is None else "groups of images"
    if units < FEW_IMAGES:
        yield Note(
            "few-images",
            f"with {counted(units, noun, plural)} the intervals hold the true difference at least "
            "2 points less often than they say; prefer the p-value",
            units,
        )
    if unlabelled:
        yield unlabelled_note(unlabelled)


def _on_numbers(scores: ComparisonScores) -> Iterator[Note]:
    """Undefined replicates, parts with too few images, and models with the same numbers."""
    differences = [each for pair in scores.pairs for each in pair.differences.values()]
    replicates = len(next(iter(scores.replicates.values())))
    if ALPHA * (replicates + 1) < 1:
        yield Note(
            "few-replicates",
            f"with {counted(replicates, 'replicate')} no p-value can reach {ALPHA:g}: nothing in a "
            "table can be called better or worse (`resamples=1000` is usual)",
            replicates,
            "resamples",
        )
    yield from few_draws(replicates)
    if all(pair.differences[scores.primary].difference is None for pair in scores.pairs):
        name = scores.name_of(scores.primary)
        yield Note("undefined", f"{name} is undefined on these files: it compares nothing")
    gone = sum(
        each.difference is not None
        and each.verdict is not Verdict.TOO_FEW
        and each.undefined > MOST_UNDEFINED * replicates
        for each in differences
    )
    yield from undefined_replicates(gone)
    few = {
        path[-2]
        for path, each in scores.pairs[0].differences.items()
        if each.verdict is Verdict.TOO_FEW and path[-3:-2] == ("categories",)
    }
    if few:
        occur = counted(len(few), "category occurs", "categories occur")
        yield Note(
            "few-images-of-category",
            f"{occur} in the ground truth of fewer than {FEWEST_IMAGES} images: shown, not tested",
            len(few),
        )
    for pair in scores.pairs:
        own = [scores.replicates[pair.a], scores.replicates[pair.b]]
        is_defined = not np.isnan(own[0]).all()
        if is_defined and np.array_equal(own[0], own[1], equal_nan=True):
            yield Note(
                "same-numbers",
                f"{pair.a} and {pair.b} have the same numbers in every replicate: do both hold the "
                "same predictions?",
            )
