"""Draws by counter: what the definition says, whatever the order, the split or the process."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.analysis.resampling.draws import Units, copies, image_keys, swaps
from segeval.errors import InputError

WORD = 2**64

Draw = Callable[[Units, int, int, int], NDArray[Any]]


def finalised(state: int) -> int:
    """splitmix64's next number, in Python's whole numbers."""
    z = (state + 0x9E3779B97F4A7C15) % WORD
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % WORD
    return z ^ (z >> 31)


def chained(stream: int, *numbers: int) -> int:
    for number in numbers:
        stream = finalised(stream ^ (number % WORD))
    return stream


def test_splitmix64_gives_the_published_first_numbers_for_seed_0() -> None:
    assert finalised(0) == 0xE220A8397B1DCDAF
    assert finalised(0x9E3779B97F4A7C15) == 0x6E789E6AA1B965F4


@pytest.mark.parametrize("seed", [0, 5, -1, 2**64 - 1])
def test_copies_count_how_often_each_unit_is_drawn(seed: int) -> None:
    ids = np.array([40, -3, 7, 100, 8, 1])
    found = copies(Units.of_keys(image_keys(ids)), seed, first=3, count=2)
    by_key = sorted(int(each) % WORD for each in ids)  # -3 comes last
    for row, replicate in enumerate((3, 4)):
        expected = dict.fromkeys(by_key, 0)
        for draw in range(6):
            expected[by_key[chained(0x9FB21C651E98DF25, seed, replicate, draw) * 6 // WORD]] += 1
        assert found[row].tolist() == [expected[int(each) % WORD] for each in ids]


@pytest.mark.parametrize("seed", [0, 5, -1])
def test_an_image_is_swapped_by_the_top_bit_of_its_hash(seed: int) -> None:
    ids = np.array([40, -3, 7, 100])
    found = swaps(Units.of_keys(image_keys(ids)), seed, first=9, count=3)
    for row, replicate in enumerate((9, 10, 11)):
        hashes = [chained(0xD6E8FEB86659FD93, seed, replicate, int(each)) for each in ids]
        assert found[row].tolist() == [each >> 63 == 1 for each in hashes]


@pytest.mark.parametrize("draw", [copies, swaps])
def test_draws_depend_neither_on_the_order_of_images_nor_on_the_split_of_replicates(
    draw: Draw,
) -> None:
    rng = np.random.default_rng(0)
    ids = rng.choice(1 << 40, 50, replace=False)
    order = rng.permutation(50)
    every = draw(Units.of_keys(image_keys(ids)), 1, 0, 20)
    other = Units.of_keys(image_keys(ids[order]))
    parts = [draw(other, 1, first, count) for first, count in ((0, 7), (7, 0), (7, 13))]
    assert (np.concatenate(parts) == every[:, order]).all()


def test_streams_seeds_and_replicates_differ() -> None:
    units = Units.of_keys(image_keys(np.arange(200)))
    drawn = [copies(units, seed, first, 1)[0] for seed in (0, 1) for first in (0, 1)]
    drawn += [swaps(units, seed, first, 1)[0] for seed in (0, 1) for first in (0, 1)]
    assert len({each.astype(np.uint16).tobytes() for each in drawn}) == len(drawn)


def test_every_replicate_draws_as_many_units_as_there_are() -> None:
    assert (copies(Units.of_keys(image_keys(np.arange(37))), 0, 0, 50).sum(axis=1) == 37).all()


def test_weights_have_the_moments_of_a_multinomial_draw() -> None:
    found = copies(Units.of_keys(image_keys(np.arange(40))), 0, 0, 4000).astype(float)
    # mean 1, variance 39/40, covariance -1/40; 6 standard errors of 160,000 or 4,000 draws
    assert found.mean(axis=0) == pytest.approx(np.ones(40), abs=6 * (39 / 40 / 4000) ** 0.5)
    assert found.var() == pytest.approx(39 / 40, abs=0.03)
    covariance = np.cov(found.T)
    assert covariance[~np.eye(40, dtype=bool)].mean() == pytest.approx(-1 / 40, abs=0.002)


def test_half_of_the_images_are_swapped_on_average() -> None:
    found = swaps(Units.of_keys(image_keys(np.arange(40))), 0, 0, 4000)
    assert found.mean() == pytest.approx(0.5, abs=6 * (0.25 / 160_000) ** 0.5)
    assert found.mean(axis=0) == pytest.approx(np.full(40, 0.5), abs=6 * (0.25 / 4000) ** 0.5)


@pytest.mark.parametrize("draw", [copies, swaps])
def test_images_of_a_group_are_drawn_together(draw: Draw) -> None:
    units = Units.of_groups(["street", "garden", "street", "garden", "garden", 7])
    found = draw(units, 0, 0, 30)
    assert len(units) == 3
    assert (found[:, 0] == found[:, 2]).all()
    assert (found[:, 1] == found[:, 3]).all()
    assert (found[:, 1] == found[:, 4]).all()
    assert (found[:, 0] != found[:, 1]).any()
    assert (found[:, 5] != found[:, 1]).any()


def test_groups_draw_as_many_groups_as_there_are() -> None:
    units = Units.of_groups(["a", "b", "b", "c"])
    found = copies(units, 0, 0, 30)
    assert (found[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_a_whole_number_is_its_own_key_and_a_text_its_hash() -> None:
    expected = int.from_bytes(blake2b(b"rue/\xc3\xa9.png", digest_size=8).digest(), "little")
    assert image_keys(("rue/é.png",)).tolist() == [expected]
    assert image_keys(np.array([-1, 2**62])).tolist() == [WORD - 1, 2**62]
    assert image_keys([2**63 + 5, -2]).tolist() == [2**63 + 5, WORD - 2]


def test_places_among_keys_stand_for_these() -> None:
    assert (image_keys(np.array([1, 0, 1]), ("a", "b")) == image_keys(("b", "a", "b"))).all()


def test_a_label_that_is_neither_text_nor_a_whole_number_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Units.of_groups(["a", 1.5])  # type: ignore[list-item]
    assert str(caught.value) == ("1.5 names an image or a group, expected text or a whole number.")
    assert caught.value.code == "group-label"


def test_no_images_draw_nothing() -> None:
    units = Units.of_keys(image_keys(np.array([], np.int64)))
    assert copies(units, 0, 0, 2).shape == (2, 0)
    assert swaps(units, 0, 0, 2).shape == (2, 0)
