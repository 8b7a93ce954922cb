"""A small model with the released settings of 3D-FUTURE learns, resumes exactly, and is loaded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from segeval.models import build, load
from segeval.models.config import Config, changed
from segeval.models.config.presets.future import AS_RELEASED
from segeval.models.networks import building
from segeval.models.networks.backbone import FPN, resnet
from segeval.models.networks.protocols import Model
from segeval.models.training.events import Progress
from segeval.models.training.instance_data import instance_data
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.trainer import train
from tests.small_pictures import write_pictures

UPDATES = 20


def config() -> Config:
    """The settings of the release, for pictures of 64 pixels; nothing is frozen."""
    sizes = {"train_sizes": (64,), "train_max": 64, "test_size": 64, "test_max": 64}
    released = changed(Config(), "released", mask={"kind": "conv"}, **AS_RELEASED)
    return changed(
        released,
        "small",
        classes=2,
        backbone={"frozen_stages": 0, "base_channels": 16},
        input=sizes,
        proposals={"train_anchors": 64, "before_nms": (60, 30), "after_nms": (30, 30)},
        boxes={"train_boxes": 32, "width": 128},
        schedule={
            "batch": 2,
            "updates": UPDATES,
            "steps": (),
            "warmup_updates": 5,
            "learning_rate": 0.002,  # random weights without norms of a batch
            "clip": 5.0,
        },
    )


@pytest.fixture
def small() -> object:
    """Models with one block in each stage and a narrow pyramid."""
    with (
        patch.dict(resnet.BLOCKS, {50: (1, 1, 1, 1)}),
        patch.object(building, "FPN", partial(FPN, channels=32)),
    ):
        yield


def model_of(seed: int) -> Model:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build(config())


@pytest.mark.usefixtures("small")
def test_released_settings_learn_resume_exactly_and_are_loaded(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 8)
    data = instance_data(tmp_path / "set" / "images", tmp_path / "set" / "gt.json")

    def losses(folder: str, seed: int, *, resume: bool = False, stop: int = 99) -> list[float]:
        asked = iter(range(1, 99))
        events = train(
            model_of(seed), config(), data, output=tmp_path / folder,
            settings=RunSettings(workers=0), resume=resume,
            should_stop=lambda: next(asked) == stop,
        )  # fmt: skip
        return [each.loss for each in events if isinstance(each, Progress)]

    whole = losses("whole", 0)
    assert len(whole) == UPDATES
    assert sum(whole[-5:]) < sum(whole[:5])
    first = losses("a", 0, stop=17)
    assert first + losses("a", 9, resume=True) == whole
    loaded = load(tmp_path / "whole" / "best.safetensors")
    assert loaded.config.proposals == config().proposals
    before, after = model_of(0).state_dict(), loaded.model.state_dict()
    norms = [name for name in before if ".norm." in name]
    assert len(norms) > 40
    for name in norms:  # statistics never change, weights and biases do
        is_statistic = name.endswith(("running_mean", "running_var"))
        assert torch.equal(before[name], after[name]) == is_statistic, name
