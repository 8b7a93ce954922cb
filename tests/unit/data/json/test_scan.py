"""The scanner accepts nothing that is not JSON, and keeps what it accepts."""

from __future__ import annotations

import json

import pytest

from segeval.data.coco.read_predictions import parse_predictions
from segeval.errors import FormatError

RECORD = '{{"image_id": 1, "category_id": 2, "score": 0.5{}}}'.format

BROKEN = {
    "no comma in a list": '"x": [1 2]',
    "list closed as an object": '"x": [1, 2}',
    "object closed as a list": '"x": {"a": 1]',
    "comma at the end of a list": '"x": [1, ]',
    "comma at the end of an object": '"x": {"a": 1,}',
    "comma alone": '"x": [,]',
    "no colon": '"x" 1',
    "no value": '"x":',
    "no key": ": 1",
    "key without quotes": "x: 1",
    "single quotes": "'x': 1",
    "number as key": "1: 1",
    "control character in a string": '"x": "a\x01b"',
    "line break in a string": '"x": "a\nb"',
    "control character in a key": '"\x1f": 1',
    "unknown escape": '"x": "\\q"',
    "short escape": '"x": "\\u12"',
    "escape of no hexadecimal": '"x": "\\u12g4"',
    "escape at the end": '"x": "\\"',
    "word": '"x": nul',
    "longer word": '"x": nullx',
    "capital letter": '"x": True',
    "number with a leading zero": '"x": 012',
    "number with a point at its end": '"x": [1.]',
    "number with a plus": '"x": +1',
    "control character between": '"x":\x0c1',
    "control character in counts": '"segmentation": {"size": [2, 2], "counts": "0\x020"}',
    "list of counts": '"segmentation": {"size": [2, 2], "counts": [1 2]}',
    "polygon": '"segmentation": [[1, 2, 3,]]',
    "second value": '"x": 1 2',
    "comment": '"x": 1 /* one */',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_record_that_is_not_json_is_refused(name: str) -> None:
    text = f"[{RECORD('')}, {RECORD(', ' + BROKEN[name])}, {RECORD('')}]"
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    with pytest.raises(FormatError, match="not valid JSON at byte"):
        parse_predictions(text.encode())


@pytest.mark.parametrize(
    "wrong",
    [b"\x80", b"\xff", b"\xc3", b"\xc3(", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf",
     b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98"],
)  # fmt: skip
@pytest.mark.parametrize("place", ['"x": "%"', '"%": 1', '"segmentation": {"a": "%"}'])
def test_what_is_not_utf8_is_refused(wrong: bytes, place: str) -> None:
    text = f"[{RECORD(', ' + place)}]".encode().replace(b"%", wrong)
    with pytest.raises(FormatError, match=r"a byte that is not UTF-8$"):
        parse_predictions(text)


@pytest.mark.parametrize(
    "extra",
    [
        '"x": "é € 😀 \\ud83d\\ude00 \\ud800"',
        '"ключ": 1',
        '"x": "\ud800"',
        '"x": [{}, [], {"a": [[], {}]}, "}, {", "\\"", "\\\\"]',
        '"x": [NaN, Infinity, -Infinity]',
        '"x": [true, false, null, -0.0e+10, 1E5]',
        '"x": ' + "[" * 62 + "]" * 62,
        '"x": ' + "[" * 200 + "]" * 200,
        '"x": "' + "long " * 50_000 + '"',
        '"x": ' + "1" * 1000,
        '"score ": 7, "scor": 8, "image_idx": 9, "image_i": 9, "": 1',
        '"x": {"image_id": 7, "score": 8}',
    ],
)
def test_a_field_of_no_meaning_may_hold_anything(extra: str) -> None:
    preds = parse_predictions(f"[{RECORD(', ' + extra)}]".encode("utf-8", "surrogatepass"))
    assert (preds.image_id[0], preds.category_id[0], preds.score[0]) == (1, 2, 0.5)


@pytest.mark.parametrize(
    ("extra", "image", "score"),
    [
        ('"image_id": 3', 3, 0.5),
        ('"\\u0069mage_id": 3', 3, 0.5),
        ('"imag\\u0065_id": 3, "score": 1, "scor\\u0065": 4', 3, 4.0),
        ('"score": "x", "score": 2e0', 1, 2.0),
    ],
)
def test_of_two_equal_keys_the_last_one_counts(extra: str, image: int, score: float) -> None:
    preds = parse_predictions(f"[{RECORD(', ' + extra)}]".encode())
    assert (preds.image_id[0], preds.score[0]) == (image, score)


@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_brackets_without_end_are_refused(depth: int) -> None:
    for text in (f'"x": {"[" * depth}', f'"x": {"[" * depth}{"]" * depth}'):
        with pytest.raises(FormatError, match="not valid JSON"):
            parse_predictions(f"[{RECORD(', ' + text)}]".encode())


def test_escapes_in_counts_are_resolved() -> None:
    written = [r"\\0\\\\1", r"\\0\u005c\u005C1", r"0123456\\89", r"01234567\\", ""]
    records = [
        RECORD(f', "segmentation": {{"counts": "{text}", "size": [2, 2]}}') for text in written
    ]
    preds = parse_predictions(f"[{','.join(records)}]".encode())
    assert preds.segmentations.strings.strings() == [json.loads(f'"{text}"') for text in written]


@pytest.mark.parametrize("written", ["[]", "[ ]", "null", "[\n]"])
def test_an_empty_segmentation_is_none(written: str) -> None:
    record = RECORD(f', "segmentation": {written}')
    preds = parse_predictions(f"[{record}]".encode())
    assert preds.segmentations.format.tolist() == [0]
