"""Pictures of `segeval draw` in files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from segeval.data.pictures.encoding import encoded
from segeval.data.whole_files import whole_file, whole_folder
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.pictures.drawn import Drawing, DrawStyle, Gallery, drawings
from segeval.pictures.sheets import Named, contact_sheet
from segeval_cli.progress import few_of_many

UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
"""Characters that names of files cannot have on some system."""

LONGEST_STEM = 100
"""Characters of the name of a file, without its suffix."""


@frozen
class Written:
    """What has been drawn.

    Attributes:
        pictures: images.
        objects: predictions.
        notes: what there is to say of the photographs.
    """

    pictures: int
    objects: int
    notes: tuple[Note, ...]


class _Tally:
    """Counts drawings as they pass."""

    def __init__(self) -> None:
        self.pictures = self.objects = 0
        self.notes: list[Note] = []

    def passed(self, drawn: Iterable[Drawing]) -> Iterator[Drawing]:
        """The same drawings."""
        for each in drawn:
            self.pictures += 1
            self.objects += each.objects
            self.notes += each.notes
            yield each

    def written(self) -> Written:
        """The counts, with few of many notes."""
        notes = few_of_many(self.notes, "photographs")
        return Written(self.pictures, self.objects, tuple(notes))


def write_folder(
    shown: Gallery,
    style: DrawStyle,
    folder: Path,
    form: str,
    *,
    workers: int | None,
    on_progress: OnProgress,
) -> Written:
    """Write a picture per image; the folder appears when all are written.

    Args:
        shown: the images.
        style: how they are drawn.
        folder: new, or one whose files of the same names are replaced.
        form: suffix of the files without its dot.
        workers: threads, None for all cores.
        on_progress: told how many images are done.
    """
    tally, taken = _Tally(), set[str]()
    with whole_folder(folder, replaces=True) as beside:
        for each in tally.passed(drawings(shown, style, workers=workers, on_progress=on_progress)):
            path = beside / f"{_stem(each, taken)}.{form}"
            path.write_bytes(encoded(each.pixels, path.suffix))
    return tally.written()


def write_sheet(
    shown: Gallery,
    style: DrawStyle,
    path: Path,
    columns: int,
    *,
    workers: int | None,
    on_progress: OnProgress,
) -> Written:
    """Write one sheet of all images; arguments as in `write_folder`.

    Args:
        shown: the images.
        style: how they are drawn.
        path: of the sheet.
        columns: pictures in a row.
        workers: threads, None for all cores.
        on_progress: told how many images are done.
    """
    tally = _Tally()
    drawn = tally.passed(drawings(shown, style, workers=workers, on_progress=on_progress))
    named = (Named(each.pixels, each.name or f"image {each.image}") for each in drawn)
    sheet = contact_sheet(named, columns=columns, width=style.longest)
    with whole_file(path) as file:
        file.write(encoded(sheet, path.suffix.lower()))
    return tally.written()


def _stem(drawing: Drawing, taken: set[str]) -> str:
    """The name of a picture's file: that of the photograph, with a number if another has it."""
    own = PureWindowsPath(PurePosixPath(drawing.name or str(drawing.image)).name).stem
    plain = UNFIT.sub("_", own).strip(". ")[:LONGEST_STEM] or "image"
    stem = plain
    number = 1
    while stem.casefold() in taken:
        number += 1
        stem = f"{plain}_{number}"
    taken.add(stem.casefold())
    return stem
