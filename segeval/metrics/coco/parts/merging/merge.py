"""One part file from several, in memory that hardly grows with predictions, objects and images.

The parts are read twice, block by block: first their images and objects are counted, which the
header needs, then all is written in order. Of each image its place in the whole stays in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from segeval.data.keys import Key
from segeval.data.whole_files import folder_beside
from segeval.errors import MismatchError, Note
from segeval.metrics.coco.parts.layout.groups import Group, read_groups
from segeval.metrics.coco.parts.layout.writing import Content, write_part
from segeval.metrics.coco.parts.merging.groups import JoinedGroup
from segeval.metrics.coco.parts.merging.images import joined_images
from segeval.metrics.coco.parts.merging.one_run import OneRun
from segeval.metrics.coco.parts.merging.sources import Source, sources_of
from segeval.metrics.parts.alike import check_alike, images_in_several
from segeval.metrics.parts.files import PartReader, check_some

AT_ONCE = 128
"""Most parts that are open at a time; more are merged in groups first."""


def merge_parts(paths: Sequence[str | Path], output: str | Path) -> list[Note]:
    """Join part files of disjoint images, in any order and grouping.

    An image that several parts hold with equal content counts once.

    Args:
        paths: of the parts, at least one.
        output: of the file to write, which appears whole or not at all.

    Returns:
        What the user should know, such as how many images were in several parts.

    Raises:
        InputError: for no parts, or an output that cannot be written.
        FormatError: for a part that is damaged or of another version.
        MismatchError: if parts were matched by different rules or on different categories, or hold
            different content for one image.

    Example:
        >>> import tempfile
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.parts import ap_of_part, match_part
        >>> scene = furniture(images=8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [f"{folder}/{number}.match" for number in (1, 2)]
        ...     for number, path in enumerate(paths, 1):
        ...         _ = match_part(scene.better, scene.ground_truth, path, shard=(number, 2))
        ...     _ = merge_parts(paths, f"{folder}/all.match")
        ...     found = ap_of_part(f"{folder}/all.match")
        >>> round(found.ap, 3)
        0.74
    """
    return merge_parts_of_run(paths, output, None)


def merge_parts_of_run(
    paths: Sequence[str | Path], output: str | Path, run: OneRun | None
) -> list[Note]:
    """The same for parts that one run may have matched.

    Args:
        paths: as in `merge_parts`.
        output: as in `merge_parts`.
        run: the files of all parts as one; None for parts of several runs.
    """
    check_some(paths)
    return images_in_several(len(_merged(list(paths), output, run)))


def _merged(paths: Sequence[str | Path], output: str | Path, run: OneRun | None) -> frozenset[Key]:
    """Merge parts, at most so many at a time; ids of images that are in several."""
    if len(paths) <= AT_ONCE:
        return _merged_at_once(paths, output, run)
    groups = -(-len(paths) // AT_ONCE)
    edges = [len(paths) * place // groups for place in range(groups + 1)]
    repeated: frozenset[Key] = frozenset()
    with folder_beside(Path(output)) as folder:
        merged: list[str | Path] = []
        for start, stop in pairwise(edges):
            merged.append(folder / f"{start}.match")
            own = None if run is None else run.of(start, stop)
            repeated |= _merged_at_once(paths[start:stop], merged[-1], own)
        return repeated | _merged(merged, output, None)


def _merged_at_once(
    paths: Sequence[str | Path], output: str | Path, run: OneRun | None
) -> frozenset[Key]:
    """Merge parts that are all open; ids of images that are in several."""
    with ExitStack() as stack:
        readers = [stack.enter_context(PartReader(path)) for path in paths]
        groups = [read_groups(reader) for reader in readers]
        _check_headers(readers)
        _check_rules(readers, groups)
        sources = sources_of(readers, groups, run)
        images = joined_images(sources)
        order: list[str] = readers[0].header["order"]
        joined = [
            JoinedGroup(sources, images, places, kinds)
            for places, kinds in _grouped(sources, order)
        ]
        content = Content(
            score_field=readers[0].header["score_field"],
            keys=images.keys,
            images=images.blocks(),
            objects=[group.objects() for group in joined],
            rows=[group.rows() for group in joined],
        )
        compat = readers[0].header["compat"]
        write_part(output, [each.group for each in joined], compat, content, order)
    return images.repeated


def _check_headers(readers: Sequence[PartReader]) -> None:
    """Refuse parts of different versions, kinds of IoU, packages or columns."""
    first = readers[0]
    for reader in readers[1:]:
        own, expected = reader.header.get("version"), first.header.get("version")
        if own != expected:
            raise MismatchError(
                f"{reader.name}: was matched by version {own}, and {first.name} by {expected}. "
                "Parts must be matched by one version.",
                code="parts",
                path=reader.name,
            )
    names = {"iou": "order", "compat": "compat", "score_field": "score_field"}
    check_alike([
        (reader.name, {what: reader.header.get(name) for what, name in names.items()})
        for reader in readers
    ])  # fmt: skip
    with_errors = [reader.name for reader in readers if reader.header.get("errors", False)]
    without = [reader.name for reader in readers if not reader.header.get("errors", False)]
    if with_errors and without:
        raise MismatchError(
            f"{without[0]}: was matched without what error kinds need, {with_errors[0]} with it. "
            "Match all parts by `match_part(errors=True)`, or none.",
            code="parts",
            path=without[0],
            option="errors",
        )


def _check_rules(readers: Sequence[PartReader], groups: Sequence[Sequence[Group]]) -> None:
    """Refuse parts that were matched by other rules or on other categories."""
    for kind in readers[0].header["order"]:
        frames = [
            next(frame for group in own for frame in group.frames if frame.request.iou == kind)
            for own in groups
        ]
        names = [reader.name for reader in readers]
        alike = [frame.alike() for frame in frames]
        check_alike(list(zip(names, alike, strict=True)))


def _grouped(
    sources: Sequence[Source], order: Sequence[str]
) -> list[tuple[tuple[int, ...], list[str]]]:
    """The groups of the result: the numbers of those of each part, and kinds of IoU.

    Kinds of IoU are in one group where all parts have them in one.
    """
    homes = [
        {kind: place for place, group in enumerate(source.groups) for kind in group.kinds}
        for source in sources
    ]
    found: dict[tuple[int, ...], list[str]] = {}
    for kind in order:
        found.setdefault(tuple(home[kind] for home in homes), []).append(kind)
    return list(found.items())
