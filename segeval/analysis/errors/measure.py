"""From two files to the numbers of all parts: what one model, or each of two, is measured by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.costs import Part, costs_of
from segeval.analysis.errors.kinds import BACKGROUND, KindsAt
from segeval.analysis.errors.tide import tide_arguments, tide_numbers
from segeval.analysis.resampling.draws import Units, image_keys
from segeval.brief import Brief
from segeval.data import GroundTruth
from segeval.errors import InputError, Note
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.image_pairs import image_pairs
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.matches import Matches
from segeval.words import counted

THRESHOLDS = (0.5,)
"""IoU thresholds by default."""

TIDE = "tidecv"
"""The package whose numbers can be reproduced."""

PER = ("size", "category")
"""Parts of the data that can be told apart."""


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How intervals are made.

    Attributes:
        resamples: bootstrap replicates.
        seed: of the draws.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a number of replicates that gives no interval."""
        if self.resamples < 2:
            raise InputError(
                f"`resamples` is {self.resamples}, expected at least 2.",
                code="resamples",
                option="resamples",
            )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for beside the arguments of an evaluation.

    Attributes:
        compat: "tidecv" for the numbers of that package, or None.
        per: parts of the data to tell apart.
        resampling: how intervals are made; None for none.
    """

    compat: str | None = None
    per: tuple[str, ...] = ()
    resampling: Resampling | None = None

    def __post_init__(self) -> None:
        """Refuse unknown choices, and what tidecv does not have.

        Raises:
            InputError: for these.
        """
        for each in self.per:
            check_choice("per", each, PER)
        check_choice("compat", self.compat, (TIDE,))
        for option, is_asked in (("per", self.per), ("ci", self.resampling)):
            if self.compat is not None and is_asked:
                raise InputError(
                    f"`{option}` does not go with `compat='{TIDE}'`, whose numbers have no such "
                    "thing: leave one of them out.",
                    code="compat",
                    option=option,
                )

    def arguments(self, arguments: Arguments) -> Arguments:
        """The arguments of the evaluation, with our default threshold and tidecv's rules."""
        own = replace(arguments, thresholds=arguments.thresholds or THRESHOLDS)
        return own if self.compat is None else tide_arguments(own)


@dataclass(frozen=True, eq=False, repr=False)
class Measured(Brief):
    """The numbers of one model by one kind of IoU.

    Attributes:
        matches: predictions matched to ground truth, none beyond a cap.
        gt: all ground truth.
        parts: P parts of the data.
        numbers: of each part, in the order of `costs.NUMBERS`, float64, shape (P, 21).
        counts: errors of each kind in each part, int64, shape (P, 6); None at several thresholds.
        slices: whether each image belongs to each slice, bool, shape (S, I).
        kinds: of every prediction, at each threshold.
        replicates: the numbers on R draws of the images, float64, shape (R, P, 21); R is 0 for too
            few images; None if no intervals are asked for.
        notes: what the user should know.
    """

    matches: Matches
    gt: GroundTruth
    parts: tuple[Part, ...]
    numbers: NDArray[np.float64]
    counts: NDArray[np.int64] | None
    slices: NDArray[np.bool_]
    kinds: tuple[KindsAt, ...]
    replicates: NDArray[np.float64] | None
    notes: tuple[Note, ...]

    @property
    def columns(self) -> KindColumns:
        """Every prediction and missed object with its kind."""
        return KindColumns.of(self.matches, self.gt, self.kinds)


def measured(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    asked: Asked,
    workers: int | None,
) -> Iterator[Measured]:
    """The numbers of one model by every kind of IoU."""
    for evaluation in evaluations(preds, gt, asked.arguments(arguments), workers):
        own = within_cap(evaluation)
        yield _additive(own, asked, workers) if asked.compat is None else _tide(own, workers)


def within_cap(evaluation: Evaluation) -> Evaluation:
    """The same without predictions beyond a cap over the whole set, which are not judged."""
    matches = evaluation.matches
    return replace(evaluation, matches=matches.take(matches.within_cap))


def _additive(evaluation: Evaluation, asked: Asked, workers: int | None) -> Measured:
    """The additive numbers."""
    matches = evaluation.matches
    least = min(BACKGROUND, float(matches.thresholds[0]))
    pairs = image_pairs(evaluation, least=least, workers=workers)
    costs, kinds = costs_of(matches, pairs, per=asked.per)
    numbers = costs.numbers(np.ones(len(matches.image_ids), np.int64))
    ap = matches.curves(workers=workers).ap()
    if ap is not None:
        numbers[0, 0] = ap  # that of `average_precision`, whose sum has another order
    notes = [note for note in matches.notes if _concerns(note, asked.per)]
    replicates = None
    if asked.resampling is not None:
        units = Units.of_keys(image_keys(matches.image_ids, matches.image_keys))
        count, seed = asked.resampling.resamples, asked.resampling.seed
        if len(units) < FEWEST_IMAGES:
            count = 0
            notes.append(few_images(len(units)))
        replicates = costs.replicates(units, seed=seed, count=count, workers=workers)
    return Measured(
        matches=matches,
        gt=evaluation.gt,
        parts=costs.parts,
        numbers=numbers,
        counts=costs.counts,
        slices=costs.slices,
        kinds=kinds,
        replicates=replicates,
        notes=tuple(notes),
    )


def _tide(evaluation: Evaluation, workers: int | None) -> Measured:
    """Tidecv's numbers."""
    matches = evaluation.matches
    found = tide_numbers(evaluation, workers)
    several = len(found.kinds) > 1
    parts = [Part("all", "all")]
    numbers = found.numbers
    if several:
        parts += [Part("threshold", float(each)) for each in matches.thresholds]
        numbers = np.concatenate([found.numbers.mean(axis=0, keepdims=True), found.numbers])
    return Measured(
        matches=matches,
        gt=evaluation.gt,
        parts=tuple(parts),
        numbers=numbers,
        counts=None if several else found.kinds[0].counts()[None],
        slices=np.empty((0, len(matches.image_ids)), np.bool_),
        kinds=found.kinds,
        replicates=None,
        notes=(*(note for note in matches.notes if _concerns(note, ())), *found.notes),
    )


def _concerns(note: Note, per: Sequence[str]) -> bool:
    """Whether a note of an evaluation concerns error kinds: those on areas only if sizes do."""
    return "size" in per or not note.code.startswith("area-from")


def few_images(number: int) -> Note:
    """A note that there are too few images for intervals."""
    found = counted(number, "image is", "images are")
    message = f"{found} too few for intervals, which need at least {FEWEST_IMAGES}"
    return Note("few-images", message, number)


def settings_of(asked: Asked) -> dict[str, object]:
    """What was asked for, as plain values."""
    resampling = asked.resampling
    return {
        "compat": asked.compat,
        "background": BACKGROUND,
        "per": list(asked.per),
        "resamples": None if resampling is None else resampling.resamples,
        "seed": None if resampling is None else resampling.seed,
    }
