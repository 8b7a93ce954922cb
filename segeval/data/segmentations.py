"""Segmentations as in the file: compressed strings, lists of counts, polygons, or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data.column_shapes import SEGMENTATIONS, prove_columns
from segeval.data.json.count_lists import parse_counts
from segeval.data.json.polygon_lists import ODD, SHORT_LATER, parse_polygons, polygon_defect
from segeval.errors import FormatError, InputError
from segeval.findings import Described, refusal
from segeval.frozen import frozen
from segeval.kernels.threads import in_background, thread_count
from segeval.limits import limits, way_to_raise
from segeval.masks import (
    CompressedMasks,
    Polygons,
    RunLengths,
    compress,
)
from segeval.masks.drawn_runs import most_drawn_runs
from segeval.masks.long_runs import packed
from segeval.masks.polygons import rasterised_parts
from segeval.masks.run_lengths import assemble, consecutive_places
from segeval.words import more_like_it, size_problem

BATCH = 8192
"""Masks decoded or drawn at a time, to keep intermediate arrays small."""


OnRows = Callable[[NDArray[np.integer]], None]
"""Told about some rows."""


class Format(IntEnum):
    """The form of one record's mask."""

    NONE = 0
    STRING = 1  # compressed counts
    COUNTS = 2  # a list of counts
    POLYGON = 3


