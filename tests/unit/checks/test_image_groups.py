"""File names and fields that tell which images belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import segeval


def groups_told(names: list[str]) -> list[str]:
    gt = ground_truth([{"file_name": name} for name in names])
    return [each.message for each in segeval.check(gt).warnings if each.code == "image-groups"]


def ground_truth(fields: list[dict[str, Any]]) -> dict[str, Any]:
    images: list[dict[str, Any]] = [
        {"id": place, "file_name": f"{chr(97 + place)}", "height": 9, "width": 9, **own}
        for place, own in enumerate(fields, 1)
    ]
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0}
    return {
        "images": images,
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{**box, "id": 1, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}],
    }


def test_frames_of_videos_are_groups() -> None:
    names = [f"{video}/frame_{frame:04}.jpg" for video in "abcdefghij" for frame in range(5)]
    assert groups_told(names) == [
        "50 images are numbered in 10 groups, such as 'a/frame_' (5 images)"
    ]
    assert groups_told(names[5:]) == []  # `groups` refuses 9


@pytest.mark.parametrize(
    "names",
    [
        [f"{place:012}.jpg" for place in range(20)],
        [f"COCO_val2014_{place:012}.jpg" for place in range(20)],
        [f"{letter}.jpg" for letter in "abcdefgh"],
        [f"{letter}{place}.jpg" for letter in "abcdefgh" for place in range(2)],
        ["a_1.jpg", "a_2.jpg", "a_3.jpg", *(f"{letter}_1.jpg" for letter in "bcdefgh")],
        [""] * 12,
    ],
)
def test_other_names_are_none(names: list[str]) -> None:
    assert groups_told(names) == []


def fields_told(fields: list[dict[str, Any]]) -> list[str]:
    found = segeval.check(ground_truth(fields)).warnings
    return [each.message for each in found if each.code == "image-field-groups"]


def test_images_of_one_video_are_a_group() -> None:
    images = [{"video_id": place // 5} for place in range(50)]
    assert fields_told(images) == [
        '50 images have the field "video_id", which has 10 values; 5 images share 0'
    ]
    assert fields_told(images[5:]) == []  # `groups` refuses 9


@pytest.mark.parametrize("field", ["scene", "patient_id", "sequenceName", "group", "GroupID"])
def test_names_of_fields_tell_groups_in_any_order_of_the_images(field: str) -> None:
    values = [f"v{place % 10}" for place in range(40)]
    assert fields_told([{field: value} for value in values]) == [
        f'40 images have the field "{field}", which has 10 values; 4 images share "v0"'
    ]


def test_a_field_of_any_name_is_told_where_images_that_share_a_value_follow_each_other() -> None:
    assert len(fields_told([{"plate": place // 3} for place in range(30)])) == 1
    assert fields_told([{"plate": place % 10} for place in range(30)]) == []


def test_the_finer_of_two_telling_fields_is_named() -> None:
    images = [{"site": place // 5, "video": place // 4, "zz": place // 2} for place in range(60)]
    assert 'the field "video",' in fields_told(images)[0]


@pytest.mark.parametrize(
    "fields",
    [
        [{"video_id": place} for place in range(20)],
        [{"video_id": 1} for _ in range(20)],
        [{"video_id": place // 3} if place < 12 else {} for place in range(20)],
        [{"frame_in_video": place % 5} for place in range(20)],
        [{"license": place % 8, "weather": ["rain", "sun"][place > 9]} for place in range(20)],
        [{"video": [1]}, {"video": [1]}, {"video": [2]}, {"video": [2]}],
        [{"video": None} for _ in range(20)],
    ],
)
def test_other_fields_are_no_groups(fields: list[dict[str, Any]]) -> None:
    assert fields_told(fields) == []


def test_long_values_and_control_characters_are_no_harm() -> None:
    values = ["\x1b[31m" + "v" * 9000, "b"]
    values += [*"cdefghij"]
    told = fields_told([{"scene": values[max(place - 9, 0) // 2]} for place in range(29)])
    assert told[0].endswith('share "\\x1b[31mvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv..."')


def test_a_field_stands_for_the_file_names_that_say_the_same(tmp_path: Path) -> None:
    fields = [
        {"file_name": f"{'abcdefghij'[place // 3]}_{place}.jpg", "video": place // 3}
        for place in range(30)
    ]
    path = tmp_path / "gt.json"
    path.write_bytes(msgspec.json.encode(ground_truth(fields)))
    for report in (segeval.check(path), segeval.check([], path)):
        codes = [each.code for each in report.warnings if each.code.startswith("image-")]
        assert codes == ["image-field-groups"]
        finding = next(each for each in report.warnings if each.field == "video")
        assert finding.hint.endswith("`groups='video'` does.")
