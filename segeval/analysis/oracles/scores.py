"""The numbers of oracles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from segeval.analysis.oracles.several import BestPerCategory, FoundTogether
from segeval.brief import Brief
from segeval.frozen import frozen

Number = float | None


@frozen
class Oracle:
    """What a model would reach if one thing were perfect.

    Attributes:
        ap: AP then, mean over categories and thresholds, a fraction; None if undefined.
        gain: what that is above AP as it is; below 0 where matching pairs worse.
    """

    ap: Number
    gain: Number


@frozen
class SizeOracles:
    """The oracles for objects of one size bucket.

    Attributes:
        ap: AP as it is, a fraction; None if undefined.
        gt: number of objects that count.
        oracles: by name.
    """

    ap: Number
    gt: int
    oracles: Mapping[str, Oracle]


@frozen
class ModelOracles:
    """One model and its oracles.

    Attributes:
        name: of its file.
        preds: number of predictions that are judged.
        overall: for objects of all sizes.
        sizes: by size bucket.
    """

    name: str
    preds: int
    overall: SizeOracles
    sizes: Mapping[str, SizeOracles]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "model": self.name,
            "ap": self.overall.ap,
            "gt": self.overall.gt,
            "preds": self.preds,
            "oracles": {
                name: {**asdict(each), **self._by_size(name)}
                for name, each in self.overall.oracles.items()
            },
            "sizes": {name: {"ap": each.ap, "gt": each.gt} for name, each in self.sizes.items()},
        }

    def _by_size(self, oracle: str) -> dict[str, dict[str, Number]]:
        """AP and gain of one oracle by size bucket."""
        own = {size: each.oracles[oracle] for size, each in self.sizes.items()}
        return {
            "ap_by_size": {size: each.ap for size, each in own.items()},
            "gain_by_size": {size: each.gain for size, each in own.items()},
        }


@frozen(eq=False, repr=False)
class OracleScores(Brief):
    """The oracles of one or several models, by one kind of IoU.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        models: one or several, in the order given.
        union: what several find together; None for one.
        best_of_models: AP of the best mask of all models for every object, scored by its IoU; None
            for one model, and if undefined.
        best_per_category: each category by its best model; None for one model.
    """

    iou: str
    models: tuple[ModelOracles, ...]
    union: FoundTogether | None = None
    best_of_models: Number = None
    best_per_category: BestPerCategory | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        found: dict[str, Any] = {"models": [each.to_dict() for each in self.models]}
        if self.union is not None and self.best_per_category is not None:
            names = [each.name for each in self.models]
            rows = zip(names, self.union.recall, self.union.unique, strict=True)
            pairs = zip(names, self.union.added, strict=True)
            found |= {
                "union": {
                    "recall": self.union.together,
                    "models": [
                        {"model": name, "recall": recall, "unique": unique}
                        for name, recall, unique in rows
                    ],
                    "added": [
                        {"to": name, "by": by, "recall": value}
                        for name, row in pairs
                        for by, value in zip(names, row, strict=True)
                        if by != name
                    ],
                },
                "best_of_models": {"ap": self.best_of_models},
                "best_per_category": asdict(self.best_per_category),
            }
        return found


ByKind = Mapping[str, OracleScores]
"""Scores by kind of IoU, in the order asked for."""
