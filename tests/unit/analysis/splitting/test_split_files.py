"""Parts of files: every record and every other field as it was, in exactly one part."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.analysis import split_files
from segeval.analysis.splitting.result import AbsentCategory, PartOfSplit, absent_notes
from segeval.data.coco import record_parts
from segeval.data.synthetic import furniture
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.coco.parts import ap_of_part, match_part, merge_parts

ROOMS = furniture(images=24)
HALVES = {"fit": 0.5, "judge": 0.5}

GT = """{"info": {"year": 2026.50, "x": [1, 2]},
 "images": [{"id": 2, "width": 9, "height": 9, "odd": 1.10e0},
  {"id": 1, "width": 9, "height": 9, "neg_category_ids": [5], "not_exhaustive_category_ids": []}],
 "mine": null,
 "annotations": [{"id": 4, "image_id": 1, "category_id": 5, "bbox": [0, 0, 2.50, 3], "area": 7.5,
   "iscrowd": 0, "note": "\\u00e9"}, {"id": 5,"image_id": 2,"category_id": 5,"bbox":[0,0,1,1],
   "area":1,"iscrowd":0}],
 "categories": [{"id": 5, "name": "cup", "colour": "red"}, {"id": 6, "name": "fork"}]}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set with predictions of two models."""
    for name, content in ROOMS.to_json().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def read(path: str | Path) -> Any:
    return json.loads(Path(path).read_text())


def test_records_and_other_fields_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "gt.json").write_text(GT)
    split_files(tmp_path / "gt.json", folder=tmp_path / "parts", parts=HALVES)
    texts = [(tmp_path / "parts" / f"gt.{name}.json").read_text() for name in HALVES]
    for text in texts:
        assert list(json.loads(text)) == ["info", "images", "mine", "annotations", "categories"]
        assert '{"year": 2026.50, "x": [1, 2]}' in text
        assert '[{"id": 5, "name": "cup", "colour": "red"}, {"id": 6, "name": "fork"}]' in text
    both = "".join(texts)
    assert both.count('"odd": 1.10e0') == both.count('"bbox": [0, 0, 2.50, 3]') == 1
    assert both.count("\\u00e9") == both.count('"neg_category_ids": [5]') == 1


def test_every_record_is_in_the_part_of_its_image_and_in_its_order(folder: Path) -> None:
    names = "model_a.json", "model_b.json"
    parts = {"train": 0.5, "val": 6, "test": None}
    with pytest.raises(InputError, match="fractions and numbers of images, expected one kind"):
        split_files(folder / "gt.json", folder=folder / "parts", parts=parts)
    parts["train"] = 12
    found = split_files(
        folder / "gt.json", [folder / name for name in names], folder=folder / "parts", parts=parts
    )
    images = [
        {each["id"] for each in read(part.files["gt"])["images"]} for part in found.scores.parts
    ]
    assert [len(each) for each in images] == [12, 6, 6]
    for role, whole in (("gt", "gt.json"), ("preds_1", names[0]), ("preds_2", names[1])):
        rows = read(folder / whole)
        rows = rows["annotations"] if role == "gt" else rows
        for part, own in zip(found.scores.parts, images, strict=True):
            there = read(part.files[role])
            there = there["annotations"] if role == "gt" else there
            assert there == [row for row in rows if row["image_id"] in own]
            count = part.annotations if role == "gt" else part.predictions[role]
            assert len(there) == count
    assert sum(part.predictions["preds_1"] for part in found.scores.parts) == len(
        read(folder / names[0])
    )


def test_files_of_many_records_are_written_in_pieces(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = folder / "gt.json", [folder / "model_a.json"]
    whole = split_files(*files, folder=folder / "whole", parts=HALVES)
    monkeypatch.setattr(record_parts, "BATCH", 5)
    pieces = split_files(*files, folder=folder / "pieces", parts=HALVES)
    for one, other in zip(whole.scores.parts, pieces.scores.parts, strict=True):
        for role, path in one.files.items():
            assert Path(path).read_bytes() == Path(other.files[role]).read_bytes()


def test_parts_that_are_matched_and_merged_give_the_numbers_of_the_whole(folder: Path) -> None:
    found = split_files(
        folder / "gt.json", [folder / "model_a.json"], folder=folder / "parts", parts=HALVES
    )
    matched = []
    for part in found.scores.parts:
        matched.append(folder / f"{part.name}.match")
        match_part(part.files["preds_1"], part.files["gt"], matched[-1])
    merge_parts(matched, folder / "all.match")
    whole = segeval.average_precision(folder / "model_a.json", folder / "gt.json")
    assert ap_of_part(folder / "all.match").flat() == whole.flat()


def test_json_lines_and_compressed_files_stay_what_they_are(folder: Path) -> None:
    rows = read(folder / "model_a.json")
    (folder / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "gt.json.gz").write_bytes(gzip.compress((folder / "gt.json").read_bytes()))
    found = split_files(
        folder / "gt.json.gz", [folder / "a.jsonl"], folder=folder / "parts", parts=HALVES
    )
    paths = [Path(part.files["preds_1"]) for part in found.scores.parts]
    assert [path.name for path in paths] == ["a.fit.jsonl", "a.judge.jsonl"]
    lines = [line for path in paths for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(map(json.dumps, rows))
    truth = json.loads(gzip.decompress((folder / "parts" / "gt.fit.json.gz").read_bytes()))
    assert len(truth["images"]) == 12


def test_predictions_in_a_whole_coco_file_keep_its_lists_of_the_part(folder: Path) -> None:
    whole = {**read(folder / "gt.json"), "annotations": read(folder / "model_a.json")}
    (folder / "whole.json").write_text(json.dumps(whole))
    found = split_files(
        folder / "gt.json", [folder / "whole.json"], folder=folder / "parts", parts=HALVES
    )
    for part in found.scores.parts:
        own = read(part.files["preds_1"])
        assert own["images"] == read(part.files["gt"])["images"]
        assert own["categories"] == whole["categories"]
        assert len(own["annotations"]) == part.predictions["preds_1"] > 0


def test_listed_images_that_predictions_need_not_have_may_be_odd(folder: Path) -> None:
    whole = {**read(folder / "gt.json"), "annotations": read(folder / "model_a.json")}
    ids = [image["id"] for image in whole["images"]]
    odd = [{"id": float(ids[0])}, {"id": None}, {"id": [1]}, {"id": True}, {}]
    kept = []
    for images in ([*whole["images"][1:], *odd], None):
        (folder / "whole.json").write_text(json.dumps({**whole, "images": images}))
        found = split_files(
            folder / "gt.json", [folder / "whole.json"], folder=folder / "parts", parts=HALVES,
            overwrite=True,
        )  # fmt: skip
        kept.append([read(part.files["preds_1"])["images"] for part in found.scores.parts])
    assert sorted(image["id"] for part in kept[0] for image in part) == sorted(ids)
    assert kept[1] == [None, None]
    (folder / "whole.json").write_text(json.dumps({**whole, "images": [None]}))
    with pytest.raises(FormatError, match="images: Expected `object`, got `null`"):
        split_files(folder / "gt.json", [folder / "whole.json"], folder=folder / "p", parts=HALVES)


def test_predictions_without_a_category_or_with_another_score_are_split_too(folder: Path) -> None:
    rows = [{"image_id": image, "bbox": [0, 0, 5, 5], "quality": 0.5} for image in range(1, 25)]
    (folder / "sam.json").write_text(json.dumps(rows))
    found = split_files(
        folder / "gt.json", [folder / "sam.json"], folder=folder / "parts", parts=HALVES,
        score_field="quality",
    )  # fmt: skip
    assert [part.predictions["preds_1"] for part in found.scores.parts] == [12, 12]
    assert read(found.scores.parts[0].files["preds_1"])[0] in rows


def test_predictions_of_unknown_images_are_refused_or_counted(folder: Path) -> None:
    rows = [*read(folder / "model_a.json"), {**read(folder / "model_a.json")[0], "image_id": 999}]
    (folder / "more.json").write_text(json.dumps(rows))
    with pytest.raises(MismatchError, match=r"1 prediction is for 1 image that .* does not have"):
        split_files(folder / "gt.json", [folder / "more.json"], folder=folder / "p", parts=HALVES)
    assert not (folder / "p").exists()
    found = split_files(
        folder / "gt.json", [folder / "more.json"], folder=folder / "p", parts=HALVES,
        skip_unknown=True,
    )  # fmt: skip
    assert [(note.code, note.count) for note in found.notes] == [("unknown-image", 1)]
    assert "more.json: 1 prediction left out, of images that " in found.notes[0].message
    assert found.inputs["preds_1"]["count"] == len(rows)


def test_a_category_that_a_part_lacks_is_named_with_its_number_of_images(folder: Path) -> None:
    truth = read(folder / "gt.json")
    truth["categories"].append({"id": 99, "name": "throne"})
    truth["annotations"].append({**truth["annotations"][0], "id": 10**6, "category_id": 99})
    (folder / "gt.json").write_text(json.dumps(truth))
    found = split_files(folder / "gt.json", folder=folder / "parts", parts=HALVES)
    (note,) = found.notes
    assert note.message.endswith("has no object of 1 category: throne (in 1 image)")
    assert sorted(len(part.absent) for part in found.scores.parts) == [0, 1]


def test_the_most_frequent_of_absent_categories_is_named_first() -> None:
    absent = AbsentCategory(1, "rug", 2), AbsentCategory(2, "bed", 5)
    part = PartOfSplit("fit", 1, 0.5, 0, 0, 0, absent, {}, {})
    (note,) = absent_notes((part,))
    assert note.message.endswith("2 categories: bed (in 5 images), rug (in 2 images)")


def test_crowds_are_annotations_and_no_objects(folder: Path) -> None:
    truth = read(folder / "gt.json")
    truth["categories"].append({"id": 99, "name": "crowd"})
    crowd = {**truth["annotations"][0], "id": 10**6, "category_id": 99, "iscrowd": 1}
    truth["annotations"].append(crowd)
    (folder / "gt.json").write_text(json.dumps(truth))
    found = split_files(folder / "gt.json", folder=folder / "parts", parts=HALVES)
    parts, crowds = found.scores.parts, sum(each["iscrowd"] for each in truth["annotations"])
    assert sum(part.annotations - part.objects for part in parts) == crowds
    assert [part.absent for part in parts] == [(), ()]


def test_an_image_id_that_occurs_twice_is_refused(folder: Path) -> None:
    truth = read(folder / "gt.json")
    truth["images"].append(truth["images"][0])
    (folder / "gt.json").write_text(json.dumps(truth))
    with pytest.raises(FormatError, match="image id 1 occurs twice"):
        split_files(folder / "gt.json", folder=folder / "parts", parts=HALVES)


def test_images_with_a_field_of_groups_are_pointed_out_and_stay_together(folder: Path) -> None:
    truth = read(folder / "gt.json")
    for place, image in enumerate(truth["images"]):
        image["video_id"] = place // 4
    (folder / "gt.json").write_text(json.dumps(truth))
    found = split_files(folder / "gt.json", folder=folder / "alone", parts=HALVES)
    assert [note.code for note in found.notes] == ["image-field-groups"]
    assert "they have to be in one part: `groups='video_id'` does" in found.notes[0].message
    found = split_files(
        folder / "gt.json", folder=folder / "parts", parts=HALVES, groups="video_id"
    )
    videos = [
        {image["video_id"] for image in read(part.files["gt"])["images"]}
        for part in found.scores.parts
    ]
    assert not videos[0] & videos[1]
    assert [len(each) for each in videos] == [3, 3]
    assert (found.scores.groups, found.notes) == (6, ())


def test_too_few_groups_for_the_parts_are_refused(folder: Path) -> None:
    labels = dict.fromkeys(range(1, 25), "one")
    with pytest.raises(
        InputError, match=r"judge without .* get 12 images, and of 1 group the smallest has 24"
    ):
        split_files(folder / "gt.json", folder=folder / "parts", parts=HALVES, groups=labels)


def test_files_whose_parts_would_have_one_name_are_refused(folder: Path) -> None:
    (folder / "b").mkdir()
    (folder / "b" / "model_a.json").write_bytes((folder / "model_a.json").read_bytes())
    preds = [folder / "model_a.json", folder / "b" / "model_a.json"]
    with pytest.raises(InputError, match="would have the names of those of"):
        split_files(folder / "gt.json", preds, folder=folder / "parts", parts=HALVES)
    preds[1] = preds[1].rename(folder / "b" / "MODEL_A.json")
    with pytest.raises(InputError, match="would have the names of those of"):
        split_files(folder / "gt.json", preds, folder=folder / "parts", parts=HALVES)


def test_an_input_is_never_replaced(folder: Path) -> None:
    (folder / "gt.json").rename(folder / "gt.fit.json")
    (folder / "gt.json").symlink_to(folder / "gt.fit.json")
    with pytest.raises(InputError, match="is an input file and would be lost"):
        split_files(folder / "gt.json", folder=folder, parts=HALVES, overwrite=True)


def test_what_only_a_tolerant_reader_reads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gt.json").write_text(GT.replace("null", "NaN"))
    with pytest.raises(FormatError, match="Only strict JSON can be split"):
        split_files(tmp_path / "gt.json", folder=tmp_path / "parts", parts=HALVES)


def test_a_file_that_is_given_twice_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="is given twice"):
        split_files(folder / "gt.json", [folder / "gt.json"], folder=folder / "p", parts=HALVES)
    again = folder / ".." / folder.name / "gt.json"
    with pytest.raises(InputError, match="is given twice"):
        split_files(folder / "gt.json", [again], folder=folder / "p", parts=HALVES)


def test_a_pipe_is_refused_because_it_has_no_name(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match="is a pipe, which has no name"):
        split_files(folder / "gt.json", [folder / "pipe"], folder=folder / "p", parts=HALVES)


def test_standard_input_and_a_wrong_seed_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="standard input has no name"):
        split_files("-", folder=folder / "parts", parts=HALVES)
    with pytest.raises(InputError, match="`seed` is -1"):
        split_files(folder / "gt.json", folder=folder / "parts", parts=HALVES, seed=-1)
