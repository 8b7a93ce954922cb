"""The result of merging models: the rows, what became of each model, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from segeval.analysis.model_names import model_names, short_names
from segeval.brief import Brief
from segeval.data import Predictions
from segeval.data.coco.write import save_predictions
from segeval.data.keys import written
from segeval.ensemble.fitting.routes import Routes
from segeval.ensemble.gains.gain import Gain
from segeval.ensemble.gains.gain_table import gain_table
from segeval.ensemble.gains.reasons import Reason
from segeval.ensemble.operators.merged import ROLES, SUPPORT, Merged
from segeval.ensemble.recipes.recipe import Made, save_recipe
from segeval.ensemble.search.searched import Searched
from segeval.ensemble.search.shown import search_line, search_tables, search_values
from segeval.ensemble.strategies import STRATEGIES
from segeval.ensemble.views.view import NONE
from segeval.ensemble.weighing.worth import BY_HAND
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.metrics.undefined import or_none
from segeval.words import counted


@frozen
class ModelShare:
    """One model, and what became of its predictions.

    Attributes:
        path: of its predictions.
        predictions: how many there are.
        worth: what it is worth, in the unit in which that was given; None if nobody asked.
        weight: what its scores were multiplied by.
        rows: rows of the result that come from it.
        support: rows of other models that it supports.
    """

    path: str
    predictions: int
    worth: float | None
    weight: float
    rows: int
    support: int


@frozen(eq=False, repr=False)
class EnsembleScores(Brief):
    """What became of each model.

    Attributes:
        strategy: name of the strategy.
        models: in the order given.
        rows: number of rows of the result.
        fused: number of rows with a new mask.
        worth_from: what the worth of models was computed on; None if nobody asked.
        gain: over the best model and over plain NMS; None without ground truth.
        routes: which models give the predictions of each category; None where all know all.
        search: what a search found; None for other strategies.
        reasons: what may keep the gain from being shown, as tested; none where it is shown.
    """

    strategy: str
    models: tuple[ModelShare, ...]
    rows: int
    fused: int
    worth_from: str | None
    gain: Gain | None = None
    routes: Routes | None = None
    search: Searched | None = None
    reasons: tuple[Reason, ...] = ()


def _headline(result: Result[EnsembleScores]) -> tuple[str, ...]:
    """What was merged, and how."""
    scores = result.scores
    settings = result.settings
    names = model_names([each.path for each in scores.models])
    if settings.get("views"):
        names = [
            name if view == NONE else f"{name} ({view})"
            for name, view in zip(names, settings["views"], strict=True)
        ]
    cap = f"max_dets {settings['max_dets']}" if settings["max_dets"] else "no max_dets"
    calibrated = [f"{settings['calibrate']} calibration"] if settings.get("calibrate") else []
    by, weigh = f"by {settings['iou']} IoU", settings.get("weigh")
    usual = STRATEGIES[scores.strategy].weighing if scores.strategy in STRATEGIES else weigh
    weights = [] if weigh == usual else [f"{weigh} weights"]
    shown = " + ".join(names)
    return (f"Ensemble by {scores.strategy}", shown, by, *calibrated, *weights, cap)


def _summary(result: Result[EnsembleScores]) -> str:
    """How many rows there are."""
    scores = result.scores
    before = counted(sum(each.predictions for each in scores.models), "prediction")
    fused = f", {scores.fused:,} of them with a new mask" if scores.fused else ""
    gain = "" if scores.gain is None else f"; gains are of {scores.gain.how}"
    tried = "" if scores.search is None else f"; {search_line(scores.search)}"
    return f"{before} became {counted(scores.rows, 'row')}{fused}{tried}{gain}"


def _tables(result: Result[EnsembleScores]) -> tuple[Table, ...]:
    """A row for each model."""
    scores = result.scores
    fields = [Field("path", "model", "text"), Field("predictions", "predictions", "count", drop=1)]
    if scores.worth_from is not None:
        by_hand = scores.worth_from == BY_HAND
        fields.append(Field("worth", "worth", "number") if by_hand else Field("worth", "worth"))
    fields += [Field("weight", "weight", "number"), Field("rows", "rows kept", "count")]
    if any(each.support for each in scores.models):
        fields.append(Field("support", "supports", "count", drop=2))
    paths = [each.path for each in scores.models]
    names = short_names(model_names(paths))
    rows = tuple(
        (name, *(getattr(each, f.key) for f in fields[1:]))
        for name, each in zip(names, scores.models, strict=True)
    )
    own = Table("model", tuple(fields), rows)
    searched = () if scores.search is None else search_tables(scores.search, names)
    by_path = dict(zip(paths, names, strict=True))
    gain = None if scores.gain is None else _gain_table(scores.gain, by_path)
    routes = None if scores.routes is None else scores.routes.table()
    return tuple(each for each in (own, *searched, gain, routes) if each is not None)


def _gain_table(gain: Gain, names: Mapping[str, str]) -> Table:
    """The gain over the best model and over NMS, on images that chose nothing.

    Args:
        gain: as measured.
        names: of the models by their paths.
    """
    best = names.get(gain.best, Path(gain.best).name)
    against = {f"{best} alone": gain.over_best, "NMS of all": gain.over_nms}
    if gain.over_wbf is not None:
        against["WBF of all"] = gain.over_wbf
    return gain_table(against)


def _values(scores: EnsembleScores) -> dict[str, Any]:
    """What became of each model, as plain values."""
    return {
        "strategy": scores.strategy,
        "models": [asdict(each) for each in scores.models],
        "rows": scores.rows,
        "fused": scores.fused,
        "worth_from": scores.worth_from,
        "gain": None if scores.gain is None else scores.gain.to_dict(),
        "routes": None if scores.routes is None else scores.routes.to_dict(),
        "search": None
        if scores.search is None
        else search_values(scores.search, [each.path for each in scores.models]),
        "reasons": [each.to_dict() for each in scores.reasons],
    }


ENSEMBLE: Description[EnsembleScores] = Description(
    place=f"{__name__}:ENSEMBLE",
    schema="segeval/ensemble/1",
    brief=lambda scores: f"{scores.strategy} of {counted(len(scores.models), 'model')}",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)


@frozen(eq=False, repr=False, kw_only=True)
class Ensemble(Result[EnsembleScores]):
    """Predictions of several models as one set.

    Attributes:
        predictions: the rows, by image and in the canonical order.
        merged: what each row was made from.
        made: what made them, as a recipe holds it; None where nobody knows.
    """

    about: Description[EnsembleScores] = ENSEMBLE
    predictions: Predictions
    merged: Merged
    made: Made | None = None

    def __repr__(self) -> str:
        """One line: the strategy and the counts."""
        return f"Ensemble({self.about.brief(self.scores)}: {counted(self.scores.rows, 'row')})"

    def save(self, path: str | Path) -> None:
        """Write the rows as a COCO results file; arguments and errors as in `save_predictions`."""
        save_predictions(self.predictions, path)

    def save_recipe(self, path: str | Path) -> None:
        """Write all that made the rows, for `segeval.ensemble.apply_recipe`.

        Args:
            path: of a JSON file; an older one is replaced.

        Raises:
            InputError: if models are no files, or for arguments that a recipe does not hold.
        """
        if self.made is None:
            raise InputError("nothing tells what made this ensemble", code="recipe")
        counts = [each.predictions for each in self.scores.models]
        save_recipe(path, self.made, counts, self.scores.gain, self.scores.search)

    def explained(self) -> Iterator[dict[str, Any]]:
        """Why every row is there: its members with their roles, and the terms of its score.

        Yields:
            For each row image_id, category_id, score, `terms` that add up to the score, and
            `members`: the model and number of each prediction, its role, weight and weighted score.
        """
        merged, pool = self.merged, self.merged.pool
        first = pool.files[0]
        images = written(self.predictions.image_id, first.image_keys)
        categories = written(self.predictions.category_id, first.category_keys)
        names = [each.path for each in self.scores.models]
        for row in range(len(merged)):
            span = slice(merged.offsets[row], merged.offsets[row + 1])
            yield {
                "image_id": images[row],
                "category_id": categories[row],
                "score": float(merged.score[row]),
                "terms": {name: float(term[row]) for name, term in merged.terms.items()},
                "members": [
                    {
                        "model": names[pool.model[each]],
                        "prediction": pool.files[pool.model[each]].place(pool.row[each]),
                        "role": ROLES[role],
                        "weight": float(pool.weight[each]),
                        "score": float(pool.score[each]),
                    }
                    for each, role in zip(
                        merged.members[span].tolist(), merged.roles[span].tolist(), strict=True
                    )
                ],
            }


def shares_of(
    merged: Merged, sizes: list[int], weights: list[float], worth: list[float] | None
) -> tuple[ModelShare, ...]:
    """What became of each model of a result."""
    pool = merged.pool
    models = len(pool.files)
    rows = np.bincount(pool.model[merged.lead], minlength=models)
    voters = merged.members[merged.roles == SUPPORT]
    support = np.bincount(pool.model[voters], minlength=models)
    return tuple(
        ModelShare(
            path=pool.files[place].source,
            predictions=sizes[place],
            worth=None if worth is None else or_none(worth[place]),
            weight=weights[place],
            rows=int(rows[place]),
            support=int(support[place]),
        )
        for place in range(models)
    )


def inputs_of(models: Sequence[ModelShare]) -> dict[str, dict[str, Any]]:
    """The files of models and their counts, as a result lists its inputs."""
    return {
        f"model_{place}": {"path": each.path, "count": each.predictions}
        for place, each in enumerate(models, 1)
    }
