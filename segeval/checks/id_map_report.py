"""The search for every mistake in id maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from segeval.checks.label_map_report import OF_THE_CALL
from segeval.checks.report import (
    CheckReport,
    GroundTruthSummary,
    PredictionsSummary,
    gathered,
    ordered,
)
from segeval.data.id_maps.folders import IdMap, id_map_pairs_so_far, id_maps, left_out
from segeval.data.id_maps.pieces import pieces
from segeval.errors import InputError
from segeval.findings import Finding, finding_of
from segeval.frozen import frozen
from segeval.kernels.threads import in_order
from segeval.words import counted, size_text

FINDING_KINDS = ("files", "id maps", "pieces", "empty maps", "foreground")
"""Kinds of mistakes that are looked for."""

ID_MAPS = "id maps"
"""Name of the form in the header lines."""


@frozen(eq=False)
class _Looked:
    """What is in one id map.

    Attributes:
        place: of the file, for messages.
        ids: of its objects.
        split: those in several pieces, with their number.
        size: (H, W) in pixels.
        findings: why it cannot be read.
    """

    place: str
    ids: tuple[int, ...] = ()
    split: tuple[tuple[int, int], ...] = ()
    size: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


def check_id_maps(preds: str | Path, gt: str | Path | None = None) -> CheckReport:
    """Every mistake in id maps: pictures or arrays in which every number but 0 is an object.

    Args:
        preds: a folder or a file of predictions, or, alone, of ground truth, as in `id_maps_ap`.
        gt: the same of ground truth; None to check the first input alone.

    Returns:
        Findings, and the number of maps and objects of each side.

    Raises:
        InputError: if there is no such file or folder, or a folder is given with a file.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder, "a.npy"), np.array([[7, 0, 7]]))
        ...     report = check_id_maps(folder)
        >>> [finding.kind for finding in report.warnings]
        ['pieces']
    """
    sources = [preds] if gt is None else [preds, gt]
    try:
        pairs, unpaired = ((), None) if gt is None else id_map_pairs_so_far(preds, gt)
        sides: list[Sequence[IdMap]] = [id_maps(preds)]
        if gt is not None:
            sides = [[pair.pred for pair in pairs], [pair.gt for pair in pairs]]
    except InputError as error:
        if error.code in OF_THE_CALL:
            raise
        return CheckReport(ordered([finding_of(error, "files")], ()))
    found = [list(in_order(_look, side)) for side in sides]
    findings = [] if unpaired is None else [finding_of(unpaired, "files")]
    findings += [
        Finding("warn", "files", note.message, note.count, code=note.code)
        for source in sources
        for note in left_out(source)
    ]
    findings += gathered((each for side in found for one in side for each in one.findings), "file")
    if gt is not None:
        sizes = (_sizes(*both) for both in zip(*found, strict=True))
        findings += gathered((each for some in sizes for each in some), "file")
    for source, side in zip(sources, found, strict=True):
        findings += [each for check in CHECKS for each in check(str(source), side)]
    objects = [sum(len(one.ids) for one in side) for side in found]
    return CheckReport(
        ordered(findings, FINDING_KINDS),
        PredictionsSummary(str(preds), objects[0], len(found[0]), 1, ID_MAPS, None, None),
        None
        if gt is None
        else GroundTruthSummary(str(gt), objects[1], len(found[1]), 1, ID_MAPS, 0, is_lvis=False),
    )


def _look(own: IdMap) -> _Looked:
    """What is in one id map."""
    try:
        ids = own.read()
    except InputError as error:
        return _Looked(own.place, findings=(finding_of(error, "id maps"),))
    values, number = pieces(ids)
    several = number > 1
    split = tuple(zip(values[several].tolist(), number[several].tolist(), strict=True))
    return _Looked(own.place, tuple(values.tolist()), split, ids.shape)


def _sizes(pred: _Looked, gt: _Looked) -> Iterator[Finding]:
    """A prediction of another size than its ground truth."""
    if pred.size and gt.size and pred.size != gt.size:
        yield Finding(
            "error",
            "id maps",
            f"has {size_text(pred.size)} pixels, the ground truth {gt.place} {size_text(gt.size)}",
            1,
            path=pred.place,
            hint="Predictions must have the size of the ground truth.",
            code="size-differs",
        )


def _in_pieces(source: str, side: Sequence[_Looked]) -> Iterator[Finding]:
    """Objects of which no path of pixels leads from one part to another."""
    some = [one for one in side if one.split]
    count = sum(len(one.split) for one in some)
    if count:
        own, number = some[0].split[0]
        objects = counted(count, "object is", "objects are")
        yield Finding(
            "warn",
            "pieces",
            f"{objects} in several pieces, in {counted(len(some), 'map')}; first "
            f"{some[0].place}: id {own}, in {number:,}",
            count,
            path=source,
            hint="All pixels with an id are one object; pieces of an id that are objects of their "
            "own need ids of their own.",
            code="pieces",
        )


def _empty(source: str, side: Sequence[_Looked]) -> Iterator[Finding]:
    """Maps without an object."""
    empty = [one for one in side if one.size and not one.ids]
    if empty:
        yield Finding(
            "warn",
            "empty maps",
            f"{counted(len(empty), 'map')} of {len(side):,} "
            f"{'holds' if len(empty) == 1 else 'hold'} no object, first {empty[0].place}",
            len(empty),
            path=source,
            code="empty-maps",
        )


def _foreground(source: str, side: Sequence[_Looked]) -> Iterator[Finding]:
    """Maps that all have the same single id."""
    ids = {one.ids for one in side if one.ids}
    maps = sum(bool(one.ids) for one in side)
    if maps > 1 and len(ids) == 1 and len(own := ids.pop()) == 1:
        yield Finding(
            "warn",
            "foreground",
            f"{own[0]} is the only id in all {maps:,} maps with objects",
            maps,
            path=source,
            hint="Masks of foreground need an id for each object.",
            code="one-object",
        )


CHECKS: tuple[Callable[[str, Sequence[_Looked]], Iterator[Finding]], ...] = (
    _in_pieces,
    _empty,
    _foreground,
)
"""What is looked for in all maps of one side."""
