"""Cityscapes' frames: pictures of instances paired with lists of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import (
    INSTANCE_CLASSES,
    INSTANCE_FILE,
    LABEL_FILE,
    frame_of,
)
from segeval.data.cityscapes.prediction_lists import Line, notes_of_lines, read_list
from segeval.data.folder_files import files_below
from segeval.data.paths import exists, is_file, is_folder
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.words import counted, more_like_it

GT_FILES = f"*{INSTANCE_FILE}"
LISTS = "*.txt"


@frozen(eq=False)
class FrameFiles:
    """The files of one image, and the predictions of its list.

    Attributes:
        frame: city, sequence and frame, such as "aachen_000000_000019".
        gt: picture of the instance ids.
        listing: the list of predictions.
        masks: N pictures, those of the eight classes only.
        label: label ids of the classes, int64, shape (N,).
        score: float64, shape (N,).
        line: line of each prediction in the list, from 1, int64, shape (N,).
    """

    frame: str
    gt: Path
    listing: Path
    masks: tuple[Path, ...]
    label: NDArray[np.int64]
    score: NDArray[np.float64]
    line: NDArray[np.int64]


def find_frames(
    preds: str | Path, gt: str | Path, *, compat: str | None = None
) -> tuple[tuple[FrameFiles, ...], tuple[Note, ...]]:
    """Every image of a set with its files; only the lists are read, not the pictures.

    Args:
        preds: folder with a list per image, in it or below; masks are named relative to their list.
        gt: folder with `*_instanceIds.png`, in it or below.
        compat: "official" accepts what cityscapesScripts does: lists of other images are left out,
            the later of two lines for a mask counts, labels are cut to whole numbers.

    Returns:
        The images by name, and notes.

    Raises:
        InputError: if one of the paths is not a folder, or has no such files.
        MismatchError: if lists and ground truth are not of the same images, or no label is one of
            the eight classes.
        FormatError: for the first line that cannot be used.
    """
    preds, gt = Path(preds), Path(gt)
    for path, name in ((preds, "PREDS"), (gt, "GT")):
        _check_folder(path, name)
    lists, other_texts = _by_frame(preds, LISTS)
    pictures, other_pictures = _by_frame(gt, GT_FILES)
    if other_pictures:
        raise refusal(
            str(other_pictures[0]),
            "the name does not begin with city_sequence_frame, such as "
            "aachen_000000_000019_gtFine_instanceIds.png",
            code="no-frame",
            count=len(other_pictures),
        )
    _check_found(preds, gt, lists, pictures, other_texts)
    notes = [
        *_check_same_frames(preds, gt, lists, pictures, compat),
        *_note_on_texts(preds, other_texts),
    ]
    read = {frame: read_list(lists[frame], preds, compat) for frame in pictures}
    notes += notes_of_lines(preds, lists, read, compat)
    frames = tuple(
        _files_of(frame, pictures[frame], lists[frame], read[frame]) for frame in pictures
    )
    _check_masks_exist(frames)
    return frames, tuple(notes)


def _check_folder(path: Path, name: str) -> None:
    """Refuse a path that is not a folder."""
    if not is_folder(path):
        reason = "is not a folder" if exists(path) else "no such folder"
        raise InputError(
            f"{path}: {reason}. For Cityscapes {name} is a folder of "
            f"{'prediction lists (.txt)' if name == 'PREDS' else GT_FILES}.",
            code="no-folder",
            path=str(path),
        )


def _by_frame(folder: Path, pattern: str) -> tuple[dict[str, Path], list[Path]]:
    """Files in a folder and below by frame, in order, and those without a frame in their name."""
    found: dict[str, Path] = {}
    others: list[Path] = []
    for path in files_below(folder, pattern):
        frame = frame_of(path)
        if frame is None:
            others.append(path)
        elif frame in found:
            raise InputError(
                f"{path} and {found[frame]} are of the same frame, expected one file. Give the "
                "folder of one of them.",
                code="duplicate-frame",
                path=str(path),
            )
        else:
            found[frame] = path
    return dict(sorted(found.items())), others


def _check_found(
    preds: Path,
    gt: Path,
    lists: Mapping[str, Path],
    pictures: Mapping[str, Path],
    other_texts: Sequence[Path],
) -> None:
    """Refuse folders without lists or without instance ids."""
    if lists and pictures:
        return
    swapped = bool(_by_frame(preds, GT_FILES)[0]) and bool(_by_frame(gt, LISTS)[0])
    if swapped:
        raise InputError(
            f"{preds} holds {GT_FILES} and {gt} holds lists: give the predictions first, "
            f"`cityscapes_ap({str(gt)!r}, {str(preds)!r})`",
            code="swapped",
            path=str(preds),
        )
    if not pictures:
        labels = next(iter(_by_frame(gt, f"*{LABEL_FILE}")[0].values()), None)
        found = (
            f", but label ids such as {labels.name}, which do not tell instances apart"
            if labels
            else ""
        )
        raise InputError(
            f"{gt}: no {GT_FILES} here or below{found}.", code="no-pictures", path=str(gt)
        )
    found = f", but {other_texts[0].name} without a frame in its name" if other_texts else ""
    raise InputError(
        f"{preds}: no prediction lists here or below{found}. Expected a text per image, such as "
        f"{next(iter(pictures))}.txt",
        code="no-lists",
        path=str(preds),
    )


def _check_same_frames(
    preds: Path,
    gt: Path,
    lists: Mapping[str, Path],
    pictures: Mapping[str, Path],
    compat: str | None,
) -> Iterator[Note]:
    """Refuse lists and ground truth of different images."""
    missing = [frame for frame in pictures if frame not in lists]
    if missing:
        raise MismatchError(
            f"{preds}: no list for {counted(len(missing), 'frame')} of {gt}, first {missing[0]}. "
            f"Expected {missing[0]}.txt; an image without predictions has an empty one.",
            code="missing-list",
            path=str(preds),
            count=len(missing),
        )
    unknown = [frame for frame in lists if frame not in pictures]
    if not unknown:
        return
    found = counted(len(unknown), "list is of a frame", "lists are of frames")
    message = f"{preds}: {found} that {gt} does not have, first {lists[unknown[0]].name}"
    if compat is None:
        raise MismatchError(
            f"{message}. Leave out lists of other splits.",
            code="unknown-frame",
            path=str(preds),
            count=len(unknown),
        )
    yield Note("unknown-frame", f"{message}; left out", len(unknown))


def _note_on_texts(preds: Path, texts: Sequence[Path]) -> list[Note]:
    """A note on texts that are not lists."""
    if not texts:
        return []
    found = counted(len(texts), "text", "texts")
    message = f"{preds}: {found} without a frame in the name left out, such as {texts[0].name}"
    return [Note("other-texts", message, len(texts))]


def _files_of(frame: str, gt: Path, listing: Path, lines: Sequence[Line]) -> FrameFiles:
    """One image with its predictions of the eight classes."""
    kept = [line for line in lines if line.label in INSTANCE_CLASSES]
    return FrameFiles(
        frame=frame,
        gt=gt,
        listing=listing,
        masks=tuple(line.mask for line in kept),
        label=np.array([line.label for line in kept], np.int64),
        score=np.array([line.score for line in kept], np.float64),
        line=np.array([line.number for line in kept], np.int64),
    )


def _check_masks_exist(frames: Sequence[FrameFiles]) -> None:
    """Refuse lists that name missing files."""
    missing = [
        (frame, place)
        for frame in frames
        for place, mask in enumerate(frame.masks)
        if not is_file(mask)
    ]
    if not missing:
        return
    frame, place = missing[0]
    raise FormatError(
        f"{frame.listing} line {frame.line[place]}: no such mask, {frame.masks[place]}."
        f"{more_like_it(len(missing))} Paths are relative to the list.",
        code="no-file",
        path=str(frame.listing),
        index=int(frame.line[place]) - 1,
        field="mask",
        count=len(missing),
    )
