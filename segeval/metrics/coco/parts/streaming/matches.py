"""AP from a part file in memory that does not grow with predictions, objects and images.

A cap over the whole set alone keeps twelve bytes of each image. The rows are read twice. Forward,
true and false positives of every category are counted. Backward, from the lowest score up, the best
precision at or beyond a recall is known once it is passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco import caps, merging
from segeval.metrics.coco.curves import Curves
from segeval.metrics.coco.image_totals import ImageTotals, SetTotals
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.layout.frames import read_image_keys
from segeval.metrics.coco.parts.layout.groups import read_groups, read_rows
from segeval.metrics.coco.parts.layout.matches import filled, read_all_images, read_frames
from segeval.metrics.coco.parts.layout.rows import Rows, no_rows
from segeval.metrics.coco.parts.streaming.pooled import pooled_ap_of_part
from segeval.metrics.coco.parts.streaming.source import PartSource
from segeval.metrics.coco.parts.streaming.under_caps import UnderCaps
from segeval.metrics.coco.subset import caps_to_count
from segeval.metrics.coco.verdicts import notes_of
from segeval.metrics.parts.files import PartReader


@frozen(eq=False, repr=False)
class StreamedMatches(PartSource):
    """Matches of one kind of IoU in a part file, as a source of curves; see `PartSource`."""

    def __repr__(self) -> str:
        """One line: the file."""
        return f"StreamedMatches({self.path}: {self.frame.request.iou})"

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Names and sizes of the files in results, as those of `Matches`."""
        categories = len(self.frame.category_ids)
        return merging.inputs_of(self.frame.origins, self.group.images, categories)

    def noted(self, capped: tuple[Note, ...] | None) -> Matches:
        """The frame with the notes that follow from the evidence, as `Matches.noted`."""
        frame, kind = self.frame, self.frame.request.iou
        if frame.evidence is None:
            return frame
        evidence = replace(frame.evidence, capped=capped)
        with PartReader(self.path) as reader:
            images = ImageTotals.together([
                ImageTotals.none(), *(block.totals(kind) for block in self.images(reader))
            ])  # fmt: skip
            keyed = replace(frame, image_keys=read_image_keys(reader))
        totals = SetTotals(images, self.group.objects, self.positives[0])
        return replace(frame, evidence=evidence, notes=notes_of(keyed, evidence, totals))

    @property
    def judged(self) -> NDArray[np.int64]:
        """Number of predictions of each category within the largest cap, int64, shape (K,)."""
        return self.under_caps.counts.judged

    @property
    def beyond_cap(self) -> caps.Beyond:
        """What is beyond the largest cap, if it is one over the whole set."""
        frame = self.placed
        others = frame.unjudged
        is_within = self.under_caps.cuts.keep(
            others.category, others.score, others.origin, others.prediction
        )
        counts = np.diff(self.group.offsets) - self.judged
        taking_part = others.among(frame.image_ids, frame.request.min_score)
        return caps.Beyond.of(counts, others, taking_part, is_within[-1])

    def curves(
        self,
        bucket: str | int = "all",
        *,
        max_dets: int | Sequence[int] | None = None,
        workers: int | None = None,
    ) -> Curves:
        """Curves of the categories in one size bucket; arguments as in `Matches.curves`."""
        del workers
        limits = caps_to_count(max_dets, self.frame.request.protocol)
        names = [own.name for own in self.frame.buckets]
        place = names.index(bucket) if isinstance(bucket, str) else bucket
        return self._under(limits).curves[place]

    @property
    def under_caps(self) -> UnderCaps:
        """The numbers under the caps of the protocol."""
        return self._under(self.frame.request.protocol.max_dets)

    def _under(self, limits: Sequence[int]) -> UnderCaps:
        """The numbers under some caps; the same object for the same caps."""
        return self._known.setdefault(tuple(limits), UnderCaps(self, tuple(limits)))

    @cached_property
    def _known(self) -> dict[tuple[int, ...], UnderCaps]:
        """Numbers by caps."""
        return {}

    def pooled(
        self, groups: Mapping[str, NDArray[np.intp]], workers: int | None = None
    ) -> dict[str, float | None]:
        """AP of several categories in one ranking, as `Matches.pooled`."""
        del workers
        return pooled_ap_of_part(self.under_caps, groups)

    def without_predictions(self) -> Matches:
        """All images and ground truths, in memory."""
        with PartReader(self.path) as reader:
            images = read_all_images(reader, read_groups(reader))
            frames = read_frames(reader, self.place, self.group, images)
        found = frames[self.group.kinds.index(self.frame.request.iou)]
        return replace(found, unjudged=self.group.others)

    def whole(self) -> Matches:
        """All matches, in memory."""
        return self._whole(overlaps=False)[0]

    def whole_with_overlaps(self) -> tuple[Matches, Overlaps]:
        """All matches, and their overlaps with objects, in memory.

        Raises:
            InputError: if the part does not hold them.
        """
        if not self.group.has_overlaps:
            raise InputError(
                f"{self.path}: does not hold what error kinds need. Match anew by "
                "`match_part(errors=True)`.",
                code="part-without-errors",
                path=str(self.path),
                option="errors",
            )
        matches, rows = self._whole(overlaps=True)
        return matches, rows.overlaps[self.frame.request.iou]

    def _whole(self, *, overlaps: bool) -> tuple[Matches, Rows]:
        """All matches, and the rows that they were made of."""
        group, kinds = self.group, (self.frame.request.iou,)
        with PartReader(self.path) as reader:
            images = read_all_images(reader, read_groups(reader))
            frames = read_frames(reader, self.place, group, images)
            frame = frames[group.kinds.index(kinds[0])]
            objects = np.bincount(frame.gt_image, minlength=group.images) if overlaps else None
            blocks = [*read_rows(reader, self.place, group, kinds=kinds, objects=objects)]
        rows = Rows.joined(blocks or [no_rows(kinds, overlaps=overlaps)])
        return filled(group, frame, rows).ranked_anew(), rows


def streamed(path: str | Path) -> tuple[list[StreamedMatches], str | None]:
    """The kinds of IoU of a part file, and the official package as the caller named it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.
    """
    with PartReader(path) as reader:
        groups = read_groups(reader)
        found = {
            frame.request.iou: StreamedMatches(
                Path(path), place, group, replace(frame, unjudged=group.others)
            )
            for place, group in enumerate(groups)
            for frame in group.frames
        }
        return [found[kind] for kind in reader.header["order"]], reader.header["compat"]
