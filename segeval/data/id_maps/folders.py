"""Which files are id maps, and which two belong to one image."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.folder_files import files_below
from segeval.data.id_maps.read import SUFFIXES, TIFFS, read_id_map
from segeval.data.id_maps.tiff import pages_of
from segeval.data.label_maps.by_name import Way, paired_so_far, path_in, stem_of
from segeval.data.paths import exists, is_folder
from segeval.errors import InputError, MismatchError, Note
from segeval.frozen import frozen
from segeval.words import counted, size_text

NOUN = "id map"

MASKS = "_masks"
"""What names of Cellpose's id maps end with: x_masks of ground truth, x_cp_masks of predictions."""


@frozen
class IdMap:
    """Where the ids of one image are.

    Attributes:
        path: of the file.
        name: of the image: the path in its folder; of a page of several also its number, from 0,
            as in "cells.tif#3".
        folder: what the name is within.
        page: of a TIFF file, from `pages_of`; None of other files.
    """

    path: Path
    name: str
    folder: Path
    page: int | None = None

    @property
    def place(self) -> str:
        """The file, and the number of the page of several, for messages."""
        return str(self.folder / self.name)

    def read(self) -> NDArray[np.integer[Any]]:
        """The ids; shape and errors as in `read_id_map`."""
        return read_id_map(self.path, self.page)


class IdMapPair(NamedTuple):
    """A predicted and a true id map of one image."""

    pred: IdMap
    gt: IdMap

    def load(self) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
        """The ids of the prediction and of the ground truth, of one shape (H, W).

        Raises:
            InputError: if a file is missing.
            FormatError: if one holds no ids.
            MismatchError: if the sizes differ.
        """
        pred, gt = self.pred.read(), self.gt.read()
        if pred.shape != gt.shape:
            raise MismatchError(
                f"{self.pred.place}: has {size_text(pred.shape)} pixels, the ground truth "
                f"{self.gt.place} {size_text(gt.shape)}. Predictions must have the size of the "
                "ground truth.",
                code="size-differs",
                path=str(self.pred.path),
            )
        return pred, gt


def id_maps(source: str | Path) -> tuple[IdMap, ...]:
    """All id maps of a folder and its subfolders, or of one file, by name, then by page.

    Args:
        source: a folder, or a .png, .npy or .tif file.

    Raises:
        InputError: if there are none.
        FormatError: if a TIFF file is none.
    """
    path = Path(source)
    folder, files = (path, _files_below(path)) if _is_folder(path) else (path.parent, [_one(path)])
    return tuple(each for file in files for each in _pages(file, folder))


def id_map_pairs(preds: str | Path, gt: str | Path) -> tuple[IdMapPair, ...]:
    """Pairs of predictions and ground truth, in the order of the ground truth's names and pages.

    Args:
        preds: a folder, searched with its subfolders, or a file. If it has files whose names end
            with `MASKS`, as Cellpose's do, these are taken alone.
        gt: the same. Two folders are paired by the paths in them without suffix, else by the names
            of their files, else by these without Cellpose's endings; of a file of several pages
            each page is an image.

    Raises:
        InputError: if a path is missing, or a folder has no id maps.
        FormatError: if a TIFF file is none.
        MismatchError: if a file has no partner, or more than one, or two files differ in pages.
    """
    pairs, problem = id_map_pairs_so_far(preds, gt)
    if problem is not None:
        raise problem
    return pairs


def id_map_pairs_so_far(
    preds: str | Path, gt: str | Path
) -> tuple[tuple[IdMapPair, ...], InputError | None]:
    """The pairs that there are, and the error about files without a partner, None without one.

    Args and other errors as in `id_map_pairs`.
    """
    own, true = Path(preds), Path(gt)
    if _is_folder(own) != _is_folder(true):
        folder, file = (own, true) if _is_folder(own) else (true, own)
        raise InputError(
            f"{folder} is a folder and {file} a file, expected two folders or two files.",
            code="input",
            path=str(folder),
        )
    if not _is_folder(true):
        return _paired_pages(_pages(_one(own), own.parent), _pages(_one(true), true.parent)), None
    ways: list[Way] = [(path_in(own), path_in(true)), (stem_of, stem_of), (_image_of, _image_of)]
    files = _files_below(own), _files_below(true)
    pairs, problem = paired_so_far(own, files[0], true, files[1], ways, noun=NOUN)
    found = tuple(
        pair
        for pred, of_gt in pairs.values()
        for pair in _paired_pages(_pages(pred, own), _pages(of_gt, true))
    )
    return found, problem


def left_out(source: str | Path) -> tuple[Note, ...]:
    """A note on the files of a folder that are not read, because others have Cellpose's ending.

    Args:
        source: a folder of id maps, or a file.
    """
    if not is_folder(source):
        return ()
    files = files_below(Path(source), *(f"*{suffix}" for suffix in SUFFIXES))
    others = [path for path in files if not path.stem.endswith(MASKS)]
    if not others or len(others) == len(files):
        return ()
    verb = counted(len(others), "file is", "files are")
    message = f"{source}: {verb} not read, as others are *{MASKS}: {others[0].name}"
    return (Note("left-out-files", message, len(others)),)


def _paired_pages(pred: list[IdMap], gt: list[IdMap]) -> tuple[IdMapPair, ...]:
    """The pages of two files, which must be as many."""
    if len(pred) != len(gt):
        raise MismatchError(
            f"{pred[0].path}: has {counted(len(pred), 'page')}, the ground truth {gt[0].path} "
            f"{len(gt):,}. Each page is an image, paired by its number.",
            code="pages",
            path=str(pred[0].path),
        )
    return tuple(map(IdMapPair, pred, gt))


def _pages(path: Path, folder: Path) -> list[IdMap]:
    """The images of a file."""
    name = path.relative_to(folder).as_posix()
    if path.suffix.lower() not in TIFFS:
        return [IdMap(path, name, folder)]
    pages = pages_of(path)
    names = [name] if len(pages) == 1 else [f"{name}#{number}" for number in range(len(pages))]
    return [IdMap(path, own, folder, page) for own, page in zip(names, pages, strict=True)]


def _is_folder(path: Path) -> bool:
    """Whether a path is a folder.

    Raises:
        InputError: if there is nothing.
    """
    if not exists(path):
        raise InputError(f"{path}: no such file or folder.", code="no-file", path=str(path))
    return is_folder(path)


def _files_below(folder: Path) -> list[Path]:
    """The id maps of a folder and its subfolders, by name."""
    files = files_below(folder, *(f"*{suffix}" for suffix in SUFFIXES))
    if not files:
        raise InputError(
            f"{folder}: has no id maps, expected files {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}.",
            code="no-id-maps",
            path=str(folder),
        )
    return [path for path in files if path.stem.endswith(MASKS)] or files


def _image_of(path: Path) -> str:
    """The name of the image of one of Cellpose's files."""
    return path.stem.removesuffix(MASKS).removesuffix("_cp").removesuffix("_img")


def _one(path: Path) -> Path:
    """A file that may be an id map."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: expected an id map ({', '.join(SUFFIXES)}) or a folder of them.",
            code="suffix",
            path=str(path),
        )
    return path
