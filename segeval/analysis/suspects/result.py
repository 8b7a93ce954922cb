"""What there is to look at again in a ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from segeval.brief import Brief
from segeval.frozen import frozen

KINDS = ("missing", "unfound", "category")
"""What may be wrong: an object that the ground truth lacks, one that no model finds, one that all
models call by the same other name."""

Key = int | str
Box = tuple[float, float, float, float]


@frozen
class LabelSuspect:
    """An object that the ground truth may lack.

    Attributes:
        image_id: of its image.
        file_name: of its image, "" where the ground truth gives none.
        category_id: of the prediction.
        category: name of that category.
        bbox: xywh in pixels, of the prediction with the higher score.
        scores: of each model; None of one that does not predict it.
        predictions: number of the prediction in the file of each model, from 0, or None.
        agreement: the lowest IoU of the predictions of two models; None where one model alone
            predicts it.
        place: of the image in `Matches.image_ids`.
        rows: of the predictions in the `Matches` of each model, or None.
    """

    image_id: Key
    file_name: str
    category_id: Key
    category: str
    bbox: Box
    scores: tuple[float | None, ...]
    predictions: tuple[int | None, ...]
    agreement: float | None
    place: int
    rows: tuple[int | None, ...]

    @property
    def score(self) -> float:
        """The lowest of the scores."""
        return min(each for each in self.scores if each is not None)

    @property
    def models(self) -> int:
        """How many models predict it."""
        return sum(each is not None for each in self.scores)

    @property
    def surest(self) -> int:
        """The place of the model with the highest score, of equal ones the first."""
        known = [-math.inf if each is None else each for each in self.scores]
        return known.index(max(known))

    def to_dict(self) -> dict[str, Any]:
        """The suspect as plain values, with the fields of an annotation."""
        return {
            "image_id": self.image_id,
            "file_name": self.file_name,
            "category_id": self.category_id,
            "category": self.category,
            "bbox": list(self.bbox),
            "score": self.score,
            "scores": list(self.scores),
            "agreement": self.agreement,
        }


@frozen
class DisputedLabel:
    """An annotated object that all models take for one of the same other category.

    Attributes:
        image_id: of its image.
        file_name: of its image, "" where the ground truth gives none.
        annotation_id: of the object.
        category_id: as annotated.
        category: name of that category.
        predicted_id: the category that the models predict.
        predicted: name of that category.
        bbox: xywh in pixels, of the object.
        scores: of each model.
        predictions: number of the prediction in the file of each model, from 0.
        ious: of each prediction with the object.
        place: of the image in `Matches.image_ids`.
        rows: of the predictions in the `Matches` of each model.
        target: place of the object in `Matches.gt`.
    """

    image_id: Key
    file_name: str
    annotation_id: Key
    category_id: Key
    category: str
    predicted_id: Key
    predicted: str
    bbox: Box
    scores: tuple[float, ...]
    predictions: tuple[int, ...]
    ious: tuple[float, ...]
    place: int
    rows: tuple[int, ...]
    target: int

    @property
    def score(self) -> float:
        """The lowest of the scores."""
        return min(self.scores)

    @property
    def models(self) -> int:
        """How many models there are."""
        return len(self.scores)

    def to_dict(self) -> dict[str, Any]:
        """The dispute as plain values, with the fields of an annotation."""
        return {
            "image_id": self.image_id,
            "file_name": self.file_name,
            "annotation_id": self.annotation_id,
            "category_id": self.category_id,
            "category": self.category,
            "predicted_category_id": self.predicted_id,
            "predicted_category": self.predicted,
            "bbox": list(self.bbox),
            "score": self.score,
            "scores": list(self.scores),
            "ious": list(self.ious),
        }


@frozen
class UnfoundObject:
    """An annotated object that no model finds: no prediction of any category and score is there.

    Attributes:
        image_id: of its image.
        file_name: of its image, "" where the ground truth gives none.
        annotation_id: of the object.
        category_id: as annotated.
        category: name of that category.
        bbox: xywh in pixels, of the object.
        area: of its mask, or of its box where boxes are compared, in pixels squared.
        models: how many models there are.
        place: of the image in `Matches.image_ids`.
        target: place of the object in `Matches.gt`.
    """

    image_id: Key
    file_name: str
    annotation_id: Key
    category_id: Key
    category: str
    bbox: Box
    area: float
    models: int
    place: int
    target: int

    def to_dict(self) -> dict[str, Any]:
        """The object as plain values, with the fields of an annotation."""
        return {
            "image_id": self.image_id,
            "file_name": self.file_name,
            "annotation_id": self.annotation_id,
            "category_id": self.category_id,
            "category": self.category,
            "bbox": list(self.bbox),
            "area": self.area,
        }


Suspect = LabelSuspect | DisputedLabel | UnfoundObject


def kind_of(suspect: Suspect) -> str:
    """One of `KINDS`."""
    if isinstance(suspect, LabelSuspect):
        return "missing"
    return "category" if isinstance(suspect, DisputedLabel) else "unfound"


@frozen(eq=False, repr=False)
class LabelSuspects(Brief):
    """What there is to look at again in a ground truth, the surest first.

    Attributes:
        iou: what was compared, "segm" or "bbox".
        least_scores: from which score on the predictions of each model count; None where no score
            finds an object, and then no prediction counts.
        precisions: share of the predictions of each model that are true from that score on.
        missing: objects that the ground truth may lack: first those that most models predict, then
            by the lowest of their scores.
        disputed: objects that all models take for one of the same other category, by the lowest of
            their scores; none with merged categories.
        unfound: objects that no model finds, the largest first.
        kinds: which of these were looked for, of `KINDS`.
    """

    iou: str
    least_scores: tuple[float | None, ...]
    precisions: tuple[float | None, ...]
    missing: tuple[LabelSuspect, ...]
    disputed: tuple[DisputedLabel, ...]
    unfound: tuple[UnfoundObject, ...] = ()
    kinds: tuple[str, ...] = KINDS

    @property
    def shared(self) -> int:
        """How many of the missing objects at least two models predict; they come first."""
        return sum(each.agreement is not None for each in self.missing)

    def listed(self) -> Iterator[Suspect]:
        """Everything, in the order of how likely it is a mistake.

        First what models are sure of, missing objects and other categories together: most models
        first, then the highest of the lowest scores. Then the objects that no model finds, most of
        which are only hard to see, the largest first.
        """
        sure: list[LabelSuspect | DisputedLabel] = [*self.missing, *self.disputed]
        yield from sorted(sure, key=lambda each: (-each.models, -each.score))
        yield from self.unfound

    def records(self) -> Iterator[dict[str, Any]]:
        """Everything as plain values, as `listed`.

        Yields:
            The "kind", one of `KINDS`, the fields of `to_dict`, and the "predictions": the number
            of each in its file, from 0, or None.
        """
        for each in self.listed():
            record = {"kind": kind_of(each), **each.to_dict()}
            if not isinstance(each, UnfoundObject):
                record["predictions"] = list(each.predictions)
            yield record

    def to_dict(self, most: int | None = None) -> dict[str, Any]:
        """The finding as plain values, whatever the order of the files.

        Args:
            most: records of each kind; None for all. Counts are of all.
        """
        counts = {"missing": len(self.missing), "shared": self.shared}
        counts["disputed"] = len(self.disputed)
        found: dict[str, Any] = {
            "iou": self.iou,
            "least_scores": list(self.least_scores),
            "precisions": list(self.precisions),
            "counts": counts,
            "missing": [each.to_dict() for each in self.missing[:most]],
            "disputed": [each.to_dict() for each in self.disputed[:most]],
        }
        if "unfound" in self.kinds:
            counts["unfound"] = len(self.unfound)
            found["unfound"] = [each.to_dict() for each in self.unfound[:most]]
        return found
