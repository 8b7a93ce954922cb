"""The mean and the moving average of files of weights."""

from __future__ import annotations

import itertools
import json
import os
import struct
import subprocess
import sys
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError, MismatchError
from segeval.models import average_checkpoints, ema_of_checkpoints
from segeval.models.averaging.stored import stored_weights
from segeval.models.files.number_kinds import DTYPES, ITEM_BYTES, as_double, from_double

Weights = dict[str, NDArray[Any]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_safetensors(path: str, weights: dict[str, tuple[str, NDArray[Any]]], **texts: str) -> str:
    """A file of safetensors, of tensors with their kinds."""
    header: dict[str, Any] = {"__metadata__": texts} if texts else {}
    data = b""
    for name, (kind, values) in weights.items():
        part = np.asarray(values, DTYPES[kind]).tobytes()
        header[name] = {
            "dtype": kind, "shape": list(np.shape(values)),
            "data_offsets": [len(data), len(data) + len(part)],
        }  # fmt: skip
        data += part
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def write(path: str, **weights: Any) -> str:
    arrays: dict[str, Any] = {name: np.asarray(each) for name, each in weights.items()}
    np.savez(path, **arrays)
    return path


def read(path: str) -> Weights:
    with stored_weights(Path(path)) as found:
        return {name: found.read(name) for name in found.tensors}


def three(**more: Any) -> list[str]:
    """Three files with a tensor of single precision and a count of batches."""
    values = ([1.0, 0.1], [2.0, 0.2], [6.0, 0.6])
    return [
        write(
            f"{place}.npz", weight=np.array(each, np.float32), batches=np.int64(10 * place), **more
        )
        for place, each in enumerate(values)
    ]


def test_the_mean_is_rounded_once_to_the_type_of_each_tensor() -> None:
    average_checkpoints(three(), "out.npz")
    found = read("out.npz")
    terms = [float(np.float32(each)) for each in (0.1, 0.2, 0.6)]
    assert found["weight"].dtype == np.float32
    assert found["weight"].tolist() == [3.0, float(np.float32(sum(terms) / 3))]


def test_whole_numbers_are_those_of_the_last_file() -> None:
    files = three()
    average_checkpoints(files, "out.npz")
    average_checkpoints(files[::-1], "other.npz")
    assert [int(read(each)["batches"]) for each in ("out.npz", "other.npz")] == [20, 0]


@pytest.mark.parametrize("kind", ["F64", "F32", "F16", "BF16"])
def test_the_mean_is_the_same_for_any_order_of_the_files(kind: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 500)) * 10.0 ** rng.integers(-9, 4, (4, 500))
    files = [
        write_safetensors(f"{k}.safetensors", {"w": (kind, from_double(each, kind))})
        for k, each in enumerate(values)
    ]
    for k, order in enumerate(itertools.permutations(files)):
        average_checkpoints(order, f"out{k}.safetensors")
    assert len({Path(f"out{k}.safetensors").read_bytes() for k in range(24)}) == 1


def test_the_mean_of_small_numbers_is_the_exact_one_rounded_to_the_nearest() -> None:
    bits = np.arange(0x3F80, 0x3F80 + 64, dtype=np.uint16)
    files = [
        write_safetensors(f"{k}.safetensors", {"w": ("BF16", np.roll(bits, k * k))})
        for k in range(4)
    ]
    average_checkpoints(files, "out.safetensors")
    exact = sum(as_double(np.roll(bits, k * k), "BF16") for k in range(4)) / 4
    every = as_double(np.arange(0x3F00, 0x4100, dtype=np.uint16), "BF16")
    found = as_double(read("out.safetensors")["w"], "BF16")
    nearest = np.abs(every[:, None] - exact).min(axis=0)
    assert (np.abs(found - exact) == nearest).all()


def test_bfloat16_is_rounded_once_and_not_by_way_of_single_precision() -> None:
    tie = 1 + Fraction(1, 2**8)
    above = float(tie + Fraction(1, 2**40))  # single precision has the tie itself
    assert from_double(np.array([float(tie), above]), "BF16").tolist() == [0x3F80, 0x3F81]
    assert from_double(np.array([-above, np.inf]), "BF16").tolist() == [0xBF81, 0x7F80]


def test_tensors_that_are_equal_in_all_files_keep_their_bits() -> None:
    third = np.float64(0.1)  # three times 0.1, divided by 3, is another number
    files = [write(f"{k}.npz", frozen=third, weight=np.float64(k)) for k in range(3)]
    average_checkpoints(files, "out.npz")
    assert read("out.npz") == {"frozen": third, "weight": 1.0}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pth", ".pt"])
