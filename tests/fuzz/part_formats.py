"""Part files as formats to spoil: the file itself, and its members with right checksums."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segeval import SegevalError
from segeval.analysis import error_kinds_of_part
from segeval.metrics.coco.arguments import Arguments as ApArguments
from segeval.metrics.coco.parts import ap_of_part, match_part, merge_parts
from segeval.metrics.panoptic.parts import (
    match_panoptic,
    merge_panoptic_parts,
    panoptic_quality_of_part,
)
from segeval.metrics.parts.files import seal
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts import (
    match_label_maps,
    mean_iou_of_part,
    merge_label_map_parts,
)

PART, MEMBERS, HEADER = "a.match", "members", "header.json"


@dataclass(frozen=True)
class PartFormat:
    """The parts of one task.

    Attributes:
        make: writes the files that are matched into an empty folder.
        match: writes the part file.
        read: its result.
        merge: writes a part file from several.
        by_image: whether the result has tables by image.
    """

    make: Callable[[Path], object]
    match: Callable[[Path, Path], object]
    read: Callable[[Path], Any]
    merge: Callable[[list[Path], Path], object]
    by_image: bool = True

    def make_file(self, folder: Path) -> None:
        """A part file."""
        self.make(folder)
        self.match(folder, folder / PART)

    def make_members(self, folder: Path) -> None:
        """The members of a part file, the header as JSON."""
        self.make_file(folder)
        with zipfile.ZipFile(folder / PART) as archive:
            archive.extractall(folder / MEMBERS)
        header = folder / MEMBERS / "header.npy"
        (folder / MEMBERS / HEADER).write_bytes(np.load(header).tobytes())
        header.unlink()

    def run_file(self, folder: Path) -> None:
        """Read the file, and merge it."""
        with suppress(SegevalError):
            self.merge([folder / PART], folder / "all.match")
        self.read(folder / PART).to_dict(**({"per_image": True} if self.by_image else {}))

    def run_members(self, folder: Path) -> None:
        """Read a file of the members."""
        members = folder / MEMBERS
        with zipfile.ZipFile(folder / PART, "w") as archive:
            text = np.frombuffer((members / HEADER).read_bytes(), np.uint8)
            coded = io.BytesIO()
            np.save(coded, text)
            archive.writestr("header.npy", coded.getvalue())
            for path in sorted(members.rglob("*.npy")):
                archive.write(path, path.relative_to(members).as_posix())
            archive.comment = seal(archive)
        self.run_file(folder)


def of_ap(make: Callable[[Path], object]) -> PartFormat:
    """Parts of instances."""

    def match(folder: Path, path: Path) -> None:
        own = ApArguments(iou=("segm", "bbox"))
        match_part(folder / "preds.json", folder / "gt.json", path, own, workers=1)

    return PartFormat(make, match, ap_of_part, merge_parts)


def of_errors(make: Callable[[Path], object]) -> PartFormat:
    """Parts of instances with what error kinds need."""

    def match(folder: Path, path: Path) -> None:
        own = ApArguments(iou=("segm", "bbox"))
        match_part(folder / "preds.json", folder / "gt.json", path, own, errors=True, workers=1)

    return PartFormat(make, match, error_kinds_of_part, merge_parts, by_image=False)


def of_label_maps(make: Callable[[Path], object]) -> PartFormat:
    """Parts of label maps."""

    def match(folder: Path, path: Path) -> None:
        own = Arguments(classes=2, ignore=255, trimap=[1, 3], boundary=True, boundary_f=True)
        match_label_maps(folder / "preds", folder / "gt", path, own, workers=1)

    return PartFormat(make, match, mean_iou_of_part, merge_label_map_parts)


def of_panoptic(make: Callable[[Path], object]) -> PartFormat:
    """Parts of panoptic files."""

    def match(folder: Path, path: Path) -> None:
        files = folder / "preds.json", folder / "gt.json"
        match_panoptic(*files, path, iou=("segm", "boundary"), workers=1)

    return PartFormat(make, match, panoptic_quality_of_part, merge_panoptic_parts)
