"""Crops to learn from: their labels, random boxes, given boxes, and exact resumption."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval.errors import FormatError, InputError
from segeval.models.config import Config, changed
from segeval.models.config.presets import PRESETS
from segeval.models.crops import window_of
from segeval.models.networks.batches import Batch
from segeval.models.networks.building import build
from segeval.models.training.crop_data import CropImages, crop_data, moved
from segeval.models.training.data import TrainingData
from segeval.models.training.draws import generator_of
from segeval.models.training.example import Example
from segeval.models.training.instance_data import instance_data
from segeval.models.training.sampling import BatchRequest
from tests.small_pictures import write_pictures

SMALL = {"width": 2, "modules": (1, 1, 1), "blocks": 1, "bottlenecks": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of 64 x 80 or 80 x 64 pixels with a rectangle each."""
    folder = tmp_path_factory.mktemp("crops") / "set"
    write_pictures(folder, 4)
    return folder


def config(jitter: float = 0.0, **values: Any) -> Config:
    sizes = {"train_sizes": (32, 48), "train_max": 64, "flip": False, "rotate": 0}
    return changed(
        PRESETS["openimages-crop"],
        "small",
        classes=2,
        backbone=SMALL,
        detector={"jitter": jitter},
        input={**sizes, **values},
    )


def made(folder: Path, **options: Any) -> TrainingData:
    return crop_data(folder / "images", folder / "gt.json", **options)


def loaded(data: TrainingData, index: int, settings: Config, place: int = 0) -> Example:
    return data.images.load(index, settings, generator_of(0, place))


def labels_of(example: Example) -> Tensor:
    assert isinstance(example.target, Tensor)
    return example.target


def test_a_true_box_is_filled_by_a_rectangle(folder: Path) -> None:
    data = made(folder)
    assert len(data) == 4
    example = loaded(data, 0, config())
    assert example.size == tuple(labels_of(example).shape)
    assert 32 <= min(example.size) <= 48
    assert max(example.size) <= 64
    assert (labels_of(example) == 1).all()


def test_beside_the_object_is_background_and_beyond_the_image_nothing(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 1)
    path = tmp_path / "set" / "gt.json"
    content = json.loads(path.read_text())
    (only,) = content["annotations"]
    only["bbox"], only["segmentation"] = [0, 0, 40, 20], [[0, 0, 20, 0, 20, 20, 0, 20]]
    path.write_text(json.dumps(content))
    settings = config(jitter=0.4, train_sizes=(20,), train_max=10_000)
    seen = set()
    for place in range(12):
        example = loaded(made(tmp_path / "set"), 0, settings, place)
        found = set(labels_of(example).unique().tolist())
        assert {0, 1} <= found <= {0, 1, 255}
        seen |= found
        beyond = labels_of(example) == 255
        if beyond.any():
            colours = example.image.permute(1, 2, 0)[beyond].float().mean(0)
            np.testing.assert_allclose(colours, [124, 116, 104], atol=12)  # the mean colour
    assert 255 in seen


def test_edges_move_by_a_share_of_the_sides() -> None:
    box = [10.0, 20.0, 30.0, 60.0]
    boxes = np.array([moved(box, 0.1, generator_of(0, place)) for place in range(200)])
    distance = np.abs(boxes - box).max(axis=0)
    np.testing.assert_array_less(distance, [2, 4, 2, 4])
    np.testing.assert_array_less([1.8, 3.6, 1.8, 3.6], distance)


