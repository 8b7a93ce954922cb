"""The readers agree with Python's json, however a file is written and wherever it is cut."""

from __future__ import annotations

import gzip
import json
import math
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.data import Predictions, load_predictions
from segeval.data.coco import read_ground_truth, scanning
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.data.coco.read_predictions import parse_predictions, predictions_of
from segeval.data.files import Content
from segeval.data.keys import written
from segeval.data.open_file import OpenFile
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError

seeds = st.integers(0, 2**63)

TEXTS = [
    "", "x", "}, {", '"}, {"', "}\n{", "[[{", "}]", "\\", '\\"', '{"score": 1}', "file/name",
    "é" * 9, "€😀\x00\x7f", "\udc00", "O01N2" * 20,
]  # fmt: skip
NUMBERS = [
    "0", "-0.0", "0e5", "1E5", "0.10e-3", "1e400", "-1e-400", "1e22", "1e23", "8.5e-23",
    "9007199254740993", "-4503599627370497.5", "123456789012345678901234567890",
    "0.000000000000000000000000000000123", "2.2250738585072011e-308", "1.7976931348623157E+308",
]  # fmt: skip
IDS = [
    "0", "-0", "1.0", "1e2", "12E+1", "999999999999999999", "-9223372036854775808",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "1000000000000000000",
]  # fmt: skip
TEXT_IDS = [
    "",
    "a",
    "0001",
    "1.0",
    "town_000000_000019",
    'a"b',
    "back\\slash",
    "ä",
    "\u2028",
    "a/b",
]


