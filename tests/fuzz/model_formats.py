"""Formats of models: weights, states of training, configurations."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from segeval.data.keys import Key
from segeval.errors import FormatError
from segeval.models import average_checkpoints
from segeval.models.config import Config, ProposalConfig, read_config, to_toml
from segeval.models.files.families import translated
from segeval.models.files.metadata import read_metadata
from segeval.models.files.mmdetection_names import with_our_anchors
from segeval.models.files.weights import compared, read_weights, require_weights, save_weights
from segeval.models.given_boxes import read_given_boxes
from segeval.models.networks.backbone.window_attention import relative_position_index
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


def _boxes(folder: Path) -> None:
    own = {"category_id": 3, "score": 0.5, "bbox": [1.5, 2, 10, 20]}
    images = (1, 2, 3)
    (folder / "boxes.json").write_text(json.dumps([{"image_id": 1, **own}] * len(images)))
    records = [{"image_id": image, **own, "category_id": 9} for image in images]
    (folder / "boxes.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))


def _read_boxes(folder: Path) -> None:
    images: dict[Key, tuple[int, int] | None] = {1: (40, 60), 2: (30, 20), 3: None}
    for name in ("boxes.json", "boxes.jsonl"):
        found = read_given_boxes(folder / name, ((3, "sofa"), (9, "lamp")), images)
        found.notes_on(images)
        assert all(np.isfinite(each.corners).all() for each in found.by_image.values())


def _detector(folder: Path) -> None:
    """Names and shapes of mmdetection's first version, of a head and a merging."""
    shapes = {
        "bbox_head.0.fc_cls.weight": (3, 8), "bbox_head.0.fc_reg.bias": (4,),
        "bbox_head.0.loss_cls.cum_samples": (3,), "mask_head.1.conv_logits.bias": (3,),
        "rpn_head.rpn_cls.bias": (6,), "backbone.stages.0.downsample.norm.bias": (8,),
        "backbone.layers.0.blocks.0.attn.relative_position_index": (16, 16),
    }  # fmt: skip
    weights = {name: torch.ones(shape) for name, shape in shapes.items()}
    index = next(name for name in shapes if name.endswith("index"))
    weights[index] = relative_position_index(4)
    save_weights(folder / "a.safetensors", weights, {})


def _read_detector(folder: Path) -> None:
    found = translated(read_weights(folder / "a.safetensors"))
    ordered = with_our_anchors(found.weights, ProposalConfig(scales=(4.0, 8.0)))
    own = {
        "roi_heads.box_predictor.0.cls_score.weight": (4, 8),
        "roi_heads.box_predictor.0.cls_score.bias": (4,),
    }
    with suppress(FormatError):
        require_weights(compared(own, ordered))


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
    Format("given-boxes", _boxes, ("boxes.json", "boxes.jsonl"), _read_boxes),
    Format("detector", _detector, ("a.safetensors",), _read_detector),
    Format("state", _state, ("last.pt",), _read_state),
    *(
        Format(f"average {suffix}", _epochs, (f"a{suffix}",), _average(suffix))
        for suffix in (".safetensors", ".npz", ".pth")
    ),
    Format("toml", _toml, ("mine.toml",), _read_toml),
)
"""Formats that need PyTorch."""
