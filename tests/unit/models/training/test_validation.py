"""What is measured during training is what the files would give, however many processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

from segeval import average_precision, mean_iou
from segeval.data.coco.write import prediction_records
from segeval.data.label_maps.classes import label_classes
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.models.config import Config
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import predict
from segeval.models.training.distributed import Processes
from segeval.models.training.validation import (
    INSTANCE_METRICS,
    SEMANTIC_METRICS,
    InstanceValidation,
    SemanticValidation,
    ValidationSettings,
    instance_validation,
    semantic_validation,
)
from tests.bright_models import SEEN, BrightObjects, BrightPixels

CATEGORIES = ((3, "sofa"), (9, "lamp"))
CONFIG = Config(name="bright", classes=2, input=SEEN)
MAPS = Config(name="pixels", task="semantic", classes=2, input=SEEN)
SIZES = ((40, 60), (60, 40), (30, 30), (40, 60), (48, 48))

T = TypeVar("T")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pictures, a bright rectangle in each, and truth that is not quite that."""
    images, annotations = [], []
    for number, (height, width) in enumerate(SIZES, start=41):
        pixels, labels = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
        pixels[8:20, 5:25] = 255
        left = 5 + number % 3
        labels[8:20, left:25] = 1
        for name, array in (("pics", pixels), ("maps", labels)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(array).save(tmp_path / name / f"{number}.png")
        images.append(
            {"id": number, "file_name": f"{number}.png", "height": height, "width": width}
        )
        polygon = [left, 8, 25, 8, 25, 20, left, 20]
        annotations.append(
            {"id": number, "image_id": number, "category_id": 3, "segmentation": [polygon]}
            | {"area": 12 * (25 - left), "iscrowd": 0, "bbox": [left, 8, 25 - left, 12]}
        )
    categories = [{"id": number, "name": name} for number, name in CATEGORIES]
    gt = {"images": images, "annotations": annotations[:4], "categories": categories}
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    return tmp_path


@dataclass(frozen=True)
class Half(Processes):
    """One of two processes that run after each other: the second has all that was gathered."""

    gathered: list[Any] = field(default_factory=list)

    def together(self, work: Callable[[], T]) -> T:
        return work()

    def gather(self, value: Any) -> list[Any] | None:
        self.gathered.append(value)
        return self.gathered if len(self.gathered) == 2 else None


def of_objects(folder: Path, **how: Any) -> InstanceValidation:
    return instance_validation(
        folder / "pics",
        folder / "gt.json",
        config=CONFIG,
        categories=CATEGORIES,
        settings=ValidationSettings(**how),
    )


def of_pixels(folder: Path, **how: Any) -> SemanticValidation:
    return semantic_validation(
        folder / "pics",
        folder / "maps",
        config=MAPS,
        classes=label_classes(2, 255),
        settings=ValidationSettings(**how),
    )


def test_objects_have_the_numbers_of_their_files(folder: Path) -> None:
    validation = of_objects(folder)
    found = validation(BrightObjects())
    photos = [
        Photo(folder / "pics" / f"{number}.png", number, str(number)) for number in range(41, 46)
    ]
    records: list[Any] = []
    options = PredictionOptions(device="cpu")
    for each in predict(BrightObjects(), photos, SEEN, category_ids=(3, 9), options=options):
        preds: Any = each.found
        records += prediction_records(preds)(0, len(preds))
    expected = average_precision(records, folder / "gt.json", iou=("segm", "boundary"))
    assert 0 < (expected.ap or 0) < 1
    assert found["AP"] == expected.ap
    assert found["boundary_AP"] == expected.scores["boundary"].overall.ap
    assert set(found) == set(INSTANCE_METRICS) == set(validation.metrics)
    assert found["AP_large"] is None


def test_pixels_have_the_numbers_of_their_files(folder: Path) -> None:
    validation = of_pixels(folder)
    found = validation(BrightPixels())
    bright = []
    for number in range(41, 46):
        with Image.open(folder / "pics" / f"{number}.png") as picture:
            bright.append((np.asarray(picture)[..., 0] > 0).astype(np.uint8))
    truth = [folder / "maps" / f"{number}.png" for number in range(41, 46)]
    expected = mean_iou(bright, truth, classes=2, trimap=[1, 3])
    assert found["mIoU"] == expected.miou
    assert [found["trimap_1"], found["trimap_3"]] == [each.miou for each in expected.scores.trimap]
    assert set(found) == set(SEMANTIC_METRICS) == set(validation.metrics)


@pytest.mark.parametrize("make", [of_objects, of_pixels])
def test_two_processes_find_the_numbers_of_one(make: Any, folder: Path) -> None:
    model = BrightObjects() if make is of_objects else BrightPixels()
    gathered: list[Any] = []
    halves = [make(folder, processes=Half(rank, 2, gathered=gathered)) for rank in (0, 1)]
    assert halves[0](model) == {}
    assert halves[1](model) == make(folder)(model)


def test_progress_is_told_in_images(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    of_objects(folder, on_progress=lambda done, total: told.append((done, total)))(BrightObjects())
    assert told == [(done, 5) for done in range(1, 6)]


def test_images_without_objects_are_measured_too(folder: Path) -> None:
    assert [photo.id for photo in of_objects(folder).images.photos] == [41, 42, 43, 44, 45]


def test_what_the_reader_found_is_carried_and_what_is_not_trained_on_is_no_note(
    folder: Path,
) -> None:
    assert of_objects(folder).notes == ()
    gt = json.loads((folder / "gt.json").read_text())
    gt["annotations"][0]["iscrowd"] = 1
    del gt["annotations"][1]["area"]
    (folder / "gt.json").write_text(json.dumps(gt))
    (note,) = of_objects(folder).notes
    assert (note.code, note.count) == ("area-computed", 1)


def test_images_without_a_label_map_are_noted(folder: Path) -> None:
    assert of_pixels(folder).notes == ()
    (folder / "maps" / "44.png").unlink()
    validation = of_pixels(folder)
    assert validation.notes == (Note("unlabelled", "1 image left out: no label map", 1),)
    assert len(validation.images.photos) == len(validation.label_maps) == 4


def test_other_categories_are_refused(folder: Path) -> None:
    message = r"gt\.json: its categories differ from the 2 expected: it calls 9 'lamp' instead of"
    with pytest.raises(MismatchError, match=message):
        instance_validation(
            folder / "pics", folder / "gt.json", config=CONFIG, categories=[(3, "sofa"), (9, "rug")]
        )


def test_a_missing_image_is_named(folder: Path) -> None:
    (folder / "pics" / "45.png").unlink()
    with pytest.raises(InputError, match=r"45\.png: no such file\. It is image 45 of .*gt\.json"):
        of_objects(folder)


def test_a_label_that_is_no_class_is_named(folder: Path) -> None:
    Image.fromarray(np.full((40, 60), 7, np.uint8)).save(folder / "maps" / "41.png")
    with pytest.raises(FormatError, match=r"41\.png: pixel at row 0, column 0 has the label 7"):
        of_pixels(folder)(BrightPixels())


def test_a_part_of_the_images_is_measured_alone(folder: Path) -> None:
    some = of_objects(folder, most_images=2)
    assert [photo.id for photo in some.images.photos] == [41, 43]
    records: list[Any] = []
    for each in predict(BrightObjects(), some.images.photos, SEEN, category_ids=(3, 9)):
        preds: Any = each.found
        records += prediction_records(preds)(0, len(preds))
    expected = average_precision(records, folder / "gt.json", images=[41, 43])
    assert 0 < (expected.ap or 0) < 1
    assert some(BrightObjects())["AP"] == expected.ap
    assert len(of_pixels(folder, most_images=2).images.photos) == 2
    assert len(of_pixels(folder, most_images=99).images.photos) == 5