def test_given_boxes_stay_and_need_an_object_of_their_class(folder: Path, tmp_path: Path) -> None:
    truth = json.loads((folder / "gt.json").read_text())["annotations"]
    (x, y, width, height), own = truth[0]["bbox"], truth[0]["category_id"]
    other = next(each["category_id"] for each in truth if each["category_id"] != own)
    boxes = [
        {"image_id": 1, "category_id": kind, "bbox": [left, y, width, height], "score": 0.5}
        for kind, left in ((own, x), (own, x + width / 4), (own, x + width / 2), (other, x))
    ]
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(boxes))
    data = made(folder, boxes=path)
    assert isinstance(data.images, CropImages)
    assert data.images.objects.tolist() == [0, 0]
    np.testing.assert_allclose(data.images.boxes[:, 0], [x, x + width / 4])
    (note,) = (note for note in data.notes if note.code == "boxes")
    assert note.message.endswith(": 2 boxes left out: no object of the same class overlaps by 0.5")
    share = (labels_of(loaded(data, 1, config(jitter=0.4))) == 1).float().mean()
    assert abs(float(share) - 0.75) < 0.05
    path.write_text(json.dumps(boxes[2:]))
    with pytest.raises(FormatError, match=r"none of 2 boxes overlaps an object of its class with"):
        made(folder, boxes=path)


def test_sizes_of_crops_are_those_of_their_windows(folder: Path) -> None:
    crops = made(folder).images
    assert isinstance(crops, CropImages)
    low = np.random.default_rng(0).uniform(0, 9, (50, 2))
    boxes = np.concatenate([low, low + np.geomspace(0.01, 20, 100).reshape(50, 2)], axis=1)
    sizes = replace(crops, boxes=boxes).sizes
    assert [tuple(each) for each in sizes.tolist()] == [window_of(box).size for box in boxes]


def test_every_crop_has_one_class_to_draw_by(folder: Path) -> None:
    lists = made(folder).images.class_lists()
    assert lists.classes.tolist() == [1, 0, 1, 0]
    assert lists.offsets.tolist() == [0, 1, 2, 3, 4]


def taken(data: TrainingData, number: int, **options: Any) -> list[Batch]:
    settings = config(jitter=0.1, flip=True, rotate=10, colour=True)
    request = BatchRequest(seed=5, batch=2, **options)
    return list(islice(data.batches(settings, request), number))


def test_batches_are_the_same_with_any_threads_and_after_a_restart(folder: Path) -> None:
    data = made(folder)
    whole = taken(data, 6, workers=0)
    again = taken(data, 4, workers=3) + taken(data, 2, start=4)
    for one, other in zip(whole, again, strict=True):
        assert torch.equal(one.images, other.images)
        assert isinstance(one.targets, Tensor)
        assert isinstance(other.targets, Tensor)
        assert torch.equal(one.targets, other.targets)


def test_an_update_reaches_every_weight(folder: Path) -> None:
    (batch,) = taken(made(folder), 1)
    model = build(config())
    loss = model.losses(batch)["loss_sem_seg"]
    loss.backward()
    assert 0 < loss.item() < 2
    assert all(each.grad is not None for each in model.parameters())


def test_whole_images_are_refused_by_the_model(folder: Path) -> None:
    data = instance_data(folder / "images", folder / "gt.json")
    (batch,) = islice(data.batches(config(), BatchRequest(seed=0, batch=1)), 1)
    with pytest.raises(InputError, match="The batch has objects, expected label maps"):
        build(config()).losses(batch)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (
            {"detector": {"jitter": 0.5}},
            "detector.jitter is 0.5, expected 0 or more, and less",
        ),
        ({"detector": {"iou": 0}}, "detector.iou is 0.0, expected more than 0, and at most 1"),
        ({"input": {"mosaic": 0.5}}, 'expected 0: detector.kind is "crops", and given boxes are'),
        ({"input": {"test_merge": "nms"}}, 'expected "": detector.kind is "crops", whose views'),
        ({"mask": {"kind": "conv"}}, "detector.kind is 'crops', which reads no setting of mask"),
        (
            {"semantic": {"ignore": 9}},
            "detector.kind is 'crops', which reads no setting of sem",
        ),
    ],
)
def test_settings_that_exclude_each_other_are_refused(sections: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        changed(config(), "mine", **sections)
