"""The official package's numbers for two files beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data import GroundTruth, Predictions
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.compat import OFFICIAL_BUCKETS
from segeval.metrics.coco.protocol import AREA_LIMIT, Protocol
from segeval.metrics.coco.request import FREQUENCIES
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.scores import Scores

TOLERANCE = 1e-12
"""Numbers further apart than this differ."""

EXPLAINING = ("area-from-mask", "id-zero")
"""Notes of the default mode that explain why its numbers differ from the package's."""


@frozen
class VerifiedNumber:
    """One number of the official package beside ours.

    Attributes:
        iou: "segm" or "bbox".
        key: the package's name of the number, such as "AP50" or "ARs".
        official: the package's value, a fraction, or -1 where undefined.
        ours: the compat mode's value, a fraction, or -1 where undefined.
        default: the default mode's value; None where undefined or if it refuses the files.
    """

    iou: str
    key: str
    official: float
    ours: float
    default: float | None

    @property
    def difference(self) -> float:
        """Distance of the compat mode from the package."""
        return abs(self.official - self.ours)

    def to_dict(self, *names: str) -> dict[str, Any]:
        """The package's number and some others beside it, by name."""
        return {name: getattr(self, name) for name in ("iou", "key", "official", *names)}


@frozen(eq=False, repr=False)
class Verification(Brief):
    """The official package's numbers for two files, and ours.

    Attributes:
        package: "pycocotools" or "lvis".
        version: version of the package.
        compat: our result in the compat mode.
        default: our result in the default mode, None if it refuses the files.
        default_error: its error if it refuses them.
        reasons: how the default mode differs, in sentences.
        rows: the package's summary numbers, by kind of IoU.
        curve_points: number of points of precision and recall curves compared as well: every
            category at every threshold, over all sizes, at the largest cap.
        curve_difference: largest difference of these points.
        official_error: what the package raised, if it could not score the files.
    """

    package: str
    version: str
    compat: APResult
    default: APResult | None
    default_error: InputError | None
    reasons: tuple[str, ...]
    rows: tuple[VerifiedNumber, ...] = ()
    curve_points: int = 0
    curve_difference: float = 0.0
    official_error: str | None = None

    @property
    def largest_difference(self) -> float:
        """The largest difference between the compat mode and the package."""
        return largest([self.curve_difference, *(row.difference for row in self.rows)])

    @property
    def agrees(self) -> bool:
        """Whether every number of the compat mode equals the package's, to 1e-12."""
        return self.official_error is None and self.largest_difference <= TOLERANCE

    @property
    def differing(self) -> tuple[VerifiedNumber, ...]:
        """Rows whose number in the default mode differs from the package's."""
        if self.default is None:
            return ()
        return tuple(
            row
            for row in self.rows
            if not abs(row.official - (-1.0 if row.default is None else row.default)) <= TOLERANCE
        )

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values; the package's -1 for undefined is kept."""
        error = None if self.default_error is None else self.default_error.message
        return {
            "package": self.package,
            "version": self.version,
            "agrees": self.agrees,
            "largest_difference": self.largest_difference,
            "error": self.official_error,
            "rows": [row.to_dict("ours", "difference") for row in self.rows],
            "curves": {"points": self.curve_points, "largest_difference": self.curve_difference},
            "default": {
                "error": error,
                "differing": [row.to_dict("default") for row in self.differing],
                "reasons": list(self.reasons),
            },
        }


