"""Wrong input of `ensemble` and `rescore`: the message, exit code 2, and no file is changed."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app

MASK = {"size": [90, 99], "counts": [900, 40, 7970]}
Rows = list[dict[str, Any]]


def rows(seed: int) -> Rows:
    """Predictions of two categories in 12 images."""
    return [
        {
            "image_id": image, "category_id": 1 + place, "segmentation": MASK,
            "bbox": [5 + 30 * place + seed / 7, 9, 20, 20 + image / 9],
            "score": ((37 * image + 11 * place + 5 * seed) % 89 + 1) / 97,
        }
        for image in range(1, 13)
        for place in range(2)
    ]  # fmt: skip


def with_field(name: str, value: Any) -> Rows:
    """Rows with one field changed: to a value, or by a function of the old one."""
    changed = value if callable(value) else lambda _: value
    return [row | {name: changed(row[name])} for row in rows(1)]


def without(name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in rows(1)]


GT = {
    "images": [{"id": k, "width": 99, "height": 90, "file_name": f"{k}"} for k in range(1, 13)],
    "categories": [{"id": 1, "name": "cup"}, {"id": 2, "name": "tap"}],
    "annotations": [
        {"id": k, "image_id": row["image_id"], "category_id": row["category_id"], "iscrowd": 0,
         "bbox": row["bbox"], "area": 400, "segmentation": MASK}
        for k, row in enumerate(rows(0))
    ],
}  # fmt: skip

FILES: dict[str, Any] = {
    "a": rows(0),
    "b": rows(1),
    "gt": GT,
    "nan": with_field("score", float("nan")),
    "infinite": with_field("score", float("inf")),
    "negative": with_field("score", lambda score: -score),
    "huge": with_field("score", 1e300),
    "text_score": with_field("score", "0.5"),
    "no_score": without("score"),
    "text_ids": with_field("image_id", str),
    "other_images": with_field("image_id", lambda image: image + 500),
    "other_ids": with_field("category_id", lambda category: category - 1),
    "far_ids": with_field("category_id", lambda category: category + 2**62),
    "turned": with_field("segmentation", {**MASK, "size": [99, 90]}),
    "bad_box": [row | {"bbox": [5, 5, -3, 4]} for row in without("segmentation")],
    "nowhere": [{k: row[k] for k in ("image_id", "category_id", "score")} for row in rows(1)],
    "no_rows": [],
    "object": {},
    "panoptic": {
        "images": [], "categories": [],
        "annotations": [{"image_id": 1, "file_name": "1.png", "segments_info": []}],
    },
    "saved": {"schema": "segeval/ap/1"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name, content in FILES.items():
        Path(f"{name}.json").write_text(json.dumps(content))
    Path("empty.json").touch()
    Path("cut.json").write_text(json.dumps(rows(1))[:400])
    Path("open_images.csv").write_text("ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n")
    Path("link.json").symlink_to("a.json")
    os.link("a.json", "hard.json")


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The message of a run that ends with 2 and changes no file."""
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert failures.run(app, words.split()) == failures.UNUSABLE_INPUT
    assert {path: path.read_bytes() for path in Path().iterdir()} == before
    return capsys.readouterr().err.removeprefix("error: ")


