"""Predictions on tiles of images, merged into predictions on the whole images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval import fuse, load_predictions
from segeval.data import GroundTruth, Predictions, load_ground_truth, read_tiles
from segeval.ensemble.result import Ensemble
from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import decode_one
from tests.build import build_masks, coco_rle

IMAGE = (40, 60)
CORNERS = {"left": (0, 0), "right": (25, 0)}
SIDE = (40, 35)
TABLE = "tile_id,image_id,x,y\nleft,7,0,0\nright,7,25,0\n"
SIZED = "tile_id,image_id,x,y,width,height\nleft,7,0,0,60,40\nright,7,25,0,60,40\n"


def table(folder: Path, text: str = SIZED) -> Path:
    """A table of tiles as a file."""
    path = folder / "tiles.csv"
    path.write_text(text)
    return path


def tight(mask: NDArray[np.uint8]) -> list[int]:
    """The box of a mask."""
    rows, columns = np.nonzero(mask)
    x, y = int(columns.min()), int(rows.min())
    return [x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y]


def record(tile: Any, mask: NDArray[np.uint8], score: float, **more: Any) -> dict[str, Any]:
    """A prediction with the mask of a tile."""
    own = {"image_id": tile, "category_id": 1, "score": score, "bbox": tight(mask)}
    return {**own, "segmentation": coco_rle(mask), **more}


def seen(image: NDArray[np.uint8], score: float = 0.9) -> list[dict[str, Any]]:
    """What a perfect model says of both tiles of an image."""
    found = []
    for place, (tile, (x, y)) in enumerate(CORNERS.items()):
        part = image[y : y + SIDE[0], x : x + SIDE[1]]
        if part.any():
            found.append(record(tile, part, score - place / 10))
    return found


def merged(records: list[dict[str, Any]], tiles: Path, **arguments: Any) -> Ensemble:
    """The tiles of one model, with duplicates suppressed."""
    return fuse([records], strategy="nms", tiles=tiles, **arguments)


def mask_of(found: Predictions, row: int = 0) -> NDArray[np.uint8]:
    """A mask of the result as an array."""
    return decode_one(found.segmentations.strings.decode(), row)


def listed(size: tuple[int, int], image: Any = 7) -> GroundTruth:
    """A list of one image."""
    images = [{"id": image, "height": size[0], "width": size[1]}]
    return load_ground_truth({"images": images, "annotations": [], "categories": [{"id": 1}]})


def test_an_object_in_two_tiles_is_one(tmp_path: Path) -> None:
    image = np.zeros(IMAGE, np.uint8)
    image[10:20, 27:33] = 1
    found = merged(seen(image), table(tmp_path)).predictions
    assert found.image_id.tolist() == [7]
    assert found.score.tolist() == [0.9]
    assert found.boxes.tolist() == [[27, 10, 6, 10]]
    assert_array_equal(mask_of(found), image)


def test_an_object_that_tiles_cut_stays_in_two_parts(tmp_path: Path) -> None:
    image = np.zeros(IMAGE, np.uint8)
    image[10:20, 5:55] = 1
    found = merged(seen(image), table(tmp_path)).predictions
    assert_array_equal(mask_of(found, 0) | mask_of(found, 1), image)


def test_a_piece_of_an_object_that_another_tile_shows_whole_is_left_out(tmp_path: Path) -> None:
    image = np.zeros(IMAGE, np.uint8)
    image[10:20, 28:50] = 1  # the left tile ends at 35
    found = merged(seen(image), table(tmp_path), iou_threshold=0.9)
    assert_array_equal(mask_of(found.predictions), image)
    assert found.predictions.score.tolist() == [0.8]
    assert found.notes[0].message == (
        "predictions: 1 prediction is a piece of an object that the border of a tile cuts and "
        "another tile shows whole, and is left out (`cut_objects='keep'` keeps all)"
    )
    both = merged(seen(image), table(tmp_path), iou_threshold=0.9, cut_objects="keep")
    assert both.predictions.score.tolist() == [0.9, 0.8]
    assert both.notes == ()


def test_a_piece_stays_if_the_other_tile_has_another_category_or_object(tmp_path: Path) -> None:
    piece, whole = np.zeros((2, *SIDE), np.uint8)
    piece[10:20, 28:] = 1
    whole[10:20, 3:25] = 1  # from 28 to 50 in the image
    elsewhere = np.roll(whole, 12, axis=0)
    for other, kept in (
        (record("right", whole, 0.8), 1),
        (record("right", whole, 0.8, category_id=2), 2),
        (record("right", elsewhere, 0.8), 2),
        (record("left", np.roll(whole, 4, axis=1), 0.8), 2),
    ):
        found = merged([record("left", piece, 0.9), other], table(tmp_path), iou_threshold=1)
        assert found.scores.rows == kept


def test_a_piece_stays_if_the_other_tile_does_not_hold_it(tmp_path: Path) -> None:
    piece, whole = np.zeros((2, *SIDE), np.uint8)
    piece[10:20, 20:] = 1  # begins before the right tile
    whole[10:20, 1:25] = 1
    found = merged([record("left", piece, 0.9), record("right", whole, 0.8)], table(tmp_path))
    assert found.scores.rows == 2


def test_the_border_of_the_image_cuts_no_object(tmp_path: Path) -> None:
    one, other = np.zeros((2, *SIDE), np.uint8)
    one[10:20, 0:20] = 1
    other[10:20, 25:35] = 1
    found = merged([record("left", one, 0.9), record("right", other, 0.8)], table(tmp_path))
    assert found.scores.rows == 2


def test_many_pieces_are_found_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    records = []
    for score in rng.permutation(40) / 100 + 0.1:
        image = np.zeros(IMAGE, np.uint8)
        x, y = int(rng.integers(0, 45)), int(rng.integers(0, 30))
        image[y : y + 10, x : x + 14] = 1
        records += seen(image, float(score))
    whole = merged(records, table(tmp_path), max_dets=0, iou_threshold=1)
    monkeypatch.setattr("segeval.ensemble.views.cut_objects.PAIRS", 7)
    parts = merged(records, table(tmp_path), max_dets=0, iou_threshold=1)
    assert whole.notes == parts.notes
    assert whole.notes[0].count > 5
    assert_array_equal(whole.predictions.score, parts.predictions.score)


def test_what_becomes_of_pieces_is_one_of_two(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`cut_objects` is 'merge', expected 'drop' or 'keep'"):
        merged([], table(tmp_path), cut_objects="merge")


def test_polygons_of_tiles_are_refused(tmp_path: Path) -> None:
    polygon = {"image_id": "left", "category_id": 1, "score": 0.5, "bbox": [0, 0, 9, 9]}
    with pytest.raises(FormatError, match="has a polygon, which a table of tiles cannot map back"):
        merged([{**polygon, "segmentation": [[0, 0, 9, 0, 9, 9]]}], table(tmp_path))


def test_tiles_may_be_numbers_and_images_text(tmp_path: Path) -> None:
    text = "tile_id,image_id,x,y,width,height\n1,harbour,0,0,60,40\n2,harbour,25,0,60,40\n"
    image = build_masks(1, *IMAGE)[0]
    numbers = {"left": 1, "right": 2}
    records = [{**each, "image_id": numbers[each["image_id"]]} for each in seen(image)]
    found = merged(records, table(tmp_path, text)).predictions
    assert set(found.image_keys or ()) == {"harbour"}
    assert set(found.image_id.tolist()) == {0}


def test_ids_of_images_are_text_where_the_list_of_images_says_so(tmp_path: Path) -> None:
    mask = build_masks(1, *IMAGE)[0]
    found = merged(seen(mask), table(tmp_path, TABLE), images=listed(IMAGE, "7")).predictions
    assert found.image_keys == ("7",)


def test_no_order_of_tiles_changes_a_byte(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    records = [each for k in range(6) for each in seen(build_masks(1, *IMAGE, seed=k)[0], 0.5)]
    lines = SIZED.splitlines()
    outputs = set()
    for _ in range(4):
        own = [records[k] for k in rng.permutation(len(records))]
        text = "\n".join([lines[0], *rng.permutation(lines[1:])])
        found = merged(own, table(tmp_path, text), workers=int(rng.integers(1, 4)))
        found.save(tmp_path / "out.json")
        outputs.add((tmp_path / "out.json").read_bytes())
    assert len(outputs) == 1


def test_tiles_that_were_flipped_and_enlarged_are_mapped_back(tmp_path: Path) -> None:
    image = np.zeros(IMAGE, np.uint8)
    image[10:20, 27:33] = 1
    part = image[:, :35][:, ::-1].repeat(2, axis=0).repeat(2, axis=1)
    found = merged([record("left", part, 0.5)], table(tmp_path), views="hflip+scale=2").predictions
    assert_array_equal(mask_of(found), image)
    assert found.boxes.tolist() == [[27, 10, 6, 10]]


def test_the_result_names_the_table(tmp_path: Path) -> None:
    path = table(tmp_path)
    own = read_tiles(path)
    for tiles in (path, own):
        found = fuse([seen(np.ones(IMAGE, np.uint8))], strategy="nms", tiles=tiles)
        assert found.settings["tiles"] == str(path)
        assert found.settings["views"] is None


def test_boxes_of_tiles_need_no_size(tmp_path: Path) -> None:
    box = {"image_id": "right", "category_id": 1, "score": 0.5, "bbox": [1, 2, 3, 4]}
    assert merged([box], table(tmp_path, TABLE)).predictions.boxes.tolist() == [[26, 2, 3, 4]]


def test_masks_of_tiles_need_the_size_of_the_image(tmp_path: Path) -> None:
    mask = build_masks(1, *SIDE)[0]
    with pytest.raises(FormatError) as caught:
        merged([record("left", mask, 0.5)], table(tmp_path, TABLE))
    assert str(caught.value) == (
        "predictions: prediction #0 (image_id 7) has a mask of a part of its image, and nothing "
        "says how large the image is. Give ground truth, or any COCO file that lists the images "
        "and their sizes: `images`."
    )
    found = merged([record("left", mask, 0.5)], table(tmp_path, TABLE), gt=listed(IMAGE))
    assert found.scores.rows == 1


def test_a_tile_that_the_table_lacks_is_refused(tmp_path: Path) -> None:
    mask = build_masks(1, *SIDE)[0]
    records = [record("left", mask, 0.5), record("middle", mask, 0.5), record("middle", mask, 0.4)]
    path = table(tmp_path)
    with pytest.raises(MismatchError) as caught:
        merged(records, path)
    assert str(caught.value) == (
        f'predictions: prediction #1 (image_id "middle") is of no tile that {path} lists: expected '
        'one of its 2, such as "left", "right". '
        "1 more like it."
    )


def test_a_table_without_tiles_has_none_of_them(tmp_path: Path) -> None:
    path = table(tmp_path, "tile_id,image_id,x,y\n")
    with pytest.raises(MismatchError, match=r"is of no tile that .* lists: it is empty\."):
        merged(seen(np.ones(IMAGE, np.uint8)), path)
    assert merged([], path).scores.rows == 0


@pytest.mark.parametrize("corner", ["60,0", "0,40", "999,0"])
def test_a_tile_outside_of_its_image_is_refused(corner: str, tmp_path: Path) -> None:
    path = table(tmp_path, SIZED.replace("25,0", corner))
    with pytest.raises(FormatError) as caught:
        merged(seen(np.ones(IMAGE, np.uint8)), path)
    x, y = corner.split(",")
    assert str(caught.value) == (
        f"{path}: line 3 (tile right) begins at x {x}, y {y}, which lies outside of image 7 of "
        "60 x 40 pixels (width x height)."
    )


def test_a_size_that_the_list_of_images_contradicts_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path)
    with pytest.raises(FormatError) as caught:
        merged(seen(np.ones(IMAGE, np.uint8)), path, images=listed((60, 40)))
    assert str(caught.value) == (
        f"{path}: line 2 (tile left) gives image 7 60 x 40 pixels (width x height), expected "
        "40 x 60 as in the list of images."
    )


def test_the_padding_of_a_tile_is_cut_off(tmp_path: Path) -> None:
    inside, beyond = np.zeros((2, 40, 40), np.uint8)
    inside[5:9, 30:39] = 1
    beyond[5:9, 36:39] = 1
    records = [record("right", inside, 0.5), record("right", beyond, 0.4)]
    found = merged(records, table(tmp_path))
    assert found.predictions.boxes.tolist() == [[55, 5, 5, 4]]
    assert mask_of(found.predictions).sum() == 20
    assert [each.message for each in found.notes] == [
        "predictions: 1 prediction lies wholly beyond the border of the image and is left out"
    ]


@pytest.mark.parametrize("view", ["offset=1,2", "scale=auto"])
def test_an_offset_or_an_unknown_scale_beside_tiles_is_refused(view: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        merged(seen(np.ones(IMAGE, np.uint8)), table(tmp_path), views=view)
    assert str(caught.value) == (
        f"`views` has {view}, and `tiles` say where tiles lie: expected views without offset, and "
        "scale=S in place of scale=auto"
    )


def test_the_input_stays_as_it_is(tmp_path: Path) -> None:
    preds = load_predictions(seen(np.ones(IMAGE, np.uint8)))
    before = preds.boxes.copy(), preds.segmentations.strings.strings()
    fuse([preds], strategy="nms", tiles=table(tmp_path))
    assert_array_equal(preds.boxes, before[0])
    assert preds.segmentations.strings.strings() == before[1]


def test_a_row_is_explained_by_the_number_that_its_prediction_has_in_the_file(
    tmp_path: Path,
) -> None:
    beyond = np.zeros((40, 40), np.uint8)
    beyond[5:9, 36:39] = 1
    image = np.zeros(IMAGE, np.uint8)
    image[10:20, 28:50] = 1
    records = [record("right", beyond, 0.7), *seen(image), record("left", image[:, :20] + 1, 0.1)]
    found = merged(records, table(tmp_path))
    assert [len(records), found.scores.models[0].predictions] == [4, 4]
    numbers = [member["prediction"] for row in found.explained() for member in row["members"]]
    assert numbers == [2, 3]
