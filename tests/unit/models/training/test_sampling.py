"""The order of images: seeded, shared without overlap, and the same after a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.models import component
from segeval.models.training.draws import generator_of
from segeval.models.training.sampling import (
    BatchRequest,
    Drawn,
    Epoch,
    batches,
    class_aware,
    epoch_of,
    every_class,
    left_out,
    repeated,
    uniform,
)
from segeval.sampling import class_lists, repeat_factors

WIDE = np.array([True, False, True, True, False, True, True])


def numbered(epoch: Epoch, seed: int = 3) -> Callable[[int], NDArray[np.int64]]:
    """The images of an epoch by its number."""
    return lambda number: epoch(generator_of(seed, 0, number))


def asked(batch: int, **how: Any) -> BatchRequest:
    return BatchRequest(seed=3, batch=batch, **how)


def test_every_epoch_has_every_image_once_in_another_order() -> None:
    epoch = numbered(uniform(50))
    assert sorted(epoch(0)) == sorted(epoch(1)) == list(range(50))
    assert epoch(0).tolist() != epoch(1).tolist()
    assert epoch(4).tolist() == epoch(4).tolist()


def test_the_images_of_a_batch_are_all_wide_or_all_high() -> None:
    for drawn in islice(batches(uniform(7), WIDE, asked(3)), 40):
        assert len({bool(WIDE[each.image]) for each in drawn}) == 1


def test_grouping_loses_no_image() -> None:
    drawn = islice(batches(uniform(7), WIDE, asked(1)), 21)
    counts = Counter(each.image for one in drawn for each in one)
    assert counts == dict.fromkeys(range(7), 3)


@pytest.mark.parametrize("world", [1, 2, 3, 5, 11])
def test_processes_share_the_stream_without_overlap(world: int) -> None:
    epoch = repeated(np.array([1.3, 1, 2.5, 1, 1, 1.9, 1]))
    taken: list[Drawn] = []
    for rank in range(world):
        own = islice(batches(epoch, WIDE, asked(1, rank=rank, world=world)), 40)
        places = [each.place for one in own for each in one]
        assert places == list(range(rank, 40 * world, world))
        taken += [each for one in batches_up_to(epoch, rank, world) for each in one]
    stream = np.concatenate([numbered(epoch)(number) for number in range(60)])
    assert len({each.place for each in taken}) == len(taken)
    assert all(stream[each.place] == each.image for each in taken)


def batches_up_to(epoch: Epoch, rank: int, world: int) -> list[tuple[Drawn, ...]]:
    """Ten batches of two of one process."""
    return list(islice(batches(epoch, WIDE, asked(2, rank=rank, world=world)), 10))


@pytest.mark.parametrize("start", [1, 7, 40])
def test_a_restart_goes_on_where_the_run_was(start: int) -> None:
    whole = list(islice(batches(uniform(7), WIDE, asked(3, rank=1, world=2)), start + 5))
    rest = batches(uniform(7), WIDE, asked(3, rank=1, world=2, start=start))
    assert list(islice(rest, 5)) == whole[start:]


def test_a_batch_may_have_more_images_than_there_are() -> None:
    drawn = next(batches(uniform(2), np.array([True, False]), asked(5)))
    assert len(drawn) == 5
    assert len({each.image for each in drawn}) == 1


def test_classes_of_an_image_are_listed_once() -> None:
    found = class_lists(3, np.array([2, 0, 2, 2]), np.array([1, 4, 0, 1]))
    assert found.classes.tolist() == [4, 0, 1]
    assert found.offsets.tolist() == [0, 1, 1, 3]
    assert found.images.tolist() == [0, 2, 2]


def test_the_rarest_class_of_an_image_says_how_often_it_is_repeated() -> None:
    # class 0 in 4 of 5 images, class 1 in 1 of 5, class 2 in none; image 4 has nothing
    lists = class_lists(5, np.array([0, 1, 2, 3, 3]), np.array([0, 0, 0, 0, 1]))
    expected = [1, 1, 1, (0.8 / 0.2) ** 0.5, 1]
    np.testing.assert_allclose(repeat_factors(lists, 0.8), expected, rtol=1e-15)
    assert repeat_factors(lists).tolist() == [1, 1, 1, 1, 1]  # 0.001: no class is that rare


def test_parts_of_a_repeat_are_rounded_up_as_often_as_they_say() -> None:
    epoch = numbered(repeated(np.array([1.0, 2.25, 1.5])))
    epochs = 2000
    counts = np.sum([np.bincount(epoch(number), minlength=3) for number in range(epochs)], axis=0)
    assert counts[0] == epochs
    np.testing.assert_allclose(counts / epochs, [1, 2.25, 1.5], atol=0.05)
    assert {int((epoch(number) == 1).sum()) for number in range(50)} == {2, 3}


def test_class_aware_draws_classes_alike_and_leaves_out_images_without() -> None:
    # class 0 in images 0..7, class 5 in image 8 only; image 9 has nothing
    lists = class_lists(10, np.arange(9), np.array([0] * 8 + [5]))
    epoch = numbered(class_aware(lists))
    counts = np.sum([np.bincount(epoch(number), minlength=10) for number in range(400)], axis=0)
    assert counts.sum() == 4000
    assert counts[9] == 0
    np.testing.assert_allclose(counts[8] / 4000, 0.5, atol=0.03)
    np.testing.assert_allclose(counts[:8] / 4000, 1 / 16, atol=0.015)


def test_every_class_comes_once_in_each_round_across_epochs() -> None:
    # image i has class i alone, but class 3 also has images 6..9; classes 4 and 5 have none
    classes = [0, 1, 2, 3, 6, 7, 3, 3, 3, 3]
    epoch = numbered(component("every-class", images=11, image=range(10), classes=classes))
    stream = np.concatenate([epoch(number) for number in range(40)])
    assert len(epoch(0)) == 12  # two rounds of six classes for eleven images
    rounds = np.array(classes)[stream].reshape(-1, 6)
    assert (np.sort(rounds, axis=1) == [0, 1, 2, 3, 6, 7]).all()
    assert len(np.unique(rounds, axis=0)) > 60
    assert set(stream.tolist()) == set(range(10))


def test_batches_of_all_classes_are_windows_of_the_stream() -> None:
    # five classes in seven wide and high images, batches of two: three in a row hold all classes
    classes = np.array([0, 1, 2, 3, 4, 4, 4])
    epoch = every_class(class_lists(7, np.arange(7), classes))
    asked_for = asked(2, sampler="every-class")
    places = [each.place for one in islice(batches(epoch, WIDE, asked_for), 30) for each in one]
    assert places == list(range(60))
    full = next(batches(epoch, WIDE, asked(10, sampler="every-class")))
    assert sorted(classes[[each.image for each in full]]) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_classes_without_images_are_left_out_and_counted() -> None:
    lists = class_lists(3, np.arange(3), np.array([0, 2, 2]))
    (note,) = left_out("every-class", lambda: lists, 4)
    text = '2 of 4 categories have no image: `sampler="every-class"` leaves them out'
    assert (note.message, note.count) == (text, 2)
    assert not list(left_out("every-class", lambda: lists, 2))
    assert not list(left_out("class-aware", lambda: lists, 4))


def test_an_unknown_sampler_is_refused_with_those_that_there_are() -> None:
    lists = class_lists(2, np.empty(0, np.int64), np.empty(0, np.int64))
    with pytest.raises(InputError, match="`sampler` is 'rare', expected one of uniform, repeat-fa"):
        asked(1, sampler="rare")
    with pytest.raises(
        InputError, match='`sampler="class-aware"` needs categories: none of 2 images has'
    ):
        epoch_of(asked(1, sampler="class-aware"), 2, lambda: lists)