@frozen(eq=False)
class OfficialCurves:
    """Numbers of a package, undefined ones as -1.

    Attributes:
        precision: precision at the largest cap, float64, shape (T, R, K, A).
        recall: largest recall, float64, shape (T, K, A, D).
        groups: indices of the rare, common and frequent categories (LVIS), else empty.
        summary: the package's own summary, None if it lacks the size buckets.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    groups: tuple[Sequence[int], ...]
    summary: tuple[float, ...] | None


def largest(differences: Iterable[float]) -> float:
    """The largest difference; NaN exceeds all others.

    Example:
        >>> largest([0.0, float("nan"), 0.5]), largest([0.0, 0.5])
        (nan, 0.5)
    """
    return float(np.max(list(differences)))


def side_by_side(
    official: OfficialCurves, ours: Scores, default: Scores | None, protocol: Protocol
) -> list[VerifiedNumber]:
    """The numbers of one kind of IoU, side by side."""
    theirs = _official_numbers(official, protocol)
    mine = {key: -1.0 if value is None else value for key, value in _numbers(ours).items()}
    if official.summary is not None and ours.official is not None:
        theirs = dict(zip(theirs, official.summary, strict=True))
        mine = ours.official
    beside = {} if default is None else _numbers(default)
    return [
        VerifiedNumber(ours.iou, key, value, mine[key], beside.get(key))
        for key, value in theirs.items()
    ]


def _official_numbers(official: OfficialCurves, protocol: Protocol) -> dict[str, float]:
    """The package's numbers by its own keys, for any number of size buckets; -1 is undefined."""
    precision, recall = official.precision, official.recall
    half, three_quarters = (
        precision[np.flatnonzero(np.array(protocol.thresholds) == iou)] for iou in (0.5, 0.75)
    )
    sizes = dict(enumerate(_suffixes(size.name for size in protocol.sizes), start=1))
    ap = {"AP": precision[..., 0], "AP50": half[..., 0], "AP75": three_quarters[..., 0]}
    ap |= {f"AP{suffix}": precision[..., a] for a, suffix in sizes.items()}
    ap |= {
        f"AP{name[0]}": precision[:, :, list(group), 0]
        for name, group in zip(FREQUENCIES.values(), official.groups, strict=False)
    }
    at = ""
    ar = {f"AR{cap}": recall[:, :, 0, d] for d, cap in enumerate(protocol.max_dets)}
    if protocol.federated:
        at = f"@{protocol.max_dets[-1]}"
        ar = {f"AR{at}": recall[:, :, 0, -1]}
    ar |= {f"AR{suffix}{at}": recall[:, :, a, -1] for a, suffix in sizes.items()}
    return {key: _mean(values) for key, values in (ap | ar).items()}


def _numbers(scores: Scores) -> dict[str, float | None]:
    """Our numbers by the keys of both packages; None is undefined."""
    sizes = dict(zip(_suffixes(size.name for size in scores.sizes), scores.sizes, strict=True))
    overall = scores.overall
    numbers = {"AP": overall.ap, "AP50": overall.ap50, "AP75": overall.ap75}
    numbers |= {f"AP{suffix}": size.ap for suffix, size in sizes.items()}
    numbers |= {f"AP{group.name[0]}": group.ap for group in scores.frequencies}
    numbers |= {f"AR{cap}": ar for cap, ar in scores.ar_by_max_dets.items()}
    numbers |= {f"AR{suffix}": size.ar for suffix, size in sizes.items()}
    cap = next(reversed(scores.ar_by_max_dets))  # lvis writes the cap behind an at sign
    numbers |= {f"AR@{cap}": overall.ar}
    numbers |= {f"AR{suffix}@{cap}": size.ar for suffix, size in sizes.items()}
    return numbers


def _suffixes(names: Iterable[str]) -> list[str]:
    """The suffix of AP and AR for each bucket: "s", "m", "l", or the whole name."""
    found = list(names)
    if tuple(found) == OFFICIAL_BUCKETS[1:]:
        return [name[0] for name in found]
    return [f"_{name}" for name in found]


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the defined values, as the packages compute it; -1 if there is none."""
    defined = values[values > -1]
    return float(np.mean(defined)) if defined.size else -1.0


def reasons(
    ours: APResult,
    default: APResult | None,
    preds: Predictions,
    gt: GroundTruth,
    arguments: Arguments,
) -> tuple[str, ...]:
    """How the default mode differs from the package on these files, in sentences."""
    package = ours.settings["compat"]
    if default is None:
        return ()
    found = [note.message for note in default.notes if note.code in EXPLAINING]
    for iou, asked in default.area_from.items():
        if arguments.area_from is not None and asked != ours.area_from[iou]:
            found.append(
                f"{iou}: `area_from` is {asked}; {package} goes by the {ours.area_from[iou]} here"
            )
    if arguments.honour_ignore and not ours.protocol.uses_ignore and gt.ignore.any():
        found.append(f"`honour_ignore` was asked for; {package} overwrites the field")
    with np.errstate(over="ignore"):
        boxes = preds.boxes[:, 2:].prod(axis=1)
    if (gt.area > AREA_LIMIT).any() or (boxes > AREA_LIMIT).any():
        found.append(f"areas above 1e10 pixels count; {package} leaves them out everywhere")
    cap = ours.protocol.max_dets[-1]
    if package == "pycocotools" and cap != 100 and ours.first.official is not None:
        found.append(f"AP is at max_dets {cap}; pycocotools looks for a cap of exactly 100")
    return tuple(found)
