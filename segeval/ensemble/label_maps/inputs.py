"""The label maps of several models for the same images, and the ground truth of some of these."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import frame_of
from segeval.data.label_maps.by_name import alike, keys_of, paired, path_in, stem_of
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair, check_kind, label_maps_below
from segeval.data.label_maps.read import read_labels
from segeval.data.paths import exists, is_folder
from segeval.errors import InputError, MismatchError
from segeval.frozen import frozen
from segeval.words import size_text

OF_FILES = (".csv", ".gz", ".json", ".jsonl", ".npy", ".png", ".zip")
"""Endings of names that are meant for a file."""


@frozen(eq=False)
class ModelMaps:
    """The label maps of M models for I images.

    Attributes:
        folders: of the models.
        keys: names of the images, ascending.
        files: of every image, M each.
        ending: of the names of Cityscapes' files of one kind of ids; None for other data.
    """

    folders: tuple[Path, ...]
    keys: tuple[str, ...]
    files: tuple[tuple[Path, ...], ...]
    ending: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The folders as they were given."""
        return tuple(map(str, self.folders))


@frozen(eq=False)
class TrueMaps:
    """The ground truth of some images.

    Attributes:
        source: its folder.
        image: place of each image among those of the models, rising, int64, shape (I,).
        files: of the label maps, I of them.
    """

    source: str
    image: NDArray[np.int64]
    files: tuple[Path, ...]

    def pairs(self, maps: ModelMaps, model: int) -> tuple[LabelPair, ...]:
        """The label maps of a model with those of the ground truth."""
        return tuple(
            LabelPair(maps.files[at][model], true, str(maps.files[at][model]), str(true), key)
            for at, true, key in zip(self.image.tolist(), self.files, self.keys(maps), strict=True)
        )

    def keys(self, maps: ModelMaps) -> tuple[str, ...]:
        """The names of its images."""
        return tuple(maps.keys[at] for at in self.image.tolist())


def model_maps(models: Sequence[Any], classes: LabelClasses | None) -> ModelMaps:
    """The label maps of several folders.

    Args:
        models: folders of .png or .npy files, one for each model.
        classes: of the run, which say what Cityscapes' files are called; None for any.

    Raises:
        InputError: for fewer than two models, or something else than a folder of label maps.
        MismatchError: if the models have different images.
    """
    folders = tuple(_folder(each, "models") for each in models)
    ending = None if classes is None else classes.label_file
    found = alike(folders, [label_maps_below(folder, ending) for folder in folders])
    return ModelMaps(folders, tuple(found), tuple(found.values()), ending)


def true_maps(gt: str | Path, maps: ModelMaps, *, option: str) -> TrueMaps:
    """The ground truth of all or some of the images of some models.

    Args:
        gt: folder of label maps.
        maps: those of the models.
        option: the argument that names the ground truth.

    Raises:
        InputError: for something else than a folder of label maps.
        MismatchError: if an image of the ground truth lacks its partner.
    """
    folder = _folder(gt, option)
    if folder.resolve() in [each.resolve() for each in maps.folders]:
        raise InputError(
            f"{gt}: is ground truth and a model, expected a folder of its own for either",
            code="input",
            path=str(gt),
            option=option,
        )
    files = label_maps_below(folder, maps.ending)
    check_kind(folder, files, maps.ending)
    first = [each[0] for each in maps.files]
    ways = [
        (path_in(maps.folders[0]), path_in(folder)),
        (stem_of, stem_of),
        (frame_of, frame_of),
    ]
    for of_model, of_gt in ways:
        wanted, own = keys_of(files, of_gt) or {}, keys_of(first, of_model) or {}
        if wanted and wanted.keys() <= own.keys():
            first = [own[key][0] for key in wanted]
            break
    pairs = paired(maps.folders[0], first, folder, files, ways)
    places = {each[0]: place for place, each in enumerate(maps.files)}
    found = sorted((places[pred], true) for pred, true in pairs.values())
    return TrueMaps(
        str(folder), np.array([place for place, _ in found], np.int64),
        tuple(true for _, true in found),
    )  # fmt: skip


