"""`pycocotools.mask` with segeval behind it: run-length masks as dicts of `size` and `counts`.

Arguments, types, shapes and the order in memory are those of pycocotools 2.0.11. Where that reads
foreign memory, or leaves out pixels in silence, an error names the mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval import masks as run_lengths
from segeval.compat.pycocotools.encoded import (
    Encoded,
    encoded,
    from_counts,
    sound_strings,
    strings_of,
)
from segeval.errors import FormatError, InputError, ShapeError
from segeval.masks import Polygons, RunLengths
from segeval.masks.proofs import proven_sizes

__all__ = ["area", "decode", "encode", "frPyObjects", "iou", "merge", "toBbox"]


def encode(bimask: NDArray[Any]) -> Any:
    """Run lengths of dense masks.

    Args:
        bimask: one mask, shape (H, W), or N masks, shape (H, W, N); uint8 or bool, in any order in
            memory, 0 for background and one other value.

    Returns:
        A dict with `size` [H, W] and `counts` as bytes, or a list of N of them.

    Raises:
        ShapeError: for another shape.
        FormatError: for another type, or several values beside 0.

    Example:
        >>> encode(np.eye(3, dtype=np.uint8))
        {'size': [3, 3], 'counts': b'013000'}
    """
    pixels = np.asarray(bimask)
    if pixels.ndim not in (2, 3):
        raise ShapeError(
            f"`bimask` has shape {pixels.shape}, expected (height, width) or (height, width, N).",
            code="mask-shape",
            option="bimask",
        )
    if pixels.dtype not in (np.uint8, np.bool_):
        raise FormatError(
            f"`bimask` is of the type {pixels.dtype}, expected uint8 or bool.",
            code="type",
            option="bimask",
        )
    stack = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if not stack.shape[0]:
        return []
    if not pixels.size:
        size = list(pixels.shape[:2])
        found: list[Encoded] = [{"size": size, "counts": b"0"} for _ in range(stack.shape[0])]
    else:
        found = encoded(_runs(stack))
    return found[0] if pixels.ndim == 2 else found


def decode(rleObjs: Any) -> NDArray[np.uint8]:
    """Dense masks from run lengths.

    Args:
        rleObjs: one mask, or a list of N masks of one size.

    Returns:
        0 and 1, uint8, shape (H, W) or (H, W, N), column-major in memory.

    Raises:
        FormatError: for a malformed mask.
        ShapeError: for masks of different sizes.

    Example:
        >>> decode({"size": [2, 2], "counts": b"13"})
        array([[0, 1],
               [1, 1]], dtype=uint8)
    """
    dense = run_lengths.decode(strings_of(_listed(rleObjs)).decode())
    stacked = np.asfortranarray(dense.transpose(1, 2, 0))
    return stacked if type(rleObjs) is list else stacked[:, :, 0]


def area(rleObjs: Any) -> Any:
    """Number of foreground pixels.

    Args:
        rleObjs: one mask, or a list of N masks.

    Returns:
        A number of the type uint32, or uint32 of shape (N,).

    Raises:
        FormatError: for a malformed mask.

    Example:
        >>> area([{"size": [2, 2], "counts": b"13"}])
        array([3], dtype=uint32)
    """
    found = sound_strings(_listed(rleObjs))[1].astype(np.uint32)
    return found if type(rleObjs) is list else found[0]


def toBbox(rleObjs: Any) -> NDArray[np.float64]:
    """Smallest boxes around masks.

    Args:
        rleObjs: one mask, or a list of N masks.

    Returns:
        x, y, width, height in pixels, float64, shape (4,) or (N, 4).

    Raises:
        FormatError: for a malformed mask.

    Example:
        >>> toBbox({"size": [2, 2], "counts": b"13"})
        array([0., 0., 2., 2.])
    """
    found = run_lengths.boxes(strings_of(_listed(rleObjs)).decode())
    return found if type(rleObjs) is list else found[0]


def merge(rleObjs: Sequence[Any], intersect: Any = 0) -> Encoded:
    """The union of masks of one size, or their intersection.

    Args:
        rleObjs: N masks; without any, the result is a mask of 0 x 0 pixels.
        intersect: keep what is in all masks, instead of what is in any.

    Raises:
        FormatError: for a malformed mask.
        ShapeError: for masks of different sizes.

    Example:
        >>> merge([{"size": [2, 2], "counts": b"13"}, {"size": [2, 2], "counts": b"04"}], 1)
        {'size': [2, 2], 'counts': b'13'}
    """
    if not isinstance(rleObjs, Sequence | np.ndarray):
        raise InputError(
            f"`rleObjs` is of the type {type(rleObjs).__name__}, expected a list of masks.",
            code="type",
            option="rleObjs",
        )
    if not isinstance(intersect, int | float | np.number | np.bool_) or not np.isfinite(intersect):
        raise InputError(
            f"`intersect` is {intersect!r}, expected 0 or 1.", code="type", option="intersect"
        )
    if not len(rleObjs):
        return {"size": [0, 0], "counts": b""}
    found = strings_of(rleObjs).decode()
    if len(found) > 1:
        # a fraction is cut off, as in C
        found = run_lengths.merge(found, intersect=int(intersect) != 0)
    return encoded(found)[0]


def iou(dt: Any, gt: Any, pyiscrowd: ArrayLike) -> Any:
    """IoU of every pair of masks, or of boxes.

    Args:
        dt: D predictions: masks; or boxes as lists of four numbers or an array (D, 4), as x, y,
            width, height in pixels.
        gt: G ground truths, in the form of dt.
        pyiscrowd: whether each ground truth is a crowd region, whose IoU is intersection / area of
            the prediction, shape (G,).

    Returns:
        float64, shape (D, G), column-major in memory; an empty list if D or G is 0. Masks of
        different sizes whose boxes overlap have -1.

    Raises:
        InputError: for objects of another kind, or of two kinds.
        FormatError: for a malformed mask.
        ShapeError: unless there is a value of pyiscrowd for each ground truth.

    Example:
        >>> iou([[0, 0, 1, 1]], [[0, 0, 2, 2]], [0])
        array([[0.25]])
    """
    preds, gts = _compared(dt, "dt"), _compared(gt, "gt")
    crowd = _crowd(pyiscrowd)
    if len(crowd) != len(gt):
        raise ShapeError(
            f"`pyiscrowd` has {len(crowd)} values, expected {len(gt)}: one for each ground truth.",
            code="crowd-shape",
            option="pyiscrowd",
        )
    if not len(dt) or not len(gt):
        return []
    if isinstance(preds, RunLengths) and isinstance(gts, RunLengths):
        return np.asfortranarray(mask_iou(preds, gts, crowd))
    if isinstance(preds, RunLengths) or isinstance(gts, RunLengths):
        raise InputError(
            "`dt` and `gt` are of two kinds, expected masks in both, or boxes in both.",
            code="type",
            option="dt",
        )
    return np.asfortranarray(box_iou(preds, gts, crowd))


def frPyObjects(pyobj: Any, h: int, w: int) -> Any:
    """Compressed masks of polygons, boxes, or uncompressed run lengths.

    Args:
        pyobj: a list of polygons as x, y, x, y, ...; boxes as float64, shape (N, 4); a dict with
            a list of `counts`, or a list of such dicts.
        h: height of the image in pixels; run lengths have their own `size`.
        w: width of the image in pixels.

    Returns:
        A list of masks, one for each object; a single dict for a dict.

    Raises:
        InputError: for anything else, as pycocotools does for a box or a polygon outside of a list.

    Example:
        >>> frPyObjects([[0, 0, 2, 0, 2, 2, 0, 2]], 3, 3)
        [{'size': [3, 3], 'counts': b'02103'}]
    """
    if isinstance(pyobj, np.ndarray):
        return _drawn([_corners(box) for box in _boxes(pyobj)], h, w)
    if isinstance(pyobj, dict) and "counts" in pyobj and "size" in pyobj:
        return encoded(from_counts([pyobj]))[0]
    first = pyobj[0] if isinstance(pyobj, list) and pyobj else None
    if isinstance(first, dict) and "counts" in first and "size" in first:
        return encoded(from_counts(pyobj))
    if isinstance(first, list | tuple | np.ndarray) and len(first) > 4:
        return _drawn(pyobj, h, w)
    raise InputError(
        "`pyobj` is none of these: a list of polygons with more than four numbers in the first, an "
        "array of boxes of the shape (N, 4), a dict with size and counts, a list of such dicts.",
        code="type",
        option="pyobj",
    )


def polygon_runs(polygons: Sequence[Sequence[Any]], sizes: NDArray[np.int32]) -> RunLengths:
    """Masks of objects that are drawn as pycocotools does.

    Args:
        polygons: the parts of N objects, each x, y, x, y, ...; of an odd number the last is left
            out.
        sizes: (H, W) of the image of each, int32, shape (N, 2).

    Raises:
        FormatError: for a part that holds anything but finite numbers.
    """
    parts = [_numbers(part) for parts in polygons for part in parts]
    ends = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return run_lengths.rasterise(
        Polygons(
            np.concatenate([np.empty((0, 2)), *parts]),
            ends,
            np.cumsum([0, *(len(own) for own in polygons)], dtype=np.int64),
        ),
        sizes,
    )


def _runs(stack: NDArray[Any]) -> RunLengths:
    """Runs of dense masks (N, H, W) of 0 and one other value."""
    try:
        return run_lengths.encode(stack, strict=True)
    except FormatError:
        highest = stack.max()
        if ((stack == 0) | (stack == highest)).all():
            return run_lengths.encode(stack)
        raise FormatError(
            f"`bimask` holds {len(np.unique(stack))} values, expected 0 and one other: "
            "`(bimask > 0)` makes it a mask.",
            code="values",
            option="bimask",
        ) from None


def box_iou(
    dt: NDArray[np.float64], gt: NDArray[np.float64], crowd: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """IoU of every pair of boxes, float64, shape (D, G); see `iou`."""
    x, y, width, height = (column[:, None] for column in dt.T)
    other_x, other_y, other_width, other_height = gt.T
    # as C's fmin and fmax, which take the number beside a NaN
    shared_width = np.fmin(x + width, other_x + other_width) - np.fmax(x, other_x)
    shared_height = np.fmin(y + height, other_y + other_height) - np.fmax(y, other_y)
    apart = (shared_width <= 0) | (shared_height <= 0)
    with np.errstate(all="ignore"):
        own = width * height
        shared = shared_width * shared_height
        union = np.where(crowd, own, own + other_width * other_height - shared)
        return np.where(apart, 0.0, shared / union)


def mask_iou(preds: RunLengths, gts: RunLengths, crowd: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of every pair of masks, float64, shape (D, G); see `iou`."""
    same = (preds.sizes[:, None] == gts.sizes[None]).all(axis=2)
    if same.all():
        return run_lengths.mask_iou(preds, gts, is_crowd=crowd)
    boxes, others = run_lengths.boxes(preds), run_lengths.boxes(gts)
    found = np.where(box_iou(boxes, others, crowd) > 0, -1.0, 0.0)
    for size in np.unique(preds.sizes, axis=0):
        rows = np.flatnonzero((preds.sizes == size).all(axis=1))
        columns = np.flatnonzero((gts.sizes == size).all(axis=1))
        if len(columns):
            found[np.ix_(rows, columns)] = run_lengths.mask_iou(
                preds.take(rows), gts.take(columns), is_crowd=crowd[columns]
            )
    return found


