"""Masks of more than 2**32 pixels, against whole numbers of Python."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from segeval import average_precision, load_ground_truth, load_predictions
from segeval import masks as m
from segeval.data.coco.write import save_ground_truth, save_predictions
from segeval.data.json.count_lists import parse_counts
from segeval.errors import FormatError
from segeval.masks.long_runs import LONGEST, packed

Spans = list[tuple[int, int]]
"""Foreground of a mask in column-major order: (first pixel, pixel after the last), ascending."""

Size = tuple[int, int]


def all_runs(spans: Spans, size: Size) -> list[int]:
    """Run lengths of a mask as plain numbers."""
    ends = [end for span in spans for end in span] + [size[0] * size[1]]
    if len(ends) > 1 and ends[-1] == ends[-2]:
        ends.pop()
    return [b - a for a, b in zip([0, *ends], ends, strict=False)]


def column(*masks: tuple[Spans, Size]) -> m.RunLengths:
    """A column of masks."""
    runs = [all_runs(*mask) for mask in masks]
    lengths = np.array([length for own in runs for length in own], np.int64)
    offsets = np.cumsum([0, *(len(own) for own in runs)], dtype=np.int64)
    return m.RunLengths(
        *packed(lengths, offsets), np.array([size for _, size in masks], np.int32).reshape(-1, 2)
    )


def text_of(runs: list[int]) -> str:
    """COCO's compressed string of some runs, after maskApi.c, in whole numbers."""
    text = ""
    for place, run in enumerate(runs):
        value = run - runs[place - 2] if place > 2 else run
        more = True
        while more:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text += chr(48 + group + 32 * more)
    return text


def combined(a: Spans, b: Spans, rule: Callable[[bool, bool], bool]) -> Spans:
    """The pixels for which a rule holds."""
    ends = sorted({end for span in (*a, *b) for end in span})
    kept = [
        (low, high)
        for low, high in itertools.pairwise(ends)
        if rule(*(any(x <= low < y for x, y in spans) for spans in (a, b)))
    ]
    return joined(kept)


def joined(spans: Spans) -> Spans:
    """The same pixels, with spans that touch as one."""
    found: Spans = []
    for low, high in sorted(spans):
        if low == high:
            continue
        if found and found[-1][1] == low:
            found[-1] = found[-1][0], high
        else:
            found.append((low, high))
    return found


def pixels(spans: Spans) -> int:
    return sum(high - low for low, high in spans)


