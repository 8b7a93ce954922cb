"""Folders and patterns of JSON files, such as one per image or per process, as one input."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, islice, pairwise
from pathlib import Path

import numpy as np

from segeval.data.beginnings import LOOKED_AT
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.files import STANDARD_INPUT
from segeval.data.joining import numbered_alike
from segeval.data.keys import shown_id
from segeval.data.opening import EMPTY_NAME, ordinary_file, readable
from segeval.data.paths import exists, is_folder
from segeval.data.places import Files
from segeval.data.recognisers import known_bytes
from segeval.errors import InputError, MismatchError, Note
from segeval.findings import refusal

ENDINGS = tuple(
    ending + packed
    for ending in (".json", ".jsonl")
    for packed in ("", ".gz", ".xz", ".bz2", ".zip")
)
"""Endings of the names of files that are read in a folder."""

MOST_LOOKED_AT = 1000
"""Most files looked at to say what a folder holds instead."""

JSON_TEXT = re.compile(r"\s*(\[\s*\{|\{\s*\")")
"""How JSON begins that is given in place of the name of its file."""

PATTERN = "*?["
"""Characters of a pattern of names."""


def json_files(source: str | Path) -> list[Path] | None:
    """The files of a folder, or those whose names fit a pattern, in the order of their bytes.

    Args:
        source: a folder, whose subfolders are not searched, or a pattern such as "preds/*.json".

    Returns:
        None for anything else, such as a file.

    Raises:
        InputError: if there are none.
    """
    path = Path(source)
    if source == "":
        raise InputError(EMPTY_NAME, code="no-file")
    if isinstance(source, str) and JSON_TEXT.match(source) and not exists(source):
        raise InputError(
            f"{source[:30]}...: is text of JSON, expected a path, or what `json.loads` makes of "
            "it.",
            code="no-file",
        )
    if is_folder(path):
        files = [
            each
            for each in path.iterdir()
            if each.name.lower().endswith(ENDINGS) and not each.name.startswith(".")
        ]
        if not files:
            raise _no_json(str(source), path)
    elif any(sign in str(source) for sign in PATTERN) and not exists(path):
        found = glob.glob(str(source), recursive=True)  # noqa: PTH207 - from any root
        files = [Path(each) for each in found if not is_folder(each)]
        if not files:
            raise InputError(
                f"{source}: no file matches this pattern.", code="no-file", path=str(source)
            )
    else:
        return None
    return sorted(files, key=lambda each: os.fsencode(each))


def prediction_files(sources: Sequence[str | Path]) -> list[Path]:
    """The files behind some paths, folders and patterns, in the order of the bytes of their names.

    Raises:
        InputError: if a folder or pattern has none, or a file is given twice, be it by another
            name; or if standard input is given beside files.
    """
    found: list[Path] = []
    for source in sources:
        files = json_files(source)
        found += [Path(source)] if files is None else files
    found.sort(key=lambda each: os.fsencode(each))
    for one, other in pairwise(found):
        if one == other:
            raise InputError(
                f"{one}: is given twice, and its predictions would count twice.",
                code="input-twice",
                path=str(one),
            )
    if len(found) > 1:
        _check_each_file_once(found)
    return found


def _check_each_file_once(paths: Sequence[Path]) -> None:
    """Refuse links to files that are given too, and standard input, which is read once.

    Raises:
        InputError: names the first one.
    """
    first: dict[tuple[int, int], Path] = {}
    for path in paths:
        if str(path) == STANDARD_INPUT:
            raise InputError(
                "standard input cannot stand beside files, of which each may be read twice. Give "
                "its content as a file.",
                code="standard-input",
            )
        try:
            status = path.stat()
        except OSError:
            continue  # reading it says why
        known = first.setdefault((status.st_dev, status.st_ino), path)
        if known != path and status.st_ino:
            raise InputError(
                f"{path}: is {known} by another name, and its predictions would count twice.",
                code="input-twice",
                path=str(path),
            )


def _no_json(source: str, folder: Path) -> InputError:
    """The error for a folder without JSON files: what is there instead."""
    way = (
        "Folders of label maps go with `mean_iou`, of id maps with `id_maps_ap`, lists of "
        "Cityscapes with `cityscapes_ap`."
    )
    inside = sorted(islice(folder.iterdir(), MOST_LOOKED_AT))
    below = next((each for each in inside if _has_json(each)), None)
    if below is not None:
        way = f"Subfolders are not searched: {below} has JSON files."
    else:
        for each in inside:
            if each.suffix.lower() == ".txt" and each.is_file():
                with readable(str(each)), ordinary_file(each) as file:
                    known = known_bytes(file.read(LOOKED_AT))
                if known is not None:
                    way = f"{each.name} {known[0]}. {known[1]}"
                break
    return InputError(
        f"{source}: is a folder without JSON files, expected a file, or a folder of .json files. "
        f"{way}",
        code="no-file",
        path=source,
    )


def _has_json(path: Path) -> bool:
    """Whether a path is a folder that may be read and has JSON files."""
    return is_folder(path) and os.access(path, os.R_OK | os.X_OK) and holds_json(path)


def holds_json(folder: Path) -> bool:
    """Whether a folder has JSON files."""
    return any(each.name.lower().endswith(ENDINGS) for each in folder.iterdir())


def joined_predictions(source: str, parts: Sequence[Predictions]) -> Predictions:
    """The predictions of several files as one.

    Args:
        source: the folder or pattern, the name of the whole in messages.
        parts: of at least one file.

    Raises:
        MismatchError: if each file is of one image, and two are of the same.
    """
    check_one_image_each(parts)
    if len(parts) == 1:
        return parts[0]
    files = starting([(len(part), part.source) for part in parts])
    return replace(Predictions.concatenate(parts, source=source), files=files)


def starting(files: Iterable[tuple[int, str]]) -> Files:
    """The place of the first record of every file, and its name, from the number of its records.

    Example:
        >>> starting([(5, "a.json"), (2, "b.json")])
        ((0, 'a.json'), (5, 'b.json'))
    """
    lengths, names = zip(*files, strict=True)
    return tuple(zip(accumulate((0, *lengths[:-1])), names, strict=True))


def check_one_image_each(parts: Sequence[Predictions]) -> None:
    """Refuse files of one image each that have the same image id: each may count anew.

    Raises:
        MismatchError: names the first two.
    """
    parts = numbered_alike(parts)
    images = [np.unique(part.image_id) for part in parts]
    if any(len(each) > 1 for each in images):
        return  # files per process or per category may share images
    first: dict[int, str] = {}
    for part, image in zip(parts, images, strict=True):
        for number in image.tolist():
            if number in first:
                name = shown_id(number, part.image_keys)
                raise repeated_image(part.source, first[number], name)
            first[number] = part.source


def joined_ground_truth(source: str, parts: Sequence[GroundTruth]) -> GroundTruth:
    """The ground truth of several files of different images as one.

    Annotations are numbered anew where files share their ids.

    Args:
        source: the folder or pattern, the name of the whole in messages.
        parts: of at least one file.

    Raises:
        MismatchError: if files share an image id, or their categories differ.
    """
    if len(parts) == 1:
        return parts[0]
    parts = numbered_alike(parts)
    first: dict[int, tuple[str, str]] = {}
    for part in parts:
        for number, name in zip(part.images.id.tolist(), part.images.file_names, strict=True):
            if number in first and first[number][0] != part.source:
                shown = shown_id(number, part.images.keys)
                names = f" ({name} and {first[number][1]})" if name != first[number][1] else ""
                raise repeated_image(part.source, first[number][0], f"{shown}{names}")
            first[number] = (part.source, name)
    ids = np.concatenate([part.id for part in parts])
    if len(np.unique(ids)) < len(ids) and all(len(np.unique(p.id)) == len(p) for p in parts):
        note = Note(
            "annotations-renumbered",
            f"{source}: files share annotation ids; all {len(ids):,} annotations are numbered anew",
            len(ids),
        )
        numbers = np.split(np.arange(1, len(ids) + 1), np.cumsum([len(p) for p in parts])[:-1])
        parts = [
            replace(part, id=own, keys=None, notes=(*part.notes, note))
            for part, own in zip(parts, numbers, strict=True)
        ]
    return GroundTruth.concatenate(parts, source=source)


def repeated_image(second: str, first: str, image: str) -> InputError:
    """The error for two files of the same image id."""
    return refusal(
        second,
        f"has image_id {image}, as {first} has",
        code="repeated-image",
        field="image_id",
        error=MismatchError,
        hint="Every image needs an id of its own, the same in predictions and ground truth; files "
        "that each count from 1 cannot be told apart.",
    )
