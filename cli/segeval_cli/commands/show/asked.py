"""What `segeval show` is asked for, whatever family of files it is of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.frozen import frozen
from segeval_cli.figures import FigureOptions

LONGEST_SIDE = 2048
"""Pixels of the longest side of a photograph: as many as a page has at 300 dpi."""


@frozen
class Asked:
    """One image of two files.

    Attributes:
        preds: predictions of a model.
        gt: ground truth.
        image: its id, file name, or name.
        evaluation: the arguments of the evaluation that the command line gives.
        images: folder of the photographs.
        how: where the picture goes.
        workers: threads, None for all cores.
    """

    preds: str
    gt: str
    image: str
    evaluation: Mapping[str, Any]
    images: Path | None
    how: FigureOptions
    workers: int | None

    @property
    def photos(self) -> Path | None:
        """Folder of the photographs; None where no figure is drawn, or there is none."""
        return photos_drawn(self.images, self.how)


def photos_drawn(images: Path | None, how: FigureOptions) -> Path | None:
    """The folder of the photographs where a figure is drawn, which has them; None elsewhere."""
    is_figure = how.output is not None and how.output.suffix.lower() != ".csv"
    return images if is_figure else None
