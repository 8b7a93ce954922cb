"""Cityscapes' pictures as masks, and as COCO's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.cityscapes.frames import find_frames
from segeval.data.cityscapes.instances import (
    InstanceFrame,
    coco_ground_truth,
    coco_predictions,
    read_frame,
)
from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import area, decode
from tests.cityscapes_files import BUS, CAR, FRAME, ROAD, rectangle, write_frame

SIZE = (20, 30)
CARAVAN = 29001
VOID = 4


def scene() -> Any:
    """A car, a group of cars, void, a caravan, on a road."""
    labels = np.full(SIZE, ROAD)
    labels[2:12, 1:11] = 26001
    labels[2:6, 15:20] = CAR
    labels[0] = VOID
    labels[19] = CARAVAN
    return labels


def read(folders: tuple[Path, Path], compat: str | None = None) -> InstanceFrame:
    """The one image of two folders."""
    (files,), _ = find_frames(*folders, compat=compat)
    return read_frame(files, compat=compat)


def test_a_picture_becomes_objects_groups_and_void(tmp_path: Path) -> None:
    frame = read(write_frame(tmp_path, scene(), [(rectangle(SIZE, 3, 3, 4, 4), BUS, 0.5)]))
    assert frame.gt_id.tolist() == [CAR, 26001]
    assert (frame.gt_label.tolist(), frame.is_group.tolist()) == ([CAR, CAR], [True, False])
    assert area(frame.gt).tolist() == [20, 100]
    assert area(frame.void).tolist() == [30]  # the caravan is not void
    assert (frame.label.tolist(), frame.score.tolist()) == ([BUS], [0.5])
    assert (decode(frame.preds)[0] == rectangle(SIZE, 3, 3, 4, 4)).all()


def test_a_picture_without_anything_has_empty_columns(tmp_path: Path) -> None:
    frame = read(write_frame(tmp_path, np.full(SIZE, ROAD)))
    assert (len(frame.gt), len(frame.preds)) == (0, 0)
    assert area(frame.void).tolist() == [0]


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_a_mask_of_any_kind_is_what_is_not_black(tmp_path: Path, mode: str) -> None:
    mask = rectangle(SIZE, 3, 3, 4, 4)
    preds, gt = write_frame(tmp_path, scene(), [(mask, CAR, 0.5)])
    grey = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
    picture = Image.fromarray(mask.astype(np.uint16) * 256) if mode == "I;16" else grey
    picture.convert(mode).save(preds / f"{FRAME}_0.png")
    assert (decode(read((preds, gt)).preds)[0] == mask).all()


def test_a_mask_of_another_size_is_a_mismatch(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, scene(), [(np.ones((10, 15)), CAR, 0.5)])
    with pytest.raises(MismatchError) as caught:
        read((preds, gt))
    assert caught.value.message == (
        f"{preds}/{FRAME}_0.png: mask is 10 x 15, its image 20 x 30 ({preds}/{FRAME}.txt line 1). "
        "Sizes are height x width."
    )


def test_a_mask_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, scene(), [(np.ones(SIZE), CAR, 0.5)])
    (preds / f"{FRAME}_0.png").write_text("no picture")
    with pytest.raises(FormatError, match=r"_0\.png: not a picture"):
        read((preds, gt))


def test_a_mask_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random(SIZE) < 0.5
    preds, gt = write_frame(tmp_path, scene(), [(noise, CAR, 0.5)])
    path = preds / f"{FRAME}_0.png"
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(FormatError, match=r"_0\.png: the picture is damaged"):
        read((preds, gt))


def test_ground_truth_of_8_bits_cannot_hold_instances(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, scene(), [(np.ones(SIZE), CAR, 0.5)])
    picture = next(gt.glob("*.png"))
    Image.fromarray(np.full(SIZE, CAR, np.uint8)).save(picture)
    with pytest.raises(FormatError) as caught:
        read((preds, gt))
    assert caught.value.message == (
        f"{picture}: has 8 bits per pixel, expected 16: an object is 1000 label + number, such as "
        "26003. Values here are 26..26."
    )
    assert read((preds, gt), "official").is_group.tolist() == [True]


def test_ground_truth_in_colours_is_refused(tmp_path: Path) -> None:
    preds, gt = write_frame(tmp_path, scene())
    Image.new("RGB", SIZE).save(next(gt.glob("*.png")))
    with pytest.raises(FormatError, match=r"has colours \(RGB\), expected one number per pixel"):
        read((preds, gt))


@pytest.mark.parametrize("value", [34, 999, 34000, 65535])
def test_pixels_of_labels_that_do_not_exist_are_refused(tmp_path: Path, value: int) -> None:
    labels = scene()
    labels[5, 5] = value
    with pytest.raises(InputError, match=f"has pixels of value {value}, expected a label id up to"):
        read(write_frame(tmp_path, labels))


def test_coco_sees_objects_of_any_size_and_groups_as_crowds(tmp_path: Path) -> None:
    mask = rectangle(SIZE, 3, 3, 4, 4)
    empty = np.zeros(SIZE)
    frame = read(write_frame(tmp_path, scene(), [(mask, BUS, 0.5), (empty, CAR, 0.25)]))
    gt = coco_ground_truth([frame, frame], "gt")
    assert gt.images.id.tolist() == [1, 2]
    assert gt.images.file_names == (FRAME, FRAME)
    assert gt.categories.id.tolist() == [24, 25, 26, 27, 28, 31, 32, 33]
    assert gt.image_id.tolist() == [1, 1, 2, 2]
    assert gt.category_id.tolist() == [CAR] * 4
    assert gt.is_crowd.tolist() == [True, False] * 2
    assert gt.area.tolist() == [20, 100] * 2
    assert (decode(gt.masks)[0] == (scene() == CAR)).all()
    preds = coco_predictions([frame, frame], "preds")
    assert preds.image_id.tolist() == [1, 1, 2, 2]
    assert preds.category_id.tolist() == [BUS, CAR] * 2
    assert preds.score.tolist() == [0.5, 0.25] * 2
    assert area(preds.segmentations.strings.decode()).tolist() == [16, 0] * 2
