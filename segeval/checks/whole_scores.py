"""Scores of the set as a whole: all equal, or of two scales.

Each finding is made from counts, which those of several parts of the set add up to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data.columns import Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import Keys, shown_id
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.words import counted

LEAST = 10
"""Equal scores of fewer predictions may be chance."""

LARGE = 10.0
"""Score that probabilities are far below."""

BELOW = 0.25
"""Largest chance of a right prediction to score above a wrong one where scores are inverted."""

UNLIKELY = 3.5
"""Least standard deviations of the test of Mann and Whitney by which that is no accident."""

OFTEN = 0.5
"""Share of an image's scores above 1 in a file of percent."""


SHARED_BITS = 44
"""Lowest bits of a score that a table of scores does not tell apart: 8 of its fraction are left."""


WIDEST = 1 << 14
"""Different numbers for which a table of all between them is no waste."""


@frozen(eq=False, repr=False)
class ImageScores:
    """Scores of the predictions of each of I images.

    Attributes:
        count: number of predictions, int64, shape (I,).
        above: how many of them score above 1, int64, shape (I,).
        highest: their highest score, float64, shape (I,); -infinity without predictions.
        lowest: the lowest of all, infinity without predictions; -infinity where one is NaN.
    """

    count: NDArray[np.int64]
    above: NDArray[np.int64]
    highest: NDArray[np.float64]
    lowest: float

    @classmethod
    def of(cls, score: NDArray[np.float64], image: NDArray[np.integer], images: int) -> ImageScores:
        """Those of predictions.

        Args:
            score: shape (n,).
            image: index of the image of each, shape (n,).
            images: their number.
        """
        highest = np.full(images, -np.inf)
        with np.errstate(invalid="ignore"):  # a compat mode takes NaN
            np.fmax.at(highest, image, score)
        above = np.bincount(image[score > 1], minlength=images)
        lowest = float(score.min(initial=np.inf))
        count = np.bincount(image, minlength=images)
        return cls(count, above, highest, -np.inf if np.isnan(lowest) else lowest)


@frozen(eq=False, repr=False)
class ScoreTable:
    """How many right and wrong predictions have about a score, for B different ones.

    Attributes:
        bits: the highest bits of a score as it is stored, ascending, int64, shape (B,).
        lowest: the lowest score of each, float64, shape (B,).
        right: number of right predictions, int64, shape (B,).
        wrong: number of wrong predictions, int64, shape (B,).
    """

    bits: NDArray[np.int64]
    lowest: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]

    @classmethod
    def of(cls, score: NDArray[np.float64], right: NDArray[np.bool_]) -> ScoreTable:
        """That of predictions; scores that are not finite are left out.

        Args:
            score: shape (n,).
            right: whether each finds an object, shape (n,).
        """
        is_finite = np.isfinite(score)  # a compat mode takes others too
        if not is_finite.all():
            score, right = score[is_finite], right[is_finite]
        bits = score.view(np.int64) >> SHARED_BITS
        if not len(bits):
            return cls(bits, score, bits, bits)
        known, place = _numbered(bits)
        kinds = np.bincount(2 * place + right, minlength=2 * len(known)).reshape(-1, 2)
        return cls._sorted(known, _lowest(score, place, len(known)), kinds[:, 1], kinds[:, 0])

    @classmethod
    def _sorted(
        cls,
        bits: NDArray[np.int64],
        lowest: NDArray[np.float64],
        right: NDArray[np.int64],
        wrong: NDArray[np.int64],
    ) -> ScoreTable:
        """The table of those scores that are there, ascending."""
        there = np.flatnonzero(right + wrong)
        order = there[np.argsort(lowest[there], kind="stable")]
        return cls(bits[order], lowest[order], right[order], wrong[order])

    def take(self, places: NDArray[np.intp]) -> ScoreTable:
        """Some of the scores."""
        return ScoreTable(*(column[places] for column in vars(self).values()))

    def summed(self) -> ScoreTable:
        """The same with each score once."""
        if not len(self.bits):
            return self
        known, place = _numbered(self.bits)
        right, wrong = (
            np.bincount(place, column, len(known)).astype(np.int64)
            for column in (self.right, self.wrong)
        )
        return self._sorted(known, _lowest(self.lowest, place, len(known)), right, wrong)


