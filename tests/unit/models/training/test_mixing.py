"""Images mixed with others: who is drawn, in which order things happen, and exact resumption."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError
from segeval.models import component
from segeval.models.config import Config, changed
from segeval.models.networks.batches import Batch, Objects
from segeval.models.training.augment import augmented
from segeval.models.training.data import TrainingData
from segeval.models.training.draws import generator_of
from segeval.models.training.example import Example, boxes_around, objects_of
from segeval.models.training.mixing import (
    BalancedSources,
    MixedImages,
    mixed,
    resized,
    weighted,
)
from segeval.models.training.sampling import BatchRequest
from segeval.sampling import ClassLists, class_lists

SIDES = (40, 60)


class Squares:
    """Images of one shade each, 40 x 60, with objects of some classes: rows of 8 x 8 squares."""

    task = "instance"

    def __init__(self, *classes: list[int]) -> None:
        self.of_image = classes
        self.sizes = np.tile(np.array([SIDES], np.int32), (len(classes), 1))
        self.classes: NDArray[np.int64] = np.array(
            [each for image in classes for each in image], np.int64
        )
        self.asked: list[tuple[int, tuple[int, int]]] = []

    def __len__(self) -> int:
        return len(self.of_image)

    def class_lists(self) -> ClassLists:
        image = np.repeat(np.arange(len(self)), [len(each) for each in self.of_image])
        return class_lists(len(self), image, self.classes)

    def example(self, index: int, size: tuple[int, int]) -> Example:
        self.asked.append((index, size))
        masks = torch.zeros(len(self.of_image[index]), *SIDES, dtype=torch.uint8)
        for place, mask in enumerate(masks):
            mask[4:12, 10 * place : 10 * place + 8] = 1
        image = torch.full((3, *SIDES), 10 * (index + 1), dtype=torch.uint8)
        objects = Objects(boxes_around(masks), torch.tensor(self.of_image[index]), masks)
        return resized(Example(image, objects, f"{index}.png"), size)

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        return augmented(self.example(index, SIDES), config.input, generator)


def config(**settings: Any) -> Config:
    """Images as large as they are."""
    sizes = {"train_sizes": (40,), "train_max": 1000, **settings}
    return changed(Config(), "test", classes=3, input=sizes)


def mixer(images: Squares, **settings: Any) -> MixedImages:
    return mixed(images, config(**settings).input, 0.001, "train.json")


def test_every_class_is_pasted_equally_often() -> None:
    # 600 images with 1000, 100 and 10 objects of three classes; half of the images get two objects
    objects = np.repeat([0, 1, 2], [1000, 100, 10])
    lists = class_lists(600, np.arange(len(objects)) % 600, objects)
    sources, draws = BalancedSources.of(lists, objects), generator_of(0)
    drawn = np.array([sources.draw(draws) for _ in range(5000)])
    counts = np.bincount(drawn[:, 0], minlength=3)
    assert abs(counts - 5000 / 3).max() < 4 * (5000 * 2 / 9) ** 0.5
    pasted = 600 * 0.5 * 2 * counts / 5000
    after = np.array([1000, 100, 10]) + pasted
    np.testing.assert_allclose(after, [1200, 300, 210], rtol=0.06)
    assert 5.4 < after[0] / after[2] < 6.0  # 100 : 1 before, 5.7 : 1 expected
    for kind, image in drawn[:200]:
        own = lists.classes[lists.offsets[image] : lists.offsets[image + 1]]
        assert kind in own


def test_balanced_sources_are_a_component() -> None:
    sources = component("balanced-sources", images=3, image=[0, 1, 1, 2], classes=[0, 0, 0, 5])
    assert sources.until.tolist() == [1, 2]
    assert sources.images.tolist() == [0, 1, 2]


def test_without_balance_classes_are_drawn_as_often_as_they_occur() -> None:
    objects = np.repeat([0, 1], [90, 10])
    sources = BalancedSources.of(class_lists(100, np.arange(100), objects), objects, alpha=0)
    draws = generator_of(1)
    share = np.mean([sources.draw(draws)[0] for _ in range(2000)])
    assert 0.08 < share < 0.12


def test_a_class_without_masks_is_never_drawn() -> None:
    objects = np.array([0, 0, 4])  # of five classes
    sources = BalancedSources.of(class_lists(2, [0, 1, 1], objects), objects)
    draws = generator_of(2)
    assert {sources.draw(draws) for _ in range(60)} == {(0, 0), (0, 1), (4, 1)}


def test_only_objects_of_the_drawn_class_are_pasted_and_at_most_ten() -> None:
    images = Squares([], [1] * 5 + [0])
    found = mixer(images, copy_paste=1.0, flip=False)
    classes = [
        objects_of(found.load(0, config(copy_paste=1.0, flip=False), generator_of(seed)))
        .classes.unique()
        .tolist()
        for seed in range(20)
    ]
    assert {tuple(each) for each in classes} == {(0,), (1,)}
    many = Squares([], [2] * 13)
    many.sizes[1] = (40, 140)
    assert len(objects_of(_pasted_wide(many)).classes) == 10


def _pasted_wide(images: Squares) -> Example:
    """An image with what is pasted into it of one as wide as 13 objects."""
    wide = torch.zeros(13, 40, 140, dtype=torch.uint8)
    for place, mask in enumerate(wide):
        mask[4:12, 10 * place : 10 * place + 8] = 1
    objects = Objects(boxes_around(wide), torch.full((13,), 2), wide)
    source = Example(torch.zeros(3, 40, 140, dtype=torch.uint8), objects, "wide.png")
    empty = Objects(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), wide[:0])
    target = Example(torch.ones(3, 40, 140, dtype=torch.uint8), empty, "0.png")
    images.example = lambda index, size: source if index else target  # type: ignore[method-assign]
    same = config(copy_paste=1.0, flip=False)
    return mixer(images, copy_paste=1.0).load(0, same, generator_of(0))


def test_shares_of_the_images_are_mixed() -> None:
    images = Squares([0], [1], [2])
    settings = {"copy_paste": 0.5, "mosaic": 0.3}
    found = mixer(images, **settings)
    names = [found.load(0, config(**settings), generator_of(seed)).name for seed in range(60)]
    assert 20 < sum("with objects of" in name for name in names) < 40
    assert 9 < sum("beside" in name for name in names) < 28
    assert sum(name == "0.png" for name in names) > 4


def test_two_to_five_pictures_are_read() -> None:
    images = Squares([0], [1], [2])
    for shares, number in (((1.0, 0.0), 2), ((0.0, 1.0), 4), ((1.0, 1.0), 5)):
        settings = dict(zip(("copy_paste", "mosaic"), shares, strict=True))
        images.asked.clear()
        mixer(images, **settings).load(0, config(**settings), generator_of(3))
        assert len(images.asked) == number


def test_a_mosaic_is_resized_as_a_whole() -> None:
    images = Squares([0], [1], [2])
    settings = {"mosaic": 1.0, "train_sizes": (120,)}
    found = mixer(images, **settings).load(0, config(**settings), generator_of(4))
    assert found.size == (120, 180)  # the canvas has 80 x 120
    assert {size for _, size in images.asked} == {SIDES}
    objects = objects_of(found)
    assert torch.equal(objects.boxes, boxes_around(objects.masks))


def test_the_crop_comes_last() -> None:
    images = Squares([0], [1])
    settings = {"copy_paste": 1.0, "crop": (16, 16)}
    for seed in range(10):
        found = mixer(images, **settings).load(0, config(**settings), generator_of(seed))
        assert found.size == (16, 16)
        assert [size for _, size in images.asked] == [SIDES] * len(images.asked)


def test_partners_are_drawn_by_repeat_factors() -> None:
    factors, draws = np.cumsum([1.0, 0.0, 3.0]), generator_of(5)
    drawn = np.bincount([weighted(factors, draws) for _ in range(4000)], minlength=3)
    assert drawn[1] == 0
    assert 2.7 < drawn[2] / drawn[0] < 3.3
    images = Squares([0], [0], [0], [1])  # class 1 in a quarter of the images, class 0 in the rest
    found = mixed(images, config(mosaic=1.0).input, 1.0, "train.json")
    np.testing.assert_allclose(np.diff(found.until, prepend=0), [1.1547] * 3 + [2], rtol=1e-4)


def _batches(start: int, number: int, workers: int) -> list[Batch]:
    data = TrainingData(Squares([0, 1], [1], [2, 2]), ((1, "a"), (2, "b"), (3, "c")), "train.json")
    settings = {"copy_paste": 0.5, "mosaic": 0.5, "colour": True, "crop": (32, 48)}
    request = BatchRequest(seed=7, batch=2, start=start, workers=workers)
    return list(islice(data.batches(config(**settings), request), number))


def test_a_resumed_run_sees_the_same_mixed_images() -> None:
    whole, rest = _batches(0, 5, 0), _batches(3, 2, 2)
    for one, same in zip(whole[3:], rest, strict=True):
        assert torch.equal(one.images, same.images)
        assert one.names == same.names
        for mine, theirs in zip(one.targets, same.targets, strict=True):
            assert isinstance(mine, Objects)
            assert isinstance(theirs, Objects)
            for name in ("boxes", "classes", "masks"):
                assert torch.equal(getattr(mine, name), getattr(theirs, name))
    assert len({name for batch in whole for name in batch.names}) > 3


def test_a_single_image_cannot_be_mixed() -> None:
    expected = (
        r"train\.json: has 1 image to train on, expected 2 or more: `input\.copy_paste` mixes each "
        r"with others\. Set it to 0, or add images"
    )
    with pytest.raises(InputError, match=expected):
        mixer(Squares([0]), copy_paste=0.5)
    data = TrainingData(Squares([0]), ((1, "a"), (2, "b"), (3, "c")), "train.json")
    with pytest.raises(InputError, match=r"`input\.mosaic` mixes each with others"):
        data.batches(config(mosaic=0.5), BatchRequest(seed=0, batch=1))


def test_images_with_given_boxes_are_not_mixed() -> None:
    images: Any = Squares([0], [1])
    images.given = "boxes of a file"
    with pytest.raises(InputError, match=r"`input\.mosaic` mixes images, but boxes are given for"):
        mixer(images, mosaic=0.5)


def test_images_without_objects_have_nothing_to_paste() -> None:
    with pytest.raises(InputError, match=r"Copy-paste needs objects: none of 2 images has any"):
        mixer(Squares([], []), copy_paste=0.5)
    assert mixer(Squares([], []), mosaic=0.5).sources is None


def test_images_that_cannot_be_had_in_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"`input\.mosaic` mixes images with objects in several"):
        mixed([1, 2], config(mosaic=0.5).input, 0.001, "train.json")


@pytest.mark.parametrize("name", ["copy_paste", "mosaic"])
def test_label_maps_are_not_mixed(name: str) -> None:
    expected = rf"input\.{name} is 0\.5, expected 0 for semantic segmentation: only images with"
    with pytest.raises(FormatError, match=expected):
        changed(Config(), "x", task="semantic", input={name: 0.5})
