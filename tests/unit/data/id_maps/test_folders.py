"""Which id maps belong together, and which do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval import InputError, MismatchError
from segeval.data.id_maps.folders import id_map_pairs, id_maps


def write(path: Path, *, pages: int = 1, size: tuple[int, int] = (4, 5)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.zeros(size, np.int32))
        return
    drawn = [Image.new("I;16", size[::-1]) for _ in range(pages)]
    if pages == 1:
        drawn[0].save(path)
    else:
        drawn[0].save(path, save_all=True, append_images=drawn[1:])


def test_files_are_paired_by_their_paths_without_suffix_in_order(tmp_path: Path) -> None:
    for name in ("preds/b.npy", "preds/sub/a.png", "gt/sub/a.tif", "gt/b.png"):
        write(tmp_path / name)
    pairs = id_map_pairs(tmp_path / "preds", str(tmp_path / "gt"))
    assert [(pair.pred.name, pair.gt.name) for pair in pairs] == [
        ("b.npy", "b.png"),
        ("sub/a.png", "sub/a.tif"),
    ]


def test_files_in_other_folders_are_paired_by_their_names(tmp_path: Path) -> None:
    write(tmp_path / "preds/a.png")
    write(tmp_path / "gt/val/a.png")
    [pair] = id_map_pairs(tmp_path / "preds", tmp_path / "gt")
    assert pair.gt.name == "val/a.png"


def test_names_of_cellpose_are_paired_and_its_other_files_left_out(tmp_path: Path) -> None:
    for name in ("preds/7_img_cp_masks.png", "preds/7_img_flows.tif", "preds/8_cp_masks.tif"):
        write(tmp_path / name)
    for name in ("gt/7_masks.png", "gt/7_img.png", "gt/8_masks.npy"):
        write(tmp_path / name)
    pairs = id_map_pairs(tmp_path / "preds", tmp_path / "gt")
    assert [(pair.pred.name, pair.gt.name) for pair in pairs] == [
        ("7_img_cp_masks.png", "7_masks.png"),
        ("8_cp_masks.tif", "8_masks.npy"),
    ]


def test_every_page_is_an_image(tmp_path: Path) -> None:
    write(tmp_path / "preds/a.tif", pages=3)
    write(tmp_path / "gt/a.tif", pages=3)
    pairs = id_map_pairs(tmp_path / "preds", tmp_path / "gt")
    assert [pair.gt.name for pair in pairs] == ["a.tif#0", "a.tif#1", "a.tif#2"]
    assert [each.name for each in id_maps(tmp_path / "gt/a.tif")] == [
        "a.tif#0",
        "a.tif#1",
        "a.tif#2",
    ]
    two_files = id_map_pairs(tmp_path / "preds/a.tif", tmp_path / "gt/a.tif")
    assert two_files == pairs


def test_stacks_of_different_length_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "preds/a.tif", pages=3)
    write(tmp_path / "gt/a.tif", pages=2)
    with pytest.raises(MismatchError) as caught:
        id_map_pairs(tmp_path / "preds", tmp_path / "gt")
    assert caught.value.message == (
        f"{tmp_path}/preds/a.tif: has 3 pages, the ground truth {tmp_path}/gt/a.tif 2. Each page "
        "is an image, paired by its number."
    )


def test_files_without_a_partner_are_named(tmp_path: Path) -> None:
    for name in ("preds/a.png", "gt/a.png", "gt/b.png", "gt/c.png"):
        write(tmp_path / name)
    preds, gt = tmp_path / "preds", tmp_path / "gt"
    with pytest.raises(MismatchError) as caught:
        id_map_pairs(preds, gt)
    assert caught.value.message == (
        f"{preds}: has no prediction for {gt}/b.png, expected one for each of 3 id maps of the "
        "ground truth. 1 more like it. Files are paired by their names. "
        f"Only in {gt}: b.png, c.png."
    )
    with pytest.raises(MismatchError, match=r"has no ground truth for .*b\.png"):
        id_map_pairs(gt, preds)


def test_two_files_of_one_image_are_refused(tmp_path: Path) -> None:
    for name in ("preds/a.png", "gt/a.png", "gt/a.npy"):
        write(tmp_path / name)
    with pytest.raises(MismatchError, match="expected one id map per image"):
        id_map_pairs(tmp_path / "preds", tmp_path / "gt")


def test_sizes_that_differ_name_both_files(tmp_path: Path) -> None:
    write(tmp_path / "preds/a.png", size=(5, 4))
    write(tmp_path / "gt/a.png", size=(4, 5))
    [pair] = id_map_pairs(tmp_path / "preds", tmp_path / "gt")
    with pytest.raises(MismatchError) as caught:
        pair.load()
    assert caught.value.message == (
        f"{tmp_path}/preds/a.png: has 5 x 4 pixels, the ground truth {tmp_path}/gt/a.png 4 x 5. "
        "Predictions must have the size of the ground truth."
    )


def test_paths_that_hold_no_id_maps_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.json").write_text("[]")
    write(tmp_path / "gt/a.png")
    wrong = {
        tmp_path / "none": "no such file or folder.",
        tmp_path / "empty": "has no id maps, expected files .png, .npy, .tif or .tiff.",
        tmp_path / "a.json": ("expected an id map (.png, .npy, .tif, .tiff) or a folder of them."),
    }
    for path, message in wrong.items():
        with pytest.raises(InputError) as caught:
            id_maps(path)
        assert caught.value.message == f"{path}: {message}"
    with pytest.raises(InputError, match="expected two folders or two files"):
        id_map_pairs(tmp_path / "gt", tmp_path / "gt/a.png")
