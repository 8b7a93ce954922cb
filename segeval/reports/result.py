"""A finished report."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from segeval.analysis.suspects.result import LabelSuspects
from segeval.brief import Brief
from segeval.data.whole_files import whole_file
from segeval.errors import InputError, Note
from segeval.frozen import frozen

SUFFIX = ".html"


@frozen(eq=False, repr=False)
class Report(Brief):
    """One HTML file with everything that is known of one model, or of two.

    Attributes:
        title: its heading.
        sentences: what a reader takes away, four or fewer.
        html: the page, which loads nothing from elsewhere.
        numbers: all numbers as plain values, which the page holds too.
        suspects: what may be wrong in the ground truth, all of it; None of files other than
            instances.
        notes: what there is to say of the page itself: images that were left out, photographs that
            are missing or cannot be used.
    """

    title: str
    sentences: tuple[str, ...]
    html: str
    numbers: Mapping[str, Any]
    suspects: LabelSuspects | None = None
    notes: tuple[Note, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the page; the file appears whole or not at all.

        Args:
            path: of the file, .html; an older one is replaced, without a question as the command
                line has one.

        Returns:
            The path.

        Raises:
            InputError: if its folder does not exist, or for another suffix.
        """
        if Path(path).suffix.lower() != SUFFIX:
            raise InputError(
                f"{path}: a report is an HTML file, expected the suffix {SUFFIX}.",
                code="suffix",
                path=str(path),
            )
        with whole_file(Path(path)) as file:
            file.write(self.html.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        """The page in a frame, for a notebook."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="{escape(self.title)}" sandbox '
            'style="width:100%;height:640px;border:1px solid #888"></iframe>'
        )
