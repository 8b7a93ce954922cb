"""`check` finds in label maps what an evaluation or a training refuses, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import check, mean_iou
from segeval.errors import InputError

Change = Callable[[Path, Path], object]
"""Changes the folders of predictions and ground truth."""

CLEAN = np.array([[0, 0, 1], [255, 1, 1]], np.uint8)


def write(path: Path, labels: Any) -> None:
    """A label map, or a picture of colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(labels)).save(path)


def with_label(label: int) -> Any:
    """The clean label map with one other label."""
    labels = CLEAN.copy()
    labels[1, 2] = label
    return labels


def pair(folder: Path) -> tuple[Path, Path]:
    """Two folders with two clean label maps each."""
    for side in ("preds", "gt"):
        for name in ("a.png", "b.png"):
            write(folder / side / name, CLEAN)
    return folder / "preds", folder / "gt"


def all_of(folder: Path, label: int) -> None:
    """Label maps with a single label in place of a folder's."""
    for path in sorted(folder.iterdir()):
        write(path, np.full_like(CLEAN, label))


def emptied(folder: Path) -> None:
    """A folder without its files."""
    for path in sorted(folder.iterdir()):
        path.unlink()


def cut(path: Path, length: int) -> None:
    """A file without what follows its first bytes."""
    path.write_bytes(path.read_bytes()[:length])


def with_array(folder: Path, name: str, array: Any) -> None:
    """A file of an array in the place of a picture."""
    (folder / f"{name}.png").unlink()
    np.save(folder / f"{name}.npy", array)


