"""Cityscapes' instance AP from two folders.

Two images of 40 x 40 pixels. The first has a car, found exactly, and a bus, which is missed; the
second has a car that is found with IoU 0.75, and a group of cars. A false car is on the road.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.errors import InputError, MismatchError
from segeval.metrics import average_precision
from segeval.metrics.cityscapes import CityscapesResult, cityscapes_ap
from tests.build import build_gt, build_preds
from tests.cityscapes_files import BUS, CAR, ROAD, rectangle, write_frame, write_mask

SIZE = (40, 40)
CAR_MASK = rectangle(SIZE, 2, 2, 20, 20)
NEAR = rectangle(SIZE, 2, 2, 20, 15)
BUS_MASK = rectangle(SIZE, 25, 2, 10, 20)
GROUP = rectangle(SIZE, 25, 25, 10, 10)
SECOND = "ulm_000001_000019"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions and ground truth."""
    first = np.full(SIZE, ROAD)
    first[CAR_MASK], first[BUS_MASK] = 1000 * CAR + 1, 1000 * BUS
    second = np.full(SIZE, ROAD)
    second[CAR_MASK], second[GROUP] = 1000 * CAR + 1, CAR
    write_frame(tmp_path, first, [(CAR_MASK, CAR, 0.5), (GROUP, CAR, 0.4)])
    empty = np.zeros(SIZE)
    predictions = [(NEAR, CAR, 0.9), (GROUP, CAR, 0.8), (empty, CAR, 1)]
    return write_frame(tmp_path, second, predictions, frame=SECOND)


def by_name(result: CityscapesResult, iou: str = "segm") -> dict[str, Any]:
    return {each.name: each for each in result.scores[iou].categories}


def test_hand_computed_numbers(folders: tuple[Path, Path]) -> None:
    result = cityscapes_ap(*folders)
    classes = by_name(result)
    # Up to 0.70: 0.9 true, 0.5 true, 0.4 false. Points (0, 1), (1/2, 1), (1, 1), (1, 2/3): widths
    # 1/4, 1/2, 1/4, 0. From 0.75 on (IoU is 300 / 400) 0.9 is false: (0, 1), (0, 0), (1/2, 1/2),
    # (1/2, 1/3): widths 0, 1/4, 1/4, 0.
    table = [1.0] * 5 + [0.125] * 5
    assert result.scores["segm"].by_threshold[2].tolist() == table
    assert (classes["car"].ap, classes["car"].ap50) == (pytest.approx(0.5625, abs=1e-15), 1)
    assert (classes["car"].gt, classes["car"].preds) == (2, 4)
    assert (classes["bus"].ap, classes["bus"].gt, classes["bus"].preds) == (0, 1, 0)
    assert (classes["person"].ap, classes["person"].ap50, classes["person"].gt) == (None, None, 0)
    assert result.ap == pytest.approx(0.28125, abs=1e-15)
    assert (result.ap50, result.primary) == (0.5, result.ap)
    assert result.summary == "2 images, 3 objects, 4 predictions"
    assert repr(result) == "CityscapesResult(preds vs gt: segm AP 28.1)"


def test_all_predictions_ignored_is_0(tmp_path: Path) -> None:
    labels = np.full(SIZE, ROAD)
    labels[CAR_MASK], labels[GROUP] = 1000 * CAR, CAR
    result = cityscapes_ap(*write_frame(tmp_path, labels, [(GROUP, CAR, 0.9)]))
    assert (result.ap, result.ap50) == (0, 0)


def test_without_ground_truth_ap_is_undefined_and_a_note_says_so(tmp_path: Path) -> None:
    labels = np.full(SIZE, ROAD)
    preds, gt = write_frame(tmp_path, labels, [(GROUP, CAR, 0.9)])
    result = cityscapes_ap(preds, gt)
    assert (result.ap, result.ap50) == (None, None)
    assert result.notes[0].message == (
        f"{gt}: no object of 100 pixels or more in a class with instances"
    )
    assert "segm AP -" in repr(result)


def test_predictions_without_pixels_are_noted(folders: tuple[Path, Path]) -> None:
    (note,) = cityscapes_ap(*folders).notes
    assert note.message == f"{folders[0]}: 1 prediction without a pixel left out"


def test_ground_truth_of_8_bits_is_noted_with_compat(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    Image.fromarray(np.full(SIZE, ROAD, np.uint8)).save(min(gt.glob("*.png")))
    result = cityscapes_ap(preds, gt, compat="official")
    assert result.notes[0].message == f"{gt}: 1 picture of 8 bits, which cannot hold single objects"
    assert by_name(result)["car"].gt == 1


def test_the_numbers_do_not_depend_on_the_workers(folders: tuple[Path, Path]) -> None:
    results = [
        cityscapes_ap(*folders, iou=("segm", "boundary"), coco_style=True, workers=workers)
        for workers in (1, 2, 5)
    ]
    one, *others = [result.to_dict()["results"] for result in results]
    assert others == [one, one]


def test_progress_is_told_image_by_image(folders: tuple[Path, Path]) -> None:
    heard: list[tuple[int, int]] = []
    cityscapes_ap(*folders, on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)]


