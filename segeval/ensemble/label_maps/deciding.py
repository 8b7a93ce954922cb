"""What decides how votes count: numbers stated by hand, or any part of the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.ensemble.label_maps.evidence import Evidence, Images
from segeval.ensemble.label_maps.voting import Ballot
from segeval.ensemble.label_maps.weighing import Weighting
from segeval.ensemble.weighing.worth import Worth
from segeval.frozen import frozen


@frozen(eq=False)
class Decision:
    """How votes of M models count, as some images decide.

    Attributes:
        weighting: the strategy.
        classes: classes of the run; None if every label may occur.
        void: labels that are no vote, if there are no classes.
        models: number of models, M.
        evidence: how they do on ground truth; None without any.
        stated: what they are worth as somebody says; None to let images decide.
        decides: whether weights may follow from the evidence, which else tells only the best model.
    """

    weighting: Weighting
    classes: LabelClasses | None
    void: Sequence[int]
    models: int
    evidence: Evidence | None
    stated: Worth | None
    decides: bool
    _ballots: dict[bytes, Ballot] = field(default_factory=dict, repr=False)

    def worth(self, images: Images = None) -> Worth | None:
        """What models are worth on some images; None if nobody says."""
        if self.stated is not None or self.evidence is None or not self.decides:
            return self.stated
        return self.evidence.worth(images)

    def weights(self, images: Images = None) -> NDArray[np.float64]:
        """What votes of each model count, shape (M,), or by class, shape (M, C)."""
        ids = () if self.classes is None else self.classes.ids
        return self.weighting.of_models(self.worth(images), self.models, ids)

    def ballot(self, images: Images = None) -> Ballot:
        """The same as a ballot: one for equal weights."""
        return self._ballot(self.weights(images))

    def equal_votes(self) -> Ballot:
        """A ballot in which all models count the same."""
        return self._ballot(np.ones(self.models))

    def _ballot(self, weights: NDArray[np.float64]) -> Ballot:
        if weights.min() == weights.max():
            weights = np.ones(self.models)
        key = weights.tobytes()
        if key not in self._ballots:
            self._ballots[key] = Ballot(weights, self.classes, self.void)
        return self._ballots[key]
