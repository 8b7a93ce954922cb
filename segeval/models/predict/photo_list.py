"""The list of images to predict, and the names of their results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.data.coco.image_list import ImageList
from segeval.data.folders import existing_folder
from segeval.data.paths import exists, is_folder
from segeval.data.pictures.photos import photos_below
from segeval.errors import InputError, Note
from segeval.models.predict.photo_queue import Photo
from segeval.words import counted


def photos_of_paths(paths: Sequence[str | Path]) -> list[Photo]:
    """Images from files and folders, with ids from 1 in the order of their paths.

    With a single folder, names are relative to it; otherwise they are the paths.

    Args:
        paths: files, and folders with their subfolders.

    Raises:
        InputError: if a path does not exist, or a folder has no images.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if is_folder(path):
            found.update(dict.fromkeys(photos_below(path)))
        elif exists(path):
            found[path] = None
        else:
            raise InputError(f"{path}: no such file or folder.", code="no-file", path=str(path))
    folder = Path(paths[0]) if len(paths) == 1 and is_folder(paths[0]) else None
    return [
        Photo(path, place, (path if folder is None else path.relative_to(folder)).as_posix())
        for place, path in enumerate(sorted(found), start=1)
    ]


def photos_of_list(listed: ImageList, folder: str | Path) -> list[Photo]:
    """The images of a COCO file, with its ids, names and sizes.

    Args:
        listed: the images of the file.
        folder: of the images.

    Raises:
        InputError: if there is no such folder, or the file lists no images.
    """
    existing_folder(folder, f", expected the images of {listed.source} in it")
    if not listed.images:
        raise InputError(f"{listed.source}: lists no images.", code="no-images", path=listed.source)
    inside = {Path(each.file_name).parent for each in listed.images}
    known = {parent for parent in inside if is_folder(Path(folder, parent))}
    found = []
    for each in listed.images:
        name = Path(each.file_name)  # may begin with a folder that is not here
        path = Path(folder, name if name.parent in known else name.name)
        found.append(Photo(path, each.id, each.file_name, each.size))
    return found


def photos_there(
    photos: Sequence[Photo], listed: ImageList, folder: str | Path, *, skip: bool = False
) -> tuple[list[Photo], tuple[Note, ...]]:
    """The images of a COCO file that exist in the folder, checked before any work.

    Args:
        photos: from `photos_of_list`.
        listed: the images of the file.
        folder: of the images.
        skip: whether to leave out missing images, with a note.

    Raises:
        InputError: if all images are missing, or one is and `skip` is false.
    """
    names: dict[Path, set[str]] = {}  # testing every file takes minutes on a network drive
    for parent in {photo.path.parent for photo in photos}:
        names[parent] = {each.name for each in parent.iterdir()} if is_folder(parent) else set()
    there = [
        photo
        for photo in photos
        if photo.path.name in names[photo.path.parent] or exists(photo.path)
    ]
    if len(there) == len(photos):
        return there, ()
    known = {photo.id for photo in there}
    absent = next(photo for photo in photos if photo.id not in known)
    number = len(photos) - len(there)
    message = (
        f"{folder}: {number:,} of the {counted(len(photos), 'image')} of {listed.source} "
        f"{'is' if number == 1 else 'are'} missing, first {absent.name}"
    )
    if skip and there:
        return there, (Note("missing-image", f"{message}; left out.", number),)
    advice = (
        "To leave them out: `skip_broken=True`"
        if there
        else "Give the folder with the images of the list."
    )
    raise InputError(f"{message}. {advice}", code="no-file", path=str(absent.path), count=number)


def label_map_names(photos: Sequence[Photo]) -> list[str]:
    """The names of the label maps of images, within one folder.

    Raises:
        InputError: if two label maps would have the same name.
    """
    names: dict[str, Photo] = {}
    for photo in photos:
        within = Path(photo.name)
        name = within.name if within.is_absolute() or ".." in within.parts else within
        key = Path(name).with_suffix(".png").as_posix()
        if key in names:
            raise InputError(
                f"{photo.path}: its label map would be {key}, like that of {names[key].path}. "
                "Predict them separately, into two folders.",
                code="same-name",
                path=str(photo.path),
            )
        names[key] = photo
    return list(names)
