"""Intervals of the numbers of one model: `--ci` of the commands, and `interval` of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.differences import GROUPS
from segeval.analysis.comparison.documents import with_intervals
from segeval.analysis.comparison.interval_columns import with_interval_columns
from segeval.analysis.comparison.intervals import (
    LEVEL,
    MOST_UNDEFINED,
    Intervals,
    centred_intervals,
    few_draws,
    undefined_replicates,
)
from segeval.analysis.comparison.models import Draws, Model, replicates
from segeval.analysis.comparison.names import category_names, named_path, primary_path
from segeval.analysis.comparison.options import check_numbers, check_resamples
from segeval.analysis.comparison.rare_categories import stretches
from segeval.analysis.comparison.slices import (
    LabelSource,
    labels_by_option,
    named_source,
    notes_of_labels,
    units_of,
)
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.draws import Units
from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.brief import Brief
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.metrics.result import Result
from segeval.metrics.tables import Table
from segeval.words import counted

NOUNS: Mapping[Any, tuple[str, str]] = {
    "sizes": ("size", "sizes"),
    "categories": ("category", "categories"),
    "frequencies": ("frequency", "frequencies"),
    "groups": ("group", "groups"),
    "trimap": ("band", "bands"),
}
"""What the entries of a key in JSON are, one and several."""


@frozen(eq=False, repr=False)
class ResultIntervals(Brief):
    """Intervals of all numbers of a result.

    Attributes:
        result: the result.
        paths: places of its M numbers in JSON, below `results`.
        by_path: lower and upper end of each interval, fractions; None where there is none.
        replicates: the numbers on B draws of the images, float64, shape (B, M), NaN where
            undefined; no rows with fewer than 10 images.
        settings: how images were drawn: level, resamples, seed and groups.
        notes: what the user should know.
    """

    result: Result[Any]
    paths: tuple[KeyPath, ...]
    by_path: Mapping[KeyPath, list[float] | None]
    replicates: NDArray[np.float64]
    settings: Mapping[str, Any]
    notes: tuple[Note, ...]

    def of(self, metric: str | None = None) -> tuple[float, float] | None:
        """The interval of one number, by a key path or a short name; of the main one for None.

        Raises:
            InputError: if there is no such number.
        """
        if metric is None:
            path = primary_path(self.paths)
        else:
            path = named_path(metric, self.paths, category_names(self.result))
        found = self.by_path[path]
        return None if found is None else (found[0], found[1])

    def beside(self, table: Table) -> Table:
        """A table of the result with intervals beside its main numbers."""
        return with_interval_columns(table, self.by_path, category_names(self.result))

    def into(self, document: dict[str, Any]) -> dict[str, Any]:
        """A result's JSON object with `intervals` beside the numbers of every object."""
        return {
            **document,
            "settings": {**document["settings"], **self.settings},
            "results": with_intervals(document["results"], self.by_path),
            "notes": [*document["notes"], *(note.to_dict() for note in self.notes)],
        }


