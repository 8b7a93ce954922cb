"""Formats of models: weights, states of training, configurations."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from segeval.models import average_checkpoints
from segeval.models.config import Config, read_config, to_toml
from segeval.models.files.metadata import read_metadata
from segeval.models.files.weights import read_weights, save_weights
from segeval.models.training.checkpoints import (
    TrainingState,
    check_same_run,
    read_state,
    save_state,
)
from tests.fuzz.formats import Format
from tests.tiny_training import CATEGORIES, tiny_model


def _weights(folder: Path) -> None:
    weights = {"backbone.stem.weight": torch.arange(12.0).reshape(3, 4), "head.bias": torch.ones(2)}
    texts = {"config": json.dumps(Config(classes=1).to_dict()), "categories": '[[1, "cat"]]'}
    save_weights(folder / "a.safetensors", weights, texts)
    torch.save({"model": weights, "iteration": 7}, folder / "a.pth")
    arrays = {name: each.numpy() for name, each in weights.items()}
    with (folder / "a.pkl").open("wb") as file:
        pickle.dump({"model": arrays, "__author__": "x", "n": np.float32(3)}, file, protocol=2)


def _read(name: str) -> Callable[[Path], object]:
    def run(folder: Path) -> None:
        read_weights(folder / name)
        metadata = read_metadata(folder / name)
        config = metadata.config
        metadata.categories(None if config is None else config.classes)

    return run


def _epochs(folder: Path) -> None:
    """Two files of each format, with tensors of several kinds."""
    for name, shift in (("a", 0.0), ("b", 1.0)):
        weights = {
            "stem.weight": torch.arange(12.0).reshape(3, 4) + shift, "head.bias": torch.ones(2),
            "half": torch.ones(3, dtype=torch.float16) * shift, "batches": torch.tensor(7),
        }  # fmt: skip
        save_weights(folder / f"{name}.safetensors", weights, {"config": "{}"})
        torch.save({"state_dict": weights, "epoch": 7}, folder / f"{name}.pth")
        arrays = {key: each.numpy() for key, each in weights.items()}
        np.savez_compressed(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]


def _average(suffix: str) -> Callable[[Path], object]:
    def run(folder: Path) -> None:
        output = folder / f"mean{suffix}"
        output.unlink(missing_ok=True)
        average_checkpoints([folder / f"a{suffix}", folder / f"b{suffix}"], output)

    return run


def _state(folder: Path) -> None:
    model = tiny_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    config = Config().to_dict()
    state = TrainingState(
        update=3, config=config, categories=CATEGORIES, settings={"seed": 0},
        model=model.state_dict(), optimiser=optimiser.state_dict(), scaler={}, average=None,
        metric="AP", best=0.5, best_update=2, stale=1, evaluated=False,
    )  # fmt: skip
    save_state(folder / "last.pt", state)


def _read_state(folder: Path) -> None:
    state = read_state(folder / "last.pt")
    check_same_run(folder / "last.pt", state, Config().to_dict(), CATEGORIES, dict(state.settings))


def _toml(folder: Path) -> None:
    (folder / "mine.toml").write_text('base = "pointrend-r50"\n' + to_toml(Config()))


def _read_toml(folder: Path) -> None:
    read_config(folder / "mine.toml")


OF_MODELS = (
    Format("safetensors", _weights, ("a.safetensors",), _read("a.safetensors")),
    Format("pth", _weights, ("a.pth",), _read("a.pth")),
    Format("pkl", _weights, ("a.pkl",), _read("a.pkl")),
    Format("state", _state, ("last.pt",), _read_state),
    *(
        Format(f"average {suffix}", _epochs, (f"a{suffix}",), _average(suffix))
        for suffix in (".safetensors", ".npz", ".pth")
    ),
    Format("toml", _toml, ("mine.toml",), _read_toml),
)
"""Formats that need PyTorch."""
