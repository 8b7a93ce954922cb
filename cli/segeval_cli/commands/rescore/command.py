"""`segeval rescore`: new scores for a file of predictions, one kind of rule per command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval_cli.commands import COMMANDS
from segeval_cli.commands.rescore import options as own
from segeval_cli.gain_options import AllowFitOnTest, Gt
from segeval_cli.groups import group
from segeval_cli.measured import CocoPreds
from segeval_cli.prediction_files import AnyPredictionFile, AnyPreds, PredictionFile
from segeval_cli.rewriting import Rewriting
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.rescore.result import Rescored

app = group("rescore", COMMANDS["rescore"])


@app.command("cooccurrence")
@unfolded
def cooccurrence(
    preds: AnyPreds,
    *,
    fit: own.Fit,
    labels: own.Labels = None,
    blend: own.Blend = 1.0,
    source: own.Source = 0.5,
    target: own.Target = 0.05,
    min_images: own.MinImages = 20,
    min_lift: own.MinLift = 1.5,
    smoothing: own.Smoothing = 1.0,
    apply: own.Apply = "top",
    as_printed: own.AsPrinted = False,
    gt: Gt = None,
    gt_labels: own.GtLabels = None,
    allow_fit_on_test: AllowFitOnTest = False,
    output: AnyPredictionFile = None,
    how: Rewriting,
) -> None:
    """Raise scores of categories that what else is in the image makes likely.

    How often categories share an image is counted in --fit. No score falls,
    and no row is added; with --gt the gain is measured.

    Example: segeval rescore cooccurrence preds.json --fit train.json --gt val.json -o out.json
    """

    def rescored() -> Rescored:
        from segeval.rescore.by_statistics import rescore_cooccurrence

        return rescore_cooccurrence(
            preds, fit, labels=labels, gt=gt, gt_labels=gt_labels, blend=blend, source=source,
            target=target, min_images=min_images, min_lift=min_lift, smoothing=smoothing,
            apply=apply, as_printed=as_printed, allow_fit_on_test=allow_fit_on_test, seed=how.seed,
            workers=how.workers,
        )  # fmt: skip

    files = {"preds": preds, "fit": fit, "labels": labels, "gt": gt, "gt_labels": gt_labels}
    how.run(rescored, output, files, work="rescoring", takes_csv=True)


@app.command("surround")
@unfolded
def surround(
    preds: AnyPreds,
    *,
    fit: own.Fit,
    labels: own.Labels = None,
    tau: own.Tau = 0.9,
    iou: own.Outlines = "bbox",
    rise: own.Rise = 0.5,
    fall: own.Fall = 0.5,
    expected: own.Expected = 0.95,
    min_objects: own.MinObjects = 20,
    min_share: own.MinShare = 0.5,
    min_lift: own.MinSurroundLift = 2.0,
    gt: Gt = None,
    gt_labels: own.GtLabels = None,
    allow_fit_on_test: AllowFitOnTest = False,
    output: AnyPredictionFile = None,
    how: Rewriting,
) -> None:
    """Raise scores of what lies inside of what it usually lies in.

    How often objects surround others is counted in --fit: wheels inside of
    bicycles. What almost always lies in something, and here does not, falls.

    Example: segeval rescore surround preds.json --fit train.json --gt val.json -o out.json
    """

    def rescored() -> Rescored:
        from segeval.rescore.by_statistics import rescore_surround

        return rescore_surround(
            preds, fit, labels=labels, gt=gt, gt_labels=gt_labels, tau=tau, iou=iou, rise=rise,
            fall=fall, expected=expected, min_objects=min_objects, min_share=min_share,
            min_lift=min_lift, allow_fit_on_test=allow_fit_on_test, seed=how.seed,
            workers=how.workers,
        )  # fmt: skip

    files = {"preds": preds, "fit": fit, "labels": labels, "gt": gt, "gt_labels": gt_labels}
    how.run(rescored, output, files, work="rescoring", takes_csv=True)


@app.command("context")
@unfolded
def context(
    preds: CocoPreds,
    *,
    fit: own.FitOfSome,
    fit_preds: own.FitPreds = None,
    seen: own.Seen = 0.5,
    tau: own.Tau = 0.9,
    iou: own.Outlines = "bbox",
    eta: own.Eta = 0.5,
    min_predictions: own.MinPredictions = 20,
    certainty: own.Certainty = 3.0,
    gt: Gt = None,
    allow_fit_on_test: AllowFitOnTest = False,
    output: PredictionFile = None,
    how: Rewriting,
) -> None:
    """Shift scores by what is seen around true predictions, and around false ones.

    What is learned comes from predictions with ground truth: --fit is that of
    PREDS, or of --fit-preds. Without --gt the gain is measured in folds.

    Example: segeval rescore context preds.json --fit val.json -o out.json
    """

    def rescored() -> Rescored:
        from segeval.rescore.by_context import rescore_context

        return rescore_context(
            preds, fit, fit_preds=fit_preds, gt=gt, seen=seen, tau=tau, iou=iou, eta=eta,
            min_predictions=min_predictions, certainty=certainty,
            allow_fit_on_test=allow_fit_on_test, seed=how.seed, workers=how.workers,
        )  # fmt: skip

    files = {"preds": preds, "fit": fit, "fit_preds": fit_preds, "gt": gt}
    how.run(rescored, output, files, work="rescoring")


@app.command("calibrate")
@unfolded
def calibrate(
    preds: CocoPreds,
    *,
    fit: own.FitOfSome,
    method: own.Method = "isotonic",
    target: own.CalibrationTarget = "precision",
    gt: Gt = None,
    allow_fit_on_test: AllowFitOnTest = False,
    output: PredictionFile = None,
    how: Rewriting,
) -> None:
    """Make scores equal the share of true positives; their order, and AP, stay.

    The error is shown before and after, on images that the function was not
    fitted to.

    Example: segeval rescore calibrate preds.json --fit gt.json -o out.json
    """

    def rescored() -> Rescored:
        from segeval.rescore.calibrating import rescore_calibrate

        return rescore_calibrate(
            preds, fit, method=method, target=target, gt=gt, allow_fit_on_test=allow_fit_on_test,
            seed=how.seed, workers=how.workers,
        )  # fmt: skip

    files = {"preds": preds, "fit": fit, "gt": gt}
    how.run(rescored, output, files, work="rescoring")


@app.command("mask-score")
@unfolded
def mask_score(
    preds: CocoPreds,
    *,
    field: own.Field = "mask_score",
    share: own.Share = None,
    gt: Gt = None,
    output: PredictionFile = None,
    how: Rewriting,
) -> None:
    """Multiply scores by the predicted quality of their masks.

    Models with a mask-scoring head write it into each record.

    Example: segeval rescore mask-score preds.json --field mask_iou --gt gt.json -o out.json
    """

    def rescored() -> Rescored:
        from segeval.rescore.mask_scoring import rescore_mask_score

        return rescore_mask_score(
            preds, field=field, share=share, gt=gt, seed=how.seed, workers=how.workers
        )

    files = {"preds": preds, "gt": gt}
    how.run(rescored, output, files, work="rescoring")
