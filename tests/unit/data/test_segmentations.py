"""Segmentations of mixed formats: all of them become the same pixels."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.coco.read_predictions import parse_predictions
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError
from segeval.limits import raised
from segeval.masks import decode
from segeval.masks.drawn_runs import most_drawn_runs
from tests.build import build_masks, coco_rle

MASKS = build_masks(3, 12, 9)
SQUARE = [[2, 3, 6, 3, 6, 8, 2, 8]]


def counts_of(mask: Any) -> dict[str, Any]:
    """A mask as uncompressed counts."""
    pixels = np.asarray(mask).ravel(order="F")
    edges = [0, *(np.flatnonzero(np.diff(pixels)) + 1), pixels.size]
    counts = np.diff(edges).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if pixels[0] else counts}


def segments_of(*values: Any) -> Segmentations:
    record = {"image_id": 1, "category_id": 1, "score": 1}
    text = json.dumps([{**record, "segmentation": value} for value in values])
    return parse_predictions(text.encode()).segmentations


class Names:
    """Columns of which only the names are needed."""

    source = "preds.json"

    def describe(self, index: int, /) -> str:
        return f"preds.json: prediction #{index}"


def sizes(segments: Segmentations) -> Any:
    return np.tile(np.array([[12, 9]], np.int32), (len(segments), 1))


MIXED = [None, coco_rle(MASKS[0]), SQUARE, counts_of(MASKS[1]), [], coco_rle(MASKS[2]), SQUARE]


def test_formats_and_sizes_are_known_without_decoding() -> None:
    segments = segments_of(*MIXED)
    n, s, c, p = Format.NONE, Format.STRING, Format.COUNTS, Format.POLYGON
    assert segments.format.tolist() == [n, s, p, c, n, s, p]
    assert segments.rows(Format.POLYGON).tolist() == [2, 6]
    own = segments.mask_sizes(sizes(segments) + 100)
    assert own[:4].tolist() == [[112, 109], [12, 9], [112, 109], [12, 9]]


def test_masks_of_all_formats_come_in_the_order_of_the_records() -> None:
    segments = segments_of(*MIXED)
    pixels = decode(segments.run_lengths(sizes(segments), Names()))
    square = np.zeros((12, 9), np.uint8)
    square[3:8, 2:6] = 1
    nothing = np.zeros((12, 9), np.uint8)
    expected = [nothing, MASKS[0], square, MASKS[1], nothing, MASKS[2], square]
    assert np.array_equal(np.array(pixels), np.array(expected))


@pytest.mark.parametrize("index", [[6, 0, 3], [1, 5], [2], [0, 4], []])
def test_taken_segments_are_those_of_the_records(index: list[int]) -> None:
    segments = segments_of(*MIXED)
    whole = segments.run_lengths(sizes(segments), Names())
    taken = segments.take(np.array(index, np.int64))
    assert np.array_equal(
        taken.run_lengths(sizes(taken), Names()).counts,
        whole.take(np.array(index, np.int64)).counts,
    )


def test_compressed_masks_are_the_same_pixels() -> None:
    segments = segments_of(*MIXED)
    packed = segments.compressed(sizes(segments), Names())
    whole = segments.run_lengths(sizes(segments), Names())
    rows = np.flatnonzero(segments.format != Format.NONE)
    assert np.array_equal(packed.take(rows).decode().counts, whole.take(rows).counts)
    strings = segments_of(coco_rle(MASKS[0]))
    assert strings.compressed(sizes(strings), Names()) is strings.strings


BAD = {
    "counts is the text of Python bytes (": {"size": [2, 2], "counts": "b'Vmh0'"},
    "the runs add up to 3 pixels, expected 2 x 2 = 4.": {"size": [2, 2], "counts": [1, 2]},
    "polygon has 4 numbers, a polygon needs at least 6 (3 points).": [[1, 2, 3, 4]],
    "polygon has the coordinate NaN, expected finite numbers within 1e+06.": [[1, 2, 3, 4, 5, "?"]],
}


@pytest.mark.parametrize("reason", BAD)
def test_a_mask_that_cannot_be_read_is_named(reason: str) -> None:
    bad = json.loads(json.dumps(BAD[reason]).replace('"?"', "NaN"))
    good = coco_rle(MASKS[0])
    if "Python bytes" in reason:  # a record that Python need not look at
        text = json.dumps({"image_id": 1, "category_id": 1, "score": 1, "segmentation": bad})
        segments = parse_predictions(f"[{text}]".encode()).segmentations
        index = 0
    else:
        segments = segments_of(good, SQUARE, bad, good)
        index = 2
    with pytest.raises(FormatError) as raised:
        segments.run_lengths(sizes(segments), Names())
    assert raised.value.message.startswith(f"preds.json: prediction #{index}: {reason}")
    assert raised.value.index == index
    problem = segments.problem(index)
    assert problem is not None
    assert problem.startswith(reason.removesuffix("."))


def test_equal_mistakes_in_polygons_are_counted() -> None:
    segments = segments_of(SQUARE, [[1, 2]], [[1, 2, 3, 4]])
    with pytest.raises(
        FormatError, match=r"#1: polygon has 2 numbers.* 1 more like it\.$"
    ) as raised:
        segments.run_lengths(sizes(segments), Names())
    assert (raised.value.count, raised.value.index, raised.value.code) == (2, 1, "bad-polygon")


def test_a_later_part_of_two_points_is_drawn_if_leniency_is_asked_for() -> None:
    segments = segments_of([*SQUARE, [1, 1, 2, 2]])
    assert "part #1 has 4 numbers" in str(segments.problem(0))
    short: list[NDArray[Any]] = []
    segments.run_lengths(sizes(segments), Names(), on_short_parts=short.append)
    assert [rows.tolist() for rows in short] == [[0]]


ZIGZAG = [[x for y in range(50) for x in (9 * (y % 2), y / 5)]]


def test_a_polygon_of_too_many_crossings_is_refused_before_it_is_drawn() -> None:
    segments = segments_of(SQUARE, ZIGZAG)
    with raised(mask_runs=400), pytest.raises(FormatError) as refused:
        segments.run_lengths(sizes(segments), Names())
    assert refused.value.message == (
        "preds.json: prediction #1: the polygons cross 553 columns of pixels, expected at most "
        "400. If that is right, raise the limit: `limits.raised(mask_runs=553)`."
    )
    assert (refused.value.index, refused.value.option) == (1, "limit mask_runs")
    with raised(mask_runs=553):
        assert len(segments.run_lengths(sizes(segments))) == 2


def test_all_polygons_together_may_cross_as_much_as_their_text_allows() -> None:
    segments = segments_of(*[ZIGZAG] * 5)
    text = int(segments.strings.lengths.sum())
    assert text > 1000
    with raised(drawn_runs=1, drawn_ratio=3):  # 553 for each: less than 3 x text
        assert len(segments.run_lengths(sizes(segments))) == 5
    with raised(drawn_runs=1200, drawn_ratio=1), pytest.raises(FormatError) as refused:
        segments.run_lengths(sizes(segments), Names())
    assert refused.value.message == (
        "preds.json: prediction #3: with those before it the polygons cross 2,212 columns of "
        f"pixels, expected at most {text:,}. If that is right, raise the limit: "
        "`limits.raised(drawn_runs=2765)`."
    )


def test_the_bound_on_crossings_holds_for_any_polygon() -> None:
    rng = np.random.default_rng(0)
    shapes = [
        [(rng.random(2 * rng.integers(3, 30)) * rng.choice([5, 20, 200]) - 10).tolist()]
        for _ in range(200)
    ]
    segments = segments_of(*shapes)
    drawn = segments.run_lengths(sizes(segments))
    polygons, _ = segments.polygons()
    for room in (0, 10**9):
        most = most_drawn_runs(polygons, sizes(segments), each=room, together=room)
        assert (np.diff(drawn.offsets) <= most).all()
