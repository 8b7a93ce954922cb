"""What a vote of label maps gains, on images that were not used to choose anything."""

from __future__ import annotations

from typing import Any

from segeval.analysis import compare
from segeval.analysis.comparison.differences import Difference
from segeval.frozen import frozen
from segeval.metrics.semantic.result import MeanIoUResult


@frozen
class VoteGain:
    """Mean IoU of fused label maps against the best model alone, and against equal votes.

    Attributes:
        how: what kept the images apart, such as "5 folds of gt".
        best: name of the model that is the best on most of the other images.
        over_best: difference to the best model, which the other images choose.
        over_vote: difference to a vote in which all models count the same; None if this is one.
        seen: gain over the best model on the images that chose weights and model, a fraction.
        optimism: what the seen gain is higher than the gain over the best.
    """

    how: str
    best: str
    over_best: Difference
    over_vote: Difference | None
    seen: float | None
    optimism: float | None

    @classmethod
    def of(
        cls,
        fused: MeanIoUResult,
        single: MeanIoUResult,
        plain: MeanIoUResult | None,
        *,
        how: str,
        best: str,
        seen: float | None,
        seed: int,
        workers: int | None,
    ) -> VoteGain:
        """The gain from three evaluations of the same images.

        Args:
            fused: label maps by votes that other images chose.
            single: those of the best model, which other images chose too.
            plain: by equal votes; None if these are equal.
            how: as the attribute.
            best: as the attribute.
            seen: as the attribute.
            seed: of the draws of images.
            workers: threads, None for all cores.
        """
        over_best = compare(single, fused, seed=seed, workers=workers).difference
        over_vote = None
        if plain is not None:
            over_vote = compare(plain, fused, seed=seed, workers=workers).difference
        gain = over_best.difference
        return cls(
            how=how,
            best=best,
            over_best=over_best,
            over_vote=over_vote,
            seen=seen,
            optimism=None if seen is None or gain is None else seen - gain,
        )

    def to_dict(self) -> dict[str, Any]:
        """The gain as plain values."""
        return {
            **vars(self),
            "over_best": self.over_best.to_dict(),
            "over_vote": None if self.over_vote is None else self.over_vote.to_dict(),
        }
