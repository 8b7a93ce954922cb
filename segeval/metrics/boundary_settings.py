"""Width of boundaries, from the user's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from segeval.errors import InputError
from segeval.masks.boundaries import RATIO, boundary_width, check_width


class BoundarySettings(NamedTuple):
    """Width of boundaries: a fraction of the image's diagonal, or pixels; the other is None.

    Both are None where no boundaries are compared. In JSON they are `boundary_ratio` and
    `boundary_px`.
    """

    ratio: float | None
    px: int | None

    def text(self) -> str:
        """For the title of a result; "" where no boundaries are compared."""
        if self.px is not None:
            return f"boundary {self.px} px"
        return "" if self.ratio is None else f"boundary {self.ratio:g} of the diagonal"

    def settings(self) -> dict[str, Any]:
        """Its entries in the settings of a result."""
        return {"boundary_ratio": self.ratio, "boundary_px": self.px}

    @property
    def compared(self) -> bool:
        """Whether boundaries are compared at all."""
        return self.ratio is not None or self.px is not None

    def pixels(self, size: tuple[int, ...]) -> int:
        """The width in an image of (H, W) pixels, at least 1.

        Example:
            >>> BoundarySettings(0.02, None).pixels((480, 640))
            16
        """
        ratio = RATIO if self.ratio is None else self.ratio
        return int(boundary_width([size], ratio=ratio, px=self.px)[0])


NO_BOUNDARIES = BoundarySettings(None, None)
"""For evaluations that compare no boundaries."""


def boundary_settings(
    ratio: float | None, px: int | None, *, compared: bool, default: float = RATIO
) -> BoundarySettings:
    """The width to use.

    Args:
        ratio: width as a fraction of the image's diagonal, None if not given.
        px: width in pixels, None if not given.
        compared: whether boundaries are compared at all.
        default: the ratio if neither is given.

    Raises:
        InputError: if both are given, or one of them where no boundaries are compared, or a width
            that makes no sense.

    Example:
        >>> boundary_settings(None, 3, compared=True)
        BoundarySettings(ratio=None, px=3)
    """
    if ratio is not None and px is not None:
        raise InputError(
            "`boundary_ratio` and `boundary_px` both say how wide the boundary is, expected one",
            code="boundary",
            option="boundary_px",
        )
    if not compared:
        if ratio is not None or px is not None:
            given = "boundary_px" if ratio is None else "boundary_ratio"
            raise InputError(
                f"`{given}` is given, but no boundaries are compared", code="boundary", option=given
            )
        return NO_BOUNDARIES
    if px is None and ratio is None:
        ratio = default
    check_width(default if ratio is None else ratio, px, prefix="boundary_")
    return BoundarySettings(ratio, px)


def boundary_of(settings: Mapping[str, Any]) -> BoundarySettings:
    """The width of boundaries from a result's settings."""
    return BoundarySettings(settings["boundary_ratio"], settings["boundary_px"])
