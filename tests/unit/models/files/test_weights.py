"""Weights from files of other programs: their names, and what is refused."""

from __future__ import annotations

import os
import pickle
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from segeval.errors import FormatError, InputError
from segeval.models.files.weights import load_into, read_texts, read_weights, save_weights
from tests.full_disk import most_bytes

OLD = {
    "roi_heads.mask_coarse_head.coarse_mask_fc1.weight": np.ones((2, 3), np.float32),
    "roi_heads.mask_point_head.fc1.bias": np.zeros(4, np.float32),
    "proposal_generator.anchor_generator.cell_anchors.0": np.zeros((3, 4), np.float32),
    "pixel_mean": np.zeros((3, 1, 1), np.float32),
}


def pickled(path: Path, content: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_old_files_of_detectron2_get_the_names_of_today(tmp_path: Path, protocol: int) -> None:
    file = {"model": OrderedDict(OLD), "__author__": "someone", "matching_heuristics": True}
    found = read_weights(pickled(tmp_path / "a.pkl", file, protocol))
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == {
        "roi_heads.mask_head.coarse_head.fc1.weight": (2, 3),
        "roi_heads.mask_head.point_head.fc1.bias": (4,),
    }


class Harm:
    """What a pickle must not be able to do."""

    def __reduce__(self) -> Any:
        return os.system, ("echo harm",)


def test_a_pickle_that_asks_for_code_is_refused(tmp_path: Path) -> None:
    path = pickled(tmp_path / "a.pkl", {"model": {"a": Harm()}})
    with pytest.raises(
        FormatError, match=r"a\.pkl: .* it asks for posix.system, which could run code"
    ):
        read_weights(path)


def test_a_checkpoint_that_asks_for_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"model": {"a": Harm()}}, path)
    with pytest.raises(
        FormatError, match=r"a\.pth: .* it asks for posix.system, which could run code"
    ):
        read_weights(path)


def test_a_whole_model_is_code_too(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 3), tmp_path / "a.pth")
    with pytest.raises(FormatError, match=r"asks for torch\.nn.*Expected arrays by name"):
        read_weights(tmp_path / "a.pth")


def test_arrays_and_numbers_of_numpy_are_no_code(tmp_path: Path) -> None:
    content = {"model": {"a": np.ones(3, np.float32)}, "best": np.float64(0.4)}
    torch.save(content, tmp_path / "a.pth")
    pickled(tmp_path / "a.pkl", content)
    for path in tmp_path.iterdir():
        assert read_weights(path)["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("kind", [">f4", "<f8", "<f2", ">i4"])
def test_arrays_of_any_numbers_are_read(tmp_path: Path, kind: str) -> None:
    path = pickled(tmp_path / "a.pkl", {"a": np.array([1, 2, 3], kind)})
    assert read_weights(path)["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", [".safetensors", ".pkl", ".pth", ".old.pth"])
def test_files_that_end_early_are_named_wherever_they_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    weights = {f"layer{number}.weight": torch.rand(2, 3) for number in range(5)}
    if suffix == ".safetensors":
        save_weights(path, weights, {})
    elif suffix == ".pkl":
        pickled(path, {"model": {name: each.numpy() for name, each in weights.items()}}, 5)
    else:
        torch.save(weights, path, _use_new_zipfile_serialization=suffix == ".pth")
    assert set(read_weights(path)) == set(weights)
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 1 + len(content) // 40):
        path.write_bytes(content[:length])
        with pytest.raises(FormatError, match=r"a\..*: cannot be read as weights"):
            read_weights(path)


@pytest.mark.parametrize("entry", ["model", "state_dict", None])
def test_checkpoints_of_pytorch_are_read(tmp_path: Path, entry: str | None) -> None:
    weights = {"fc1.weight": torch.ones(2, 3)}
    torch.save(weights if entry is None else {entry: weights, "iteration": 7}, tmp_path / "a.pth")
    assert torch.equal(read_weights(tmp_path / "a.pth")["fc1.weight"], torch.ones(2, 3))


def test_our_own_files_keep_tensors_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, {"a": torch.arange(6).reshape(2, 3).t()}, {"config": "x = 1"})
    assert read_weights(path)["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read_texts(path) == {"config": "x = 1"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.onnx", b"", "expected weights in a file .safetensors, .pkl, .pth, .pt."),
        ("a.pkl", b"", "cannot be read as weights"),
        ("a.pth", b"PK\x03\x04", "cannot be read as weights"),
        ("a.safetensors", b"12345678901", "cannot be read as weights"),
        ("a.pkl", pickle.dumps([1, 2]), "holds list, expected weights by name."),
        ("a.pkl", pickle.dumps({"a": "text"}), "a is str, expected an array of numbers."),
        ("a.pkl", pickle.dumps({"a": np.array(["x"])}), "a is ndarray, expected an array of num"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_weights(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "a.pkl")


def test_loading_tells_what_was_found_and_what_not() -> None:
    model = nn.Linear(3, 2)
    weights = {"weight": torch.ones(2, 3), "bias": torch.ones(5), "other": torch.ones(1)}
    report = load_into(model, weights, required=lambda name: name == "weight")
    assert model.weight.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert (report.found, report.missing, report.unexpected) == (("weight",), (), ("other",))
    assert report.wrong_shape == {"bias": ((5,), (2,))}
    assert str(report) == "1 of 2 weights found, 1 not used, 1 of another shape"


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"0.bias": torch.ones(2)}, "0.weight is missing. Are these the weights of another model?"),
        (
            {"0.bias": torch.ones(2), "0.weight": torch.ones(9, 3)},
            "0.weight has shape (9, 3), expected (2, 3).",
        ),
    ],
)
def test_a_head_without_its_weights_is_refused(weights: Any, message: str) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    with pytest.raises(FormatError, match=re.escape(message)):
        load_into(model, weights, required=lambda name: name.startswith("0."))
    assert load_into(model, {}, required=lambda name: name.startswith("9.")).missing
    with pytest.raises(FormatError, match="is missing"):
        load_into(model, {})


def test_equal_weights_give_equal_bytes(tmp_path: Path) -> None:
    weights = {"a": torch.ones(2), "b": torch.arange(3)}
    texts = {"config": '{"é": "\\n\x1f"}', "categories": "[]", "epoch": "3", "name": "x"}
    paths = [tmp_path / f"{number}.safetensors" for number in range(6)]
    for path in paths:
        save_weights(path, weights, dict(reversed(texts.items())))
    assert len({path.read_bytes() for path in paths}) == 1
    assert read_texts(paths[0]) == texts
    assert load_file(paths[0])["b"].tolist() == [0, 1, 2]


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    weights = {"a": torch.zeros(100_000)}
    with most_bytes(50_000), pytest.raises(OSError, match="File too large") as problem:
        save_weights(path, weights, {})
    assert problem.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_the_pointer_of_a_file_in_git_lfs_is_named(tmp_path: Path) -> None:
    for suffix in (".pth", ".pkl", ".safetensors"):
        path = tmp_path / f"a{suffix}"
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
        with pytest.raises(FormatError, match="is the pointer of a file in Git LFS, not the file"):
            read_weights(path)


def test_the_weights_in_the_folder_of_a_run_are_named(tmp_path: Path) -> None:
    (tmp_path / "best.safetensors").touch()
    with pytest.raises(InputError) as caught:
        read_weights(tmp_path)
    assert caught.value.message == (
        f"{tmp_path}: expected weights in a file .safetensors, .pkl, .pth, .pt. Those of this run "
        f"are in {tmp_path / 'best.safetensors'}."
    )
