"""States of runs: read back as they were written, and everything that is not one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from segeval.errors import FormatError, InputError, MismatchError
from segeval.models.training.checkpoints import (
    TrainingState,
    check_same_run,
    read_state,
    save_state,
)
from tests.full_disk import most_bytes

STATE = TrainingState(
    update=7,
    config={"name": "a", "classes": 2, "schedule": {"updates": 9, "clip": None, "batch": 4}},
    categories=((3, "chair"), (7, "sofa")),
    settings={"seed": 0, "accumulate": 1},
    model={"weight": torch.arange(2000.0)},
    optimiser={"state": {}, "param_groups": [{"lr": 0.5, "params": [0]}]},
    scaler={},
    average=None,
    metric="AP",
    best=0.25,
    best_update=5,
    stale=1,
    evaluated=False,
)


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    save_state(tmp_path / "last.pt", STATE)
    found = read_state(tmp_path / "last.pt")
    assert torch.equal(found.model["weight"], STATE.model["weight"])
    assert replace(found, model={}) == replace(STATE, model={})
    assert [each.name for each in tmp_path.iterdir()] == ["last.pt"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("weights")


def weights_only(path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, path)


def without_optimiser(path: Path) -> None:
    content = torch.load(path, weights_only=True)
    del content["optimiser"]
    torch.save(content, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (truncated, r"last\.pt: cannot be read as the state of a training run .*truncated"),
        (emptied, r"last\.pt: cannot be read as the state of a training run"),
        (text, r"last\.pt: cannot be read as the state of a training run"),
        (weights_only, r"last\.pt: is not the state of a training run"),
        (without_optimiser, r"last\.pt: optimiser is missing from the state"),
    ],
)
def test_what_is_no_state_is_refused(
    change: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    save_state(tmp_path / "last.pt", STATE)
    change(tmp_path / "last.pt")
    with pytest.raises(FormatError, match=message):
        read_state(tmp_path / "last.pt")


def test_a_state_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match=r"last\.pt: no such file\. There is no run to resume"):
        read_state(Path("last.pt"))


def changed(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A configuration and settings with some changes."""
    config: dict[str, Any] = {**STATE.config, "schedule": dict(STATE.config["schedule"])}
    settings = dict(STATE.settings)
    for name, value in changes.items():
        place = settings if name in settings else config["schedule"]
        place[name] = value
    return config, settings


def notes_of(**changes: Any) -> list[str]:
    config, settings = changed(**changes)
    found = check_same_run(Path("last.pt"), STATE, config, STATE.categories, settings)
    return [each.message for each in found]


def test_the_same_run_goes_on_without_a_word() -> None:
    assert notes_of() == []
    assert notes_of(updates=20) == []


def test_another_schedule_is_told() -> None:
    assert notes_of(clip=1.0, accumulate=2) == [
        "accumulate changes from 1 to 2",
        "schedule.clip changes from None to 1.0",
    ]


def test_a_setting_that_is_newer_than_the_state_was_the_default() -> None:
    assert notes_of(optimiser="sgd", betas=(0.9, 0.999)) == []
    with pytest.raises(MismatchError, match=r"this run has schedule\.optimiser 'sgd', got"):
        notes_of(optimiser="adamw")


def test_other_batches_are_refused() -> None:
    config, settings = changed(batch=8)
    message = r"last\.pt: this run has schedule\.batch 4, got 8\. Resume it with the same"
    with pytest.raises(MismatchError, match=message):
        check_same_run(Path("last.pt"), STATE, config, STATE.categories, settings)


def test_a_full_disk_is_named_and_the_older_state_stays(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_state(path, STATE)
    before = path.read_bytes()
    larger = replace(STATE, model={"weight": torch.zeros(100_000)})
    with most_bytes(50_000), pytest.raises(OSError, match="File too large") as problem:
        save_state(path, larger)
    assert problem.value.filename == str(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["last.pt"]


def test_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.pt", "b.pt"):
        save_state(tmp_path / name, STATE)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("update", "seven", "Expected `int`, got `str` - at `$.update`"),
        ("categories", [["chair"]], "Expected `array` of length 2, got 1"),
        ("optimiser", [1], "Expected `object`, got `array` - at `$.optimiser`"),
        ("best", "high", "Expected `float | null`, got `str` - at `$.best`"),
    ],
)
def test_a_field_of_another_type_is_refused(
    field: str, value: object, reason: str, tmp_path: Path
) -> None:
    save_state(tmp_path / "last.pt", replace(STATE, **{field: value}))  # type: ignore[arg-type]
    with pytest.raises(FormatError) as problem:
        read_state(tmp_path / "last.pt")
    assert f"last.pt: is not a state of this training run ({reason}" in str(problem.value)