def by_column(spans: Spans, height: int) -> list[tuple[int, int, int]]:
    """(column, top, bottom) of every piece of a column."""
    return [
        (at, max(low - at * height, 0), min(high - at * height, height))
        for low, high in spans
        for at in range(low // height, (high - 1) // height + 1)
    ]


def from_columns(parts: list[tuple[int, int, int]], height: int) -> Spans:
    return joined([(at * height + top, at * height + bottom) for at, top, bottom in parts])


@st.composite
def sizes(draw: st.DrawFn, *, most_columns: int = 9_000_000) -> Size:
    """Sizes of more than 2**32 pixels."""
    width = draw(st.integers(500, 1500))
    height = draw(st.integers(2**32 // width, 9_000_000))
    swap = most_columns > height and draw(st.booleans())
    return (width, height) if swap else (height, width)


@st.composite
def foregrounds(draw: st.DrawFn, size: Size) -> Spans:
    """A few runs, whose ends are often where counts and columns end."""
    total = size[0] * size[1]
    wrap = st.builds(
        lambda times, off: times * 2**32 + off, st.integers(0, total >> 32), st.integers(-2, 2)
    )
    edge = st.builds(
        lambda at, off: at * size[0] + off, st.integers(0, size[1]), st.integers(-1, 1)
    )
    place = st.one_of(wrap, edge, st.sampled_from([0, total]), st.integers(0, total))
    ends = sorted(
        {min(max(each, 0), total) for each in draw(st.lists(place, min_size=0, max_size=8))}
    )
    return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False)]


@st.composite
def pairs(draw: st.DrawFn, *, most_columns: int = 9_000_000) -> tuple[Spans, Spans, Size]:
    size = draw(sizes(most_columns=most_columns))
    return draw(foregrounds(size)), draw(foregrounds(size)), size


@given(pairs())
def test_strings_and_lists_hold_runs_of_any_length(pair: tuple[Spans, Spans, Size]) -> None:
    *both, size = pair
    runs = [all_runs(spans, size) for spans in both]
    expected = column(*((spans, size) for spans in both))
    strings = m.CompressedMasks.from_strings([text_of(own) for own in runs], expected.sizes)
    lists = m.CompressedMasks.from_strings([json.dumps(own) for own in runs], expected.sizes)
    for found in (strings.decode(), parse_counts(lists)):
        assert_array_equal(found.counts, expected.counts)
        assert_array_equal(found.offsets, expected.offsets)
    assert m.compress(expected).strings() == strings.strings()
    areas, defects, boxes = strings.measure_with_boxes()
    assert areas.tolist() == [pixels(spans) for spans in both]
    assert defects.tolist() == [0, 0]
    assert_array_equal(boxes, m.boxes(expected))


@given(pairs())
def test_areas_and_boxes_are_right(pair: tuple[Spans, Spans, Size]) -> None:
    spans, _, (height, width) = pair
    masks = column((spans, (height, width)))
    assert m.area(masks).tolist() == [pixels(spans)]
    box = [0, 0, 0, 0]
    if spans:
        left, right = spans[0][0] // height, (spans[-1][1] - 1) // height
        many = any(a // height < (b - 1) // height for a, b in spans)
        top = 0 if many else min(a % height for a, _ in spans)
        bottom = height - 1 if many else max((b - 1) % height for _, b in spans)
        box = [left, top, right - left + 1, bottom - top + 1]
    assert m.boxes(masks).tolist() == [box]


@given(pairs())
def test_masks_are_combined(pair: tuple[Spans, Spans, Size]) -> None:
    a, b, size = pair
    one, other = column((a, size)), column((b, size))
    rules: tuple[tuple[Any, Callable[[bool, bool], bool]], ...] = (
        (m.union, lambda x, y: x or y),
        (m.intersection, lambda x, y: x and y),
        (m.difference, lambda x, y: x and not y),
    )
    for operation, rule in rules:
        found = operation(one, other)
        expected = column((combined(a, b, rule), size))
        assert_array_equal(found.counts, expected.counts)
        m.check_totals(found)
    assert_array_equal(m.canonical(one).counts, one.counts)
    assert_array_equal(m.merge(m.concatenate([one, other, one])).counts, m.union(one, other).counts)


@given(pairs(), st.booleans())
def test_iou_is_right(pair: tuple[Spans, Spans, Size], is_crowd: bool) -> None:
    a, b, size = pair
    one, other = column((a, size)), column((b, size))
    common = pixels(combined(a, b, lambda x, y: x and y))
    whole = pixels(a) if is_crowd else pixels(combined(a, b, lambda x, y: x or y))
    assert m.intersection_areas(one, other).tolist() == [[common]]
    iou = float(Fraction(common, whole)) if common else 0.0
    assert m.mask_iou(one, other, is_crowd=[is_crowd]).tolist() == [[iou]]


@given(pairs(most_columns=2000))
def test_masks_are_flipped(pair: tuple[Spans, Spans, Size]) -> None:
    spans, _, (height, width) = pair
    masks = column((spans, (height, width)))
    parts = by_column(spans, height)
    mirrored = from_columns([(width - 1 - at, a, b) for at, a, b in parts], height)
    expected = column((mirrored, (height, width)))
    assert_array_equal(m.flip_horizontal(masks).counts, expected.counts)
    upside_down = from_columns([(at, height - b, height - a) for at, a, b in parts], height)
    expected = column((upside_down, (height, width)))
    assert_array_equal(m.flip_vertical(masks).counts, expected.counts)


@given(pairs(most_columns=2000), st.data())
def test_masks_are_cropped(pair: tuple[Spans, Spans, Size], data: st.DataObject) -> None:
    spans, _, (height, width) = pair
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    w, h = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    kept = [
        (at - x, max(top - y, 0), min(bottom - y, h))
        for at, top, bottom in by_column(spans, height)
        if x <= at < x + w and top < y + h and bottom > y
    ]
    found = m.crop(column((spans, (height, width))), [x, y, w, h])
    assert_array_equal(found.counts, column((from_columns(kept, h), (h, w))).counts)
    assert found.sizes.tolist() == [[h, w]]


@given(st.data())
def test_polygons_are_drawn(data: st.DataObject) -> None:
    height, width = data.draw(sizes())
    most = [min(side, 10**6) for side in (width, height)]
    x, y = (data.draw(st.integers(0, side - 1)) for side in most)
    w, h = (data.draw(st.integers(1, side - at)) for side, at in zip(most, (x, y), strict=True))
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float64)
    polygon = m.Polygons(corners, np.array([0, 4]), np.array([0, 1]))
    found = m.rasterise(polygon, np.array([[height, width]], np.int32))
    m.check_totals(found)
    assert m.area(found).tolist() == [w * h]
    assert m.boxes(found).tolist() == [[x, y, w, h]]
    assert_array_equal(m.canonical(found).counts, found.counts)


@given(st.data())
def test_boundaries_lie_anywhere(data: st.DataObject) -> None:
    height, width = data.draw(sizes())
    dense = np.array(data.draw(st.lists(st.lists(st.booleans(), min_size=9, max_size=9),
                                        min_size=7, max_size=7)), bool)  # fmt: skip
    framed = np.pad(dense, 2)  # so that the borders of both images are farther than the width
    x, y = data.draw(st.integers(0, width - 13)), data.draw(st.integers(0, height - 11))

    def placed(small: m.RunLengths) -> m.RunLengths:
        rows = np.argwhere(m.decode_one(small, 0).T)
        spans = [((x + at) * height + y + row, (x + at) * height + y + row + 1) for at, row in rows]
        return column((joined(spans), (height, width)))

    small = m.encode(framed[None])
    found = m.boundary(placed(small), px=1)
    assert_array_equal(found.counts, placed(m.boundary(small, px=1)).counts)


@given(pairs())
def test_files_are_scored_and_written(pair: tuple[Spans, Spans, Size]) -> None:
    a, b, size = pair
    if not a or not b:
        return
    one, other = all_runs(a, size), all_runs(b, size)
    mask = {"size": size, "counts": text_of(one)}
    preds = [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": mask}]
    record = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": pixels(b)}
    gt = {
        "images": [{"id": 1, "height": size[0], "width": size[1]}],
        "categories": [{"id": 1}],
        "annotations": [{**record, "segmentation": {"size": size, "counts": other}}],
    }
    iou = Fraction(
        pixels(combined(a, b, lambda x, y: x and y)), pixels(combined(a, b, lambda x, y: x or y))
    )
    result = average_precision(preds, gt, sizes=[2.0**32], thresholds=[0.25, 0.5])
    reached = sum(iou >= Fraction(threshold) for threshold in (0.25, 0.5))
    assert result.ap == pytest.approx(reached / 2)
    truth = load_ground_truth(gt)
    assert_array_equal(truth.masks.counts, column((b, size)).counts)


def test_a_mask_of_a_whole_image_is_found_exactly() -> None:
    size = [65536, 65536]
    mask = {"size": size, "counts": text_of([0, 2**32])}
    record = {"image_id": 1, "category_id": 1, "segmentation": mask}
    gt = {
        "images": [{"id": 1, "height": 65536, "width": 65536}],
        "categories": [{"id": 1}],
        "annotations": [{**record, "id": 1, "iscrowd": 0}],
    }
    result = average_precision([{**record, "score": 0.5}], gt, sizes=[2.0**15, 2.0**17])
    assert result.ap == pytest.approx(1)
    assert [row[2] for row in result.tables[0].rows] == [1, 0, 1, 0]  # by an area of 2**32


def test_masks_are_written_as_they_were_read(tmp_path: Path) -> None:
    size = [70_000, 70_000]
    runs = [5, 2**32 + 7, 3, 70_000**2 - 2**32 - 15]
    string = {"size": size, "counts": text_of(runs)}
    record = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    preds = [{**record, "segmentation": string, "score": 0.5}]
    gt = {
        "images": [{"id": 1, "height": size[0], "width": size[1]}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [
            {**record, "id": 1, "iscrowd": 0, "segmentation": string},
            {**record, "id": 2, "iscrowd": 0, "segmentation": {"size": size, "counts": runs}},
        ],
    }
    save_predictions(load_predictions(preds), tmp_path / "preds.json")
    save_ground_truth(load_ground_truth(gt), tmp_path / "gt.json")
    again = load_ground_truth(tmp_path / "gt.json")
    strings = load_predictions(tmp_path / "preds.json").segmentations.strings
    assert strings.strings() == [string["counts"]]
    assert m.compress(again.masks).strings() == [string["counts"]] * 2


def test_a_long_background_is_no_foreground() -> None:
    masks = column(([], (65536, 65537)))
    assert masks.counts.tolist() == [LONGEST, 0, 65537]
    assert m.boxes(masks).tolist() == [[0, 0, 0, 0]]
    assert m.area(masks).tolist() == [0]


@pytest.mark.parametrize("counts", ["oooooooooo0", "ooooooooooo0", "_" * 9])
def test_numbers_beyond_ten_groups_are_refused(counts: str) -> None:
    defects = m.CompressedMasks.from_strings([counts], np.array([[1, 1]])).measure()[1]
    assert defects.tolist() != [0]


def test_runs_beyond_63_bits_never_come_back_to_the_right_total() -> None:
    runs = [2**48] * (2**64 // 2**48) + [9]  # 2**64 + 9 in all
    text = text_of(runs)
    strings = m.CompressedMasks.from_strings([text], np.array([[3, 3]]))
    assert strings.measure()[1].tolist() != [0]
    with pytest.raises(FormatError):
        strings.decode()
