"""Numbers of slices as a user names them: "slices.night.ap", or "slices.worst.ap" of all slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segeval.analysis.comparison.differences import family_of
from segeval.analysis.comparison.names import kinds_of, named_path, of_other_kind
from segeval.analysis.key_paths import KeyPath, dotted
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS

SLICES = "slices"
"""The key before the label of a slice, as in JSON."""

WORST = "worst"
"""In place of a label: whichever slice is worst, unless one has this label."""

SHOWN = 5
"""Labels that a message lists."""


@frozen
class SliceName:
    """A number of slices.

    Attributes:
        labels: of the slices; several where the worst of them is asked for.
        label: as it was written, a label or "worst".
        number: name of the number, without the slice.
    """

    labels: tuple[str, ...]
    label: str
    number: str


def slice_name(name: object, labels: Iterable[str]) -> SliceName | None:
    """What the name of a number says of slices; None for a number of all images.

    Args:
        name: such as "slices.night.ap", "segm.slices.worst.ap50" or "AP50"; what is no text is
            no number of a slice.
        labels: of the slices that there are.

    Raises:
        InputError: for a slice that there is not.

    Example:
        >>> slice_name("segm.slices.night.ap", ["day", "night"])
        SliceName(labels=('night',), label='night', number='segm.ap')
        >>> slice_name("slices.worst.ap", ["day", "night"]).labels
        ('day', 'night')
    """
    if not isinstance(name, str):
        return None
    before, found, after = f".{name.removeprefix('results.')}".partition(f".{SLICES}.")
    kind = before.removeprefix(".")
    if not found or (kind and kind not in KINDS):
        return None
    known = tuple(labels)
    if not known:
        raise InputError(
            f"`metric` is {name!r}, which names a slice, and there are none. `slices` says what "
            "they are, such as a field of the images.",
            code="metric",
            option="metric",
        )
    for label in (*sorted(known, key=len, reverse=True), WORST):
        if after.startswith(f"{label}."):
            key = after.removeprefix(f"{label}.")
            number = f"{kind}.{key}" if kind else key
            return SliceName((label,) if label in known else known, label, number)
    shown = ", ".join(known[:SHOWN]) + (" and others" if len(known) > SHOWN else "")
    raise InputError(
        f"`metric` is {name!r}, and no slice has this name. Expected {SLICES}.LABEL.NUMBER; "
        f'the labels are {shown}, and "{WORST}" stands for whichever is worst.',
        code="metric",
        option="metric",
    )


def overall_path(asked: SliceName, paths: Sequence[KeyPath]) -> KeyPath:
    """The number that slices are asked for, which has to be an overall one.

    Args:
        asked: the slices and the name of the number.
        paths: all numbers.

    Raises:
        InputError: if there is no such overall number.
    """
    overall = [path for path in paths if family_of(path) is None]
    try:
        return named_path(asked.number, overall, {})
    except InputError:
        places = ", ".join(dotted(path_of_slice(path, asked.label, paths)) for path in overall)
        raise InputError(
            f"`metric` asks for {asked.number!r} of a slice, expected an overall number: {places}."
            f"{of_other_kind(asked.number, kinds_of(paths))}",
            code="metric",
            option="metric",
        ) from None


def path_of_slice(path: KeyPath, label: str, paths: Sequence[KeyPath]) -> KeyPath:
    """The place of a slice's overall number.

    Args:
        path: of the number of all images.
        label: of the slice, or "worst".
        paths: all numbers, which say whether there are kinds of IoU.

    Example:
        >>> path_of_slice(("segm", "ap"), "night", [("segm", "ap")])
        ('segm', 'slices', 'night', 'ap')
    """
    kinds = int(bool(kinds_of(paths)))
    return (*path[:kinds], SLICES, label, *path[kinds:])
