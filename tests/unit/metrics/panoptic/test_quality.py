"""Panoptic quality: every rule on a drawing that can be counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import segeval
from segeval import InputError, PanopticResult, check, panoptic_quality
from segeval.data.panoptic.read import load_panoptic
from segeval.metrics.panoptic.result import CategoryQuality
from tests.panoptic_build import build, drawing, segment

Images = list[tuple[Any, list[dict[str, Any]]]]


def evaluated(folder: Path, preds: Images, gt: Images, **settings: Any) -> PanopticResult:
    """The result of two sets of drawings."""
    return panoptic_quality(
        build(folder / "preds.json", *preds), build(folder / "gt.json", *gt, gt=True), **settings
    )


def of(result: PanopticResult, name: str, kind: str = "segm") -> CategoryQuality:
    """The numbers of one category."""
    return next(one for one in result.scores[kind].categories if one.name == name)


def test_pq_is_the_sum_of_iou_over_matches_and_half_of_the_rest(tmp_path: Path) -> None:
    # cat: a and A share 6 of 8 pixels (IoU 6/8), b is missed; dog: one prediction too many
    gt = [(drawing("aaaabb", "aaa.bb"), [segment("a", 1), segment("b", 1)])]
    preds = [(drawing("aaa.cc", "aaaa.."), [segment("a", 1), segment("c", 2)])]
    result = evaluated(tmp_path, preds, gt)
    cat, dog, sky = result.first.categories
    # the pixel of A on void is no part of the union: 6 / (7 + 7 - 6 - 1)
    assert cat == CategoryQuality(1, "cat", True, 6 / 7 / 1.5, 6 / 7, 1 / 1.5, 1, 0, 1)
    assert dog == CategoryQuality(2, "dog", True, 0.0, 0.0, 0.0, 0, 1, 0)
    assert sky == CategoryQuality(7, "sky", False, None, None, None, 0, 0, 0)
    assert (result.pq, result.sq, result.rq) == (6 / 7 / 1.5 / 2, 6 / 7 / 2, 1 / 1.5 / 2)
    assert result.first.all.n == 2


def test_an_iou_of_exactly_one_half_does_not_match(tmp_path: Path) -> None:
    gt = [(drawing("aabb"), [segment("a", 1), segment("b", 7)])]
    half = evaluated(tmp_path, [(drawing("a..."), [segment("a", 1)])], gt)
    assert (of(half, "cat").tp, of(half, "cat").fp, of(half, "cat").fn) == (0, 1, 1)
    more = evaluated(
        tmp_path,
        [(drawing("aaab"), [segment("a", 1), segment("b", 7)])],
        gt,
    )
    assert of(more, "cat").tp == 1  # 2 of 3


def test_another_category_never_matches(tmp_path: Path) -> None:
    result = evaluated(
        tmp_path, [(drawing("aa"), [segment("a", 2)])], [(drawing("aa"), [segment("a", 1)])]
    )
    assert (of(result, "cat").fn, of(result, "dog").fp) == (1, 1)


@pytest.mark.parametrize(("row", "wrong"), [("a...", 0), ("bb..", 1)])
def test_a_prediction_mostly_on_void_is_not_wrong(row: str, wrong: int, tmp_path: Path) -> None:
    # of the prediction 3 of 4 pixels are void, or 2 of 4: exactly half is not enough
    gt = [(drawing(row), [segment(row[0], 7)])]
    preds = [(drawing("cccc"), [segment("c", 1)])]
    assert of(evaluated(tmp_path, preds, gt), "cat").fp == wrong


def test_a_prediction_mostly_in_a_crowd_of_its_category_is_not_wrong(tmp_path: Path) -> None:
    gt = [(drawing("aaab"), [segment("a", 1, iscrowd=1), segment("b", 7)])]
    cats = evaluated(tmp_path, [(drawing("ccc."), [segment("c", 1)])], gt)
    assert (of(cats, "cat").pq, of(cats, "cat").fp) == (None, 0)
    dogs = evaluated(tmp_path, [(drawing("ccc."), [segment("c", 2)])], gt)
    assert of(dogs, "dog").fp == 1


def test_all_crowds_of_a_category_count_but_the_official_tool_sees_the_last(
    tmp_path: Path,
) -> None:
    crowds = [segment("a", 1, iscrowd=1), segment("b", 1, iscrowd=1)]
    gt = [(drawing("aabbb"), crowds)]
    preds = [(drawing("cccc."), [segment("c", 1)])]  # 4 of 4 in both, 2 of 4 in the last
    assert of(evaluated(tmp_path, preds, gt), "cat").fp == 0
    assert of(evaluated(tmp_path, preds, gt, compat="official"), "cat").fp == 1
    gt = [(drawing("aabbb"), crowds[::-1])]
    preds = [(drawing("..ccc"), [segment("c", 1)])]  # all in the first of the file
    assert of(evaluated(tmp_path, preds, gt, compat="official"), "cat").fp == 1


def test_ids_use_all_three_colours(tmp_path: Path) -> None:
    ids = drawing("aab")
    big = {1: 65536 + 256 + 1, 2: 2**24 - 1}
    ids[ids == 1], ids[ids == 2] = big[1], big[2]
    info = [
        {"id": big[2], "category_id": 7, "iscrowd": 0},
        {"id": big[1], "category_id": 1, "iscrowd": 0},
    ]
    result = evaluated(tmp_path, [(ids, info)], [(ids, info)])
    assert (result.pq, of(result, "cat").tp, of(result, "sky").tp) == (1.0, 1, 1)


def test_no_category_of_a_group_is_undefined_where_the_tool_divides_by_zero(
    tmp_path: Path,
) -> None:
    drawn = [(drawing("aa"), [segment("a", 1)])]
    result = evaluated(tmp_path, drawn, drawn)
    assert (result.first.stuff.pq, result.first.stuff.n) == (None, 0)
    assert result.to_dict()["results"]["segm"]["stuff"] == {
        "pq": None,
        "sq": None,
        "rq": None,
        "n": 0,
    }


def test_a_set_without_images_has_no_numbers(tmp_path: Path) -> None:
    result = evaluated(tmp_path, [], [])
    assert (result.pq, result.first.all.n) == (None, 0)


def test_areas_of_the_file_are_used_and_noted(tmp_path: Path) -> None:
    gt = [(drawing("aaa."), [segment("a", 1, area=6)])]
    result = evaluated(tmp_path, [(drawing("aaa."), [segment("a", 1)])], gt)
    assert of(result, "cat").fn == 1  # 3 / (3 + 6 - 3) is not above one half
    (note,) = result.notes
    assert (note.code, note.count) == ("area-differs", 1)
    assert "the area of the file is used" in note.message


def test_what_ground_truth_lacks_is_made_up_for_and_noted(tmp_path: Path) -> None:
    bare: dict[str, Any] = {
        "annotations": [{"image_id": 1, "file_name": "1.png", "segments_info": [segment("a", 1)]}]
    }
    gt = build(tmp_path / "gt.json", (drawing("aaa."), []), gt=True, **bare)
    preds = build(tmp_path / "preds.json", (drawing("aaa."), [segment("a", 1)]))
    result = panoptic_quality(preds, gt)
    assert result.pq == 1.0
    assert [(note.code, note.count) for note in result.notes] == [
        ("area-computed", 1),
        ("crowd-assumed", 1),
    ]
    assert result.notes[0].message.endswith(
        "1 segment has no area; the pixels of the picture are counted"
    )
    assert result.notes[1].message.endswith("1 segment has no iscrowd; 0 is assumed")


def test_an_area_smaller_than_what_is_shared_is_an_error(tmp_path: Path) -> None:
    drawn = [(drawing("aaa."), [segment("a", 1, area=0)])]
    with pytest.raises(InputError, match=r"segment 1 \(image_id 1\): area is 0, but it shares"):
        evaluated(tmp_path, drawn, drawn)


def test_images_without_ground_truth_are_not_used_and_noted(tmp_path: Path) -> None:
    drawn = (drawing("aa"), [segment("a", 1)])
    result = evaluated(tmp_path, [drawn, (drawing("bb"), [segment("b", 99)])], [drawn])
    assert result.pq == 1.0
    assert [(note.code, note.count) for note in result.notes] == [("unused-images", 1)]


def test_the_order_of_images_changes_no_bit(tmp_path: Path) -> None:
    gt = [
        (drawing("aaaa...", "aaaa..."), [segment("a", 1)]),
        (drawing("bbbbb..", "bbbbb.."), [segment("b", 1)]),
        (drawing("ccccccc", "ccccccc"), [segment("c", 1)]),
    ]
    preds = [
        (drawing("aaaa...", "aaa...."), [segment("a", 1)]),
        (drawing("bbbbb..", "bbbb..."), [segment("b", 1)]),
        (drawing("ccccccc", "cccccc."), [segment("c", 1)]),
    ]
    first = evaluated(tmp_path, preds, gt)
    second = evaluated(tmp_path, preds[::-1], gt[::-1])
    assert first.first == second.first


def test_boundary_pq_takes_the_smaller_iou(tmp_path: Path) -> None:
    # 9 x 9 of which the 7 x 7 in the middle is inside; the prediction is one column off
    gt = [(drawing(*[".aaaaaaaaa."] * 9), [segment("a", 1)])]
    preds = [(drawing(*["aaaaaaaaa.."] * 9), [segment("a", 1)])]
    result = evaluated(tmp_path, preds, gt, iou=("segm", "boundary"))
    # the column of the prediction on void is no part of the union
    assert of(result, "cat").sq == 72 / 81
    # bands of 32 pixels; shared: 8 of the top and bottom rows each; 9 of the prediction on void
    assert of(result, "cat", "boundary").tp == 0
    assert of(result, "cat", "boundary").fn == 1


def test_boundary_pq_of_a_hand_counted_pair(tmp_path: Path) -> None:
    # the prediction lacks the last of 8 columns, where the ground truth is sky
    gt = [(drawing(*["aaaaaaab"] * 5), [segment("a", 1), segment("b", 7)])]
    preds = [(drawing(*["aaaaaaaa"] * 5), [segment("a", 1)])]
    result = evaluated(tmp_path, preds, gt, iou=("segm", "boundary"))
    assert of(result, "cat").sq == 35 / 40
    # bands of 35 - 15 and 40 - 18; shared: top and bottom 7 each, left 3: 17
    assert of(result, "cat", "boundary").sq == 17 / (20 + 22 - 17)


def test_the_id_that_the_boundary_tool_marks_with_collides_in_official_mode_only(
    tmp_path: Path,
) -> None:
    marker = 8  # one more than the largest category id
    ids = drawing(*["aaaaaaabbbbbbb"] * 9)
    ids[ids == 2] = marker
    info = [segment("a", 1), {"id": marker, "category_id": 7}]
    sound = evaluated(tmp_path, [(ids, info)], [(ids, info)], iou="boundary")
    assert sound.pq == 1.0
    # 8 is drawn over the inside of both, so that its boundaries share more than they have
    wrong = evaluated(tmp_path, [(ids, info)], [(ids, info)], iou="boundary", compat="official")
    assert of(wrong, "sky", "boundary").sq != 1.0 or of(wrong, "sky", "boundary").fn == 1


@pytest.mark.parametrize(("side", "width"), [((75, 100), 2), ((45, 60), 2), ((105, 140), 4)])
def test_halves_of_the_boundary_width_are_rounded_to_even(
    side: tuple[int, int], width: int, tmp_path: Path
) -> None:
    height, breadth = side
    gt = [(drawing(*["a" * breadth] * height), [segment("a", 1)])]
    # a prediction that lacks everything farther than the width from the border: all of its
    # pixels, and no others, are boundary
    ring = gt[0][0].copy()
    ring[width : height - width, width : breadth - width] = 0
    preds = [(ring, [segment("a", 1)])]
    result = evaluated(tmp_path, preds, gt, iou="boundary")
    pixels = height * breadth - (height - 2 * width) * (breadth - 2 * width)
    mask_iou = pixels / (height * breadth)
    assert mask_iou < 0.5
    assert of(result, "cat", "boundary").fn == 1
    gt[0][1][0]["area"] = pixels  # as panopticapi, the file is believed: now the masks are equal
    assert of(evaluated(tmp_path, preds, gt, iou="boundary"), "cat", "boundary").sq == 1.0


def test_boundaries_may_have_a_width_in_pixels(tmp_path: Path) -> None:
    gt = [(drawing(*["aaaaaa"] * 5), [segment("a", 1)])]
    preds = [(drawing(*["aaaaaa"] * 4, "......"), [segment("a", 1)])]
    thin = evaluated(tmp_path, preds, gt, iou="boundary", boundary_px=1)
    # rings of 16 and 18 pixels share the uppermost 6 and three at either side
    assert of(thin, "cat", "boundary").sq == 12 / 22
    wide = evaluated(tmp_path, preds, gt, iou="boundary", boundary_px=3)
    assert of(wide, "cat", "boundary").sq == 24 / 30
    settings = wide.to_dict()["settings"]
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 3)


def test_progress_is_told_per_image(tmp_path: Path) -> None:
    drawn = [(drawing("aa"), [segment("a", 1)])] * 3
    heard: list[tuple[int, int]] = []
    evaluated(tmp_path, drawn, drawn, on_progress=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_columns_can_be_given_instead_of_paths(tmp_path: Path) -> None:
    drawn = (drawing("aa"), [segment("a", 1)])
    gt = load_panoptic(build(tmp_path / "gt.json", drawn, gt=True))
    preds = load_panoptic(build(tmp_path / "preds.json", drawn))
    assert panoptic_quality(preds, gt).pq == 1.0


def test_result_offers_tables_and_one_line(tmp_path: Path) -> None:
    drawn = [(drawing("aab"), [segment("a", 1), segment("b", 7)])]
    result = evaluated(tmp_path, drawn, drawn, iou=("segm", "boundary"))
    groups, classes = result.tables
    assert groups.records()[0] == {
        "group": "all",
        "pq": 1.0,
        "sq": 1.0,
        "rq": 1.0,
        "boundary_pq": 1.0,
        "boundary_sq": 1.0,
        "boundary_rq": 1.0,
        "n": 2,
    }
    assert [row["name"] for row in classes.records()] == ["cat", "sky"]
    assert result.headline[0] == "Panoptic quality and boundary panoptic quality"
    assert result.headline[-1] == "boundary 0.02 of the diagonal"
    assert result.summary == "1 image, 2 categories, 2 segments"
    assert repr(result).endswith("segm PQ 100.0, boundary PQ 100.0)")
    assert "<td>cat</td>" in result._repr_html_()


def notes(result: PanopticResult, code: str) -> list[str]:
    return [note.message.partition(": ")[2] for note in result.notes if note.code == code]


def test_categories_that_are_predicted_as_others_are_told(tmp_path: Path) -> None:
    truth = drawing("aabbcc", "aabbcc")
    gt = [(truth, [segment("a", 1), segment("b", 2), segment("c", 7)])] * 3
    others = [(truth, [segment("a", 2), segment("b", 7), segment("c", 1)])] * 3
    assert notes(evaluated(tmp_path, others, gt), "mapped-categories") == [
        (
            "segments of these categories are found as another one: 1 as 2 (3 of 3), 2 as 7 (3 of "
            "3), 7 as 1 (3 of 3). Do the category ids mean the same in both files?"
        )
    ]
    assert notes(evaluated(tmp_path, gt, gt), "mapped-categories") == []


def test_one_category_that_is_predicted_as_another_one_is_told_if_often(tmp_path: Path) -> None:
    truth = drawing("aabbcc", "aabbcc")
    for images, told in ((4, 0), (5, 1)):
        gt = [(truth, [segment("a", 1), segment("b", 2), segment("c", 7)])] * images
        preds = [(truth, [segment("a", 2), segment("b", 2), segment("c", 7)])] * images
        folder = tmp_path / str(images)
        folder.mkdir()
        message = (
            "segments of this category are found as another one: 1 as 2 (5 of 5). Do the category "
            "ids mean the same in both files?"
        )
        assert notes(evaluated(folder, preds, gt), "mapped-categories") == [message] * told


def test_ground_truth_of_crowd_regions_alone_is_told(tmp_path: Path) -> None:
    gt = [(drawing("aab"), [segment("a", 1, iscrowd=1), segment("b", 2, iscrowd=1)])]
    result = evaluated(tmp_path, [(drawing("aab"), [segment("a", 1), segment("b", 2)])], gt)
    assert result.pq is None
    assert notes(result, "crowd-share") == [
        (
            "2 of 2 segments are crowd regions (iscrowd 1): none counts, and PQ is undefined. "
            "iscrowd marks groups of objects, not run lengths"
        )
    ]


def test_pictures_with_red_and_blue_exchanged_are_told(tmp_path: Path) -> None:
    gt = [(drawing("aab"), [segment("a", 1), segment("b", 2)])]
    preds = build(tmp_path / "preds.json", *gt)
    [picture] = (tmp_path / "preds").glob("*.png")
    red, green, blue = Image.open(picture).split()
    Image.merge("RGB", (blue, green, red)).save(picture)
    with pytest.raises(InputError) as raised:
        panoptic_quality(preds, build(tmp_path / "gt.json", *gt, gt=True))
    assert raised.value.message.endswith(
        "They are listed with red and blue exchanged: saved as BGR? Id = R + 256 G + 65536 B; 0 is "
        "void."
    )


def test_the_same_pictures_on_both_sides_are_told(tmp_path: Path) -> None:
    drawn = [(drawing("aab"), [segment("a", 1), segment("b", 7)])]
    gt = build(tmp_path / "gt.json", *drawn, gt=True)
    others = [(drawing("aab"), [segment("a", 1), segment("b", 1)])]
    preds = build(tmp_path / "preds.json", *others)
    codes = {note.code for note in panoptic_quality(preds, gt).notes}
    assert "same-files" not in codes
    result = panoptic_quality(preds, gt, preds_dir=tmp_path / "gt")
    [note] = [each.message for each in result.notes if each.code == "same-files"]
    assert note == (
        f"predictions and ground truth have the same pictures, {tmp_path / 'gt'}: every segment of "
        "a picture fits itself"
    )
    for own, way in ((gt, None), (build(tmp_path / "copy.json", *drawn, gt=True), tmp_path / "gt")):
        result = panoptic_quality(own, gt, preds_dir=way)
        [note] = [each.message for each in result.notes if each.code == "same-files"]
        assert note == (
            f"{gt}: predictions and ground truth have the same segments and the same pictures. Is "
            "the same file given twice?"
        )
        report = check(own, gt, preds_dir=way)
        assert [each.code for each in report.warnings] == ["same-files"]
    page = segeval.report(gt, gt, top=0)
    assert "same-files" in [each.code for each in page.notes]
