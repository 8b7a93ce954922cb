"""Some of the categories or images: those that are named, or all but those left out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.errors import InputError

LEFT_OUT = "~"
FEW_NAMES = 6
"""Most names listed in a message."""

MOST_PARTS = 8
"""Most parts between commas that one name is looked for in."""

NOUNS = {"categories": "category", "images": "image"}


def chosen(
    wanted: Sequence[int | str],
    ids: Sequence[Key],
    names: Sequence[str],
    *,
    option: Literal["categories", "images"],
    source: str,
) -> NDArray[np.int64]:
    """Places of the categories or images asked for.

    Args:
        wanted: at least one id or name (of a file also its name without folders), also several
            with commas; "~name" leaves one out. A name wins over an equal id.
        ids: the K ids that exist.
        names: their names; "" where there is none.
        option: name of the argument.
        source: name of the file with ids and names.

    Returns:
        Indices into ids, ascending, int64; if only some are left out, all others.

    Raises:
        InputError: for an unknown category or image, with close names; or if none is left.

    Example:
        >>> names = ["chair", "lamp", "~rug"]
        >>> chosen(["lamp", 4], [4, 7, 9], names, option="categories", source="gt.json")
        array([0, 1])
        >>> chosen(["~lamp"], [4, 7, 9], names, option="categories", source="gt.json")
        array([0, 2])
    """
    noun, place = NOUNS[option], _place(option, wanted)
    known = _places_by_name(ids, names)
    kept: set[int] = set()
    dropped: set[int] = set()
    for item in _separated(wanted, known):
        name = item.removeprefix(LEFT_OUT)
        # `~name` leaves out, unless a name really starts that way.
        target = kept if item in known or name == item else dropped
        found = known.get(item) or known.get(name)
        if found is None:
            raise InputError(
                f'{place}: {source} has no {noun} "{name}". {_proposal(name, names, ids, option)}',
                code=f"unknown-{noun}",
                path=source,
                option=option,
            )
        target |= found
    places = sorted((kept or set(range(len(ids)))) - dropped)
    if not places:
        raise InputError(
            f"no {noun} left after {place}: {source} has {len(ids):,}.",
            code=option.replace("_", "-"),
            path=source,
            option=option,
        )
    return np.array(places, np.int64)


def one_image(
    wanted: int | str, ids: Sequence[Key], names: Sequence[str], *, source: str, option: str
) -> int:
    """The place of one image.

    Args:
        wanted: its id, or its file name with or without folders. A name wins over an equal id.
        ids: the I ids that exist.
        names: their file names; "" where there is none.
        option: name of the argument.
        source: name of the file with ids and names.

    Raises:
        InputError: for an unknown image, with the nearest ids or names; or for a name of several.

    Example:
        >>> one_image("b.png", [4, 7], ["x/a.png", "x/b.png"], source="gt.json", option="image")
        1
    """
    places = sorted(_places_by_name(ids, names).get(str(wanted), ()))
    if len(places) == 1:
        return places[0]
    if not places:
        proposal = _nearest_ids(str(wanted), ids) or _proposal(str(wanted), names, ids, "images")
        problem = f'{source} has no image "{wanted}". {proposal}'
    else:
        own = [str(ids[place]) for place in places]
        problem = _several(own, source, "id")
    raise _no_image(wanted, problem, source, option)


def one_file(wanted: int | str, paths: Sequence[str], *, source: str, option: str) -> int:
    """The place of one image whose name is a path in a folder.

    Args:
        wanted: the path, or its end without folders, each with or without suffix. The longer form
            wins: a path over a name, one with a suffix over one without.
        paths: of all images, with "/" between folders.
        source: name of the folder.
        option: name of the argument.

    Raises:
        InputError: for an unknown image, with the nearest names; or for a name of several.

    Example:
        >>> paths = ["a/03.png", "b/04.png"]
        >>> one_file("a/03", paths, source="gt", option="image")
        0
        >>> one_file("04", paths, source="gt", option="image")
        1
    """
    for shortened in (str, _without_suffix, _last_part, _last_part_without_suffix):
        places = [place for place, path in enumerate(paths) if shortened(path) == str(wanted)]
        if len(places) == 1:
            return places[0]
        if places:
            own = [paths[place] for place in places]
            raise _no_image(wanted, _several(own, source, "path"), source, option)
    proposal = _proposal(str(wanted), paths, paths, "images")
    raise _no_image(wanted, f'{source} has no image "{wanted}". {proposal}', source, option)


def _several(own: Sequence[str], source: str, what: str) -> str:
    """What is wrong with a name of several images, whose ids or paths are `own`."""
    listed = f"{', '.join(own[:FEW_NAMES])}{', ...' if own[FEW_NAMES:] else ''}"
    return f"{source} has {len(own):,} images of that name. Name its {what}: {listed}."


def _no_image(wanted: int | str, problem: str, source: str, option: str) -> InputError:
    """The error about an image that cannot be told."""
    return InputError(
        f"`{option}={wanted!r}`: {problem}", code="unknown-image", path=source, option=option
    )


def _without_suffix(path: str) -> str:
    """A path without the suffix of its file."""
    return str(PurePosixPath(path).with_suffix(""))


def _last_part(path: str) -> str:
    """The name of a file."""
    return PurePosixPath(path).name


def _last_part_without_suffix(path: str) -> str:
    """The name of a file without its suffix."""
    return PurePosixPath(path).stem


def _nearest_ids(wanted: str, ids: Sequence[Key]) -> str:
    """The ids next to a whole number, "" where numbers are no ids."""
    numbers = [each for each in ids if isinstance(each, int)]
    if not numbers or not wanted.isascii() or not wanted.isdecimal():
        return ""
    nearest = sorted(numbers, key=lambda each: (abs(each - int(wanted)), each))[:3]
    return f"Its nearest ids: {', '.join(map(str, sorted(nearest)))}."


def _separated(wanted: Sequence[int | str], known: Mapping[str, Any]) -> list[str]:
    """The names asked for, one by one: a name may hold commas, and a text several names.

    The command line splits at every comma; the parts of a name that has some are joined again.
    """

    def is_known(text: str) -> bool:
        return text in known or text.removeprefix(LEFT_OUT) in known

    parts: list[str] = []
    for item in map(str, wanted):
        split = [part.strip() for part in item.split(",")]
        parts += [item] if is_known(item) else [part for part in split if part] or [item]
    found: list[str] = []
    while parts:
        ends = range(min(len(parts), MOST_PARTS), 1, -1) if not is_known(parts[0]) else ()
        texts = [(comma.join(parts[:end]), end) for end in ends for comma in (", ", ",")]
        text, end = next((each for each in texts if is_known(each[0])), (parts[0], 1))
        found.append(text)
        del parts[:end]
    return found


def _place(option: str, wanted: Sequence[int | str]) -> str:
    """The argument with its value, a long list cut."""
    shown = [repr(item) for item in wanted[:FEW_NAMES]]
    return f"`{option}=[{', '.join(shown)}{', ...' if len(wanted) > FEW_NAMES else ''}]`"


def _places_by_name(ids: Sequence[Key], names: Sequence[str]) -> dict[str, set[int]]:
    """Places by every accepted name; a name wins over an equal id."""
    by_id = {str(number): {place} for place, number in enumerate(ids)}
    by_name: dict[str, set[int]] = {}
    by_last_part: dict[str, set[int]] = {}
    for place, name in enumerate(names):
        if name:
            by_name.setdefault(name, set()).add(place)
            by_last_part.setdefault(name.rpartition("/")[2], set()).add(place)
    return {**by_last_part, **by_id, **by_name}


def _proposal(wanted: str, names: Sequence[str], ids: Sequence[Key], option: str) -> str:
    """What may have been meant, or the names that exist."""
    if not ids:
        return f"It has no {option}."
    names = [name for name in names if name]
    if not names:
        first = ", ".join(str(number) for number in ids[:FEW_NAMES])
        return f"Its {option} have no names; ids: {first}{', ...' if ids[FEW_NAMES:] else ''}."
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(wanted.casefold(), folded, n=3, cutoff=0.6)
    inside = [low for low in folded if len(wanted) > 2 and wanted.casefold() in low][:3]
    meant = [f'"{folded[low]}"' for low in dict.fromkeys([*close, *inside])][:3]
    if meant:
        return f"Did you mean {' or '.join(meant)}?"
    listed = ", ".join(f'"{name}"' for name in names[:FEW_NAMES])
    if len(names) <= FEW_NAMES:
        return f"It calls them {listed}."
    return f"It has {len(ids):,} {option}: {listed}, ..."
