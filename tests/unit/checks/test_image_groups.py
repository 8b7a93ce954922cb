"""File names that tell which images belong together."""

from __future__ import annotations

from typing import Any

import pytest

import segeval


def groups_told(names: list[str]) -> list[str]:
    images: list[dict[str, Any]] = [
        {"id": place, "file_name": name, "height": 9, "width": 9}
        for place, name in enumerate(names, 1)
    ]
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0}
    gt = {
        "images": images,
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{**box, "id": 1, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}],
    }
    report = segeval.check(gt)
    return [each.message for each in report.warnings if each.code == "image-groups"]


def test_frames_of_videos_are_groups() -> None:
    names = [f"{video}/frame_{frame:04}.jpg" for video in ("park", "road") for frame in range(5)]
    assert groups_told(names) == [
        "10 images are numbered in 2 groups, such as 'park/frame_' (5 images)"
    ]


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
