"""The arguments of mean IoU that decide what is counted, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segeval.data.cityscapes.labels import CITYSCAPES_RATIO
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.host_arrays import holds_several
from segeval.masks.boundaries import RATIO
from segeval.metrics.boundary_settings import boundary_settings
from segeval.metrics.choices import check_choice, check_flag, is_number
from segeval.metrics.semantic.boundary_f import THRESHOLD
from segeval.metrics.semantic.confusion import ABSENT, Absent
from segeval.metrics.semantic.one_image import Plan
from segeval.metrics.semantic.trimap import METRICS, VOIDS, Metric, Void

OFFICIAL, DETECTRON2 = "official", "detectron2"
COMPATS = (OFFICIAL, DETECTRON2)


@frozen
class Rules:
    """What is counted, and how it was asked for.

    Attributes:
        plan: what is counted on every image.
        asked: widths of a trimap's bands as asked for.
        compat: the tool that is followed.
        total_width: whether these are widths of whole bands.
    """

    plan: Plan
    asked: tuple[float, ...] = ()
    compat: str | None = None
    total_width: bool = False

    def of(self, pairs: Sequence[LabelPair]) -> Rules:
        """The rules for label maps: instances are counted if every image has a file of them."""
        found = bool(pairs) and all(pair.instance_file is not None for pair in pairs)
        return replace(self, plan=replace(self.plan, counts_instances=found))

    def settings(self) -> dict[str, Any]:
        """The settings asked for, as plain values."""
        plan = self.plan
        return {
            "classes": plan.classes.source,
            "ignore": plan.classes.ignored_ids,
            "absent": plan.absent,
            "compat": self.compat,
            "trimap": list(self.asked),
            "trimap_metric": plan.metric,
            "trimap_total_width": self.total_width,
            "trimap_void": plan.void,
            **plan.boundary.settings(),
            "boundary_f": plan.f_threshold,
            "instances": plan.counts_instances,
        }


@frozen(kw_only=True)
class Arguments:
    """The arguments of `mean_iou` that decide what is counted, with its defaults."""

    classes: Classes
    ignore: Ignored = ()
    absent: Absent | None = None
    trimap: float | Sequence[float] = ()
    trimap_metric: Metric = "euclid"
    trimap_total_width: bool = False
    trimap_void: Void = "ignore"
    boundary: bool = False
    boundary_ratio: float | None = None
    boundary_px: int | None = None
    boundary_f: bool | float | None = None
    compat: str | None = None

    def rules(self) -> Rules:
        """What they ask for.

        Raises:
            InputError: for arguments that make no sense, or missing files of classes.
            FormatError: for such a file that is something else.
        """
        for name in ("trimap_total_width", "boundary"):
            check_flag(name, getattr(self, name))
        preset = label_classes(self.classes)
        listed = label_classes(preset, self.ignore)
        absent = _rule(self.absent, self.compat, listed, has_ignore=listed != preset)
        asked = widths_of(self.trimap)
        threshold = threshold_of(self.boundary_f)
        check_choice("trimap_metric", self.trimap_metric, METRICS)
        check_choice("trimap_void", self.trimap_void, VOIDS)
        self._check_trimap(asked)
        default = RATIO if listed.label_file is None else CITYSCAPES_RATIO
        width = boundary_settings(
            self.boundary_ratio, self.boundary_px, compared=self.boundary, default=default
        )
        plan = Plan(
            listed,
            absent,
            tuple(each / 2 for each in asked) if self.trimap_total_width else asked,
            self.trimap_metric,
            self.trimap_void,
            width,
            threshold,
            as_detectron2=self.compat == DETECTRON2,
        )
        return Rules(plan, asked, self.compat, self.trimap_total_width)

    def _check_trimap(self, widths: Sequence[float]) -> None:
        """Refuse options of trimaps where there is no trimap."""
        given = {
            "trimap_metric": self.trimap_metric != "euclid",
            "trimap_total_width": self.trimap_total_width,
            "trimap_void": self.trimap_void != "ignore",
        }
        if not widths and any(given.values()):
            name = next(name for name, is_given in given.items() if is_given)
            raise InputError(
                f"`{name}` is given, but no widths are: expected `trimap` as well, such as "
                "`trimap=(1, 3, 5, 8, 20)`.",
                code="trimap",
                option="trimap",
            )


def _rule(
    absent: Absent | None, compat: str | None, classes: LabelClasses, *, has_ignore: bool
) -> Absent:
    """Which classes count in a mean."""
    check_choice("compat", compat, COMPATS)
    check_choice("absent", absent, ABSENT)
    if compat == OFFICIAL and not (classes.is_cityscapes and not has_ignore):
        raise InputError(
            '`compat="official"`: only Cityscapes has an official tool for label maps; use '
            '`classes="cityscapes"` unchanged.',
            code="compat",
            option="compat",
        )
    own: Absent = "detectron2" if compat == DETECTRON2 else "cityscapes"
    if compat is not None and absent not in (None, own):
        raise InputError(
            f'`compat="{compat}"` goes with `absent="{own}"`, not with {absent}.',
            code="absent",
            option="absent",
        )
    return absent or own


def widths_of(trimap: float | Sequence[float]) -> tuple[float, ...]:
    """Widths of bands, in increasing order, each once."""
    given: Any = trimap
    widths: tuple[Any, ...] = tuple(given) if holds_several(given) else (given,)
    if not all(is_number(each) and each > 0 for each in widths):
        shown = ", ".join(str(width).removesuffix(".0") for width in widths)
        raise InputError(
            f"`trimap=[{shown}]`: expected widths in pixels above 0, such as 1, 3, 5, 8, 20.",
            code="trimap",
            option="trimap",
        )
    return tuple(sorted({float(width) for width in widths}))


def threshold_of(boundary_f: bool | float | None) -> float | None:  # noqa: FBT001 - as the caller's
    """The threshold of boundary F, None for none."""
    if isinstance(boundary_f, bool | np.bool_):
        return THRESHOLD if boundary_f else None
    given: Any = boundary_f
    if given is None:
        return None
    if not is_number(given) or given <= 0:
        raise InputError(
            f"`boundary_f` is {boundary_f!r}, expected a number above 0.",
            code="boundary-f",
            option="boundary_f",
        )
    return float(given)
