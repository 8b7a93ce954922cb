"""Training sets from COCO files: what is read, what is left out, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import decode
from segeval.models.config import Config, changed
from segeval.models.networks.batches import Batch, Objects
from segeval.models.training.data import TrainingData
from segeval.models.training.draws import generator_of
from segeval.models.training.example import boxes_around
from segeval.models.training.instance_data import InstanceImages, instance_data
from segeval.models.training.sampling import SAMPLERS, BatchRequest
from tests.build import coco_rle

SIZES = {5: (40, 60), 9: (60, 40), 2: (40, 60), 4: (40, 60)}
"""(H, W) by image id."""

Change = Callable[[dict[str, Any]], None]


def annotation(number: int, image: int, category: int, **changes: Any) -> dict[str, Any]:
    """A rectangle of 20 x 10 pixels at (10, 5)."""
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [10, 5, 20, 10],
        "area": 200,
        "iscrowd": 0,
        "segmentation": [[10, 5, 30, 5, 30, 15, 10, 15]],
        **changes,
    }


def runs(image: int) -> dict[str, Any]:
    """Rows 10 to 29 of columns 4 to 11, as compressed runs."""
    mask = np.zeros(SIZES[image], np.uint8)
    mask[10:30, 4:12] = 1
    return coco_rle(mask)


def contents() -> dict[str, Any]:
    """Four images: polygons; runs; a crowd region and one more; nothing."""
    return {
        "images": [
            {"id": image, "file_name": f"{image}.png", "height": size[0], "width": size[1]}
            for image, size in SIZES.items()
        ],
        "categories": [{"id": 70, "name": "lamp"}, {"id": 3, "name": "chair"}],
        "annotations": [
            annotation(1, 5, 70),
            annotation(2, 9, 3, segmentation=runs(9), bbox=[4, 10, 8, 20]),
            annotation(3, 5, 3, segmentation=runs(5), bbox=[4, 10, 8, 20]),
            annotation(4, 2, 3, segmentation=runs(2), iscrowd=1),
            annotation(5, 2, 3),
        ],
    }


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., TrainingData]:
    """Writes files and makes a training set of them."""

    def make(change: Change | None = None, **options: Any) -> TrainingData:
        found = contents()
        if change is not None:
            change(found)
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        for image, size in SIZES.items():
            Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(
                folder / f"{image}.png"
            )
        file = tmp_path / "train.json"
        file.write_text(json.dumps(found))
        return instance_data(folder, file, **options)

    return make


def config(**settings: Any) -> Config:
    """Two classes, images as large as they are."""
    sizes = {"train_sizes": (40,), "train_max": 1000, **settings}
    return changed(Config(), "test", classes=2, input=sizes)


def images_of(data: TrainingData) -> InstanceImages:
    assert isinstance(data.images, InstanceImages)
    return data.images


def test_classes_are_in_the_order_of_ids_and_keep_names(made: Callable[..., TrainingData]) -> None:
    data = made()
    assert data.categories == ((3, "chair"), (70, "lamp"))
    assert len(data) == 3
    assert images_of(data).objects(0, (40, 60)).classes.tolist() == [1, 0]


def test_polygons_and_runs_are_drawn_as_the_evaluation_draws_them(
    made: Callable[..., TrainingData],
) -> None:
    data = images_of(made())
    found = data.objects(0, (40, 60))
    expected = decode(data.gt.masks.take(np.array([0, 2])))
    np.testing.assert_array_equal(found.masks.numpy(), expected)
    assert found.boxes.tolist() == [[10, 5, 30, 15], [4, 10, 12, 30]]


def test_in_another_size_boxes_and_masks_are_scaled(made: Callable[..., TrainingData]) -> None:
    data = images_of(made())
    found = data.objects(0, (80, 180))  # twice as high, three times as wide
    assert found.boxes.tolist() == [[30, 10, 90, 30], [12, 20, 36, 60]]
    assert (boxes_around(found.masks) - found.boxes).abs().max() <= 1
    assert found.masks.flatten(1).sum(1).tolist() == [60 * 20, 24 * 40]


def test_crowds_are_not_trained_on_and_empty_images_are_left_out(
    made: Callable[..., TrainingData],
) -> None:
    data = made()
    assert images_of(data).names == tuple(f"{i}.png (image_id {i})" for i in (5, 9, 2))
    assert len(images_of(data).objects(2, (40, 60)).classes) == 1
    assert [(note.code, note.count) for note in data.notes] == [("crowd", 1), ("no-objects", 1)]


def test_empty_images_are_kept_if_asked_for(made: Callable[..., TrainingData]) -> None:
    data = made(keep_empty=True)
    assert len(data) == 4
    example = data.images.load(3, config(), generator_of(0))
    assert isinstance(example.target, Objects)
    assert example.target.masks.shape == (0, 40, 60)
    assert example.target.boxes.shape == (0, 4)


def test_what_cannot_be_learned_is_left_out_and_counted(made: Callable[..., TrainingData]) -> None:
    def change(found: dict[str, Any]) -> None:
        empty = coco_rle(np.zeros((40, 60), np.uint8))
        found["annotations"] += [
            annotation(6, 5, 3, bbox=[60, 5, 9, 9]),
            annotation(7, 5, 3, bbox=[5, 5, 0, 9]),
            annotation(8, 5, 3, segmentation=empty),
            annotation(9, 5, 3, bbox=[-8, -8, 8, 20]),
            annotation(10, 4, 3, bbox=[-8, 5, 9, 9], segmentation=[[80, 5, 90, 5, 90, 9]]),
            annotation(11, 5, 3),
        ]
        del found["annotations"][-1]["segmentation"]

    data = made(change)
    assert len(data) == 3  # nothing of image 4 can be used
    assert [note.message.removeprefix(f"{data.source}: ") for note in data.notes] == [
        "1 annotation left out: a crowd region",
        "1 annotation left out: an empty box, first annotation 7",
        "2 annotations left out: outside its image, first annotation 6",
        (
            "1 annotation left out: no segmentation, which only a model of boxes can do without "
            '(mask.kind="none"), first annotation 11'
        ),
        "2 annotations left out: an empty mask, first annotation 8",
        "1 polygon reaches out of its image (x to 90 of 60), first annotation 10 (image_id 4)",
        (
            "the mask of 1 annotation lies elsewhere than its bbox (first: mask 80,5 .. 90,9, box "
            "-8,5 .. 1,14)"
        ),
        "1 image left out: nothing to train on",
    ]
    assert len(images_of(data).objects(0, (40, 60)).classes) == 2


def test_annotations_that_contradict_themselves_are_told(
    made: Callable[..., TrainingData],
) -> None:
    def change(found: dict[str, Any]) -> None:
        found["annotations"] = [
            annotation(number, 5, 3, bbox=[40 + number, 20, 9, 9], area=1) for number in (1, 2, 3)
        ]
        found["annotations"].append(dict(found["annotations"][0], id=4))

    notes = {note.code: note.message for note in made(change).notes}
    assert sorted(notes) == ["mask-and-box", "mask-area", "no-objects", "repeats"]
    assert notes["mask-and-box"].endswith(
        "the masks of 4 annotations lie elsewhere than their bbox (first: mask 10,5 .. 30,15, box "
        "41,20 .. 50,29)"
    )


def _in_fractions(found: dict[str, Any]) -> None:
    part = [0.1, 0.1, 0.5, 0.1, 0.5, 0.4]
    found["annotations"] = [annotation(1, 5, 3, bbox=[10, 5, 9, 9], segmentation=[part])]


def test_boxes_are_cut_at_the_border_and_made_where_there_is_none(
    made: Callable[..., TrainingData],
) -> None:
    def change(found: dict[str, Any]) -> None:
        found["annotations"][0]["bbox"] = [-5, 30, 100, 100]
        del found["annotations"][2]["bbox"]

    found = images_of(made(change)).objects(0, (40, 60))
    assert found.boxes.tolist() == [[0, 30, 60, 40], [4, 10, 12, 30]]


def test_a_size_that_the_file_does_not_give_is_that_of_the_picture(
    made: Callable[..., TrainingData],
) -> None:
    def change(found: dict[str, Any]) -> None:
        del found["images"][1]["height"], found["images"][1]["width"]

    assert images_of(made(change)).sizes.tolist() == [[40, 60], [60, 40], [40, 60]]


def test_names_may_begin_with_a_folder_that_is_not_there(
    made: Callable[..., TrainingData],
) -> None:
    def change(found: dict[str, Any]) -> None:
        found["images"][0]["file_name"] = "train2017/5.png"

    assert images_of(made(change)).files[0].name == "5.png"


def test_images_of_lvis_are_found_by_their_ids(made: Callable[..., TrainingData]) -> None:
    def change(found: dict[str, Any]) -> None:
        for image in found["images"]:
            del image["file_name"]
            image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
        for category in found["categories"]:
            category["frequency"] = "f"

    with pytest.raises(InputError, match=r"images/000000000005\.jpg: no such file\. It is image 5"):
        made(change)


def _rename(found: dict[str, Any]) -> None:
    found["images"][0]["file_name"] = "7.png"
    found["images"][1]["file_name"] = "8.png"


def _without_name(found: dict[str, Any]) -> None:
    del found["images"][0]["file_name"]


def _nothing(found: dict[str, Any]) -> None:
    found["annotations"] = []


def _no_categories(found: dict[str, Any]) -> None:
    found["categories"] = []


def _only_crowds(found: dict[str, Any]) -> None:
    found["annotations"] = [annotation(4, 2, 3, segmentation=runs(2), iscrowd=1)]


def _unknown_image(found: dict[str, Any]) -> None:
    found["annotations"][1]["image_id"] = 77


def _unknown_category(found: dict[str, Any]) -> None:
    found["annotations"][1]["category_id"] = 1


def _other_size(found: dict[str, Any]) -> None:
    found["annotations"][2]["segmentation"] = runs(9)


def _bad_polygon(found: dict[str, Any]) -> None:
    found["annotations"][4]["segmentation"] = [[1, 2, 3]]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (_rename, InputError, r"images/7\.png: no such file\. It is image 5 of .*json\. 1 more"),
        (_without_name, InputError, r"train\.json: image 5 has no file_name"),
        (_nothing, FormatError, r"train\.json: the list of annotations is empty: there is nothing"),
        (_no_categories, FormatError, r"train\.json: the list of categories is empty"),
        (_only_crowds, FormatError, r"none of 1 annotation can be trained on: 1 annotation left"),
        (
            _unknown_image,
            FormatError,
            r"1 annotation is for 1 image that the file does not list",
        ),
        (
            _unknown_category,
            FormatError,
            r"category_id 1, which the file .*, in annotation 2 \(i",
        ),
        (
            _other_size,
            FormatError,
            r"1 mask differs in size from the image: 60 x 40, the ima",
        ),
        (_in_fractions, FormatError, r"all coordinates of 1 polygon lie within 0 \.\. 1 \(first"),
        (_bad_polygon, FormatError, r"train\.json: annotation 5 \(image_id 2\): "),
    ],
)
def test_bad_files_are_refused_before_training(
    made: Callable[..., TrainingData], change: Change, kind: type[InputError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        made(change)


def test_boxes_that_teach_nothing_are_counted(
    made: Callable[..., TrainingData], tmp_path: Path
) -> None:
    width, x, y = 20, 10, 5  # the rectangle of `annotation`, of class 70 in image 5
    boxes = [
        {"image_id": 5, "category_id": 70, "bbox": [x + shift, y, width, 10], "score": 0.5}
        for shift in (0, 5, 15)  # IoU 1, 15 / 25 and 5 / 35
    ]
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(boxes))
    assert [note.code for note in made(boxes=path).notes].count("boxes") == 0
    (note,) = (note for note in made(boxes=path, iou=0.6).notes if note.code == "boxes")
    assert note.message == (
        f"{path}: 1 box not trained on: no object of the same class overlaps by 0.6"
    )
    path.write_text(json.dumps(boxes[2:]))
    with pytest.raises(FormatError, match=r"none of 1 box overlaps .* there is nothing to learn"):
        made(boxes=path, iou=0.6)


def test_categories_must_be_those_expected(made: Callable[..., TrainingData]) -> None:
    expected = ((70, "lamp"), (3, "chair"))
    data = made(expected=expected)
    assert data.categories == expected
    assert images_of(data).objects(0, (40, 60)).classes.tolist() == [0, 1]
    with pytest.raises(MismatchError, match=r"lacks 1 \(bed\), also has 3 \(chair\) and 1 more"):
        made(expected=[(1, "bed")])
    with pytest.raises(MismatchError, match="calls 3 'chair' instead of 'stool'"):
        made(expected=[(3, "stool"), (70, "lamp")])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder of images"):
        instance_data(tmp_path / "nowhere", contents())


def test_a_broken_image_is_named_when_its_batch_is_asked_for(
    made: Callable[..., TrainingData],
) -> None:
    data = made()
    for file in images_of(data).files:
        file.write_bytes(b"\x89PNG\r\n")
    for workers in (0, 2):
        with pytest.raises(FormatError, match=r"images/\d\.png: the picture is damaged"):
            next(data.batches(config(), BatchRequest(seed=0, batch=2, workers=workers)))


def test_an_image_of_another_size_is_refused(made: Callable[..., TrainingData]) -> None:
    data = made()
    Image.new("RGB", (50, 30)).save(images_of(data).files[0])
    with pytest.raises(MismatchError, match=r"5\.png: has 30 x 50 pixels, its annotations are fo"):
        data.images.load(0, config(), generator_of(0))


def taken(data: TrainingData, number: int, **options: Any) -> list[Batch]:
    """The first batches of two."""
    settings = config(train_sizes=(32, 48), colour=True)
    return list(islice(data.batches(settings, BatchRequest(seed=5, batch=2, **options)), number))


def assert_equal(one: Batch, other: Batch) -> None:
    """The same to the last bit."""
    assert one.names == other.names
    assert one.sizes == other.sizes
    assert torch.equal(one.images, other.images)
    for mine, theirs in zip(one.targets, other.targets, strict=True):
        assert isinstance(mine, Objects)
        assert isinstance(theirs, Objects)
        assert torch.equal(mine.boxes, theirs.boxes)
        assert torch.equal(mine.classes, theirs.classes)
        assert torch.equal(mine.masks, theirs.masks)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_batches_are_the_same_with_any_threads_and_after_a_restart(
    made: Callable[..., TrainingData], sampler: str
) -> None:
    data = made()
    whole = taken(data, 6, workers=0, sampler=sampler)
    for each, same in zip(whole, taken(data, 6, workers=3, sampler=sampler), strict=True):
        assert_equal(each, same)
    for each, same in zip(whole[4:], taken(data, 2, start=4, sampler=sampler), strict=True):
        assert_equal(each, same)


def test_an_image_is_changed_in_another_way_every_time(made: Callable[..., TrainingData]) -> None:
    first = [
        batch.images[place]
        for batch in taken(made(), 12)
        for place, name in enumerate(batch.names)
        if name.startswith("5.png")
    ]
    assert len(first) >= 4
    assert len({float(each.double().sum()) for each in first}) >= len(first) - 1


def test_batches_have_the_shapes_that_models_take(made: Callable[..., TrainingData]) -> None:
    for batch in taken(made(), 4, rank=1, world=2):
        assert batch.images.shape[:2] == (2, 3)
        assert batch.images.shape[2] % 32 == batch.images.shape[3] % 32 == 0
        assert not isinstance(batch.targets, Tensor)
        for objects, size in zip(batch.targets, batch.sizes, strict=True):
            assert objects.masks.shape == (len(objects.classes), *size)
            assert objects.masks.dtype == torch.uint8
            assert objects.boxes.dtype == torch.float32
            assert len(objects.classes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch": 0}, "`batch` is 0, expected 1 or more"),
        ({"rank": 2, "world": 2}, "rank is 2, expected 0 to 1"),
        ({"seed": -1}, "`seed` is -1, expected 0 or more"),
        ({"start": -1}, "`start` is -1, expected 0 or more"),
        ({"sampler": "often"}, "`sampler` is 'often', expected one of uniform"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_at_once(
    made: Callable[..., TrainingData], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        made().batches(config(), BatchRequest(**{"seed": 0, "batch": 1, **options}))


def test_a_configuration_for_something_else_is_refused(made: Callable[..., TrainingData]) -> None:
    data = made()
    with pytest.raises(MismatchError, match=r"has 2 categories, the configuration .* 80\. Set cl"):
        data.batches(Config(), BatchRequest(seed=0, batch=1))
    semantic = changed(Config(), "maps", task="semantic", classes=2)
    with pytest.raises(MismatchError, match="is for instance segmentation, the configuration maps"):
        data.batches(semantic, BatchRequest(seed=0, batch=1))
