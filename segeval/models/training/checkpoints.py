"""The state of a run: everything from which it is resumed, as a file.

The file appears whole or not at all. It holds tensors and plain values only, so that reading it
runs no code.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from segeval.data.coco.write import whole_files
from segeval.errors import FormatError, MismatchError, Note
from segeval.models.config import Config
from segeval.models.training.run_folder import CONFIG, check_state_file

KIND = "segeval/training/1"
"""How the file names its own layout."""

MAY_CHANGE = ("accumulate", "processes")
"""Settings that a resumed run may change, though then it differs in the last bits."""

MUST_STAY = ("schedule.batch", "schedule.optimiser")
"""Settings of the schedule that a resumed run may not change; the others it may."""

SILENT = {"schedule.updates", "schedule.steps", "name"}
"""Settings whose change is not worth a note."""


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Everything that the next update depends on.

    There is no state of random numbers: each update seeds its own from the run's seed, the number
    of the update and the process, and so does each image.

    Attributes:
        update: how many updates are done.
        config: of the model and the schedule, as `Config.to_dict` makes it.
        categories: id and name of each class.
        settings: how the run goes otherwise, such as its seed.
        model: weights by name.
        optimiser: its state.
        scaler: its state, for fp16; empty otherwise.
        average: "weights", the mean by name, and "updates", how many are in it; None without.
        metric: the metric that counts.
        best: its best value.
        best_update: the update after which that was reached.
        stale: evaluations since then.
        evaluated: whether the model was measured after the last update.
    """

    update: int
    config: dict[str, Any]
    categories: tuple[tuple[int, str], ...]
    settings: dict[str, Any]
    model: dict[str, Any]
    optimiser: dict[str, Any]
    scaler: dict[str, Any]
    average: dict[str, Any] | None
    metric: str
    best: float | None
    best_update: int | None
    stale: int
    evaluated: bool


def save_state(path: Path, state: TrainingState) -> None:
    """Write a state, whole or not at all.

    Args:
        path: of the file; an older one is replaced when the new one is complete.
        state: to write.
    """
    shallow = {name: getattr(state, name) for name in state.__dataclass_fields__}
    with whole_files([path]) as (beside,):
        torch.save({"kind": KIND, **shallow}, beside)


def read_state(path: Path) -> TrainingState:
    """The state in a file, on the CPU.

    Args:
        path: of the file.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is truncated, or something else.
    """
    check_state_file(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise FormatError(
            f"{path}: cannot be read as the state of a training run ({lines[0][:200]}). Is it "
            "truncated, or another file?",
            code="state",
            path=str(path),
        ) from None
    if not isinstance(content, Mapping) or content.get("kind") != KIND:
        raise FormatError(
            f"{path}: is not the state of a training run, expected the kind {KIND!r}.",
            code="state",
            path=str(path),
        )
    names = TrainingState.__dataclass_fields__
    missing = [name for name in names if name not in content]
    if missing:
        raise FormatError(
            f"{path}: {missing[0]} is missing from the state of the training run.",
            code="state",
            path=str(path),
            field=missing[0],
        )
    return TrainingState(**{name: content[name] for name in names})


def check_same_run(
    path: Path,
    state: TrainingState,
    config: Mapping[str, Any],
    categories: tuple[tuple[int, str], ...],
    settings: Mapping[str, Any],
) -> tuple[Note, ...]:
    """Refuse to resume a run with another model, other classes or other batches.

    The schedule may change, except for its `MUST_STAY`: what is done is done.

    Args:
        path: of the state.
        state: what it holds.
        config: of the run that is asked for.
        categories: of its data.
        settings: of the run.

    Returns:
        What differs from now on.

    Raises:
        MismatchError: for the first thing that must not differ.
    """
    new = {**_flat(config), **settings}
    # what the state does not know was, in effect, the default
    old = {name: value for name, value in _flat(Config().to_dict()).items() if name in new}
    old |= {**_flat(state.config), **state.settings}
    notes = []
    for name in sorted(old.keys() | new.keys()):
        if name in SILENT or _plain(old.get(name)) == _plain(new.get(name)):
            continue
        is_schedule = name.startswith("schedule.") and name not in MUST_STAY
        if not is_schedule and name not in MAY_CHANGE:
            raise MismatchError(
                f"{path}: this run has {name} {old.get(name)!r}, now it is {new.get(name)!r}. "
                f"Resume it with the same settings (those of {path.with_name(CONFIG)}), or start "
                "a new run in another folder.",
                code="resume",
                path=str(path),
                field=name,
            )
        text = f"{name} was {old.get(name)!r} before and is {new.get(name)!r} from here on"
        notes.append(Note("resume", text))
    if tuple(tuple(each) for each in state.categories) != categories:
        raise MismatchError(
            f"{path}: the {len(state.categories)} categories of this run are not the "
            f"{len(categories)} of the annotations. Resume it with the same annotations.",
            code="resume",
            path=str(path),
            field="categories",
        )
    return tuple(notes)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by "section.name"."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            flat[name] = value
    return flat


def _plain(value: Any) -> Any:
    """Lists and tuples alike."""
    return tuple(_plain(each) for each in value) if isinstance(value, list | tuple) else value
