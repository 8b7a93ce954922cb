"""What is known of one model or of two, whatever family of files they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from segeval.analysis.comparison.own_intervals import ResultIntervals
from segeval.analysis.comparison.result import Comparison
from segeval.errors import Note
from segeval.findings import PERHAPS_SWAPPED
from segeval.reports.slices import Numbers

DOUBTS = (PERHAPS_SWAPPED, "same-files")
"""Codes of notes by which all numbers of a page may mean nothing."""

OF_DRAWS = ("rough-intervals", "few-replicates")
"""Codes of notes on all intervals, or all p-values."""


class Model(Protocol):
    """What is known of a model."""

    @property
    def letter(self) -> str:
        """What a page with two models calls it, "A" or "B"; "" for the only one."""

    @property
    def name(self) -> str:
        """Of its file or folder."""

    @property
    def intervals(self) -> ResultIntervals:
        """Of its numbers."""


class Found(Protocol):
    """All results of a page."""

    @property
    def models(self) -> Sequence[Model]:
        """One or two."""

    @property
    def gt_sha256(self) -> str | None:
        """Of the ground truth; None for data in memory."""

    @property
    def comparison(self) -> Comparison | None:
        """Of two models; None for one, and where images are too few to compare."""

    @property
    def slices(self) -> Numbers:
        """Numbers of each model on parts of the images, where there is no comparison."""

    @property
    def label_notes(self) -> tuple[Note, ...]:
        """On images that slices or groups name and that do not exist."""


def notes_beside(found: Found, of_files: Iterable[Note] = ()) -> Iterator[Note]:
    """Notes that are said beside a page as well, since they are on all of its intervals or slices.

    Args:
        found: the results.
        of_files: notes of evaluations; those on the order of the files, or on one that is given
            twice, are said as well.
    """
    yield from found.label_notes
    comparison = () if found.comparison is None else found.comparison.notes
    of_models = [note for model in found.models for note in model.intervals.notes]
    yield from dict.fromkeys(note for note in (*of_models, *comparison) if note.code in OF_DRAWS)
    yield from dict.fromkeys(note for note in of_files if note.code in DOUBTS)
