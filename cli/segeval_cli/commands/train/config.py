"""The configuration of a run: a preset or file, changed by options, fitted to the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval_cli.model_settings import parse_settings

if TYPE_CHECKING:
    from segeval.models.config import Config
    from segeval.models.training.data import TrainingData


@frozen
class Changes:
    """Changes that options make to a configuration; None changes nothing.

    Attributes:
        updates: in all; steps and warm-up scale along.
        batch: images per update; the learning rate scales along.
        learning_rate: takes precedence over the scaled one.
        settings: texts such as "schedule.clip=1.0".
    """

    updates: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    settings: Sequence[str] = ()


def chosen_config(name: str | None, run: Path | None, changes: Changes) -> Config:
    """The requested configuration.

    Args:
        name: of a preset or a .toml file.
        run: folder of a resumed run, whose configuration is used without a name; None for a new
            run.
        changes: by options.

    Raises:
        InputError: if there is neither a name nor a run.
    """
    from segeval.models.config import config_from_dict, read_config
    from segeval.models.training.run_folder import CONFIG

    if name is None and run is None:
        raise InputError(
            "--config is missing: name a preset, such as pointrend-r50, or a .toml file. "
            "segeval models lists the presets.",
            code="config",
        )
    if name is None and run is not None:
        path = run / CONFIG
        if not path.is_file():
            raise InputError(
                f"{path}: no such file. To resume without it, name the configuration: --config",
                code="no-file",
                path=str(path),
            )
        config = read_config(path)
    else:
        config = read_config(name or "")
    config = _rescheduled(config, changes, is_later_part=name is None)
    return config_from_dict(parse_settings(changes.settings), base=config, source="--set")


def _rescheduled(config: Config, changes: Changes, *, is_later_part: bool) -> Config:
    """The configuration with the schedule that the options ask for."""
    from segeval.models.config import config_from_dict
    from segeval.models.training.schedule import rebatched, resized

    schedule = config.schedule
    if changes.updates is not None:
        schedule = resized(schedule, changes.updates)
        if is_later_part:  # the warm-up has begun or is over: leave it
            schedule = replace(schedule, warmup_updates=config.schedule.warmup_updates)
    if changes.batch is not None:
        schedule = rebatched(schedule, changes.batch)
    if changes.learning_rate is not None:
        schedule = replace(schedule, learning_rate=changes.learning_rate)
    return config_from_dict({"schedule": vars(schedule)}, base=config, source="the options")


def fitted_config(config: Config, data: TrainingData) -> Config:
    """The configuration with the data's number of classes and an ignored label outside them."""
    from segeval.models.config import changed

    classes = len(data.categories)
    config = replace(config, classes=classes)
    if config.task == "semantic" and config.semantic.ignore < classes:
        return changed(config, config.name, semantic={"ignore": classes})
    return config
