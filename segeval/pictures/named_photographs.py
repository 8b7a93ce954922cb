"""Photographs found by the ids of their images, where no ground truth names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from segeval.data.keys import Key, shown_key
from segeval.data.pictures.photos import photos_below
from segeval.errors import InputError

NUMBER = re.compile(r"(\d{1,18})$")
"""The number at the end of a name, as in COCO_val2014_000000000139."""


def names_of_images(folder: Path, ids: Iterable[Key]) -> list[str]:
    """The photographs of images, below a folder.

    The name of a photograph without its suffix is the id, or ends with it: 139.jpg,
    000000000139.jpg or COCO_val2014_000000000139.jpg.

    Args:
        folder: of the photographs.
        ids: of images.

    Returns:
        Paths below the folder; "" for an image that has none.

    Raises:
        InputError: if there are no photographs, or several are of one id.
    """
    by_id: dict[Key, list[Path]] = {}
    for path in photos_below(folder):
        by_id.setdefault(path.stem, []).append(path)
        number = NUMBER.search(path.stem)
        if number is not None:
            by_id.setdefault(int(number[1]), []).append(path)
    return [_one(folder, each, by_id.get(each, [])) for each in ids]


def _one(folder: Path, image: Key, paths: list[Path]) -> str:
    """The photograph of an image, below the folder; errors as in `names_of_images`."""
    exact = [path for path in paths if path.stem.lstrip("0") == str(image).lstrip("0")]
    found = exact or paths
    if len(found) > 1:
        raise InputError(
            f"{folder}: {found[0].name} and {found[1].name} may both be image "
            f"{shown_key(image)}. Name the ground truth too: it says which file is which image.",
            code="ambiguous",
            path=str(folder),
        )
    return found[0].relative_to(folder).as_posix() if found else ""