CASES: dict[str, tuple[Change, str]] = {
    "no partner": (lambda preds, gt: (preds / "b.png").unlink(), "unpaired"),
    "no ground truth": (lambda preds, gt: (gt / "b.png").unlink(), "unpaired"),
    "no label maps": (lambda preds, gt: emptied(gt), "no-label-maps"),
    "two files of one image": (lambda preds, gt: write(gt / "x" / "a.png", CLEAN), "unpaired"),
    "another size": (lambda preds, gt: write(preds / "b.png", CLEAN[:1]), "size-differs"),
    "other bits": (lambda preds, gt: write(gt / "a.png", CLEAN.astype(np.uint16)), "bits"),
    "colours": (lambda preds, gt: write(preds / "a.png", np.dstack([CLEAN] * 3)), "picture-mode"),
    "no picture": (lambda preds, gt: (gt / "b.png").write_text("no picture"), "not-a-picture"),
    "a picture cut in its header": (lambda preds, gt: cut(gt / "a.png", 20), "not-a-picture"),
    "a picture cut in its pixels": (lambda preds, gt: cut(preds / "a.png", 45), "not-a-picture"),
    "probabilities": (lambda preds, gt: with_array(preds, "a", CLEAN / 2.0), "dtype"),
    "three dimensions": (lambda preds, gt: with_array(gt, "b", CLEAN[None]), "shape"),
    "an unknown label": (lambda preds, gt: write(gt / "b.png", with_label(7)), "unknown-label"),
    "an unknown label in a prediction": (
        lambda preds, gt: write(preds / "a.png", with_label(7)),
        "unknown-label",
    ),
    "predictions of ignored labels": (
        lambda preds, gt: all_of(preds, 255),
        "ignored-predictions",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_miou_refuses_is_found(case: str, tmp_path: Path) -> None:
    change, code = CASES[case]
    folders = pair(tmp_path)
    change(*folders)
    assert_found(folders, code, classes=2, ignore=255)


CITY = "ulm_000000_000019"

INSTANCES: dict[str, tuple[Any, str]] = {
    "of a label that has none": (np.full((4, 6), 7001, np.uint16), "instance-label"),
    "of another size": (np.zeros((9, 9), np.uint16), "size-differs"),
    "of colours": (np.zeros((4, 6, 3), np.uint8), "picture-mode"),
}


@pytest.mark.parametrize("case", INSTANCES)
def test_what_miou_refuses_about_instances_is_found(case: str, tmp_path: Path) -> None:
    ids, code = INSTANCES[case]
    write(tmp_path / "preds" / f"{CITY}_any.png", np.full((4, 6), 26, np.uint8))
    write(tmp_path / "gt" / f"{CITY}_gtFine_labelIds.png", np.full((4, 6), 26, np.uint8))
    write(tmp_path / "gt" / f"{CITY}_gtFine_instanceIds.png", ids)
    assert_found((tmp_path / "preds", tmp_path / "gt"), code, classes="cityscapes")


def assert_found(folders: tuple[Path, Path], code: str, **settings: Any) -> None:
    """`miou` refuses the folders, and `check` finds the same in the same words."""
    with pytest.raises(InputError) as raised:
        mean_iou(*folders, **settings)
    error = raised.value
    assert error.code == code
    finding = next(each for each in check(*folders, **settings).errors if each.code == code)
    assert (finding.error, finding.path) == (type(error), error.path)
    assert (finding.index, finding.field) == (error.index, error.field)
    assert finding.count == error.count
    assert finding.refusal().message == error.message


def test_what_a_training_refuses_about_a_label_is_found(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from segeval.models.training.label_map_data import label_map_data

    write(tmp_path / "images" / "a.png", np.zeros((2, 3, 3), np.uint8))
    write(tmp_path / "maps" / "a.png", with_label(7))
    images: Any = label_map_data(tmp_path / "images", tmp_path / "maps", 2, ignore=[255]).images
    with pytest.raises(InputError) as raised:
        images.labels(0, 255)
    write(tmp_path / "preds" / "a.png", np.zeros((2, 3), np.uint8))
    report = check(tmp_path / "preds", tmp_path / "maps", classes=2, ignore=255)
    assert raised.value.code == "unknown-label"
    assert report.errors[0].refusal().message == raised.value.message


def test_clean_label_maps_have_no_findings(tmp_path: Path) -> None:
    report = check(*pair(tmp_path), classes=2, ignore=255)
    assert (report.errors, report.warnings) == ((), ())
    assert report.fine == ("files", "label maps", "labels", "ignored labels")
    assert report.predictions is not None
    assert report.ground_truth is not None
    assert (report.predictions.count, report.predictions.categories) == (2, 2)
    assert report.ground_truth.encoding == "label maps"


def test_two_files_are_checked_like_two_folders(tmp_path: Path) -> None:
    preds, gt = pair(tmp_path)
    assert check(preds / "a.png", gt / "b.png", classes=2, ignore=255).errors == ()
    (finding,) = check(preds / "a.png", gt / "b.png", classes=2).errors[:1]
    assert finding.path == str(gt / "b.png")


def test_all_mistakes_of_all_label_maps_are_found(tmp_path: Path) -> None:
    preds, gt = pair(tmp_path)
    for name in ("a.png", "b.png"):
        write(gt / name, with_label(7))
    write(preds / "a.png", with_label(9))
    (preds / "b.png").write_text("no picture")
    errors = check(preds, gt, classes=2, ignore=255).errors
    assert [(each.code, each.path) for each in errors] == [
        ("unknown-label", str(gt / "a.png")),
        ("unknown-label", str(preds / "a.png")),
        ("not-a-picture", str(preds / "b.png")),
    ]
    write(preds / "b.png", CLEAN)
    assert check(preds, gt, classes=2, ignore=255).errors[0].message == (
        "pixel at row 1, column 2 has the label 7, expected 0, 1 and 255 ignored (classes: 2). 1 "
        "more file like it."
    )


def test_both_files_of_an_image_may_be_unreadable(tmp_path: Path) -> None:
    preds, gt = pair(tmp_path)
    (preds / "b.png").write_text("no picture")
    write(gt / "b.png", np.dstack([CLEAN] * 3))
    codes = [each.code for each in check(preds, gt, classes=2, ignore=255).errors]
    assert codes == ["not-a-picture", "picture-mode"]


def test_label_maps_need_classes_and_ground_truth(tmp_path: Path) -> None:
    preds, gt = pair(tmp_path)
    with pytest.raises(InputError) as raised:
        check(preds, gt)
    assert (raised.value.code, raised.value.option) == ("classes", "classes")
    assert raised.value.message == (
        f"{preds}: label maps are checked by their classes, expected `classes` as well, such as "
        "`classes=\"cityscapes\"`. Cityscapes' instances and Open Images' CSV files are not "
        "checked: evaluate them with `cityscapes_ap` and `open_images_ap`, which name their first "
        "mistake. Id maps, in which every number but 0 is an object, have a check of their own: "
        "`check_id_maps`."
    )
    with pytest.raises(InputError, match="label maps are checked in pairs, expected the ground"):
        check(preds, classes=2)


def test_arguments_for_files_of_another_form_are_refused(tmp_path: Path) -> None:
    preds, gt = pair(tmp_path)
    with pytest.raises(InputError, match="`ignore` is for label maps, expected `classes` as well"):
        check([], ignore=255)
    with pytest.raises(InputError, match="`gt_dir` is for panoptic files") as raised:
        check([], gt_dir=tmp_path)
    assert (raised.value.code, raised.value.option) == ("gt-dir", "gt_dir")
    with pytest.raises(InputError, match="`preds_dir` is for panoptic files"):
        check(preds, gt, classes=2, preds_dir=tmp_path)


def test_what_was_named_wrongly_stops_the_check(tmp_path: Path) -> None:
    preds, _ = pair(tmp_path)
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        check(preds, tmp_path / "nowhere", classes=2)
    with pytest.raises(InputError, match=r"is a folder and .* a file, expected two folders or two"):
        check(preds, preds / "a.png", classes=2)


def test_files_of_open_images_are_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("ImageID,LabelName\n")
    words = r"preds\.csv: is a CSV file, expected JSON of COCO, .* `open_images_ap`, which name"
    with pytest.raises(InputError, match=words) as raised:
        check(path, path)
    assert raised.value.code == "input"