def read_image(files: Sequence[Path]) -> tuple[list[NDArray[Any]], int]:
    """The label maps of one image, of one dtype, and how many of them have a palette.

    Raises:
        FormatError: if a file is not a label map.
        MismatchError: if their sizes, or the bits of two pictures, differ.
    """
    found = [read_labels(path, str(path)) for path in files]
    first = found[0].labels
    pictures: dict[int, Path] = {}
    for path, (labels, _) in zip(files, found, strict=True):
        if labels.shape != first.shape:
            raise MismatchError(
                f"{path}: has {size_text(labels.shape)} pixels, {files[0]} of the same image "
                f"{size_text(first.shape)}. Label maps of one image must have one size.",
                code="size-differs",
                path=str(path),
            )
        if path.suffix.lower() == ".png":
            pictures.setdefault(labels.itemsize, path)
    if len(pictures) > 1:
        wide, narrow = pictures[2], pictures[1]
        raise MismatchError(
            f"{wide}: has 16 bits per pixel, {narrow} of the same image 8. Are these files of the "
            "same kind? Write both with 8 bits or both with 16.",
            code="bits",
            path=str(wide),
        )
    dtype = np.result_type(*(each.labels for each in found))
    palettes = sum(each.has_palette for each in found)
    return [each.labels.astype(dtype, copy=False) for each in found], palettes


def check_output(output: Path, inputs: Sequence[str | Path]) -> None:
    """Refuse to write where something is read.

    Args:
        output: folder of the fused label maps.
        inputs: folders that are read.

    Raises:
        InputError: if the folder is one of them, lies in one, or holds one; or has the name of a
            file.
    """
    if output.suffix.lower() in OF_FILES and not output.is_dir():
        raise InputError(
            f"{output}: is the name of a file, and label maps go into a folder, one for each "
            f"image. Write {output.with_suffix('')}.",
            code="output",
            path=str(output),
            option="output",
        )
    own = output.resolve()
    for each in inputs:
        other = Path(each).resolve()
        if own == other:
            reason = "is an input as well"
        elif own.is_relative_to(other):
            reason = f"lies in {each}, which is an input"
        elif other.is_relative_to(own):
            reason = f"holds {each}, which is an input"
        else:
            continue
        raise InputError(
            f"{output}: {reason}. Name another folder for the fused label maps.",
            code="output",
            path=str(output),
            option="output",
        )


def check_no_others(output: Path, keys: Sequence[str]) -> None:
    """Refuse a folder whose label maps would stay beside the new ones.

    Raises:
        InputError: names the first that is of none of the images.
    """
    if not output.is_dir() or not any(output.iterdir()):
        return
    own = {output / f"{key}.png" for key in keys}
    others = [each for each in _label_maps_in(output) if each not in own]
    if others:
        raise InputError(
            f"{output}: has {others[0].relative_to(output)}, which is of none of the fused images "
            "and would stay beside them. Name another folder.",
            code="exists",
            path=str(output),
            option="output",
        )


def _label_maps_in(folder: Path) -> list[Path]:
    """Label maps of a folder, maybe none."""
    try:
        return label_maps_below(folder, None)
    except InputError as error:
        if error.code != "no-label-maps":
            raise
        return []


def _folder(source: Any, option: str) -> Path:
    """A folder of label maps, as a path."""
    if not isinstance(source, str | Path):
        raise InputError(
            f"`{option}` has {type(source).__name__}, expected paths of folders of label maps. "
            "`vote_labels` takes arrays.",
            code="input",
            option=option,
        )
    path = Path(source)
    if not exists(path):
        raise InputError(f"{path}: no such folder.", code="no-file", path=str(path))
    if not is_folder(path):
        raise InputError(
            f"{path}: is a file, expected a folder of label maps, one for each image.",
            code="input",
            path=str(path),
            option=option,
        )
    return path
