"""Reading predictions: every kind of file, and words for every file that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from segeval.data import load_predictions
from segeval.data.coco import scanning
from segeval.data.coco.read_predictions import parse_predictions
from segeval.errors import FormatError

GOOD: dict[str, Any] = {"image_id": 42, "category_id": 1, "score": 0.5}


def refusal(data: bytes | str, *, lines: bool = False) -> FormatError:
    data = data.encode() if isinstance(data, str) else data
    with pytest.raises(FormatError) as raised:
        parse_predictions(data, "preds.json", lines=lines)
    assert raised.value.path == "preds.json"
    return raised.value


def refusal_of(index: int = 3, **fields: Any) -> FormatError:
    """The error for a list in which one record has other fields; None takes a field away."""
    record = {k: v for k, v in {**GOOD, **fields}.items() if v is not None}
    error = refusal(json.dumps([GOOD] * index + [record, GOOD]))
    assert error.index == index
    return error


LISTED = "predictions are a list of {image_id, category_id, segmentation, score}."
EXPECTED = "expected a list of {image_id, category_id, segmentation, score}."
CUT = "the file ends inside a record. Was the writing interrupted?"

OTHER_FILES = {
    "": "not valid JSON at byte 0 of 0: the file is empty",
    " \n ": "not valid JSON at byte 0 of 3: the file is empty",
    "null": f"holds null; {LISTED}",
    "5": f"holds 5; {LISTED}",
    '"text"': f'holds "text"; {LISTED}',
    "{}": f"holds an object with no keys; {LISTED}",
    '{"bbox_mAP": 0.4, "config": {}}': (
        f"holds the scores of an evaluation (AP, mAP), not predictions, {EXPECTED} mmdetection "
        "writes predictions to *.segm.json and *.bbox.json, detectron2 to "
        "coco_instances_results.json."
    ),
    '{"bbox_mAP": NaN, "b": 1, "c": 1, "d": 1, "e": 1}': (
        f"holds the scores of an evaluation (AP, mAP), not predictions, {EXPECTED} mmdetection "
        "writes predictions to *.segm.json and *.bbox.json, detectron2 to "
        "coco_instances_results.json."
    ),
    json.dumps(GOOD): (
        f"is one prediction, not a list of them, {EXPECTED} Put it into a list; a file of one "
        "prediction a line is named .jsonl."
    ),
    '{"images": [], "annotations": [{"id": 1}]}': (
        f"is ground truth (its annotations have no score); {LISTED}"
    ),
    '{"a": 1, "b": 2}': f"holds an object with keys a, b; {LISTED}",
    '{"a": 1': f"not valid JSON at byte 7 of 7: {CUT}",
    "[": f"not valid JSON at byte 1 of 1: {CUT}",
    "]": "not valid JSON at byte 0 of 1: expecting value",
    "\x0c[]": "not valid JSON at byte 0 of 3: expecting value",
    "[[]]": "prediction #0: record is [], expected an object with image_id, category_id and score",
    "[1]": "prediction #0: record is 1, expected an object with image_id, category_id and score",
    "[null": (
        "prediction #0: record is null, expected an object with image_id, category_id and score"
    ),
    "[,]": "not valid JSON at byte 1 of 3: expecting value",
    '[{"image_id": 1, "x": "a}]': (
        "not valid JSON at byte 22 of 26: the text that begins here never ends: a quotation mark "
        "is missing"
    ),
    '{"a": "b}': (
        "not valid JSON at byte 6 of 9: the text that begins here never ends: a quotation mark "
        "is missing"
    ),
}


@pytest.mark.parametrize("text", OTHER_FILES)
def test_a_file_of_another_kind_is_named(text: str) -> None:
    assert refusal(text).message == f"preds.json: {OTHER_FILES[text]}"


@pytest.mark.parametrize("text", ["[]", " [ ] ", "[\n]\n"])
def test_an_empty_list_is_no_predictions(text: str) -> None:
    preds = parse_predictions(text.encode())
    assert (len(preds), preds.boxes.shape, len(preds.segmentations)) == (0, (0, 4), 0)


@pytest.mark.parametrize("cut", [1, 2, 20, 60, 400])
def test_a_file_that_ends_too_early_is_called_so(cut: int) -> None:
    mask = {"size": [9, 9], "counts": "0" * 300}
    data = json.dumps([GOOD, {**GOOD, "segmentation": mask}])[:-cut].encode()
    assert (
        refusal(data).message
        == f"preds.json: not valid JSON at byte {len(data)} of {len(data)}: {CUT}"
    )


def test_bytes_are_counted_with_commas() -> None:
    data = b"[" + b",".join([json.dumps(GOOD).encode()] * 20_000)
    size = f"{len(data):,}"
    assert refusal(data).message == f"preds.json: not valid JSON at byte {size} of {size}: {CUT}"


@pytest.mark.parametrize("chunk", [100, 10**6])
def test_an_error_names_byte_and_record_wherever_threads_begin(chunk: int) -> None:
    text = json.dumps([GOOD] * 50)
    with mock.patch.object(scanning, "CHUNK", chunk):
        broken = text[:2000] + "?" + text[2001:]
        with pytest.raises(ValueError, match=r"char 2000") as expected:
            json.loads(broken)
        message = expected.value.args[0].partition(":")[0]
        assert refusal(broken).message.startswith("preds.json: not valid JSON at byte 2,000 of ")
        assert refusal(broken).message.lower().endswith(message.lower())
        wrong = json.dumps([GOOD] * 40 + [{**GOOD, "score": "x"}] + [GOOD] * 9)
        assert refusal(wrong).index == 40


@pytest.mark.parametrize("between", ["", " ", ";", ", ,"])
def test_records_need_a_comma_between_them(between: str) -> None:
    record = json.dumps(GOOD)
    assert refusal(f"[{record}{between}{record}]").code == "bad-json"
    assert refusal(f"[{record}]{between}]").code == "bad-json"


MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no score": (
        {"score": None},
        "missing-score",
        (
            " (image_id 42) has no score. Every prediction needs one; with equal scores AP depends "
            "on file order."
        ),
    ),
    "no image": (
        {"image_id": None},
        "missing-image_id",
        " has no image_id. Every prediction needs one, the id of its image in the ground truth.",
    ),
    "no category": (
        {"category_id": None},
        "missing-category_id",
        (
            " (image_id 42) has no category_id. Every prediction needs one, the id of its category "
            "in the ground truth; `agnostic=True` ignores categories."
        ),
    ),
    "image as text": (
        {"image_id": "139"},
        "id-type",
        (
            ': image_id is text ("139"), but other image ids are numbers, such as 42. '
            "Write it as a number."
        ),
    ),
    "broken id": ({"image_id": 1.5}, "bad-field", ": image_id is 1.5, expected a whole number"),
    "true id": (
        {"category_id": True},
        "bad-field",
        ": category_id is true, expected a whole number",
    ),
    "huge id": (
        {"image_id": 2**64},
        "id-type",
        ": image_id is 18446744073709551616, too large: ids must be below 2^64",
    ),
    "score as text": ({"score": "0.5"}, "bad-field", ': score is "0.5", expected a number'),
    "score false": ({"score": False}, "bad-field", ": score is false, expected a number"),
    "three sides": (
        {"bbox": [1, 2, 3]},
        "bad-box",
        ": bbox is [1, 2, 3], expected four numbers x, y, width, height",
    ),
    "side as text": ({"bbox": [1, 2, 3, "4"]}, "bad-field", ': bbox is "4", expected a number'),
    "mask as text": (
        {"segmentation": "abc"},
        "bad-segmentation",
        ': segmentation is "abc", expected polygons or {"size": [H, W], "counts": ...}',
    ),
    "mask without size": (
        {"segmentation": {"counts": "0"}},
        "bad-segmentation",
        ': segmentation has no size, expected {"size": [H, W], "counts": ...}',
    ),
    "three sizes": (
        {"segmentation": {"size": [1, 2, 3], "counts": "0"}},
        "bad-segmentation",
        ": segmentation.size is [1, 2, 3], expected [height, width] in whole pixels",
    ),
    "counts as number": (
        {"segmentation": {"size": [1, 2], "counts": 5}},
        "bad-counts",
        ": segmentation.counts is 5, expected text or a list of numbers",
    ),
    "counts of Python bytes, seen by Python": (
        {"image_id": 42.0, "segmentation": {"size": [1, 2], "counts": "b'Vmh0o0'"}},
        "bad-counts",
        (
            ': counts is the text of Python bytes ("b\'Vmh0o0..."). '
            'Write rle["counts"].decode("ascii").'
        ),
    ),
    "counts of another alphabet": (
        {"segmentation": {"size": [1, 2], "counts": "0é"}},
        "bad-counts",
        ": counts holds a character that compressed counts never have: '0é'",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_record_field_and_value(name: str) -> None:
    fields, code, message = MISTAKES[name]
    error = refusal_of(**fields)
    assert error.message == f"preds.json: prediction #3{message}"
    assert error.code == code


def test_counts_of_python_bytes_are_named_when_they_are_decoded() -> None:
    mask = {"size": [1, 2], "counts": "b'Vmh0o0'"}
    preds = parse_predictions(json.dumps([{**GOOD, "segmentation": mask}]).encode())
    problem = preds.segmentations.problem(0)
    assert problem is not None
    assert problem.startswith("counts is the text of Python bytes (")
    assert problem.endswith('Write rle["counts"].decode("ascii")')


@pytest.mark.parametrize("depth", [300, 900, 990])
def test_values_as_deep_as_python_can_parse_are_shown_or_refused(depth: int) -> None:
    text = json.dumps(GOOD)[:-1] + f', "bbox": {"[" * depth}{"]" * depth}}}'
    assert refusal(f"[{text}]").code in ("bad-box", "bad-json")


def test_what_is_not_finite_is_left_to_later_checks() -> None:
    text = '[{"image_id": 1, "category_id": 1, "score": NaN, "bbox": [0, 0, Infinity, 1e999]}]'
    preds = parse_predictions(text.encode())
    assert np.isnan(preds.score[0])
    assert preds.boxes.tolist() == [[0, 0, np.inf, np.inf]]


LINES = {
    "": [],
    "\n": [],
    '{"image_id": 1, "category_id": 1, "score": 0.25}': [0.25],
    '{"image_id": 1, "category_id": 1, "score": 0.25}\r\n\n'
    '{"image_id": 1, "category_id": 1,\n "score": 0.5}\n': [0.25, 0.5],
    ' [{"image_id": 1, "category_id": 1, "score": 0.25}]': [0.25],
}


@pytest.mark.parametrize("text", LINES)
def test_lines_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    path.write_text(text)
    assert load_predictions(path).score.tolist() == LINES[text]


def test_lines_that_are_wrong_are_named() -> None:
    record = json.dumps(GOOD)
    prefix = "preds.json: not valid JSON at byte "
    assert (
        refusal(record + record, lines=True).message == prefix + "48 of 96: expecting a line break"
    )
    assert refusal(record + ",\n" + record, lines=True).message.endswith("expecting a line break")
    assert refusal(record + "\n" + record[:-9], lines=True).message.endswith(CUT)
    assert refusal(record + "\n5", lines=True).message == (
        "preds.json: prediction #1: record is 5, expected an object with image_id, category_id and "
        "score"
    )


def nested(count: int) -> list[Any]:
    """Records that hold records, before a mask that is longer than what came so far."""
    mask = {"size": [9, 9], "counts": "Vmh0" * 300}
    inner = {**GOOD, "score": 0.75, "segmentation": {"size": [5, 5], "counts": "0000" * 50}}
    return [
        {"parts": [inner] * 6, **GOOD, "image_id": i, "segmentation": mask} for i in range(count)
    ]


@pytest.mark.parametrize("chunk", [100, 500, 1700, 5000])
@pytest.mark.parametrize("workers", [1, 4])
def test_threads_that_begin_inside_a_record_do_no_harm(
    chunk: int, workers: int, tmp_path: Path
) -> None:
    path = tmp_path / "preds.json"
    path.write_text(json.dumps(nested(20)))
    with mock.patch.object(scanning, "CHUNK", chunk):
        preds = load_predictions(path, workers=workers)
    assert preds.image_id.tolist() == list(range(20))
    assert set(preds.score) == {0.5}
    assert set(preds.segmentations.strings.strings()) == {"Vmh0" * 300}


def test_a_mask_that_grows_when_python_writes_it_is_kept() -> None:
    polygon = "[[" + ",".join(["1E9"] * 40) + ",NaN]]"
    record = f'{{"image_id":1,"category_id":1,"score":1,"segmentation":{polygon}}}'
    preds = parse_predictions(f"[{','.join([record] * 3)}]".encode())
    assert [json.loads(preds.segmentations.strings.bytes_of(row))[0][:40] for row in range(3)] == [
        [1e9] * 40
    ] * 3


def test_files_of_open_images_are_sent_where_they_belong() -> None:
    message = refusal("ImageID,LabelName,Score,Mask\na,cat,0.5,eNo=\n").message
    assert "is a CSV file of Open Images, expected a list" in message
    assert "`open_images_ap`" in message


@pytest.mark.parametrize("depth", [64, 900, 990])
def test_a_segmentation_without_end_is_refused(depth: int) -> None:
    nested = "[" * depth + "1" + "]" * depth
    text = '[{"image_id": 1.0, "category_id": 1, "score": 1, "segmentation": %s}]'
    with pytest.raises(FormatError, match=r"lists within lists"):
        parse_predictions((text % nested).encode())
    assert len(parse_predictions((text % "[[1, 2, 3, 4, 5, 6]]").encode())) == 1


def test_values_after_the_first_one_are_told_as_such() -> None:
    record = json.dumps(GOOD)
    prefix = "preds.json: not valid JSON at byte "
    assert refusal(f"[{record}]\n[{record}]").message == (
        prefix + "51 of 101: another list follows the first. Join them into one list"
    )
    assert refusal(f"{record}\n{record}\n").message == (
        prefix
        + "49 of 98: another object follows the first. Objects of a line each belong into a file "
        ".jsonl"
    )
    assert refusal(f"[{record}] x").message == prefix + "51 of 52: extra data"


def test_a_score_under_another_name_is_pointed_out() -> None:
    error = refusal(json.dumps([{"image_id": 42, "category_id": 1, "confidence": 0.5}]))
    assert error.option == "score_field"
    assert error.message.endswith(
        "(image_id 42) has no score. It has confidence: `score_field='confidence'` takes that one."
    )
