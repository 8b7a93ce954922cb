"""What the shards of a run have found: in memory while there is little, else in part files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from segeval.data.whole_files import named_where
from segeval.errors import Note
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.matches import read_part, save_part
from segeval.metrics.coco.parts.merging.merge import merge_parts_of_run
from segeval.metrics.coco.parts.merging.one_run import OneRun
from segeval.metrics.coco.parts.shards.shard import Matched

ROOM = 1 << 27
"""Bytes of matches that are kept in memory; more are written to files."""

AsOne = Callable[[Sequence[int]], OneRun | None]
"""Says how places in the parts of some shards become places in all files."""


@dataclass(eq=False)
class Gathered:
    """The matches of shards, by number.

    Attributes:
        folder: for part files.
        output: the file that they become.
        compat: the official package as the caller named it.
        score_field: the field that scores were read from.
        paths: of part files.
        here: matches in memory, for each shard one for each kind of IoU.
        size: bytes of these.
    """

    folder: Path
    output: Path
    compat: str | None
    score_field: str
    paths: dict[int, Path] = field(default_factory=dict)
    here: dict[int, Sequence[Matches]] = field(default_factory=dict)
    size: int = 0

    def __len__(self) -> int:
        return len(self.paths) + len(self.here)

    def add(self, number: int, done: Matched) -> None:
        """Keep what came back of a shard, if it has any images."""
        size = sum(column.nbytes for own in done.found for column in _columns(own))
        if done.found and self.size + size <= ROOM:
            self.here[number] = done.found
            self.size += size
            return
        path = self.folder / f"{number}.match"
        with named_where(self.output):
            if done.found:
                save_part(done.found, path, compat=self.compat, score_field=self.score_field)
            elif done.part is not None:
                path.write_bytes(done.part)
            else:
                return
        self.paths[number] = path

    def drop(self, number: int) -> None:
        """Let go of a shard, whose images are matched anew."""
        self.paths.pop(number, None)
        for own in self.here.pop(number, ()):
            self.size -= sum(column.nbytes for column in _columns(own))

    def write(self, as_one: AsOne) -> list[Note]:
        """Write all of it to the output; what the user should know of the merging."""
        numbers = sorted(self.paths)
        paths, run = [self.paths[number] for number in numbers], as_one(numbers)
        if not self.here:
            return merge_parts_of_run(paths, self.output, run)
        found = [_uncapped(each) for each in self._joined(as_one)]
        if not paths:
            save_part(found, self.output, compat=self.compat, score_field=self.score_field)
            return []
        first = self.folder / "here.match"
        with named_where(self.output):
            save_part(found, first, compat=self.compat, score_field=self.score_field)
        run = None if run is None else replace(run, starts=(0, *run.starts))
        return merge_parts_of_run([first, *paths], self.output, run)

    def matches(self, as_one: AsOne) -> tuple[list[Matches], list[Note]]:
        """All of it in memory, one for each kind of IoU, and what the user should know."""
        if not self.paths:
            return self._joined(as_one), []
        notes = self.write(as_one)
        return read_part(self.output)[0], notes

    def _joined(self, as_one: AsOne) -> list[Matches]:
        """The matches in memory, with places in all files."""
        numbers = sorted(self.here)
        parts: Sequence[Sequence[Matches]] = [self.here[number] for number in numbers]
        run = as_one(numbers)
        if run is not None:
            parts = run.placed(parts)
        return [Matches.merge(own) for own in zip(*parts, strict=True)]


def _columns(matches: Matches) -> list[memoryview]:
    """The columns of matches that grow with their predictions."""
    own = matches
    columns = (own.prediction, own.image, own.score, own.rank, own.matched_bits, own.ignored_bits)
    others = (*vars(own.unjudged).values(), own.gt_counted)
    return [column.data for column in (*columns, *others)]


def _uncapped(matches: Matches) -> Matches:
    """Matches as a part holds them: notes on a cap over the set follow when numbers do."""
    over_set = matches.request.protocol.cap_scope == "category"
    return matches.noted(None) if over_set else matches
