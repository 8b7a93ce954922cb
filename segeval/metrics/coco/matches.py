"""Matches: the source of every number of the AP family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.joining import check_disjoint, checked_parts
from segeval.data.keys import Keys, written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco import caps, merging, set_ranking
from segeval.metrics.coco.cap_notes import cap_notes
from segeval.metrics.coco.caps import Beyond, Ranked, Unjudged
from segeval.metrics.coco.curves import (
    Curves,
    Groups,
    precision_recall,
    threshold_index,
    unknown_threshold,
)
from segeval.metrics.coco.evidence import Evidence
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.pool import pooled_ap
from segeval.metrics.coco.request import FREQUENCIES, Request
from segeval.metrics.coco.subset import caps_to_count, check_groups, mask_of
from segeval.metrics.coco.verdicts import notes_of
from segeval.metrics.image_columns import whole_weights
from segeval.metrics.parts.alike import check_alike
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted


@frozen(eq=False, repr=False)
class Matches:
    """Predictions matched at every IoU threshold and size bucket: the source of all numbers.

    Predictions are sorted by category, then in the order of its precision-recall curve: score down,
    ties by image id and file order. Only judged predictions are here: those of known categories,
    within the cap of their image and, for LVIS, in images where their category is verified. A cap
    over the whole set depends on which images count, so it is applied when numbers are computed:
    see `within_cap`.

    Attributes:
        request: the rules and the selection asked for.
        thresholds: T IoU thresholds, float64, shape (T,).
        buckets: A size buckets, the first is "all".
        image_ids: ascending, int64, shape (I,).
        file_names: of the images, "" where the ground truth gives none.
        category_ids: ascending, int64, shape (K,); (-1,) when categories are merged.
        category_names: K names.
        frequencies: K of "r", "c", "f" (LVIS), or None.
        offsets: category k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        prediction: index of each row in the `Predictions`, int64, shape (N,).
        image: index of its image in image_ids, int32, shape (N,).
        score: float64, shape (N,).
        rank: its place by score under the cap (in its image and category, in its image for LVIS,
            or in its category for fixed AP), from 0, int32, shape (N,).
        matched_bits: bit t is set if matched at threshold t, the smallest unsigned integers that
            have T bits, shape (A, N).
        ignored_bits: bit t is set if it counts neither as true nor as false, like matched_bits.
        gt: index of each judged annotation in the `GroundTruth`, int64, shape (G,).
        gt_image: index of its image in image_ids, int32, shape (G,).
        gt_category: index of its category in category_ids, int32, shape (G,).
        gt_counted: whether it counts in a bucket, bool, shape (A, G).
        unjudged: predictions that only use up a cap over the whole set.
        origins: the files of all rows.
        image_origin: index of each image's files in origins, int32, shape (I,).
        notes: what the user should know.
        image_keys: ids of images that are no int64, as in `Images`.
        category_keys: the same for categories.
        evidence: what the notes are made from.
    """

    request: Request
    thresholds: NDArray[np.float64]
    buckets: tuple[SizeBucket, ...]
    image_ids: NDArray[np.int64]
    file_names: tuple[str, ...]
    category_ids: NDArray[np.int64]
    category_names: tuple[str, ...]
    frequencies: tuple[str, ...] | None
    offsets: NDArray[np.int64]
    prediction: NDArray[np.int64]
    image: NDArray[np.int32]
    score: NDArray[np.float64]
    rank: NDArray[np.int32]
    matched_bits: NDArray[np.unsignedinteger[Any]]
    ignored_bits: NDArray[np.unsignedinteger[Any]]
    gt: NDArray[np.int64]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]
    gt_counted: NDArray[np.bool_]
    unjudged: Unjudged
    origins: tuple[Origin, ...]
    image_origin: NDArray[np.int32]
    notes: tuple[Note, ...] = ()
    image_keys: Keys | None = None
    category_keys: Keys | None = None
    evidence: Evidence | None = None

    def __len__(self) -> int:
        return len(self.prediction)

    def __repr__(self) -> str:
        """One line: how much was judged."""
        preds, gt = counted(len(self), "prediction"), counted(len(self.gt), "ground truth")
        return f"Matches({preds}, {gt})"

    @property
    def category(self) -> NDArray[np.int32]:
        """Index of the category of each row in category_ids, int32, shape (N,)."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    @property
    def frequency_groups(self) -> dict[str, NDArray[np.intp]]:
        """Places of the rare, common and frequent categories of LVIS; empty for other data."""
        if self.frequencies is None:
            return {}
        own = np.array(self.frequencies)
        return {name: np.flatnonzero(own == each) for each, name in FREQUENCIES.items()}

    @property
    def within_cap(self) -> NDArray[np.bool_]:
        """Whether each row counts under the largest cap, bool, shape (N,)."""
        return np.asarray(self.copies[-1], np.bool_)

    @property
    def judged(self) -> NDArray[np.int64]:
        """Number of predictions of each category within the largest cap, int64, shape (K,)."""
        return np.bincount(self.category[self.within_cap], minlength=len(self.category_ids))

    @property
    def frame(self) -> Matches:
        """The matches themselves, as of any `CurveSource`."""
        return self

    def whole(self) -> Matches:
        """The matches themselves: they are in memory."""
        return self

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Names and sizes of the files in results, by role: "preds" and "gt"."""
        return merging.inputs_of(self.origins, len(self.image_ids), len(self.category_ids))

    def matched(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is matched at one threshold, for one size bucket, shape (N,).

        True positives are those matched and not `ignored`: a match with a crowd region, or with a
        ground truth outside the bucket, counts neither way.

        Raises:
            InputError: if the threshold or the bucket is not among those evaluated.

        Example:
            >>> import segeval
            >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
            >>> gt = {
            ...     "images": [{"id": 1}],
            ...     "categories": [{"id": 1}],
            ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
            ... }
            >>> segeval.match([{**box, "score": 0.9}], gt, iou="bbox").matched(iou=0.75)
            array([ True])
        """
        return self._flag(self.matched_bits, iou, size)

    def ignored(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is left out of the count; arguments and errors as `matched`."""
        return self._flag(self.ignored_bits, iou, size)

    def curves(
        self,
        bucket: str | int = "all",
        *,
        rows: ArrayLike | None = None,
        images: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        groups: Groups | None = None,
        max_dets: int | Sequence[int] | None = None,
        workers: int | None = None,
    ) -> Curves:
        """Precision and recall of one size bucket, of everything or of a part of it.

        Args:
            bucket: the size bucket, by its name or its place in `buckets`.
            rows: the predictions that count, bool, shape (N,), or their places. Nothing is matched
                again: for the effect of a score threshold, take all rows above it.
            images: the images that count, bool, shape (I,), or their places. Predictions for
                others still use up a cap over the whole set, as with `images` in `match`.
            weights: number of copies of each image, whole numbers, shape (I,). The curves are those
                of files that hold each image so many times.
            groups: predictions that share a curve, by default those of a category.
            max_dets: caps, increasing, 0 for no limit; by default those of the protocol.
            workers: threads, None for all cores; the curves do not depend on it.

        Raises:
            InputError: for an unknown bucket, or weights that are not whole numbers of at least 0.
            ShapeError: if rows, images or weights have another length.

        Source:
            Image bootstrap with weights: Everingham et al., The PASCAL VOC Challenge: A
            Retrospective (2015).
        """
        place = self._bucket(bucket)
        weight = None if weights is None else whole_weights(weights, len(self.image_ids))
        kept_rows = None if rows is None else mask_of(rows, len(self), "rows")
        kept_images = None if images is None else mask_of(images, len(self.image_ids), "images")
        copies = self.copies
        if any(given is not None for given in (rows, images, weights, max_dets)):
            copies = self._copies(kept_rows, kept_images, weight, max_dets)
        matched, ignored = self.matched_bits[place], self.ignored_bits[place]
        offsets, number = self.offsets, len(self.category_ids)
        gt_group: NDArray[np.signedinteger[Any]] = self.gt_category
        if groups is not None:
            check_groups(groups, len(self), len(self.gt))
            matched, ignored = matched[groups.rows], ignored[groups.rows]
            copies = copies[:, groups.rows]
            offsets, gt_group, number = groups.offsets, groups.gt_group, len(groups.offsets) - 1
        judged = self.gt_counted[place] & (gt_group >= 0)
        if kept_images is not None:
            judged &= kept_images[self.gt_image]
        repeats = None if weight is None else weight[self.gt_image[judged]]
        positives = np.bincount(gt_group[judged], repeats, minlength=number).astype(np.int64)
        return precision_recall(
            matched=matched,
            ignored=ignored,
            copies=copies,
            offsets=offsets,
            positives=positives,
            thresholds=self.thresholds,
            workers=workers,
        )

    @cached_property
    def copies(self) -> NDArray[np.integer[Any]]:
        """How many times each prediction counts under each of the protocol's caps, shape (D, N)."""
        return caps.copies_within(self.rank, None, self.request.protocol.max_dets)

    def _copies(
        self,
        rows: NDArray[np.bool_] | None,
        images: NDArray[np.bool_] | None,
        weights: NDArray[np.int64] | None,
        max_dets: int | Sequence[int] | None,
    ) -> NDArray[np.integer[Any]]:
        """Copies of each prediction as `curves` asks for them, shape (D, N)."""
        max_dets = caps_to_count(max_dets, self.request.protocol)
        present = None if rows is None else rows.astype(np.int64)
        if weights is not None:
            present = weights[self.image] if present is None else weights[self.image] * present
        found: NDArray[np.integer[Any]]
        if present is not None and self.request.protocol.cap_scope == "category":
            before = caps.standing_before(self.ranked(present, weights))[: len(self)]
            found = caps.copies_over_the_set(before, present, max_dets)
        else:
            found = caps.copies_within(self.rank, present, max_dets)
        return found if images is None else found * images[self.image]

    def pooled(
        self, groups: Mapping[str, NDArray[np.intp]], workers: int | None = None
    ) -> dict[str, float | None]:
        """AP-pool of groups of categories; arguments as in `pooled_ap`."""
        return pooled_ap(self, groups, workers)

    def take(self, rows: ArrayLike, unjudged: NDArray[np.bool_] | None = None) -> Matches:
        """The same ground truth with some of the predictions.

        Args:
            rows: those to keep, bool, shape (N,), or their places.
            unjudged: those to keep of `unjudged`, bool, shape (U,); None for all.
        """
        rows = mask_of(rows, len(self), "rows")
        if unjudged is None and rows.all():
            return self
        counts = np.bincount(self.category[rows], minlength=len(self.category_ids))
        taken = replace(
            self,
            offsets=np.concatenate([[0], np.cumsum(counts)]),
            prediction=self.prediction[rows],
            image=self.image[rows],
            score=self.score[rows],
            rank=self.rank[rows],
            matched_bits=self.matched_bits[:, rows],
            ignored_bits=self.ignored_bits[:, rows],
            unjudged=self.unjudged if unjudged is None else self.unjudged.take(unjudged),
        )
        return taken.ranked_anew()

    @classmethod
    def merge(cls, parts: Sequence[Matches]) -> Matches:
        """Matches of disjoint sets of images, joined.

        The parts may come in any order and grouping: every number equals that of matching
        everything at once, to the last bit. Where file order breaks a tie, files are ordered by
        their smallest image id.

        Args:
            parts: at least one, matched by the same rules on the same categories.

        Raises:
            InputError: if there are no parts.
            MismatchError: if two parts share an image, or differ in their rules or categories.
        """
        parts = merging.numbered_alike(checked_parts(parts, cls))
        sources, ids = [p.origins[0].preds for p in parts], [p.image_ids for p in parts]
        check_alike(list(zip(sources, [part.alike() for part in parts], strict=True)))
        check_disjoint(sources, "image", ids, parts[0].image_keys)
        merged = replace(parts[0], **merging.joined_columns(parts)).ranked_anew()
        return merged if merged.evidence is None else merged.noted(cap_notes(merged))

    def noted(self, capped: tuple[Note, ...] | None) -> Matches:
        """The same with the notes that follow from the evidence.

        Args:
            capped: notes on a cap over the whole set; None where predictions are missing.
        """
        if self.evidence is None:
            return self
        evidence = replace(self.evidence, capped=capped)
        return replace(self, evidence=evidence, notes=notes_of(self, evidence))

    @property
    def beyond_cap(self) -> Beyond:
        """What is beyond the largest cap, if it is one over the whole set."""
        return set_ranking.beyond_cap(self)

    def to_bytes(self) -> bytes:
        """Everything as bytes for `from_bytes`; `parts.packing` tells the layout."""
        from segeval.metrics.coco import matches_layout  # only now: few runs keep matches
        from segeval.metrics.parts.packing import pack

        header = matches_layout.to_header(vars(self))
        return pack(matches_layout.SCHEMA, header, matches_layout.to_arrays(vars(self)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Matches:
        """Matches from the bytes of `to_bytes`.

        Raises:
            FormatError: if the bytes are something else, or damaged.
        """
        from segeval.metrics.coco import matches_layout
        from segeval.metrics.parts.packing import unpack

        header, arrays = unpack(data, matches_layout.SCHEMA)
        matches_layout.check_arrays(header, arrays)
        columns: dict[str, Any] = {key: arrays[key] for key in matches_layout.ARRAYS}
        unjudged = Unjudged(*(arrays[f"unjudged_{name}"] for name in matches_layout.UNJUDGED))
        return cls(**matches_layout.from_header(header, arrays), **columns, unjudged=unjudged)

    def alike(self) -> dict[str, Any]:
        """What merged parts must have in common, by its name in messages."""
        return {
            **self.request.rules_by_name(),
            "buckets": self.buckets,
            "category_ids": written(self.category_ids, self.category_keys),
            "category_names": self.category_names,
            "frequencies": self.frequencies or (),
        }

    def ranked_anew(self) -> Matches:
        """The same, ranked anew under a cap over the whole set."""
        if self.request.protocol.cap_scope != "category":
            return self
        before = caps.standing_before(self.ranked())[: len(self)]
        return replace(self, rank=before.astype(np.int32))

    def ranked(
        self, present: NDArray[np.int64] | None = None, weights: NDArray[np.int64] | None = None
    ) -> Ranked:
        """All predictions under a cap over the whole set, with their copies: rows, then others."""
        return set_ranking.ranked(self, present, weights)

    def _flag(
        self, bits: NDArray[np.unsignedinteger[Any]], iou: float, size: str
    ) -> NDArray[np.bool_]:
        place = threshold_index(self.thresholds, iou)
        if place is None:
            raise unknown_threshold(self.thresholds, iou)
        return np.asarray(bits[self._bucket(size)] & bits.dtype.type(1 << place), np.bool_)

    def _bucket(self, name: str | int) -> int:
        """Place of a size bucket."""
        names: list[str | int] = [bucket.name for bucket in self.buckets]
        if name not in (*names, *range(len(names))) or isinstance(name, bool):
            message = f"no size bucket {name!r}, expected one of {names}"
            raise InputError(message, code="unknown-size")
        return name if isinstance(name, int) else names.index(name)
