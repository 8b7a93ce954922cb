"""Which values the settings of a configuration may have, each alone and together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from segeval.models.config.values import wrong_value

STAGES = "res2", "res3", "res4", "res5"
LEVELS = "p2", "p3", "p4", "p5", "p6"
STRIDES = 8, 16, 32
NORM_GROUPS = 32
"""Into which "group" divides the channels of a layer."""

Fits = Callable[[Any], bool]


def _one_of(*choices: object) -> tuple[Fits, str]:
    return lambda value: value in choices, " or ".join(repr(choice) for choice in choices)


def _at_least(least: int) -> tuple[Fits, str]:
    return lambda value: least <= value < math.inf, f"{least} or more"


def _between(low: float, high: float) -> tuple[Fits, str]:
    return lambda value: low <= value <= high, f"{low} to {high}"


def _each(one: tuple[Fits, str]) -> tuple[Fits, str]:
    return lambda values: all(map(one[0], values)), f"each of them {one[1]}"


def _or_none(one: tuple[Fits, str]) -> tuple[Fits, str]:
    return lambda value: value is None or one[0](value), one[1]


def _some_of(choices: Sequence[str]) -> tuple[Fits, str]:
    def fits(values: Sequence[str]) -> bool:
        """Whether there are some, all of them known, none twice."""
        return 0 < len(values) == len(set(values) & set(choices))

    return fits, f"some of {', '.join(choices)}, each once"


MORE_THAN_0: tuple[Fits, str] = (lambda value: 0 < value < math.inf, "more than 0")
SHARE: tuple[Fits, str] = (lambda value: 0 < value <= 1, "more than 0, and at most 1")

RULES: dict[str, tuple[Fits, str]] = {
    "task": _one_of("instance", "semantic"),
    "classes": MORE_THAN_0,
    "backbone.depth": _one_of(50, 101),
    "backbone.groups": _at_least(1),
    "backbone.width_per_group": _at_least(1),
    "backbone.norm": _one_of("frozen", "batch", "group"),
    "backbone.deformable": _one_of(0, 1, 2),
    "backbone.deformable_stages": (
        lambda stages: set(stages) <= set(STAGES),
        f"some of {', '.join(STAGES)}",
    ),
    "backbone.output_stride": _one_of(*STRIDES),
    "backbone.multi_grid": _each(_at_least(1)),
    "backbone.frozen_stages": _between(0, 5),
    "input.order": _one_of("BGR", "RGB"),
    "input.mean": (lambda mean: all(map(math.isfinite, mean)), "finite numbers"),
    "input.std": _each(MORE_THAN_0),
    "input.train_sizes": (
        lambda sizes: len(sizes) > 0 and min(sizes) > 0,
        "at least one size, each of them 1 or more",
    ),
    "input.train_max": _at_least(1),
    "input.test_size": _at_least(1),
    "input.test_max": _at_least(1),
    "input.test_scales": _each(_at_least(1)),
    "input.crop": _or_none(_each(_at_least(1))),
    "input.crop_scales": _or_none(
        (lambda ends: 0 < ends[0] <= ends[1] < math.inf, "the smaller factor first, more than 0")
    ),
    "input.crop_max_share": SHARE,
    "boxes.score_threshold": _between(0, 1),
    "boxes.nms_threshold": _between(0, 1),
    "boxes.max_dets": MORE_THAN_0,
    "mask.kind": _one_of("pointrend", "conv"),
    "mask.levels": _some_of(LEVELS),
    "mask.grid": (lambda grid: grid > 0 and grid % 2 == 0, "an even number, 2 or more"),
    "mask.coarse_channels": _at_least(1),
    "mask.coarse_width": _at_least(1),
    "mask.coarse_layers": _at_least(0),
    "mask.point_width": _at_least(1),
    "mask.point_layers": _at_least(0),
    "mask.train_points": _at_least(1),
    "mask.sampling": _one_of("biased", "uniform", "grid"),
    "mask.oversample": _at_least(1),
    "mask.importance": _between(0, 1),
    "mask.subdivision_steps": _at_least(0),
    "mask.subdivision_points": _at_least(1),
    "mask.output": _one_of(28, 56, 112, 224),
    "semantic.kind": _one_of("fpn", "deeplab"),
    "semantic.levels": _some_of(LEVELS[:4]),
    "semantic.train_points": _at_least(1),
    "semantic.oversample": _at_least(1),
    "semantic.importance": _between(0, 1),
    "semantic.subdivision_steps": _or_none(_at_least(0)),
    "semantic.subdivision_points": _at_least(1),
    "semantic.test_output_stride": _one_of(*STRIDES),
    "schedule.batch": MORE_THAN_0,
    "schedule.learning_rate": MORE_THAN_0,
    "schedule.updates": MORE_THAN_0,
    "schedule.steps": (
        lambda steps: list(steps) == sorted(steps) and min(steps, default=0) >= 0,
        "numbers of updates, 0 or more, the smallest first",
    ),
    "schedule.factor": MORE_THAN_0,
    "schedule.poly": _or_none(MORE_THAN_0),
    "schedule.warmup_updates": _at_least(0),
    "schedule.warmup_factor": _between(0, 1),
    "schedule.momentum": (lambda momentum: 0 <= momentum < 1, "0 or more, and less than 1"),
    "schedule.weight_decay": _at_least(0),
    "schedule.norm_decay": _at_least(0),
    "schedule.head_rate": MORE_THAN_0,
    "schedule.clip": _or_none(MORE_THAN_0),
}
"""For each setting what its values have to fulfil, and that in words."""


def _has_pyramid_at_32(settings: Mapping[str, Any]) -> bool:
    pyramid = settings["task"] == "instance" or settings["semantic.kind"] == "fpn"
    return bool(not pyramid or settings["backbone.output_stride"] == 32)


def _has_whole_norm_groups(settings: Mapping[str, Any]) -> bool:
    channels = settings["backbone.groups"] * settings["backbone.width_per_group"]
    return bool(settings["backbone.norm"] != "group" or channels % NORM_GROUPS == 0)


def _has_square_number(settings: Mapping[str, Any]) -> bool:
    points = settings["mask.train_points"]
    return bool(settings["mask.sampling"] != "grid" or math.isqrt(points) ** 2 == points)


TOGETHER: tuple[tuple[str, Callable[[Mapping[str, Any]], bool], str], ...] = (
    (
        "backbone.output_stride",
        _has_pyramid_at_32,
        "32: the feature pyramid doubles its maps from stage to stage",
    ),
    (
        "backbone.width_per_group",
        _has_whole_norm_groups,
        f"a multiple of {NORM_GROUPS} when multiplied by backbone.groups, for norms of groups",
    ),
    (
        "mask.train_points",
        _has_square_number,
        'a square number such as 196: mask.sampling is "grid"',
    ),
)
"""Setting, what it has to fulfil beside the others, and that in words."""


def require_possible(parts: Mapping[str, Any], source: str) -> None:
    """Raise for the first value that a setting cannot have.

    Args:
        parts: sections and other settings of a configuration, by name.
        source: where they were found, for the message.

    Raises:
        FormatError: naming source, setting, value, and what was expected.
    """
    settings: dict[str, Any] = {}
    for name, part in parts.items():
        if is_dataclass(part):
            settings |= {f"{name}.{key}": value for key, value in vars(part).items()}
        else:
            settings[name] = part
    for place, (fits, expected) in RULES.items():
        if not fits(settings[place]):
            raise wrong_value(source, place, settings[place], expected)
    for place, holds, expected in TOGETHER:
        if not holds(settings):
            raise wrong_value(source, place, settings[place], expected)
