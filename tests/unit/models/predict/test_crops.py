"""Masks in given boxes: a model that knows the truth, mirrored and scaled views, and odd boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from segeval.data import Predictions
from segeval.errors import InputError
from segeval.masks import RunLengths, area, decode
from segeval.models.config import Config, InputConfig, changed
from segeval.models.given_boxes import NO_BOXES, ImageBoxes
from segeval.models.ops.resizing import resized
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import predict

SIZE = (240, 320)


class Oracle(nn.Module):
    """White is the object; its logits have stride 4, as those of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, ...]] = []

    def object_logits(self, crops: Tensor) -> Tensor:
        self.seen.append(tuple(crops.shape))
        cells = functional.avg_pool2d(crops[:, :1], 4) / 255
        size = crops.shape[2], crops.shape[3]
        return 20 * (resized(cells, size) - 0.5)


class LeftHalf(nn.Module):
    """The object is the left half of what is seen, more surely further to the left."""

    def object_logits(self, crops: Tensor) -> Tensor:
        width = crops.shape[3]
        return torch.linspace(4, -4, width).expand(len(crops), 1, crops.shape[2], width)


def shown(**values: Any) -> InputConfig:
    black = {"order": "RGB", "mean": (0, 0, 0), "std": (1, 1, 1), "test_size": 250, "test_max": 550}
    return changed(Config(), "crops", input={**black, **values}).input