class Spelling:
    """Makes up JSON and writes it in one of the many ways that mean the same."""

    def __init__(self, seed: int, *, one_line: bool = False) -> None:
        self.rng = random.Random(seed)
        self.has_text_ids = self.rng.random() < 0.3
        self.blanks = ["", "", "", " ", "\t", "  "] + ([] if one_line else ["\n", "\r\n    "])

    def is_rare(self) -> bool:
        return self.rng.random() < 0.1

    def blank(self) -> str:
        return self.rng.choice(self.blanks)

    def character(self, character: str) -> str:
        code = ord(character)
        if character in '"\\' or code < 32:
            return json.dumps(character)[1:-1]
        if character == "/" and self.rng.random() < 0.5:
            return "\\/"
        is_half = 0xD800 <= code < 0xE000
        return f"\\u{code:04x}" if is_half or (self.is_rare() and code < 65536) else character

    def string(self, text: str) -> str:
        if self.rng.random() < 0.7 and text.isascii():
            return json.dumps(text)
        return '"' + "".join(map(self.character, text)) + '"'

    def members(self, written: list[str]) -> str:
        inside = ",".join(f"{self.blank()}{member}{self.blank()}" for member in written)
        return inside or self.blank()

    def array(self, written: list[str]) -> str:
        return f"[{self.members(written)}]"

    def object(self, pairs: list[tuple[str, str]]) -> str:
        return (
            "{"
            + self.members([f"{self.string(k)}{self.blank()}:{self.blank()}{v}" for k, v in pairs])
            + "}"
        )

    def several(self, make: Callable[[], Any], least: int, most: int) -> list[Any]:
        return [make() for _ in range(self.rng.randint(least, most))]

    def digits(self, least: int, most: int) -> str:
        return "".join(self.several(lambda: self.rng.choice("0123456789"), least, most))

    def number(self) -> str:
        form = self.rng.randrange(6)
        if form == 0:
            return self.rng.choice(NUMBERS)
        if form == 1:
            return repr(self.rng.random())
        if form == 2:
            return f"{self.rng.gauss(0, 1e3):.{self.rng.randint(0, 8)}f}".replace("-0", "-1")
        text = self.rng.choice(["", "-"]) + self.rng.choice("123456789") + self.digits(0, 19)
        text += "." + self.digits(1, 19) if form > 3 else ""
        return text + (f"e{self.rng.choice(['', '+', '-'])}{self.digits(1, 3)}" * (form == 5))

    def id(self) -> str:
        if self.has_text_ids:
            return self.string(self.rng.choice(TEXT_IDS))
        if self.is_rare():
            return self.rng.choice(IDS)
        return str(
            self.rng.randint(-(10**18), 10**18) if self.is_rare() else self.rng.randint(0, 99)
        )

    def anything(self, depth: int = 3) -> str:
        form = self.rng.randrange(8 if depth else 6)
        if form == 6:
            return self.array(self.several(lambda: self.anything(depth - 1), 0, 4))
        if form == 7:
            return self.object(self.unknown(depth - 1))
        constants = ["null", "true", "false", "NaN", "-Infinity"]
        return (
            self.number()
            if form < 2
            else self.string(self.rng.choice(TEXTS))
            if form < 4
            else self.rng.choice(constants[: 5 if self.is_rare() else 3])
        )

    def unknown(self, depth: int = 3) -> list[tuple[str, str]]:
        return self.several(lambda: (self.rng.choice(TEXTS), self.anything(depth)), 0, 3)

    def polygon(self) -> str:
        is_odd = self.is_rare()

        def number() -> str:
            text = self.number() if is_odd else f"{self.rng.uniform(0, 640):.2f}"
            return text if math.isfinite(float(text)) else "1"

        return self.array(self.several(lambda: self.array(self.several(number, 0, 9)), 1, 3))

    def segmentation(self) -> str:
        form = self.rng.randrange(5)
        if form < 2:
            return ["null", self.array([])][form]
        if form == 2:
            return self.polygon()
        counts = self.array(self.several(lambda: str(self.rng.randint(0, 2**33)), 0, 5))
        if form == 3:
            characters = self.several(lambda: chr(self.rng.randint(48, 111)), 0, 40)
            counts = self.string("".join(characters))
        size = self.array([str(self.rng.randint(0, 4_000_000)) for _ in range(2)])
        return self.shuffled([("size", size), ("counts", counts)])

    def box(self) -> str:
        form = self.rng.randrange(5)
        return self.array([self.number() for _ in range(4)]) if form > 1 else ["null", "[]"][form]

    def shuffled(self, pairs: list[tuple[str, str]]) -> str:
        """An object of these members, unknown ones, and some of them twice."""
        pairs = pairs + self.unknown() * self.is_rare()
        pairs += [self.rng.choice(pairs)] * self.is_rare()
        self.rng.shuffle(pairs)
        return self.object(pairs)

    def prediction(self, *, may_nest: bool = True) -> str:
        """A valid prediction, which may hold others in a field of no meaning."""
        pairs = [("image_id", self.id()), ("category_id", self.id()), ("score", self.number())]
        pairs += [("image_id", self.id())] * self.is_rare()
        pairs += [("bbox", self.box())] * self.rng.randrange(2)
        pairs += [("segmentation", self.segmentation())] * self.rng.randrange(2)
        if may_nest and self.is_rare():
            parts = self.several(lambda: self.prediction(may_nest=False), 0, 4)
            pairs.append(("parts", self.array(parts)))
        return self.shuffled(pairs)

    def hiding_prediction(self) -> str:
        """A valid prediction with what looks like records before or after a long mask."""
        parts = self.several(lambda: self.prediction(may_nest=False), 1, 12)
        copies = self.array(parts * self.rng.randint(1, 3))
        hidden = [copies, self.object([("of", copies)]), json.dumps(copies), json.dumps(copies * 2)]
        characters = self.several(lambda: chr(self.rng.randint(48, 111)), 0, 900)
        size = self.array([str(self.rng.randint(0, 99)) for _ in range(2)])
        counts = [("size", size), ("counts", self.string("".join(characters)))]
        pairs = [("image_id", self.id()), ("category_id", self.id()), ("score", self.number())]
        pairs += [("parts", self.rng.choice(hidden))]
        pairs += [("bbox", self.box())] * self.rng.randrange(2)
        self.rng.shuffle(pairs)
        pairs.insert(self.rng.randint(2, len(pairs)), ("segmentation", self.shuffled(counts)))
        return self.object(pairs)

    def annotation(self) -> str:
        ids = [(name, self.id()) for name in ("id", "image_id", "category_id")]
        crowd = ("iscrowd", self.rng.choice(["0", "1", "null", "1.0"]))
        area = ("area", self.rng.choice(["null", "0", "1234.5", "1e3"]))
        return self.shuffled([*ids, crowd, area, ("segmentation", self.segmentation())])


