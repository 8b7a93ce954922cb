"""The files of a run: the state from which training goes on, and the weights that predict best.

Both appear whole or not at all. The state holds tensors and plain values only, so that reading it
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
from segeval.data.folders import unwritable
from segeval.errors import FormatError, InputError, MismatchError, Note

KIND = "segeval/training/1"
"""What a state's file says of itself."""

LAST, BEST, LOG, CONFIG = "last.pt", "best.safetensors", "log.jsonl", "config.toml"
"""Files of a run's folder."""

TRACES = {LOG, CONFIG, "curves.png"}
"""Files without which nothing is lost."""

MAY_CHANGE = ("accumulate", "processes")
"""Settings that a run may go on without, if not to the last bit; and so may its schedule."""

SILENT = {"schedule.updates", "schedule.steps", "name"}
"""Settings whose change is not worth a word."""


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Everything that the next update depends on.

    Random numbers are not among it: those of an update are drawn with a seed made of the run's
    seed, the update and the process, and so are the images.

    Attributes:
        update: how many are done.
        config: of the model and the schedule, as `Config.to_dict` makes it.
        categories: id and name of each class.
        settings: how the run goes otherwise, such as its seed.
        model: weights by name.
        optimiser: its state.
        scaler: that of fp16; empty without.
        average: mean of the weights by name, and "updates" of it; None without.
        metric: the one that counts.
        best: its best value.
        best_update: after which it was reached.
        stale: evaluations since.
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


def check_folder(output: Path, *, resume: bool) -> None:
    """Refuse a run that would mix with another one, before any work is done.

    What a run without a checkpoint left, because a loss was not finite, does not count.

    Args:
        output: folder of the run.
        resume: whether to go on with what is there.

    Raises:
        InputError: if it is a file or has files of something else, or there is nothing to go on
            with.
    """
    if output.exists() and not output.is_dir():
        raise InputError(
            f"{output}: is a file, expected a folder for the run.",
            code="output",
            path=str(output),
        )
    if (closed := unwritable(output / LAST)) is not None:
        raise InputError(
            f"{output}: the folder {closed} cannot be written to.", code="output", path=str(output)
        )
    if resume:
        if not (output / LAST).is_file():
            raise InputError(
                f"{output / LAST}: no such file. There is no run to go on with; leave --resume "
                "out.",
                code="resume",
                path=str(output / LAST),
            )
        return
    found = sorted(each.name for each in output.iterdir()) if output.is_dir() else []
    if not set(found) <= TRACES:
        raise InputError(
            f"{output}: is not empty (it has {found[0]}). Name another folder, or go on with the "
            "run that is there: --resume",
            code="output",
            path=str(output),
        )


def save_state(path: Path, state: TrainingState) -> None:
    """Write a state, whole or not at all.

    Args:
        path: of the file; an older one is replaced when the new one is complete.
        state: of a run.
    """
    shallow = {name: getattr(state, name) for name in state.__dataclass_fields__}
    with whole_files([path]) as (beside,):
        torch.save({"kind": KIND, **shallow}, beside)


def read_state(path: Path) -> TrainingState:
    """The state in a file, on the CPU.

    Args:
        path: of the file.

    Raises:
        InputError: if there is none.
        FormatError: if it is truncated or something else.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. There is no run to go on with; leave --resume out.",
            code="no-file",
            path=str(path),
        )
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
            f"{path}: is no state of a training run of segeval, expected the kind {KIND!r}.",
            code="state",
            path=str(path),
        )
    names = TrainingState.__dataclass_fields__
    missing = [name for name in names if name not in content]
    if missing:
        raise FormatError(
            f"{path}: {missing[0]} is missing in the state of a training run.",
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
    """Refuse to go on with another model, other classes or other batches.

    The schedule may change, but for the size of the batches: what is done is done.

    Args:
        path: of the state.
        state: what it holds.
        config: of the run that is asked for.
        categories: of its data.
        settings: of the run.

    Returns:
        What is different from now on.

    Raises:
        MismatchError: for the first thing that must not differ.
    """
    old = {**_flat(state.config), **state.settings}
    new = {**_flat(config), **settings}
    notes = []
    for name in sorted(old.keys() | new.keys()):
        if name in SILENT or _plain(old.get(name)) == _plain(new.get(name)):
            continue
        is_schedule = name.startswith("schedule.") and name != "schedule.batch"
        if not is_schedule and name not in MAY_CHANGE:
            raise MismatchError(
                f"{path}: this run has {name} {old.get(name)!r}, now it is {new.get(name)!r}. "
                f"Go on with the same settings (those of {path.with_name(CONFIG)}), or start a new "
                "run in another folder.",
                code="resume",
                path=str(path),
                field=name,
            )
        text = f"{name} was {old.get(name)!r} before and is {new.get(name)!r} from here on"
        notes.append(Note("resume", text))
    if tuple(tuple(each) for each in state.categories) != categories:
        raise MismatchError(
            f"{path}: this run has {len(state.categories)} categories, other ones than the "
            f"{len(categories)} of the annotations. Go on with the same annotations.",
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
