"""Masks through the interface of pycocotools, compared with the package itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pycocotools.mask as theirs
import pytest
from numpy.typing import NDArray

from segeval import FormatError, InputError, ShapeError
from segeval.compat.pycocotools import mask as ours

RANDOM = np.random.default_rng(5)

PIXELS = {
    "noise": RANDOM.integers(0, 2, (9, 7), np.uint8),
    "empty": np.zeros((4, 5), np.uint8),
    "full": np.ones((4, 5), np.uint8),
    "first pixel": np.eye(3, dtype=np.uint8),
    "no rows": np.zeros((0, 3), np.uint8),
    "255": np.eye(4, dtype=np.uint8) * 255,
    "bool": np.eye(4, dtype=bool),
    "large": np.kron(RANDOM.integers(0, 2, (5, 4), np.uint8), np.ones((50, 60), np.uint8)),
}

NOISE = [theirs.encode(np.asfortranarray(RANDOM.integers(0, 2, (9, 7), np.uint8))) for _ in "1234"]

BOXES = [[0.0, 0.0, 4.0, 3.0], [1.5, 0.25, 4.0, 3.0], [-2.0, 1.0, 3.0, 0.0], [20.0, 20.0, 1.0, 1.0]]


def assert_same(found: Any, expected: Any) -> None:
    """The same value, of the same type, shape and order in memory."""
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert found.flags["F_CONTIGUOUS"] == expected.flags["F_CONTIGUOUS"]
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


@pytest.mark.parametrize("name", PIXELS)
def test_dense_masks_are_encoded_as_the_package_does(name: str) -> None:
    pixels = np.asfortranarray(PIXELS[name])
    assert_same(ours.encode(pixels), theirs.encode(pixels))


def test_several_masks_are_encoded_along_the_last_axis() -> None:
    pixels = np.asfortranarray(RANDOM.integers(0, 2, (6, 5, 3), np.uint8))
    assert_same(ours.encode(pixels), theirs.encode(pixels))
    assert ours.encode(pixels[:, :, :0]) == []


def test_the_order_of_dense_masks_in_memory_does_not_matter() -> None:
    pixels = RANDOM.integers(0, 2, (6, 5, 3), np.uint8)
    assert ours.encode(np.ascontiguousarray(pixels)) == theirs.encode(np.asfortranarray(pixels))


@pytest.mark.parametrize(
    ("pixels", "error", "words"),
    [
        (np.array([[0, 1, 2]], np.uint8), FormatError, "holds 3 values, expected 0 and one other"),
        (np.zeros((2, 2)), FormatError, "of the type float64, expected uint8 or bool"),
        (np.zeros(3, np.uint8), ShapeError, r"has shape \(3,\), expected \(height, width\)"),
    ],
)
def test_what_is_no_mask_is_not_encoded(
    pixels: NDArray[Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ours.encode(pixels)


@pytest.mark.parametrize("function", ["decode", "area", "toBbox"])
@pytest.mark.parametrize("masks", [NOISE[0], NOISE, NOISE[:1]], ids=["one", "many", "list of one"])
def test_masks_are_measured_and_decoded_as_the_package_does(function: str, masks: Any) -> None:
    assert_same(getattr(ours, function)(masks), getattr(theirs, function)(masks))


@pytest.mark.parametrize("function", ["area", "toBbox"])
def test_no_masks_have_no_measures(function: str) -> None:
    assert_same(getattr(ours, function)([]), getattr(theirs, function)([]))


def test_counts_may_be_text() -> None:
    text = {"size": NOISE[0]["size"], "counts": NOISE[0]["counts"].decode()}
    assert_same(ours.decode(text), theirs.decode(text))


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ({"size": [2, 3], "counts": b"13"}, "add up to 4 pixels, expected 2 x 3 = 6"),
        ({"size": [2, 2], "counts": [1, 3]}, "counts is of the type list, expected bytes or text"),
        ({"counts": b"13"}, "expected a dict with size and counts"),
        ({"size": [2], "counts": b"13"}, r"size is \[2\], expected two whole numbers"),
        ([[0, 0, 9, 0, 9, 9]], "expected a dict with size and counts"),
    ],
)
@pytest.mark.parametrize("function", ["decode", "area", "toBbox"])
def test_what_the_package_reads_beyond_the_mask_is_refused(
    function: str, mask: Any, words: str
) -> None:
    with pytest.raises(FormatError, match=f"mask #0.*{words}"):
        getattr(ours, function)(mask)


@pytest.mark.parametrize("intersect", [0, 1, False, True])
@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_masks_are_merged_as_the_package_does(number: int, intersect: int) -> None:
    assert_same(ours.merge(NOISE[:number], intersect), theirs.merge(NOISE[:number], intersect))


def test_masks_of_two_sizes_are_not_merged() -> None:
    with pytest.raises(ShapeError, match="mask #1 is 1 x 1 pixels, mask #0 is 9 x 7"):
        ours.merge([NOISE[0], {"size": [1, 1], "counts": b"1"}])


@pytest.mark.parametrize("crowd", [[0, 0, 0], [1, 0, 1], [True, False, False]])
def test_overlaps_of_masks_are_those_of_the_package(crowd: list[int]) -> None:
    assert_same(ours.iou(NOISE, NOISE[:3], crowd), theirs.iou(NOISE, NOISE[:3], crowd))


def test_masks_of_two_sizes_overlap_by_minus_one() -> None:
    others = [theirs.encode(np.ones((3, 3), np.uint8, order="F")), NOISE[2]]
    assert_same(ours.iou(NOISE, others, [0, 1]), theirs.iou(NOISE, others, [0, 1]))
    apart = [
        {
            "size": [30, 30],
            "counts": ours.frPyObjects([[20, 20, 20, 25, 25, 25]], 30, 30)[0]["counts"],
        }
    ]
    assert_same(ours.iou(apart, others, [0, 1]), theirs.iou(apart, others, [0, 1]))


@pytest.mark.parametrize("crowd", [[0, 0, 0, 0], [1, 0, 1, 0]])
@pytest.mark.parametrize("form", [list, np.array, lambda boxes: np.array(boxes).astype(int)])
def test_overlaps_of_boxes_are_those_of_the_package(form: Any, crowd: list[int]) -> None:
    boxes = form(BOXES)
    assert_same(ours.iou(boxes, boxes, crowd), theirs.iou(boxes, boxes, crowd))


def test_boxes_with_nan_overlap_as_in_the_package() -> None:
    odd = [[np.nan, 0.0, 1.0, 1.0], [0.0, 0.0, np.inf, 1.0], [0.0, 0.0, np.nan, 1.0]]
    assert_same(ours.iou(odd, BOXES, [0, 0, 0, 0]), theirs.iou(odd, BOXES, [0, 0, 0, 0]))


@pytest.mark.parametrize(
    ("dt", "gt"), [([], NOISE), (NOISE, []), ([], []), (np.zeros((0, 4)), BOXES)]
)
def test_nothing_overlaps_with_nothing(dt: Any, gt: Any) -> None:
    assert ours.iou(dt, gt, [0] * len(gt)) == theirs.iou(dt, gt, [0] * len(gt)) == []


@pytest.mark.parametrize(
    ("dt", "gt", "crowd", "words"),
    [
        (NOISE, BOXES, [0] * 4, "of two kinds"),
        ([(0, 0, 1, 1)], BOXES, [0] * 4, "`dt` is neither a list of masks nor one of boxes"),
        (NOISE[0], NOISE, [0] * 4, "`dt` is neither a list of masks nor one of boxes"),
        (NOISE, NOISE, [0], "`pyiscrowd` has 1 values, expected 4"),
        (np.zeros((2, 5)), BOXES, [0] * 4, r"`dt` has shape \(2, 5\)"),
    ],
)
def test_other_overlaps_are_refused(dt: Any, gt: Any, crowd: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        ours.iou(dt, gt, crowd)


@pytest.mark.parametrize(
    "objects",
    [
        [[0, 0, 5, 0, 5, 5]],
        [[0.5, 0.25, 5, 0, 5, 5, 1, 4], [2, 2, 9, 2, 9, 9]],
        [[0, 0, 5, 0, 5, 5, 7]],
        [[0, 0, 5, 0, 5]],
        [[0, 0, 5, 0, 5, 5], [1, 1]],
        [[0, 0, 5, 0, 5, 5], [1, 1, 4, 4]],
        [[0, 0, 5, 0, 5, 5], []],
        [np.array([0, 0, 5, 0, 5, 5.0])],
        [[-3, -3, 20, -3, 20, 20, -3, 20]],
        np.array([[1.0, 2, 3, 4], [0, 0, 0.5, 0.5], [-5, 3, 30, 2]]),
        {"size": [3, 3], "counts": [1, 2, 6]},
        [{"size": [3, 3], "counts": [1, 2, 6]}, {"size": [3, 4], "counts": [0, 12]}],
        [{"size": [3, 3], "counts": [1, 2]}],
        {"size": [3, 3], "counts": np.array([0, 0, 9])},
    ],
)
def test_objects_become_masks_as_in_the_package(objects: Any) -> None:
    assert_same(ours.frPyObjects(objects, 10, 12), theirs.frPyObjects(objects, 10, 12))


@pytest.mark.parametrize(
    "objects",
    [[], [[]], [1, 2, 3, 4], [[1, 2, 3, 4]], [0, 0, 5, 0, 5, 5], [[1, 2, 3]], "text",
     {"size": [2, 2], "counts": b"13"}, {"size": [3, 3], "counts": [1, -2]}],
)  # fmt: skip
def test_what_the_package_refuses_is_refused(objects: Any) -> None:
    with pytest.raises((AttributeError, Exception)):
        theirs.frPyObjects(objects, 10, 10)
    with pytest.raises(InputError):
        ours.frPyObjects(objects, 10, 10)


def test_corners_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(FormatError, match="coordinate nan, expected finite numbers"):
        ours.frPyObjects([[0, 0, np.nan, 0, 5, 5]], 10, 10)
    with pytest.raises(FormatError, match=r"a polygon is \[0, 'a', 1, 2, 3\], expected a list"):
        ours.frPyObjects([[0, "a", 1, 2, 3]], 10, 10)


def test_random_masks_agree_in_every_function() -> None:
    for seed in range(40):
        random = np.random.default_rng(seed)
        height, width = random.integers(1, 40, 2)
        pixels = np.asfortranarray(random.random((height, width, 4)) < random.random(4), np.uint8)
        masks = theirs.encode(pixels)
        assert_same(ours.encode(pixels), masks)
        crowd = random.integers(0, 2, 3)
        assert_same(ours.decode(masks), theirs.decode(masks))
        assert_same(ours.area(masks), theirs.area(masks))
        assert_same(ours.toBbox(masks), theirs.toBbox(masks))
        assert_same(ours.merge(masks), theirs.merge(masks))
        assert_same(ours.merge(masks, True), theirs.merge(masks, True))
        assert_same(ours.iou(masks, masks[:3], crowd), theirs.iou(masks, masks[:3], crowd))


@pytest.mark.parametrize("intersect", [0.5, 1.5, -1, np.int64(1)])
def test_a_fraction_of_intersect_is_cut_off_as_by_the_package(intersect: Any) -> None:
    assert_same(ours.merge(NOISE, intersect), theirs.merge(NOISE, intersect))


@pytest.mark.parametrize("intersect", [None, "1", float("nan"), [1]])
def test_an_intersect_that_is_no_number_is_refused(intersect: Any) -> None:
    with pytest.raises(InputError) as caught:
        ours.merge(NOISE, intersect)
    assert str(caught.value) == f"`intersect` is {intersect!r}, expected 0 or 1."


@pytest.mark.parametrize("masks", [None, 5, {"size": [1, 1], "counts": b"01"}])
def test_merging_what_is_no_list_is_refused(masks: Any) -> None:
    with pytest.raises(
        InputError, match=r"^`rleObjs` is of the type \w+, expected a list of masks"
    ):
        ours.merge(masks)


@pytest.mark.parametrize("crowd", [None, 0, [None, 0], [256, 0], [-1, 0], [[0], [0]], ["a", 0]])
def test_crowds_that_are_no_list_of_0_and_1_are_refused(crowd: Any) -> None:
    with pytest.raises(InputError) as caught:
        ours.iou(NOISE, NOISE[:2], crowd)
    assert str(caught.value) == (
        f"`pyiscrowd` is {crowd}, expected a list with 0 or 1 for each ground truth."
    )


@pytest.mark.parametrize("kind", [np.bytes_, bytearray, lambda text: np.str_(text.decode())])
def test_counts_of_other_kinds_of_bytes_are_refused(kind: Any) -> None:
    with pytest.raises(
        FormatError, match=r"^mask #0: counts is of the type \w+, expected bytes or"
    ):
        ours.decode([{**NOISE[0], "counts": kind(NOISE[0]["counts"])}])
