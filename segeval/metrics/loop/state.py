"""What a metric holds: matches of the images so far, and the images that wait to be matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from threading import RLock

import numpy as np

from segeval.checks.whole_scores import ScoreTable
from segeval.data.ids import index_of
from segeval.data.keys import Key, shown_key, written
from segeval.errors import FormatError
from segeval.metrics.coco.cap_notes import cap_notes
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.merging import Origin
from segeval.metrics.loop.chunks import Chunk, joined, matched, matched_apart, one_file
from segeval.metrics.loop.columns import GROUND_TRUTH, PREDS
from segeval.metrics.loop.image_records import ImageRecord
from segeval.metrics.loop.images import Seen, check_kind, ordered
from segeval.metrics.loop.one_at_a_time import one_at_a_time
from segeval.metrics.loop.settings import Settings
from segeval.metrics.loop.tables import check_repeats

WAITING = 64
"""Images that are matched together, since every call has a fixed cost."""

MANY = 8192
"""Predictions that are matched together."""

LARGE = 1 << 15
"""Rows of a chunk that grows no more: joining takes twice its memory."""


class State:
    """What a metric holds; whatever can fail is done before anything changes.

    Args:
        settings: what the metric is asked for.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.images: dict[Key, Seen] = {}
        self.chunks: tuple[Chunk, ...] = ()
        self.waiting: dict[Key, ImageRecord] = {}
        self.with_boxes: bool | None = None
        self.lock = RLock()

    @one_at_a_time
    def add(self, records: Sequence[ImageRecord]) -> None:
        """Take the images of a batch, each once.

        Raises:
            InputError: for what would give a wrong number; then nothing has changed.
        """
        check_kind(self.images, [record.key for record in records])
        for record in records:
            if record.is_doubtful:
                matched([record], self.settings, alone=True)
        with_boxes = self._with_boxes(records)
        seen = {record.key: _seen(record, self.settings) for record in records}
        known = {key: self.images[key] for key in seen if key in self.images}
        check_repeats(known, self.settings.repeats)
        kept = [
            record
            for record in records
            if record.key not in known or seen[record.key].content < known[record.key].content
        ]
        replaced = {record.key for record in kept if record.key in known}
        waiting = {key: one for key, one in self.waiting.items() if key not in replaced}
        waiting.update((record.key, record) for record in kept)
        chunks = _without(self.chunks, replaced)
        if len(waiting) >= WAITING or sum(len(one.preds) for one in waiting.values()) >= MANY:
            chunks, waiting = self._matched(chunks, waiting), {}
        self.chunks, self.waiting, self.with_boxes = chunks, waiting, with_boxes
        self.images.update(
            (key, known[key].again(one) if key in known else one) for key, one in seen.items()
        )

    @one_at_a_time
    def flush(self) -> None:
        """Match the images that wait."""
        if self.waiting:
            self.chunks, self.waiting = self._matched(self.chunks, self.waiting), {}

    def merge(self, other: State) -> None:
        """Take the images of another metric by the same settings.

        Raises:
            MismatchError: for an image in both, if repeats are refused, or for predictions with
                boxes beside others without.
        """
        images, theirs, has_boxes = other._content()  # before the own lock: two may merge crosswise
        with self.lock:
            check_kind(self.images, images)
            self.flush()
            with_boxes = self._agreed(one=self.with_boxes, other=has_boxes)
            known = {key: self.images[key] for key in images if key in self.images}
            check_repeats(known, self.settings.repeats)
            better = {key for key, one in known.items() if images[key].content < one.content}
            mine = _without(self.chunks, better)
            self.chunks = (*mine, *_without(theirs, {*known} - better))
            self.with_boxes = with_boxes
            self.images.update(
                (key, known[key].again(one) if key in known else one) for key, one in images.items()
            )

    @one_at_a_time
    def seen(self) -> dict[Key, Seen]:
        """The images as they are now."""
        return dict(self.images)

    @one_at_a_time
    def _content(self) -> tuple[dict[Key, Seen], tuple[Chunk, ...], bool | None]:
        """The images, their matches, and whether predictions have boxes, as they are now."""
        self.flush()
        return dict(self.images), self.chunks, self.with_boxes

    @one_at_a_time
    def whole(self) -> list[Matches]:
        """The matches of all images, for each kind of IoU: those of one run on files.

        Raises:
            InputError: for what would give a wrong number.
        """
        self.flush()
        chunks = self.chunks or (matched([], self.settings),)
        starts, origins = starts_of(self.images), (self._origin(ordered(self.images)),)
        kinds = zip(*(chunk.kinds for chunk in chunks), strict=True)
        lowest = min((one.lowest for one in self.images.values()), default=np.inf)
        return [
            _whole([replace(moved(kept.matches, starts), origins=origins) for kept in own], lowest)
            for own in kinds
        ]

    def _origin(self, keys: Sequence[Key]) -> Origin:
        """All images as one pair of files."""
        every = [self.images[key] for key in keys]
        return Origin(
            _hash(keys, (one.digest for one in every)),
            PREDS,
            _hash(keys, (one.gt_digest for one in every)),
            GROUND_TRUTH,
            sum(one.predictions for one in every),
            sum(one.annotations for one in every),
        )

    def _matched(
        self, chunks: tuple[Chunk, ...], waiting: dict[Key, ImageRecord]
    ) -> tuple[Chunk, ...]:
        """The chunks with more, joined with those before that are not larger."""
        for chunk in matched_apart([*waiting.values()], self.settings):
            chunks = self._with_one(chunks, chunk)
        return chunks

    def _with_one(self, chunks: tuple[Chunk, ...], chunk: Chunk) -> tuple[Chunk, ...]:
        """The chunks with one more."""
        if self.settings.first.protocol.cap_scope == "category":
            return (*chunks, chunk)  # what only uses up a cap is told apart by its files
        while chunks and len(chunks[-1]) <= 2 * len(chunk) and len(chunk) < LARGE:
            if len(chunks[-1]) + len(chunk) > LARGE:
                break
            chunk, chunks = joined([chunks[-1], chunk]), chunks[:-1]
        return (*chunks, chunk)

    def _with_boxes(self, records: Sequence[ImageRecord]) -> bool | None:
        """Whether predictions have boxes, which decides areas where boxes are compared."""
        found = self.with_boxes
        for record in records:
            if len(record.preds):
                own = bool(np.isfinite(record.preds.boxes[0, 0]))
                found = self._agreed(one=found, other=own, key=record.key)
        return found

    def _agreed(
        self, *, one: bool | None, other: bool | None, key: Key | None = None
    ) -> bool | None:
        """Whether predictions have boxes, where it must be the same for all."""
        if one is None or other is None or one == other or not self.settings.by_box:
            return other if one is None else one
        has, others = ("boxes", "none") if other else ("no boxes", "some")
        place = "" if key is None else f"image {shown_key(key)}: "
        raise FormatError(
            f"{place}`preds` have {has}, those of other images {others}: boxes are compared, so "
            "give them for all images or for none.",
            code="missing-field",
            field="boxes",
        )


