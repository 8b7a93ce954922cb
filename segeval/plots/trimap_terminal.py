"""Mean IoU within trimaps as bars of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from segeval.plots.bars import LEAST_BARS, bar
from segeval.plots.names import short_name
from segeval.plots.trimap import TrimapCurve, check_comparable, width_label

LONGEST_NAME = 24


def draw_trimap(curves: Sequence[TrimapCurve], *, width: int = 80) -> str:
    """Draw one bar per model, width by width; the last are of whole images.

    Args:
        curves: curves of the models, as from `trimap_curve`.
        width: width of the lines, in characters.

    Raises:
        InputError: if there is no model.
        MismatchError: if models have different settings.

    Example:
        >>> from segeval.plots import TrimapCurve
        >>> settings = {"trimap_total_width": False}
        >>> curve = TrimapCurve("a", (1.0, 3.0), (0.25, 0.375), (12, 30), 0.5, 99, settings)
        >>> print(draw_trimap([curve], width=32))
        mIoU (%) by trimap width (px, on
        either side)
          1  a  25.0 █████████▌
          3  a  37.5 ██████████████▎
        all  a  50.0 ███████████████████
    """
    check_comparable(curves)
    names = [short_name(curve.name, min(LONGEST_NAME, max(width // 4, 3))) for curve in curves]
    widths = sorted({each for curve in curves for each in curve.widths})
    labels = [*(f"{each:g}" for each in widths), "all"]
    found = [[_at(curve, each) for curve in curves] for each in (*widths, None)]
    most = max((each for row in found for each in row if each is not None), default=0.0)
    head, room = max(map(len, labels)), max(map(len, names))
    bars = max(width - head - room - 9, LEAST_BARS)
    lines = textwrap.wrap(f"mIoU (%) by {width_label(curves)}", width)
    for label, row in zip(labels, found, strict=True):
        for place, (name, miou) in enumerate(zip(names, row, strict=True)):
            start = label if place == 0 else ""
            number = "-" if miou is None else f"{100 * miou:.1f}"
            drawn = bar((miou or 0.0) / most if most else 0.0, bars)
            lines.append(f"{start:>{head}}  {name:<{room}} {number:>5} {drawn}".rstrip())
        if len(curves) > 1 and label != "all":
            lines.append("")
    return "\n".join(lines)


def _at(curve: TrimapCurve, width: float | None) -> float | None:
    """The number of one band, or of whole images for None; None if undefined."""
    if width is None:
        return curve.whole
    return dict(zip(curve.widths, curve.miou, strict=True)).get(width)
