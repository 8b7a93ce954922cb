"""Training sets from images and label maps: pairs, labels, and what is refused."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from segeval.errors import FormatError, InputError, MismatchError
from segeval.models.config import Config, changed
from segeval.models.training.data import TrainingData
from segeval.models.training.draws import generator_of
from segeval.models.training.label_map_data import LabelMapImages, label_map_data
from segeval.models.training.sampling import SAMPLERS, BatchRequest

NAMES = {4: "road", 9: "car"}
"""Names of classes by label."""


def labels_of(seed: int, size: tuple[int, int] = (40, 60)) -> NDArray[np.uint8]:
    """Labels 4, 9 and, not trained on, 0."""
    found: NDArray[np.uint8] = np.random.default_rng(seed).choice([4, 9, 0], size).astype(np.uint8)
    return found


def write(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three images whose red is their label map; the last one is high."""
    images, maps = tmp_path / "images", tmp_path / "maps"
    for number, size in enumerate([(40, 60), (40, 60), (60, 40)]):
        labels = labels_of(number, size)
        write(images / "a" / f"{number}.png", np.stack([labels] * 3, axis=2))
        write(maps / "a" / f"{number}.png", labels)
    return images, maps


def made(folders: tuple[Path, Path], **options: Any) -> TrainingData:
    return label_map_data(*folders, NAMES, ignore=[0], **options)


def config(**settings: Any) -> Config:
    sizes = {"train_sizes": (40,), "mean": (0.0, 0.0, 0.0), **settings}
    return changed(Config(), "test", task="semantic", classes=2, input=sizes)


def images_of(data: TrainingData) -> LabelMapImages:
    assert isinstance(data.images, LabelMapImages)
    return data.images


def test_labels_become_classes_and_others_are_not_trained_on(folders: tuple[Path, Path]) -> None:
    data = made(folders)
    assert data.categories == ((4, "road"), (9, "car"))
    assert data.notes == ()
    found = images_of(data).labels(0, 255).numpy()
    expected = np.array([255, 0, 1])[np.searchsorted([0, 4, 9], labels_of(0))]
    np.testing.assert_array_equal(found, expected)


def test_image_and_label_map_are_changed_together(folders: tuple[Path, Path]) -> None:
    data = made(folders)
    pixel = torch.tensor([4, 9])
    for batch in islice(data.batches(config(crop=(24, 24)), BatchRequest(seed=1, batch=2)), 5):
        assert isinstance(batch.targets, Tensor)
        assert batch.targets.shape == (2, 32, 32)
        assert batch.targets.dtype == torch.int64
        assert batch.sizes == ((24, 24), (24, 24))
        inside = batch.targets != 255
        assert not inside[:, 24:].any()
        shown = batch.images[:, 2]
        assert torch.equal(shown[inside].long(), pixel[batch.targets[inside]])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_batches_are_the_same_after_a_restart(folders: tuple[Path, Path], sampler: str) -> None:
    data = made(folders)
    settings = config(crop=(24, 32), crop_scales=(0.5, 2.0), crop_max_share=0.75, colour=True)
    options: dict[str, Any] = {"seed": 2, "batch": 2, "sampler": sampler}
    whole = list(islice(data.batches(settings, BatchRequest(workers=0, **options)), 5))
    rest = list(islice(data.batches(settings, BatchRequest(start=3, **options)), 2))
    for each, same in zip(whole[3:], rest, strict=True):
        assert each.names == same.names
        assert torch.equal(each.images, same.images)
        assert isinstance(each.targets, Tensor)
        assert isinstance(same.targets, Tensor)
        assert torch.equal(each.targets, same.targets)


def test_classes_of_images_are_listed(folders: tuple[Path, Path]) -> None:
    write(folders[1] / "a" / "1.png", np.where(labels_of(1) == 4, 0, 9).astype(np.uint8))
    lists = images_of(made(folders)).class_lists()
    assert lists.classes.tolist() == [0, 1, 1, 0, 1]
    assert lists.offsets.tolist() == [0, 2, 3, 5]


