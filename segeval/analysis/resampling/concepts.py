"""cgF1 and its parts for other weights of the images, each a photograph with a phrase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.replicates import Numbers, ResampledStatistics, over
from segeval.analysis.resampling.weighted_sums import LANES, Lanes, Rows
from segeval.frozen import frozen
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.concepts.scores import threshold_name
from segeval.metrics.concepts.statistics import (
    EPSILON,
    IMAGE_EPSILON,
    ImageStatistics,
    f1_of,
)


@frozen(eq=False)
class ConceptPart:
    """What cgF1 is computed from.

    Attributes:
        statistics: what is found in each image by the first model.
        thresholds: T IoU thresholds, as entries of the JSON have them.
        counts: true, false, false in positive images, and missed, by threshold, then the four kinds
            of images: those of objects and predictions, neither, predictions alone, objects alone.
        own_f1: F1 of every image with objects and predictions, by threshold, then 1.
    """

    statistics: ImageStatistics
    thresholds: tuple[str, ...]
    counts: Rows
    own_f1: Rows

    @property
    def described(self) -> tuple[Any, ...]:
        """The thresholds; which objects an image has may depend on its predictions."""
        return (self.thresholds,)

    def beside(self, other: ConceptPart) -> ConceptPart:
        """The parts of two models as one; the weights of the other's images follow."""
        number = len(self.statistics.objects)
        return replace(
            self,
            counts=self.counts.beside(other.counts, number),
            own_f1=self.own_f1.beside(other.own_f1, number),
        )

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        number = len(self.thresholds)
        sums = self.counts.sums(weights)[0]
        tp, fp, positive_fp, fn = sums[: 4 * number].reshape(4, number, LANES)
        level = dict(_image_level(*sums[4 * number :]))
        *f1, judged = self.own_f1.sums(weights)[0]
        precision, recall = _share(tp, fp), _share(tp, fn)
        positive_precision = _share(tp, positive_fp)
        pmf1 = f1_of(np.nan_to_num(positive_precision), recall)
        every = {
            "cgf1": pmf1 * level["mcc"],
            "pmf1": pmf1,
            "macro_f1": over(np.array(f1), judged[None]),
            "precision": precision,
            "positive_precision": positive_precision,
            "recall": recall,
            "f1": np.where(tp + fp + fn > 0, _f1_of_defined(precision, recall), np.nan),
        }
        for key, values in every.items():
            mean = values.mean(axis=0, keepdims=True)
            yield Numbers((), None, key, mean, self._images)
            images = np.repeat(self._images, number)
            yield Numbers(("thresholds",), self.thresholds, key, values, images)
        for key, own in level.items():
            yield Numbers(("image_level",), None, key, own[None], self._images)

    @cached_property
    def _images(self) -> NDArray[np.int64]:
        """Number of images with objects, int64, shape (1,)."""
        return np.array([(self.statistics.objects > 0).sum()], np.int64)


def of_result(result: ConceptF1Result) -> ResampledStatistics:
    """The numbers of cgF1 for other weights of the images."""
    own, images = result.statistics, result.scores.images
    has_object, has_prediction = own.objects > 0, own.predictions > 0
    judged = has_object & has_prediction
    kinds = (judged, ~has_object & ~has_prediction, ~has_object & has_prediction)
    counts = [own.tp, own.fp, own.fp * has_object[:, None], own.fn]
    counts.append(np.stack([*kinds, has_object & ~has_prediction], axis=1).astype(np.int64))
    places, sources = np.zeros(len(images), np.int64), np.arange(len(images))
    f1 = np.concatenate([own.f1 * judged[:, None], judged[:, None]], axis=1)
    part = ConceptPart(
        own,
        tuple(threshold_name(one.threshold) for one in result.scores.thresholds),
        Rows.of(places, sources, np.concatenate(counts, axis=1), 1),
        Rows.of(places, sources, f1, 1),
    )
    return ResampledStatistics(
        image_ids=tuple(one.id for one in images),
        file_names=tuple(one.file_name for one in images),
        parts={(): part},
        document=result.to_dict()["results"],
    )


def _share(part: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """A part of the sum with the rest as `share` has it, NaN of nothing, shape (T, LANES)."""
    return np.where(part + rest > 0, part / (part + rest + EPSILON), np.nan)


def _f1_of_defined(
    precision: NDArray[np.float64], recall: NDArray[np.float64]
) -> NDArray[np.float64]:
    """F1 where one of both may be undefined, which counts as 0."""
    return f1_of(np.nan_to_num(precision), np.nan_to_num(recall))


def _image_level(
    tp: NDArray[np.float64],
    tn: NDArray[np.float64],
    fp: NDArray[np.float64],
    fn: NDArray[np.float64],
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """The numbers of whole images by their keys, NaN where undefined, shape (LANES,) each."""
    precision, recall = tp / (tp + fp + IMAGE_EPSILON), tp / (tp + fn + IMAGE_EPSILON)
    f1 = 2 * precision * recall / (precision + recall + IMAGE_EPSILON)
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    mcc = (tp * tn - fp * fn) / (np.sqrt(product) + IMAGE_EPSILON)
    yield "precision", np.where(tp + fp > 0, precision, np.nan)
    yield "recall", np.where(tp + fn > 0, recall, np.nan)
    yield "f1", np.where(tp + fp + fn > 0, f1, np.nan)
    yield "fpr", np.where(fp + tn > 0, fp / (fp + tn + IMAGE_EPSILON), np.nan)
    yield "mcc", np.where((tp + fn > 0) & (tn + fp > 0), mcc, np.nan)
