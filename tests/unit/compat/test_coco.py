"""Data sets through the interface of pycocotools, compared with the package itself."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO as TheirCOCO

from segeval import FormatError, InputError, MismatchError, ShapeError
from segeval.compat.pycocotools import COCO
from tests.unit.compat.coco_files import assert_alike, both, predictions, truth


def test_a_file_is_read_with_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(truth()))
    theirs = TheirCOCO(str(path))
    expected = capsys.readouterr().out
    ours = COCO(path)
    words = capsys.readouterr().out
    assert [line.split("=")[0] for line in words.splitlines()] == [
        line.split("=")[0] for line in expected.splitlines()
    ]
    for name in ("dataset", "anns", "cats", "imgs"):
        assert_alike(getattr(ours, name), getattr(theirs, name))
    assert ours.imgToAnns == theirs.imgToAnns
    assert ours.catToImgs == theirs.catToImgs


def test_the_info_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = both(truth())
    capsys.readouterr()
    ours.info()
    found = capsys.readouterr().out
    theirs.info()
    assert found == capsys.readouterr().out == "description: small\nyear: 2026\n"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"imgIds": 2},
        {"imgIds": [7, 2, 999]},
        {"imgIds": np.array([7, 12])},
        {"catIds": 3},
        {"catIds": [1, 7]},
        {"imgIds": [2, 7], "catIds": [1], "areaRng": [10, 500]},
        {"areaRng": [0, 300]},
        {"iscrowd": True},
        {"iscrowd": 0, "catIds": np.int64(1)},
    ],
)
def test_annotations_are_found_alike(arguments: dict[str, Any]) -> None:
    ours, theirs = both(truth())
    assert_alike(ours.getAnnIds(**arguments), theirs.getAnnIds(**arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"catNms": ["c1", "c7"]},
        {"catNms": "c3"},
        {"supNms": "things"},
        {"supNms": ["things"], "catIds": [7, 1]},
        {"catIds": 3},
    ],
)
def test_categories_are_found_alike(arguments: dict[str, Any]) -> None:
    ours, theirs = both(truth())
    assert_alike(ours.getCatIds(**arguments), theirs.getCatIds(**arguments))


@pytest.mark.parametrize(
    "arguments", [{}, {"catIds": 1}, {"catIds": [1, 3]}, {"imgIds": [2, 7, 12], "catIds": [3]}]
)
def test_images_are_found_alike(arguments: dict[str, Any]) -> None:
    ours, theirs = both(truth())
    assert ours.getImgIds(**arguments) == theirs.getImgIds(**arguments)


def test_records_are_loaded_by_ids_and_by_one() -> None:
    ours, theirs = both(truth())
    assert ours.loadAnns([3, 1]) == theirs.loadAnns([3, 1])
    assert ours.loadCats(3) == theirs.loadCats(3)
    assert ours.loadImgs(np.array([2, 7])) == theirs.loadImgs(np.array([2, 7]))
    assert ours.loadImgs(np.int64(2)) == theirs.loadImgs(2)  # theirs returns None for numpy's


def test_masks_of_annotations_are_the_packages() -> None:
    ours, theirs = both(truth())
    for own, other in zip(ours.anns.values(), theirs.anns.values(), strict=True):
        assert ours.annToRLE(own) == theirs.annToRLE(other)
        np.testing.assert_array_equal(ours.annToMask(own), theirs.annToMask(other))


@pytest.mark.parametrize("boxes", [True, False])
@pytest.mark.parametrize("masks_too", [True, False])
def test_results_are_completed_as_in_the_package(boxes: bool, masks_too: bool) -> None:
    if not boxes and not masks_too:
        return
    ours, theirs = both(truth())
    records = predictions(boxes=boxes, masks_too=masks_too)
    copied = copy.deepcopy(records)
    found, expected = ours.loadRes(records), theirs.loadRes(copied)
    assert_alike(found.dataset, expected.dataset)
    assert_alike(found.anns, expected.anns)
    assert_alike(dict(found.imgToAnns), dict(expected.imgToAnns))
    assert found.dataset["annotations"] is records
    assert_alike(records, copied)


def test_results_come_from_a_file_and_from_an_array(tmp_path: Path) -> None:
    ours, theirs = both(truth())
    records = predictions(masks_too=False)
    path = tmp_path / "preds.json"
    path.write_text(json.dumps(records))
    assert_alike(ours.loadRes(str(path)).dataset, theirs.loadRes(str(path)).dataset)
    array = np.array(
        [[each["image_id"], *each["bbox"], each["score"], each["category_id"]] for each in records]
    )
    assert_alike(ours.loadRes(array).dataset, theirs.loadRes(array).dataset)


@pytest.mark.parametrize(
    "records",
    [
        [{"image_id": 2, "caption": "a house"}, {"image_id": 7, "caption": "a tree"}],
        [{"image_id": 2, "keypoints": [1, 2, 2, 9, 7, 1], "category_id": 1, "score": 0.5}],
    ],
    ids=["captions", "keypoints"],
)
def test_other_results_are_loaded_alike(records: list[dict[str, Any]]) -> None:
    ours, theirs = both(truth())
    assert_alike(
        ours.loadRes(copy.deepcopy(records)).dataset, theirs.loadRes(copy.deepcopy(records)).dataset
    )


def test_no_results_are_a_set_without_annotations() -> None:
    ours, _ = both(truth())
    found = ours.loadRes([])  # pycocotools stops with an IndexError
    assert found.dataset["annotations"] == []
    assert found.getCatIds() == ours.getCatIds()


@pytest.mark.parametrize(
    ("results", "error", "words"),
    [
        ({"image_id": 2}, FormatError, "`resFile` is of the type dict. Results are a list"),
        (
            [{"image_id": 4, "category_id": 1, "score": 1, "bbox": [0, 0, 1, 1]}],
            MismatchError,
            "prediction #0: image_id is 4, which none of the 12 images of the ground truth has.",
        ),
        (
            [{"image_id": 2, "bbox": [0, 0, 1, 1]}, {"image_id": 2, "score": 1}],
            FormatError,
            "prediction #1 has no bbox, which pycocotools needs here.",
        ),
        ([{"bbox": [0, 0, 1, 1]}], FormatError, "prediction #0 has no image_id"),
        (["text"], FormatError, "prediction #0 is 'text'"),
        (
            [{"image_id": 2, "category_id": 1, "score": 1}],
            FormatError,
            r"annotations\[0\] has no id",
        ),
        (
            [{"image_id": 2, "segmentation": [[0, 0, 9, 0, 9, 9]]}],
            FormatError,
            r"mask #0 is \[\[0, 0, 9, 0, 9, 9\]\], expected a dict with size and counts",
        ),
        (np.zeros((2, 6)), ShapeError, r"`data` has shape \(2, 6\), expected \(N, 7\)"),
    ],
)
def test_results_of_another_form_are_refused(
    results: Any, error: type[Exception], words: str
) -> None:
    ours, _ = both(truth())
    with pytest.raises(error, match=words):
        ours.loadRes(results)


def test_records_without_ids_are_named() -> None:
    coco = COCO()
    coco.dataset = {"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1}, {"id": 2}]}
    coco.dataset["categories"] = []
    with pytest.raises(FormatError, match=r"annotations\[0\] has no category_id"):
        coco.createIndex()
    del coco.dataset["annotations"][0], coco.dataset["categories"]
    with pytest.raises(FormatError, match=r"annotations\[0\] has no image_id"):
        coco.createIndex()


def test_files_that_are_no_ground_truth_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text("[1, 2]")
    with pytest.raises(FormatError, match=r"gt\.json: holds \[1, 2\]; Ground truth is an object"):
        COCO(path)
    path.write_text('{"images": [')
    with pytest.raises(FormatError, match="not valid JSON"):
        COCO(path)
    with pytest.raises(InputError, match="no such file"):
        COCO(tmp_path / "none.json")


def test_nothing_is_fetched() -> None:
    with pytest.raises(InputError, match="`download` is not supported"):
        COCO().download("folder")


def test_annotations_are_drawn_alike() -> None:
    import matplotlib.pyplot as plt

    pictures = []
    for coco in both(truth()):
        figure, axes = plt.subplots()
        np.random.seed(0)  # noqa: NPY002 - the package draws from it
        image = coco.getImgIds(catIds=[1])[0]
        coco.showAnns(coco.loadAnns(coco.getAnnIds(imgIds=image)), draw_bbox=True)
        axes.set(xlim=(0, 80), ylim=(64, 0))
        picture = io.BytesIO()
        figure.savefig(picture, format="rgba")
        pictures.append(np.frombuffer(picture.getvalue(), np.uint8))
        plt.close(figure)
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_captions_are_printed_and_other_annotations_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert COCO().showAnns([]) == 0
    COCO().showAnns([{"caption": "a house"}])
    assert capsys.readouterr().out == "a house\n"
    with pytest.raises(InputError, match="annotations with id cannot be drawn"):
        COCO().showAnns([{"id": 1}])