@frozen(eq=False, repr=False)
class Segmentations(Brief):
    """N segmentations of mixed formats, all still text.

    Attributes:
        format: a `Format` value per record, uint8, shape (N,).
        strings: N masks; where the format is COUNTS or POLYGON the characters are the JSON text
            of the list. Sizes are those in the record, (0, 0) for polygons.
    """

    format: NDArray[np.uint8]
    strings: CompressedMasks

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        prove_columns(self, len(self.format), SEGMENTATIONS, "strings")

    def __len__(self) -> int:
        return len(self.format)

    def take(self, index: NDArray[np.integer]) -> Segmentations:
        """The segmentations at `index`, in that order; the text is shared."""
        return Segmentations(self.format[index], self.strings.take(index))

    def without(self, rows: NDArray[np.integer]) -> Segmentations:
        """The same records, those at `rows` without a mask."""
        strings = self.strings
        form, lengths, sizes = self.format.copy(), strings.lengths.copy(), strings.sizes.copy()
        form[rows], lengths[rows], sizes[rows] = Format.NONE, 0, 0
        return Segmentations(form, CompressedMasks(strings.text, strings.starts, lengths, sizes))

    @classmethod
    def concatenate(cls, columns: Sequence[Segmentations]) -> Segmentations:
        """Columns of segmentations one after the other; at least one."""
        return cls(
            np.concatenate([column.format for column in columns]),
            CompressedMasks.concatenate([column.strings for column in columns]),
        )

    def rows(self, form: Format) -> NDArray[np.intp]:
        """Indices of the records of one format."""
        return np.flatnonzero(self.format == form)

    def mask_sizes(self, image_sizes: NDArray[np.int32]) -> NDArray[np.int32]:
        """(H, W) of every mask, int32, shape (N, 2): its own, or the image's for a polygon."""
        own = (self.format == Format.STRING) | (self.format == Format.COUNTS)
        return np.where(own[:, None], self.strings.sizes, image_sizes)

    def polygons(self) -> tuple[Polygons, NDArray[np.int8]]:
        """All polygons as numbers, and the defect of each.

        Returns:
            N masks, of no parts where the format is not POLYGON or the text is malformed, and
            defects, int8, shape (N,), as in `segeval.data.json.polygon_lists`; 0 is sound.
        """
        is_polygon = self.format == Format.POLYGON
        return parse_polygons(
            self.strings.text,
            self.strings.starts,
            np.where(is_polygon, self.strings.lengths, 0).astype(np.int32),
        )

    def run_lengths(
        self,
        image_sizes: NDArray[np.int32],
        source: Described | None = None,
        *,
        rows: NDArray[np.integer] | None = None,
        on_short_parts: OnRows | None = None,
        on_odd_parts: OnRows | None = None,
        workers: int | None = None,
    ) -> RunLengths:
        """Decode and rasterise every mask; a record without one is empty.

        Args:
            image_sizes: (H, W) of the image of every record, int32, shape (N, 2); polygons need
                one above 0.
            source: the columns with the records, which name them in messages.
            rows: rows of the records in these columns, shape (N,); None if they are all.
            on_short_parts: called with the rows of polygons with a later part of fewer than three
                points, which pycocotools draws; without it they are an error.
            on_odd_parts: called with the rows of polygons with a part of an odd number of
                coordinates, the last of which pycocotools leaves out, if short parts are accepted
                as well; without it they are an error.
            workers: threads, None for all cores.

        Raises:
            FormatError: for the first mask that is malformed, or a polygon whose image has no size.
        """
        parts: list[RunLengths] = []
        places: list[NDArray[np.intp]] = []
        found: list[list[NDArray[np.intp]]] = [[], []]
        tolerated = 0 if on_short_parts is None else SHORT_LATER if on_odd_parts is None else ODD
        refuse = _Refuse(source, np.arange(len(self)) if rows is None else rows)
        room = _RoomForRuns(int(self.strings.lengths[self.rows(Format.POLYGON)].sum()), refuse)
        for form in Format:
            own = self.rows(form)
            batches = [own[i : i + BATCH] for i in range(0, len(own), BATCH)]
            parsed = self._parsed(batches if form == Format.POLYGON else [], workers)
            for batch in batches:
                if form == Format.POLYGON:
                    made, ignored = self._rasterised(
                        batch, next(parsed), image_sizes, refuse, room, tolerated, workers
                    )
                    for known, more in zip(found, ignored, strict=True):
                        known.append(more)
                elif form == Format.NONE:
                    made = [_empty_masks(np.maximum(image_sizes[batch], 0))]
                else:
                    made = [self._decoded(batch, form, refuse)]
                places += [batch[place] for place in consecutive_places(made)]
                parts += made
        for callback, batches in zip((on_short_parts, on_odd_parts), found, strict=True):
            chosen = np.concatenate(batches or [np.zeros(0, np.intp)])
            if callback is not None and len(chosen):
                callback(chosen if rows is None else rows[chosen])
        if len(parts) == 1 and len(parts[0]) == len(self):
            return parts[0]  # all rows in order, as usual: not copied
        return assemble(parts, places)

    def compressed(
        self,
        image_sizes: NDArray[np.int32],
        source: Described | None = None,
        *,
        on_short_parts: OnRows | None = None,
        on_odd_parts: OnRows | None = None,
    ) -> CompressedMasks:
        """Every mask as a compressed string; those that already are one stay unchanged.

        Args and errors as in `run_lengths`.
        """
        other = np.flatnonzero(self.format >= Format.COUNTS)
        if len(other) == 0:
            return self.strings
        masks = self.take(other).run_lengths(
            image_sizes[other],
            source,
            rows=other,
            on_short_parts=on_short_parts,
            on_odd_parts=on_odd_parts,
        )
        return self.strings.replaced(other, compress(masks))

    def problem(self, index: int) -> str | None:
        """What is wrong with one mask by itself, in words; None if it is sound."""
        one = self.take(np.array([index]))
        sizes = np.maximum(one.strings.sizes, 1)
        try:
            one.run_lengths(sizes)
        except InputError as error:
            return error.reason.removesuffix(".")
        return None

    def _decoded(self, rows: NDArray[np.intp], form: Format, refuse: _Refuse) -> RunLengths:
        """Masks given as strings or lists of counts."""
        strings = self.strings.take(rows)
        try:
            return strings.decode() if form == Format.STRING else parse_counts(strings)
        except FormatError as error:
            raise refuse(error.reason, error.code, "counts", rows[[error.index or 0]]) from None

    def _parsed(
        self, batches: list[NDArray[np.intp]], workers: int | None
    ) -> Iterator[tuple[Polygons, NDArray[np.int8]]]:
        """The polygons of each batch of rows, and their defects, read while others are drawn."""

        def one(rows: NDArray[np.intp]) -> tuple[Polygons, NDArray[np.int8]]:
            return self.take(rows).polygons()

        alone = thread_count(workers, len(batches)) == 1
        return map(one, batches) if alone else in_background(one, batches, 1)

    def _rasterised(
        self,
        rows: NDArray[np.intp],
        parsed: tuple[Polygons, NDArray[np.int8]],
        image_sizes: NDArray[np.int32],
        refuse: _Refuse,
        room: _RoomForRuns,
        tolerated: int,
        workers: int | None,
    ) -> tuple[list[RunLengths], list[NDArray[np.intp]]]:
        """Masks given as polygons, in parts; which have short later parts, and odd ones."""
        polygons, defects = parsed
        if (defects < tolerated).any():
            raise self._bad_polygon(refuse, tolerated)
        unknown = (image_sizes[rows] < 1).any(axis=1)
        if unknown.any():
            problem = size_problem(image_sizes[rows[unknown][0]].tolist())
            text = f"has a polygon, but its image {problem}."
            raise refuse(text, "no-size", "segmentation", rows[unknown])
        room.take(polygons, image_sizes[rows], rows)
        odd_ones = [rows[defects == each] for each in (SHORT_LATER, ODD)]
        return rasterised_parts(polygons, image_sizes[rows], workers=workers), odd_ones

    def _bad_polygon(self, refuse: _Refuse, tolerated: int) -> InputError:
        """The error for the first malformed polygon of all."""
        _, defects = self.polygons()
        wrong = np.flatnonzero(defects < tolerated)
        value = json.loads(self.strings.bytes_of(int(wrong[0])).decode("latin-1"))
        reason = str(polygon_defect(value, tolerated=tolerated))
        return refuse(f"{reason}.", "bad-polygon", "segmentation", wrong)


