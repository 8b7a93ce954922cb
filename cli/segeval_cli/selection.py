"""`--categories` and `--images`: names and ids, lists from files, and what to leave out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError

if TYPE_CHECKING:
    from segeval.data.columns import GroundTruth

FROM_FILE = "@"
LEFT_OUT = "~"
FEW_NAMES = 6
"""So many names are listed in a message."""


def chosen_categories(values: Sequence[str] | None, gt: GroundTruth) -> list[int] | None:
    """Ids of the categories that `--categories` asks for, None for all.

    Args:
        values: every value of the option.
        gt: the ground truth that knows the names.

    Raises:
        InputError: if the ground truth has no such category; it proposes names that are close.
    """
    if not values:
        return None
    ids = gt.categories.id.tolist()
    return _choose(values, ids, gt.categories.names, "category", "categories", gt.source)


def chosen_images(values: Sequence[str] | None, gt: GroundTruth) -> list[int] | None:
    """Ids of the images that `--images` asks for, by file name or id; None for all.

    Raises:
        InputError: if the ground truth has no such image.
    """
    if not values:
        return None
    ids = gt.images.id.tolist()
    return _choose(values, ids, gt.images.file_names, "image", "images", gt.source)


def _choose(
    values: Sequence[str],
    ids: Sequence[int],
    names: Sequence[str],
    noun: str,
    option: str,
    source: str,
) -> list[int]:
    """Turn what was asked for into ids: those named, or all but those left out."""
    known = _ids_by_name(ids, names)
    place = f"--{option} {','.join(values)}"
    kept: set[int] = set()
    dropped: set[int] = set()
    items = _items(values, f"--{option}")
    if not items:
        raise InputError(f"{place}: no {noun} is named.", code=option)
    for item in items:
        wanted = item.removeprefix(LEFT_OUT)
        # `~name` leaves out, unless a name really starts that way.
        target = kept if item in known or wanted == item else dropped
        found = known.get(item) or known.get(wanted)
        if found is None:
            raise InputError(
                f'{place}: {source} has no {noun} "{wanted}". '
                + _proposal(wanted, [name for name in names if name], ids, option),
                code=f"unknown-{noun}",
                path=source,
            )
        target.update(found)
    everything = kept or set(ids)
    chosen = [i for i in ids if i in everything and i not in dropped]
    if not chosen:
        raise InputError(
            f"no {noun} left after {place}: {source} has {len(ids):,}.", code=option, path=source
        )
    return chosen


def _ids_by_name(ids: Sequence[int], names: Sequence[str]) -> dict[str, set[int]]:
    """Ids by everything that they may be called; a name wins over an equal id."""
    known: dict[str, set[int]] = {str(i): {i} for i in ids}
    by_name: dict[str, set[int]] = {}
    by_last_part: dict[str, set[int]] = {}
    for i, name in zip(ids, names, strict=True):
        if name:
            by_name.setdefault(name, set()).add(i)
            by_last_part.setdefault(name.rpartition("/")[2], set()).add(i)
    return {**by_last_part, **known, **by_name}


def _items(values: Sequence[str], option: str) -> list[str]:
    """Single names from values with commas and from files with a name per line."""
    items: list[str] = []
    for value in values:
        if value.startswith(FROM_FILE):
            path = Path(value.removeprefix(FROM_FILE))
            try:
                items += path.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as problem:
                reason = getattr(problem, "strerror", None) or "not a text file"
                raise InputError(
                    f"{option} {value}: {reason}. Expected a file with a name or id per line.",
                    code="file",
                    path=str(path),
                ) from None
        else:
            items += value.split(",")
    return [item.strip() for item in items if item.strip()]


def _proposal(wanted: str, names: Sequence[str], ids: Sequence[int], option: str) -> str:
    """What may have been meant, or what there is."""
    if not names:
        first = ", ".join(str(i) for i in ids[:FEW_NAMES])
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
