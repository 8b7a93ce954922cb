"""The vote of several label maps on every pixel, exact for any order of the maps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.label_maps.classes import OTHERS, Ignored, LabelClasses, ids_to_ignore
from segeval.data.label_maps.read import read_labels
from segeval.ensemble.fitting.model_weights import stated_weights
from segeval.errors import InputError, ShapeError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel, uninterruptible

DIGITS = 15
"""Digits behind the first one of the highest weight that votes keep: sums of them are whole."""

MOST_MODELS = 900
"""With more models, the sum of votes of this many digits may not fit into 64 bits."""

BLOCK = 1 << 16
"""Pixels that are voted on together: those of all models stay near the processor."""

CLASS, VOID, UNKNOWN = range(3)
"""What a label is: a vote, no vote, or a mistake."""


@frozen(eq=False)
class VotedMap:
    """What M models agree on in one image.

    Attributes:
        labels: the label with the most votes, of the dtype of the maps, shape (H, W).
        silent: pixels that are void in each map, int64, shape (M,).
        overruled: pixels where another label than that of each map won, int64, shape (M,).
        differing: number of pixels on which the maps differ.
        ties: number of those that only the order of the labels decides.
        labels_seen: whether each label occurs in a map, bool, shape (256,) or (65536,).
    """

    labels: NDArray[Any]
    silent: NDArray[np.int64]
    overruled: NDArray[np.int64]
    differing: int
    ties: int
    labels_seen: NDArray[np.bool_]


class Ballot:
    """How the labels of M models count: what each model's vote weighs, and what is void."""

    def __init__(
        self, weights: NDArray[np.float64], classes: LabelClasses | None, ignore: Sequence[int] = ()
    ) -> None:
        """Take weights as votes.

        Args:
            weights: of each model, shape (M,), or for each class as well, shape (M, C).
            classes: the C classes and what is ignored beside them; None if every label is a class
                that is not in `ignore`.
            ignore: labels that are no vote, if there are no classes.
        """
        by_class = weights[:, np.newaxis] if weights.ndim == 1 else weights
        if by_class.shape[1] > 1:  # void ids, where all are void, go by the model as a whole
            by_class = np.hstack([by_class, by_class.mean(axis=1, keepdims=True)])
        self.votes = whole_votes(by_class)
        self._classes, self._ignore = classes, ignore
        self._made: dict[int, tuple[NDArray[np.int64], NDArray[np.uint8]]] = {}

    def tables(self, itemsize: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """The column of its votes, and what it is, for each label of 1 or 2 bytes."""
        if itemsize not in self._made:
            self._made[itemsize] = self._tables(np.uint8 if itemsize == 1 else np.uint16)
        return self._made[itemsize]

    def _tables(
        self, dtype: type[np.unsignedinteger]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        labels = np.iinfo(dtype).max + 1
        kind = np.full(labels, CLASS, np.uint8)
        column = np.zeros(labels, np.int64)
        if self._classes is None:
            kind[[label for label in self._ignore if 0 <= label < labels]] = VOID
            return column, kind
        place = self._classes.table(dtype).astype(np.int64)
        kind[place == len(self._classes)] = VOID
        kind[place > len(self._classes)] = UNKNOWN
        if self.votes.shape[1] > 1:
            column = np.minimum(place, len(self._classes))
        return column, kind

    def are_unknown(self, seen: NDArray[np.bool_]) -> bool:
        """Whether labels that occur, shape (256,) or (65536,), are neither classes nor ignored."""
        _, kind = self.tables(1 if len(seen) == 256 else 2)
        return bool((kind[seen] == UNKNOWN).any())


def vote_labels(
    maps: Sequence[ArrayLike],
    weights: ArrayLike | None = None,
    *,
    ignore: Ignored = (),
) -> NDArray[Any]:
    """The label of every pixel that most models give it, by weight.

    Of labels with equal votes, the one that the heaviest single model gives wins, then the smallest
    one. Void is no vote: a pixel is void where all maps say so. A vote of weight 0 decides only
    where there is no other. The result does not depend on the order of the maps.

    Args:
        maps: labels of M models for one image, whole numbers from 0 to 65535, shape (H, W) each.
        weights: of each model, 0 or more, shape (M,); None for equal ones. Decimals are exact: 0.2
            and 0.1 together weigh as much as 0.3.
        ignore: labels that are void.

    Returns:
        uint8, or uint16 if a label needs it, shape (H, W).

    Raises:
        InputError: for fewer than two maps, or weights that are not as described.
        FormatError: for labels that are no such numbers.
        ShapeError: for maps of different sizes.

    Example:
        >>> maps = [[[1, 1, 7]], [[2, 2, 9]], [[2, 9, 9]]]
        >>> vote_labels(maps, ignore=9)
        array([[2, 1, 7]], dtype=uint8)
        >>> vote_labels(maps, [3, 2, 1], ignore=9)
        array([[1, 1, 7]], dtype=uint8)
    """
    if len(maps) < 2:
        raise InputError(
            f"`maps` holds {len(maps)}, expected the label maps of two or more models",
            code="models",
            option="maps",
        )
    found = [
        read_labels(np.asarray(each), f"maps #{place}").labels for place, each in enumerate(maps)
    ]
    wide = np.result_type(*found)
    own = np.ones(len(maps)) if weights is None else stated_weights(weights, len(maps))
    ballot = Ballot(own, None, void_labels(ignore))
    return count_votes([each.astype(wide) for each in found], ballot).labels


def void_labels(ignore: Ignored) -> tuple[int, ...]:
    """Labels that are no vote where nothing says which labels are classes.

    Raises:
        InputError: for "others", which means all that are none.
    """
    ids, ignores_others = ids_to_ignore(ignore)
    if ignores_others:
        raise InputError(
            f"`ignore='{OTHERS}'` stands for every label that is not a class, and nothing says "
            "which are: expected `classes` as well.",
            code="ignore",
            option="ignore",
        )
    return ids


def whole_votes(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Weights as whole numbers whose sums are exact, in proportion, int64, same shape.

    Of each weight the digits count that its shortest decimal form has, up to 15 behind the first
    digit of the highest weight.

    Args:
        weights: 0 or more, at least one above 0, shape (M,) or (M, C).

    Raises:
        InputError: for more models than can be counted exactly.

    Example:
        >>> one, two, three = whole_votes(np.array([0.1, 0.2, 0.3])).tolist()
        >>> one + two == three
        True
    """
    if len(weights) > MOST_MODELS:
        raise InputError(
            f"`models` has {len(weights):,}, expected at most {MOST_MODELS}",
            code="models",
            option="models",
        )
    shift = DIGITS - Decimal(repr(float(weights.max()))).adjusted()
    whole = [
        int(Decimal(repr(each)).scaleb(shift).to_integral_value())
        for each in weights.ravel().tolist()
    ]
    return np.array(whole, np.int64).reshape(weights.shape)


def count_votes(maps: Sequence[NDArray[Any]], ballot: Ballot) -> VotedMap:
    """The label with the most votes for every pixel of one image.

    Args:
        maps: labels of M models, uint8 or uint16, the same in all, shape (H, W).
        ballot: how they count.

    Raises:
        ShapeError: if the maps differ in size or type, or are not as many as the ballot has votes.
    """
    first = maps[0]
    wrong = [each for each in maps if each.shape != first.shape or each.dtype != first.dtype]
    if wrong or len(maps) != len(ballot.votes) or first.dtype not in (np.uint8, np.uint16):
        shapes = ", ".join(f"{each.dtype} {each.shape}" for each in maps)
        raise ShapeError(
            f"the label maps are {shapes}, expected {len(ballot.votes)} of uint8 or of uint16 and "
            "of one size",
            code="label-map",
        )
    column, kind = ballot.tables(first.itemsize)
    winners = np.empty(first.shape, first.dtype)
    counts = np.zeros((len(maps), 2), np.int64)
    seen = np.zeros(len(kind), np.uint8)
    sums = np.zeros((len(kind), 2), np.int64)
    part, won = np.empty((len(maps), BLOCK), first.dtype), np.empty(BLOCK, first.dtype)
    words, won_words = part.view(np.uint64), won.view(np.uint64)
    flat, out = [each.ravel() for each in maps], winners.ravel()
    differing = ties = 0
    for start in range(0, first.size, BLOCK):
        pixels = min(BLOCK, first.size - start)
        for row, labels in zip(part, flat, strict=True):
            row[:pixels] = labels[start : start + pixels]
        found = vote_pixels(
            part, words, pixels, column, kind, ballot.votes, sums, won, won_words, seen, counts
        )
        out[start : start + pixels] = won[:pixels]
        differing, ties = differing + int(found[0]), ties + int(found[1])
    return VotedMap(winners, counts[:, 0], counts[:, 1], differing, ties, seen.view(np.bool_))


@kernel
def vote_pixels(
    maps: NDArray[Any],
    words: NDArray[np.uint64],
    pixels: int,
    column: NDArray[np.int64],
    kind: NDArray[np.uint8],
    votes: NDArray[np.int64],
    sums: NDArray[np.int64],
    winners: NDArray[Any],
    winner_words: NDArray[np.uint64],
    seen: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Write the winners (W * step,) of maps (M, W * step); returns pixels that differ, and ties.

    The words (M, W) are the same pixels, step at a time: most are equal in all maps. The last one
    of a map may be part full.
    sums (L, 2) are zero before and after: the votes of a label, and the heaviest of them. counts
    (M, 2) get the pixels that are void in each map, and those where it is overruled.

    Assumes maps of one size, an entry of column, kind, sums and seen for every label that their
    dtype can hold, and a column of votes for each, proven by `count_votes` and `Ballot`.
    """
    models = maps.shape[0]
    step = 8 // maps.itemsize
    differing, ties, all_void = 0, 0, 0
    last, voids_of_last = ~words[0, 0], 0  # of the last word on which all agree
    counted, in_word = -1, (0, 0)  # the last word on which they differ
    added = np.zeros((models, 2), np.int64)
    full = pixels // step
    for i in range(full):
        if words_agree(words, i):
            winner_words[i] = words[0, i]
            if words[0, i] != last:
                last = words[0, i]
                voids_of_last = mark_seen(maps[0], i * step, step, kind, seen)
            all_void += voids_of_last
            continue
        if i > 0 and i - 1 == counted and words_repeat(words, i):
            winner_words[i] = winner_words[i - 1]
        else:
            added[:] = 0
            in_word = vote_span(
                maps, i * step, i * step + step, column, kind, votes, sums, winners, seen, added
            )
        counted = i
        differing += in_word[0]
        ties += in_word[1]
        for m in range(models):
            counts[m, 0] += added[m, 0]
            counts[m, 1] += added[m, 1]
    rest = vote_span(maps, full * step, pixels, column, kind, votes, sums, winners, seen, counts)
    for m in range(models):
        counts[m, 0] += all_void
    return differing + rest[0], ties + rest[1]


@uninterruptible
def words_agree(words: NDArray[np.uint64], i: int) -> bool:
    """Whether word i is the same in all maps (M, W)."""
    is_same = True
    for m in range(1, words.shape[0]):
        is_same &= words[m, i] == words[0, i]
    return is_same


@uninterruptible
def words_repeat(words: NDArray[np.uint64], i: int) -> bool:
    """Whether word i of every map (M, W) is the word before it."""
    is_same = True
    for m in range(words.shape[0]):
        is_same &= words[m, i] == words[m, i - 1]
    return is_same


@uninterruptible
def mark_seen(
    labels: NDArray[Any], first: int, step: int, kind: NDArray[np.uint8], seen: NDArray[np.uint8]
) -> int:
    """Mark the labels of a word on which all maps agree as seen; returns how many are void."""
    voids = 0
    for j in range(first, first + step):
        seen[labels[j]] = 1
        voids += kind[labels[j]] == VOID
    return voids


@uninterruptible
def vote_span(
    maps: NDArray[Any],
    first: int,
    end: int,
    column: NDArray[np.int64],
    kind: NDArray[np.uint8],
    votes: NDArray[np.int64],
    sums: NDArray[np.int64],
    winners: NDArray[Any],
    seen: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """A few pixels of `vote_pixels`; returns those that differ, and ties."""
    differing, ties = 0, 0
    for j in range(first, end):
        outcome = vote_pixel(maps, j, column, kind, votes, sums, winners, seen, counts)
        differing += outcome > 0
        ties += outcome > 1
    return differing, ties


@uninterruptible
def vote_pixel(
    maps: NDArray[Any],
    j: int,
    column: NDArray[np.int64],
    kind: NDArray[np.uint8],
    votes: NDArray[np.int64],
    sums: NDArray[np.int64],
    winners: NDArray[Any],
    seen: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> int:
    """One pixel of `vote_pixels`: 0 if all maps agree, 1 if votes decide, 2 if the order does."""
    models = maps.shape[0]
    best = maps[0, j]
    is_same = True
    for m in range(models):
        label = maps[m, j]
        is_same &= label == best
        vote = votes[m, column[label]]
        sums[label, 0] += vote
        sums[label, 1] = max(sums[label, 1], vote)
        seen[label] = 1
    is_tied = False
    for m in range(1, models):
        label = maps[m, j]
        if label == best:
            continue
        ahead = np.int64(kind[best] == VOID) - np.int64(kind[label] == VOID)
        if ahead == 0:
            ahead = sums[label, 0] - sums[best, 0]
        if ahead == 0:
            ahead = sums[label, 1] - sums[best, 1]
        if ahead == 0:
            is_tied = True
            best = min(best, label)
        elif ahead > 0:
            is_tied = False
            best = label
    for m in range(models):
        label = maps[m, j]
        sums[label, 0] = 0
        sums[label, 1] = 0
        counts[m, 0] += kind[label] == VOID
        counts[m, 1] += (kind[label] != VOID) & (label != best)
    winners[j] = best
    if is_same:
        return 0
    return 2 if is_tied and kind[best] != VOID else 1