def test_the_same_weights_give_the_same_bytes(suffix: str) -> None:
    if suffix.startswith(".p"):
        pytest.importorskip("torch")
    files = three()
    for name in ("one", "two"):
        average_checkpoints(files, f"{name}{suffix}")
    assert Path(f"one{suffix}").read_bytes() == Path(f"two{suffix}").read_bytes()
    assert read(f"one{suffix}")["weight"].tolist() == read(f"two{suffix}")["weight"].tolist()
    assert read(f"one{suffix}")["batches"].shape == ()


def test_numpy_reads_what_is_written() -> None:
    average_checkpoints(three(), "out.npz")
    with np.load("out.npz") as found:
        assert found["weight"].tolist() == read("out.npz")["weight"].tolist()
        assert found["batches"] == 20


def test_pytorch_reads_what_is_written_and_gives_what_it_wrote() -> None:
    torch = pytest.importorskip("torch")
    states = [
        {"a.weight": torch.arange(6.0).reshape(2, 3).t() * k, "a.bias": torch.full((2,), k / 3)}
        for k in range(3)
    ]
    torch.save({"model": states[0], "iteration": 9}, "0.pth")
    torch.save({"model": OrderedDict(states[1]), "iteration": 9}, "1.pth")
    torch.save(
        {"model": {n: torch.nn.Parameter(t) for n, t in states[2].items()}}, "2.pt",
        _use_new_zipfile_serialization=False,
    )  # fmt: skip
    found = average_checkpoints(["0.pth", "1.pth", "2.pt"], "out.pth")
    written = torch.load("out.pth", weights_only=True)
    assert list(written) == ["model"]
    assert torch.equal(written["model"]["a.weight"], states[1]["a.weight"])
    assert written["model"]["a.bias"].tolist() == states[1]["a.bias"].tolist()
    assert [(each.code, each.message) for each in found.notes] == [
        ("left-out", "only model of the checkpoints was averaged, and the rest left out: iteration")
    ]


def test_safetensors_are_written_as_their_package_writes_them() -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    weights = {
        "z": torch.ones(3), "a": torch.ones(2, 2, dtype=torch.float64), "n": torch.tensor(4),
        "b": torch.ones(5, dtype=torch.bfloat16), "m": torch.tensor([True]),
    }  # fmt: skip
    save_file(weights, "a.safetensors", {"config": "x"})
    save_file({**weights, "z": 3 * weights["z"]}, "b.safetensors", {"config": "x"})
    save_file({**weights, "z": 2 * weights["z"]}, "expected.safetensors", {"config": "x"})
    average_checkpoints(["a.safetensors", "b.safetensors"], "out.safetensors")
    assert Path("out.safetensors").read_bytes() == Path("expected.safetensors").read_bytes()


def test_metadata_on_which_the_files_agree_are_kept() -> None:
    for k in (0, 1):
        write_safetensors(
            f"{k}.safetensors", {"w": ("F32", np.array([k]))}, config="{}", categories=f"[{k}]"
        )
    found = average_checkpoints(["0.safetensors", "1.safetensors"], "out.safetensors")
    with stored_weights(Path("out.safetensors")) as opened:
        assert opened.texts == {"config": "{}"}
    assert [each.message for each in found.notes] == [
        "the files do not agree on their metadata categories, which is left out"
    ]


def test_statistics_of_batch_norms_are_averaged_and_flagged() -> None:
    files = [
        write(f"{k}.npz", **{"bn.running_mean": [float(k)], "bn.running_var": [1.0]})
        for k in (1, 2)
    ]
    found = average_checkpoints(files, "out.npz")
    assert read("out.npz")["bn.running_mean"].tolist() == [1.5]
    assert [(each.code, each.count) for each in found.notes] == [("recalibrate", 1)]
    assert found.scores.statistics == ("bn.running_mean",)


def test_averages_of_npz_and_safetensors_load_no_pytorch() -> None:
    three()
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['safetensors'] = None\n"
        "from segeval.models import average_checkpoints, ema_of_checkpoints, greedy_soup\n"
        "files = ['0.npz', '1.npz', '2.npz']\n"
        "average_checkpoints(files, 'out.npz')\n"
        "average_checkpoints([*files[:2], 'out.npz'], 'out.safetensors')\n"
        "greedy_soup([*files[:2], 'out.safetensors'], lambda path: 1.0, 'soup.npz')\n"
        "try: average_checkpoints(files, 'out.pth')\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == (
        "Models need torch: pip install 'segeval-cv[models]', in a clone '.[models]'\n"
    )
    assert not Path("out.pth").exists()


