"""Decimal text becomes the float that Python makes of it, bit for bit."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from segeval.data.coco.read_predictions import parse_predictions
from segeval.errors import FormatError


def scores(texts: list[str]) -> list[float]:
    record = '{{"image_id":1,"category_id":1,"score":{}}}'.format
    preds = parse_predictions(f"[{','.join(map(record, texts))}]".encode())
    return [float(score) for score in preds.score]


def halfway(count: int) -> list[str]:
    """Numbers exactly between two floats, as decimals of at most 19 digits."""
    rng = random.Random(0)
    texts = []
    for _ in range(count):
        power = rng.randint(1, 22)
        factor = rng.randint(2**53 // 5**power + 1, 2**54 // 5**power) | 1
        texts.append(f"{factor}e{power}")  # factor * 5**power has 54 bits, the last one set
        significand = 2 * rng.randint(2**52, 2**53 - 1) + 1
        digits = str(significand * 5**3)
        texts.append(f"{digits[:-3]}.{digits[-3:]}")
    return texts


@pytest.mark.parametrize(
    "text",
    [
        "0", "-0.0", "0.1", "1e22", "1e23", "8.5e-23", "9007199254740993", "1E5", "1e+05", "1e-05",
        "0.000001", "123456789.123456789", "0.30000001192092896", "9223372036854775807",
        "18446744073709551615", "99999999999999999999", "1.7976931348623157e308", "5e-324", "1e400",
        "-1e400", "2.2250738585072011e-308", "0e5", "0.0e99999", "0." + "0" * 40 + "1", "1" * 400,
    ],
)  # fmt: skip
def test_a_number_is_that_of_python(text: str) -> None:
    assert scores([text]) == [float(text)]


def test_ties_go_to_the_even_neighbour() -> None:
    texts = halfway(2000)
    assert scores(texts) == [float(text) for text in texts]


def test_every_float_comes_back_from_its_shortest_text() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, 5000).view(np.float64)
    values = np.concatenate([values[np.isfinite(values)], rng.random(5000), -rng.random(500)])
    assert scores([repr(value) for value in values.tolist()]) == values.tolist()


@pytest.mark.parametrize(
    "text",
    ["01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_0", "--1", "1.5.2", "- 1", "-01.5"],
)
def test_what_is_no_number_in_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expect|Extra"):
        json.loads(f"[{text}]")
    with pytest.raises(FormatError, match="not valid JSON at byte"):
        scores([text])