def mask_of(segments: Segmentations, row: int) -> Any:
    """A segmentation of the columns as JSON would hold it."""
    form = segments.format[row]
    text = segments.strings.bytes_of(row)
    size = segments.strings.sizes[row].tolist()
    if form == Format.NONE:
        return None
    if form == Format.POLYGON:
        return json.loads(text)
    return {
        "size": size,
        "counts": text.decode("ascii") if form == Format.STRING else json.loads(text),
    }


def expected_mask(value: Any) -> Any:
    if not value:
        return None
    return {k: value[k] for k in ("size", "counts")} if isinstance(value, dict) else value


def bits(values: Any) -> list[int]:
    """float64 values as integers, all kinds of NaN as one."""
    array = np.array(values, np.float64).ravel()
    return [int(v) for v in np.where(np.isnan(array), np.nan, array).view(np.int64)]


def assert_equal(found: Predictions, records: list[dict[str, Any]]) -> None:
    assert written(found.image_id, found.image_keys) == [as_id(r["image_id"]) for r in records]
    assert written(found.category_id, found.category_keys) == [
        as_id(r["category_id"]) for r in records
    ]
    assert bits(found.score) == bits([as_float(r["score"]) for r in records])
    rows = [[as_float(v) for v in r.get("bbox") or [math.nan] * 4] for r in records]
    assert bits(found.boxes) == bits(rows)
    assert_masks_equal(found.segmentations, records)


def assert_masks_equal(found: Segmentations, records: list[dict[str, Any]]) -> None:
    masks = [mask_of(found, row) for row in range(len(found))]
    assert masks == [expected_mask(r.get("segmentation")) for r in records]


def as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@given(seeds, st.integers(0, 8), st.integers(1, 400), st.sampled_from([1, 2, 5]))
def test_a_list_reads_as_in_python(seed: int, count: int, chunk: int, workers: int) -> None:
    spelling = Spelling(seed)
    text = spelling.array([spelling.prediction() for _ in range(count)]) + spelling.blank()
    with tempfile.TemporaryDirectory() as folder, small_chunks(chunk):
        path = Path(folder, "preds.json")
        path.write_bytes(text.encode())
        assert_equal(load_predictions(path, workers=workers), json.loads(text))


@given(seeds, st.integers(0, 8), st.integers(1, 400), st.sampled_from([1, 2, 5]))
def test_lines_read_as_in_python(seed: int, count: int, chunk: int, workers: int) -> None:
    spelling = Spelling(seed, one_line=True)
    lines = [spelling.prediction() for _ in range(count)]
    text = spelling.rng.choice(["\n", "\r\n", " \n\n"]).join(lines) + spelling.blank()
    with tempfile.TemporaryDirectory() as folder, small_chunks(chunk):
        path = Path(folder, "preds.jsonl.gz")
        path.write_bytes(gzip.compress(text.encode()))
        assert_equal(load_predictions(path, workers=workers), [json.loads(x) for x in lines])


@settings(max_examples=50)
@given(seeds, st.integers(1, 300), st.sampled_from([1, 2, 4]), st.booleans())
def test_records_inside_records_read_the_same_in_chunks_as_in_one(
    seed: int, chunk: int, workers: int, lines: bool
) -> None:
    """A thread that takes a part of a record for a record must not leave its mask in the result."""
    spelling = Spelling(seed, one_line=lines)
    makers = [spelling.hiding_prediction, spelling.prediction]
    records = spelling.several(lambda: spelling.rng.choice(makers)(), 1, 4)
    records += [spelling.hiding_prediction()] * spelling.rng.randrange(2)
    data = ("\n".join(records) if lines else spelling.array(records)).encode()
    expected = [json.loads(record) for record in records]
    assert_equal(predictions_of(Content(data, "preds"), lines=lines), expected)
    with small_chunks(chunk):
        found = predictions_of(Content(data, "preds"), lines=lines, workers=workers)
        assert_equal(found, expected)
        with small_windows(spelling.rng.choice([0, 8, 100, 10_000])):
            in_parts = predictions_of(on_disk(data), lines=lines, workers=workers)
            assert_equal(in_parts, expected)


@given(seeds)
def test_numbers_are_those_of_python_to_the_last_bit(seed: int) -> None:
    spelling = Spelling(seed)
    values = [spelling.number() for _ in range(100)]
    record = '{{"image_id":1,"category_id":1,"score":{}}}'.format
    found = parse_predictions(f"[{','.join(map(record, values))}]".encode())
    assert bits(found.score) == bits([as_float(json.loads(value)) for value in values])