def test_files_of_pytorch_are_read_without_it() -> None:
    torch = pytest.importorskip("torch")
    for k in (1, 2):
        torch.save({"state_dict": {"w": torch.tensor([float(k)])}}, f"{k}.pth")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from segeval.models import average_checkpoints\n"
        "average_checkpoints(['1.pth', '2.pth'], 'out.npz')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert read("out.npz")["w"].tolist() == [1.5]


def test_a_moving_average_of_saved_epochs() -> None:
    files = [write(f"{k}.npz", w=np.array([float(k)])) for k in (1, 2, 3)]
    found = ema_of_checkpoints(files, "out.npz", 0.9)
    assert read("out.npz")["w"].round(12).tolist() == [1.29]
    assert [round(each, 12) for each in found.scores.shares] == [0.81, 0.09, 0.1]
    ema_of_checkpoints(files, "ramp.npz", 0.9998, ramp=True)  # 0.1, then 2 / 11
    assert read("ramp.npz")["w"].round(12).tolist() == [round(1.9 * 2 / 11 + 3 * 9 / 11, 12)]


def test_a_moving_average_that_is_the_first_file_says_so() -> None:
    found = ema_of_checkpoints(three(), "out.npz", 0.9998)
    assert [each.message for each in found.notes] == [
        (
            "0.npz, the first file, makes up 99.96 % of the average: a decay for steps of training "
            "is too high for 3 files"
        )
    ]


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_out_of_range_is_refused(decay: float) -> None:
    with pytest.raises(InputError, match=r"`decay` is .*, expected 0 to below 1, such as 0.999."):
        ema_of_checkpoints(three(), "out.npz", decay)


def test_other_names_are_named() -> None:
    write("a.npz", x=1.0, y=2.0)
    write("b.npz", x=1.5)
    with pytest.raises(MismatchError) as caught:
        average_checkpoints(["a.npz", "b.npz"], "out.npz")
    assert str(caught.value) == (
        "b.npz: lacks 1 tensor of a.npz: y. Only weights of one model can be averaged."
    )
    write("c.npz", z=1.5)
    with pytest.raises(MismatchError, match="no name in common: are they files of different"):
        average_checkpoints(["a.npz", "c.npz"], "out.npz")
    write("d.npz", **{"module.x": 1.0, "module.y": 2.0})
    with pytest.raises(MismatchError, match="All names of one file begin with"):
        average_checkpoints(["a.npz", "d.npz"], "out.npz")
    assert not Path("out.npz").exists()


def test_other_shapes_and_types_are_named() -> None:
    write("a.npz", x=np.ones((2, 3)), y=np.ones(3))
    write("b.npz", x=np.ones((3, 2)), y=np.ones(3))
    write("c.npz", x=np.ones((2, 3), np.float32), y=np.ones(3, np.float32))
    with pytest.raises(MismatchError) as caught:
        average_checkpoints(["a.npz", "b.npz"], "out.npz")
    assert str(caught.value) == (
        "b.npz: x has the shape (3, 2), and in a.npz (2, 3). Only weights of one model can be "
        "averaged."
    )
    with pytest.raises(MismatchError) as caught:
        average_checkpoints(["a.npz", "c.npz"], "out.npz")
    assert str(caught.value) == (
        "c.npz: x has the type float32, and in a.npz float64. 1 more like it. Only weights of one "
        "model can be averaged."
    )


@pytest.mark.parametrize("way", ["same", "dotted", "symbolic link", "hard link"])
def test_one_file_given_twice_is_refused(way: str) -> None:
    write("a.npz", x=1.0)
    other = {"same": "a.npz", "dotted": f"../{Path.cwd().name}/a.npz"}.get(way, "b.npz")
    if way == "symbolic link":
        Path(other).symlink_to("a.npz")
    elif way == "hard link":
        os.link("a.npz", other)
    with pytest.raises(InputError, match=r"is given twice(, also as a.npz)?, expected each file"):
        average_checkpoints(["a.npz", other], "out.npz")