def test_the_error_is_that_of_the_first_image(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    for path in preds.glob("*.png"):
        write_mask(path, np.ones((3, 3)))
    with pytest.raises(MismatchError, match=r"ulm_000000_000019_0\.png: mask is 3 x 3"):
        cityscapes_ap(preds, gt, workers=4)


def test_coco_style_equals_the_coco_protocol_on_the_same_objects(
    folders: tuple[Path, Path],
) -> None:
    result = cityscapes_ap(*folders, iou=("segm", "boundary"), coco_style=True)
    gt = build_gt(
        [SIZE, SIZE],
        [
            {"mask": CAR_MASK, "category_id": CAR},
            {"mask": BUS_MASK, "category_id": BUS},
            {"mask": CAR_MASK, "category_id": CAR, "image_id": 2},
            {"mask": GROUP, "category_id": CAR, "image_id": 2, "iscrowd": 1},
        ],
    )
    preds = build_preds(
        [
            {"mask": CAR_MASK, "category_id": CAR, "score": 0.5},
            {"mask": GROUP, "category_id": CAR, "score": 0.4},
            {"mask": NEAR, "category_id": CAR, "score": 0.9, "image_id": 2},
            {"mask": GROUP, "category_id": CAR, "score": 0.8, "image_id": 2},
            {"mask": np.zeros(SIZE), "category_id": CAR, "score": 1, "image_id": 2},
        ]
    )
    expected = average_precision(preds, gt, iou=("segm", "boundary"), boundary_ratio=0.005)
    for kind, scores in expected.scores.items():
        coco = result.scores[kind].coco
        assert coco is not None
        assert (coco.ap, coco.ap50) == (scores.overall.ap, scores.overall.ap50)
        ours = {each.id: each.ap for each in coco.categories if each.ap is not None}
        assert ours == {each.id: each.ap for each in scores.categories}
    assert result.coco is not None
    assert cityscapes_ap(*folders).scores["segm"].coco is None


def test_the_tables_have_the_average_first(folders: tuple[Path, Path]) -> None:
    result = cityscapes_ap(*folders, iou=("boundary", "segm"), coco_style=True)
    own, coco = result.tables
    assert (own.name, own.totals, coco.name) == ("category", 1, "coco category")
    average, person, *_ = own.records()
    assert list(average) == [
        "category", "gt", "preds", "boundary_ap", "boundary_ap50", "ap", "ap50",
    ]  # fmt: skip
    assert (average["category"], average["gt"], average["ap"]) == (
        "average",
        3,
        result.scores["segm"].ap,
    )
    assert (person["category"], person["ap"]) == ("person", None)
    assert [field.title for field in coco.fields][-2:] == ["COCO AP", "COCO AP50"]
    assert "<td>average</td>" in result._repr_html_()
    assert result.headline == (
        "Boundary and mask AP",
        "preds vs gt",
        "cityscapes protocol, boundary 0.005 of the diagonal",
    )


def test_settings_and_inputs_are_in_the_json(folders: tuple[Path, Path]) -> None:
    document = cityscapes_ap(*folders, iou="boundary", boundary_px=3, compat="official").to_dict()
    assert document["schema"] == "segeval/ap-cityscapes/2"
    assert document["inputs"] == {
        "preds": {"path": str(folders[0]), "count": 5},
        "gt": {"path": str(folders[1]), "count": 3, "images": 2},
    }
    settings = document["settings"]
    assert settings["thresholds"] == np.arange(0.5, 1, 0.05).tolist()
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 3)
    assert (settings["compat"], settings["iou"]) == ("official", ["boundary"])
    assert list(document["results"]) == ["boundary"]
    assert list(document["results"]["boundary"]) == ["ap", "ap50", "categories"]


def test_a_wider_boundary_gives_a_higher_ap(folders: tuple[Path, Path]) -> None:
    by_width = [cityscapes_ap(*folders, iou="boundary", boundary_px=px).ap for px in (1, 5, 40)]
    assert by_width == sorted(by_width, key=float)  # type: ignore[arg-type]
    assert by_width[-1] == cityscapes_ap(*folders).ap
    assert by_width[0] != by_width[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"iou": "bbox"}, "`iou` is 'bbox', expected segm or boundary for Cityscapes."),
        ({"iou": ()}, "`iou` names no kind, expected segm or boundary for Cityscapes."),
        ({"compat": "lvis"}, r"`compat` is 'lvis', expected official \(cityscapesScripts\)"),
        ({"workers": 0}, "`workers` is 0, expected 1 or more"),
        ({"iou": "boundary", "boundary_ratio": 0.0}, "ratio` is 0.0, expected"),
        ({"iou": "boundary", "boundary_px": 0}, "px` is 0, expected"),
        ({"boundary_px": 3}, "`boundary_px` is given, but no boundaries are compared"),
        ({"boundary_px": 3, "boundary_ratio": 0.1}, "both say how wide the boundary is"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    folders: tuple[Path, Path], arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        cityscapes_ap(*folders, **arguments)


def test_images_with_an_empty_list_are_counted(folders: tuple[Path, Path], tmp_path: Path) -> None:
    labels = np.full(SIZE, ROAD)
    labels[CAR_MASK] = 1000 * CAR + 1
    for number in range(3):
        write_frame(tmp_path, labels, frame=f"jena_{number:06}_000019")
    found = cityscapes_ap(*folders)
    [note] = [each for each in found.notes if each.code == "no-prediction-for-images"]
    assert note.message == (
        f"{folders[0]}: 3 of 5 images with objects have no prediction: their objects count as "
        "missed, first image jena_000000_000019. Was the model run on a part?"
    )
