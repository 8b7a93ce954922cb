"""Where matches come from, and what else error kinds ask about their predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.confusion import THRESHOLD, Confusion, Hits, confusion, confusion_of
from segeval.analysis.errors.kinds import KindsAt
from segeval.analysis.errors.mask_kinds import PoorMasks, poor_masks, poor_masks_measured
from segeval.data import GroundTruth
from segeval.data.keys import written
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Chosen
from segeval.metrics.coco.average_precision import Evaluation, notes_of_source
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import ImagePairs, image_pairs
from segeval.metrics.coco.image_part import at_thresholds, chosen_part
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.streamed import StreamedMatches


class ErrorSource(Protocol):
    """Matches of one kind of IoU, none beyond a cap, and what their predictions overlap."""

    @property
    def matches(self) -> Matches:
        """Predictions matched to ground truth."""

    @property
    def annotation_ids(self) -> tuple[int | str, ...] | None:
        """Ids of the objects as the file writes them; None if they are not known."""

    def pairs(self, least: float, workers: int | None) -> ImagePairs:
        """Pairs of predictions and objects that count, whose IoU is at least `least`."""

    def poor(self, kinds: KindsAt, workers: int | None) -> PoorMasks:
        """What is wrong with poor masks, which are compared at one threshold."""

    def confusion(self, workers: int | None) -> Confusion:
        """Which categories are taken for which, at the only threshold or at .50."""


@dataclass(frozen=True, eq=False)
class FromFiles:
    """Matches with both files.

    Attributes:
        evaluation: both files, matched.
    """

    evaluation: Evaluation

    @property
    def matches(self) -> Matches:
        """Predictions matched to ground truth."""
        return self.evaluation.matches

    @property
    def annotation_ids(self) -> tuple[int | str, ...]:
        """Ids of the objects."""
        return ids_of(self.evaluation.gt, self.matches)

    def pairs(self, least: float, workers: int | None) -> ImagePairs:
        """As in `ErrorSource`."""
        return image_pairs(self.evaluation, least=least, workers=workers)

    def poor(self, kinds: KindsAt, workers: int | None) -> PoorMasks:
        """As in `ErrorSource`."""
        return poor_masks(self.evaluation, kinds, float(self.matches.thresholds[0]), workers)

    def confusion(self, workers: int | None) -> Confusion:
        """As in `ErrorSource`."""
        threshold = confusion_threshold(self.matches)
        return confusion(self.evaluation, threshold=threshold, workers=workers)


def ids_of(gt: GroundTruth, matches: Matches) -> tuple[int | str, ...]:
    """Ids of the objects of matches as the file writes them."""
    return tuple(written(gt.id[matches.gt], gt.keys))


def confusion_threshold(matches: Matches) -> float:
    """The only threshold of matches, or .50."""
    return float(matches.thresholds[0]) if len(matches.thresholds) == 1 else THRESHOLD


@dataclass(frozen=True, eq=False)
class FromPart:
    """Matches of a part file, at some of its thresholds.

    Attributes:
        matches: predictions matched to ground truth.
        overlaps: of the same predictions.
        measured: thresholds of the part, float64, shape (T,).
        path: of the part.
        annotation_ids: not known.
    """

    matches: Matches
    overlaps: Overlaps
    measured: NDArray[np.float64]
    path: str
    annotation_ids: None = None

    @classmethod
    def of(
        cls, source: StreamedMatches, thresholds: Sequence[float], images: Chosen = None
    ) -> FromPart:
        """The matches of one kind of IoU at some thresholds.

        Args:
            source: one kind of IoU of a part file.
            thresholds: those to keep.
            images: ids or file names of the images to keep; None for all.

        Raises:
            InputError: if the part does not hold overlaps, or was matched at other thresholds.
        """
        matches, overlaps = source.whole_with_overlaps()
        matches = replace(matches, notes=notes_of_source(source))
        measured, path = matches.thresholds, str(source.path)
        places = [_place(measured, each, path) for each in thresholds]
        if images is not None:
            some = chosen_part(matches, images=images)
            kept = np.isin(matches.image_ids, some.image_ids)[matches.image]
            matches, overlaps = some, overlaps.take(kept)
        within = matches.within_cap
        if not within.all():
            matches, overlaps = matches.take(within), overlaps.take(within)
        return cls(at_thresholds(matches, places), overlaps, measured, path)

    def pairs(self, least: float, workers: int | None) -> ImagePairs:
        """As in `ErrorSource`."""
        del workers
        return self.overlaps.pairs(self.matches, least)

    def poor(self, kinds: KindsAt, workers: int | None) -> PoorMasks:
        """As in `ErrorSource`."""
        del workers
        place = _place(self.measured, float(self.matches.thresholds[0]), self.path)
        return poor_masks_measured(self.matches, self.overlaps, kinds, place)

    def confusion(self, workers: int | None) -> Confusion:
        """As in `ErrorSource`.

        Raises:
            InputError: if the part was matched at other thresholds.
        """
        del workers
        threshold = confusion_threshold(self.matches)
        kept = self.overlaps.iou >= min(threshold, ALMOST_ONE)
        hits = Hits(
            self.overlaps.row[kept],
            self.overlaps.objects(self.matches)[kept],
            self.overlaps.iou[kept],
            self.overlaps.beside > _place(self.measured, threshold, self.path),
        )
        return confusion_of(self.matches, hits, threshold=threshold)


def _place(measured: NDArray[np.float64], threshold: float, path: str) -> int:
    """The place of a threshold among those of a part.

    Raises:
        InputError: if it is none of them.
    """
    place = threshold_index(measured, threshold)
    if place is None:
        shown = ", ".join(f"{each:g}" for each in measured)
        raise InputError(
            f"`thresholds` asks for {threshold:g}, and {path} was matched with {shown}. Ask for "
            "some of these, or match anew.",
            code="part-option",
            path=path,
            option="thresholds",
        )
    return place
