"""What was decided for each category, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.model_names import model_names, short_names
from segeval.data import GroundTruth
from segeval.data.keys import Key, written
from segeval.ensemble.categories.routing import Rule, Sharing
from segeval.ensemble.fitting.fitted import ByWorth, Evidence
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.tables import Field, Table
from segeval.words import counted, first_few

FEW = 6
"""Most categories that a note lists."""


@frozen
class Decision:
    """Which models give the predictions of one category.

    Attributes:
        id: of the category as written.
        name: of the category.
        n_gt: number of its objects; None without ground truth.
        ap: of each model; None where it does not know the category or nothing tells.
        models: places of the models that give its predictions.
        p_better: share of the draws of images in which the best of these is better than the best
            of the others that know it; None where there is none, nothing tells, or the category is
            in the ground truth of too few images.
        images: number of images with its objects; None without ground truth.
    """

    id: Key
    name: str
    n_gt: int | None
    ap: tuple[float | None, ...]
    models: tuple[int, ...]
    p_better: float | None
    images: int | None = None


@frozen
class Routes:
    """Which models give the predictions of each category.

    Attributes:
        rule: how models share the categories.
        paths: of the M models.
        experts: places of the models that know fewer categories than others.
        decisions: for each category of the predictions, by id.
    """

    rule: Rule
    paths: tuple[str, ...]
    experts: tuple[int, ...]
    decisions: tuple[Decision, ...]

    def to_dict(self) -> dict[str, Any]:
        """The rule and the decisions as plain values."""
        mode = self.rule.mode
        return {
            "mode": mode,
            "margin": self.rule.margin if mode == "replace" else None,
            "k": self.rule.k if mode == "topk" else None,
            "experts": [self.paths[each] for each in self.experts],
            "categories": [
                {
                    "id": each.id,
                    "name": each.name,
                    "gt": each.n_gt,
                    "ap": list(each.ap),
                    "models": [self.paths[place] for place in each.models],
                    "p_better": each.p_better,
                }
                for each in self.decisions
            ],
        }

    def table(self) -> Table | None:
        """Categories that models compete for, by falling difference; None where all join."""
        if self.rule.mode == "add":
            return None
        names = short_names(model_names(list(self.paths)))
        fields = (
            Field("category", "category", "text"),
            Field("gt", "gt", "count", drop=1),
            Field("ap", "AP"),
            Field("others", "others"),
            Field("p_better", "P better", drop=2),
            Field("models", "from", "text"),
        )
        rows = []
        for each in self.decisions:
            beside = [ap for place, ap in enumerate(each.ap) if place not in each.models]
            rival = max((ap for ap in beside if ap is not None), default=None)
            if rival is None:
                continue
            own = max((each.ap[place] or 0.0 for place in each.models), default=0.0)
            chosen = " + ".join(names[place] for place in each.models)
            rows.append((each.name, each.n_gt, own, rival, each.p_better, chosen))
        rows.sort(key=lambda row: row[3] - row[2])
        return Table("category", fields, tuple(rows))

    def notes(self) -> Iterator[Note]:
        """Which categories come from which expert."""
        for place in self.experts:
            given = [each for each in self.decisions if place in each.models]
            alone = [each.name for each in given if each.models == (place,)]
            others = [each.name for each in given if each.models != (place,)]
            name = Path(self.paths[place]).name
            parts = []
            if alone:
                parts.append(f"gives {_categories(alone)} alone")
            if others:
                parts.append(f"joins in {_categories(others)}")
            said = " and ".join(parts) or "gives no category"
            yield Note("experts", f"{name} {said}", len(given), None)
        yield from self._untested()

    def _untested(self) -> Iterator[Note]:
        """Categories of which nobody can say how sure the choice is."""
        table = self.table()
        shown = set() if table is None else {row[0] for row in table.rows}
        few = [
            each.name
            for each in self.decisions
            if each.name in shown and each.images is not None and each.images < FEWEST_IMAGES
        ]
        if few:
            yield Note(
                "few-images",
                f"how sure the choice is remains open for {_categories(few)}: too few images, "
                f"fewer than {FEWEST_IMAGES} with such objects",
                len(few),
                None,
            )


def decisions_of(
    by_worth: ByWorth, sharing: Sharing, names: Mapping[Key, str], *, resamples: int, seed: int
) -> tuple[Decision, ...]:
    """What all images decide, a decision for each category.

    Args:
        by_worth: decides who takes part.
        sharing: what the models know, and the rule.
        names: of categories, by id.
        resamples: draws of the images for the share in which a choice is better.
        seed: of the draws.
    """
    categories, knows = by_worth.categories, sharing.knows
    evidence = by_worth.evidence if by_worth.decides else None
    ap, n_gt = np.full(knows.shape, np.nan), None
    if evidence is not None:
        ap, n_gt = evidence.worth().of_classes(categories)
    joins = sharing.joins(ap)
    better: list[float | None] = [None] * len(categories)
    images = None
    if evidence is not None:
        images = _images_with(evidence.gt, categories)
        is_tested = images >= FEWEST_IMAGES
        rejected = knows & ~joins & is_tested
        better = _p_better(evidence, categories, ap, joins, rejected, resamples, seed)
    return tuple(
        Decision(
            id=key,
            name=names.get(key, str(key)),
            n_gt=None if n_gt is None else int(n_gt[place]),
            ap=tuple(
                None if np.isnan(one) or not is_known else float(one)
                for one, is_known in zip(ap[:, place], knows[:, place], strict=True)
            ),
            models=tuple(np.flatnonzero(joins[:, place]).tolist()),
            p_better=better[place],
            images=None if images is None else int(images[place]),
        )
        for place, key in enumerate(categories)
    )


def _images_with(gt: GroundTruth, categories: Sequence[Key]) -> NDArray[np.int64]:
    """Number of images with objects of each category that are no crowds, shape (C,)."""
    counted_ones = np.stack([gt.category_id, gt.image_id])[:, ~gt.is_crowd]
    ids, number = np.unique(np.unique(counted_ones, axis=1)[0], return_counts=True)
    known = dict(zip(written(ids, gt.categories.keys), number.tolist(), strict=True))
    return np.array([known.get(key, 0) for key in categories], np.int64)


def _p_better(
    evidence: Evidence,
    categories: Sequence[Key],
    ap: NDArray[np.float64],
    joins: NDArray[np.bool_],
    rejected: NDArray[np.bool_],
    resamples: int,
    seed: int,
) -> list[float | None]:
    """Share of draws in which the best chosen model of each category beats the best rejected."""
    found: list[float | None] = [None] * len(categories)
    defined = ~np.isnan(ap).any(axis=0) & rejected.any(axis=0)
    if not defined.any() or len(evidence.gt.images) < 2:  # all draws of one image are the same
        return found
    drawn = evidence.drawn(resamples, seed)
    known = {key: place for place, key in enumerate(evidence.worth().categories)}
    for place in np.flatnonzero(defined).tolist():
        chosen = int(np.argmax(np.where(joins[:, place], ap[:, place], -1)))
        rival = int(np.argmax(np.where(rejected[:, place], ap[:, place], -1)))
        column = known[categories[place]]
        gain = drawn[chosen, :, column] - drawn[rival, :, column]
        gain = gain[~np.isnan(gain)]
        if len(gain):
            found[place] = float((gain > 0).mean())
    return found


def _categories(names: list[str]) -> str:
    """How many categories, and the first few of them."""
    return f"{counted(len(names), 'category', 'categories')} ({first_few(names, FEW)})"