def _numbered(bits: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers (B,) that hold all of some, ascending, and the place of each (n,) among them."""
    first, last = int(bits.min()), int(bits.max())
    if last - first < max(WIDEST, len(bits)):
        return np.arange(first, last + 1), bits - first
    known = distinct(bits)
    return known, np.searchsorted(known, bits)


def _lowest(
    score: NDArray[np.float64], place: NDArray[np.int64], number: int
) -> NDArray[np.float64]:
    """The lowest score at each place, shape (number,)."""
    lowest = np.full(number, np.inf)
    np.minimum.at(lowest, place, score)
    return lowest


def equal_scores(
    records: Records[Predictions], rows: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Predictions that all have one score, so that nothing ranks them but the file.

    Args:
        records: the predictions.
        rows: rows that take part; None for all.
    """
    score = records.columns.score if rows is None else records.columns.score[rows]
    if len(score) and score[0] == score[-1]:
        source = records.columns.source
        yield from all_equal(source, len(score), float(score.min()), float(score.max()))


def all_equal(source: str, count: int, lowest: float, highest: float) -> Iterator[Finding]:
    """Predictions that all have one score.

    Args:
        source: name of the file.
        count: their number.
        lowest: the lowest score.
        highest: the highest one.
    """
    if count >= LEAST and lowest == highest:
        yield Finding(
            "warn",
            "ties",
            f"all {count:,} predictions have the score {highest + 0.0:g}: file order decides",
            count=count,
            path=source,
            hint="Write the confidence of the model as score.",
            code="equal-scores",
            field="score",
        )


def two_scales(records: Records[Predictions]) -> Iterator[Finding]:
    """Scores of percent in some images, and of at most 1 in all others.

    Args:
        records: the predictions.
    """
    preds = records.columns
    if not len(preds) or not preds.score.max() >= LARGE or preds.score.min() < 0:
        return
    images = distinct(preds.image_id)
    place = index_of(preds.image_id, images)
    scores = ImageScores.of(preds.score, place, len(images))
    totals = ScoreTotals.of(images, scores.count, scores.above, scores.highest)
    for finding in scores_of_two_scales(preds.source, totals, scores.lowest, preds.image_keys):
        row = int(np.argmax(are_percent(scores.count, scores.above)[place]))
        yield replace(finding, index=records.place(row), first=records.name(row))


def are_percent(count: NDArray[np.int64], above: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Images whose scores look like percent, by the numbers of scores and of those above 1."""
    return np.asarray((count > 0) & (above >= OFTEN * count))


@frozen(eq=False, repr=False)
class ScoreTotals:
    """Scores of the images of a set.

    Attributes:
        predictions: number of predictions.
        highest: the highest score, -infinity without predictions.
        percent: number of images whose scores look like percent.
        first: id of the first of them, None if there is none.
        of_percent: number of their predictions.
        others: number of the other images with predictions.
        above: scores above 1 in these.
        highest_of_others: their highest score.
    """

    predictions: int
    highest: float
    percent: int
    first: int | None
    of_percent: int
    others: int
    above: int
    highest_of_others: float

    @classmethod
    def of(
        cls,
        image_ids: NDArray[np.int64],
        count: NDArray[np.int64],
        above: NDArray[np.int64],
        highest: NDArray[np.float64],
    ) -> ScoreTotals:
        """Those of I images; columns as in `ImageScores`.

        Args:
            image_ids: ascending, shape (I,).
            count: number of predictions, shape (I,).
            above: how many of them score above 1, shape (I,).
            highest: their highest score, shape (I,).
        """
        percent = are_percent(count, above)
        others = (count > 0) & ~percent
        return cls(
            predictions=int(count.sum()),
            highest=float(highest.max(initial=-np.inf)),
            percent=int(percent.sum()),
            first=int(image_ids[np.argmax(percent)]) if percent.any() else None,
            of_percent=int(count[percent].sum()),
            others=int(others.sum()),
            above=int(above[others].sum()),
            highest_of_others=float(highest[others].max(initial=-np.inf)),
        )

    @classmethod
    def together(cls, parts: Sequence[ScoreTotals]) -> ScoreTotals:
        """Those of several lists of images, each of which comes before the next."""
        return cls(
            predictions=sum(part.predictions for part in parts),
            highest=max(part.highest for part in parts),
            percent=sum(part.percent for part in parts),
            first=next((part.first for part in parts if part.first is not None), None),
            of_percent=sum(part.of_percent for part in parts),
            others=sum(part.others for part in parts),
            above=sum(part.above for part in parts),
            highest_of_others=max(part.highest_of_others for part in parts),
        )


def scores_of_two_scales(
    source: str, totals: ScoreTotals, lowest: float, keys: Keys | None
) -> Iterator[Finding]:
    """Scores of percent in some images, and of at most 1 in all others.

    Args:
        source: name of the file.
        totals: scores of the images.
        lowest: the lowest score of all.
        keys: those of the ids, as in `Images`.
    """
    if not totals.predictions or not totals.highest >= LARGE or lowest < 0:
        return
    if totals.above or totals.percent < 2 or totals.others < 2 or totals.first is None:
        return
    yield Finding(
        "warn",
        "score range",
        f"scores go up to {totals.highest:g} in {counted(totals.percent, 'image')} and up to "
        f"{totals.highest_of_others:g} in the {totals.others:,} others, first image "
        f"{shown_id(totals.first, keys)}",
        count=totals.of_percent,
        path=source,
        hint="Were files of two scales joined?",
        code="two-score-scales",
        field="score",
    )


def inverted_scores(source: str, table: ScoreTable) -> Iterator[Finding]:
    """Scores that are lower the better a prediction is.

    Args:
        source: name of the file.
        table: scores of the predictions that were judged.
    """
    good, bad = table.right, table.wrong
    right, wrong = int(good.sum()), int(bad.sum())
    with np.errstate(over="ignore", invalid="ignore"):
        if not right or not wrong:
            return
        if not (good * table.lowest).sum() / right < (bad * table.lowest).sum() / wrong:
            return
    below = np.cumsum(bad) - bad
    above = int((good * (2 * below + bad)).sum())
    chance = above / (2 * wrong * right)
    spread = np.sqrt((right + wrong + 1) / (12.0 * right * wrong))
    if chance > BELOW or 0.5 - chance < UNLIKELY * spread:
        return
    medians = [
        float(table.lowest[np.searchsorted(np.cumsum(own), (own.sum() + 1) // 2)])
        for own in (good, bad)
    ]
    yield Finding(
        "warn",
        "score order",
        f"predictions that find an object have lower scores (median {medians[0]:.2g}) than those "
        f"that find none (median {medians[1]:.2g})",
        count=right + wrong,
        path=source,
        hint="Is score a distance, or 1 - confidence? The highest score must be the best.",
        code="inverted-scores",
        field="score",
    )
