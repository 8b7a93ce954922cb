"""What a part file of label maps holds, and which values make sense in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.known_sample import KnownSample
from segeval.data.cityscapes.labels import INSTANCE_CLASSES
from segeval.data.label_maps.classes import LabelClasses, label_classes
from segeval.errors import InputError
from segeval.metrics.boundary_settings import BoundarySettings, boundary_settings
from segeval.metrics.choices import check_choice
from segeval.metrics.parts.digests import with_hash
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.reading import (
    Columns,
    check_digests,
    checked_table,
    header_of,
    read_columns,
    read_keys,
)
from segeval.metrics.parts.statistics_part import StatisticsPart
from segeval.metrics.semantic.arguments import COMPATS, DETECTRON2, Rules
from segeval.metrics.semantic.confusion import ABSENT
from segeval.metrics.semantic.instance_iou import OF_INSTANCES
from segeval.metrics.semantic.one_image import Plan
from segeval.metrics.semantic.parts.files import LabelMapFiles
from segeval.metrics.semantic.statistics import (
    GT,
    IGNORED,
    PREDICTED,
    TRUE,
    LabelMapStatistics,
    rules_of_plan,
)
from segeval.metrics.semantic.trimap import METRICS, VOIDS

TASK = "miou"

ENTRIES = ("ids", "names", "ignored", "groups")
"""Fields of the table of classes that are lists."""

MOST = {"palettes": 2, "same": 1, "without_instances": 1, "with_void": 1}
"""Largest values of columns of `LabelMapFiles`."""


def part_of(
    statistics: LabelMapStatistics,
    files: LabelMapFiles,
    rules: Rules,
    *,
    origin: tuple[str, str],
    sample: KnownSample | None,
) -> StatisticsPart:
    """What is written to a part file.

    Args:
        statistics: of I images.
        files: of the same images.
        rules: by which they were counted.
        origin: names of predictions and ground truth.
        sample: what was seen in some label maps of the run; None if another part has it.
    """
    classes = rules.plan.classes
    table = {
        **{name: list(getattr(classes, name)) for name in ENTRIES},
        "source": classes.source,
        "ignores_others": classes.ignores_others,
    }
    return StatisticsPart(
        "part",
        shared={"settings": rules.settings(), "table_of_classes": with_hash(table)},
        brought={
            "origins": [list(origin)],
            "samples": [] if sample is None else [dict(sample.values)],
        },
        tables={"statistics": statistics, "files": files},
    )


def read_part(path: str | Path) -> tuple[StatisticsPart, Rules]:
    """What a part file holds, and the rules by which it was counted.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.
    """
    with PartReader(path) as reader:
        shared, brought = header_of(reader, TASK)
        try:
            rules = _rules(shared["settings"], checked_table(reader, shared["table_of_classes"]))
            _check_origins(brought["origins"])
            if brought["samples"]:
                KnownSample.joined(brought["samples"])
            agrees = rules.settings() == shared["settings"]
        except (AttributeError, InputError, KeyError, OverflowError, TypeError, ValueError):
            raise reader.damaged("header") from None
        if not agrees:
            raise reader.damaged("header")
        keys = read_keys(reader)
        if not isinstance(keys, tuple) or not all(isinstance(key, str) for key in keys):
            raise reader.damaged("keys")
        statistics = _statistics(reader, keys, rules)
        columns = read_columns(reader, "files", LabelMapFiles, len(keys), {})
        if any(int(columns[name].max(initial=0)) > most for name, most in MOST.items()):
            raise reader.damaged("files")
        names = tuple(str(key) for key in keys)
        tables = {"statistics": statistics, "files": LabelMapFiles(keys=names, **columns)}
        part = StatisticsPart(reader.name, shared, brought, tables)
        check_digests(reader, part)
        return part, rules


def _check_origins(origins: Sequence[Any]) -> None:
    """Refuse anything but names of predictions and ground truth, at least one pair of them.

    Raises:
        ValueError: for these.
    """
    if not origins or not all(
        isinstance(each, list) and len(each) == 2 and all(isinstance(name, str) for name in each)
        for each in origins
    ):
        raise ValueError("no names of files")


def _rules(settings: Mapping[str, Any], table: Mapping[str, Any]) -> Rules:
    """The rules of settings and classes.

    Raises:
        InputError: for values that no rules have; or one of Python's errors.
    """
    classes = _classes(table)
    asked = tuple(settings["trimap"])
    threshold = settings["boundary_f"]
    for name, choices in (
        ("absent", ABSENT), ("compat", COMPATS), ("trimap_metric", METRICS),
        ("trimap_void", VOIDS),
    ):  # fmt: skip
        check_choice(name, settings[name], choices)
    flags = (settings["trimap_total_width"], settings["instances"])
    numbers = [*asked, *([] if threshold is None else [threshold])]
    sound = (
        all(type(flag) is bool for flag in flags)
        and all(type(each) in (int, float) and 0 < each <= sys.float_info.max for each in numbers)
        and all(one < other for one, other in pairwise(asked))
        and None not in (settings["absent"], settings["trimap_metric"], settings["trimap_void"])
        and (not settings["instances"] or classes.is_cityscapes)
    )
    if not sound:
        raise ValueError("settings that no run has")
    plan = Plan(
        classes,
        settings["absent"],
        tuple(each / 2 for each in asked) if settings["trimap_total_width"] else asked,
        settings["trimap_metric"],
        settings["trimap_void"],
        _width(settings["boundary_ratio"], settings["boundary_px"]),
        threshold,
        as_detectron2=settings["compat"] == DETECTRON2,
        counts_instances=settings["instances"],
    )
    return Rules(plan, asked, settings["compat"], settings["trimap_total_width"])


def _width(ratio: Any, px: Any) -> BoundarySettings:
    """The width of boundaries."""
    if not isinstance(ratio, int | float | None) or not isinstance(px, int | None):
        raise TypeError("no width of boundaries")
    return boundary_settings(ratio, px, compared=ratio is not None or px is not None)


def _classes(table: Mapping[str, Any]) -> LabelClasses:
    """The classes of a table."""
    lists = {name: tuple(table[name]) for name in ENTRIES}
    sound = (
        all(type(each) is int for each in (*lists["ids"], *lists["ignored"]))
        and all(isinstance(each, str) for each in (*lists["names"], *lists["groups"]))
        and isinstance(table["source"], str)
        and type(table["ignores_others"]) is bool
        and len(lists["names"]) == len(lists["ids"])
        and len(lists["groups"]) in (0, len(lists["ids"]))
    )
    if not sound:
        raise ValueError("no table of classes")
    return label_classes(
        LabelClasses(**lists, source=table["source"], ignores_others=table["ignores_others"])
    )


def _statistics(reader: PartReader, keys: Sequence[Any], rules: Rules) -> LabelMapStatistics:
    """The counts of the images, whose indices and sums make sense.

    Raises:
        FormatError: if the file is damaged.
    """
    plan = rules.plan
    sizes = plan.columns
    tails = {
        "pixels": (len(plan.widths) + 1, 4),
        "in_group": (sizes[2],),
        "boundary": (sizes[3],),
        "edges": (sizes[4],),
        "detectron2": (sizes[5],),
        "instance_pixels": (3,),
        "false_in_group": (len(OF_INSTANCES) if plan.counts_instances else 0,),
    }
    columns = read_columns(reader, "statistics", LabelMapStatistics, len(keys), tails)
    if not _agree(columns, len(plan.classes)) or (
        not plan.counts_instances and len(columns["instance_label"])
    ):
        raise reader.damaged("statistics")
    columns["instance_label"] = columns["instance_label"].astype(np.uint8)
    return LabelMapStatistics(
        rules=rules_of_plan(plan, rules.asked),
        keys=tuple(keys),
        category_id=np.array(plan.classes.ids, np.int64),
        category_names=plan.classes.names,
        category_groups=plan.classes.groups,
        absent=plan.absent,
        widths=np.array(rules.asked, np.float64),
        boundary_ratio=plan.boundary.ratio,
        boundary_px=plan.boundary.px,
        f_threshold=plan.f_threshold,
        **columns,
    )


def _agree(columns: Columns, classes: int) -> bool:
    """Whether the counts of each row can be those of label maps."""
    category, pixels = columns["category"].astype(np.int64), columns["pixels"].astype(np.int64)
    rises = np.append(category[1:] > category[:-1], True)
    ends = columns["offsets"][1:]
    rises[ends[ends > 0] - 1] = True
    inside = pixels.sum(axis=1)
    size, right, in_group = columns["instance_pixels"].astype(np.int64).T
    return bool(
        int(category.max(initial=-1)) < classes
        and rises.all()
        and (pixels[..., TRUE] + pixels[..., IGNORED] <= pixels[..., GT]).all()
        and (pixels[..., TRUE] <= pixels[..., PREDICTED]).all()
        and (columns["in_group"] <= inside[:, GT, np.newaxis]).all()
        and _first_is_part(columns["boundary"])
        and _first_is_part(columns["detectron2"])
        and (columns["edges"][:, 1::2] <= columns["edges"][:, ::2]).all()
        and np.isin(columns["instance_label"], INSTANCE_CLASSES).all()
        and (size > 0).all()
        and (np.maximum(right, in_group) <= size).all()
    )


def _first_is_part(columns: NDArray[Any]) -> bool:
    """Whether the first of two columns, if there are any, is nowhere above the second."""
    return bool((columns[:, :1] <= columns[:, 1:]).all())
