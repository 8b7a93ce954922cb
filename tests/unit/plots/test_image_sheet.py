"""The contact sheet: which images, what is outlined in them, and how."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.analysis.image_errors import image_errors
from segeval.errors import InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.pictures import Seen, each_tile, image_tiles, worst_images
from segeval.pictures.outlines import mask_outlines
from segeval.pictures.tiles import image_rows
from segeval.plots import new_figure, plot_images
from segeval.plots.image_shapes import LOOKS
from segeval.plots.image_sheet import draw_images, sheet_height
from segeval.plots.style import PAGE_MM

CATEGORIES = [{"id": 1, "name": "chair"}, {"id": 2, "name": "lamp"}]
IMAGES = [
    {"id": number, "width": 60, "height": 40, "file_name": f"room/{number}.png"}
    for number in (1, 2, 3)
]


def square(image: int, left: int, category: int = 1, **more: Any) -> dict[str, Any]:
    """A mask of 10 x 10 pixels."""
    corners = [left, 5, left + 10, 5, left + 10, 15, left, 15]
    return {"image_id": image, "category_id": category, "segmentation": [corners], **more}


def seen(name: str, *preds: dict[str, Any], gt: segeval.GroundTruth, **how: Any) -> Seen:
    [found] = evaluations(list(preds), gt, Arguments(**how), None)
    return Seen(name, found, image_errors(found, threshold=0.5))


@pytest.fixture
def gt() -> segeval.GroundTruth:
    """Image 1 has two objects, image 2 one and a crowd, image 3 none."""
    objects = [square(1, 0), square(1, 20, 2), square(2, 0), square(2, 40, iscrowd=1)]
    records = [{"id": k, "iscrowd": 0, "area": 100, **each} for k, each in enumerate(objects, 1)]
    return segeval.load_ground_truth(
        {"images": IMAGES, "categories": CATEGORIES, "annotations": records}
    )


def test_every_object_and_prediction_is_true_false_or_missed(gt: segeval.GroundTruth) -> None:
    preds = (square(1, 0, score=0.9), square(1, 40, score=0.8), square(2, 40, score=0.7))
    one = seen("", *preds, gt=gt)
    assert one.errors.counts(one.matches).tolist() == [[1, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert one.errors.loss.tolist() == [2.0, 1.0, 0.0]  # the prediction in the crowd is excused
    assert image_rows([one])[1:] == [
        ("", 1, "room/1.png", 2.0, 1, 1, 1),
        ("", 2, "room/2.png", 1.0, 0, 0, 1),
        ("", 3, "room/3.png", 0.0, 0, 0, 0),
    ]
    [tile] = image_tiles([one], [0])
    parts = [(shape.part, shape.name, shape.score) for shape in tile.shapes]
    assert parts == [
        ("", "chair", None), ("N", "lamp", None), ("T", "chair", 0.9), ("F", "chair", 0.8),
    ]  # fmt: skip
    assert (tile.name, tile.counts, tile.loss) == ("1.png", (1, 1, 1), 2.0)


def test_outlines_lie_on_the_borders_of_the_masks(gt: segeval.GroundTruth) -> None:
    [line] = mask_outlines(gt.masks)[1]
    assert line.tolist() == [[20, 5], [30, 5], [30, 15], [20, 15], [20, 5]]


def test_holes_of_objects_are_not_filled(gt: segeval.GroundTruth) -> None:
    frame = np.zeros((40, 60), np.uint8)
    frame[5:35, 5:55] = 1
    frame[15:25, 20:40] = 0
    truth = segeval.load_ground_truth(
        {
            "images": IMAGES[:1],
            "categories": CATEGORIES,
            "annotations": [
                {
                    "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 1300,
                    "bbox": [5, 5, 50, 30],
                    "segmentation": {
                        "size": [40, 60],
                        "counts": segeval.masks.encode([frame]).runs(0).tolist(),
                    },
                }
            ],
        }
    )  # fmt: skip
    [tile] = image_tiles([seen("", gt=truth)], [0])
    assert [len(shape.lines) for shape in tile.shapes] == [2]
    ax = plot_images([tile])
    file = io.BytesIO()
    ax.figure.savefig(file, format="png", dpi=ax.figure.dpi, bbox_inches=None)  # type: ignore[union-attr]
    with Image.open(file) as picture:
        pixels = np.array(picture.convert("RGB"))
    [image] = [patch for patch in ax.patches if patch.get_zorder() == -1]
    box = image.get_window_extent()
    middle = pixels[len(pixels) - round((box.y0 + box.y1) / 2), round((box.x0 + box.x1) / 2)]
    assert middle.tolist() == [0x3A, 0x3D, 0x42]


def test_the_worst_images_come_first_and_with_two_models_those_that_changed(
    gt: segeval.GroundTruth,
) -> None:
    weak = seen("A", square(3, 0, score=0.9), gt=gt)
    better = seen("B", square(1, 0, score=0.9), square(1, 20, 2, score=0.9), gt=gt)
    assert worst_images([weak], 2) == [0, 1]
    assert worst_images([weak, better], 3) == [0, 2, 1]
    tiles = image_tiles([weak, better], [0, 2])
    assert [(tile.model, tile.image_id) for tile in tiles] == [
        ("A", 1), ("B", 1), ("A", 3), ("B", 3),
    ]  # fmt: skip


def test_parts_differ_in_line_style_letter_and_colour(gt: segeval.GroundTruth) -> None:
    assert len({str(look.dashes) for look in LOOKS.values()}) == 4
    assert len({look.colour for look in LOOKS.values()}) == 4
    one = seen("", square(1, 0, score=0.9), square(1, 40, 2, score=0.8), gt=gt)
    ax = plot_images(image_tiles([one], [0, 1]))
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["1.png", "1 T  1 F  1 N"]
    assert texts[2:5] == ["N lamp", "T", "F lamp"]
    assert texts[-4:] == ["ground truth", "T true", "F false", "N not found"]


def test_letters_of_many_objects_in_one_place_do_not_lie_on_each_other(
    gt: segeval.GroundTruth,
) -> None:
    crowded = seen("", *(square(3, 20, score=0.5 + k / 100) for k in range(12)), gt=gt)
    ax = plot_images(image_tiles([crowded], [2]))
    letters = [text.get_position() for text in ax.texts if text.get_text().startswith("F")]
    assert 1 < len(letters) <= 13
    assert len(set(letters)) == len(letters)


def test_pictures_lie_below_the_outlines(gt: segeval.GroundTruth, tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    Image.new("RGB", (60, 40), (9, 200, 9)).save(tmp_path / "room" / "1.png")
    one = seen("", square(1, 0, score=0.9), gt=gt)
    [tile] = image_tiles([one], [0], tmp_path)
    assert tile.picture is not None
    assert tile.picture[0, 0].tolist() == [9, 200, 9]
    assert len(plot_images([tile]).get_images()) == 1
    with pytest.raises(InputError) as raised:
        image_tiles([one], [1], tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: has no picture room/2.png. Name another folder, or none to draw on grey."
    )
    with pytest.raises(InputError, match="no such folder, expected the pictures in it"):
        image_tiles([one], [1], tmp_path / "none")


def test_grey_stands_for_pictures_that_are_missing_if_one_asks_for_it(
    gt: segeval.GroundTruth, tmp_path: Path
) -> None:
    Image.new("RGB", (60, 40), (9, 200, 9)).save(tmp_path / "1.png")
    one = seen("", square(1, 0, score=0.9), gt=gt)
    first, second = each_tile([one], [0, 1], tmp_path, placeholders=True)
    assert (first.picture is None, first.notes) == (False, ())
    assert (second.picture, [note.code for note in second.notes]) == (None, ["no-photo"])
    with pytest.raises(InputError, match="no such folder"):
        list(each_tile([one], [1], tmp_path / "none", placeholders=True))


def test_shapes_know_their_rows_and_masks(gt: segeval.GroundTruth) -> None:
    preds = (square(2, 0, score=0.9), square(1, 40, score=0.8), square(1, 0, score=0.7))
    [tile] = image_tiles([seen("", *preds, gt=gt)], [0])
    assert [(shape.part, shape.row) for shape in tile.shapes] == [
        ("", 0), ("N", 1), ("T", 2), ("F", 1),
    ]  # fmt: skip
    areas = [int(segeval.masks.area(shape.mask)[0]) for shape in tile.shapes if shape.mask]
    assert areas == [100] * 4


def test_a_picture_of_another_size_is_refused(gt: segeval.GroundTruth, tmp_path: Path) -> None:
    Image.new("RGB", (64, 40)).save(tmp_path / "1.png")
    with pytest.raises(MismatchError):
        image_tiles([seen("", gt=gt)], [0], tmp_path)


def test_boxes_of_images_without_a_size_are_drawn() -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 20]}
    truth = segeval.load_ground_truth(
        {
            "images": [{"id": 1}],
            "categories": CATEGORIES,
            "annotations": [{**box, "id": 1, "iscrowd": 0, "area": 600}],
        }
    )
    one = seen("", {**box, "score": 0.5}, gt=truth, iou="bbox")
    [tile] = image_tiles([one], [0])
    assert (tile.name, tile.size) == ("image 1", (30, 40))
    assert [shape.part for shape in tile.shapes] == ["", "T"]
    ax = new_figure(width_mm=PAGE_MM, height_mm=sheet_height([tile], page=True))[1]
    assert plot_images([tile], ax=ax) is ax


def test_text_lists_the_images_and_names_the_models(gt: segeval.GroundTruth) -> None:
    tiles = image_tiles([seen("A", gt=gt), seen("B", square(1, 0, score=1), gt=gt)], [0])
    text = draw_images(tiles, {"A": "old", "B": "new"}, width=60)
    assert "A is old, B is new" in " ".join(text.splitlines()[:2])
    assert "  A 1.png  2.0 ████" in text
    assert text.endswith("1 T  0 F  1 N")


def test_without_images_it_says_so() -> None:
    with pytest.raises(InputError, match="no image is left to draw"):
        plot_images([])
