"""Checks of settings: each by its type, then combinations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec

from segeval.errors import FormatError
from segeval.models.config.kinds import (
    SETTINGS,
    default_section,
    draws_whole_images,
    expected_kinds,
    is_kind,
    unread_by,
)
from segeval.models.config.parts.swin import SIZES
from segeval.models.config.setting_types import expected, types_of
from segeval.words import beginning

MOST_PIXELS = 1 << 28
"""Pixels of one view of a photograph, which a model sees as 12 bytes each."""

LONGEST_SHOWN = 200
"""Characters of a value in a message."""

BASE = 64
"""Base channels of the published Res2Nets."""

Values = Mapping[str, Any]
Check = tuple[str, Callable[[Values], bool], str | None]


def _each_once(place: str) -> Check:
    return place, lambda values: len(set(values[place])) == len(values[place]), None


def _ascending(place: str) -> Check:
    return place, lambda values: list(values[place] or ()) == sorted(values[place] or ()), None


def _has_pyramid(values: Values) -> bool:
    return bool(values["task"] == "instance" or values["semantic.kind"] == "fpn")


def _has_pyramid_at_32(values: Values) -> bool:
    return bool(not _has_pyramid(values) or values["backbone.output_stride"] == 32)


def _leads_at_whole_strides(values: Values) -> bool:
    return bool(values["backbone.copies"] == 1 or _has_pyramid(values))


def _has_channels_in_parts(values: Values) -> bool:
    return bool(values["backbone.base_channels"] * values["backbone.scale_width"] >= BASE)


def _has_levels_to_balance(values: Values) -> bool:
    return bool(values["pyramid.balance"] == "none" or _has_pyramid(values))


def _has_a_stride_it_can_have(values: Values) -> bool:
    if _has_pyramid(values) or values["backbone.kind"] != "res2net":
        return True
    return bool(values["semantic.test_output_stride"] == 32)


def _has_whole_heads(values: Values) -> bool:
    embed, _, heads = SIZES[values["backbone.swin"]]
    embed, heads = values["backbone.embed"] or embed, values["backbone.heads"] or heads
    return all((embed << stage) % number == 0 for stage, number in enumerate(heads))


def _has_own_or_whole_heads(values: Values) -> bool:
    return values["backbone.heads"] is not None or _has_whole_heads(values)


def _has_square_number(values: Values) -> bool:
    points = values["mask.train_points"]
    return bool(values["mask.sampling"] != "grid" or math.isqrt(points) ** 2 == points)


def _as_long_as_ious(place: str) -> Check:
    return (
        place,
        lambda values: len(values[place]) == len(values["detector.ious"]),
        "as many of them as detector.ious has stages",
    )


def _has_classes_to_weigh(values: Values) -> bool:
    return bool(values["classifier.kind"] != "seesaw" or values["classes"] > 1)


def _has_a_mask_head_for_each_stage(values: Values) -> bool:
    if values["detector.kind"] != "htc":
        return True
    return bool(values["mask.kind"] == "htc")


def _has_as_many_mask_heads_as_stages(values: Values) -> bool:
    stages = len(values["detector.ious"]) if values["detector.kind"] == "htc" else None
    return stages in (None, values["mask.stages"])


def _has_a_predictor_to_normalise(values: Values) -> bool:
    return bool(values["mask.kind"] != "pointrend" or not values["mask.normalised"])


def _has_refine_mask_last(values: Values) -> bool:
    return bool(values["mask.last"] == "refine" or not values["mask.agnostic_last"])


def _has_masks_to_score(values: Values) -> bool:
    return bool(values["scoring.kind"] == "none" or values["mask.kind"] != "none")


def _keeps_given_scores(values: Values) -> bool:
    return bool(values["scoring.kind"] == "none" or values["detector.kind"] != "regressor")


def _has_apart_thresholds(values: Values) -> bool:
    return bool(values["proposals.negative"] <= values["proposals.positive"])


def _has_possible_views(values: Values) -> bool:
    sides = (values["input.test_size"], *values["input.test_scales"])
    return bool(max(sides) * values["input.test_max"] <= MOST_PIXELS)


def _has_possible_sizes(values: Values) -> bool:
    return all(short * longest <= MOST_PIXELS for short, longest in values["input.test_views"])


def _merges_objects(values: Values) -> bool:
    return bool(values["task"] == "instance" or not values["input.test_merge"])


def _mixes_objects_only(place: str) -> Check:
    def holds(values: Values) -> bool:
        return bool(values["task"] == "instance" or values[place] == 0)

    return place, holds, "0 for semantic segmentation: only images with objects are mixed"


def _keeps_given_boxes(kind: str, place: str, done: str) -> Check:
    def holds(values: Values) -> bool:
        return bool(values["detector.kind"] != kind or values[place] == 0)

    return place, holds, f'0: detector.kind is "{kind}", and given boxes are not {done}'


def _averages_crops(values: Values) -> bool:
    return bool(values["detector.kind"] != "crops" or not values["input.test_merge"])


def _has_rising_ranges(values: Values) -> bool:
    return all(least <= most for least, most in values["detector.scales"])


def _averages_no_whole_masks(place: str) -> Check:
    def holds(values: Values) -> bool:
        if values["task"] != "instance" or values["input.test_merge"] or not values[place]:
            return True
        return not draws_whole_images(SETTINGS["detector"][values["detector.kind"]]())

    nothing = "false" if place == "input.test_flip" else "[]"
    words = (
        f"{nothing}: masks of the whole image cannot be averaged over views (input.test_merge "
        "names a strategy that merges what each view finds)"
    )
    return place, holds, words


CHECKS: tuple[Check, ...] = (
    _each_once("mask.levels"),
    _each_once("semantic.levels"),
    _ascending("input.crop_scales"),
    _ascending("schedule.steps"),
    _keeps_given_boxes("regressor", "input.copy_paste", "mixed"),
    _keeps_given_boxes("regressor", "input.mosaic", "mixed"),
    _keeps_given_boxes("regressor", "input.rotate", "turned"),
    _keeps_given_boxes("crops", "input.copy_paste", "mixed"),
    _keeps_given_boxes("crops", "input.mosaic", "mixed"),
    _mixes_objects_only("input.copy_paste"),
    _mixes_objects_only("input.mosaic"),
    ("detector.scales", _has_rising_ranges, "the smaller side of each range first"),
    _averages_no_whole_masks("input.test_flip"),
    _averages_no_whole_masks("input.test_scales"),
    _averages_no_whole_masks("input.test_views"),
    _as_long_as_ious("detector.deltas"),
    _as_long_as_ious("detector.stage_weights"),
    _as_long_as_ious("detector.score_weights"),
    ("classifier.kind", _has_classes_to_weigh, '"softmax": there is one class'),
    ("mask.kind", _has_a_mask_head_for_each_stage, '"htc": detector.kind is "htc"'),
    ("mask.stages", _has_as_many_mask_heads_as_stages, "as many as detector.ious has stages"),
    ("mask.normalised", _has_a_predictor_to_normalise, 'false: mask.kind is "pointrend"'),
    ("mask.agnostic_last", _has_refine_mask_last, 'false: mask.last is not "refine"'),
    ("scoring.kind", _has_masks_to_score, '"none": mask.kind is "none"'),
    (
        "scoring.kind",
        _keeps_given_scores,
        '"none": detector.kind is "regressor", which keeps the scores of its boxes',
    ),
    (
        "backbone.output_stride",
        _has_pyramid_at_32,
        "32: the feature pyramid doubles its maps from stage to stage",
    ),
    (
        "backbone.copies",
        _leads_at_whole_strides,
        "1: the stages of two backbones cannot be dilated, as those of this semantic head are",
    ),
    (
        "backbone.scale_width",
        _has_channels_in_parts,
        f"{BASE} or more when multiplied by backbone.base_channels",
    ),
    (
        "pyramid.balance",
        _has_levels_to_balance,
        '"none": this semantic head reads no pyramid',
    ),
    (
        "semantic.test_output_stride",
        _has_a_stride_it_can_have,
        "32: a Res2Net has no dilated convolutions",
    ),
    (
        "backbone.embed",
        _has_own_or_whole_heads,
        "a number that the heads of its size divide, as backbone.heads (say [1,2,4,8]) is not set",
    ),
    (
        "backbone.heads",
        _has_whole_heads,
        "divisors of backbone.embed, and of twice, four and eight times as many channels",
    ),
    (
        "proposals.negative",
        _has_apart_thresholds,
        "at most proposals.positive",
    ),
    (
        "input.test_max",
        _has_possible_views,
        f"so little that no view of input.test_size has more than {MOST_PIXELS:,} pixels",
    ),
    (
        "input.test_views",
        _has_possible_sizes,
        f"views of at most {MOST_PIXELS:,} pixels",
    ),
    (
        "input.test_merge",
        _merges_objects,
        '"" for semantic segmentation: only objects are merged',
    ),
    (
        "input.test_merge",
        _averages_crops,
        '"": detector.kind is "crops", whose views are averaged in given boxes',
    ),
    (
        "mask.train_points",
        _has_square_number,
        'a square number such as 196: mask.sampling is "grid"',
    ),
)
"""Setting, condition, and the condition in words; None for the words of its type.

