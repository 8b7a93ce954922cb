"""Cityscapes' iIoU, beside numbers of cityscapesScripts 2.3.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import mean_iou
from segeval.errors import FormatError, MismatchError

WITH_INSTANCES = (24, 25, 26, 29, 33)


def street(folder: Path, images: int = 3) -> None:
    """Boxes of labels, most of them with an instance, and predictions that are shifted and noisy.

    29 is a caravan, which is ignored, but counted in the category of vehicles.
    """
    rng = np.random.default_rng(4)
    for i in range(images):
        ids = np.zeros((24, 40), np.uint16)
        for number in range(14):
            y, x = rng.integers(0, (20, 34))
            h, w = rng.integers(3, 12, 2)
            label = int(rng.choice([7, 8, 11, 21, 23, 24, 25, 26, 29, 33, 4]))
            is_single = label in WITH_INSTANCES and number % 4
            ids[y : y + h, x : x + w] = label * 1000 + 1 + number if is_single else label
        labels = np.where(ids > 1000, ids // 1000, ids).astype(np.uint8)
        pred = np.roll(labels, (1, -2), (0, 1))
        noise = rng.random(pred.shape) < 0.1
        pred = np.where(noise, rng.integers(7, 34, pred.shape), pred).astype(np.uint8)
        stem = f"town_{i:06}_000019"
        write(folder / "gt" / f"{stem}_gtFine_labelIds.png", labels)
        write(folder / "gt" / f"{stem}_gtFine_instanceIds.png", ids)
        write(folder / "preds" / f"{stem}_any.png", pred)


def write(path: Path, pixels: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_numbers_are_those_of_cityscapesscripts(tmp_path: Path) -> None:
    street(tmp_path)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes", compat="official")
    assert result.miou == 0.16661774513491684
    assert result.scores.iiou == pytest.approx(0.1921245989843779, abs=1e-12)
    assert result.scores.group_miou == 0.34665310143262534
    assert result.scores.group_iiou == pytest.approx(0.37155809426247244, abs=1e-12)
    assert {
        each.name: each.iiou for each in result.scores.categories if each.iiou
    } == pytest.approx(
        {
            "person": 0.33971815672621813,
            "rider": 0.3968816887430661,
            "car": 0.2617410972603993,
            "bicycle": 0.5386558491453397,
        },
        abs=1e-12,
    )
    assert {each.name: each.iiou for each in result.scores.groups if each.iiou} == pytest.approx(
        {"human": 0.38473370372454285, "vehicle": 0.358382484800402}, abs=1e-12
    )


def test_tables_have_a_column_for_it(tmp_path: Path) -> None:
    street(tmp_path, images=1)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes", compat="official")
    by_category, by_group = result.tables
    assert by_category.records()[0]["iiou"] == result.scores.iiou
    assert by_group.records()[0] == {
        "group": "mean",
        "iou": result.scores.group_miou,
        "iiou": result.scores.group_iiou,
    }
    assert "<th>iIoU</th>" in result._repr_html_()
    assert result.headline[-1] == "compat official"


def test_every_instance_weighs_the_same(tmp_path: Path) -> None:
    # Two cars, of 1 and of 9 pixels; only the small one is found. Pixels: 1 of 10.
    ids = np.array([[26001, *[26002] * 9, 7]], np.uint16)
    labels = np.where(ids > 1000, ids // 1000, ids).astype(np.uint8)
    pred = np.where(ids == 26002, 7, labels).astype(np.uint8)
    write(tmp_path / "gt" / "a_000000_000000_gtFine_labelIds.png", labels)
    write(tmp_path / "gt" / "a_000000_000000_gtFine_instanceIds.png", ids)
    write(tmp_path / "preds" / "a_000000_000000.png", pred)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")
    car = next(each for each in result.scores.categories if each.name == "car")
    assert car.iou == 0.1
    assert car.iiou == pytest.approx(0.5, abs=1e-12)


def test_images_without_instances_are_counted_and_there_is_no_iiou(tmp_path: Path) -> None:
    street(tmp_path)
    (tmp_path / "gt" / "town_000001_000019_gtFine_instanceIds.png").unlink()
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")
    assert result.scores.iiou is None
    assert not result.settings["instances"]
    assert result.notes[0].message == ("1 image has no *_instanceIds.png, so there is no iIoU")


def test_an_instance_of_a_label_without_instances_is_refused(tmp_path: Path) -> None:
    street(tmp_path, images=1)
    path = tmp_path / "gt" / "town_000000_000019_gtFine_instanceIds.png"
    write(path, np.full((24, 40), 7001, np.uint16))
    with pytest.raises(
        FormatError, match="instance 7001 is of the label 7, which has no instances"
    ):
        mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")


def test_instances_of_another_size_are_refused(tmp_path: Path) -> None:
    street(tmp_path, images=1)
    write(
        tmp_path / "gt" / "town_000000_000019_gtFine_instanceIds.png", np.zeros((9, 9), np.uint16)
    )
    with pytest.raises(MismatchError, match=r"instanceIds\.png: has 9 x 9 pixels"):
        mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")


def test_absent_classes_with_instances_count_as_zero_if_asked(tmp_path: Path) -> None:
    street(tmp_path)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes", absent="zero")
    assert [each.iiou for each in result.scores.categories[:11]] == [None] * 11
    assert all(each.iiou is not None for each in result.scores.categories[11:])
