"""Masks from probabilities and logits, at the size of the image or another."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError, ShapeError
from segeval.masks import RunLengths, decode, encode, encode_values
from segeval.masks.values import MaskValues


def interpolated(values: NDArray[Any], height: int, width: int) -> Any:
    """Values (h, w) at another size: bilinear between centres of pixels, in float64."""

    def along(rows: Any, new: int) -> Any:
        old = len(rows)
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.floor(place).astype(int)
        share = (place - low)[:, None]
        return (1 - share) * rows[low] + share * rows[np.minimum(low + 1, old - 1)]

    return along(along(values.astype(np.float64), height).T, width).T


def smooth(shape: tuple[int, int, int], seed: int) -> NDArray[np.float64]:
    """Values of a few waves, most of them below 0."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape[1:])
    found = np.zeros(shape)
    for mask in found:
        for a, b, c in rng.normal(size=(3, 3)):
            mask += 4 * np.sin(a * y / 3 + b * x / 3 + 9 * c)
        mask -= rng.choice([2, 6, 20])
    return found


def test_values_from_the_cut_on_are_foreground() -> None:
    values = np.array([[[0.1, 0.5, 0.49], [0.9, 0.8, 0.2]]])
    assert decode(encode_values(values, "probabilities")).tolist() == [[[0, 1, 0], [1, 1, 0]]]
    assert decode(encode_values(values, "probabilities", cut=0.9)).tolist() == [
        [[0, 0, 0], [1, 0, 0]]
    ]
    assert decode(encode_values([[[-0.1, 0.0, 3.0]]], "logits")).tolist() == [[[0, 1, 1]]]


def test_a_pixel_between_two_values_is_their_mean() -> None:
    # 8 pixels for 2 values: centres at -0.375, -0.125, ..., 1.375 pixels of the values
    masks = encode_values([[[0.0, 1.0]]], "probabilities", size=(2, 8), cut=0.63)
    assert decode(masks).tolist() == [[[0, 0, 0, 0, 0, 1, 1, 1]] * 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("order", ["C", "F", "reversed"])
def test_values_of_the_size_of_the_image_are_cut(dtype: Any, order: str) -> None:
    values = smooth((5, 40, 150), 1).astype(dtype)
    laid = np.asfortranarray(values) if order == "F" else values
    laid = laid[:, ::-1, ::-1][:, ::-1, ::-1] if order == "reversed" else laid
    expected = encode(values >= 0)
    for each in (laid, list(laid)):
        masks = encode_values(each, "logits")
        assert_array_equal(masks.counts, expected.counts)
        assert_array_equal(masks.offsets, expected.offsets)


@given(
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.integers(0, 1000),
)
def test_resized_values_are_interpolated(
    old: tuple[int, int], new: tuple[int, int], dtype: Any, seed: int
) -> None:
    values = smooth((3, *old), seed).astype(dtype)
    expected = np.stack([interpolated(each, *new) for each in values])
    found = decode(encode_values(values, "logits", size=new))
    is_clear = np.abs(expected) > 1e-4  # centres are computed in 32 bits
    assert_array_equal(found[is_clear], expected[is_clear] >= 0)


SIZES = [((28, 28), (97, 131)), ((64, 64), (480, 640)), ((40, 90), (40, 333)), ((50, 60), (25, 9))]


@pytest.mark.parametrize(("old", "new"), SIZES)
@pytest.mark.parametrize("mask_values", ["probabilities", "logits"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_resized_values_are_those_of_pytorch(
    old: tuple[int, int], new: tuple[int, int], mask_values: Any, dtype: Any
) -> None:
    torch = pytest.importorskip("torch")
    values = smooth((6, *old), 3)
    cut = 0.0
    if mask_values == "probabilities":
        values, cut = 1 / (1 + np.exp(-values)), 0.5
    tensor = torch.from_numpy(values.astype(dtype))
    expected = torch.nn.functional.interpolate(
        tensor[None], size=new, mode="bilinear", align_corners=False
    )[0].numpy()
    found = decode(encode_values(tensor, mask_values, size=new))
    is_clear = np.abs(expected - cut) >= 1e-5
    assert_array_equal(found[is_clear], expected[is_clear] >= cut)
    assert found.any()
    assert is_clear.mean() > 0.999


def test_bfloat16_is_taken_as_float32() -> None:
    torch = pytest.importorskip("torch")
    values = torch.from_numpy(smooth((3, 9, 14), 5)).bfloat16()
    masks = encode_values(values, "logits", size=(30, 41))
    assert_array_equal(masks.counts, encode_values(values.float(), "logits", size=(30, 41)).counts)


def test_threads_change_nothing() -> None:
    values = smooth((40, 60, 70), 2).astype(np.float32)
    one = encode_values(values, "logits", size=(600, 700), workers=1)
    two = encode_values(values, "logits", size=(600, 700), workers=2)
    assert_array_equal(one.counts, two.counts)
    with pytest.raises(InputError, match=r"`workers` is 0"):
        encode_values(values, "logits", workers=0)


def test_empty_and_full_masks_have_one_and_two_runs() -> None:
    values = np.stack([np.full((7, 9), -5.0), np.full((7, 9), 5.0)])
    for size in (None, (20, 30)):
        masks = encode_values(values, "logits", size=size)
        pixels = 63 if size is None else 600
        assert [masks.runs(i).tolist() for i in range(2)] == [[pixels], [0, pixels]]


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 5, 7), np.float32)])
def test_no_values_are_no_masks(nothing: Any) -> None:
    assert len(encode_values(nothing, "logits", size=(4, 4))) == 0


