"""What the official package says about two files, beside what we say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segeval.errors import InputError
from segeval.metrics.result import APResult

TOLERANCE = 1e-12
"""Numbers that are further apart than this differ."""


@dataclass(frozen=True)
class VerifiedNumber:
    """One number of the official package beside ours.

    Attributes:
        iou: "segm" or "bbox".
        key: the package's name of the number, such as "AP50" or "ARs".
        official: the package's value, a fraction, or -1 where undefined.
        ours: what the compat mode says, in the same way.
        default: what the default mode says; None where undefined or if it refuses the files.
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


@dataclass(frozen=True, eq=False)
class Verification:
    """What the official package says about two files, and what we say.

    Attributes:
        package: "pycocotools" or "lvis".
        version: of the package.
        rows: the package's summary numbers, kind of IoU by kind of IoU.
        curve_points: how many points of precision and recall curves were compared as well: every
            category at every threshold, of all sizes, at the largest cap.
        curve_difference: largest difference of these points.
        official_error: what the package raised, if it could not score the files.
        compat: our result in the compat mode.
        default: our result in the default mode, None if it refuses the files.
        default_error: why it refuses them.
        reasons: what the default mode does otherwise, in sentences.
    """

    package: str
    version: str
    rows: tuple[VerifiedNumber, ...]
    curve_points: int
    curve_difference: float
    official_error: str | None
    compat: APResult
    default: APResult | None
    default_error: InputError | None
    reasons: tuple[str, ...]

    @property
    def largest_difference(self) -> float:
        """The largest difference between the compat mode and the package."""
        return max([self.curve_difference, *(row.difference for row in self.rows)])

    @property
    def agrees(self) -> bool:
        """Whether every number of the compat mode is the package's, to 1e-12."""
        return self.official_error is None and self.largest_difference <= TOLERANCE

    @property
    def differing(self) -> tuple[VerifiedNumber, ...]:
        """Rows whose number in the default mode is not the package's."""
        if self.default is None:
            return ()
        return tuple(
            row
            for row in self.rows
            if abs(row.official - (-1.0 if row.default is None else row.default)) > TOLERANCE
        )

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values; the package's -1 for undefined is kept as it is."""
        error = None if self.default_error is None else self.default_error.message
        return {
            "package": self.package,
            "version": self.version,
            "agrees": self.agrees,
            "largest_difference": self.largest_difference,
            "error": self.official_error,
            "rows": [
                {
                    "iou": row.iou,
                    "key": row.key,
                    "official": row.official,
                    "ours": row.ours,
                    "difference": row.difference,
                }
                for row in self.rows
            ],
            "curves": {"points": self.curve_points, "largest_difference": self.curve_difference},
            "default": {
                "error": error,
                "differing": [
                    {
                        "iou": row.iou,
                        "key": row.key,
                        "official": row.official,
                        "default": row.default,
                    }
                    for row in self.differing
                ],
                "reasons": list(self.reasons),
            },
        }