def result_intervals(
    result: Result[Any],
    *,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    gt: Any = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> ResultIntervals:
    """95 % intervals of all numbers of a result, from images drawn with replacement.

    Args:
        result: of an evaluation.
        resamples: draws of images.
        seed: of the draws; the order of the images makes no difference.
        groups: images that are drawn together, as in `compare`.
        gt: ground truth, where groups are a field of its images.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of steps done, and of all.

    Raises:
        InputError: for a result that keeps nothing of single images, fewer than 1 replicate, or a
            field that no image has.

    Example:
        >>> import json, segeval
        >>> from segeval.data.synthetic import furniture
        >>> files = {name: json.loads(text) for name, text in furniture().to_json().items()}
        >>> result = segeval.average_precision(files["model_a.json"], files["gt.json"])
        >>> low, high = result_intervals(result, resamples=100).of("AP50")
        >>> low < result.ap50 < high
        True
    """
    check_resamples(resamples, seed)
    settings = {
        "level": LEVEL,
        "resamples": resamples,
        "seed": seed,
        "groups": named_source(groups),
    }
    run = resampled(result)
    units, on_groups = drawn_units(run, groups, gt)
    number = len(run.paths)
    check_numbers(resamples, number)
    if len(units) < FEWEST_IMAGES:
        note = too_few_units(len(units), grouped=groups is not None)
        blank = dict.fromkeys(run.paths)
        return ResultIntervals(
            result, run.paths, blank, np.empty((0, number)), settings, (*on_groups, note)
        )
    draws = Draws(units, seed, resamples)
    done, total = [0], len(draws.blocks())

    def advance() -> None:
        done[0] += 1
        if on_progress is not None:
            on_progress(done[0], total)

    model = Model("", (result,), (run,))
    [drawn] = replicates([model], draws, workers=workers, advance=advance)
    observed = run.numbers()[0]
    found = centred_intervals(observed, drawn, stretch=stretches(observed, drawn, run.means))
    by_path, notes = intervals_by_path(run, found)
    return ResultIntervals(result, run.paths, by_path, drawn, settings, (*on_groups, *notes))


def drawn_units(
    run: Resampled, groups: LabelSource | None, gt: Any
) -> tuple[Units, tuple[Note, ...]]:
    """What is drawn: the images of an evaluation, or groups of them; and what there is to say.

    Args:
        run: the evaluation.
        groups: images that are drawn together, None for each by itself.
        gt: ground truth, where groups are a field of its images.

    Raises:
        InputError: for a field that no image has, or an image without a group.
    """
    labels = labels_by_option(
        {"groups": groups}, gt=gt, ids=run.image_ids, file_names=run.file_names
    )
    units = units_of(labels.get("groups"), run.image_keys, run.image_ids)
    return units, notes_of_labels(labels)


def intervals_by_path(
    run: Resampled, found: Intervals
) -> tuple[dict[KeyPath, list[float] | None], tuple[Note, ...]]:
    """Ends of each interval by the place of its number, None where there is none; and why.

    Args:
        run: whose numbers they are, for the images of parts such as categories.
        found: intervals of all numbers.
    """
    few = np.array([_is_part(path) for path in run.paths]) & (run.images_with < FEWEST_IMAGES)
    by_path = {
        path: None if is_few or ends is None else [*ends]
        for path, is_few, ends in zip(run.paths, few, found.ends, strict=True)
    }
    notes = _notes(run.paths, found.undefined, few, found.observed, found.replicates)
    return by_path, tuple(notes)


def too_few_units(number: int, *, grouped: bool) -> Note:
    """The note that there are too few images, or groups of images, for intervals."""
    found = counted(number, "group" if grouped else "image")
    message = (
        f"no intervals: {found} cannot tell how the numbers vary; at least {FEWEST_IMAGES} are "
        "needed"
    )
    return Note("few-images", message, number)


def interval(
    result: Result[Any], metric: str | None = None, **settings: Any
) -> tuple[float, float] | None:
    """The interval of one number of a result; arguments and errors as `result_intervals`."""
    return result_intervals(result, **settings).of(metric)


def _is_part(path: KeyPath) -> bool:
    """Whether a number is of a part of the objects, such as a category."""
    return any(key in GROUPS for key in path[:-1])


def _part_of(path: KeyPath) -> KeyPath:
    """The part that a number is of, such as ("categories", 17): what stands deepest."""
    at = max(place for place, key in enumerate(path[:-1]) if key in NOUNS)
    return path[at : at + 2]


def _notes(
    paths: tuple[KeyPath, ...],
    undefined: NDArray[np.int64],
    few: NDArray[np.bool_],
    observed: NDArray[np.float64],
    resamples: int,
) -> list[Note]:
    """Numbers without an interval, and why."""
    notes = few_draws(resamples)
    parts = dict.fromkeys(  # the same for every number and every kind of IoU
        _part_of(path)
        for path, is_few in zip(paths, few, strict=True)
        if is_few and path[-2] != "ap_by_size"
    )
    if parts:
        kinds = dict.fromkeys(part[0] for part in parts)
        one, several = (
            " or ".join(nouns) for nouns in zip(*(NOUNS[kind] for kind in kinds), strict=True)
        )
        occur = counted(len(parts), f"{one} occurs", f"{several} occur")
        has = "has" if len(parts) == 1 else "have"
        few_images = f"in the ground truth of fewer than {FEWEST_IMAGES} images"
        message = f"{occur} {few_images} and {has} no interval"
        notes.append(Note("few-images-of-category", message, len(parts)))
    gone = int((~few & ~np.isnan(observed) & (undefined > MOST_UNDEFINED * resamples)).sum())
    return [*notes, *undefined_replicates(gone)]
