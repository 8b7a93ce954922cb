"""Arrays of other libraries become numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.errors import FormatError
from segeval.host_arrays import host_array
from tests.other_arrays import OnlyDlpack


class OnDevice:
    """Stands for a tensor that requires grad on another device: numpy cannot take it."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)
        self.dtype = self.values.dtype
        self.copies = 0
        self.is_detached = False

    def detach(self) -> OnDevice:
        self.is_detached = True
        return self

    def cpu(self) -> Any:
        assert self.is_detached
        self.copies += 1
        return self.values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError("it is on a device")


class Unexported(OnlyDlpack):
    """An array of a type that DLPack has and numpy lacks."""

    dtype = "bfloat16"

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("unsupported dtype")


class InCupy:
    """An array as CuPy's, which refuses to become numpy by itself."""

    __cuda_array_interface__ = None

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def get(self) -> Any:
        return self.values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError("implicit conversion is not allowed")


def test_arrays_and_lists_are_taken_as_they_are() -> None:
    values = np.arange(3)
    assert host_array(values) is values
    assert host_array([1.5, 2]).tolist() == [1.5, 2]


def test_a_tensor_of_a_device_is_copied_once() -> None:
    tensor = OnDevice([[True, False]])
    assert host_array(tensor).tolist() == [[True, False]]
    assert tensor.copies == 1


@pytest.mark.parametrize("wrap", [OnlyDlpack, InCupy])
def test_arrays_by_other_ways_share_their_values(wrap: type) -> None:
    values = np.arange(6.0).reshape(2, 3)
    found = host_array(wrap(values))
    assert found.tolist() == values.tolist()
    assert np.shares_memory(found, values)


def test_what_numpy_cannot_take_is_said() -> None:
    with pytest.raises(FormatError) as caught:
        host_array(Unexported([1]))
    assert str(caught.value).endswith(
        "Unexported that holds bfloat16 cannot become a numpy array (unsupported dtype). Give "
        "it in the memory of the processor, as bool, whole numbers, float16, float32 or float64."
    )
    assert caught.value.code == "array-type"


def test_tensors_of_pytorch_are_shared_or_widened() -> None:
    torch = pytest.importorskip("torch")
    masks = torch.zeros(2, 3, 4, dtype=torch.bool)
    assert np.shares_memory(host_array(masks), masks.numpy())
    small = torch.tensor([0.1, -3.0], requires_grad=True).bfloat16()
    assert host_array(small).dtype == np.float32
    assert host_array(small).tolist() == small.float().tolist()
    score = torch.tensor([0.1])
    assert host_array(score).astype(np.float64).tolist() == [float(np.float32(0.1))]


class Failing:
    """An array whose library fails to give its values."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise RuntimeError("the values are gone.\nAsk again.")


def test_an_array_whose_library_fails_is_refused_with_its_first_line() -> None:
    with pytest.raises(FormatError, match=r"Failing cannot become a numpy array \(the values are "):
        host_array(Failing())


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1], 2]])
def test_lists_of_several_lengths_are_refused(values: Any) -> None:
    with pytest.raises(FormatError) as caught:
        host_array(values)
    message = str(caught.value)
    assert message.startswith("a list cannot become a numpy array (setting an array element with a")
    assert message.endswith("). Give numbers, and lists of one length each.")


def test_masked_values_are_refused_and_arrays_without_any_become_plain() -> None:
    values = np.ma.array([1, 2, 3], mask=[False, True, True])
    with pytest.raises(FormatError) as caught:
        host_array(values)
    assert str(caught.value) == (
        "an array has 2 masked values, which stand for nothing: give a value for each, as by "
        "`filled(0)`."
    )
    whole = host_array(np.ma.array([1, 2], mask=[False, False]))
    assert type(whole) is np.ndarray
    assert whole.tolist() == [1, 2]


def test_tensors_that_hold_no_plain_values_are_refused() -> None:
    torch = pytest.importorskip("torch")
    values = torch.zeros(2, 3)
    tensors = {
        "meta": torch.zeros(2, device="meta"),
        "sparse": values.to_sparse(),
        "nested": torch.nested.as_nested_tensor([values, values[:1]], layout=torch.jagged),
    }
    for name, tensor in tensors.items():
        with pytest.raises(FormatError, match=r"an array of torch\.\S+ that holds \w+ cannot be"):
            host_array(tensor)
        assert name


def test_tensors_in_lists_in_views_and_of_any_small_float_give_their_values() -> None:
    torch = pytest.importorskip("torch")
    scores = [torch.tensor(0.5, requires_grad=True), torch.tensor(0.25)]
    assert host_array(scores).tolist() == [0.5, 0.25]
    negated = torch.complex(torch.zeros(2), torch.tensor([1.0, -2.0])).conj().imag
    assert host_array(negated).tolist() == [-1, 2]
    for name in ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e8m0fnu"):
        small = torch.tensor([0.5, 2.0]).to(getattr(torch, name))
        assert host_array(small).dtype == np.float32
        assert host_array(small).tolist() == [0.5, 2]
