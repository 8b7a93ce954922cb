"""Is model B better than model A? Both on the same images, drawn anew and with swapped outputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from segeval.analysis.comparison.intervals import LEVEL
from segeval.analysis.comparison.models import Model, check_alike
from segeval.analysis.comparison.notes import notes_of
from segeval.analysis.comparison.options import CompareOptions
from segeval.analysis.comparison.own_intervals import ResultIntervals
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.run import Run
from segeval.analysis.comparison.sides import models_of
from segeval.analysis.comparison.slice_names import path_of_slice
from segeval.analysis.comparison.slices import LabelSource, named_source, notes_of_labels
from segeval.analysis.comparison.steps import Steps
from segeval.analysis.comparison.titles import measured_by
from segeval.analysis.files_in_order import ground_truth_last
from segeval.analysis.key_paths import KeyPath, dotted
from segeval.errors import InputError
from segeval.kernels.threads import OnProgress, thread_count


def compare(
    a: Any,
    b: Any,
    gt: Any = None,
    *,
    others: Sequence[Any] = (),
    groups: LabelSource | None = None,
    slices: LabelSource | None = None,
    margin: float = 0.0,
    metric: str | None = None,
    plan: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    **evaluation: Any,
) -> Comparison:
    """Whether model B is better than model A, and how sure that is.

    Both are evaluated on the same images. Intervals come from drawing images with replacement, the
    same for both; p-values from swapping their outputs image by image. The verdict is one of
    better, worse, same within the margin, or undecided, with the difference that this set of images
    can show.

    Args:
        a: predictions of the first model, the result of their evaluation, or a part file of
            matches; a tuple of them is several runs of one recipe.
        b: the same of the second model.
        gt: ground truth, or a path to load it from; None if both are results or part files.
        others: further models, each like a; all pairs are compared.
        groups: images that belong together and are drawn together, such as the frames of a video: a
            field of the images in the ground truth, a CSV file of image and label, or labels by id
            or file name.
        slices: parts of the images that are compared too, in the same forms.
        margin: differences up to this are of no interest, a fraction of at least 0: the models are
            "same" if the whole interval is within it, and neither better nor worse is shown.
        metric: the main number: a key path such as "segm.sizes.small.ap", or a short name such as
            "AP50"; by default AP, mIoU or PQ.
        plan: state how many images show a difference of this size, a fraction above 0.
        resamples: draws of images, and swaps.
        seed: of the draws; the order of the images makes no difference.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of steps done, and of all.
        evaluation: arguments of the evaluation of predictions, as the files need them: those of
            `average_precision`, `mean_iou`, `panoptic_quality`, `cityscapes_ap` or
            `open_images_ap`.

    Raises:
        InputError: for arguments that make no sense, or fewer than 10 images.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Source:
        Everingham et al. 2015 (bootstrap over images), Smucker et al. 2007 (swaps), Westfall and
        Young 1993 (families).

    Example:
        >>> import json
        >>> from segeval.data.synthetic import furniture
        >>> files = {name: json.loads(text) for name, text in furniture().to_json().items()}
        >>> b_and_a = files["model_b.json"], files["model_a.json"]
        >>> compare(*b_and_a, files["gt.json"], resamples=100).verdict
        'better'
    """
    started = time.perf_counter()
    options = CompareOptions(
        margin=margin,
        metric=metric,
        plan=plan,
        groups=groups,
        slices=slices,
        resamples=resamples,
        seed=seed,
    )
    options.check()
    thread_count(workers, 1)  # refuses an impossible number of threads
    steps = Steps(on_progress, total=2 + len(others))
    sides = [a, b, *others]
    with ground_truth_last(sides, gt, _call):
        models = models_of(sides, gt, evaluation, workers, steps.advance)
    return compared(Run(models, options, gt, workers, steps), started)


def compare_drawn(
    a: ResultIntervals,
    b: ResultIntervals,
    gt: Any = None,
    *,
    groups: LabelSource | None = None,
    slices: LabelSource | None = None,
    margin: float = 0.0,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """As `compare` of two results whose intervals are known: from their draws, not drawn anew.

    Args:
        a: intervals of the first model's numbers.
        b: of the second model's, from the same draws.
        gt: ground truth, where groups or slices are a field of its images.
        groups: images that were drawn together.
        slices: parts of the images that are compared too.
        margin: differences up to this are of no interest, a fraction of at least 0: the models are
            "same" if the whole interval is within it, and neither better nor worse is shown.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of steps done, and of all.

    Raises:
        InputError: for intervals of other draws, or fewer than 10 images.
        MismatchError: for results that do not belong together.
    """
    started = time.perf_counter()
    if a.settings != b.settings or a.settings["groups"] != named_source(groups):
        raise InputError(
            f"the intervals are of other draws: {dict(a.settings)} and {dict(b.settings)}; "
            f"expected the same resamples and seed, and the groups {named_source(groups)!r}.",
            code="draws",
        )
    options = CompareOptions(
        margin=margin,
        groups=groups,
        slices=slices,
        resamples=a.settings["resamples"],
        seed=a.settings["seed"],
    )
    options.check()
    steps = Steps(on_progress, total=2)
    models = models_of([a.result, b.result], None, {}, workers, steps.advance)
    run = Run(models, options, gt, workers, steps, (a.replicates, b.replicates))
    return compared(run, started)


def compared(run: Run, started: float) -> Comparison:
    """The result of a run that began at a time of `time.perf_counter`."""
    check_alike(run.models)
    result, options = run.models[0].results[0], run.options
    scores = replace(run.scores(), measured=measured_by(result))
    return Comparison(
        scores=scores,
        inputs=_inputs(run.models),
        settings={
            **result.settings,
            "metric": dotted(_judged_path(run)),
            "margin": options.margin,
            "groups": named_source(options.groups),
            "slices": named_source(options.slices),
            "level": LEVEL,
            "resamples": options.resamples,
            "seed": options.seed,
        },
        notes=(
            *notes_of_labels(run.labels),
            *notes_of(run.models, scores, units=len(run.draws.units), unlabelled=run.slices[1]),
        ),
        seconds=time.perf_counter() - started,
    )


def _judged_path(run: Run) -> KeyPath:
    """The place of the number that the comparison is judged by, with the slice."""
    if run.of_slices is None:
        return run.primary
    return path_of_slice(run.primary, run.of_slices.label, run.paths)


def _call(sides: Sequence[Any], gt: Any) -> str:
    """The call for some files."""
    a, b, *others = sides
    more = f", others={others!r}" if others else ""
    return f"compare({a!r}, {b!r}, {gt!r}{more})"


def _inputs(models: Sequence[Model]) -> dict[str, dict[str, Any]]:
    """Files by role: a, b, c and so on, and gt."""
    found: dict[str, dict[str, Any]] = {}
    for place, model in enumerate(models):
        letter = chr(ord("a") + place) if place < 6 else f"model_{place + 1}"
        first, *more = [dict(result.inputs.get("preds", {})) for result in model.results]
        found[letter] = {**first, "runs": [first, *more]} if more else first
    found["gt"] = dict(models[0].results[0].inputs.get("gt", {}))
    return found