def test_files_are_paired_by_name_whatever_the_suffix_or_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "images" / "x" / "one.jpg", np.zeros((4, 6, 3), np.uint8))
    write(tmp_path / "images" / "two.jpg", np.zeros((4, 6, 3), np.uint8))
    write(tmp_path / "maps" / "one.png", np.full((4, 6), 4, np.uint8))
    data = label_map_data(tmp_path / "images", tmp_path / "maps", NAMES)
    assert [file.name for file in images_of(data).files] == ["one.jpg"]
    assert [note.message for note in data.notes] == ["1 image left out: no label map"]


def test_cityscapes_files_are_paired_by_frame(tmp_path: Path) -> None:
    frame = "aachen_000000_000019"
    write(tmp_path / "left" / f"{frame}_leftImg8bit.png", np.zeros((4, 6, 3), np.uint8))
    for kind, value in (("labelIds", 26), ("labelTrainIds", 13), ("instanceIds", 3)):
        write(tmp_path / "fine" / f"{frame}_gtFine_{kind}.png", np.full((4, 6), value, np.uint8))
    data = label_map_data(tmp_path / "left", tmp_path / "fine", "cityscapes")
    assert images_of(data).label_maps[0].name == f"{frame}_gtFine_labelIds.png"
    assert images_of(data).labels(0, 255).unique().tolist() == [13]
    assert data.categories[13] == (26, "car")


def test_two_files_of_one_image_are_refused(tmp_path: Path) -> None:
    for name in ("a/one.jpg", "b/one.jpg"):
        write(tmp_path / "images" / name, np.zeros((4, 6, 3), np.uint8))
    write(tmp_path / "maps" / "one.png", np.full((4, 6), 4, np.uint8))
    with pytest.raises(MismatchError, match=r"a/one\.jpg and .*b/one\.jpg are both images for"):
        label_map_data(tmp_path / "images", tmp_path / "maps", NAMES)


def test_two_label_maps_of_one_image_are_refused(tmp_path: Path) -> None:
    frame = "aachen_000000_000019"
    write(tmp_path / "left" / f"{frame}_leftImg8bit.png", np.zeros((4, 6, 3), np.uint8))
    for kind in ("labelIds", "instanceIds"):
        write(tmp_path / "fine" / f"{frame}_gtFine_{kind}.png", np.full((4, 6), 4, np.uint8))
    with pytest.raises(MismatchError, match=r"labelIds\.png are both label maps of .*Img8bit\.png"):
        label_map_data(tmp_path / "left", tmp_path / "fine", NAMES)


def test_a_label_map_without_an_image_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a" / "1.png").unlink()
    with pytest.raises(MismatchError, match=r"images: has no image for .*1\.png, expected one for"):
        made(folders)


def test_a_label_map_of_another_size_is_refused(folders: tuple[Path, Path]) -> None:
    write(folders[1] / "a" / "1.png", labels_of(1, (20, 60)))
    with pytest.raises(MismatchError, match=r"1\.png: has 20 x 60 pixels, its image .* 40 x 60 "):
        made(folders)


def test_a_file_that_is_no_picture_is_refused_before_training(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a" / "2.png").write_text("no picture")
    with pytest.raises(FormatError, match=r"images/a/2\.png: not a picture"):
        made(folders)


def test_a_label_that_is_no_class_is_refused_with_its_place(folders: tuple[Path, Path]) -> None:
    labels = labels_of(0)
    labels[3, 5] = 77
    write(folders[1] / "a" / "0.png", labels)
    with pytest.raises(FormatError, match=r"0\.png: pixel at row 3, column 5 has the label 77"):
        made(folders).images.load(0, config(), generator_of(0))


def test_missing_or_empty_folders_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        label_map_data(folders[0], tmp_path / "nowhere", NAMES)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: has no label maps, expected files"):
        label_map_data(folders[0], tmp_path / "empty", NAMES)


def test_classes_must_be_those_expected(folders: tuple[Path, Path]) -> None:
    data = made(folders, expected=[(9, "car"), (4, "road")])
    assert data.categories == ((9, "car"), (4, "road"))
    assert images_of(data).labels(0, 255)[labels_of(0) == 9].unique().tolist() == [0]
    with pytest.raises(MismatchError, match=r"classes: its categories differ from the 1 expected"):
        made(folders, expected=[(9, "car")])
