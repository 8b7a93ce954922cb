"""The readers agree with Python's json, however a file is written and wherever it is cut."""

from __future__ import annotations

import gzip
import json
import math
import random
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segeval.data import Predictions, load_predictions, read_ground_truth, read_predictions
from segeval.data.read_ground_truth import parse_ground_truth
from segeval.data.read_predictions import parse_predictions
from segeval.data.segments import Format, Segments
from segeval.errors import FormatError

Pairs = list[tuple[str, Any]]


class Number(str):
    """A number in a certain spelling."""


class Object(list[Any]):
    """An object as pairs, whose keys may occur twice."""


class Spelling:
    """Writes JSON in one of the many ways that mean the same."""

    def __init__(self, rng: random.Random, *, one_line: bool = False) -> None:
        self.rng = rng
        self.blanks = ["", "", "", " ", "\t", "  "] + ([] if one_line else ["\n", "\r\n    "])

    def blank(self) -> str:
        return self.rng.choice(self.blanks)

    def character(self, character: str) -> str:
        code = ord(character)
        form = self.rng.random()
        if character in '"\\' or code < 32:
            return json.dumps(character)[1:-1] if form < 0.9 else f"\\u{code:04X}"
        if character == "/" and form < 0.5:
            return "\\/"
        if code >= 0x10000 or form > 0.03:
            return character
        return f"\\u{code:04x}"

    def string(self, text: str) -> str:
        return '"' + "".join(self.character(character) for character in text) + '"'

    def write(self, value: Any) -> str:
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, Object):
            members = [
                f"{self.string(key)}{self.blank()}:{self.blank()}{self.write(member)}"
                for key, member in value
            ]
            return "{" + self._joined(members) + "}"
        if isinstance(value, list):
            return "[" + self._joined([self.write(member) for member in value]) + "]"
        return json.dumps(value)

    def _joined(self, members: list[str]) -> str:
        return ",".join(f"{self.blank()}{member}{self.blank()}" for member in members) or (
            self.blank()
        )


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


natural = st.one_of(
    st.sampled_from(["0", "1", "9007199254740993", "4503599627370497.5"]),
    st.builds("{}{}".format, st.sampled_from("123456789"), digits(0, 24)),
)
decimal = st.builds("{}.{}".format, natural, digits(1, 24))
spelt = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "-"]),
    st.one_of(natural, decimal).map(lambda text: text if text.count(".") < 2 else "0.5"),
    st.one_of(
        st.just(""),
        st.builds(
            "{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), digits(1, 3)
        ),
    ),
).filter(lambda text: text != "-0")
numbers = st.one_of(
    spelt,
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 1).map(lambda value: f"{value:.6f}"),
).map(Number)
ids = st.one_of(
    st.integers(0, 999),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.sampled_from(
        ["1.0", "1e2", "-0", "12E+1", "999999999999999999", "-1000000000000000000"]
    ).map(Number),
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ["}, {", '"}, {"', "}\n{", "[[{", "}]", "\\", '\\"', "image_id", '{"score": 1}', "é" * 9]
    ),
    st.text("0O1", min_size=60, max_size=90),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.integers(), texts),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4),
        st.lists(st.tuples(texts, inside), max_size=4).map(Object),
    ),
    max_leaves=8,
)
coordinates = st.one_of(st.integers(0, 999), st.floats(-1e6, 1e6).map(lambda x: Number(repr(x))))
alphabet = st.text("".join(map(chr, range(48, 112))), max_size=40)


def with_unknown(pairs: Pairs, unknown: Pairs, order: random.Random) -> Object:
    """An object of both kinds of members, shuffled."""
    members = [*pairs, *unknown]
    order.shuffle(members)
    return Object(members)


segmentations = st.one_of(
    st.none(),
    st.just([]),
    st.lists(st.lists(coordinates, max_size=9), min_size=1, max_size=3),
    st.builds(
        lambda size, counts, unknown, order: with_unknown(
            [("size", size), ("counts", counts)], unknown, order
        ),
        st.lists(st.integers(0, 2**31 - 1), min_size=2, max_size=2),
        st.one_of(alphabet, st.lists(st.integers(0, 2**33), max_size=5)),
        st.lists(
            st.tuples(texts.filter(lambda key: key not in ("size", "counts")), anything), max_size=1
        ),
        st.randoms(use_true_random=False),
    ),
)
boxes = st.one_of(st.none(), st.just([]), st.lists(numbers, min_size=4, max_size=4))
known: dict[str, st.SearchStrategy[Any]] = {
    "image_id": ids,
    "category_id": ids,
    "score": numbers,
    "bbox": boxes,
    "segmentation": segmentations,
}


@st.composite
def prediction(draw: st.DrawFn, nested: bool = True) -> Object:
    """A valid prediction; some fields are there twice, and some hold predictions themselves."""
    names = ["image_id", "category_id", "score"]
    names += draw(st.lists(st.sampled_from(sorted(known)), max_size=4))
    unknown: Pairs = draw(
        st.lists(st.tuples(texts.filter(lambda key: key not in known), anything), max_size=3)
    )
    if nested and draw(st.booleans()):
        unknown.append(("parts", draw(st.lists(prediction(nested=False), max_size=4))))
    pairs: Pairs = [(name, draw(known[name])) for name in names]
    return with_unknown(pairs, unknown, draw(st.randoms(use_true_random=False)))