A check is skipped if a setting that it reads is absent, as in sections of another kind.
"""


def typed(value: Any, kind: Any, source: str, place: str) -> Any:
    """A value in the type of its setting, if that loses nothing.

    Args:
        value: from TOML or JSON.
        kind: the type.
        source: origin of the value, for the message.
        place: section and name of the setting.

    Raises:
        FormatError: if the value is of another type.

    Example:
        >>> typed([1, 2], tuple[float, ...], "mine.toml", "input.std")
        (1.0, 2.0)
    """
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError):
        raise wrong_value(source, place, value, expected(kind)) from None


def require_possible(parts: Values, source: str, types: Mapping[str, Any] | None = None) -> None:
    """Raise for the first impossible value.

    Args:
        parts: sections and other settings of a configuration by name, or some of them.
        source: their origin, for the message.
        types: of the settings outside of sections.

    Raises:
        FormatError: naming source, setting, value, and what was expected.
    """
    values: dict[str, Any] = {}
    kinds: dict[str, Any] = dict(types or {})
    for name, part in parts.items():
        if not is_dataclass(part):
            values[name] = part
            continue
        of_part = types_of(type(part), limits=True)
        for key in (each.name for each in fields(part)):
            kinds[f"{name}.{key}"], values[f"{name}.{key}"] = of_part[key], getattr(part, key)
    for section in (each for each in SETTINGS if each in parts):
        place = f"{section}.kind"
        if not is_kind(section, values.get(place), parts[section]):
            raise wrong_value(source, place, values.get(place), expected_kinds(section))
    for place, value in values.items():
        typed(value, kinds[place], source, place)
    for place, holds, words in CHECKS:
        try:
            possible = holds(values)
        except KeyError:
            continue
        if not possible:
            raise wrong_value(source, place, values[place], words or expected(kinds[place]))
    _require_read(parts, source)


def _require_read(parts: Values, source: str) -> None:
    """Refuse settings of parts that the detector lacks, which would change nothing."""
    detector = parts.get("detector")
    if parts.get("task") != "instance" or detector is None:
        return
    for name in (each for each in unread_by(detector) if each in parts):
        own, usual = parts[name], default_section(name, parts[name])
        for key in ("kind", *vars(usual)):
            had, expects = getattr(own, key, None), getattr(usual, key, None)
            if had != expects:
                raise wrong_value(
                    source,
                    f"{name}.{key}",
                    had,
                    f"{expects!r}, the default: detector.kind is {detector.kind!r}, which reads no "
                    f"setting of {name}",
                )


def wrong_value(source: str, place: str, value: object, expected: str) -> FormatError:
    """The error for an impossible value."""
    try:
        shown = repr(list(value) if isinstance(value, tuple) else value)
    except (ValueError, RecursionError):  # Python shows no number of thousands of digits
        shown = "beyond any use"
    return FormatError(
        f"{source}: {place} is {beginning(shown, LONGEST_SHOWN)}, expected {expected}.",
        code="config",
        path=source,
        field=place,
    )
