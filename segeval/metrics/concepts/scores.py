"""cgF1 and its parts: the numbers of all images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.concepts.statistics import (
    IMAGE_EPSILON,
    ImageStatistics,
    f1_of,
    share,
)

BY_THRESHOLD = (
    "cgf1", "pmf1", "macro_f1", "precision", "positive_precision", "recall", "f1",
)  # fmt: skip
"""Numbers at each IoU threshold, of which there are means, too."""


@frozen
class ConceptNumbers:
    """Numbers at one IoU threshold, or their means over several; None is undefined.

    Attributes:
        cgf1: pmF1 x IL_MCC: classification-gated F1.
        pmf1: positive micro F1: F1 of recall and `positive_precision`.
        macro_f1: positive macro F1: mean F1 of single images that have objects and predictions.
        precision: TP / (TP + FP) over all images.
        positive_precision: the same without the FP of images that have no object.
        recall: TP / (TP + FN) over all images.
        f1: of precision and recall.
    """

    cgf1: float | None
    pmf1: float | None
    macro_f1: float | None
    precision: float | None
    positive_precision: float | None
    recall: float | None
    f1: float | None


@frozen
class ConceptThreshold(ConceptNumbers):
    """Numbers at one IoU threshold.

    Attributes:
        threshold: the least IoU of a pair.
        tp: pairs of a prediction and an object, over all images.
        fp: predictions without a pair.
        fn: objects without a pair.
        positive_fp: the false positives in images that have objects.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    positive_fp: int


@frozen
class ImageLevel:
    """Whether there is an object at all: each image and phrase as one yes or no.

    Attributes:
        tp: images with objects and predictions.
        tn: images with neither.
        fp: images with predictions alone.
        fn: images with objects alone.
        precision: TP / (TP + FP).
        recall: TP / (TP + FN).
        f1: of both.
        fpr: FP / (FP + TN).
        mcc: Matthews' correlation coefficient, from -1 to 1; None without images of both kinds.
    """

    tp: int
    tn: int
    fp: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None
    fpr: float | None
    mcc: float | None


@frozen
class ImageConcept:
    """One image with its phrase.

    Attributes:
        id: of the image.
        file_name: "" where the ground truth gives none.
        phrase: `text_input` of the image; "" where it has none.
        annotator: place of the ground truth that counts, from 0.
        objects: annotated objects.
        predictions: within the score threshold.
        tp: pairs at IoU 0.50.
        fp: predictions without one.
        fn: objects without one.
        f1: mean F1 of this image over the thresholds; None without objects and predictions.
    """

    id: Key
    file_name: str
    phrase: str
    annotator: int
    objects: int
    predictions: int
    tp: int
    fp: int
    fn: int
    f1: float | None


@frozen
class ConceptScores:
    """All numbers of an evaluation of phrases.

    Attributes:
        mean: means over the thresholds.
        thresholds: the numbers at each of them, ascending.
        image_level: whether there is an object at all.
        images: every image, in ascending order of its id.
    """

    mean: ConceptNumbers
    thresholds: tuple[ConceptThreshold, ...]
    image_level: ImageLevel
    images: tuple[ImageConcept, ...]

    @property
    def positives(self) -> int:
        """Images that have an object."""
        return self.image_level.tp + self.image_level.fn

    @property
    def negatives(self) -> int:
        """Images that have none."""
        return self.image_level.tn + self.image_level.fp

    def at(self, threshold: float) -> ConceptThreshold | None:
        """The numbers at an IoU threshold; None if it is not one of those evaluated."""
        return next((one for one in self.thresholds if one.threshold == threshold), None)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """Everything as plain values.

        Args:
            per_image: with every image.
        """
        found = {
            **asdict(self.mean),
            "positives": self.positives,
            "negatives": self.negatives,
            "image_level": asdict(self.image_level),
            "thresholds": [asdict(one) for one in self.thresholds],
        }
        return found | ({"images": [asdict(one) for one in self.images]} if per_image else {})


def threshold_name(threshold: float) -> str:
    """An IoU threshold as tables write it, such as "0.50"."""
    return f"{threshold:.2f}"


def summarised(
    found: ImageStatistics, thresholds: Sequence[float], images: tuple[ImageConcept, ...]
) -> ConceptScores:
    """The numbers of images.

    Args:
        found: what is found in each of I images, in ascending order of their ids.
        thresholds: T IoU thresholds.
        images: as they are shown.
    """
    tp, fp, fn = (each.sum(axis=0) for each in (found.tp, found.fp, found.fn))
    positive = found.objects > 0
    positive_fp = found.fp[positive].sum(axis=0)
    level = image_level(found)
    precision, recall = share(tp, fp), share(tp, fn)
    positive_precision = share(tp, positive_fp)
    pmf1 = f1_of(positive_precision, recall)
    predicted, judged = bool((tp + fp).any()), bool((tp + fn).any())
    values: dict[str, NDArray[np.float64] | None] = {
        "cgf1": None if level.mcc is None else pmf1 * level.mcc,
        "pmf1": pmf1 if judged else None,
        "macro_f1": _macro_f1(found.take(positive)),
        "precision": precision if predicted else None,
        "positive_precision": positive_precision if bool((tp + positive_fp).any()) else None,
        "recall": recall if judged else None,
        "f1": f1_of(precision, recall) if predicted or judged else None,
    }
    every = tuple(
        ConceptThreshold(
            **{name: None if own is None else float(own[place]) for name, own in values.items()},
            threshold=threshold,
            tp=int(tp[place]),
            fp=int(fp[place]),
            fn=int(fn[place]),
            positive_fp=int(positive_fp[place]),
        )
        for place, threshold in enumerate(thresholds)
    )
    means = {name: None if own is None else float(own.mean()) for name, own in values.items()}
    return ConceptScores(ConceptNumbers(**means), every, level, images)


def _macro_f1(positive: ImageStatistics) -> NDArray[np.float64] | None:
    """Mean F1 of the images that have objects and predictions; None if there are none.

    The sum is taken image by image, as the official code does, so that the last bits are equal.
    """
    judged = positive.take(positive.predictions > 0)
    if not len(judged.objects):
        return None
    total: NDArray[np.float64] = np.cumsum(judged.f1, axis=0)[-1]
    return total / len(judged.objects)


def image_level(found: ImageStatistics) -> ImageLevel:
    """Whether there is an object at all, counted over images.

    Args:
        found: what is found in each image.

    Source:
        Matthews 1975, Comparison of the predicted and observed secondary structure of T4 phage
        lysozyme.
    """
    has_object, has_prediction = found.objects > 0, found.predictions > 0
    tp = int((has_object & has_prediction).sum())
    tn = int((~has_object & ~has_prediction).sum())
    fp = int((~has_object & has_prediction).sum())
    fn = int((has_object & ~has_prediction).sum())
    recall, precision = tp / (tp + fn + IMAGE_EPSILON), tp / (tp + fp + IMAGE_EPSILON)
    product = float(tp + fp) * float(tp + fn) * float(tn + fp) * float(tn + fn)
    is_defined = tp + fn > 0 and tn + fp > 0
    return ImageLevel(
        tp=tp,
        tn=tn,
        fp=fp,
        fn=fn,
        precision=precision if tp + fp else None,
        recall=recall if tp + fn else None,
        f1=2 * precision * recall / (precision + recall + IMAGE_EPSILON) if tp + fp + fn else None,
        fpr=fp / (fp + tn + IMAGE_EPSILON) if fp + tn else None,
        mcc=float(tp * tn - fp * fn) / (product**0.5 + IMAGE_EPSILON) if is_defined else None,
    )
