"""The learning rate as a function of the update's number."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from segeval.models.config import ScheduleConfig

LEAST_WARMUP = 100
"""Updates that a warm-up keeps in a shorter run."""


def learning_rate(schedule: ScheduleConfig, update: int) -> float:
    """The learning rate of an update, for parameters whose factor is 1.

    The rate falls by steps or poly; the warm-up multiplies it by a factor that rises linearly to 1.

    Args:
        schedule: with steps or poly.
        update: its number, from 0.

    Source:
        Goyal et al. 2017, section 2.2 (warm-up); Chen et al. 2017, DeepLabV3, section 4 (poly).

    Example:
        >>> short = ScheduleConfig(learning_rate=0.5, updates=9, steps=(6, 8), warmup_updates=0)
        >>> [round(learning_rate(short, update), 6) for update in (0, 5, 6, 8)]
        [0.5, 0.5, 0.05, 0.005]
    """
    return schedule.learning_rate * _warmup(schedule, update) * _decay(schedule, update)


def resized(schedule: ScheduleConfig, updates: int) -> ScheduleConfig:
    """The same curve over another number of updates, with scaled steps and warm-up.

    The warm-up keeps at least `LEAST_WARMUP` updates, or a third of a shorter run, since a few
    updates at a high rate can ruin random weights. It never becomes longer.

    Args:
        schedule: to change.
        updates: new number of updates.

    Example:
        >>> short = resized(ScheduleConfig(), 900)
        >>> short.steps, short.warmup_updates
        ((600, 800), 100)
    """
    part = updates / schedule.updates
    least = min(LEAST_WARMUP, updates // 3)
    return replace(
        schedule,
        updates=updates,
        steps=tuple(round(step * part) for step in schedule.steps),
        warmup_updates=min(
            schedule.warmup_updates, max(least, round(schedule.warmup_updates * part))
        ),
    )


def rebatched(schedule: ScheduleConfig, batch: int) -> ScheduleConfig:
    """The same schedule for another number of images per update, with a proportional rate.

    The number of updates stays, so the run sees more or fewer images in all.

    Args:
        schedule: to change.
        batch: images per update.

    Source:
        Goyal et al. 2017, section 2.1: the linear scaling rule.

    Example:
        >>> rebatched(ScheduleConfig(), 4).learning_rate
        0.005
    """
    rate = schedule.learning_rate * batch / schedule.batch
    return replace(schedule, batch=batch, learning_rate=rate)


def _warmup(schedule: ScheduleConfig, update: int) -> float:
    """The factor of the warm-up, which rises to 1."""
    if update >= schedule.warmup_updates:
        return 1.0
    done = update / schedule.warmup_updates
    return schedule.warmup_factor * (1 - done) + done


def _decay(schedule: ScheduleConfig, update: int) -> float:
    """The factor of the decay, which falls from 1 in steps or by a power."""
    if schedule.poly is not None:
        left: float = max(0.0, 1 - update / schedule.updates) ** schedule.poly
        return left
    return schedule.factor ** bisect_right(schedule.steps, update)
