"""Votes of label maps: by hand, beside a plain reference with fractions, and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.label_maps.classes import label_classes
from segeval.ensemble.label_maps.voting import BLOCK, Ballot, count_votes, vote_labels, whole_votes
from segeval.errors import InputError, ShapeError

# Five pixels: all agree; two against one; all differ; void against a label; all void (9).
MAPS = [[[1, 3, 5, 9, 9]], [[1, 2, 4, 9, 9]], [[1, 2, 6, 7, 9]]]


def reference(
    maps: Sequence[NDArray[Any]], weights: Sequence[float], void: Sequence[int]
) -> NDArray[Any]:
    """The winners by definition, pixel by pixel, with exact fractions."""
    found = np.empty(maps[0].shape, maps[0].dtype)
    exact = [Fraction(repr(float(weight))) for weight in weights]
    for place in np.ndindex(found.shape):
        labels = [int(each[place]) for each in maps]

        def key(label: int, labels: list[int] = labels) -> tuple[Fraction, Fraction, int]:
            own = [weight for weight, its in zip(exact, labels, strict=True) if its == label]
            return sum(own, Fraction()), max(own), -label

        found[place] = max(set(labels) - set(void) or set(labels), key=key)
    return found


def test_the_label_of_most_models_wins_and_ties_go_to_the_smallest_label() -> None:
    assert vote_labels(MAPS, ignore=9).tolist() == [[1, 2, 4, 7, 9]]


def test_a_tie_goes_to_the_heaviest_model_before_the_smallest_label() -> None:
    # 3 of weight 3 against 2 of 2 + 1; then 5 of weight 3 alone
    assert vote_labels(MAPS, [3, 2, 1], ignore=9).tolist() == [[1, 3, 5, 7, 9]]


def test_a_tie_of_decimals_is_exact() -> None:
    # 0.1 + 0.2 is more than 0.3 as binary fractions: then 4 would win without a tie
    assert 0.1 + 0.2 > 0.3
    assert vote_labels([[[7]], [[4]], [[4]]], [0.3, 0.1, 0.2]).tolist() == [[7]]


def test_weights_of_any_size_keep_their_digits() -> None:
    assert whole_votes(np.array([3e-20, 1e-20, 2e-20])).tolist() == [
        3 * 10**15, 10**15, 2 * 10**15,
    ]  # fmt: skip
    assert whole_votes(np.array([9e300, 1.0])).tolist() == [9 * 10**15, 0]


def test_void_is_a_label_like_any_other_unless_it_is_ignored() -> None:
    assert vote_labels(MAPS).tolist() == [[1, 2, 4, 9, 9]]


def test_where_all_are_void_the_void_labels_vote() -> None:
    assert vote_labels([[[8, 8]], [[9, 8]], [[9, 3]]], ignore=[8, 9]).tolist() == [[9, 3]]


def test_a_vote_of_no_weight_decides_where_there_is_no_other() -> None:
    assert vote_labels([[[9, 1]], [[5, 5]]], [1, 0], ignore=9).tolist() == [[5, 1]]


@pytest.mark.parametrize("seed", range(40))
def test_winners_equal_those_by_definition_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    models, shape = int(rng.integers(2, 6)), rng.integers(1, 14, 2)
    factor, dtype = (40, np.uint8) if seed % 2 else (9000, np.uint16)
    maps = [(rng.integers(0, 4, shape) * factor).astype(dtype) for _ in range(models)]
    weights = np.append(rng.choice([0.0, 0.1, 0.2, 0.3, 1.0], models - 1), 0.4)
    void = [0, 2 * factor] if seed % 3 else []
    found = vote_labels(maps, weights, ignore=void)
    assert found.dtype == dtype
    assert np.array_equal(found, reference(maps, weights.tolist(), void))
    order = rng.permutation(models)
    again = vote_labels([maps[at] for at in order], weights[order], ignore=void)
    assert np.array_equal(found, again)


@pytest.mark.parametrize("side", [1, 8, 32])
def test_large_maps_of_equal_patches_are_voted_on_part_by_part(side: int) -> None:
    rng = np.random.default_rng(side)
    shape = 307, 320  # more than one part, and not a multiple of a word
    patches = -(-shape[0] // side), -(-shape[1] // side)
    maps = [
        np.kron(rng.integers(0, 3, patches), np.ones((side, side))).astype(np.uint8)[:307]
        for _ in range(3)
    ]
    assert maps[0].size > BLOCK
    voted = count_votes(maps, Ballot(np.array([3.0, 2.0, 2.0]), None, [2]))
    votes = np.zeros((3, *shape), np.int64)
    for labels, weight in zip(maps, (3, 2, 2), strict=True):
        for label in range(3):
            votes[label] += weight * (labels == label)
    votes[2] = np.where(votes[:2].any(axis=0), 0, votes[2])
    expected = votes.argmax(axis=0)
    assert np.array_equal(voted.labels, expected)
    stacked = np.stack(maps)
    assert voted.silent.tolist() == (stacked == 2).sum(axis=(1, 2)).tolist()
    lost = (stacked != expected) & (stacked != 2)
    assert voted.overruled.tolist() == lost.sum(axis=(1, 2)).tolist()
    assert voted.differing == (stacked != stacked[0]).any(axis=0).sum()
    is_tied = (votes[0] == votes[1]) & (votes[0] > 0)
    assert voted.ties == is_tied.sum() > 0


def test_what_each_map_lost_is_counted() -> None:
    voted = count_votes([np.array(each, np.uint8) for each in MAPS], Ballot(np.ones(3), None, [9]))
    assert voted.silent.tolist() == [2, 2, 1]
    assert voted.overruled.tolist() == [2, 0, 1]
    assert (voted.differing, voted.ties) == (3, 1)
    assert np.flatnonzero(voted.labels_seen).tolist() == [1, 2, 3, 4, 5, 6, 7, 9]


def test_pixels_on_which_all_agree_are_counted_in_words_and_beside_them() -> None:
    maps = [np.full((3, 7), 9, np.uint8) for _ in range(2)]
    voted = count_votes(maps, Ballot(np.ones(2), None, [9]))
    assert voted.silent.tolist() == [21, 21]
    assert (voted.labels == 9).all()
    assert voted.differing == 0


def test_a_vote_for_a_class_counts_with_the_weight_of_the_model_for_it() -> None:
    weights = np.array([[0.2, 1.0], [0.9, 0.3]])  # the first model is good at class 5 alone
    ballot = Ballot(weights, label_classes({4: "sky", 5: "sea"}))
    maps = [np.array([[4, 5, 5]], np.uint8), np.array([[5, 4, 5]], np.uint8)]
    assert count_votes(maps, ballot).labels.tolist() == [[5, 5, 5]]


def test_a_label_that_is_no_class_is_told() -> None:
    ballot = Ballot(np.ones(2), label_classes(2, ignore=255))
    maps = [np.array([[0, 7]], np.uint8), np.array([[0, 255]], np.uint8)]
    assert ballot.are_unknown(count_votes(maps, ballot).labels_seen)
    assert not ballot.are_unknown(count_votes([maps[1], maps[1]], ballot).labels_seen)


@pytest.mark.parametrize(
    ("maps", "weights", "ignore", "error", "message"),
    [
        ([[[1]]], None, (), InputError, "`maps` holds 1, expected the label maps of two or more"),
        ([[[1]], [[1, 2]]], None, (), ShapeError, "expected 2 of uint8 or of uint16 and of one"),
        ([[[1]], [[1]]], [1], (), InputError, "`weights` is [1.0], expected 2 numbers of 0 or"),
        ([[[1]], [[1]]], [0, 0], (), InputError, "one of them above 0"),
        ([[[1]], [[1]]], None, "others", InputError, "nothing says which are: expected `classes`"),
        ([[[1]]] * 901, None, (), InputError, "`models` has 901, expected at most 900"),
    ],
)
def test_what_cannot_be_voted_on_is_refused(
    maps: Any, weights: Any, ignore: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        vote_labels(maps, weights, ignore=ignore)
    assert message in str(caught.value)
