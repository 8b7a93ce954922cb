"""Oracles: from files of predictions to what perfect parts of them would reach."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from segeval.analysis.bootstrap import Bootstrap, replicates_of
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.files_in_order import ground_truth_last
from segeval.analysis.model_names import model_names
from segeval.analysis.oracles.candidates import Model, model_of
from segeval.analysis.oracles.presented import ORACLE
from segeval.analysis.oracles.scores import (
    ByKind,
    ModelOracles,
    Oracle,
    OracleScores,
    SizeOracles,
)
from segeval.analysis.oracles.several import best_of_models, best_per_category, union_of
from segeval.analysis.oracles.single import ORACLES, Base
from segeval.analysis.same_truth import check_same_truth
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments, Chosen
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.result import Description, Result
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

MOST_MODELS = 20
"""Models that are compared at once: all masks of all are in memory."""


@frozen(eq=False, repr=False, kw_only=True)
class Oracles(Result[ByKind]):
    """What perfect parts of one or several models would reach, for each kind of IoU."""

    about: Description[ByKind] = ORACLE

    def __repr__(self) -> str:
        """One line: the files and the numbers."""
        return f"Oracles({self.headline[1]}: {self.about.brief(self.scores)})"


def oracles(
    preds: PredictionsSource | Sequence[PredictionsSource],
    gt: GroundTruthSource,
    *,
    iou: str | Sequence[str] | None = None,
    protocol: str | Protocol | None = None,
    thresholds: float | Sequence[float] | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    area_from: str | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    categories: Chosen = None,
    images: Chosen = None,
    agnostic: bool = False,
    min_score: float | None = None,
    score_field: str = "score",
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    seed: int = 0,
    workers: int | None = None,
) -> Oracles:
    """AP if one thing were perfect: scores, masks, categories, duplicates, the choice of a model.

    Every oracle changes one thing and leaves the rest. Gains overlap: never add them. With several
    models also what they find together, and what the best choice among them would reach. The
    arguments that are not described here are those of `average_precision`.

    Args:
        preds: predictions of a model, or a list of them; each a path, a list of records or
            `Predictions`. A list of records is one model.
        gt: ground truth, or a path or dictionary to load it from.
        iou: as in `average_precision`.
        protocol: as in `average_precision`.
        thresholds: as in `average_precision`.
        sizes: as in `average_precision`.
        max_dets: as in `average_precision`; the largest cap counts.
        area_from: as in `average_precision`.
        boundary_ratio: as in `average_precision`.
        boundary_px: as in `average_precision`.
        categories: as in `average_precision`.
        images: as in `average_precision`.
        agnostic: as in `average_precision`.
        min_score: as in `average_precision`.
        score_field: as in `average_precision`.
        skip_unknown: as in `average_precision`.
        honour_ignore: as in `average_precision`.
        seed: of the halves that choose and judge a model per category.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Example:
        >>> box = {"image_id": 1, "category_id": 1}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "id": 1, "bbox": [0, 0, 9, 9], "area": 81}],
        ... }
        >>> found = [
        ...     {**box, "bbox": [50, 0, 9, 9], "score": 0.9},
        ...     {**box, "bbox": [0, 0, 9, 9], "score": 0.8},
        ... ]
        >>> round(oracles(found, gt, iou="bbox").first.models[0].overall.oracles["score"].gain, 9)
        0.5
    """
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        sizes=sizes,
        max_dets=max_dets,
        thresholds=thresholds,
        area_from=area_from,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        categories=categories,
        images=images,
        agnostic=agnostic,
        min_score=min_score,
        score_field=score_field,
        skip_unknown=skip_unknown,
        honour_ignore=honour_ignore,
    )
    return oracles_with(_models(preds), gt, arguments, seed=seed, workers=workers)


def oracles_with(
    preds: Sequence[PredictionsSource],
    gt: GroundTruthSource,
    arguments: Arguments,
    *,
    seed: int = 0,
    workers: int | None = None,
) -> Oracles:
    """The result of `oracles` for a list of models, whose arguments come as one value."""
    started = time.perf_counter()
    if not 1 <= len(preds) <= MOST_MODELS:
        raise InputError(
            f"`preds` are {counted(len(preds), 'model')}, expected 1 to {MOST_MODELS}.",
            code="models",
            option="preds",
        )
    seed = Bootstrap(seed=seed).seed
    if arguments.compat is not None:
        raise InputError(
            "`compat` does not go with oracles, which no official package has.",
            code="compat",
            option="compat",
        )
    with ground_truth_last(preds, gt, lambda others, last: f"oracles({others!r}, {last!r})"):
        by_model = [list(evaluations(preds[0], gt, arguments, workers))]
        truth = by_model[0][0].gt  # read, and its polygons drawn, once
        by_model += [list(evaluations(each, truth, arguments, workers)) for each in preds[1:]]
    first = [each.matches for each in by_model[0]]
    for others in by_model[1:]:
        check_same_truth(by_model[0][0], others[0])
    scores = {
        one.request.iou: _scores([each[place] for each in by_model], seed, workers)
        for place, one in enumerate(first)
    }
    roles = ["preds"] if len(preds) == 1 else [_role(place) for place in range(len(preds))]
    found = [each[0].matches.inputs for each in by_model]
    return Oracles(
        scores=scores,
        inputs={
            **{role: each["preds"] for role, each in zip(roles, found, strict=True)},
            "gt": found[0]["gt"],
        },
        settings={**ap_settings(first, None), "seed": int(seed)},
        notes=_notes(by_model),
        seconds=time.perf_counter() - started,
    )


def _models(
    preds: PredictionsSource | Sequence[PredictionsSource],
) -> list[PredictionsSource]:
    """The models: a list of records, like a path, is one."""
    if isinstance(preds, str | Path) or not isinstance(preds, Sequence):
        return [preds]
    several = list(preds)
    is_records = all(isinstance(each, Mapping) and "image_id" in each for each in several)
    return [several] if is_records else several


def _scores(several: Sequence[Evaluation], seed: int, workers: int | None) -> OracleScores:
    """The numbers of one kind of IoU."""
    models = [model_of(each, workers) for each in several]
    names = model_names([each.preds.source for each in several])
    bases = [Base(model.candidates, model.truths[0]) for model in models]
    found = OracleScores(
        iou=several[0].matches.request.iou,
        models=tuple(_model(*each) for each in zip(models, bases, names, strict=True)),
    )
    if len(models) == 1:
        return found
    matches = [model.evaluation.matches for model in models]
    return replace(
        found,
        union=union_of(bases),
        best_of_models=best_of_models(bases),
        best_per_category=best_per_category(matches, replicates_of(matches[0], 1, seed), workers),
    )


def _model(model: Model, base: Base, name: str) -> ModelOracles:
    """The oracles of one model, in every size bucket."""
    matches = model.evaluation.matches
    has_negative = bool((matches.score < 0).any())
    by_size = {
        bucket.name: _oracles(
            Base(model.of_bucket(place), model.truths[place]), has_negative=has_negative
        )
        for place, bucket in enumerate(matches.buckets[1:], 1)
    }
    return ModelOracles(
        name=name,
        preds=len(matches),
        overall=_oracles(base, has_negative=has_negative),
        sizes=by_size,
    )


def _oracles(base: Base, *, has_negative: bool) -> SizeOracles:
    """All oracles in one size bucket; a product with negative scores would reverse their order."""
    ap = base.curves().ap()
    found = {}
    for name, oracle in ORACLES.items():
        value = None
        if ap is not None and not (name == "mask_quality" and has_negative):
            value = oracle(base).ap()
        found[name] = Oracle(value, None if ap is None or value is None else value - ap)
    return SizeOracles(ap, int(base.truth.positives.sum()), found)


def _role(place: int) -> str:
    """The key of a model's file among the inputs: a, b, c and so on."""
    return chr(ord("a") + place)


def _notes(by_model: Sequence[Sequence[Evaluation]]) -> tuple[Note, ...]:
    """The notes of all files, and why numbers are missing."""
    matches: list[Matches] = [each.matches for model in by_model for each in model]
    notes = dict.fromkeys(note for each in matches for note in each.notes)
    negative = sum(int((model[0].matches.score < 0).sum()) for model in by_model)
    if negative:
        found = counted(negative, "score is", "scores are")
        message = f"{found} below 0: their product with the IoU is undefined"
        notes[Note("scores-outside", message, negative)] = None
    images = len(matches[0].image_ids)
    if len(by_model) > 1 and images < FEWEST_IMAGES:
        message = (
            f"{counted(images, 'image is', 'images are')} too few to judge a choice of models on "
            f"other images: expected at least {FEWEST_IMAGES}"
        )
        notes[Note("few-images", message, images)] = None
    return tuple(notes)