def mask_of(segments: Segments, row: int) -> Any:
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
    assert found.image_id.tolist() == [int(r["image_id"]) for r in records]
    assert found.category_id.tolist() == [int(r["category_id"]) for r in records]
    assert bits(found.score) == bits([as_float(r["score"]) for r in records])
    rows = [[as_float(v) for v in r.get("bbox") or [math.nan] * 4] for r in records]
    assert bits(found.boxes) == bits(rows)
    masks = [mask_of(found.segments, row) for row in range(len(found))]
    assert masks == [expected_mask(r.get("segmentation")) for r in records]


def as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


@given(
    st.lists(prediction(), max_size=6),
    st.randoms(use_true_random=False),
    st.integers(1, 400),
    st.sampled_from([1, 2, 5]),
)
def test_a_list_reads_as_in_python(
    values: list[Object], rng: random.Random, chunk: int, workers: int
) -> None:
    text = Spelling(rng).write(values) + rng.choice(["", "\n", " \r\n\t"])
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(read_predictions, "CHUNK", chunk),
    ):
        path = Path(folder, "preds.json")
        path.write_bytes(text.encode())
        assert_equal(load_predictions(path, workers=workers), json.loads(text))


@given(
    st.lists(prediction(), max_size=6),
    st.randoms(use_true_random=False),
    st.integers(1, 400),
    st.sampled_from([1, 2, 5]),
)
def test_lines_read_as_in_python(
    values: list[Object], rng: random.Random, chunk: int, workers: int
) -> None:
    lines = [Spelling(rng, one_line=True).write(value) for value in values]
    text = rng.choice(["\n", "\r\n", " \n\n"]).join(lines) + rng.choice(["", "\n"])
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(read_predictions, "CHUNK", chunk),
    ):
        path = Path(folder, "preds.jsonl.gz")
        path.write_bytes(gzip.compress(text.encode()))
        assert_equal(load_predictions(path, workers=workers), [json.loads(x) for x in lines])


@given(st.lists(numbers, max_size=200))
@example([Number(x) for x in ("2.2250738585072011e-308", "9007199254740993", "1e23", "8.5e-23")])
@settings(max_examples=200)
def test_numbers_are_those_of_python_to_the_last_bit(values: list[Number]) -> None:
    record = '{{"image_id":1,"category_id":1,"score":{}}}'.format
    found = parse_predictions(f"[{','.join(map(record, values))}]".encode())
    assert bits(found.score) == bits([as_float(json.loads(value)) for value in values])


BYTES = [b"", *(bytes([byte]) for byte in b'{}[]",:\\0 \n\x00\x1f\x80\xff-+.eEu1aN')]


@given(
    st.lists(prediction(), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.integers(1, 60),
    st.booleans(),
)
@settings(max_examples=300)
def test_what_python_refuses_is_refused(
    values: list[Object], rng: random.Random, chunk: int, lines: bool
) -> None:
    """A file with one byte changed, added or lost is refused, or read as Python reads it."""
    spelling = Spelling(rng, one_line=lines)
    members = [spelling.write(value) for value in values]
    data = ("\n".join(members) if lines else f"[{','.join(members)}]").encode()
    for _ in range(20):
        place = rng.randrange(len(data))
        broken = data[:place] + rng.choice(BYTES) + data[place + rng.randrange(2) :]
        broken = broken[: rng.choice([place, len(broken), len(broken)])]
        with mock.patch.object(read_predictions, "CHUNK", chunk):
            try:
                found = parse_predictions(broken, lines=lines)
            except FormatError:
                continue
        if lines and not broken.lstrip().startswith(b"["):
            assert_equal(found, in_a_row(broken.decode(errors="surrogatepass")))
        else:
            assert_equal(found, json.loads(broken))


def in_a_row(text: str) -> list[Any]:
    """JSON values one behind the other."""
    values = []
    place = 0
    text = text.strip(" \t\r\n")
    while place < len(text):
        value, place = json.JSONDecoder().raw_decode(text, place)
        values.append(value)
        place += len(text[place:]) - len(text[place:].lstrip(" \t\r\n"))
    return values


annotation = st.builds(
    lambda pairs, unknown, order: with_unknown(pairs, unknown, order),
    st.tuples(
        ids, ids, ids, st.floats(0, 1e6), boxes, st.sampled_from([0, 1, None]), segmentations
    ).map(
        lambda row: [
            *zip(
                ("id", "image_id", "category_id", "area", "bbox", "iscrowd", "segmentation"),
                row,
                strict=True,
            )
        ]
    ),
    st.lists(
        st.tuples(texts.filter(lambda key: not key.isascii() or key.startswith("}")), anything),
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)


@given(st.lists(annotation, max_size=6), st.randoms(use_true_random=False), st.integers(1, 4))
def test_ground_truth_reads_as_in_python(
    values: list[Object], rng: random.Random, batch: int
) -> None:
    sections = [("images", []), ("categories", []), ("annotations", values), ("info", [])]
    rng.shuffle(sections)
    text = Spelling(rng).write(Object(sections))
    records = json.loads(text)["annotations"]
    sides = [as_float(v) for r in records for v in r["bbox"] or ()]
    with mock.patch.object(read_ground_truth, "BATCH", batch):
        if not all(map(math.isfinite, sides)):
            with pytest.raises(FormatError, match=r"bbox is .*, expected four finite numbers"):
                parse_ground_truth(text.encode())
            return
        found = parse_ground_truth(text.encode())
    for name in ("id", "image_id", "category_id"):
        assert getattr(found, name).tolist() == [int(r[name]) for r in records]
    assert bits(found.area) == bits([r["area"] for r in records])
    assert bits(found.boxes) == bits([r["bbox"] or [math.nan] * 4 for r in records])
    masks = [mask_of(found.segments, row) for row in range(len(found))]
    assert masks == [expected_mask(r["segmentation"]) for r in records]
