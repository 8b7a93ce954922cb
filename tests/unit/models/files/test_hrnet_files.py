"""Files of HRNet's authors start a model of crops, or any model on an HRNet."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segeval.errors import FormatError
from segeval.models.config import Config, changed, read_config
from segeval.models.config.presets import PRESETS
from segeval.models.training.initial import config_for, new_model, read_initial
from tests.published_weights import hrnet

W4 = {"backbone": {"width": 4, "modules": (1, 2, 1)}, "input": {"order": "BGR"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """w4.pth, and the same with the names of a whole model, in model.pth."""
    folder = tmp_path_factory.mktemp("hrnet")
    shapes = hrnet(4, (1, 2, 1))
    weights = {name: torch.full(shape, 0.5) for name, shape in shapes.items()}
    weights["bn1.num_batches_tracked"] = torch.tensor(7)
    torch.save(weights, folder / "w4.pth")
    torch.save({f"model.{name}": each for name, each in weights.items()}, folder / "model.pth")
    return folder


def small() -> Config:
    return changed(PRESETS["openimages-crop"], "w4", **W4)


@pytest.mark.parametrize("name", ["w4.pth", "model.pth"])
def test_every_weight_of_the_backbone_is_found(folder: Path, name: str) -> None:
    initial = read_initial(folder / name)
    assert str(initial.family) == "HRNet"
    config, (note,) = config_for(small(), initial, share=8)
    assert config.input.order == "RGB"
    assert "has HRNet's names: input.order is now RGB" in note.message
    model, (told,) = new_model(config, initial, seed=0)
    assert set(initial.weights) == set(model.backbone.state_dict())  # type: ignore[union-attr]
    assert all((each == 0.5).all() for each in model.backbone.state_dict().values())  # type: ignore[union-attr]
    assert "(HRNet names); the other 8 start at random" in told.message
    assert len(initial.unknown) == 5  # a convolution and a norm above


def test_weights_of_another_width_are_refused(folder: Path) -> None:
    other = changed(small(), "w8", backbone={"width": 8})
    with pytest.raises(FormatError, match=r"w4\.pth: .*backbone\.transition1\.0\.weight"):
        new_model(other, read_initial(folder / "w4.pth"), seed=0)


def test_a_resnet_cannot_start_from_an_hrnet(folder: Path) -> None:
    with pytest.raises(FormatError, match=r"w4\.pth: .*res2\.0"):
        new_model(read_config("maskrcnn-r50"), read_initial(folder / "w4.pth"), seed=0)
