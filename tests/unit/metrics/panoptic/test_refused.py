"""Panoptic input that is wrong: every mistake has its words, and no number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import FormatError, InputError, MismatchError, check, panoptic_quality
from tests.panoptic_build import CATEGORIES, build, drawing, segment
from tests.parity.panoptic_scenes import write_picture


def one_image(segments: str) -> str:
    """The text of a panoptic file with the segments of one image."""
    start = '{"annotations": [{"image_id": 4, "file_name": "1.png", "segments_info": ['
    return f"{start}{segments}]}}]}}"


DRAWN = (drawing("aab"), [segment("a", 1), segment("b", 7)])


@pytest.fixture
def gt(tmp_path: Path) -> Path:
    return build(tmp_path / "gt.json", DRAWN, gt=True)


@pytest.fixture
def preds(tmp_path: Path) -> Path:
    return build(tmp_path / "preds.json", DRAWN)


def test_an_id_that_only_the_picture_has(preds: Path, gt: Path) -> None:
    write_picture(preds.with_suffix("") / "1.png", drawing("cab"))
    words = r"1\.png: has 1 id that .*preds\.json does not list for image_id 1: 3\. Id = R"
    with pytest.raises(MismatchError, match=words) as caught:
        panoptic_quality(preds, gt)
    assert caught.value.code == "segment-ids"


def test_an_id_that_only_the_file_has(preds: Path, gt: Path) -> None:
    write_picture(preds.with_suffix("") / "1.png", drawing("aaa"))
    words = r"preds\.json: lists 1 segment of image_id 1 that .*1\.png does not have: 2\."
    with pytest.raises(MismatchError, match=words):
        panoptic_quality(preds, gt)


def test_ids_of_the_ground_truth_must_agree_too_unless_official(preds: Path, gt: Path) -> None:
    write_picture(gt.with_suffix("") / "1.png", drawing("aac"))
    with pytest.raises(MismatchError, match=r"gt/1\.png: has 1 id that .*gt\.json does not list"):
        panoptic_quality(preds, gt)
    result = panoptic_quality(preds, gt, compat="official")
    assert [(note.code, note.count) for note in result.notes] == [("gt-ids", 2)]


def test_an_image_without_prediction_is_named(tmp_path: Path, preds: Path) -> None:
    gt = build(tmp_path / "gt.json", DRAWN, DRAWN, DRAWN, gt=True)
    words = r"preds\.json: has no prediction for image_id 2 of .*gt\.json\. 1 more like it\. Every"
    with pytest.raises(MismatchError, match=words) as caught:
        panoptic_quality(preds, gt)
    assert (caught.value.code, caught.value.count) == ("missing-image", 2)


@pytest.mark.parametrize("compat", [None, "official"])
def test_a_category_that_is_not_listed(compat: str | None, tmp_path: Path, gt: Path) -> None:
    preds = build(tmp_path / "preds.json", (drawing("aab"), [segment("a", 1), segment("b", 3)]))
    words = r"has 1, 2, 7: 1 segment has category_id 3, which .*, in segment 2 \(image_id 1\)"
    with pytest.raises(MismatchError, match=words):
        panoptic_quality(preds, gt, compat=compat)


def test_a_category_of_the_ground_truth_that_is_not_listed(tmp_path: Path, preds: Path) -> None:
    gt = build(tmp_path / "gt.json", (drawing("aab"), [segment("a", 1), segment("b", 8)]), gt=True)
    with pytest.raises(FormatError, match=r"gt\.json: 1 segment has category_id 8, which"):
        panoptic_quality(preds, gt)


def test_a_missing_picture(preds: Path, gt: Path) -> None:
    (preds.with_suffix("") / "1.png").unlink()
    words = r"preds/1\.png: no such file\. .*preds\.json names it for image_id 1\."
    with pytest.raises(InputError, match=words) as caught:
        panoptic_quality(preds, gt)
    assert caught.value.code == "no-file"


def test_a_folder_in_the_place_of_a_picture(preds: Path, gt: Path) -> None:
    picture = preds.with_suffix("") / "1.png"
    picture.unlink()
    picture.mkdir()
    with pytest.raises(FormatError, match=r"preds/1\.png: is a folder, expected a file\."):
        panoptic_quality(preds, gt)


def test_a_missing_folder(preds: Path, gt: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder nowhere with its pictures.*`gt_dir`"):
        panoptic_quality(preds, gt, gt_dir="nowhere")


def picture_of(mode: str) -> Image.Image:
    """A picture of 1 x 3 pixels."""
    values = np.array([[1, 1, 2]], np.uint16 if mode == "I;16" else np.uint8)
    picture = Image.fromarray(values)
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 0, 0])
    return picture


@pytest.mark.parametrize(("mode", "kind"), [("P", "a palette"), ("L", "one"), ("I;16", "one")])
def test_a_picture_without_three_colours(mode: str, kind: str, preds: Path, gt: Path) -> None:
    picture_of(mode).save(preds.with_suffix("") / "1.png")
    with pytest.raises(FormatError, match=rf"1\.png: has {kind}.*expected three colours of 8 bits"):
        panoptic_quality(preds, gt)


def test_a_jpeg_in_the_place_of_a_png(preds: Path, gt: Path) -> None:
    Image.new("RGB", (3, 1)).save(preds.with_suffix("") / "1.png", format="JPEG")
    with pytest.raises(FormatError, match=r"1\.png: is a JPEG file, expected a PNG file"):
        panoptic_quality(preds, gt)


def test_sizes_that_differ(preds: Path, gt: Path) -> None:
    write_picture(preds.with_suffix("") / "1.png", drawing("aab", "aab"))
    with pytest.raises(MismatchError, match=r"preds/1\.png: is 2 x 3 pixels, but .* is 1 x 3"):
        panoptic_quality(preds, gt)


def test_two_segments_of_one_id(tmp_path: Path, gt: Path) -> None:
    preds = build(tmp_path / "preds.json", (drawing("aab"), [segment("a", 1), segment("a", 7)]))
    words = r"segment 1 \(image_id 1\): the image has two segments with this id"
    with pytest.raises(FormatError, match=words):
        panoptic_quality(preds, gt)


def test_two_annotations_of_one_image(tmp_path: Path, gt: Path) -> None:
    one = {"image_id": 1, "file_name": "1.png", "segments_info": []}
    preds = build(tmp_path / "preds.json", DRAWN, annotations=[one, one])
    with pytest.raises(FormatError, match=r"image id 1 occurs twice \(records #0 and #1\)"):
        panoptic_quality(preds, gt)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"image_id": 1, "category_id": 1}]', "holds a list, as predictions of instances do"),
        (
            '{"annotations": [{"image_id": 1, "bbox": [0, 0, 1, 1], "segmentation": []}]}',
            r"holds instances \(its annotations have no segments_info",
        ),
        ('{"images": []}', "has no list of annotations, but images; a panoptic file is"),
        ('{"annotations": [7]', "not valid JSON"),
        ("7", "holds 7; a panoptic file is"),
        ('{"annotations": [{"image_id": 1}]}', "its annotations have no segments_info"),
        (
            '{"annotations": [], "categories": [{"id": 3, "isthing": "yes"}]}',
            r'category #0: isthing is "yes", expected 0 or 1',
        ),
        (
            '{"annotations": [{"image_id": 1.5, "file_name": "1.png", "segments_info": []}]}',
            r"annotation #0: image_id is 1.5, expected a whole number",
        ),
        (
            one_image('{"id": 1, "category_id": 1}, {"id": 0, "category_id": 1}'),
            r"annotation #0 segment #1 \(image_id 4\): id is 0, expected a whole number from 1",
        ),
        ('{"annotations": [1]}', r"preds\.json: annotation #0 is 1, expected an object\."),
        ('{"annotations": [], "categories": 5}', "categories is 5, expected a list"),
        (
            '{"annotations": [{"image_id": 1, "file_name": "", "segments_info": []}]}',
            r'annotation #0 \(image_id 1\): file_name is "", expected the name of a picture',
        ),
        (
            one_image("5"),
            r"annotation #0 segment #0 \(image_id 4\) is 5, expected an object",
        ),
        (
            one_image('{"id": 1, "category_id": 1, "bbox": [0, "x"]}'),
            r'annotation #0 segment #0 \(image_id 4\): bbox #1 is "x", expected a number',
        ),
        (
            one_image('{"id": 1}'),
            r"annotation #0 segment #0 \(image_id 4\) has no category_id",
        ),
        (
            one_image('{"id": 1, "category_id": 1, "area": NaN}'),
            "JSON has neither NaN nor Infinity",
        ),
    ],
)
def test_a_file_that_is_not_panoptic_is_refused(
    text: str, words: str, preds: Path, gt: Path
) -> None:
    preds.write_text(text)
    with pytest.raises(FormatError, match=words):
        panoptic_quality(preds, gt)


def test_swapped_files_are_refused(tmp_path: Path, preds: Path, gt: Path) -> None:
    words = (
        r"preds\.json: has no categories, as in predictions, .* Predictions come first: `panoptic"
    )
    with pytest.raises(FormatError, match=words):
        panoptic_quality(gt, preds)


def test_ground_truth_needs_neither_areas_nor_crowds(tmp_path: Path, gt: Path) -> None:
    bare = build(tmp_path / "bare.json", DRAWN, categories=list(CATEGORIES))
    result = panoptic_quality(gt, bare)
    assert result.pq == 1
    assert [note.code for note in result.notes] == [
        "area-computed",
        "crowd-assumed",
        "perhaps-swapped",
    ]
    assert result.notes[-1].message == (
        f"{bare}: its segments have neither area nor iscrowd, all of {gt} have both, as in ground "
        f"truth. If {gt} is the ground truth, swap the files: predictions come first"
    )
    assert [finding.code for finding in check(gt, bare).warnings] == ["perhaps-swapped"]


def test_ground_truth_without_areas_is_not_taken_for_predictions(tmp_path: Path, gt: Path) -> None:
    segments = [{**segment("a", 1), "iscrowd": 0}, {**segment("b", 7), "iscrowd": 0}]
    without = build(tmp_path / "bare.json", (drawing("aab"), segments), categories=list(CATEGORIES))
    result = panoptic_quality(gt, without)
    assert result.pq == 1
    assert [note.code for note in result.notes] == ["area-computed"]
    report = check(gt, without)
    assert (report.errors, report.warnings) == ((), ())


def test_ground_truth_without_categories(tmp_path: Path, preds: Path) -> None:
    gt = build(tmp_path / "gt.json", DRAWN, gt=True, categories=[])
    with pytest.raises(FormatError, match=r"gt\.json: has no categories"):
        panoptic_quality(preds, gt)


def test_categories_of_instances(tmp_path: Path, preds: Path) -> None:
    listed: list[dict[str, Any]] = [{"id": 1, "name": "cat"}, {"id": 7, "name": "sky"}]
    gt = build(tmp_path / "gt.json", DRAWN, gt=True, categories=listed)
    with pytest.raises(FormatError, match=r"gt\.json: a category has no isthing"):
        panoptic_quality(preds, gt)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"iou": "bbox"}, "`iou` is 'bbox', expected segm or boundary"),
        ({"iou": ()}, "`iou` names no kind"),
        ({"compat": "pycocotools"}, "`compat` is 'pycocotools', expected official."),
        ({"iou": "boundary", "boundary_ratio": 0}, "ratio` is 0"),
        ({"iou": "boundary", "boundary_ratio": 0.1, "boundary_px": 3}, "both say how wide"),
        ({"boundary_ratio": 0.1}, "`boundary_ratio` is given, but no boundaries are compared"),
        ({"workers": 0}, "`workers` is 0, expected 1 or more"),
    ],
)
def test_settings_that_make_no_sense(
    settings: dict[str, Any], words: str, preds: Path, gt: Path
) -> None:
    with pytest.raises(InputError, match=words):
        panoptic_quality(preds, gt, **settings)
