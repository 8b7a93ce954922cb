"""Copy-paste: what hides, what stays, and which boxes remain."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from segeval.models import component
from segeval.models.networks.batches import Objects
from segeval.models.training.copy_paste import copy_paste
from segeval.models.training.example import Example, boxes_around, objects_of

Span = tuple[int, int, int, int]


def example(size: tuple[int, int], *spans: Span, shade: int = 50, first_class: int = 0) -> Example:
    """An image of one shade with filled rectangles, given as y0, x0, y1, x1."""
    masks = torch.zeros(len(spans), *size, dtype=torch.uint8)
    for mask, (y0, x0, y1, x1) in zip(masks, spans, strict=True):
        mask[y0:y1, x0:x1] = 1
    image = torch.full((3, *size), shade, dtype=torch.uint8)
    classes = torch.arange(len(spans)) + first_class
    return Example(image, Objects(boxes_around(masks), classes, masks), f"{shade}.png")


def pixels_of(found: Objects) -> list[int]:
    pixels: list[int] = found.masks.flatten(1).sum(1).tolist()
    return pixels


def test_a_half_hidden_object_keeps_its_box_and_a_hidden_one_is_gone() -> None:
    # A has rows and columns 2 to 7, B 6 to 8; 5 to 9 are pasted: 9 of A's 36 pixels are hidden
    target = example((10, 10), (2, 2, 8, 8), (6, 6, 9, 9))
    found = copy_paste(target, example((10, 10), (5, 5, 10, 10), shade=90, first_class=7))
    objects = objects_of(found)
    assert pixels_of(objects) == [27, 25]
    assert objects.boxes.tolist() == [[2, 2, 8, 8], [5, 5, 10, 10]]
    assert objects.classes.tolist() == [0, 7]
    assert found.image[0, 4:6, 4:6].tolist() == [[50, 50], [50, 90]]
    assert found.name == "50.png with objects of 90.png"


def test_copy_paste_is_a_component() -> None:
    target, source = example((10, 10), (2, 2, 8, 8)), example((10, 10), (5, 5, 10, 10), shade=90)
    found = component("copy-paste")(target, source)
    assert torch.equal(found.image, copy_paste(target, source).image)


@pytest.mark.parametrize(("hidden", "is_kept"), [(10, True), (11, False)])
def test_an_edge_may_move_by_ten_pixels(hidden: int, *, is_kept: bool) -> None:
    target = example((9, 30), (0, 0, 9, 30))  # at most 270 pixels remain
    found = objects_of(copy_paste(target, example((9, 30), (0, 0, 9, hidden), first_class=1)))
    assert found.classes.tolist() == ([0, 1] if is_kept else [1])


@pytest.mark.parametrize(("rows", "is_kept"), [(20, False), (21, True)])
def test_an_object_of_more_than_three_hundred_pixels_stays(rows: int, *, is_kept: bool) -> None:
    target = example((30, 30), (0, 0, rows, 30))
    found = objects_of(copy_paste(target, example((30, 30), (0, 0, rows, 15), first_class=1)))
    assert pixels_of(found)[-1] == 15 * rows  # and as many remain: 300 or 315
    assert found.classes.tolist() == ([0, 1] if is_kept else [1])


def test_a_later_pasted_object_hides_an_earlier_one() -> None:
    source = example((10, 10), (0, 0, 4, 4), (2, 2, 6, 6), (8, 8, 9, 9), (7, 7, 10, 10))
    found = objects_of(copy_paste(example((10, 10)), source))
    assert pixels_of(found) == [12, 16, 9]
    assert found.classes.tolist() == [0, 1, 3]


def test_a_source_that_reaches_out_of_the_target_is_cut() -> None:
    target = example((10, 10), (0, 0, 2, 2))
    found = copy_paste(target, example((20, 40), (8, 8, 20, 40), (15, 0, 20, 9), shade=90))
    assert objects_of(found).boxes.tolist() == [[0, 0, 2, 2], [8, 8, 10, 10]]
    assert found.size == (10, 10)


def test_a_smaller_source_stands_in_the_corner() -> None:
    found = copy_paste(example((10, 10)), example((4, 4), (1, 1, 4, 4), shade=90))
    assert objects_of(found).boxes.tolist() == [[1, 1, 4, 4]]
    assert int((found.image[0] == 90).sum()) == 9


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(example((10, 10)), id="no objects"),
        pytest.param(example((30, 30), (12, 12, 20, 20)), id="outside of the target"),
        pytest.param(example((10, 10), (4, 4, 4, 4)), id="an empty mask"),
    ],
)
def test_where_nothing_is_pasted_the_plain_image_stays(source: Example) -> None:
    target = example((10, 10), (0, 0, 2, 2))
    assert copy_paste(target, source) is target


def test_label_maps_are_refused() -> None:
    labelled = Example(torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(4, 4), "a.png")
    with pytest.raises(TypeError, match=r"a\.png: the example has a label map, expected objects"):
        copy_paste(labelled, example((4, 4)))


def blots(seed: int, number: int, size: tuple[int, int]) -> Example:
    """An image of noise with random masks."""
    draws = torch.Generator().manual_seed(seed)
    image = torch.randint(0, 256, (3, *size), generator=draws, dtype=torch.uint8)
    masks = (torch.rand(number, *size, generator=draws) < 0.3).to(torch.uint8)
    return Example(image, Objects(boxes_around(masks), torch.arange(number), masks), f"{seed}.png")


@given(seed=st.integers(0, 10_000), own=st.integers(0, 4), pasted=st.integers(0, 4))
def test_masks_are_disjoint_from_what_hides_them_and_boxes_are_tight(
    seed: int, own: int, pasted: int
) -> None:
    target, source = blots(seed, own, (9, 12)), blots(seed + 1, pasted, (7, 15))
    found = copy_paste(target, source)
    objects = objects_of(found)
    union = torch.zeros(9, 12, dtype=torch.uint8)
    union[:7] = objects_of(source).masks[:, :, :12].amax(0) if pasted else 0
    if bool(union.any()):
        assert torch.equal(objects.boxes, boxes_around(objects.masks))
    front = union.bool()
    assert torch.equal(found.image[:, ~front], target.image[:, ~front])
    assert torch.equal(found.image[:, front], _padded(source.image)[:, front])
    in_front = objects.masks[[bool((mask * union).any()) for mask in objects.masks]]
    assert torch.equal(in_front.sum(0), union.long())  # each pixel of the union belongs to one


def _padded(image: Tensor) -> Tensor:
    whole = torch.zeros(3, 9, 12, dtype=torch.uint8)
    whole[:, :7] = image[:, :, :12]
    return whole