def test_values_without_pixels_make_masks_without_pixels_alone() -> None:
    assert encode_values(np.zeros((2, 0, 4)), "logits").counts.tolist() == [0, 0]
    with pytest.raises(ShapeError) as caught:
        encode_values(np.zeros((2, 0, 4)), "logits", size=(3, 4))
    assert str(caught.value) == (
        "mask #0 has 0 x 4 values, expected at least one to make 3 x 4 pixels from."
    )
    assert encode_values(np.zeros((1, 2, 4)), "logits", size=(0, 4)).counts.tolist() == [0]


@pytest.mark.parametrize("size", [None, (30, 44)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_names_the_mask(size: Any, dtype: Any) -> None:
    values = np.full((4, 15, 22), 0.25, dtype)
    values[2, 14, 21] = np.nan
    for meaning in cast("list[MaskValues]", ["probabilities", "logits"]):
        for each in (values, list(values)):
            with pytest.raises(FormatError) as caught:
                encode_values(each, meaning, size=size)
            assert str(caught.value) == "mask #2 holds NaN, expected a number for every pixel."
            assert (caught.value.code, caught.value.index) == ("mask-values", 2)


def test_logits_are_no_probabilities() -> None:
    values = np.full((2, 5, 6), 0.5, np.float32)
    values[1, 3] = -3.5
    with pytest.raises(FormatError) as caught:
        encode_values(values, "probabilities")
    assert str(caught.value) == (
        "mask #1 holds -3.5, expected probabilities from 0 to 1. "
        'For logits, set `mask_values="logits"`.'
    )
    assert caught.value.option == "mask_values"
    assert len(encode_values(values, "logits")) == 2


def test_infinite_logits_are_cut_but_not_resized() -> None:
    values = np.array([[[-np.inf, 1.0, np.inf]]], np.float32)
    assert encode_values(values, "logits").counts.tolist() == [1, 2]
    with pytest.raises(FormatError) as caught:
        encode_values(values, "logits", size=(2, 6))
    assert str(caught.value) == (
        "mask #0 holds -inf, expected finite values, since they are resized."
    )


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.complex64])
def test_values_are_floats(dtype: Any) -> None:
    with pytest.raises(FormatError) as caught:
        encode_values(np.zeros((2, 3, 4), dtype), "logits")
    assert str(caught.value) == (
        f"mask #0 holds {np.dtype(dtype)}, expected float16, float32 or float64. "
        "Masks of 0 and 1 need no `mask_values`."
    )


def test_other_arguments_are_refused() -> None:
    values = np.zeros((2, 3, 4))
    with pytest.raises(InputError) as caught:
        encode_values(values, "sigmoid")  # type: ignore[arg-type]
    assert str(caught.value) == (
        '`mask_values` is \'sigmoid\', expected "probabilities" or "logits".'
    )
    with pytest.raises(InputError, match=r"`cut` is nan, expected a finite number\."):
        encode_values(values, "logits", cut=float("nan"))
    with pytest.raises(FormatError, match=r"masks of 40000 x 40000 would have 1,600,000,000 pixe"):
        encode_values(values, "logits", size=(40_000, 40_000))
    with pytest.raises(ShapeError, match=r"mask #0 has shape \(1, 3, 4\), expected \(height, wi"):
        encode_values(values[:, None], "logits")


def test_masks_of_a_list_may_have_any_size() -> None:
    values = [np.ones((2, 3)), -np.ones((4, 1))]
    assert encode_values(values, "logits").sizes.tolist() == [[2, 3], [4, 1]]
    resized: RunLengths = encode_values(values, "logits", size=(5, 5))
    assert [resized.runs(i).tolist() for i in range(2)] == [[0, 25], [25]]
