"""Mosaics: where four images lie, and what of their objects remains."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segeval.models import component
from segeval.models.networks.batches import Objects
from segeval.models.training.example import Example, boxes_around, objects_of
from segeval.models.training.mosaic import fit_into, mosaic, mosaic_tiles

FILL = (9, 8, 7)


def numbered(shade: int, size: tuple[int, int] = (100, 200)) -> Example:
    """An image of one shade, an object all over it."""
    masks = torch.ones(1, *size, dtype=torch.uint8)
    image = torch.full((3, *size), shade, dtype=torch.uint8)
    return Example(image, Objects(boxes_around(masks), torch.tensor([shade]), masks), f"{shade}")


def test_four_images_lie_around_their_common_corner() -> None:
    places = mosaic_tiles([(100, 200)] * 4, (150, 80), (100, 200))
    assert [tile.place for tile in places] == [
        (0, 0, 150, 80),
        (150, 0, 350, 80),
        (0, 80, 150, 180),
        (150, 80, 350, 180),
    ]
    assert [tile.part for tile in places] == [
        (50, 20, 200, 100),
        (0, 20, 200, 100),
        (50, 0, 200, 100),
        (0, 0, 200, 100),
    ]


def test_mosaics_are_components() -> None:
    sizes = {"sizes": [(100, 200)] * 4, "room": (100, 200)}
    assert component("mosaic-tiles", centre=(150, 80), **sizes)[3].place == (150, 80, 350, 180)
    parts = [numbered(shade) for shade in (10, 20, 30, 40)]
    found = component("mosaic", fill=FILL)(parts, (150, 80))
    assert torch.equal(found.image, mosaic(parts, (150, 80), fill=FILL).image)


def test_what_no_image_covers_has_the_mean_colour() -> None:
    found = mosaic([numbered(shade) for shade in (10, 20, 30, 40)], (150, 80), fill=FILL)
    assert found.size == (200, 400)
    assert found.image[0, 0, [0, 149, 150, 349, 350]].tolist() == [10, 10, 20, 20, 9]
    assert found.image[0, [79, 80, 179, 180], 0].tolist() == [10, 30, 30, 9]
    assert found.image[:, 199, 399].tolist() == list(FILL)
    assert int((found.image[0] == FILL[0]).sum()) == 200 * 400 - 350 * 180
    assert objects_of(found).classes.tolist() == [10, 20, 30, 40]
    assert objects_of(found).boxes[3].tolist() == [150, 80, 350, 180]
    assert found.name == "10 beside 20, 30, 40"


def test_objects_that_a_corner_beyond_the_canvas_cuts_are_dropped_below_a_quarter() -> None:
    # a column of 8 at the left end of the first image; x from 0 to `seen` is beyond the canvas
    def kept(seen: int) -> int:
        first = numbered(1, (40, 40))
        first_masks = torch.zeros(1, 40, 40, dtype=torch.uint8)
        first_masks[0, :, :8] = 1
        first = Example(
            first.image, Objects(boxes_around(first_masks), torch.tensor([1]), first_masks), "1"
        )
        parts = [first, *(numbered(shade, (40, 40)) for shade in (2, 3, 4))]
        return len(objects_of(mosaic(parts, (32 + seen, 40), fill=FILL)).classes)

    assert kept(2) == 4  # two columns of eight are a quarter
    assert kept(1) == 3


@pytest.mark.parametrize(("side", "kept"), [(4, 4), (3, 0)])
def test_objects_of_fewer_than_sixteen_pixels_are_dropped(side: int, kept: int) -> None:
    masks = torch.zeros(1, 20, 20, dtype=torch.uint8)
    masks[0, 8 : 8 + side, 8 : 8 + side] = 1
    objects = Objects(boxes_around(masks), torch.tensor([0]), masks)
    parts = [Example(torch.zeros(3, 20, 20, dtype=torch.uint8), objects, str(i)) for i in range(4)]
    found = mosaic(parts, (20, 20), fill=FILL)
    assert len(objects_of(found).classes) == (kept or 1)
    assert (found is parts[0]) == (kept == 0)  # nothing kept: the plain image


def test_images_are_scaled_to_the_room_of_the_first() -> None:
    assert fit_into((480, 640), (100, 200)) == (100, 133)
    assert fit_into((640, 480), (100, 200)) == (100, 75)
    assert fit_into((10, 1000), (100, 200)) == (2, 200)
    assert fit_into((1, 1000), (100, 200)) == (1, 200)


@given(
    seed=st.integers(0, 1000),
    x=st.integers(6, 18),
    y=st.integers(4, 12),
    sizes=st.lists(st.tuples(st.integers(1, 8), st.integers(1, 12)), min_size=3, max_size=3),
)
def test_masks_are_cut_as_pixels_are(
    seed: int, x: int, y: int, sizes: list[tuple[int, int]]
) -> None:
    draws = torch.Generator().manual_seed(seed)
    parts = []
    for number, size in enumerate([(8, 12), *sizes]):
        mask = (torch.rand(1, *size, generator=draws) < 0.6).to(torch.uint8)
        image = (100 + number) * mask.expand(3, -1, -1)  # the mask can be seen in the image
        objects = Objects(boxes_around(mask), torch.tensor([number]), mask)
        parts.append(Example(image, objects, str(number)))
    found = mosaic(parts, (x, y), fill=(0, 0, 0))
    if found is parts[0]:
        return
    objects = objects_of(found)
    assert torch.equal(objects.boxes, boxes_around(objects.masks))
    for mask, number in zip(objects.masks, objects.classes.tolist(), strict=True):
        assert torch.equal(mask.bool(), found.image[0] == 100 + number)
