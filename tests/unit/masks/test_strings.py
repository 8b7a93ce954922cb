"""Compressed strings: text to runs and back, and what is wrong with a bad one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import FormatError
from segeval.masks import CompressedMasks, compress, decode, encode
from segeval.masks.text_runs import (
    BAD_CHARACTER,
    MOST_SHIFTED,
    NEGATIVE_COUNT,
    TRUNCATED,
    run_ends,
)
from tests.build import build_runs, coco_rle, nasty_masks

NASTY = nasty_masks()


def strings(*counts: str | bytes, size: tuple[int, int] = (2, 2)) -> CompressedMasks:
    return CompressedMasks.from_strings(counts, np.array([size] * len(counts)))


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_are_written_as_pycocotools_writes_them(name: str) -> None:
    masks = encode([NASTY[name], NASTY[name]])
    assert compress(masks).strings() == [coco_rle(NASTY[name])["counts"]] * 2
    assert_array_equal(decode(compress(masks).decode()), decode(masks))


def test_from_the_fourth_run_on_differences_are_written() -> None:
    masks = build_runs([[1, 2, 3, 4, 5, 1]], 4, 4)  # 1 2 3, then 4 - 2, 5 - 3, 1 - 4
    assert compress(masks).strings() == ["12322M"]
    assert strings("12322M", size=(4, 4)).decode().counts.tolist() == [1, 2, 3, 4, 5, 1]


def test_runs_of_more_than_15_take_more_characters() -> None:
    masks = build_runs([[15], [16], [2**32 - 1]], 1, 1)
    assert compress(masks).strings() == ["?", "`0", "oooooo3"]


def test_masks_are_taken_without_decoding() -> None:
    taken = strings("4", "04", "112").take(np.array([2, 0]))
    assert taken.strings() == ["112", "4"]
    assert taken.decode().counts.tolist() == [1, 1, 2, 4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/2", "counts holds a character that compressed counts never have: '1/2'"),
        ("1p2", "counts holds a character that compressed counts never have: '1p2'"),
        ("13P", "counts ends in the middle of a number: '13P'"),
        ("1O4", "counts holds a negative run length: '1O4'"),
        ("oooooooooo0", "counts holds a character that compressed counts never have"),
        ("13", r"the runs add up to 4 pixels, expected 2 x 3 = 6"),
        ("", r"the runs add up to 0 pixels, expected 2 x 3 = 6"),
        ("b'6'", "counts is the text of Python bytes"),
    ],
)
def test_bad_string_is_named_with_its_reason(text: str, reason: str) -> None:
    masks = strings("6", text, "6", size=(2, 3))
    with pytest.raises(FormatError, match=f"^mask #1: {reason}") as caught:
        masks.decode()
    assert (caught.value.index, caught.value.field) == (1, "counts")
    assert masks.measure()[1].astype(bool).tolist() == [False, True, False]


def test_long_bad_string_is_shown_in_part() -> None:
    with pytest.raises(FormatError, match=r"'1{24}'\.\.\."):
        strings("1" * 100 + "~").decode()


def test_text_outside_ascii_is_refused() -> None:
    with pytest.raises(FormatError, match="a character that compressed counts never have"):
        strings("1\u00e9")


def plain_ends(text: bytes) -> list[int] | int:
    """What `run_ends` finds, one character after the other."""
    runs: list[int] = []
    value = groups = 0
    for character in text:
        group = character - 48
        if not 0 <= group < 64 or groups > MOST_SHIFTED // 5:
            return BAD_CHARACTER
        value |= (group & 31) << 5 * groups
        groups += 1
        if group < 32:
            value -= (group >> 4) << 5 * groups
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            if runs[-1] < 0:
                return NEGATIVE_COUNT
            value = groups = 0
    return TRUNCATED if groups else np.cumsum(runs).tolist()


def random_string(random: np.random.Generator) -> bytes:
    """Runs whose differences take one to six characters; in some strings a character is wrong."""
    usual = random.integers(4, 26, 2)
    runs: list[int] = []
    while len(runs) < random.integers(1, 90):
        before = runs[-2] if len(runs) > 2 else int(random.integers(200))
        step = int(random.integers(-1, 2) * 2.0 ** random.integers(random.choice(usual)))
        runs.append(abs(before + step))
    text = bytearray(compress(build_runs([runs], 1, 1)).bytes_of(0))
    if random.random() < 0.3:
        text[random.integers(len(text))] = random.integers(256)
    return bytes(text[: random.integers(len(text) + 1)] if random.random() < 0.2 else text)


def test_strings_are_read_as_character_by_character() -> None:
    random = np.random.default_rng(0)
    seen = set()
    for _ in range(3000):
        text = random_string(random)
        ends = np.zeros(len(text) + 1, np.int64)
        found = run_ends(np.frombuffer(b"z" + text + b"z", np.uint8), 1, len(text) + 1, ends)
        expected = plain_ends(text)
        seen.add(expected if isinstance(expected, int) else 0)
        assert (found if found < 0 else ends[:found].tolist()) == expected
    assert seen == {0, BAD_CHARACTER, TRUNCATED, NEGATIVE_COUNT}


def written(value: int) -> str:
    """A number in groups of five bits, the last of which has the sign."""
    text, more = "", True
    while more:
        group, value = value & 31, value >> 5
        more = value != -(group >> 4)
        text += chr(48 + group + 32 * more)
    return text


@pytest.mark.parametrize("small", [0, 16], ids=["of one character", "of two characters"])
def test_ends_are_refused_that_leave_64_bits_and_come_back(small: int) -> None:
    steps = [0, 0, 0, *[2**48] * 260, *[small] * 550]
    runs = np.concatenate([np.cumsum(np.array(steps[k::2], object)) for k in (1, 2)])
    assert 2**64 < sum(runs) < 2**64 + 2**63
    text = "".join(map(written, steps)).encode()
    ends = np.zeros(len(text) + 1, np.int64)
    assert run_ends(np.frombuffer(text, np.uint8), 0, len(text), ends) == NEGATIVE_COUNT