def test_a_copy_of_a_file_is_refused() -> None:
    write("a.npz", x=1.0)
    Path("b.npz").write_bytes(Path("a.npz").read_bytes())
    with pytest.raises(InputError) as caught:
        average_checkpoints(["a.npz", "b.npz"], "out.npz")
    assert str(caught.value) == (
        "b.npz: holds the same weights as a.npz, which would count twice. Expected each file once."
    )
    assert sorted(each.name for each in Path().iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.parametrize("way", ["input", "link to an input", "another", "link to nothing"])
def test_no_file_is_ever_replaced(way: str) -> None:
    files = three()
    before = [Path(each).read_bytes() for each in files]
    output = {"input": "1.npz", "another": "precious.npz"}.get(way, "link.npz")
    if way == "another":
        Path(output).write_text("precious")
    elif way != "input":
        Path(output).symlink_to("1.npz" if way == "link to an input" else "nothing.npz")
    expected = "is an input file and would be lost" if "input" in way else "exists already, and"
    with pytest.raises(InputError, match=expected):
        average_checkpoints(files, output)
    assert [Path(each).read_bytes() for each in files] == before
    assert not Path("nothing.npz").exists()


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pth"])
def test_a_truncated_file_is_refused_and_nothing_written(suffix: str) -> None:
    if suffix == ".pth":
        pytest.importorskip("torch")
    average_checkpoints(three(), f"a{suffix}")
    data = Path(f"a{suffix}").read_bytes()
    for length in (0, 5, len(data) // 2, len(data) - 1):
        Path(f"b{suffix}").write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"^b\.\w+: cannot be read as weights"):
            average_checkpoints([f"a{suffix}", f"b{suffix}"], "out.npz")
    assert not Path("out.npz").exists()


def test_a_changed_byte_in_an_archive_is_told_by_its_checksum() -> None:
    for length, reason in (
        (40, r"Bad CRC-32 for file"),
        (40_000, r"the checksum of x\.npy is another"),
    ):
        write("b.npz", x=np.arange(length) + 0.5)
        write("a.npz", x=np.arange(length) + 0.25)
        data = bytearray(Path("b.npz").read_bytes())
        data[data.index(np.float64(length - 2.5).tobytes())] ^= 1
        Path("b.npz").write_bytes(data)
        with pytest.raises(FormatError, match=reason):
            average_checkpoints(["a.npz", "b.npz"], "out.npz")
    assert not Path("out.npz").exists()


def test_another_file_in_the_place_of_an_archive_is_named() -> None:
    write("a.npz", x=1.0)
    Path("b.npz").write_bytes(b"x")
    np.save("c.npy", np.ones(3))
    Path("c.npy").rename("c.npz")
    for name, reason in (
        ("b.npz", "cannot be read as weights (it is no archive, as numpy.savez writes it). Is the"),
        ("c.npz", "is a numpy array, expected weights."),
    ):
        with pytest.raises(FormatError) as caught:
            average_checkpoints(["a.npz", name], "out.npz")
        assert str(caught.value).startswith(f"{name}: {reason}")


def test_weights_that_are_not_finite_are_refused() -> None:
    write("a.npz", x=np.array([1.0, 2.0]))
    write("b.npz", x=np.array([1.0, np.nan]))
    with pytest.raises(FormatError) as caught:
        average_checkpoints(["a.npz", "b.npz"], "out.npz")
    assert str(caught.value) == (
        "b.npz: x has numbers that are not finite. Did the training diverge?"
    )


def test_a_pickle_that_asks_for_code_is_refused() -> None:
    write("a.npz", x=1.0)
    Path("b.pth").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(FormatError, match=r"asks for os\.system, which could run code"):
        average_checkpoints(["a.npz", "b.pth"], "out.npz")
    assert not Path("ran").exists()


def test_bfloat16_cannot_be_written_to_npz() -> None:
    for k in (0, 1):
        write_safetensors(f"{k}.safetensors", {"w": ("BF16", np.array([k]))})
    with pytest.raises(InputError) as caught:
        average_checkpoints(["0.safetensors", "1.safetensors"], "out.npz")
    assert str(caught.value) == (
        "out.npz: w is of bfloat16, which NumPy lacks. Write a .safetensors file."
    )


@pytest.mark.parametrize(
    ("files", "output", "expected"),
    [
        (["0.npz"], "o.npz", "expected two or more files of weights, got 1 file."),
        (["0.npz", "1.bin"], "o.npz", "1.bin: expected weights in a file .safetensors, .npz, "),
        (["0.npz", "x.npz"], "o.npz", "x.npz: no such file."),
        (["0.npz", "1.npz"], "o.bin", "o.bin: the suffix says what to write, expected one of "),
        (["0.npz", "1.npz"], "no/o.npz", "no/o.npz: there is no folder no. Create it first."),
        (["0.npz", "text.npz"], "o.npz", "text.npz: weight is an array of the type <U1, expected"),
    ],
)
def test_what_cannot_be_averaged_is_refused(files: list[str], output: str, expected: str) -> None:
    three()
    Path("1.bin").write_bytes(b"")
    write("text.npz", batches=np.int64(1), weight=np.array(["a", "b"]))
    with pytest.raises(InputError) as caught:
        average_checkpoints(files, output)
    assert str(caught.value).startswith(expected)


def test_every_kind_of_number_is_known_by_its_size() -> None:
    assert {kind: np.dtype(text).itemsize for kind, text in DTYPES.items()} == ITEM_BYTES
