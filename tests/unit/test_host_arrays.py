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