BYTES = [b"", *(bytes([byte]) for byte in b'{}[]",:\\0 \n\x00\x1f\x80\xff-+.eEu1aN')]


@settings(max_examples=50)
@given(seeds, st.booleans())
def test_what_python_refuses_is_refused(seed: int, lines: bool) -> None:
    """A file with one byte changed, added or lost is refused, or read as Python reads it."""
    spelling = Spelling(seed, one_line=lines)
    rng = spelling.rng
    records = spelling.several(spelling.prediction, 1, 3)
    data = ("\n".join(records) if lines else spelling.array(records)).encode()
    for _ in range(40):
        place = rng.randrange(len(data))
        broken = data[:place] + rng.choice(BYTES) + data[place + rng.randrange(2) :]
        broken = broken[: rng.choice([place, len(broken), len(broken)])]
        with small_chunks(rng.choice([30, 10**6])), small_windows(rng.choice([0, 8, 10**6])):
            found = read_or_refused(Content(broken, "preds"), lines=lines)
            in_parts = read_or_refused(on_disk(broken), lines=lines)
        if isinstance(found, str) or isinstance(in_parts, str):
            assert in_parts == found
            continue
        if lines and not broken.lstrip().startswith(b"["):
            assert_equal(found, in_a_row(broken.decode(errors="surrogatepass")))
        else:
            assert_equal(found, json.loads(broken))


@given(seeds, st.integers(0, 8), st.integers(1, 4))
def test_ground_truth_reads_as_in_python(seed: int, count: int, batch: int) -> None:
    spelling = Spelling(seed)
    annotations = [spelling.annotation() for _ in range(count)]
    text = spelling.shuffled(
        [("images", "[]"), ("categories", "[]"), ("annotations", spelling.array(annotations))]
    )
    records = json.loads(text)["annotations"]
    keys = outermost_keys(text)
    if len(set(keys)) < len(keys):
        # only the lists are looked for, and keys that are written without escapes
        code = refused_key(text)
        assert code is None or keys.count(code) > 1
        if code is not None:
            return
    with mock.patch.object(read_ground_truth, "BATCH", batch):
        found = parse_ground_truth(text.encode())
    columns = found.to_dict()
    for name in ("id", "image_id", "category_id"):
        assert columns[name].tolist() == [as_id(r[name]) for r in records]
    assert bits(found.area) == bits([math.nan if r["area"] is None else r["area"] for r in records])
    assert found.is_crowd.tolist() == [bool(r["iscrowd"]) for r in records]
    assert found.crowd_missing.tolist() == [r["iscrowd"] is None for r in records]
    assert_masks_equal(found.segmentations, records)


def refused_key(text: str) -> str | None:
    """The key for which ground truth is refused because it is repeated."""
    try:
        parse_ground_truth(text.encode())
    except FormatError as error:
        return error.field if error.code == "repeated-key" else ""
    return None


def outermost_keys(text: str) -> list[str]:
    """The keys of an object, with repetitions."""
    found: list[list[str]] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append([key for key, _ in pairs]))
    return found[-1]


def as_id(value: Any) -> int | str:
    """An id of a record: text stays text."""
    return value if isinstance(value, str) else int(value)


def small_chunks(chunk: int) -> Any:
    """Let threads read so many bytes at a time."""
    return mock.patch.object(scanning, "CHUNK", chunk)


def read_or_refused(content: Content, *, lines: bool) -> Predictions | str:
    """The predictions of a file, or why it is refused."""
    try:
        return predictions_of(content, lines=lines)
    except FormatError as error:
        return str(error)


def small_windows(behind: int) -> Any:
    """Let threads read so many bytes behind the ones that they scan."""
    return mock.patch.object(scanning, "BEHIND", behind)


def on_disk(data: bytes) -> Content:
    """The content of a file, which is read by parts; an empty one is in memory."""
    if not data:
        return Content(data, "preds")
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return Content(OpenFile(os.dup(file.fileno()), "preds"), "preds")


def in_a_row(text: str) -> list[Any]:
    """JSON values one behind the other."""
    values = []
    text = text.strip(" \t\r\n")
    while text:
        value, place = json.JSONDecoder().raw_decode(text)
        values.append(value)
        text = text[place:].lstrip(" \t\r\n")
    return values