@frozen(eq=False)
class _Refuse:
    """A maker of errors for masks, named by their columns.

    Attributes:
        source: the columns; None to number the masks.
        rows: rows of all masks in the columns, shape (N,).
    """

    source: Described | None
    rows: NDArray[np.integer]

    def __call__(
        self,
        reason: str,
        code: str,
        field: str,
        masks: NDArray[np.integer],
        *,
        option: str | None = None,
    ) -> InputError:
        if self.source is None:
            index, count = int(masks[0]), len(masks)
            message = f"mask #{index}: {reason}{more_like_it(count)}"
            return FormatError(
                message,
                code=code,
                index=index,
                field=field,
                count=count,
                reason=reason,
                option=option,
            )
        rows = self.rows[masks]
        return refusal(self.source, reason, rows=rows, code=code, field=field, option=option)


class _RoomForRuns:
    """The runs that polygons may still be drawn as.

    Args:
        text: bytes of the text of all polygons.
        refuse: maker of the error.
    """

    def __init__(self, text: int, refuse: _Refuse) -> None:
        self._most = max(limits().drawn_runs, limits().drawn_ratio * text)
        self._used = 0
        self._refuse = refuse

    def take(self, polygons: Polygons, sizes: NDArray[np.int32], rows: NDArray[np.integer]) -> None:
        """Count the runs of more masks, before they are drawn.

        Raises:
            FormatError: for a mask of too many, or the first for which no room is left.
        """
        most = limits().mask_runs
        runs = most_drawn_runs(polygons, sizes, each=most, together=self._most - self._used)
        for name, found, allowed, of in (
            ("mask_runs", runs, most, ""),
            ("drawn_runs", np.cumsum(runs) + self._used, self._most, "with those before it "),
        ):
            beyond = np.flatnonzero(found > allowed)
            if len(beyond):
                number = int(found[beyond[0]])
                raise self._refuse(
                    f"{of}the polygons cross {number:,} columns of pixels, expected at most "
                    f"{allowed:,}. {way_to_raise(name, int(found.max()))}",
                    "limit",
                    "segmentation",
                    rows[beyond[:1]],
                    option=f"limit {name}",
                )
        self._used += int(runs.sum())


def _empty_masks(sizes: NDArray[np.int32]) -> RunLengths:
    """Masks of background only, with sizes (N, 2)."""
    pixels = sizes.astype(np.int64).prod(axis=1)
    return RunLengths(*packed(pixels, np.arange(len(sizes) + 1)), sizes)
