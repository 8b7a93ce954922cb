"""cgF1 (Carion et al. 2025): phrases instead of categories, of which an image may show nothing."""

from segeval.metrics.concepts.assignment import paired_iou
from segeval.metrics.concepts.concept_f1 import concept_f1
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.concepts.scores import (
    ConceptNumbers,
    ConceptScores,
    ConceptThreshold,
    ImageConcept,
    ImageLevel,
)
from segeval.metrics.concepts.statistics import best_annotator

__all__ = [
    "ConceptF1Result",
    "ConceptNumbers",
    "ConceptScores",
    "ConceptThreshold",
    "ImageConcept",
    "ImageLevel",
    "best_annotator",
    "concept_f1",
    "paired_iou",
]
