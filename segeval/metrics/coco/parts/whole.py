"""Part files of AP as matches in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.codes import coded
from segeval.metrics.coco.parts.content import image_digests
from segeval.metrics.coco.parts.layout import (
    Group,
    filled,
    frame_of,
    header_of,
    narrowed,
    read_groups,
    read_rows,
    write_group,
)
from segeval.metrics.coco.parts.rows import Rows, no_rows
from segeval.metrics.part_files import PartReader, written_part
from segeval.words import counted

SAME = ("offsets", "prediction", "image", "score", "rank", "image_ids", "category_ids")
"""Columns that kinds of IoU with the same predictions have in common."""


def save_part(
    found: Sequence[Matches],
    path: str | Path,
    *,
    compat: str | None = None,
    score_field: str = "score",
    overlaps: Sequence[Overlaps] | None = None,
) -> None:
    """Write matches as a part file, which appears whole or not at all.

    Args:
        found: matches of the same files, one for each kind of IoU.
        path: of the file.
        compat: the official package as the caller named it.
        score_field: the field that scores were read from.
        overlaps: of each, for error kinds; None to leave them out.

    Raises:
        InputError: if the folder does not exist, or the path is no file.
        FormatError: if scores are no numbers, which a compat mode takes: nothing ranks them among
            those of other parts.
    """
    check_scores(found[0])
    grouped: list[list[Matches]] = []
    for each in found:
        alike = next((own for own in grouped if _judge_alike(own[0], each)), None)
        if alike is None:
            grouped.append([each])
        else:
            alike.append(each)
    known = (
        {each.request.iou: own for each, own in zip(found, overlaps, strict=True)}
        if overlaps is not None
        else {}
    )
    ready = [_group(own, known) for own in grouped]
    groups = [group for group, _ in ready]
    with written_part(path, header_of(groups, compat, score_field)) as writer:
        for place, (group, rows) in enumerate(ready):
            write_group(writer, place, group, [rows], groups[0].frames[0])


def read_part(path: str | Path) -> tuple[list[Matches], str | None]:
    """The matches of a part file, one for each kind of IoU, and the official package.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.
    """
    with PartReader(path) as reader:
        groups = read_groups(reader)
        found = {}
        for place, group in enumerate(groups):
            rows = Rows.joined([*read_rows(reader, place, group)] or [no_rows(group.kinds)])
            for frame in group.frames:
                found[frame.request.iou] = filled(group, frame, rows).ranked_anew()
        return [found[kind] for kind in reader.header["order"]], reader.header["compat"]


def check_scores(matches: Matches) -> None:
    """Refuse scores that no order of parts can rank.

    Raises:
        FormatError: if one is NaN.
    """
    wrong = int(np.isnan(matches.score).sum())
    if wrong:
        raise FormatError(
            f"{matches.origins[0].preds}: {counted(wrong, 'score is', 'scores are')} NaN, expected "
            "numbers: a part holds predictions by score. Evaluate the files themselves.",
            code="score",
            path=matches.origins[0].preds,
            field="score",
            count=wrong,
        )


def _judge_alike(one: Matches, other: Matches) -> bool:
    """Whether two kinds of IoU judge the same predictions."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in SAME)


def _group(kinds: list[Matches], overlaps: Mapping[str, Overlaps]) -> tuple[Group, Rows]:
    """Kinds of IoU with the same predictions as a group, and their rows.

    Args:
        kinds: their matches.
        overlaps: of all kinds of IoU, or of none.
    """
    first = kinds[0]
    tables, codes = {}, {}
    for own in kinds:
        bits = np.concatenate([own.matched_bits, own.ignored_bits])
        codes[own.request.iou], tables[own.request.iou] = coded(bits)
    group = Group(
        tuple(frame_of(own) for own in kinds),
        first.offsets,
        tables,
        {own.request.iou: image_digests(own, overlaps.get(own.request.iou)) for own in kinds},
        first.unjudged,
        bool(overlaps),
    )
    types = group.types()
    rows = Rows(
        category=first.category,
        score=first.score,
        image=first.image.astype(types["image"]),
        prediction=first.prediction.astype(types["prediction"]),
        rank=_ranks(first).astype(types["rank"]),
        codes={kind: own.astype(types[f"codes_{kind}"]) for kind, own in codes.items()},
        overlaps={
            kind: narrowed(own, kind, types) for kind, own in overlaps.items() if kind in codes
        },
    )
    return group, rows


def _ranks(matches: Matches) -> NDArray[np.int32]:
    """Ranks as they are kept: those under a cap over the set follow when numbers are computed."""
    if matches.request.protocol.cap_scope == "category":
        return np.zeros_like(matches.rank)
    return matches.rank
