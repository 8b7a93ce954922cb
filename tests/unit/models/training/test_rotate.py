"""Training images turned by an angle: exact at right angles, tight boxes, draws by the place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval.errors import FormatError
from segeval.models import component
from segeval.models.config import Config, changed
from segeval.models.networks.batches import Objects
from segeval.models.training.augment import augmented
from segeval.models.training.draws import generator_of
from segeval.models.training.example import Example, boxes_around, objects_of
from segeval.models.training.rotate import long_classes, rotated, rotated_or_not

FILL = (1, 2, 3)


def an_example(height: int = 6, width: int = 8, kind: int = 0) -> Example:
    """Random colours, with one object in rows 1 and 2 and columns 2 to 4."""
    colours = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, height, width), generator=colours, dtype=torch.uint8)
    masks = torch.zeros(1, height, width, dtype=torch.uint8)
    masks[0, 1:3, 2:5] = 1
    return Example(image, Objects(boxes_around(masks), torch.tensor([kind]), masks), "a.png")


def settings(**values: Any) -> Any:
    return changed(Config(), "turned", input={"flip": False, **values}).input


def test_a_turn_of_180_degrees_is_both_mirrors() -> None:
    example = an_example()
    turned = rotated(example, 180, fill=FILL)
    assert torch.equal(turned.image, example.image.flip(1, 2))
    assert torch.equal(objects_of(turned).masks, objects_of(example).masks.flip(1, 2))
    assert objects_of(turned).boxes.tolist() == [[3, 3, 6, 5]]


def test_a_quarter_is_counter_clockwise() -> None:
    example = an_example(6, 6)
    turned = component("rotate", angle=90, fill=FILL)(example)
    assert torch.equal(turned.image, example.image.rot90(1, (1, 2)))
    assert torch.equal(objects_of(turned).masks, objects_of(example).masks.rot90(1, (1, 2)))


def test_no_turn_changes_no_pixel() -> None:
    example = an_example()
    turned = rotated(example, 0, fill=FILL)
    assert torch.equal(turned.image, example.image)
    assert torch.equal(objects_of(turned).masks, objects_of(example).masks)


def test_corners_have_the_fill_and_labels_the_ignored_one() -> None:
    # a quarter of 4 x 8 pixels: what comes from beyond the rows is columns 0, 1, 6 and 7
    labels = torch.arange(32).reshape(4, 8)
    example = Example(an_example(4, 8).image, labels, "a.png")
    turned = rotated(example, 90, fill=FILL, ignore=99)
    assert isinstance(turned.target, Tensor)
    assert (turned.target[:, [0, 1, 6, 7]] == 99).all()
    assert torch.equal(turned.target[:, 2:6], labels[:, 2:6].rot90(1, (0, 1)))
    assert (turned.image[:, :, [0, 7]] == torch.tensor(FILL).view(3, 1, 1)).all()


def test_half_a_pixel_is_mixed_from_both_sides() -> None:
    # on 1 x 2 pixels every angle keeps the centre, and 60 degrees moves each to half its distance
    example = Example(torch.tensor([[[0, 200]]] * 3, dtype=torch.uint8), torch.zeros(1, 2), "a.png")
    turned = rotated(example, 60, fill=(0, 0, 0))
    # a share of 1 - 0.433 lies in the row, the places are a quarter of a pixel from the middle
    assert turned.image[0].tolist() == [[round(0.25 * 200 * 0.567), round(0.75 * 200 * 0.567)]]


def test_long_classes_turn_further() -> None:
    sides = np.array([[10, 2], [2, 12], [9, 9], [4, 1], [1, 4.0], [np.nan, 3]])
    long = long_classes(sides, np.array([0, 0, 0, 1, 1, 1]))
    assert long == {0}
    angles = {kind: [spread_of(kind, place, long) for place in range(40)] for kind in (0, 1)}
    assert max(angles[1]) < 4 < max(angles[0])


def spread_of(kind: int, place: int, long: frozenset[int]) -> float:
    """By how much a bar along the middle row has become higher, in pixels of 64."""
    masks = torch.zeros(1, 64, 64, dtype=torch.uint8)
    masks[0, 31:33, 2:62] = 1
    objects = Objects(boxes_around(masks), torch.tensor([kind]), masks)
    example = Example(torch.zeros(3, 64, 64, dtype=torch.uint8), objects, "bar")
    turned = rotated_or_not(example, settings(rotate=1), generator_of(0, place), long=long)
    box = objects_of(turned).boxes[0]
    return float(box[3] - box[1]) - 2


def test_the_angle_belongs_to_the_place_in_the_stream() -> None:
    one, same, other = (
        augmented(an_example(), settings(rotate=30), generator_of(1, place)) for place in (4, 4, 5)
    )
    assert torch.equal(one.image, same.image)
    assert not torch.equal(one.image, other.image)


def test_without_rotation_nothing_is_drawn() -> None:
    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    example = an_example()
    assert rotated_or_not(example, settings(), generator) is example
    assert torch.equal(generator.get_state(), before)


def test_an_object_that_is_turned_out_of_the_image_is_left_out() -> None:
    masks = torch.zeros(1, 4, 40, dtype=torch.uint8)
    masks[0, :, 38:] = 1
    objects = Objects(boxes_around(masks), torch.tensor([0]), masks)
    example = replace(an_example(4, 40), target=objects)
    turned = augmented(example, settings(rotate=180), generator_of(0, 3))
    assert len(objects_of(turned).classes) == 0


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"input": {"rotate": -1}}, "input.rotate is -1.0, expected 0 to 180"),
        ({"input": {"rotate": 200}}, "input.rotate is 200.0, expected 0 to 180"),
        (
            {"input": {"rotate": 10}, "detector": {"kind": "regressor"}},
            'input.rotate is 10.0, expected 0: detector.kind is "regressor", and given boxes are',
        ),
    ],
)
def test_angles_that_make_no_sense_are_refused(sections: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        changed(Config(), "mine", **sections)
