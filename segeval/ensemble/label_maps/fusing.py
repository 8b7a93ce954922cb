"""One folder of label maps from those of several models."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from segeval.data.folders import check_new_folder
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.whole_files import whole_folder
from segeval.ensemble.given import check_models, check_one_source
from segeval.ensemble.label_maps.counting import Tally, voted_images
from segeval.ensemble.label_maps.deciding import Decision
from segeval.ensemble.label_maps.gain import VoteGain
from segeval.ensemble.label_maps.inputs import check_no_others, check_output
from segeval.ensemble.label_maps.notes import notes_on_votes
from segeval.ensemble.label_maps.result import LabelMapEnsemble, LabelMapScores, ModelVotes
from segeval.ensemble.label_maps.run import Run
from segeval.ensemble.label_maps.trials import HELD_OUT, gain_of, trials_of
from segeval.ensemble.label_maps.voting import void_labels
from segeval.ensemble.label_maps.weighing import Weighting
from segeval.ensemble.weighing.worth import stated_worth
from segeval.errors import InputError
from segeval.kernels.threads import OnProgress, thread_count


def fuse_label_maps(
    models: Sequence[str | Path],
    output: str | Path | None = None,
    *,
    strategy: str = "vote",
    weigh: str | None = None,
    classes: Classes | None = None,
    ignore: Ignored = (),
    scores: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    fit: str | Path | None = None,
    gt: str | Path | None = None,
    allow_fit_on_test: bool = False,
    overwrite: bool = False,
    seed: int = 0,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> LabelMapEnsemble:
    """Vote on every pixel of the label maps of several models, and write the winners.

    Of labels with equal votes, the one that the heaviest single model gives wins, then the smallest
    one. Void is no vote: a pixel is void where all models say so. The result does not depend on the
    order of the models and the number of threads. Of each thread, the label maps of one image are
    in memory.

    Args:
        models: a folder of .png or .npy files for each of M models, with the same images.
        output: new folder of the fused label maps, .png files of one number per pixel; None to
            write none, and only measure.
        strategy: "vote" (every model counts the same, or by `weights`), "interp" or "reweight" (by
            mean IoU, or by its rank) or "s003" (by IoU on the class that a vote is for).
        weigh: how votes of models count instead: "none", "interp" (by mean IoU), "rank" or
            "classwise".
        classes: as in `mean_iou`; needed with `fit` and `gt`. Without it, every label may occur.
        ignore: labels that are void, beside those of the classes.
        scores: mean IoU of each model, in any unit, shape (M,).
        weights: what votes of each model count, 0 or more, shape (M,); decimals are exact.
        fit: folder of true label maps to evaluate each model on. The gain is measured on each fold
            of its images with what the others choose; the result itself uses all. Further images
            of the models get what these decide.
        gt: folder of true label maps to measure the gain on in place of folds; with `fit` of other
            images than that.
        allow_fit_on_test: accept that `fit` and `gt` share images.
        overwrite: whether the output may hold earlier label maps of these images.
        seed: of the draws of images for the intervals of the gain.
        workers: threads, None for all cores.
        on_progress: called with the number of label maps or images done, and of all.
        settings: of the weights, as in `fuse`; `kappa` of s003 is a number of images.

    Raises:
        InputError: for a strategy or a setting that does not exist, something else than folders of
            label maps, or an output that exists or where an input is.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for models with different images, or label maps of different sizes.

    Example:
        >>> fuse_label_maps(["maps_a"])
        Traceback (most recent call last):
        ...
        segeval.errors.InputError: `models` is one model, expected the predictions of two or more
    """
    started = time.perf_counter()
    thread_count(workers, 1)  # refuses an impossible number of threads
    check_models(models)
    check_one_source(scores=scores, fit=fit, weights=weights)
    weighting = Weighting.of(strategy, weigh, settings, weights=weights, scores=scores)
    listed, void = _classes(classes, ignore, fit=fit, gt=gt)
    target = None if output is None else Path(output)
    if target is not None:
        check_output(target, [each for each in (*models, fit, gt) if each is not None])
        check_new_folder(target, replaces=overwrite)
    run = Run.of(models, fit, gt, listed, allow_fit_on_test=allow_fit_on_test)
    if target is not None:
        check_no_others(target, run.maps.keys)
    told = run.steps(on_progress)
    decision = Decision(
        weighting, listed, void, len(models), run.evidence(workers, told.evaluating),
        None if scores is None else stated_worth(scores, len(models)), decides=fit is not None,
    )  # fmt: skip
    trials = trials_of(run, decision)
    with nullcontext() if target is None else whole_folder(target, replaces=overwrite) as folder:
        tally = voted_images(
            run.maps, decision.ballot(), listed, folder, trials, explained=HELD_OUT,
            workers=workers, on_progress=told.voting,
        )  # fmt: skip
        gain = gain_of(run, decision, tally, seed=seed, workers=workers)
    return LabelMapEnsemble(
        scores=_scores(run, decision, tally, gain),
        inputs=run.inputs(),
        settings={
            "strategy": strategy,
            "weigh": weighting.weighing,
            "classes": None if listed is None else listed.source,
            "ignore": list(void) if listed is None else listed.ignored_ids,
            "fit": None if fit is None else str(fit),
            "seed": seed,
            **weighting.settings,
        },
        notes=tuple(notes_on_votes(run, decision, tally, gain)),
        seconds=time.perf_counter() - started,
        output=target,
    )


def _classes(
    classes: Classes | None, ignore: Ignored, **truth: Any
) -> tuple[LabelClasses | None, tuple[int, ...]]:
    """The classes of the run, and what is void if nothing says which labels are classes.

    Raises:
        InputError: for ground truth without classes.
    """
    if classes is not None:
        return label_classes(classes, ignore), ()
    option = next((name for name, value in truth.items() if value is not None), None)
    if option is not None:
        raise InputError(
            f"`{option}` judges label maps by class, expected `classes` as well, such as "
            '`classes="cityscapes"`',
            code="classes",
            option="classes",
        )
    return None, void_labels(ignore)


def _scores(run: Run, decision: Decision, tally: Tally, gain: VoteGain | None) -> LabelMapScores:
    """What became of each model."""
    worth, weights = decision.worth(), decision.weights()
    by_class = weights if weights.ndim == 2 else None
    ids = () if decision.classes is None else decision.classes.ids
    models = [
        ModelVotes(
            path=name,
            worth=None if worth is None else float(worth.overall[place]),
            weight=float(weights[place].mean()),
            by_class=None
            if by_class is None
            else dict(zip(ids, by_class[place].tolist(), strict=True)),
            votes=tally.pixels - int(tally.silent[place]),
            overruled=int(tally.overruled[place]),
        )
        for place, name in enumerate(run.maps.names)
    ]
    return LabelMapScores(
        strategy=decision.weighting.strategy.name,
        models=tuple(models),
        images=len(run.maps.keys),
        pixels=tally.pixels,
        differing=tally.differing,
        ties=tally.ties,
        worth_from=None if worth is None else worth.split,
        gain=gain,
    )
