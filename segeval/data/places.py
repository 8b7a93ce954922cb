"""Places of records in messages, in a file or in the files of a folder."""

from __future__ import annotations

from bisect import bisect_right

Files = tuple[tuple[int, str], ...]
"""Of a folder, the place of the first record of every file, and its name."""


def place_text(place: int, files: Files = ()) -> str:
    """The place of a record in messages; in a folder that in its file, and the file.

    Args:
        place: position in the list of the file or, file after file, of the folder.
        files: of a folder, the place of the first record of every file, and its name.

    Example:
        >>> place_text(7), place_text(7, ((0, "a.json"), (5, "b.json")))
        ('#7', '#2 of b.json')
    """
    if not files:
        return f"#{place}"
    start, name = files[bisect_right(files, place, key=lambda file: file[0]) - 1]
    return f"#{place - start} of {name}"
