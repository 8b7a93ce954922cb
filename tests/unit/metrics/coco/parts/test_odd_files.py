"""Files of predictions that are no files, are given twice, or differ from the others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision
from segeval.data.synthetic import furniture
from segeval.errors import InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts import match_parts
from segeval.metrics.coco.parts.part import ap_of_part

Records = list[dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "preds").mkdir()
    found = furniture(images=4)
    (tmp_path / "gt.json").write_text(json.dumps(found.ground_truth))
    for place in (0, 1):
        own = [each for each in found.better if each["image_id"] % 2 == place]
        write(tmp_path / "preds" / f"{place}.json", own)
    return tmp_path


def write(path: Path, records: Records) -> None:
    path.write_text(json.dumps(records))


def read(path: Path) -> Records:
    found: Records = json.loads(path.read_text())
    return found


def matched(folder: Path, **settings: Any) -> Any:
    """The result of the folder, file by file."""
    preds, gt = folder / "preds", folder / "gt.json"
    match_parts(preds, gt, folder / "all.match", Arguments(**settings))
    return ap_of_part(folder / "all.match").to_dict()


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_file_by_another_name_is_given_twice(folder: Path, link: Any) -> None:
    link(folder / "preds" / "1.json", folder / "preds" / "2.json")
    words = r"2\.json: is .*1\.json by another name, and its predictions would count twice\."
    with pytest.raises(InputError, match=words):
        matched(folder)


def test_standard_input_stands_alone(folder: Path) -> None:
    with pytest.raises(InputError, match="standard input cannot stand beside files"):
        match_parts(["-", folder / "preds"], folder / "gt.json", folder / "all.match")


def test_a_folder_named_like_a_file_is_no_matter_of_workers(folder: Path) -> None:
    (folder / "preds" / "2.json").mkdir()
    with pytest.raises(InputError, match=r"2\.json: is a folder without JSON files"):
        matched(folder)


def test_a_file_of_unknown_images_does_not_say_that_ground_truth_has_none(folder: Path) -> None:
    path = folder / "preds" / "1.json"
    write(path, [{**each, "image_id": each["image_id"] + 100} for each in read(path)])
    words = (
        r"predictions are for 2 images that gt\.json does not have, first image_id 101 "
        r"\(prediction #0 of .*1\.json\)\. Are they for another split\?$"
    )
    with pytest.raises(MismatchError, match=words.replace("gt", ".*gt")):
        matched(folder)


def test_boxes_in_some_files_need_a_word_on_areas(folder: Path) -> None:
    path = folder / "preds" / "1.json"
    write(path, [{**each, "bbox": [1, 1, 5, 5]} for each in read(path)])
    words = r"Where nothing is given, boxes of a file with a bbox decide: give `area_from='bbox'`\."
    with pytest.raises(MismatchError, match=words):
        matched(folder, iou="bbox")
    found = matched(folder, iou="bbox", area_from="bbox")
    expected = average_precision(
        folder / "preds", folder / "gt.json", iou="bbox", area_from="bbox"
    ).to_dict()
    assert found["results"] == expected["results"]
