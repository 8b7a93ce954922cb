"""What there is to look at again in a ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segeval.brief import Brief
from segeval.frozen import frozen

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
        agreement: IoU of the predictions of two models; None where one alone predicts it.
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
        """The lower of the scores."""
        return min(each for each in self.scores if each is not None)

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
    """An annotated object that two models take for one of the same other category.

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
        """The lower of the scores."""
        return min(self.scores)

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


@frozen(eq=False, repr=False)
class LabelSuspects(Brief):
    """What there is to look at again in a ground truth, the surest first.

    Attributes:
        iou: what was compared, "segm" or "bbox".
        least_scores: from which score on the predictions of each model count; None where no score
            finds an object, and then no prediction counts.
        precisions: share of the predictions of each model that are true from that score on.
        missing: objects that the ground truth may lack: first those that two models predict, by
            the lower of their scores, then the others by their score.
        disputed: objects that two models take for one of the same other category, by the lower of
            their scores; none of one model, or with merged categories.
    """

    iou: str
    least_scores: tuple[float | None, ...]
    precisions: tuple[float | None, ...]
    missing: tuple[LabelSuspect, ...]
    disputed: tuple[DisputedLabel, ...]

    @property
    def shared(self) -> int:
        """How many of the missing objects two models predict; they come first."""
        return sum(each.agreement is not None for each in self.missing)

    def listed(self) -> Iterator[LabelSuspect | DisputedLabel]:
        """Everything, first what two models agree on."""
        shared = self.shared
        yield from self.missing[:shared]
        yield from self.disputed
        yield from self.missing[shared:]

    def records(self) -> Iterator[dict[str, Any]]:
        """Everything as plain values, as `listed`.

        Yields:
            The "kind", "missing" or "disputed", the fields of `to_dict`, and the "predictions": the
            number of each in its file, from 0, or None.
        """
        for each in self.listed():
            kind = "disputed" if isinstance(each, DisputedLabel) else "missing"
            yield {"kind": kind, **each.to_dict(), "predictions": list(each.predictions)}

    def to_dict(self, most: int | None = None) -> dict[str, Any]:
        """The finding as plain values, whatever the order of the files.

        Args:
            most: records of each kind; None for all. Counts are of all.
        """
        return {
            "iou": self.iou,
            "least_scores": list(self.least_scores),
            "precisions": list(self.precisions),
            "counts": {
                "missing": len(self.missing),
                "shared": self.shared,
                "disputed": len(self.disputed),
            },
            "missing": [each.to_dict() for each in self.missing[:most]],
            "disputed": [each.to_dict() for each in self.disputed[:most]],
        }