def _seen(record: ImageRecord, settings: Settings) -> Seen:
    """What is kept of an image besides its matches."""
    preds, least = record.preds, settings.first.min_score
    if preds.category_keys == settings.categories.keys:
        taking = index_of(preds.category, settings.category_ids) >= 0
    else:  # some of the labels are unknown
        keys = written(preds.category, preds.category_keys)
        taking = np.array([key in settings.number_of for key in keys], np.bool_)
    if least is not None:
        taking &= preds.score >= least
    lowest = float(preds.score[taking].min(initial=np.inf))
    return Seen(*record.digests, len(preds), len(record.gt), lowest=lowest)


def _without(chunks: tuple[Chunk, ...], dropped: set[Key]) -> tuple[Chunk, ...]:
    """The chunks without some images."""
    if not dropped:
        return chunks
    return tuple(own for own in (chunk.without(dropped) for chunk in chunks) if own.keys)


def _hash(keys: Sequence[Key], digests: Iterable[int]) -> int:
    """A hash of the content of images, of 62 bits."""
    content = repr((list(keys), list(digests))).encode(errors="surrogatepass")
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little") >> 2


def starts_of(images: Mapping[Key, Seen]) -> dict[Key, list[int]]:
    """How many predictions, and annotations, there are in the images before each, by id."""
    keys = ordered(images)
    counts = np.array(
        [(images[key].predictions, images[key].annotations) for key in keys], np.int64
    ).reshape(-1, 2)
    return dict(zip(keys, (np.cumsum(counts, axis=0) - counts).tolist(), strict=True))


def moved(matches: Matches, starts: Mapping[Key, Sequence[int]], way: int = 1) -> Matches:
    """Matches whose records have their places among all, by image id and place in the image.

    Args:
        matches: those whose records have their places in their image.
        starts: how many predictions, and annotations, there are before each image.
        way: -1 to go back to places in images.
    """
    keys = written(matches.image_ids, matches.image_keys)
    own = way * np.array([starts[key] for key in keys], np.int64).reshape(-1, 2)
    unjudged = matches.unjudged
    of_others = index_of(unjudged.image_id, matches.image_ids)
    return replace(
        matches,
        prediction=matches.prediction + own[matches.image, 0],
        gt=matches.gt + own[matches.gt_image, 1],
        unjudged=replace(unjudged, prediction=unjudged.prediction + own[of_others, 0]),
    )


def _whole(parts: Sequence[Matches], lowest: float) -> Matches:
    """The matches of all images, with the evidence that follows from their rows.

    Args:
        parts: matches of other images each.
        lowest: the lowest score of all predictions.
    """
    merged = Matches.merge(parts)
    evidence = merged.evidence
    if evidence is None:
        return merged
    right, ignored = (bits[0] & 1 != 0 for bits in (merged.matched_bits, merged.ignored_bits))
    hits = np.concatenate([[0], np.cumsum(merged.matched_bits[0] != 0)])
    evidence = replace(
        evidence,
        files=(one_file(evidence.files, f"{merged.origins[0].gt_key:016x}"),),
        lowest=lowest,
        tried=np.diff(merged.offsets),
        found=np.diff(hits[merged.offsets]),
        scores=ScoreTable.of(merged.score[~ignored], right[~ignored]),
        by_image=evidence.by_image and evidence.by_image.of_used_kinds(),
    )
    return replace(merged, evidence=evidence).noted(cap_notes(merged))
