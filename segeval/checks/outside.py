"""Boxes and polygons that leave their image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import FORMS, corners_of, xywh_of
from segeval.checks.records import AnyRecords
from segeval.checks.shapes import Shapes
from segeval.data.ids import distinct
from segeval.data.json.polygon_lists import bitmap_text
from segeval.data.rowwise import all_of, any_of
from segeval.findings import Finding
from segeval.words import counted, more_like_it, size_text

if TYPE_CHECKING:
    from segeval.checks.other_readings import Located, Others

ROOM = 1.0
"""Pixels by which coordinates may leave the image."""

SOME = 0.01
"""Least share of the records whose coordinates within 0..1 are taken for fractions."""

LEAST = 3
"""Least number of such records, in a file that has as many."""

ROUNDING = 1e-3
"""Share of a side by which rounded fractions may leave it."""

LOT = 8192
"""Records that are looked at together where the first that does not fit decides."""

LEAST_SIDE = 8
"""Least side of an image, in pixels, in which coordinates within 0..1 are fractions."""


def polygons_outside(records: AnyRecords, shapes: Shapes, others: Others) -> Iterator[Finding]:
    """Polygons that leave their image, or are fractions of it.

    Args:
        records: records of one file.
        shapes: masks of some of them.
        others: finds the records of the other file.
    """
    drawn = np.flatnonzero(shapes.parts)
    rows, extents = shapes.rows[drawn], shapes.outline[drawn]
    yield from _run_lengths(records, rows, shapes.sums[drawn])
    pictures = _pictures(records, rows, extents)
    if pictures is not None:
        yield pictures
        return
    yield from _outside(records, rows, extents, others, are_boxes=False)


def boxes_outside(
    records: AnyRecords,
    rows: NDArray[np.int64],
    others: Others,
    *,
    only_explained: bool = False,
) -> Iterator[Finding]:
    """Boxes that leave their image, or are fractions of it.

    Args:
        records: records of one file.
        rows: rows to look at, increasing.
        others: finds the records of the other file.
        only_explained: leave out boxes that leave their image for an unknown reason.
    """
    boxes = records.columns.boxes[rows]
    finite = all_of(np.isfinite(boxes))
    if not finite.all():
        rows, boxes = rows[finite], boxes[finite]
    for finding in _outside(records, rows, boxes, others, are_boxes=True):
        if finding.hint or not only_explained:
            yield finding


def may_be_no_polygons(
    extents: NDArray[np.float64], sums: NDArray[np.float64], sizes: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Polygons that may be pictures or run lengths: no others are refused by `polygons_outside`.

    Args:
        extents: smallest and largest x and y of each, shape (n, 4), as in `Shapes.outline`.
        sums: sum of the coordinates of each, shape (n,), as in `Shapes.sums`.
        sizes: (H, W) of their images, shape (n, 2).

    Returns:
        bool, shape (n,).
    """
    return _like_pictures(extents) | _like_run_lengths(sums, sizes)


def inside(records: AnyRecords, shapes: Shapes) -> Shapes:
    """The shapes that are not polygons which leave their image."""
    return shapes.take(~_beyond(shapes.outline, records.sizes_of(shapes.rows)))


def fits_turned(records: AnyRecords, shapes: Shapes) -> bool:
    """Whether polygons leave their images, but all fit with height and width swapped."""
    sizes, extents = records.sizes_of(shapes.rows), shapes.outline
    return bool(_beyond(extents, sizes).any() and not _beyond(extents, sizes[:, ::-1]).any())


def _pictures(
    records: AnyRecords, rows: NDArray[np.int64], extents: NDArray[np.float64]
) -> Finding | None:
    """Polygons whose parts are the rows of a picture: `mask.tolist()` in place of run lengths."""
    likely = rows[_like_pictures(extents)]
    if not len(likely):
        return None
    found, size = [], (0, 0)
    polygons, _ = records.segmentations.take(likely).polygons()
    for place, row in enumerate(likely.tolist()):
        parts = polygons.parts(place)
        if len(parts) < LEAST_SIDE or len({len(part) for part in parts}) > 1:
            continue
        if 2 * len(parts[0]) >= LEAST_SIDE and len(np.unique(np.concatenate(parts))) == 2:
            found.append(row)
            size = size if len(found) > 1 else (len(parts), 2 * len(parts[0]))
    if not found:
        return None
    return records.finding(
        "error",
        "polygons",
        f"{records.name(found[0])}: {bitmap_text(*size)}.{more_like_it(len(found))}",
        code="bad-polygon",
        rows=np.array(found),
        field="segmentation",
    )


