"""Images of label maps: wrong pixels by kind, scaled down without mixing labels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.analysis.errors.label_pixels import MAP_VOID, error_counts, error_map
from segeval.data.label_maps.classes import label_classes
from segeval.data.label_maps.pairs import label_pair, label_pairs
from segeval.data.pictures.encoding import palette_png
from segeval.errors import InputError, MismatchError
from segeval.pictures import each_label_tile
from segeval.pictures.label_tiles import PhotosByName, picked


def test_a_wrong_pixel_is_of_the_graver_of_its_two_kinds() -> None:
    gt = np.zeros((60, 60), np.uint8)
    gt[10:30, 10:30] = 1
    pred = np.zeros_like(gt)
    pred[10:30, 10:31] = 1  # one column too many: near a boundary for both classes
    pred[40:50, 40:50] = 1  # invented: a segment of class 1, though an extent of class 0
    gt[0] = 9
    kinds = error_map(pred, gt, 2, 1)
    assert (kinds[10:30, 30] == 1).all()
    assert (kinds[40:50, 40:50] == 3).all()
    assert (kinds[0] == MAP_VOID).all()
    assert (kinds > 0).sum() == 20 + 100 + 60


def test_maps_have_as_many_wrong_pixels_as_are_counted() -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        gt = np.kron(chance.integers(0, 4, (5, 6)), np.ones((4, 5))).astype(np.uint8)
        pred = np.where(chance.random(gt.shape) < 0.2, chance.integers(0, 4, gt.shape), gt)
        pred = pred.astype(np.uint8)
        kinds, counts = error_map(pred, gt, 3, 2), error_counts(pred, gt, 3, 2)
        missed = counts[:, [2, 4, 6]].sum(axis=0)
        wrong = [(kinds == value).sum() for value in (1, 2, 3)]
        assert sum(wrong) == missed.sum()
        assert wrong[2] >= missed[2]  # the graver kind wins
        assert wrong[0] <= missed[0]
        assert (kinds == MAP_VOID).sum() == (gt == 3).sum()


def test_a_map_without_a_width_is_refused() -> None:
    maps = np.zeros((2, 2), np.uint8)
    with pytest.raises(InputError, match="0 pixels wide"):
        error_map(maps, maps, 2, 0)


def test_maps_are_scaled_down_by_picking_pixels() -> None:
    maps = np.array([[0, 9] * 8] * 16, np.uint8)
    small = picked(maps, 5)
    assert small.shape == (5, 5)
    assert set(small.ravel().tolist()) <= {0, 9}
    assert picked(maps, 16) is maps
    assert picked(np.zeros((1000, 1), np.uint8), 10).shape == (10, 1)


def test_a_picture_with_a_palette_has_exactly_its_colours() -> None:
    colours = np.array([[0, 0, 0, 0], [10, 20, 30, 255], [200, 100, 0, 255]], np.uint8)
    places = np.array([[0, 1], [2, 1]], np.uint8)
    content = palette_png(places, colours)
    np.testing.assert_array_equal(
        np.array(Image.open(io.BytesIO(content)).convert("RGBA")), colours[places]
    )
    assert content == palette_png(places, colours)


def test_an_image_is_paired_though_others_have_no_prediction(tmp_path: Path) -> None:
    classes = label_classes(2)
    for name in ("gt/a/1.png", "gt/a/2.png", "gt/b/2.png", "p/a/1.png", "p/b/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / name)
    preds, gt = tmp_path / "p", tmp_path / "gt"
    assert label_pair(preds, gt, classes, "1").key == "a/1.png"
    assert label_pair(preds, gt, classes, "b/2").pred == preds / "b/2.png"
    with pytest.raises(MismatchError) as caught:
        label_pair(preds, gt, classes, "a/2.png")
    assert caught.value.message == (
        f"{preds}: has no prediction for {gt}/a/2.png. Files are paired by their names. Found "
        f"1.png and 2.png in {preds}."
    )


def test_an_image_is_asked_for_by_its_file_though_suffixes_of_predictions_differ(
    tmp_path: Path,
) -> None:
    for name in ("gt/1.png", "gt/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / name)
    (tmp_path / "p").mkdir()
    np.save(tmp_path / "p/1.npy", np.zeros((2, 2), np.uint8))
    for asked in ("1.png", "1"):
        assert label_pair(tmp_path / "p", tmp_path / "gt", label_classes(2), asked).key == "1"


@pytest.mark.parametrize(
    ("photo", "key"),
    [
        ("03.jpg", "03.npy"),
        ("a/03.jpg", "a/03.png"),
        ("deep/below/03.jpeg", "03.png"),
        ("ulm/ulm_000000_000019_leftImg8bit.png", "ulm/ulm_000000_000019_gtFine_labelIds.png"),
        ("ulm_000000_000019_leftImg8bit.png", "ulm_000000_000019"),
    ],
)
def test_photographs_belong_to_label_maps_by_path_name_or_frame(
    tmp_path: Path, photo: str, key: str
) -> None:
    (tmp_path / photo).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / photo).write_bytes(b"")
    assert PhotosByName(tmp_path).of(key) == photo


def test_of_several_photographs_of_one_name_none_is_taken(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "03.jpg").write_bytes(b"")
    assert PhotosByName(tmp_path).of("03.png") == "03.png"
    assert PhotosByName(tmp_path).of("y/03.png") == "y/03.jpg"


def test_a_tile_counts_the_whole_image_whatever_its_size_on_the_page() -> None:
    gt = np.zeros((200, 100), np.uint8)
    pred = gt.copy()
    pred[50:150, 20:80] = 1
    classes = label_classes(2)
    [pair] = label_pairs([pred], [gt], classes)
    [tile] = each_label_tile([[pair]], classes, None, longest=50)
    [view] = tile.views
    assert tile.size == (200, 100)
    assert tile.gt.shape == view.kinds.shape == (50, 25)
    assert sum(view.pixels) == 100 * 60
    assert view.evaluated == 200 * 100
    assert view.confused == ((0, 1, 6000),)
