"""What one model sees in a panoptic image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import panoptic_errors
from segeval.errors import InputError
from segeval.masks import decode_one
from segeval.pictures import SeenSegments, each_segment_tile, worst_segment_images
from tests.panoptic_build import build, drawing, segment
from tests.unit.analysis.errors.panoptic_scene import GT, PREDS, two_images, with_wrong_categories
from tests.unit.metrics.panoptic.test_statistics import random_images


def seen(preds: Path, gt: Path, name: str = "") -> SeenSegments:
    """What a model sees in the images of two files."""
    found = panoptic_errors(preds, gt)
    return SeenSegments.of(name, found.outcomes["segm"], found.quality.statistics["segm"])


def of_image(found: SeenSegments, place: int) -> list[tuple[str, str]]:
    """Parts and names of the shapes of an image, with what is said of each."""
    [tile] = each_segment_tile([found], [place])
    return [(shape.part, shape.name + shape.about) for shape in tile.shapes]


def test_segments_are_what_became_of_them(tmp_path: Path) -> None:
    found = seen(*two_images(tmp_path))
    assert of_image(found, 0) == [
        ("", "cat"),
        ("N", "dog, taken for cat"),
        ("N", "sky"),
        ("T", "cat, IoU 0.83"),
        ("F", "cat, is dog (IoU 1.00)"),
    ]
    assert of_image(found, 1) == [("", "sky"), ("T", "sky, IoU 0.67"), ("F", "dog")]
    [tile] = each_segment_tile([found], [0])
    assert (tile.image_id, tile.size, tile.counts) == (1, (1, 12), (1, 1, 2))
    assert tile.loss == pytest.approx(23 / 54)
    assert (tile.picture, tile.is_placeholder, tile.notes) == (None, False, ())


def test_void_and_crowds_are_areas_and_excused_segments_are_left_out(tmp_path: Path) -> None:
    listed = [segment("a", 1, iscrowd=1), segment("b", 7)]
    gt = build(tmp_path / "gt.json", (drawing("aaaaaa....bb"), listed), gt=True)
    drawn = drawing("aaaa..cccc.b"), [segment("a", 1), segment("b", 7), segment("c", 2)]
    found = seen(build(tmp_path / "preds.json", drawn), gt)
    assert of_image(found, 0) == [("V", "void"), ("V", "crowd of cat"), ("N", "sky"), ("F", "sky")]


def test_masks_of_shapes_are_the_pixels_of_the_pictures(tmp_path: Path) -> None:
    preds, gt = random_images(3, seed=3)
    preds = with_wrong_categories(preds, 3)
    files = build(tmp_path / "preds.json", *preds), build(tmp_path / "gt.json", *gt, gt=True)
    found = seen(*files)
    for place, tile in enumerate(each_segment_tile([found], range(3))):
        ids: dict[bool, Any] = {True: gt[place][0], False: preds[place][0]}
        listed = {True: found.outcomes.gt.id, False: found.outcomes.preds.id}
        for shape in tile.shapes:
            of_gt = shape.part in ("N", "", "V")
            wanted = 0 if shape.name == "void" else listed[of_gt][shape.row]
            assert shape.mask is not None
            np.testing.assert_array_equal(decode_one(shape.mask, 0), ids[of_gt] == wanted)
        parts = [shape.part for shape in tile.shapes]
        assert tile.counts == (parts.count("T"), parts.count("F"), parts.count("N"))


def test_the_images_that_take_most_come_first_whatever_their_order(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=8)
    preds[2] = gt[2]  # loses nothing
    files = build(tmp_path / "preds.json", *preds), build(tmp_path / "gt.json", *gt, gt=True)
    found = seen(*files)
    order = worst_segment_images([found], 10)
    assert len(order) == 5
    assert 2 not in order
    losses = found.loss[order].tolist()
    assert losses == sorted(losses, reverse=True)
    assert worst_segment_images([found], 2) == order[:2]
    ids = [found.outcomes.gt.image_id[place] for place in order]
    data = json.loads(files[1].read_text())
    data["annotations"].reverse()
    files[1].write_text(json.dumps(data))
    turned = seen(*files)
    again = worst_segment_images([turned], 10)
    assert [turned.outcomes.gt.image_id[place] for place in again] == ids
    assert turned.loss[again].tolist() == losses


def test_of_two_models_the_images_that_change_most_come_first(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    b_files = build(tmp_path / "b.json", PREDS[0], GT[1])
    a, b = seen(preds, gt, "A"), seen(b_files, gt, "B")
    assert worst_segment_images([a, b], 5) == [
        1,
        0,
    ]  # without the false dog, the missed one weighs twice as much
    tiles = list(each_segment_tile([a, b], [1]))
    assert [tile.model for tile in tiles] == ["A", "B"]
    assert tiles[0].loss > tiles[1].loss


def test_photographs_are_scaled_down_and_missing_ones_are_placeholders(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    images = [{"id": n, "file_name": f"{n}.jpg", "height": 1, "width": 12} for n in (1, 2)]
    gt.write_text(json.dumps({**json.loads(gt.read_text()), "images": images}))
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (12, 1), (9, 9, 9)).save(folder / "1.jpg")
    first, second = each_segment_tile([seen(preds, gt)], [0, 1], folder, longest=6)
    assert first.picture is not None
    assert first.picture.shape == (1, 6, 3)
    assert (second.picture, second.is_placeholder) == (None, True)
    assert "has no picture 2.jpg" in second.notes[0].message


def test_a_missing_folder_of_photographs_is_told(tmp_path: Path) -> None:
    found = seen(*two_images(tmp_path))
    with pytest.raises(InputError, match="expected the pictures in it"):
        list(each_segment_tile([found], [0], tmp_path / "nowhere"))