PREDICTIONS = [
    ("text_score", 'text_score.json: prediction #0: score is "0.5", expected a number'),
    ("no_score", "no_score.json: prediction #0 (image_id 1) has no score."),
    ("empty", "empty.json: not valid JSON at byte 0 of 0: the file is empty"),
    ("cut", "cut.json: not valid JSON at byte 400 of 400: the file ends inside a record."),
    ("object", "object.json: holds an object with no keys; predictions are a list of"),
    ("gt", "gt.json: is ground truth (its annotations have no score); predictions are a list of"),
    ("panoptic", "panoptic.json: holds segments of a panoptic file (segments_info), expected a"),
    ("saved", "saved.json: is a result that segeval saved, expected a list of"),
    ("missing", "missing.json: no such file."),
]
"""Files that are no predictions, and the beginnings of their messages."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *PREDICTIONS,
        ("nan", "nan.json: prediction #0 (image_id 1): score is NaN, expected a finite number of"),
        ("infinite", "infinite.json: prediction #0 (image_id 1): score is Infinity, expected a"),
        ("negative", "negative.json: prediction #0 (image_id 1): score is -0.443299, expected"),
        ("huge", "huge.json: prediction #0 (image_id 1): score is 1e+300, expected at most 1e+100"),
        ("text_ids", 'text_ids.json: image ids are text such as "1", in a.json numbers such as 1.'),
        ("other_images", "other_images.json: has no image in common with the other files (image "),
        ("other_ids", "other_ids.json: category ids are 1 lower than those of a.json in 24 of 24 "),
        ("far_ids", "far_ids.json: has no category in common with a.json (ids 46116860184273879"),
        ("turned", "turned.json: prediction #0 (image_id 1): the mask is 99 x 90, expected 90 x 9"),
        ("bad_box", "bad_box.json: prediction #0 (image_id 1): bbox is [5.0, 5.0, -3.0, 4.0], ex"),
        ("nowhere", "nowhere.json: prediction #0 (image_id 1) has neither bbox nor mask. 23 more"),
        ("a", "a.json: is given twice, expected each model once."),
        ("link", "link.json: is given twice, also as a.json, expected each model once."),
        ("hard", "hard.json: is given twice, also as a.json, expected each model once."),
    ],
)
def test_a_file_that_cannot_be_merged_is_refused(
    name: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"ensemble a.json {name}.json --strategy nms -o out.json"
    assert refused(words, capsys).startswith(expected)


def test_a_copy_of_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("copy.json").write_text(json.dumps(rows(0)[::-1]))
    assert refused("ensemble a.json copy.json --strategy nms -o out.json", capsys) == (
        "copy.json: holds the same 24 predictions as a.json, which would count twice. Give each "
        "model once. To let one count more, give --weights.\n"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("- - --strategy nms -o o.json", 'only one file can be "-": standard input holds one.'),
        ("a.json --strategy nms -o o.json", "expected the predictions of two or more models, got"),
        ("a.json open_images.csv --strategy nms -o o.json", "open_images.csv: is a CSV file"),
        ("a.json b.json -o o.json", "interp weighs models by their validation AP, and nothing"),
        (
            "a.json b.json --strategy modern -o o.json",
            "modern weighs models by their AP on each category, which only ground truth tells",
        ),
        ("a.json b.json --scores 1 -o o.json", "--scores has 1 number, expected 2: one for each"),
        ("a.json b.json --scores 1,nan -o o.json", "--scores 1,nan: 'nan' is not a number."),
        ("a.json b.json --weights 1,-1 -o o.json", "--weights is [1.0, -1.0], expected 2 numbers"),
        ("a.json b.json --ap saved.json -o o.json", "--ap has 1 result, expected 2: one for each"),
        ("a.json b.json --ap a.json --ap b.json -o o.json", "a.json: has no schema, expected what"),
        ("a.json b.json --fit a.json -o o.json", "a.json: holds a list, as predictions do; ground"),
        ("a.json b.json --fit panoptic.json -o o.json", "panoptic.json: is panoptic ground truth"),
        ("a.json b.json --strategy nms", "nothing says where to write the result, expected -o"),
        ("a.json b.json --strategy nms -o o.txt", "--output o.txt: the suffix says what to write"),
        ("a.json b.json --strategy nms -o no/o.json", "--output no/o.json: there is no folder no."),
        ("a.json b.json --strategy nms -o nan.json", "--output nan.json: exists already. Name ano"),
        ("a.json b.json --strategy nms -o a.json --overwrite", "--output a.json: is an input file"),
        ("a.json b.json --strategy nms -o link.json --overwrite", "--output link.json: is an inpu"),
        ("a.json b.json --strategy nms -o hard.json --overwrite", "--output hard.json: is an inpu"),
        ("a.json b.json --fit gt.json -o gt.json --overwrite", "--output gt.json: is an input fil"),
        ("a.json b.json --gt gt.json -o gt.json --overwrite", "--output gt.json: is an input file"),
        ("a.json b.json --ap saved.json -o saved.json --overwrite", "--output saved.json: is an i"),
    ],
)
def test_a_call_that_cannot_be_merged_is_refused(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(f"ensemble {words}", capsys).startswith(expected)


def test_sound_files_of_odd_kinds_are_merged(capsys: pytest.CaptureFixture[str]) -> None:
    Path("packed.json.gz").write_bytes(gzip.compress(json.dumps(rows(1)).encode()))
    words = "ensemble a.json packed.json.gz no_rows.json --strategy nms -o out.json"
    assert failures.run(app, words.split()) == failures.DONE
    text = " ".join(capsys.readouterr().out.split())
    assert "no_rows.json: holds no predictions, and adds nothing." in text
    twice = [*rows(1), *rows(1)[:3]]
    Path("twice.json").write_text(json.dumps(twice))
    words = "ensemble a.json twice.json --strategy nms -o 2.json"
    assert failures.run(app, words.split()) == failures.DONE
    assert "twice.json: 3 predictions occur twice" in " ".join(capsys.readouterr().out.split())
    for name in ("a", "b"):
        far = [row | {"category_id": 2**62 + row["category_id"]} for row in FILES[name]]
        Path(f"far_{name}.json").write_text(json.dumps(far))
    words = "ensemble far_a.json far_b.json --strategy nms -o 3.json"
    assert failures.run(app, words.split()) == failures.DONE
    assert {row["category_id"] for row in json.loads(Path("3.json").read_text())} == {
        2**62 + 1,
        2**62 + 2,
    }


@pytest.mark.parametrize("how", ["cooccurrence", "calibrate", "surround", "context"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *PREDICTIONS,
        ("nan", "nan.json: prediction #0 (image_id 1): score is NaN, expected numbers from 0 to 1"),
        ("huge", "huge.json: prediction #0 (image_id 1): score is 1e+300, expected numbers from"),
        ("negative", "negative.json: prediction #0 (image_id 1): score is -0.443299, expected n"),
        ("far_ids", "far_ids.json: 24 predictions have category_id 4611686018427387905..46116860"),
    ],
)
def test_a_file_that_cannot_be_rescored_is_refused(
    how: str, name: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"rescore {how} {name}.json --fit gt.json -o out.json"
    assert refused(words, capsys).startswith(expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cooccurrence - --fit - -o o.json", 'only one file can be "-": standard input holds one.'),
        ("cooccurrence a.json --fit b.json -o o.json", "b.json: holds a list, as predictions do;"),
        ("cooccurrence a.json --fit gt.json -o a.json --overwrite", "--output a.json: is an input"),
        ("cooccurrence a.json --fit gt.json -o link.json --overwrite", "--output link.json: is an"),
        ("cooccurrence a.json --fit gt.json -o gt.json --overwrite", "--output gt.json: is an inp"),
        ("cooccurrence a.json --fit gt.json -o nan.json", "--output nan.json: exists already. Nam"),
        ("cooccurrence a.json --fit gt.json", "nothing says where to write the result, expected"),
        ("cooccurrence a.json --fit gt.json --gt gt.json -o o.json", "gt.json: 12 images of 12 ar"),
        (
            "cooccurrence a.json --fit gt.json --min-images -1 -o o.json",
            "--min-images is -1, expected 0 or more",
        ),
        (
            "mask-score a.json -o o.json",
            "a.json: all 24 predictions have no number in the field mask_score",
        ),
    ],
)
def test_a_call_that_cannot_be_rescored_is_refused(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(f"rescore {words}", capsys).startswith(expected)


def test_a_file_without_predictions_is_rescored(capsys: pytest.CaptureFixture[str]) -> None:
    for how in ("cooccurrence", "surround"):
        words = f"rescore {how} no_rows.json --fit gt.json -o {how}.json"
        assert failures.run(app, words.split()) == failures.DONE
        assert json.loads(Path(f"{how}.json").read_text()) == []
