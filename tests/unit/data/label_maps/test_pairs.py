"""Which label maps belong together, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.label_maps.classes import LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair, label_pairs
from segeval.errors import InputError, MismatchError

MAP = np.array([[0, 1, 1], [2, 2, 255]], np.uint8)
CLASSES = label_classes(3, ignore=255)
CITYSCAPES = label_classes("cityscapes")
TRAIN = label_classes("cityscapes-train")


def write(path: Path, labels: Any = MAP) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, labels)
    else:
        Image.fromarray(np.asarray(labels)).save(path)
    return path


def names(pairs: tuple[LabelPair, ...]) -> list[tuple[str, str]]:
    return [(Path(pair.pred_name).name, Path(pair.gt_name).name) for pair in pairs]


def test_files_are_paired_by_name(tmp_path: Path) -> None:
    for folder in ("preds", "gt"):
        for name in ("b.png", "a.png"):
            write(tmp_path / folder / name)
    pairs = label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)
    assert names(pairs) == [("a.png", "a.png"), ("b.png", "b.png")]


def test_files_are_paired_by_stem_where_suffixes_differ(tmp_path: Path) -> None:
    write(tmp_path / "preds" / "a.npy")
    write(tmp_path / "gt" / "town" / "a.png")
    assert names(label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)) == [("a.npy", "a.png")]


def test_equal_names_in_different_folders_are_different_images(tmp_path: Path) -> None:
    for folder in ("preds", "gt"):
        for town in ("x", "y"):
            write(tmp_path / folder / town / "1.png")
    pairs = label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)
    assert [Path(pair.pred_name).parent.name for pair in pairs] == ["x", "y"]


def test_cityscapes_files_are_paired_by_frame_and_label_ids_are_taken_alone(tmp_path: Path) -> None:
    stem = "ulm_000003_000019"
    write(tmp_path / "preds" / f"{stem}_leftImg8bit.png")
    for kind in ("labelIds", "instanceIds", "color", "labelTrainIds"):
        write(tmp_path / "gt" / "ulm" / f"{stem}_gtFine_{kind}.png")
    (pair,) = label_pairs(tmp_path / "preds", tmp_path / "gt", CITYSCAPES)
    assert names((pair,)) == [(f"{stem}_leftImg8bit.png", f"{stem}_gtFine_labelIds.png")]
    assert pair.instance_file is not None
    assert pair.instance_file.name == f"{stem}_gtFine_instanceIds.png"


def test_train_ids_of_cityscapes_have_files_of_their_own(tmp_path: Path) -> None:
    stem = "ulm_000003_000019"
    write(tmp_path / "preds" / f"{stem}_leftImg8bit.png")
    for kind in ("labelIds", "instanceIds", "color", "labelTrainIds"):
        write(tmp_path / "gt" / "ulm" / f"{stem}_gtFine_{kind}.png")
    (pair,) = label_pairs(tmp_path / "preds", tmp_path / "gt", TRAIN)
    assert names((pair,)) == [(f"{stem}_leftImg8bit.png", f"{stem}_gtFine_labelTrainIds.png")]
    assert pair.instance_file is None


@pytest.mark.parametrize(
    ("classes", "kind", "message"),
    [
        (TRAIN, "labelIds", r"but no \*_labelTrainIds.png.*csCreateTrainIdLabelImgs"),
        (CITYSCAPES, "labelTrainIds", r"but no \*_labelIds.png.* use `classes=.cityscapes-train"),
    ],
)
def test_ground_truth_of_the_other_ids_is_refused(
    tmp_path: Path, classes: LabelClasses, kind: str, message: str
) -> None:
    write(tmp_path / "preds" / "ulm_000003_000019.png")
    for each in (kind, "color"):
        write(tmp_path / "gt" / f"ulm_000003_000019_gtFine_{each}.png")
    with pytest.raises(InputError, match=message):
        label_pairs(tmp_path / "preds", tmp_path / "gt", classes)


@pytest.mark.parametrize("classes", [CITYSCAPES, TRAIN])
def test_ground_truth_can_be_compared_with_itself(tmp_path: Path, classes: LabelClasses) -> None:
    for kind in ("labelIds", "instanceIds", "color", "labelTrainIds"):
        write(tmp_path / f"ulm_000003_000019_gtFine_{kind}.png")
    (pair,) = label_pairs(tmp_path, tmp_path, classes)
    assert pair.pred == pair.gt


def test_how_to_choose_among_files_of_one_image_is_said(tmp_path: Path) -> None:
    write(tmp_path / "preds" / "ulm_000003_000019.png")
    for kind in ("labelIds", "instanceIds", "color"):
        write(tmp_path / "gt" / f"ulm_000003_000019_gtFine_{kind}.png")
    with pytest.raises(
        MismatchError,
        match=r"`classes=.cityscapes.` takes \*_labelIds.png and `classes=.cityscapes-t",
    ):
        label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)


def test_names_of_both_sides_are_shown_where_they_differ(tmp_path: Path) -> None:
    for i in range(3):
        write(tmp_path / "preds" / f"out{i}.png")
        write(tmp_path / "gt" / f"img{i}.png")
    with pytest.raises(
        MismatchError,
        match=r"Only in \S+preds: out0.png, out1.png, out2.png. Only in \S+gt: img0.p",
    ):
        label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)


def test_without_a_file_of_instances_there_is_none(tmp_path: Path) -> None:
    stem = "ulm_000003_000019"
    write(tmp_path / "preds" / f"{stem}.png")
    write(tmp_path / "gt" / f"{stem}_gtFine_labelIds.png")
    (pair,) = label_pairs(tmp_path / "preds", tmp_path / "gt", CITYSCAPES)
    assert pair.instance_file is None


def test_two_predictions_of_one_frame_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "preds" / "ulm_000003_000019_a.png")
    write(tmp_path / "preds" / "ulm_000003_000019_b.png")
    write(tmp_path / "gt" / "ulm_000003_000019_gtFine_labelIds.png")
    with pytest.raises(MismatchError, match=r"_a.png and \S+_b.png are of the same image"):
        label_pairs(tmp_path / "preds", tmp_path / "gt", CITYSCAPES)


def test_a_missing_prediction_is_named(tmp_path: Path) -> None:
    write(tmp_path / "preds" / "a.png")
    for name in ("a", "b", "c"):
        write(tmp_path / "gt" / f"{name}.png")
    with pytest.raises(
        MismatchError, match=r"no prediction for \S+b.png.* 1 more like it"
    ) as error:
        label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)
    assert error.value.count == 2


def test_a_prediction_too_many_is_named(tmp_path: Path) -> None:
    for path in ("preds/a.png", "preds/b.png", "gt/a.png"):
        write(tmp_path / path)
    with pytest.raises(MismatchError, match=r"no ground truth for \S+b.png"):
        label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)


def test_two_files_are_a_pair_whatever_their_names(tmp_path: Path) -> None:
    pred, gt = write(tmp_path / "x.png"), write(tmp_path / "y.npy")
    assert names(label_pairs(pred, gt, CLASSES)) == [("x.png", "y.npy")]


def test_a_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "preds" / "a.png")
    gt = write(tmp_path / "gt.png")
    with pytest.raises(InputError, match="expected two folders or two files"):
        label_pairs(tmp_path / "preds", gt, CLASSES)


def test_a_folder_without_label_maps_is_refused(tmp_path: Path) -> None:
    (tmp_path / "preds").mkdir()
    (tmp_path / "preds" / "a.jpg").touch()
    write(tmp_path / "gt" / "a.png")
    with pytest.raises(
        InputError, match=r"expected files .png or .npy. a.jpg is a picture of another kind"
    ):
        label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        label_pairs(tmp_path / "preds", tmp_path, CLASSES)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    with pytest.raises(InputError, match=r"a.txt: expected a label map \(.png, .npy\)"):
        label_pairs(path, path, CLASSES)


def test_sequences_are_paired_by_their_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png")
    (pair,) = label_pairs([MAP], [str(path)], CLASSES)
    assert (pair.pred_name, pair.gt_name) == ("preds #0", str(path))
    pred, gt, palettes = pair.load()
    assert (pred == MAP).all()
    assert (gt == MAP).all()
    assert palettes == 0
    with pytest.raises(MismatchError, match="1 predicted label map and 2 of ground truth"):
        label_pairs([MAP], [MAP, MAP], CLASSES)
    with pytest.raises(InputError, match="both be paths or both be sequences"):
        label_pairs([MAP], str(path), CLASSES)


def test_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    pred, gt = write(tmp_path / "pred.png"), write(tmp_path / "gt.png", MAP[:, :2])
    (pair,) = label_pairs(pred, gt, CLASSES)
    with pytest.raises(MismatchError, match=r"pred.png: has 2 x 3 pixels, .*gt.png 2 x 2"):
        pair.load()


def test_pictures_of_8_and_16_bits_are_refused(tmp_path: Path) -> None:
    pred, gt = write(tmp_path / "pred.png", MAP.astype(np.uint16)), write(tmp_path / "gt.png")
    (pair,) = label_pairs(pred, gt, CLASSES)
    with pytest.raises(MismatchError, match=r"pred.png: has 16 bits per pixel, .*gt.png 8"):
        pair.load()


def test_arrays_of_any_width_go_together() -> None:
    (pair,) = label_pairs([MAP.astype(np.int64) * 100], [MAP], CLASSES)
    pred, gt, _ = pair.load()
    assert pred.dtype == gt.dtype == np.uint16
    assert pred.max() == 25500


def test_of_a_palette_the_indices_are_labels(tmp_path: Path) -> None:
    picture = Image.fromarray(MAP).convert("P")
    picture.putdata(MAP.ravel().tolist())
    picture.save(tmp_path / "a.png")
    (pair,) = label_pairs(tmp_path / "a.png", write(tmp_path / "b.png"), CLASSES)
    pred, _, palettes = pair.load()
    assert palettes == 1
    assert (pred == MAP).all()


def test_linked_folders_are_looked_into(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "a.png")
    write(tmp_path / "gt" / "town" / "a.png")
    (tmp_path / "preds").mkdir()
    (tmp_path / "preds" / "town").symlink_to(tmp_path / "elsewhere")
    assert names(label_pairs(tmp_path / "preds", tmp_path / "gt", CLASSES)) == [("a.png", "a.png")]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    empty, full = tmp_path / "empty", tmp_path / "full"
    for folder in (empty, full):
        folder.mkdir()
    np.save(full / "a.npy", np.zeros((2, 2), np.uint8))
    for preds, gt in ((empty, full), (full, empty), (empty, empty)):
        with pytest.raises(InputError, match=r"has no label maps, expected files .*npy\.$"):
            label_pairs(preds, gt, label_classes(2))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_the_place_of_a_label_map_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"labels: is a pipe, expected an ordinary file\.$"):
        label_pairs(path, path, CLASSES)
