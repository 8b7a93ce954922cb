"""The state of a run as a file from which it can be resumed.

The file appears whole or not at all. It holds only tensors and plain values, so that reading it
runs no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from segeval.data.whole_files import whole_file
from segeval.errors import FormatError, MismatchError, Note
from segeval.models.config import Config
from segeval.models.files.checkpoints import Checkpoint
from segeval.models.files.readable import readable_weights
from segeval.models.files.writing import save_checkpoint
from segeval.models.training.run_folder import CONFIG, check_state_file

KIND = "segeval/training/1"
"""Name of the file's layout."""

IMAGES = "images"
"""Name of the number of training images among the settings."""

MAY_CHANGE = ("accumulate", "processes")
"""Settings that a resumed run may change, at the price of different last bits."""

MUST_STAY = ("schedule.batch", "schedule.optimiser")
"""Settings of the schedule that a resumed run must keep; it may change the others."""

SILENT = {"schedule.updates", "schedule.steps", "name"}
"""Settings that may change without a note."""


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Everything that the next update depends on.

    Random numbers need no state: each update, and each image, gets a seed from the run's seed and
    its own number.

    Attributes:
        update: number of finished updates.
        config: of the model and the schedule, as from `Config.to_dict`.
        categories: id and name of each class.
        settings: other settings of the run, such as its seed.
        model: weights by name.
        optimiser: its state.
        scaler: its state in fp16; empty otherwise.
        average: "weights", the mean by name, and "updates", their number; None without averaging.
        metric: the deciding metric.
        best: its best value.
        best_update: the update that reached it.
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
        path: of the file; the complete new file replaces an older one.
        state: to write.
    """
    shallow = {name: getattr(state, name) for name in state.__dataclass_fields__}
    with whole_file(path) as file:
        save_checkpoint({"kind": KIND, **shallow}, file)


def read_state(path: Path) -> TrainingState:
    """The state in a file, on the CPU.

    Args:
        path: of the file.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is truncated or another kind of file.
    """
    check_state_file(path)
    hint = "Is it truncated, or another file?"
    with readable_weights(path, "the state of a training run", code="state", hint=hint):
        content = Checkpoint(path).plain()
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
    try:
        return msgspec.convert({name: content[name] for name in names}, TrainingState)
    except msgspec.ValidationError as error:
        raise unfit(path, str(error)) from None


def unfit(path: Path, reason: str) -> FormatError:
    """The error for a state whose parts are not those of a training run of this model."""
    return FormatError(
        f"{path}: is not a state of this training run ({reason[:200].rstrip('.')}). Was the file "
        "changed?",
        code="state",
        path=str(path),
    )


def check_same_run(
    path: Path,
    state: TrainingState,
    config: Mapping[str, Any],
    categories: tuple[tuple[int, str], ...],
    settings: Mapping[str, Any],
) -> tuple[Note, ...]:
    """Refuse to resume a run with another model, other classes or other batches.

    The schedule may change, except for its `MUST_STAY`.

    Args:
        path: of the state.
        state: contents of the file.
        config: of the requested run.
        categories: of its data.
        settings: of the run.

    Returns:
        Notes on what changes from now on.

    Raises:
        MismatchError: for the first forbidden difference.
    """
    new = {**_flat(config), **settings}
    # a setting that the state lacks had its default
    old = {name: value for name, value in _flat(Config().to_dict()).items() if name in new}
    old |= {**_flat(state.config), **state.settings}
    notes = []
    for name in sorted(old.keys() | new.keys()):
        if name in SILENT or _plain(old.get(name)) == _plain(new.get(name)):
            continue
        is_schedule = name.startswith("schedule.") and name not in MUST_STAY
        if not is_schedule and name not in MAY_CHANGE:
            had, has = (
                "none" if each.get(name) is None else repr(each[name]) for each in (old, new)
            )
            how = f"with the same settings (those of {path.with_name(CONFIG)})"
            if name == IMAGES:
                how = "with the same data"
            elif name in settings:  # which are no part of the configuration
                is_off = old.get(name) is None
                how = f"without `{name}`" if is_off else f"with `{name}={old[name]!r}`"
            raise MismatchError(
                f"{path}: this run has {name} {had}, got {has}. Resume it {how}, or start a new "
                "run in another folder.",
                code="resume",
                path=str(path),
                field=name,
            )
        text = f"{name} changes from {old.get(name)!r} to {new.get(name)!r}"
        notes.append(Note("resume", text))
    if tuple(tuple(each) for each in state.categories) != categories:
        raise MismatchError(
            f"{path}: the {len(state.categories)} categories of this run differ from the "
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
    """A value with tuples in place of lists."""
    return tuple(_plain(each) for each in value) if isinstance(value, list | tuple) else value
