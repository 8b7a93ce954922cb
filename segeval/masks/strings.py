"""COCO's compressed strings: masks as text, decoded on demand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, ShapeError
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.proofs import proven, proven_sizes
from segeval.masks.run_lengths import RunLengths
from segeval.masks.text_runs import (
    BAD_CHARACTER,
    NEGATIVE_COUNT,
    TRUNCATED,
    WRONG_TOTAL,
    copy_text,
    count_string_runs,
    decode_strings,
    encode_strings,
    measure_strings,
    run_ends,
)
from segeval.words import counted

DEFECTS = {
    BAD_CHARACTER: "counts holds a character that compressed counts never have",
    TRUNCATED: "counts ends in the middle of a number",
    NEGATIVE_COUNT: "counts holds a negative run length",
}


@frozen(eq=False, repr=False)
class CompressedMasks:
    """N masks as compressed strings, packed into one array of bytes in any order.

    Attributes:
        text: the characters, uint8, shape (B,).
        starts: mask i is `text[starts[i]:starts[i] + lengths[i]]`, int64, shape (N,).
        lengths: in bytes, int32, shape (N,).
        sizes: (H, W) in pixels of every mask, int32, shape (N, 2).

    Raises:
        FormatError: if an array has another dtype, or a size is beyond the limits.
        ShapeError: if a mask leaves the text, arrays differ in length, or a side is negative.

    Example:
        >>> masks = CompressedMasks.from_strings(["013000"], np.array([[3, 3]]))
        >>> masks.decode().counts
        array([0, 1, 3, 1, 3, 1], dtype=uint32)
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    sizes: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Prove what kernels assume; whether a string is well formed they find themselves."""
        text = proven("text", self.text, np.uint8)
        starts = proven("starts", self.starts, np.int64)
        lengths = proven("lengths", self.lengths, np.int32)
        if len(starts) != len(lengths):
            raise ShapeError(
                f"there are {len(starts)} starts and {len(lengths)} lengths of masks, expected "
                "equal numbers.",
                code="mask-count",
                field="lengths",
            )
        outside = (starts < 0) | (lengths < 0) | (starts > len(text) - lengths)
        if outside.any():
            index = int(np.argmax(outside))
            raise ShapeError(
                f"mask #{index} has {lengths[index]} characters from {starts[index]} on, expected "
                f"a part of the {len(text)} characters of the text.",
                code="mask-offsets",
                index=index,
                field="starts",
                count=int(outside.sum()),
            )
        sizes = proven_sizes(self.sizes, len(starts), against=f"{len(starts)} starts")
        for name, found in (("text", text), ("starts", starts), ("lengths", lengths)):
            object.__setattr__(self, name, found)
        object.__setattr__(self, "sizes", sizes)

    def __repr__(self) -> str:
        """One line: how many masks and characters."""
        masks, length = counted(len(self), "mask"), counted(len(self.text), "character")
        return f"CompressedMasks({masks}, {length})"

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def from_strings(
        cls, strings: Sequence[str | bytes], sizes: NDArray[np.integer]
    ) -> CompressedMasks:
        """Pack compressed strings.

        Args:
            strings: N values of COCO's `counts`.
            sizes: (H, W) of each mask in pixels, shape (N, 2).

        Raises:
            FormatError: if a string is not ASCII.
        """
        try:
            coded = [s.encode("ascii") if isinstance(s, str) else bytes(s) for s in strings]
        except UnicodeEncodeError as error:
            raise FormatError(
                f"{DEFECTS[BAD_CHARACTER]}: {error.object!r}", code="bad-counts", field="counts"
            ) from None
        lengths = np.array([len(s) for s in coded], np.int32)
        return cls(
            text=np.frombuffer(bytearray(b"".join(coded)), np.uint8),
            starts=np.cumsum(lengths, dtype=np.int64) - lengths,
            lengths=lengths,
            sizes=np.asarray(sizes).reshape(len(coded), 2),
        )

    def take(self, index: NDArray[np.integer]) -> CompressedMasks:
        """The masks at `index`, in that order; the text is shared."""
        return CompressedMasks(
            self.text, self.starts[index], self.lengths[index], self.sizes[index]
        )

    def compact(self) -> CompressedMasks:
        """The same masks, with a text of their own that holds nothing else."""
        return self.joined([self])

    @classmethod
    def joined(cls, columns: Sequence[CompressedMasks]) -> CompressedMasks:
        """As `concatenate`, of the text of the masks alone."""
        lengths = np.concatenate([column.lengths for column in columns])
        ends = np.cumsum(lengths, dtype=np.int64)
        text = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
        at = 0
        for column in columns:
            copy_text(column.text, column.starts, column.lengths, text[at:])
            at += int(column.lengths.sum(dtype=np.int64))
        sizes = np.concatenate([column.sizes for column in columns])
        return cls(text, ends - lengths, lengths, sizes)

    @classmethod
    def concatenate(cls, columns: Sequence[CompressedMasks]) -> CompressedMasks:
        """One column from several, with the text copied.

        Args:
            columns: at least one.
        """
        ends = np.cumsum([len(column.text) for column in columns])
        return cls(
            text=np.concatenate([column.text for column in columns]),
            starts=np.concatenate(
                [
                    column.starts + end - len(column.text)
                    for column, end in zip(columns, ends, strict=True)
                ]
            ),
            lengths=np.concatenate([column.lengths for column in columns]),
            sizes=np.concatenate([column.sizes for column in columns]),
        )

    def replaced(self, rows: NDArray[np.integer], masks: CompressedMasks) -> CompressedMasks:
        """The column with other masks at `rows`, one for each."""
        starts, lengths, sizes = self.starts.copy(), self.lengths.copy(), self.sizes.copy()
        starts[rows] = masks.starts + len(self.text)
        lengths[rows] = masks.lengths
        sizes[rows] = masks.sizes
        return CompressedMasks(np.concatenate([self.text, masks.text]), starts, lengths, sizes)

    def bytes_of(self, index: int) -> bytes:
        """The characters of one mask."""
        start = int(self.starts[index])
        return self.text[start : start + int(self.lengths[index])].tobytes()

    def strings(self) -> list[str]:
        """All masks as text, ready for a JSON file."""
        return [self.bytes_of(i).decode("latin-1") for i in range(len(self))]

    def decode(self) -> RunLengths:
        """All masks as runs.

        Raises:
            FormatError: for the first string that is malformed or whose runs are not H x W pixels.
        """
        ends = np.zeros(len(self) + 1, np.int64)
        np.cumsum(count_string_runs(self.text, self.starts, self.lengths), out=ends[1:])
        counts = np.empty(int(ends[-1]), lengths_type(self.sizes))
        bad, defect = decode_strings(self.text, self.starts, self.lengths, self.sizes, ends, counts)
        if defect:
            reason = f"{self.defect(bad, defect)}."
            raise FormatError(
                f"mask #{bad}: {reason}",
                code="bad-counts",
                index=int(bad),
                field="counts",
                reason=reason,
            )
        return RunLengths(*packed(counts, ends), self.sizes)

    def measure(self, workers: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Area and soundness of every mask, without keeping its runs.

        Args:
            workers: threads, None for all cores.

        Returns:
            Areas in pixels, int64, shape (N,), and defects, int8, shape (N,): 0 for a sound string,
            otherwise a defect of this module.
        """
        return self._measured(np.empty((0, 4)), workers)

    def measure_with_boxes(
        self, workers: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float64]]:
        """`measure`, and xywh boxes in pixels as `boxes` gives, float64, shape (N, 4).

        The box of a string that is not sound is 0, 0, 0, 0.
        """
        boxes = np.zeros((len(self), 4))
        return *self._measured(boxes, workers), boxes

    def _measured(
        self, boxes: NDArray[np.float64], workers: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Areas and defects; fills boxes (N, 4), unless they are empty."""
        areas = np.zeros(len(self), np.int64)
        defects = np.zeros(len(self), np.int8)

        def one(start: int, stop: int) -> None:
            measure_strings(
                self.text,
                self.starts[start:stop],
                self.lengths[start:stop],
                self.sizes[start:stop],
                areas[start:stop],
                defects[start:stop],
                boxes[start:stop],
            )

        map_slices(one, len(self), workers)
        return areas, defects

    def defect(self, index: int, defect: int) -> str:
        """What is wrong with one string, in words."""
        text = self.bytes_of(index)
        if text[:2] in (b"b'", b'b"'):
            shown = text[:8].decode("latin-1")
            return (
                f"counts is the text of Python bytes ({shown}...). "
                'Write rle["counts"].decode("ascii")'
            )
        if defect != WRONG_TOTAL:
            shown = text[:24].decode("latin-1")
            return f"{DEFECTS[defect]}: {shown!r}{'...' if len(text) > 24 else ''}"
        scratch = np.empty(len(text) + 1, np.int64)
        runs = run_ends(np.frombuffer(bytearray(text), np.uint8), 0, len(text), scratch)
        height, width = self.sizes[index]
        total = scratch[runs - 1] if runs else 0
        return (
            f"the runs add up to {total:,} pixels, expected {height} x {width} = "
            f"{int(height) * int(width):,}"
        )


def compress(masks: RunLengths) -> CompressedMasks:
    """Masks as compressed strings.

    Args:
        masks: N sound masks; nothing is checked here (see `check_totals`).

    Returns:
        N masks, with their text end to end.

    Source:
        Equal to pycocotools.mask.encode for the same runs.

    Example:
        >>> from segeval.masks import encode
        >>> compress(encode(np.eye(3)[None])).strings()
        ['013000']
    """
    # A difference of counts needs at most 7 groups, one of whole runs 10, which have 3 counts.
    text = np.empty(len(masks.counts) * 7, np.uint8)
    stops = np.zeros(len(masks) + 1, np.int64)
    size = encode_strings(masks.counts, masks.offsets, masks.sizes, text, stops)
    return CompressedMasks(
        text[:size].copy(), stops[:-1], np.diff(stops).astype(np.int32), masks.sizes
    )
