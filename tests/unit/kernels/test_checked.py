"""The checked build raises where a kernel would leave an array, and computes the same otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.kernels.checked import CHECKED
from segeval.kernels.instructions import load_word
from segeval.kernels.pointers import pointer, put_word, word_at
from segeval.kernels.promise import kernel
from segeval.masks.crossings import rasterise_masks


@kernel
def element(array: NDArray[np.int64], place: int) -> int:
    """One element."""
    return int(array[place])


@kernel
def element_inside(array: NDArray[np.int64], place: int) -> int:
    """One element, by another kernel."""
    return element(array, place)


@kernel
def put_element(array: NDArray[np.int64], place: int) -> int:
    """Write one element."""
    array[place] = 7
    return 0


@kernel
def corner(array: NDArray[np.int64], place: int) -> int:
    """One element of two axes."""
    return int(array.reshape(2, 4)[1, place])


@kernel
def by_pointer(array: NDArray[np.int64], place: int) -> int:
    """One element by its address."""
    return int(pointer(array)[place])


@kernel
def by_pointer_of_two_axes(array: NDArray[np.int64], place: int) -> int:
    """One element of two axes by its address."""
    return int(pointer(array.reshape(2, 4))[place])


@kernel
def put_by_pointer(array: NDArray[np.int64], place: int) -> int:
    """Write one element by its address."""
    pointer(array)[place] = 7
    return 0


@kernel
def word(data: NDArray[np.uint8], place: int) -> int:
    """A word by its address."""
    return int(word_at(pointer(data), place))


@kernel
def put(data: NDArray[np.uint8], place: int) -> int:
    """Write a word by its address."""
    put_word(pointer(data), place, np.uint64(5))
    return 0


@kernel
def loaded(data: NDArray[np.uint8], place: int) -> int:
    """A word of an array."""
    return int(load_word(data, place))


ELEMENTS = [
    element,
    element_inside,
    put_element,
    by_pointer,
    by_pointer_of_two_axes,
    put_by_pointer,
]
WORDS = [word, put, loaded]


@pytest.mark.skipif(not CHECKED, reason="the plain build checks nothing")
@pytest.mark.parametrize("place", [-(2**62), -9, -8, -1, 8, 9, 2**62])
def test_places_outside_raise(place: int) -> None:
    for function in ELEMENTS:
        with pytest.raises(IndexError, match=r"^index is out of bounds in .*test_checked\.\w+$"):
            function(np.arange(8), place)
    with pytest.raises(IndexError, match="index is out of bounds"):
        corner(np.arange(8), place - 4 if place > 0 else place)
    for reading in WORDS:
        with pytest.raises(IndexError, match=r"^word is out of bounds in .*test_checked\.\w+$"):
            reading(np.arange(15, dtype=np.uint8), place)


@pytest.mark.skipif(not CHECKED, reason="the plain build checks nothing")
@pytest.mark.parametrize("size", [(-1, 640), (-5, 10), (10, -1)])
def test_an_image_of_no_size_raises_in_the_kernel_of_polygons(size: tuple[int, int]) -> None:
    square = np.array([[0.0, 0], [30, 0], [30, 30], [0, 30]])
    sizes = np.array([size], np.int32)  # which `rasterise` refuses
    with pytest.raises(IndexError, match=r" in segeval\.masks\.crossings\.\w+$"):
        rasterise_masks(square, np.array([0, 4]), np.array([0, 1]), sizes, np.empty(0, np.uint32))


@pytest.mark.skipif(not CHECKED, reason="the plain build checks nothing")
def test_an_empty_array_has_no_place() -> None:
    for function in ELEMENTS:
        if function is not by_pointer_of_two_axes:
            with pytest.raises(IndexError):
                function(np.zeros(0, np.int64), 0)
    for reading in WORDS:
        with pytest.raises(IndexError):
            reading(np.zeros(7, np.uint8), 0)


def test_places_inside_are_the_same_in_both_builds() -> None:
    for function in (element, element_inside, by_pointer, by_pointer_of_two_axes):
        assert [function(np.arange(8), place) for place in (0, 7)] == [0, 7]
    assert corner(np.arange(8), 3) == 7
    data = np.arange(16, dtype=np.uint8)
    for read in (word, loaded):
        expected = [0x0706050403020100, 0x0F0E0D0C0B0A0908]
        assert [read(data, place) for place in (0, 8)] == expected
    assert put(data, 8) == 0
    assert data[7:].tolist() == [7, 5, *[0] * 7]
    array = np.zeros(2, np.int64)
    put_element(array, 1)
    put_by_pointer(array, 0)
    assert array.tolist() == [7, 7]


@pytest.mark.skipif(CHECKED, reason="this is the checked build already")
def test_the_checked_build_is_one_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "SEGEVAL_CHECKED": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    code = (
        "import numpy as np, sys\n"
        "from tests.unit.kernels.test_checked import element\n"
        "print(element(np.arange(8), 7))\n"
        "if sys.argv[1] == '1':\n"
        "    try:\n"
        "        element(np.arange(8), 8)\n"
        "    except IndexError as problem:\n"
        "        print(str(problem)[:28])\n"
    )
    said = []
    for build in ("0", "1", "0", "1"):  # neither finds what the other has kept
        done = subprocess.run(
            [sys.executable, "-c", code, build],
            cwd=Path(__file__).parents[3],
            env={**environment, "SEGEVAL_CHECKED": build},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.append(done.stdout.splitlines())
    assert said == [["7"], ["7", "index is out of bounds in te"]] * 2
