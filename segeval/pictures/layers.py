"""Masks as layers above a picture: exact outlines as SVG path data, or pictures of one bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.encoding import one_bit_png
from segeval.frozen import frozen
from segeval.masks import (
    RunLengths,
    boundary,
    boxes,
    crop,
    decode_one,
    difference,
    outlines,
    union,
)
from segeval.masks.boundaries import RATIO
from segeval.pictures.crops import Box

AS_TEXT = 4 / 3
"""Characters that a byte takes in base64."""

AROUND = 60
"""Characters that a picture in SVG needs more than a path: its place, its size, its type."""


@frozen(eq=False)
class MaskLayer:
    """One mask as a layer, in the shorter of two forms; both are exact.

    Attributes:
        box: the part of the image that holds the mask.
        path: SVG path data in pixels of the image, "" if the picture is shorter.
        png: a picture of the box, of one bit, white where the mask is and transparent elsewhere;
            b"" if the path is shorter. A mask without pixels has neither.
    """

    box: Box
    path: str = ""
    png: bytes = b""


@frozen(eq=False)
class PoorMasks:
    """What is wrong with N masks: the pixels that differ, and the band that boundary IoU compares.

    Attributes:
        band: pixels of the boundary of either mask.
        extra: pixels of the prediction outside of its object.
        lacking: pixels of the object outside of the prediction.
    """

    band: RunLengths
    extra: RunLengths
    lacking: RunLengths


def svg_path(lines: Sequence[NDArray[Any]]) -> str:
    """Closed lines as SVG path data, as short as it gets with whole pixels.

    Filled by either rule of SVG, the outlines of a mask are the mask.

    Args:
        lines: points (x, y) in pixels, shape (P, 2) each; the first one may be repeated at the end.

    Example:
        >>> from segeval.masks import encode
        >>> svg_path(outlines(encode([[[0, 1, 1], [0, 1, 0]]])).rings(0))
        'm1 0h2v1h-1v1h-1z'
    """
    pieces: list[str] = []
    here = np.zeros(2)  # after a "z" the pen is where its line began
    for line in lines:
        points = line[:-1] if len(line) > 1 and (line[0] == line[-1]).all() else line
        pieces.append(f"m{_pair(points[0] - here)}")
        pieces += [_step(step) for step in np.diff(points, axis=0)]
        pieces.append("z")
        here = points[0]
    return "".join(pieces)


def mask_layers(masks: RunLengths) -> list[MaskLayer]:
    """Every mask as a layer: its outline, or a picture where that is shorter in an HTML file.

    Args:
        masks: N masks of any sizes.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.

    Example:
        >>> from segeval.masks import encode
        >>> [layer] = mask_layers(encode(np.ones((1, 3, 4), bool)))
        >>> layer.path
        'm0 0h4v3h-4z'
    """
    traced = outlines(masks)
    places = boxes(masks).astype(np.int64)
    return [
        MaskLayer(Box(0, 0, 0, 0))
        if not traced.rings(row)
        else _shorter(masks, row, Box(*places[row].tolist()), svg_path(traced.rings(row)))
        for row in range(len(masks))
    ]


def poor_masks(
    preds: RunLengths, gt: RunLengths, *, ratio: float = RATIO, px: int | None = None
) -> PoorMasks:
    """What is wrong with masks, pair by pair.

    Args:
        preds: N masks.
        gt: the N masks that they should be, of the same sizes.
        ratio: width of the boundaries as a fraction of the image's diagonal.
        px: width in pixels, for all images; overrules ratio.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if the columns differ in length or sizes.

    Example:
        >>> from segeval.masks import area, encode
        >>> found = poor_masks(encode([[[1, 1, 0]]]), encode([[[0, 1, 1]]]))
        >>> area(found.extra), area(found.lacking), area(found.band)
        (array([1]), array([1]), array([3]))
    """
    extra, lacking = difference(preds, gt), difference(gt, preds)
    band = union(boundary(preds, ratio=ratio, px=px), boundary(gt, ratio=ratio, px=px))
    return PoorMasks(band, extra, lacking)


def _shorter(masks: RunLengths, row: int, box: Box, path: str) -> MaskLayer:
    """One mask in the shorter form."""
    part = crop(masks.take(np.array([row])), box)
    png = one_bit_png(decode_one(part, 0))
    if len(path) <= AS_TEXT * len(png) + AROUND:
        return MaskLayer(box, path=path)
    return MaskLayer(box, png=png)


def _step(step: NDArray[Any]) -> str:
    """One edge, relative to where it begins."""
    x, y = step.tolist()
    if y == 0:
        return f"h{_number(x)}"
    return f"v{_number(y)}" if x == 0 else f"l{_pair(step)}"


def _pair(point: NDArray[Any]) -> str:
    x, y = (_number(each) for each in point.tolist())
    return f"{x}{y}" if y.startswith("-") else f"{x} {y}"


def _number(value: float) -> str:
    """A number with at most two decimals.

    Example:
        >>> _number(3.0), _number(-0.5), _number(2.128)
        ('3', '-.5', '2.13')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return "0" if text in ("-0", "-") else text
