"""Two processes are as good as one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from segeval.errors import InputError
from segeval.models.files.weights import read_weights
from segeval.models.training.distributed import ALONE, connected


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def start(folder: Path, root: Path, **variables: str) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", "tests.two_processes", str(folder)],
        cwd=root, env=environment, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def seen(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process, and two together, wrote."""
    folder = tmp_path_factory.mktemp("processes")
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    runs = [
        start(folder / "one", root, WORLD_SIZE="1"),
        *(start(folder / "two", root, RANK=rank, LOCAL_RANK=rank, **shared) for rank in "01"),
    ]
    for each in runs:
        _, problem = each.communicate(timeout=100)
        assert each.returncode == 0, problem
    return {
        name: json.loads((folder / name / "seen.json").read_text())
        | {"weights": read_weights(folder / name / "weights.safetensors")}
        for name in ("one", "two")
    }


def test_two_processes_have_the_losses_and_weights_of_one(seen: dict[str, Any]) -> None:
    one, two = seen["one"], seen["two"]
    assert len(one["losses"]) == 4
    # sums of four numbers are taken in another order
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-5)
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, rtol=1e-5, atol=1e-6)


def test_what_two_processes_found_is_measured_once_and_in_order(seen: dict[str, Any]) -> None:
    assert seen["one"]["end"] == seen["two"]["end"] == [0.0123456]


def test_images_of_the_other_process_are_named(seen: dict[str, Any]) -> None:
    assert "The images of the batch: 2.jpg, 3.jpg. The" in seen["two"]["problem"]


def test_an_image_that_one_process_cannot_read_ends_all_of_them(seen: dict[str, Any]) -> None:
    assert seen["one"]["broken"] == "1.jpg: cannot be read."
    assert seen["two"]["broken"] == "2.jpg: cannot be read."


def test_all_stop_when_one_is_asked_to(seen: dict[str, Any]) -> None:
    assert seen["one"]["stopped"] == seen["two"]["stopped"] == [1]


def test_without_torchrun_there_is_one_process() -> None:
    with connected({}, torch.device("cpu")) as processes:
        assert processes is ALONE


def test_half_of_what_torchrun_says_is_not_enough() -> None:
    with (
        pytest.raises(InputError, match="WORLD_SIZE is '2', but 'RANK' is not a number"),
        connected({"WORLD_SIZE": "2"}, torch.device("cpu")),
    ):
        pass
