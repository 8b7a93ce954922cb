"""What a page is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.slices import (
    check_all_grouped,
    labels_by_option,
    notes_of_labels,
    slices_of,
)
from segeval.data.files import sha256
from segeval.data.keys import Key
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.reports.options import ReportOptions


@frozen
class Asked:
    """What a page is asked for, whatever family of files it is of.

    Attributes:
        preds: of one model or of two: paths, or what the function of the evaluation takes.
        gt: ground truth, as it was given.
        truth: the same, read where that is possible once for all.
        arguments: of the evaluation, by name; those that were given.
        options: of the report.
        workers: threads, None for all cores.
        on_progress: called with the number of steps done, and of all.
    """

    preds: tuple[Any, ...]
    gt: Any
    truth: Any
    arguments: Mapping[str, Any]
    options: ReportOptions
    workers: int | None = None
    on_progress: OnProgress | None = None

    @property
    def letters(self) -> tuple[str, ...]:
        """What the page calls the models: "A" and "B"; "" for the only one."""
        return ("",) if len(self.preds) == 1 else ("A", "B")

    def check_labels(self, ids: Sequence[Key], file_names: Sequence[str]) -> tuple[Note, ...]:
        """Refuse slices and groups that the images do not have, before anything is matched.

        Args:
            ids: of the images of the ground truth.
            file_names: of the images, "" where there is none.

        Returns:
            Notes on images that are named and do not exist.

        Raises:
            InputError: as `image_labels`, and for images without a group.
            FormatError: as `image_labels`.
            MismatchError: as `image_labels`.
        """
        sources = {"slices": self.options.slices, "groups": self.options.groups}
        labels = labels_by_option(sources, gt=self.gt, ids=ids, file_names=file_names)
        if "slices" in labels:
            slices_of(labels["slices"].of_images)
        if "groups" in labels and "images" not in self.arguments:  # others need no group then
            check_all_grouped(labels["groups"].of_images, ids)
        return notes_of_labels(labels)


def hash_of(source: Any) -> str | None:
    """SHA-256 of a file; None for folders, data in memory and streams."""
    is_file = isinstance(source, str | Path) and Path(source).is_file()
    return sha256(source) if is_file else None
