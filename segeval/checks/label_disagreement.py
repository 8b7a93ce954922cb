"""Why label maps agree in few pixels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from segeval.checks.blended_labels import blended_labels
from segeval.checks.label_agreement import LabelAgreement
from segeval.checks.label_maps import ignored_predictions, train_ids_of_ground_truth
from segeval.checks.label_shift import shifted_labels
from segeval.checks.misplaced_labels import misplaced_labels
from segeval.findings import Finding


def label_disagreement(run: LabelAgreement) -> Iterator[Finding]:
    """The first cause that fits, blended labels, and predictions of labels not evaluated.

    Causes are other ids in the ground truth, moved labels, and moved pictures. An error ends the
    search.
    """
    found = chain(train_ids_of_ground_truth(run), shifted_labels(run), misplaced_labels(run))
    causes = list(islice(found, 1))
    yield from causes
    if all(cause.level != "error" for cause in causes):
        yield from blended_labels(run)
        yield from ignored_predictions(run)
