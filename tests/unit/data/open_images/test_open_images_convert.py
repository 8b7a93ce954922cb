"""Between the files of Open Images and those of COCO."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, load_ground_truth, load_predictions
from segeval.data.open_images import (
    OpenImagesGroundTruth,
    OpenImagesPredictions,
    coco_to_open_images,
    load_class_ids,
    load_image_sizes,
    load_open_images_ground_truth,
    load_open_images_predictions,
    open_images_to_coco,
)
from segeval.errors import FormatError, InputError, MismatchError
from tests.build import build_gt, build_masks, build_preds, coco_rle
from tests.open_images_files import BOX_PREDS, Scene, strip, write_csv


def small_set() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """COCO ground truth with a crowd, a polygon and an image without objects, and predictions."""
    masks = [mask for mask in build_masks(12, 30, 40, seed=3) if mask.any()]
    records = [
        {"image_id": 1 + place % 2, "category_id": 3 + place % 3, "mask": mask}
        for place, mask in enumerate(masks)
    ]
    gt = build_gt([(30, 40), (30, 40), (20, 20)], records)
    gt["annotations"][0]["iscrowd"] = 1
    gt["annotations"][1]["segmentation"] = [[2, 3, 20, 3, 20, 17, 2, 17]]
    found = [
        {
            "image_id": record["image_id"],
            "category_id": record["category_id"],
            "segmentation": coco_rle(np.roll(record["mask"], 1, axis=1)),
            "score": 0.9 - 0.05 * place,
        }
        for place, record in enumerate(records)
    ]
    return gt, build_preds(found)


def written(files: dict[str, str], folder: Path) -> dict[str, Path]:
    """The converted files on the disk, by the name without suffix."""
    paths = {}
    for name, text in files.items():
        paths[name.removesuffix(".csv")] = folder / name
        (folder / name).write_text(text)
    return paths


def loaded(paths: dict[str, Path]) -> tuple[OpenImagesGroundTruth, OpenImagesPredictions]:
    """What was written."""
    gt = load_open_images_ground_truth(paths["masks"], boxes=paths["boxes"], labels=paths["labels"])
    return gt, load_open_images_predictions(paths["preds"])


def test_coco_survives_the_way_there_and_back(tmp_path: Path) -> None:
    gt, preds = small_set()
    first, first_preds = load_ground_truth(gt), load_predictions(preds)
    files, notes = coco_to_open_images(first, first_preds)
    assert notes == ()
    paths = written(files, tmp_path)
    again, again_preds = open_images_to_coco(
        *loaded(paths), class_ids=load_class_ids(paths["classes"])
    )
    assert again_preds is not None
    assert again.image_id.tolist() == first.image_id.tolist()
    assert again.category_id.tolist() == first.category_id.tolist()
    assert again.is_crowd.tolist() == first.is_crowd.tolist()
    assert again.categories.names == first.categories.names
    assert again.masks.counts.tolist() == first.masks.counts.tolist()
    np.testing.assert_allclose(again.boxes, first.boxes, atol=1e-12)
    assert again_preds.score.tolist() == first_preds.score.tolist()
    expected = average_precision(first_preds, first)
    assert average_precision(again_preds, again).scores["segm"].categories == (
        expected.scores["segm"].categories
    )


def test_open_images_survives_the_way_there_and_back(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).gt(strip(20, 40), "dog", group=1).gt(strip(5, 9), image="b")
    scene.pred(strip(0, 9), 0.9).pred(strip(1, 7), 0.8, "dog", "b")
    files = scene.write(tmp_path)
    first = load_open_images_ground_truth(files["gt"], boxes=files["boxes"])
    first_preds = load_open_images_predictions(files["preds"])
    coco, coco_preds = open_images_to_coco(first, first_preds)
    (tmp_path / "again").mkdir()
    again, again_preds = loaded(
        written(coco_to_open_images(coco, coco_preds)[0], tmp_path / "again")
    )
    for column in ("image_ids", "labels"):
        assert getattr(again, column) == getattr(first, column)
    for column in ("image", "label", "boxes_xyxy", "is_group_of", "mask"):
        assert getattr(again, column).tolist() == getattr(first, column).tolist()
    assert again.masks.strings() == first.masks.strings()
    assert again_preds.score.tolist() == first_preds.score.tolist()


def test_what_is_not_there_is_verified_to_be_absent_in_coco() -> None:
    gt, _ = small_set()
    text = coco_to_open_images(load_ground_truth(gt))[0]["labels.csv"]
    rows = [line.split(",") for line in text.splitlines()[1:]]
    assert [row for row in rows if row[0] == "3"] == [
        ["3", name, "0"] for name in dict.fromkeys(row[1] for row in rows)
    ]


def test_in_lvis_only_what_is_listed_is_verified_to_be_absent() -> None:
    gt, _ = small_set()
    for image in gt["images"]:
        image |= {"neg_category_ids": [4], "not_exhaustive_category_ids": []}
    gt["images"][0]["neg_category_ids"] = []
    gt["categories"] = [{**each, "frequency": "f"} for each in gt["categories"]]
    text = coco_to_open_images(load_ground_truth(gt))[0]["labels.csv"]
    names = {each["id"]: str(each.get("name", each["id"])) for each in gt["categories"]}
    assert [line for line in text.splitlines() if line.startswith("3,")] == [f"3,{names[4]},0"]


def test_objects_with_a_box_alone_become_crowds_where_others_have_masks(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).box(strip(50, 60)).write(tmp_path)
    gt = load_open_images_ground_truth(files["gt"], boxes=files["boxes"])
    coco, _ = open_images_to_coco(gt)
    assert coco.is_crowd.tolist() == [False, True]
    assert coco.area.tolist() == [10, 10]
    assert [note.code for note in coco.notes] == ["box-only"]
    assert coco.masks.counts.tolist() == [0, 10, 90, 50, 10, 40]


def test_boxes_alone_stay_boxes_and_need_the_size_of_their_image(tmp_path: Path) -> None:
    files = Scene().box(strip(50, 60)).write(tmp_path)
    preds = write_csv(tmp_path / "p.csv", BOX_PREDS, [("a", "cat", 0.9, 0.5, 0.6, 0, 1)])
    gt = load_open_images_ground_truth(boxes=files["boxes"])
    with pytest.raises(MismatchError, match="image a has boxes, but no mask that gives its size"):
        open_images_to_coco(gt)
    sizes = write_csv(tmp_path / "s.csv", ("ImageID", "ImageWidth", "ImageHeight"), [("a", 50, 20)])
    coco, coco_preds = open_images_to_coco(
        gt, load_open_images_predictions(preds), sizes=load_image_sizes(sizes)
    )
    assert coco_preds is not None
    assert coco.boxes.tolist() == [[25, 0, 5, 20]]
    assert coco_preds.boxes.tolist() == [[25, 0, 5, 20]]
    assert coco.is_crowd.tolist() == [False]
    assert average_precision(coco_preds, coco, iou="bbox").ap == pytest.approx(1, abs=1e-12)


def test_predictions_of_other_images_are_dropped_and_counted(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).pred(strip(0, 9), 0.9).pred(strip(0, 9), 0.8, image="x")
    files = scene.write(tmp_path)
    gt = load_open_images_ground_truth(files["gt"])
    _, preds = open_images_to_coco(gt, load_open_images_predictions(files["preds"]))
    assert preds is not None
    assert (len(preds), [note.count for note in preds.notes]) == (1, [1])
    scene.preds = scene.preds[1:]
    with pytest.raises(MismatchError, match="no image is in the ground truth: ImageID is 'x' here"):
        open_images_to_coco(gt, load_open_images_predictions(scene.write(tmp_path)["preds"]))


def test_a_label_without_an_id_is_refused(tmp_path: Path) -> None:
    files = Scene().gt(strip(0, 10)).write(tmp_path)
    with pytest.raises(MismatchError, match="the label 'cat' has no id in the list of classes"):
        open_images_to_coco(load_open_images_ground_truth(files["gt"]), class_ids={"dog": 1})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x", "cat")], "line 2: id is 'x', expected a whole number"),
        ([(1, "cat"), (2, "cat")], "line 3: LabelName 'cat' occurs twice"),
        ([(1, "cat"), (1, "dog")], "line 3: id 1 occurs twice"),
    ],
)
def test_a_list_of_classes_is_unambiguous(
    tmp_path: Path, rows: list[tuple[object, str]], message: str
) -> None:
    path = write_csv(tmp_path / "c.csv", ("id", "LabelName"), rows)
    with pytest.raises(FormatError, match=message):
        load_class_ids(path)


def test_a_long_list_of_classes_is_read_line_by_line(tmp_path: Path) -> None:
    rows = [(number, f"/m/{number}") for number in range(60_000)]
    path = write_csv(tmp_path / "c.csv", ("id", "LabelName"), rows)
    begin = time.process_time()
    assert len(load_class_ids(path)) == len(rows)
    assert time.process_time() - begin < 5  # 0.1 s; each line with each was 33 s


def test_categories_of_one_name_need_a_list_of_classes() -> None:
    gt, _ = small_set()
    gt["categories"] = [{"id": number, "name": "thing"} for number in (3, 4, 5)]
    with pytest.raises(InputError, match="two categories have one name"):
        coco_to_open_images(load_ground_truth(gt))
    ids = {"x": 3, "y": 4, "z": 5}
    assert "x" in coco_to_open_images(load_ground_truth(gt), class_ids=ids)[0]["boxes.csv"]
    with pytest.raises(MismatchError, match="category 5 has no LabelName in the list"):
        coco_to_open_images(load_ground_truth(gt), class_ids={"x": 3, "y": 4})


def test_images_without_a_size_cannot_be_converted() -> None:
    gt, _ = small_set()
    del gt["images"][1]["height"], gt["images"][1]["width"]
    with pytest.raises(InputError, match="image 2 has no height and no width: write"):
        coco_to_open_images(load_ground_truth(gt))


def test_predictions_have_to_fit_the_ground_truth() -> None:
    gt, preds = small_set()
    truth = load_ground_truth(gt)
    with pytest.raises(MismatchError, match="first image_id 9"):
        coco_to_open_images(truth, load_predictions([{**preds[0], "image_id": 9}]))
    box = {"image_id": 1, "category_id": 3, "bbox": [4, 3, 8, 6], "score": 0.5}
    with pytest.raises(InputError, match="has no mask, others have one"):
        coco_to_open_images(truth, load_predictions([preds[0], box]))
    text = coco_to_open_images(truth, load_predictions([box]))[0]["preds.csv"]
    assert text.splitlines()[1].endswith("0.5,0.1,0.3,0.1,0.3")


def test_annotations_to_ignore_are_said() -> None:
    gt, _ = small_set()
    gt["annotations"][2]["ignore"] = 1
    _, (note,) = coco_to_open_images(load_ground_truth(gt))
    assert note.message == "1 annotation has ignore set, which Open Images does not know"


def test_a_set_of_boxes_alone_is_converted_without_masks() -> None:
    gt, _ = small_set()
    for annotation in gt["annotations"]:
        del annotation["segmentation"]
    files, _ = coco_to_open_images(load_ground_truth(gt))
    assert sorted(files) == ["boxes.csv", "classes.csv", "labels.csv"]


def test_a_missing_box_is_the_one_around_the_mask() -> None:
    gt, _ = small_set()
    expected = coco_to_open_images(load_ground_truth(gt))[0]["boxes.csv"].splitlines()
    del gt["annotations"][2]["bbox"]
    found = coco_to_open_images(load_ground_truth(gt))[0]["boxes.csv"].splitlines()
    assert found == expected


def test_predicted_boxes_need_the_size_of_their_image(tmp_path: Path) -> None:
    scene = Scene().gt(strip(0, 10)).label("cat", "b")
    files = scene.write(tmp_path)
    preds = write_csv(tmp_path / "p.csv", BOX_PREDS, [("b", "cat", 0.9, 0.5, 0.6, 0, 1)])
    gt = load_open_images_ground_truth(files["gt"], labels=files["labels"])
    with pytest.raises(MismatchError, match="image b has boxes, but no mask that gives its size"):
        open_images_to_coco(gt, load_open_images_predictions(preds))
