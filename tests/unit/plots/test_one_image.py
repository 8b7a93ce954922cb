"""One image as a figure, as text and in a notebook."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import segeval
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.pictures import Tile, each_tile, seen_image
from segeval.plots import plot_image
from segeval.plots.one_image import draw_image, image_height, object_rows

FILES = {name: json.loads(text) for name, text in furniture(images=4).to_json().items()}


@pytest.fixture
def tile() -> Tile:
    """Image 3 of the demo, as its weaker model sees it."""
    how = Arguments(min_score=0.5, thresholds=0.5)
    seen, place = seen_image(FILES["model_b.json"], FILES["gt.json"], how, 3)
    [found] = each_tile([seen], [place])
    return found


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    """Files of predictions and of ground truth."""
    for name in ("model_b.json", "gt.json"):
        (tmp_path / name).write_text(json.dumps(FILES[name]))
    return str(tmp_path / "model_b.json"), str(tmp_path / "gt.json")


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_categories_and_scores_stand_beside_the_letters(tile: Tile) -> None:
    words = texts(plot_image(tile, threshold=0.5).figure)
    assert words[:2] == ["room_0003.png  image 3  IoU 0.50", "5 T  4 F  2 N"]
    assert {"T stool 0.96", "F table 0.69", "N rug"} <= set(words)
    assert words[-4:] == ["ground truth", "T true", "F false", "N not found"]


def test_the_caption_has_the_lowest_score_where_it_is_told(tile: Tile) -> None:
    assert texts(plot_image(tile, min_score=0.5).figure)[0].endswith("IoU 0.50  score from 0.5")
    assert texts(plot_image(tile).figure)[0].endswith("IoU 0.50")


def test_text_lists_false_missed_and_true_ones_by_their_score(tile: Tile) -> None:
    assert draw_image(tile).splitlines() == [
        "room_0003.png  image 3: 5 T  4 F  2 N at IoU 0.50",
        "  F false      stool    0.88",
        "  F false      stool    0.78",
        "  F false      stool    0.75",
        "  F false      table    0.69",
        "  N not found  rug",
        "  N not found  table",
        "  T true       stool    0.96",
        "  T true       stool    0.88",
        "  T true       lamp     0.87",
        "  T true       cabinet  0.85",
        "  T true       cabinet  0.75",
    ]


def test_rows_have_the_boxes_around_the_outlines(tile: Tile) -> None:
    header, *rows = object_rows(tile)
    assert header == ("part", "category", "score", "x", "y", "width", "height", "row")
    assert [row[0] for row in rows] == [""] * 5 + ["N"] * 2 + ["T"] * 5 + ["F"] * 4
    boxes = {each["id"] - 1: each["bbox"] for each in FILES["gt.json"]["annotations"]}
    for row in rows[:7]:
        assert list(row[3:7]) == boxes[row[7]]


def test_a_narrow_image_is_no_higher_than_a_page(tile: Tile) -> None:
    narrow = replace(tile, size=(1000, 10))
    assert image_height(narrow) < image_height(narrow, page=True) < 240
    plot_image(narrow)


def test_a_notebook_shows_an_image_of_a_result(paths: tuple[str, str], tmp_path: Path) -> None:
    result = segeval.average_precision(*paths)
    shown = result.show(3)
    assert shown._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
    assert repr(shown).startswith("Picture(room_0003.png  image 3; note: ")
    assert texts(shown.figure)[1] == "5 T  4 F  2 N"
    shown.save(tmp_path / "image.svg")
    assert (tmp_path / "image.svg").stat().st_size > 1000
    assert shown._repr_png_() == result.show("room_0003.png")._repr_png_()


def test_a_result_is_shown_by_its_own_settings(paths: tuple[str, str]) -> None:
    result = segeval.average_precision(
        *paths, iou=("segm", "bbox"), thresholds=[0.7, 0.9], min_score=0.9, categories=["stool"]
    )
    shown = result.show(3)
    assert texts(shown.figure)[0].endswith("IoU 0.70")
    assert texts(shown.figure)[1] == "0 T  1 F  2 N"
    boxes = result.show(3, iou="bbox", threshold=0.3)
    assert texts(boxes.figure)[0].endswith("IoU 0.30")
    with pytest.raises(InputError, match=r"`iou` is 'boundary', expected one of"):
        result.show(3, iou="boundary")
    with pytest.raises(InputError, match=r'has no image "9". Its nearest ids: 2, 3, 4\.'):
        result.show(9)


def test_names_are_shown_as_text(tile: Tile) -> None:
    shapes = [replace(shape, name="a\n\x1b\u202e$x$" + "y" * 9999) for shape in tile.shapes[-1:]]
    odd = replace(tile, name="b\n\u202e.png", shapes=tuple(shapes))
    words = texts(plot_image(odd).figure)
    assert words[0] == "b\\n\\u202e.png  image 3  IoU 0.50"
    assert "F a\\n\\x1b\\u202…yyyyyyyyyyy 0.69" in words


def test_a_placeholder_says_that_there_is_no_photograph(tile: Tile) -> None:
    assert "no photograph" not in texts(plot_image(tile).figure)
    assert "no photograph" in texts(plot_image(replace(tile, is_placeholder=True)).figure)


def test_a_result_of_a_loop_is_shown_with_its_files() -> None:
    metric = segeval.Metric(FILES["gt.json"]["categories"])
    mask = np.zeros((1, 40, 60), np.bool_)
    mask[0, 5:20, 5:20] = True
    label = FILES["gt.json"]["categories"][0]["id"]
    metric.update([7], [{"scores": [0.9], "labels": [label], "masks": mask}],
                  [{"labels": [label], "masks": mask}])  # fmt: skip
    result = metric.compute()
    with pytest.raises(InputError, match="no longer holds its predictions"):
        result.show(7)
    shown = result.show(3, preds=FILES["model_b.json"], gt=FILES["gt.json"])
    assert texts(shown.figure)[1] == "5 T  4 F  2 N"


def test_photographs_that_are_missing_are_noted(paths: tuple[str, str], tmp_path: Path) -> None:
    Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(tmp_path / "room_0003.png")
    sizes = {image["id"]: (image["height"], image["width"]) for image in FILES["gt.json"]["images"]}
    Image.fromarray(np.full((*sizes[3], 3), 90, np.uint8)).save(tmp_path / "room_0003.png")
    result = segeval.average_precision(*paths)
    assert [note.code for note in result.show(3, images=tmp_path).notes] == ["min-score"]
    assert [note.code for note in result.show(2, images=str(tmp_path)).notes][-1] == "no-photo"


def test_columns_are_found_while_they_are_in_memory(paths: tuple[str, str]) -> None:
    preds, gt = segeval.load_predictions(paths[0]), segeval.load_ground_truth(paths[1])
    result = segeval.average_precision(preds, gt)
    assert texts(result.show(3).figure)[1] == "5 T  4 F  2 N"
    del preds
    gc.collect()
    with pytest.raises(InputError) as refused:
        result.show(3)
    assert refused.value.message == (
        "the result no longer holds its predictions: only files, and columns that are still in "
        "memory, are found again. Give them: `show(3, preds=preds)`."
    )
    assert texts(result.show(3, preds=paths[0]).figure)[1] == "5 T  4 F  2 N"


def test_records_in_memory_are_not_kept_and_can_be_given() -> None:
    result = segeval.average_precision(FILES["model_b.json"], FILES["gt.json"])
    with pytest.raises(InputError, match="no longer holds its predictions"):
        result.show(3)
    with pytest.raises(InputError, match="no longer holds its ground truth"):
        result.show(3, preds=FILES["model_b.json"])
    shown = result.show(3, preds=FILES["model_b.json"], gt=FILES["gt.json"])
    assert texts(shown.figure)[1] == "5 T  4 F  2 N"


def test_a_file_that_has_changed_is_refused(paths: tuple[str, str]) -> None:
    result = segeval.average_precision(*paths)
    Path(paths[0]).write_text("[]")
    with pytest.raises(InputError) as refused:
        result.show(3)
    assert refused.value.message == (
        f"{paths[0]}: has changed since it was evaluated, expected the same file. Evaluate it "
        "again."
    )


def test_words_beside_outlines_stay_inside_of_the_image_and_move_nothing(tile: Tile) -> None:
    long = [replace(each, name="a-very-long-name-" * 4, about=", is W" * 9) for each in tile.shapes]
    ax = plot_image(replace(tile, shapes=tuple(long)))
    figure: Any = ax.get_figure(root=True)
    figure.set_dpi(300)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    edge = ax.transData.transform((ax.get_xlim()[1], 0))[0]
    words = [text for text in ax.texts if text.get_bbox_patch() is not None]
    assert words
    for text in words:
        patch: Any = text.get_bbox_patch()
        assert patch.get_window_extent().x1 <= edge + 1, text.get_text()
    whole = ax.get_position()
    for text in words:
        text.remove()
    canvas.draw()
    assert ax.get_position().bounds == whole.bounds
