"""Lists of text in part files: the bytes of all, end to end, and the length of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.ragged import rows_of_entries

LONE_SURROGATES = "surrogatepass"
"""How text is coded that JSON may hold and UTF-8 may not."""


@frozen(eq=False)
class Texts:
    """n texts.

    Attributes:
        lengths: in bytes, int64, shape (n,).
        text: UTF-8 of all, uint8.
    """

    lengths: NDArray[np.int64]
    text: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.lengths)

    @classmethod
    def of(cls, words: Iterable[str]) -> Texts:
        """Texts from words."""
        coded = [word.encode("utf-8", LONE_SURROGATES) for word in words]
        lengths = np.fromiter(map(len, coded), np.int64, len(coded))
        return cls(lengths, np.frombuffer(b"".join(coded), np.uint8))

    def words(self) -> list[str]:
        """The texts as words.

        Raises:
            UnicodeDecodeError: for bytes that are no text.
        """
        whole, ends = self.text.tobytes(), np.cumsum(self.lengths).tolist()
        return [
            whole[start:end].decode("utf-8", LONE_SURROGATES)
            for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ]

    def are_sound(self) -> bool:
        """Whether the bytes are as many as the lengths say, and each text stands alone."""
        if int(self.lengths.sum()) != len(self.text):
            return False
        try:
            self.text.tobytes().decode("utf-8", LONE_SURROGATES)
        except UnicodeDecodeError:
            return False
        starts = (np.cumsum(self.lengths) - self.lengths)[self.lengths > 0]
        return bool(((self.text[starts] & 0xC0) != 0x80).all())  # none within a character

    def take(self, places: slice | NDArray[np.integer]) -> Texts:
        """Some of them, in that order."""
        if isinstance(places, slice):
            start, stop, _ = places.indices(len(self))
            first = int(self.lengths[:start].sum())
            lengths = self.lengths[start:stop]
            return Texts(lengths, self.text[first : first + int(lengths.sum())])
        return Texts(self.lengths[places], self.text[rows_of_entries(self.lengths, places)])

    @classmethod
    def joined(cls, parts: Sequence[Texts]) -> Texts:
        """Several lists end to end."""
        return cls(
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.text for part in parts]),
        )
