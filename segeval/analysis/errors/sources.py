"""Where matches come from, and what else error kinds ask about their predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.confusion import (
    MIN_SCORE,
    THRESHOLD,
    Confusion,
    Hits,
    confusion,
    confusion_of,
)
from segeval.analysis.errors.kinds import KindsAt
from segeval.analysis.errors.mask_kinds import PoorMasks, poor_masks, poor_masks_measured
from segeval.data import GroundTruth
from segeval.data.keys import written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Chosen
from segeval.metrics.coco.average_precision import Evaluation, notes_of_source
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import ImagePairs, image_pairs
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.pair_shapes import MERGED
from segeval.metrics.coco.parts.streaming.matches import StreamedMatches
from segeval.metrics.coco.restriction import at_thresholds, chosen_matches
from segeval.words import counted

POOR_MASKS_UNKNOWN = "poor-masks-unknown"
"""Code of the note where a part does not say what is wrong with poor masks."""


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

    def poor(self, kinds: KindsAt, workers: int | None) -> PoorMasks | None:
        """What is wrong with poor masks, which are compared at one threshold; None if unknown."""

    def confusion(self, workers: int | None) -> Confusion:
        """Which categories are taken for which, at the only threshold or at .50."""


@frozen(eq=False)
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


@frozen(eq=False)
class FromPart:
    """Matches of a part file, at some of its thresholds.

    Attributes:
        matches: predictions matched to ground truth.
        overlaps: of the same predictions.
        measured: thresholds of the part, float64, shape (T,).
        path: of the part.
        annotation_ids: not known.
        knows_poor_masks: whether what is wrong with poor masks is known.
    """

    matches: Matches
    overlaps: Overlaps
    measured: NDArray[np.float64]
    path: str
    annotation_ids: None = None
    knows_poor_masks: bool = True

    @classmethod
    def of(
        cls,
        source: StreamedMatches,
        thresholds: Sequence[float],
        *,
        categories: Chosen = None,
        images: Chosen = None,
    ) -> FromPart:
        """The matches of one kind of IoU at some thresholds.

        Args:
            source: one kind of IoU of a part file.
            thresholds: those to keep.
            categories: ids or names of the categories to keep; None for all.
            images: ids or file names of the images to keep; None for all.

        Raises:
            InputError: if the part does not hold overlaps, or was matched at other thresholds; or
                if what is asked of some categories depends on others.
        """
        matches, overlaps = source.whole_with_overlaps()
        matches = replace(matches, notes=notes_of_source(source))
        measured, path = matches.thresholds, str(source.path)
        places = [_place(measured, each, path) for each in thresholds]
        merged = 0
        if images is not None or categories is not None:
            some = chosen_matches(matches, source=path, categories=categories, images=images)
            overlaps, merged = _within(matches, overlaps, some, path)
            notes = (_poor_masks_unknown(merged),) if merged else ()
            matches = replace(some, notes=(*some.notes, *notes))
        within = matches.within_cap
        if not within.all():
            matches, overlaps = matches.take(within), overlaps.take(within)
        found = at_thresholds(matches, places)
        return cls(found, overlaps, measured, path, knows_poor_masks=not merged)

    def pairs(self, least: float, workers: int | None) -> ImagePairs:
        """As in `ErrorSource`."""
        del workers
        return self.overlaps.pairs(self.matches, least)

    def poor(self, kinds: KindsAt, workers: int | None) -> PoorMasks | None:
        """As in `ErrorSource`."""
        del workers
        if not self.knows_poor_masks:
            return None
        place = _place(self.measured, float(self.matches.thresholds[0]), self.path)
        return poor_masks_measured(self.matches, self.overlaps, kinds, place)

    def confusion(self, workers: int | None) -> Confusion:
        """As in `ErrorSource`.

        Raises:
            InputError: if the part was matched at other thresholds.
        """
        del workers
        return self.confusion_at(confusion_threshold(self.matches), MIN_SCORE)

    def confusion_at(self, threshold: float, min_score: float) -> Confusion:
        """Which categories are taken for which.

        Args:
            threshold: IoU from which a prediction may be of an object.
            min_score: predictions with a lower score are left out.

        Raises:
            InputError: if the part was matched at other thresholds.
        """
        kept = self.overlaps.iou >= min(threshold, ALMOST_ONE)
        hits = Hits(
            self.overlaps.row[kept],
            self.overlaps.objects(self.matches)[kept],
            self.overlaps.iou[kept],
            self.overlaps.beside > _place(self.measured, threshold, self.path),
        )
        return confusion_of(self.matches, hits, threshold=threshold, min_score=min_score)


def _within(matches: Matches, overlaps: Overlaps, some: Matches, path: str) -> tuple[Overlaps, int]:
    """The overlaps of the predictions and objects of some of the matches.

    Returns:
        The overlaps, and the number of masks that cover several objects, maybe of categories that
        are left out.

    Raises:
        InputError: if predictions lie on what does not count of categories that are left out: a
            part holds the best of these IoUs alone.
    """
    images = np.isin(matches.image_ids, some.image_ids)
    categories = np.isin(matches.category_ids, some.category_ids)
    rows = images[matches.image] & categories[matches.category]
    if categories.all():
        return overlaps.take(rows), 0
    kept = categories[matches.gt_category]
    others = np.zeros(len(images), np.bool_)
    others[matches.gt_image[~kept & ~matches.gt_counted[0]]] = True
    unknown = int((rows & (overlaps.beside > 0) & others[matches.image]).sum())
    if unknown:
        what = counted(unknown, "prediction lies", "predictions lie")
        raise InputError(
            f"`categories` cannot be chosen: {what} on crowd regions or annotations marked ignore, "
            f"and {path} does not hold of which categories. Give the files of predictions and of "
            "ground truth.",
            code="part-option",
            path=path,
            option="categories",
        )
    beside = np.zeros(len(images), np.bool_)
    beside[matches.gt_image[~kept & matches.gt_counted[0]]] = True
    of_pairs = (overlaps.shape & MERGED > 0) & (rows & beside[matches.image])[overlaps.row]
    merged = len(np.unique(overlaps.row[of_pairs]))
    return overlaps.of_objects(matches, kept).take(rows), merged


def _poor_masks_unknown(count: int) -> Note:
    """A note on masks that cover several objects, maybe of categories that are left out."""
    which = counted(count, "mask covers", "masks cover")
    return Note(
        POOR_MASKS_UNKNOWN,
        f"what is wrong with poor masks is not told: {which} several objects, some of which may be "
        "of other categories than those chosen",
        count,
        "categories",
    )


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