def _run_lengths(
    records: AnyRecords, rows: NDArray[np.int64], sums: NDArray[np.float64]
) -> Iterator[Finding]:
    """Polygons of one part whose numbers add up to the pixels of their image."""
    sizes = records.sizes_of(rows)
    wrong = np.flatnonzero(_like_run_lengths(sums, sizes))
    if len(wrong):
        found, pixels = rows[wrong], _pixels(sizes[wrong])
        yield records.finding(
            "error",
            "polygons",
            f"{records.name(int(found[0]))}: the numbers of its polygon add up to the "
            f"{pixels[0]:,.0f} pixels of its image, expected pairs x, y; run lengths belong "
            "into {size, counts}",
            code="bad-polygon",
            rows=found,
            field="segmentation",
        )


def _like_pictures(extents: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether coordinates reach from 0 to 1, or to 255, bool, shape (n,)."""
    top = extents.max(axis=1, initial=0)
    of_two_values = ((extents == 0) | (extents == top[:, np.newaxis])).all(axis=1)
    return np.asarray(of_two_values & ((top == 1) | (top == 255)))


def _like_run_lengths(sums: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether numbers add up to the pixels of their image, bool, shape (n,)."""
    pixels = _pixels(sizes)
    return np.asarray((sums == pixels) & (pixels > LEAST_SIDE**2))


def _pixels(sizes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Pixels of images of some (H, W), shape (n,)."""
    found: NDArray[np.float64] = sizes.astype(np.float64).prod(axis=1)
    return found


def _outside(
    records: AnyRecords,
    rows: NDArray[np.int64],
    given: NDArray[np.float64],
    others: Others,
    *,
    are_boxes: bool,
) -> Iterator[Finding]:
    """Findings about coordinates: boxes, or outlines of polygons as x, y, x, y, shape (n, 4)."""
    sizes = records.sizes_of(rows)
    known = all_of(sizes > 0)
    if not known.all():
        rows, given, sizes = rows[known], given[known], sizes[known]
    noun, plural = ("box", "boxes") if are_boxes else ("polygon", "polygons")
    fractions = _are_fractions(given, sizes)
    if fractions.any() and fractions.sum() >= max(SOME * len(rows), min(LEAST, len(rows))):
        wrong = rows[fractions]
        every = "all coordinates" if fractions.all() else "the coordinates"
        yield records.finding(
            "error" if fractions.all() else "warn",
            f"{plural} and images",
            f"{every} of {counted(len(wrong), noun, plural)} lie within 0 .. 1 "
            f"(first image: {size_text(sizes[fractions][0])}), expected pixels",
            code="fractions",
            rows=wrong,
            hint="Multiply x by the width of the image, and y by its height."
            + (_form_of_fractions(given[fractions]) if are_boxes else ""),
            field="bbox" if are_boxes else "segmentation",
        )
        rows, given, sizes = rows[~fractions], given[~fractions], sizes[~fractions]
    extents = corners_of(given) if are_boxes else given
    beyond = _beyond(extents, sizes)
    bad = np.flatnonzero(beyond)
    if not len(bad):
        return
    from segeval.checks.other_readings import Located  # only now: most coordinates lie inside

    images = records.columns.image_id[rows]
    own = Located(records.columns.source, rows, images, xywh_of(extents), sizes)
    yield records.finding(
        "warn",
        f"{plural} and images",
        f"{counted(len(bad), f'{noun} reaches', f'{plural} reach')} out of "
        f"{'its' if len(bad) == 1 else 'their'} image ({_furthest(extents[bad], sizes[bad])}), "
        f"{records.first(int(rows[bad[0]]))}",
        code="outside-image",
        rows=rows[bad],
        hint=_cause(own, extents, beyond, others, are_boxes=are_boxes),
        field="bbox" if are_boxes else "segmentation",
    )


def _cause(
    own: Located,
    extents: NDArray[np.float64],
    beyond: NDArray[np.bool_],
    others: Others,
    *,
    are_boxes: bool,
) -> str:
    """Why coordinates leave their image, tested on all, then on the images concerned; else ""."""
    from segeval.checks.other_readings import other_reading

    images, concerned = distinct(own.image_id), distinct(own.image_id[beyond])
    told = other_reading(own, others, are_boxes=are_boxes, images=images)
    if not told and len(concerned) < len(images):
        told = other_reading(own, others, are_boxes=are_boxes, images=concerned)
        told = told and f"{told} That is so in {counted(len(concerned), 'image')}."
    told = told or _turned(own, extents, concerned)
    return told or (_other_form(own) if are_boxes else "")


def _other_form(own: Located) -> str:
    """A hint if all boxes lie in their images in another form, and as they are do not."""
    for name, read in FORMS.items():
        if all(_lie_inside(read(own.boxes[lot]), own.sizes[lot]) for lot in _lots(len(own.rows))):
            return f"All lie in their images as {name}. Boxes are x, y, width, height."
    return ""


def _lie_inside(boxes: NDArray[np.float64], sizes: NDArray[np.int32]) -> bool:
    """Whether boxes have no negative side and lie in their images."""
    return bool((boxes[:, 2:] >= 0).all() and not _beyond(corners_of(boxes), sizes).any())


def _lots(number: int) -> Iterator[slice]:
    """Slices of so many records, `LOT` in each."""
    return (slice(start, start + LOT) for start in range(0, number, LOT))


def _beyond(extents: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether coordinates leave their image, bool, shape (n,)."""
    over = extents[:, 2:] > sizes[:, ::-1] + ROOM
    return any_of(over | (extents[:, :2] < -ROOM))


def _are_fractions(numbers: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether the numbers of each box or outline are within 0..1 in an image of many pixels.

    One of all that are must be between: masks of single pixels have such corners too.
    """
    within = all_of(numbers >= 0) & all_of(numbers <= 1) & all_of(sizes >= LEAST_SIDE)
    between = (numbers[within] > 0) & (numbers[within] < 1)
    return np.asarray(within & between.any())


def _form_of_fractions(boxes: NDArray[np.float64]) -> str:
    """A sentence on fractions that are not x, y, width, height, if they cannot be; else ""."""
    if (boxes[:, :2] + boxes[:, 2:] <= 1 + ROUNDING).all():
        return ""
    if (boxes[:, 2:] > boxes[:, :2]).all():
        return " They look like x1, y1, x2, y2: boxes are x, y, width, height."
    half = boxes[:, 2:] / 2
    if ((boxes[:, :2] >= half - ROUNDING) & (boxes[:, :2] + half <= 1 + ROUNDING)).all():
        return " They look like centre x, centre y, width, height (YOLO)."
    return ""


def _furthest(extents: NDArray[np.float64], sizes: NDArray[np.int32]) -> str:
    """How far coordinates leave their image at most: "y to 85 of 60"."""
    over = np.concatenate([extents[:, 2:] - sizes[:, ::-1], -extents[:, :2]], axis=1)
    place, side = np.unravel_index(int(np.argmax(over)), over.shape)
    axis = "xy"[side % 2]
    if side < 2:
        return f"{axis} to {extents[place, 2 + side]:g} of {sizes[place, 1 - side]}"
    return f"{axis} from {extents[place, side - 2]:g}"


def _turned(own: Located, extents: NDArray[np.float64], images: NDArray[np.int64]) -> str:
    """A hint if everything in the images concerned fits with height and width swapped."""
    there = np.flatnonzero(np.isin(own.image_id, images))
    for lot in _lots(len(there)):
        if _beyond(extents[there[lot]], own.sizes[there[lot]][:, ::-1]).any():
            return ""
    return "Everything fits with height and width of the image swapped: photos rotated by EXIF?"
