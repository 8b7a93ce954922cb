"""Sizes, crops and mirrors: images, boxes, masks and label maps move together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from segeval.models.config import InputConfig
from segeval.models.networks.batches import Objects
from segeval.models.training.augment import augmented, draw_size, is_mixed, random_crop
from segeval.models.training.example import (
    Example,
    as_batch,
    boxes_around,
    cut_out,
    mirrored,
    resize_nearest,
    without_empty,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def objects(height: int = 20, width: int = 30) -> Objects:
    """Two boxes, filled."""
    boxes = torch.tensor([[2.0, 3, 10, 8], [20, 10, 30, 20]])
    masks = torch.zeros(2, height, width, dtype=torch.uint8)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes.int().tolist(), strict=True):
        mask[y0:y1, x0:x1] = 1
    return Objects(boxes, torch.tensor([4, 1]), masks)


def example(target: Objects | Tensor | None = None) -> Example:
    """An image whose red is the row, green the column, and blue 1 in objects."""
    found = objects() if target is None else target
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    blue = found.masks.amax(0) if isinstance(found, Objects) else found
    return Example(torch.stack([rows, columns, blue]).to(torch.uint8), found, "a.png")


def objects_of(one: Example) -> Objects:
    assert isinstance(one.target, Objects)
    return one.target


def labels_of(one: Example) -> Tensor:
    assert isinstance(one.target, Tensor)
    return one.target


def test_one_of_the_short_sides_is_drawn_and_the_long_side_is_limited() -> None:
    settings = InputConfig(train_sizes=(40, 60), train_max=100)
    found = Counter(draw_size((20, 30), settings, seeded(seed)) for seed in range(200))
    assert set(found) == {(40, 60), (60, 90)}
    assert min(found.values()) > 70
    assert draw_size((20, 60), settings, seeded()) == (33, 100)


def test_a_range_gives_every_size_between() -> None:
    settings = InputConfig(train_sizes=(40, 44), train_range=True)
    found = {min(draw_size((20, 30), settings, seeded(seed))) for seed in range(100)}
    assert found == {40, 41, 42, 43, 44}


def test_scales_give_short_sides_in_steps_of_32() -> None:
    settings = InputConfig(crop_scales=(0.5, 2.0), train_max=100)
    found = {draw_size((100, 200), settings, seeded(seed)) for seed in range(200)}
    assert found == {(side, 2 * side) for side in (64, 96, 128, 160, 192)}
    small = {draw_size((20, 30), InputConfig(crop_scales=(0.5, 1.5)), seeded(i)) for i in range(50)}
    assert len(small) > 10
    assert all(10 <= height <= 30 for height, _ in small)


@pytest.mark.parametrize("size", [(5, 7), (40, 12), (20, 30), (1, 1), (33, 64)])
def test_nearest_pixels_are_those_of_pillow(size: tuple[int, int]) -> None:
    labels = np.random.default_rng(0).integers(0, 255, (20, 30), np.uint8)
    expected = np.asarray(Image.fromarray(labels).resize(size[::-1], Image.Resampling.NEAREST))
    found = resize_nearest(torch.from_numpy(labels), size)
    np.testing.assert_array_equal(found.numpy(), expected)


def test_a_mirror_moves_boxes_masks_and_pixels_together() -> None:
    found = mirrored(example())
    target = objects_of(found)
    assert target.boxes.tolist() == [[20, 3, 28, 8], [0, 10, 10, 20]]
    assert torch.equal(boxes_around(target.masks), target.boxes)
    assert torch.equal(found.image[2], target.masks.amax(0))
    assert found.image[1, 0].tolist() == list(range(29, -1, -1))


def test_two_mirrors_change_nothing() -> None:
    once = example()
    twice = mirrored(mirrored(once))
    assert torch.equal(twice.image, once.image)
    assert torch.equal(objects_of(twice).boxes, objects_of(once).boxes)
    assert torch.equal(objects_of(twice).masks, objects_of(once).masks)


def test_a_part_has_boxes_around_what_is_left_and_drops_the_rest() -> None:
    part = cut_out(example(), 5, 4, (10, 12))  # columns 4..15: only the first object
    target = objects_of(part)
    assert part.size == (10, 12)
    assert part.image[:2, 0, 0].tolist() == [5, 4]
    assert target.boxes.tolist() == [[0, 0, 6, 3], [0, 0, 0, 0]]
    kept = without_empty(target)
    assert kept.classes.tolist() == [4]
    assert kept.masks.shape == (1, 10, 12)


def test_an_object_with_a_box_but_no_pixel_is_dropped() -> None:
    one = objects()
    one.masks[1] = 0
    assert without_empty(one).classes.tolist() == [4]


@pytest.mark.parametrize("seed", range(5))
def test_a_crop_lies_inside_and_is_no_larger_than_the_image(seed: int) -> None:
    part = random_crop(example(), (8, 50), seeded(seed))
    assert part.size == (8, 30)
    rows = part.image[0, :, 0].tolist()
    assert rows == list(range(rows[0], rows[0] + 8))


def test_crops_come_from_everywhere() -> None:
    tops = {
        int(random_crop(example(), (18, 30), seeded(seed)).image[0, 0, 0]) for seed in range(60)
    }
    assert tops == {0, 1, 2}


def test_labels_of_a_part_are_those_of_its_pixels() -> None:
    labels = torch.arange(600).view(20, 30) % 7
    part = random_crop(example(labels), (6, 9), seeded(1))
    assert torch.equal(labels_of(part), part.image[2].long())


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([0, 0, 0, 1], False), ([0, 0, 1, 1], True), ([0, 0, 0, 0], False), ([255] * 4, False)],
)
def test_a_part_is_mixed_if_no_class_has_three_quarters(
    labels: list[int], *, expected: bool
) -> None:
    assert is_mixed(torch.tensor([labels]), 0.75, 255) is expected


def test_a_crop_with_one_class_is_drawn_again() -> None:
    labels = torch.zeros(20, 30, dtype=torch.int64)
    labels[:, 24:] = 1  # most parts hold class 0 alone
    found = [
        labels_of(random_crop(example(labels), (4, 6), seeded(seed), max_share=0.75))
        for seed in range(60)
    ]
    mixed = sum(is_mixed(each, 0.75, 255) for each in found)
    first = sum(
        is_mixed(labels_of(random_crop(example(labels), (4, 6), seeded(seed))), 0.75, 255)
        for seed in range(60)
    )
    assert first < 15 < 40 < mixed < 60  # ten tries are not always enough


def test_everything_that_is_asked_for_is_done_and_the_same_seed_does_the_same() -> None:
    settings = InputConfig(crop=(10, 12), colour=True)
    one, same, other = (augmented(example(), settings, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(one.image, same.image)
    assert not torch.equal(one.image, other.image)
    assert one.size == (10, 12)
    for each in (one, other):
        assert torch.equal(boxes_around(objects_of(each).masks), objects_of(each).boxes)


def test_nothing_is_changed_if_nothing_is_asked_for() -> None:
    one = example()
    found = augmented(one, InputConfig(flip=False), seeded())
    assert torch.equal(found.image, one.image)
    assert objects_of(found) is one.target


def test_a_batch_is_normalised_and_padded() -> None:
    settings = InputConfig(mean=(1.0, 2.0, 3.0), std=(1.0, 2.0, 4.0))
    batch = as_batch((example(), cut_out(example(), 0, 0, (5, 30))), settings, 255)
    assert batch.images.shape == (2, 3, 32, 32)
    assert batch.sizes == ((20, 30), (5, 30))
    assert batch.images[0, :, 4, 7].tolist() == [0.0, 2.5, 0.25]  # blue 1, green 7, red 4
    assert float(batch.images[1, :, 5:].abs().max()) == 0
    assert batch.names == ("a.png", "a.png")
    assert isinstance(batch.targets, tuple)
    assert [each.masks.shape for each in batch.targets] == [(2, 20, 30), (2, 5, 30)]


def test_label_maps_are_padded_with_the_label_that_is_not_trained_on() -> None:
    labels = torch.ones(20, 30, dtype=torch.int64)
    batch = as_batch((example(labels), example(labels)), InputConfig(), 254)
    assert isinstance(batch.targets, Tensor)
    assert batch.targets.shape == (2, 32, 32)
    assert batch.targets.dtype == torch.int64
    assert batch.targets[0, :20, :30].unique().tolist() == [1]
    assert batch.targets[0, 20:].unique().tolist() == [254]