def shapes() -> NDArray[np.uint8]:
    """An ellipse, a ring, a triangle and a large ellipse, each a mask."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    ellipse = ((x - 40) / 30) ** 2 + ((y - 40) / 18) ** 2 < 1
    distance = np.hypot(x - 130, y - 60)
    triangle = (x > 200) & (y < 100) & (y > x - 190)
    large = ((x - 160) / 120) ** 2 + ((y - 170) / 60) ** 2 < 1
    return np.stack([ellipse, (distance < 40) & (distance > 15), triangle, large]).astype(np.uint8)


def a_photo(folder: Path, mask: NDArray[np.uint8], *boxes: tuple[float, ...]) -> Photo:
    """White where the mask is, with given boxes of rising scores and classes 0 and 1."""
    path = folder / "photo.png"
    Image.fromarray(np.repeat(255 * mask[..., None], 3, axis=2)).save(path)
    number = len(boxes)
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    sides = corners[:, 2:] - corners[:, :2]
    given = ImageBoxes(
        np.hstack([corners[:, :2], sides]),
        np.linspace(0, 1, number + 2)[1:-1],
        np.arange(number) % 2,
    )
    return Photo(path, 7, path.name, boxes=given)


def found_in(photo: Photo, model: nn.Module, settings: InputConfig, **options: Any) -> Predictions:
    how = PredictionOptions(device="cpu", **options)
    (each,) = predict(model, [photo], settings, category_ids=[3, 9], options=how)
    assert isinstance(each.found, Predictions)
    return each.found


def masks_of(found: Predictions) -> RunLengths:
    return found.segmentations.run_lengths(
        np.tile(np.array(SIZE, np.int32), (len(found), 1)), found
    )


def tight(mask: NDArray[np.uint8]) -> tuple[float, ...]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("options", [{}, {"flip": True}, {"sizes": ((112, 112), (256, 600))}])
def test_logits_of_the_truth_give_the_truth_in_its_boxes(
    options: dict[str, Any], tmp_path: Path
) -> None:
    for number, mask in enumerate(shapes()):
        photo = a_photo(tmp_path, mask, tight(mask))
        drawn = decode(masks_of(found_in(photo, Oracle(), shown(), **options)))[0]
        iou = (drawn & mask).sum() / (drawn | mask).sum()
        least = 0.98 if "sizes" not in options else 0.97  # 112 pixels show a large object coarsely
        assert iou >= least, number


def test_classes_scores_order_and_boxes_stay(tmp_path: Path) -> None:
    boxes = ((10.0, 10.0, 70.0, 60.0), (5.5, 3.0, 300.0, 200.0), (100.0, 20.0, 160.0, 90.0))
    photo = a_photo(tmp_path, shapes()[0], *boxes)
    found = found_in(photo, Oracle(), shown())
    assert found.category_id.tolist() == [3, 9, 3]
    assert found.score.tolist() == [0.25, 0.5, 0.75]
    corners = found.boxes.copy()
    corners[:, 2:] += corners[:, :2]
    assert corners.tolist() == [list(box) for box in boxes]


def test_boxes_and_scores_stay_to_the_last_bit_even_beyond_the_photograph(tmp_path: Path) -> None:
    photo = a_photo(tmp_path, shapes()[0], (-20.3, -20, 60.7, 60), (0.1, 0.2, 50.3, 70.7))
    found = found_in(photo, Oracle(), shown())
    assert photo.boxes is not None
    assert found.boxes.tolist() == photo.boxes.boxes.tolist()
    assert found.score.tolist() == [1 / 3, 2 / 3]
    mask = decode(masks_of(found))[0]
    assert mask.any()
    assert not mask[60:].any()
    assert not mask[:, 61:].any()


def test_a_crop_of_100_by_40_is_seen_at_six_times_its_size(tmp_path: Path) -> None:
    oracle = Oracle()
    photo = a_photo(tmp_path, shapes()[0], (20, 30, 120, 70))
    found_in(photo, oracle, shown(test_size=256, test_max=600))
    assert oracle.seen == [(1, 3, 256, 608)]


def test_a_mask_stays_inside_of_its_box(tmp_path: Path) -> None:
    photo = a_photo(tmp_path, np.ones(SIZE, np.uint8), (10.4, 10.6, 30.6, 50.2))
    (mask,) = decode(masks_of(found_in(photo, Oracle(), shown())))
    assert tight(mask) == (10, 11, 31, 50)  # pixels whose centres are inside


def test_a_mirrored_view_is_mirrored_back_and_probabilities_are_averaged(tmp_path: Path) -> None:
    photo = a_photo(tmp_path, shapes()[0], (0, 0, 40, 40))
    plain = decode(masks_of(found_in(photo, LeftHalf(), shown())))[0]
    assert plain[:40, :20].all()
    assert not plain[:40, 20:].any()
    # from both sides the chances add up to 1 at every pixel: half, which is inside
    both = decode(masks_of(found_in(photo, LeftHalf(), shown(), flip=True)))[0]
    assert both[:40, :40].all()


def test_boxes_of_less_than_two_pixels_have_a_mask_of_a_pixel(tmp_path: Path) -> None:
    ones = np.ones(SIZE, np.uint8)
    photo = a_photo(tmp_path, ones, (10, 10, 11, 11), (20.6, 20.2, 21.4, 20.4), (319.6, 0, 320, 9))
    found = masks_of(found_in(photo, Oracle(), shown()))
    assert area(found).tolist() == [1, 1, 9]


def test_boxes_reach_beyond_the_photograph_or_lie_outside_of_it(tmp_path: Path) -> None:
    ones = np.ones(SIZE, np.uint8)
    photo = a_photo(tmp_path, ones, (-50, -9, 10, 5), (400, 10, 500, 60), (0, 0, 1e9, 1e9))
    found = found_in(photo, Oracle(), shown(test_size=SIZE[0], test_max=SIZE[1]))
    assert area(masks_of(found)).tolist() == [50, 0, SIZE[0] * SIZE[1]]
    assert len(found) == 3


def test_a_thousand_boxes_are_seen_in_batches(tmp_path: Path) -> None:
    oracle = Oracle()
    generator = np.random.default_rng(0)
    low = generator.uniform(0, 150, (1000, 2))
    corners = np.concatenate([low, low + generator.uniform(2, 80, (1000, 2))], axis=1)
    photo = a_photo(tmp_path, shapes()[1], *map(tuple, corners))
    found = found_in(photo, oracle, shown(test_size=32, test_max=64))
    assert len(found) == 1000
    assert sum(shape[0] for shape in oracle.seen) == 1000
    assert len(oracle.seen) <= 4
    few = replace(photo, boxes=ImageBoxes(*(each[:7] for each in vars(photo.boxes).values())))
    alone = masks_of(found_in(few, Oracle(), shown(test_size=32, test_max=64)))
    np.testing.assert_array_equal(decode(alone), decode(masks_of(found).take(np.arange(7))))


def test_a_photograph_without_boxes_has_no_predictions(tmp_path: Path) -> None:
    photo = replace(a_photo(tmp_path, shapes()[0]), boxes=NO_BOXES)
    assert len(found_in(photo, Oracle(), shown())) == 0


def test_photographs_that_were_given_no_boxes_are_refused(tmp_path: Path) -> None:
    photo = replace(a_photo(tmp_path, shapes()[0]), boxes=None)
    with pytest.raises(InputError, match="draws masks in boxes that it is given: name a file of"):
        found_in(photo, Oracle(), shown())


def test_views_of_crops_are_averaged_and_not_merged(tmp_path: Path) -> None:
    photo = a_photo(tmp_path, shapes()[0], (0, 0, 9, 9))
    with pytest.raises(InputError, match="probabilities of masks in given boxes are averaged over"):
        found_in(photo, Oracle(), shown(), flip=True, merge="nms")
