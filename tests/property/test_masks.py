"""Masks of every kind: equal to pycocotools.mask where it has the operation, else to numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segeval import masks as m
from segeval.errors import FormatError
from segeval.masks import RunLengths
from tests.build import build_runs

# pycocotools 2.0.11 decodes through a numpy 1 interface
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Draw = st.DrawFn
SIDES = st.one_of(st.integers(1, 12), st.just(1), st.integers(60, 70))
SIZES = st.tuples(SIDES, SIDES)
ALPHABET = bytes(range(48, 112))


@st.composite
def run_lists(draw: Draw, size: tuple[int, int], *, least: int = 0) -> list[list[int]]:
    """Run lengths of a few masks of one size, many of them 0."""
    pixels = size[0] * size[1]
    # few distinct ends make runs of length 0 likely, also at the same pixel of two masks
    ends = draw(st.lists(st.integers(0, pixels), min_size=1, max_size=6))
    some = st.lists(st.one_of(st.sampled_from(ends), st.integers(0, pixels)), max_size=12)
    cuts = draw(st.lists(some, min_size=least, max_size=4))
    return [np.diff([0, *sorted(cut), pixels]).tolist() for cut in cuts]


@st.composite
def columns(draw: Draw, *, number: int = 1) -> tuple[RunLengths, ...]:
    """Columns of masks, all of one size; at least one mask each."""
    size = draw(SIZES)
    return tuple(build_runs(draw(run_lists(size, least=1)), *size) for _ in range(number))


@st.composite
def paired_columns(draw: Draw) -> tuple[RunLengths, RunLengths]:
    """Two columns of as many masks of one size."""
    first, second = draw(columns(number=2))
    number = min(len(first), len(second))
    return first.take(np.arange(number)), second.take(np.arange(number))


def coco(masks: RunLengths) -> list[dict[str, Any]]:
    """The masks as pycocotools holds them, runs of length 0 included."""
    records: list[dict[str, Any]] = []
    for index in range(len(masks)):
        size = masks.sizes[index].tolist()
        runs = {"counts": masks.runs(index).tolist(), "size": size}
        records += coco_mask.frPyObjects([runs], *size)
    return records


def dense(masks: RunLengths) -> NDArray[np.uint8]:
    """The masks as pycocotools decodes them, shape (N, H, W)."""
    return np.moveaxis(coco_mask.decode(coco(masks)), -1, 0)


def assert_canonical(masks: RunLengths, pixels: NDArray[Any]) -> None:
    """The masks are these pixels, in the very runs that pycocotools would write."""
    expected = coco_mask.encode(np.asfortranarray(np.moveaxis(pixels, 0, -1), np.uint8))
    assert masks.sizes.tolist() == [record["size"] for record in expected]
    assert m.compress(masks).strings() == [record["counts"].decode() for record in expected]


@st.composite
def dense_masks(draw: Draw) -> Any:
    """Masks (N, H, W) of 0 and 1 of a whole type, smooth or noisy, in any order in memory."""
    height, width = draw(SIZES)
    shape = (draw(st.integers(0, 3)), height, width * draw(st.sampled_from([1, 40])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.random(shape) < draw(st.sampled_from([0.0, 0.001, 0.1, 0.5, 0.999, 1.0]))
    if draw(st.booleans()):
        pixels = np.logical_xor.accumulate(pixels, axis=2)
    pixels = pixels.astype(draw(st.sampled_from(["?", "u1", "i1", "i2", ">i4", "i8", "u8"])))
    axes = draw(st.permutations(range(3)))
    laid = np.ascontiguousarray(pixels.transpose(axes)).transpose(np.argsort(axes))
    views = (laid, laid[::2], laid[:, ::-1], laid[..., 1:])
    return views[draw(st.integers(0, 3))]


@given(dense_masks(), st.booleans())
def test_masks_of_any_type_and_order_are_those_of_pycocotools(
    pixels: NDArray[Any], strict: bool
) -> None:
    masks = m.encode(pixels, strict=strict)
    if pixels.size:
        assert_canonical(masks, pixels)
    assert len(masks) == len(pixels)
    assert_array_equal(m.encode(list(pixels), workers=1).counts, masks.counts)


@given(columns())
def test_decoded_masks_are_those_of_pycocotools(made: tuple[RunLengths]) -> None:
    (masks,) = made
    assert_array_equal(m.decode(masks), dense(masks))
    assert_array_equal(m.decode_one(masks, -1), dense(masks)[-1])


@given(arrays(np.uint8, st.tuples(st.integers(1, 4), SIDES, SIDES), elements=st.integers(0, 1)))
def test_encoded_masks_are_those_of_pycocotools(pixels: NDArray[np.uint8]) -> None:
    assert_canonical(m.encode(pixels), pixels)
    assert_array_equal(m.decode(m.encode(pixels)), pixels)


@given(columns())
def test_canonical_runs_are_those_of_pycocotools(made: tuple[RunLengths]) -> None:
    assert_canonical(m.canonical(made[0]), dense(made[0]))


@given(columns())
def test_areas_and_boxes_are_those_of_pycocotools(made: tuple[RunLengths]) -> None:
    (masks,) = made
    assert_array_equal(m.area(masks), coco_mask.area(coco(masks)))
    assert_array_equal(m.boxes(masks), coco_mask.toBbox(coco(masks)))


@given(columns(number=2), st.data())
def test_iou_is_that_of_pycocotools_to_the_last_bit(
    made: tuple[RunLengths, RunLengths], data: st.DataObject
) -> None:
    preds, gts = made
    crowd = data.draw(st.lists(st.booleans(), min_size=len(gts), max_size=len(gts)))
    assert_array_equal(
        m.mask_iou(preds, gts, is_crowd=crowd), coco_mask.iou(coco(preds), coco(gts), crowd)
    )


@given(columns(number=2))
def test_intersection_areas_count_common_pixels(made: tuple[RunLengths, RunLengths]) -> None:
    masks, others = made
    expected = np.einsum("nhw,mhw->nm", dense(masks).astype(int), dense(others).astype(int))
    assert_array_equal(m.intersection_areas(masks, others), expected)


@given(paired_columns())
def test_boolean_operations_are_those_of_numpy(made: tuple[RunLengths, RunLengths]) -> None:
    a, b = (dense(masks) for masks in made)
    assert_canonical(m.union(*made), a | b)
    assert_canonical(m.intersection(*made), a & b)
    assert_canonical(m.difference(*made), a & ~b)


@given(columns(), st.booleans())
def test_merged_masks_are_those_of_numpy(made: tuple[RunLengths], intersect: bool) -> None:
    pixels = dense(made[0])
    expected = pixels.min(axis=0) if intersect else pixels.max(axis=0)
    assert_canonical(m.merge(made[0], intersect=intersect), expected[None])


@given(columns(), st.booleans())
def test_merged_masks_are_those_of_pycocotools(made: tuple[RunLengths], intersect: bool) -> None:
    masks = m.canonical(made[0])
    expected = coco_mask.merge(coco(masks), intersect=intersect)
    assert m.compress(m.merge(masks, intersect=intersect)).strings() == [
        expected["counts"].decode()
    ]


@given(columns())
def test_flips_are_those_of_numpy(made: tuple[RunLengths]) -> None:
    (masks,) = made
    assert_canonical(m.flip_horizontal(masks), dense(masks)[:, :, ::-1])
    assert_canonical(m.flip_vertical(masks), dense(masks)[:, ::-1])


@given(columns(), st.data())
def test_crops_are_slices_of_numpy(made: tuple[RunLengths], data: st.DataObject) -> None:
    (masks,) = made
    height, width = masks.sizes[0].tolist()
    boxes = []
    for _ in range(len(masks)):
        x, y = data.draw(st.integers(0, width)), data.draw(st.integers(0, height))
        w, h = data.draw(st.integers(0, width - x)), data.draw(st.integers(0, height - y))
        boxes.append((x, y, w, h))
    cropped = m.crop(masks, boxes)
    for index, (x, y, w, h) in enumerate(boxes):
        expected = dense(masks)[index, y : y + h, x : x + w]
        assert_canonical(cropped.take(np.array([index])), expected[None])
    x, y, w, h = boxes[0]
    assert_canonical(m.crop(masks, boxes[0]), dense(masks)[:, y : y + h, x : x + w])


@given(columns())
def test_strings_are_those_of_pycocotools_and_return_the_same_runs(
    made: tuple[RunLengths],
) -> None:
    (masks,) = made
    strings = m.compress(masks)
    assert strings.strings() == [record["counts"].decode() for record in coco(masks)]
    decoded = strings.decode()
    assert_array_equal(decoded.counts, masks.counts)
    assert_array_equal(decoded.offsets, masks.offsets)
    areas, defects, boxes = strings.measure_with_boxes()
    assert_array_equal(areas, coco_mask.area(coco(masks)))
    assert_array_equal(boxes, coco_mask.toBbox(coco(masks)).reshape(-1, 4))
    assert_array_equal(strings.measure(), [areas, defects])


# longer runs overflow the buffer of pycocotools, six characters per run
@given(st.lists(st.integers(0, 2**24 - 1), max_size=40))
def test_strings_of_long_runs_are_those_of_pycocotools(counts: list[int]) -> None:
    runs = np.array([counts], np.uint32)
    masks = RunLengths(runs[0], np.array([0, len(counts)]), np.array([[1, 1]], np.int32))
    (expected,) = coco_mask.frPyObjects([{"counts": counts, "size": [1, 1]}], 1, 1)
    assert m.compress(masks).strings() == [expected["counts"].decode()]


@given(
    st.one_of(
        st.binary(max_size=40),
        st.lists(st.sampled_from(ALPHABET), max_size=40).map(bytes),
        st.lists(st.sampled_from(ALPHABET[:32]), max_size=40).map(bytes),
    ),
    st.data(),
)
def test_any_string_is_decoded_or_refused(text: bytes, data: st.DataObject) -> None:
    width = data.draw(st.integers(0, 40))
    sizes = np.array([[1, 1], [1, width], [1, 1]])
    strings = m.CompressedMasks.from_strings([b"1", text, b"1"], sizes)
    _, defects, boxes = strings.measure_with_boxes()
    assert defects[[0, 2]].tolist() == [0, 0]
    if defects[1]:
        assert boxes[1].tolist() == [0, 0, 0, 0]
        with pytest.raises(FormatError, match=r"^mask #1: "):
            strings.decode()
    else:
        assert m.decode_one(strings.decode(), 1).shape == (1, width)
        assert_array_equal(boxes, m.boxes(strings.decode()))


COORDINATES = st.one_of(
    st.integers(-3, 25).map(float),
    st.integers(-30, 250).map(lambda fifths: fifths / 10),
    st.floats(-30, 60),
    st.floats(-2000, 2000),
)


@st.composite
def polygon_masks(draw: Draw) -> list[list[list[float]]]:
    """A few masks as COCO writes polygons: lists of parts x, y, x, y, …"""
    corners = st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=8)
    # only a first part of two points is refused; pycocotools takes it for a box
    later = st.lists(st.tuples(COORDINATES, COORDINATES), min_size=2, max_size=8)
    masks = draw(st.lists(st.tuples(corners, st.lists(later, max_size=3)), max_size=3))
    return [[[v for xy in part for v in xy] for part in (first, *rest)] for first, rest in masks]


@given(polygon_masks(), SIZES)
def test_polygons_have_the_pixels_of_pycocotools(
    polygons: list[list[list[float]]], size: tuple[int, int]
) -> None:
    parts = [np.reshape(part, (-1, 2)) for mask in polygons for part in mask]
    column = m.Polygons(
        np.concatenate([np.empty((0, 2)), *parts]),
        np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64),
        np.cumsum([0, *(len(mask) for mask in polygons)], dtype=np.int64),
    )
    masks = m.rasterise(column, np.array([size] * len(polygons), np.int32).reshape(-1, 2))
    expected = [coco_mask.merge(coco_mask.frPyObjects(mask, *size)) for mask in polygons]
    assert m.compress(masks).strings() == [record["counts"].decode() for record in expected]


@given(columns(number=2), st.integers(1, 100))
def test_runs_of_a_wrong_total_are_refused(
    made: tuple[RunLengths, RunLengths], excess: int
) -> None:
    good, wrong = made
    wrong.counts[0] += excess
    both = m.concatenate([good, wrong])
    for operation in (
        m.check_totals,
        m.decode,
        m.canonical,
        m.merge,
        m.flip_horizontal,
        m.flip_vertical,
        lambda masks: m.crop(masks, [0, 0, 1, 1]),
        lambda masks: m.union(masks, masks),
        lambda masks: m.mask_iou(good, masks),
        lambda masks: m.intersection_areas(masks, good),
    ):
        with pytest.raises(FormatError, match=f"^mask #{len(good)}: the runs add up to"):
            operation(both)