def _crowd(given: Any) -> NDArray[np.bool_]:
    """Whether ground truths are crowd regions, bool, of one axis."""
    try:
        found = np.array(given, np.uint8)
    except (OverflowError, TypeError, ValueError):
        found = np.array(0, np.uint8)
    if found.ndim != 1:
        raise InputError(
            f"`pyiscrowd` is {str(given)[:60]}, expected a list with 0 or 1 for each ground truth.",
            code="crowd-values",
            option="pyiscrowd",
        )
    return np.asarray(found != 0)


def _compared(objects: Any, name: str) -> RunLengths | NDArray[np.float64]:
    """Masks or boxes, as columns."""
    if isinstance(objects, np.ndarray):
        return np.empty((0, 4)) if not len(objects) else _boxes(objects, name)
    if isinstance(objects, list):
        if all(isinstance(each, list | np.ndarray) and len(each) == 4 for each in objects):
            return _boxes(np.array(objects, np.float64).reshape(-1, 4), name)
        if all(isinstance(each, dict) for each in objects):
            return strings_of(objects).decode()
    raise InputError(
        f"`{name}` is neither a list of masks nor one of boxes of four numbers, nor an array of "
        "the shape (N, 4).",
        code="type",
        option=name,
    )


def _boxes(boxes: NDArray[Any], name: str = "pyobj") -> NDArray[np.float64]:
    """Boxes as float64, shape (N, 4)."""
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ShapeError(
            f"`{name}` has shape {boxes.shape}, expected (N, 4): x, y, width, height.",
            code="shape",
            option=name,
        )
    return boxes.astype(np.float64)


def _corners(box: NDArray[np.float64]) -> list[float]:
    """A box as a polygon, in pycocotools' order."""
    x, y, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    return [x, y, x, bottom, right, bottom, right, y]


def _drawn(polygons: Sequence[Any], h: int, w: int) -> list[Encoded]:
    """A mask of each polygon by itself."""
    sizes = proven_sizes(
        np.array([[h, w]] * len(polygons)).reshape(-1, 2), len(polygons), against="the polygons"
    )
    return encoded(polygon_runs([[each] for each in polygons], sizes))


def _numbers(part: Any) -> NDArray[np.float64]:
    """The corners of a part, float64, shape (P, 2)."""
    try:
        values = np.array(part, np.float64)
        if values.ndim == 1:
            return values[: len(values) // 2 * 2].reshape(-1, 2)
    except (TypeError, ValueError):
        pass  # named below
    raise FormatError(
        f"a polygon is {str(part)[:60]}, expected a list of numbers x, y, x, y, ...",
        code="bad-polygon",
    )


def _listed(masks: Any) -> list[Any]:
    """Masks as a list, also a single one."""
    return masks if type(masks) is list else [masks]
