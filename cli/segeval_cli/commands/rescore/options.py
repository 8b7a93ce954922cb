"""Options of `segeval rescore` alone."""

from __future__ import annotations

from typing import Annotated, Literal

from segeval_cli.gain_options import GAIN
from segeval_cli.options import Panel

FITTED = Panel("What scores follow from")
RULE = Panel("When a score rises")

Fit = Annotated[
    str,
    FITTED.reading("--fit GT", "Ground truth of other images, such as training's, or of PREDS."),
]
Labels = Annotated[
    str | None, FITTED.reading("--labels CSV", "Open Images' verified labels of --fit.")
]
GtLabels = Annotated[
    str | None, GAIN.reading("--gt-labels CSV", "Open Images' verified labels of --gt.")
]
Blend = Annotated[
    float,
    RULE.option(
        "--blend B", "Share of what the context says; 1 is the paper's rule.", show_default=True
    ),
]
Source = Annotated[
    float,
    RULE.option(
        "--source S", "Lowest score of a category that is believed to be present.",
        show_default=True,
    ),
]  # fmt: skip
Target = Annotated[
    float,
    RULE.option("--target S", "Lowest score of a category that may rise.", show_default=True),
]
MinImages = Annotated[
    int,
    RULE.option("--min-images N", "Images with a category that a rule needs.", show_default=True),
]
MinLift = Annotated[
    float,
    RULE.option(
        "--min-lift L", "How many times more likely the other category must be.",
        show_default=True,
    ),
]  # fmt: skip
Smoothing = Annotated[
    float,
    RULE.option(
        "--smoothing N", "Images that are added to each count, at the usual frequency.",
        show_default=True,
    ),
]  # fmt: skip
Tau = Annotated[
    float,
    RULE.option(
        "--tau SHARE", "Share of an object that must lie inside of a larger one.",
        show_default=True,
    ),
]  # fmt: skip
Outlines = Annotated[
    Literal["bbox", "segm"],
    RULE.option("--iou", "Compare boxes, or masks.", show_default=True),
]
Rise = Annotated[
    float,
    RULE.option("--rise R", "Share of the way to 1 that a score goes.", show_default=True),
]
Fall = Annotated[
    float,
    RULE.option(
        "--fall R", "Share of a score that is lost where nothing surrounds it.",
        show_default=True,
    ),
]  # fmt: skip
Expected = Annotated[
    float,
    RULE.option(
        "--expected SHARE",
        "Share of a category's objects that are surrounded, from which one alone falls.",
        show_default=True,
    ),
]
MinObjects = Annotated[
    int,
    RULE.option("--min-objects N", "Objects of a category that a rule needs.", show_default=True),
]
MinShare = Annotated[
    float,
    RULE.option("--min-share SHARE", "Share of them that must be surrounded.", show_default=True),
]
MinSurroundLift = Annotated[
    float,
    RULE.option("--min-lift L", "How many times more often than by chance.", show_default=True),
]
FitPreds = Annotated[
    str | None,
    FITTED.reading(
        "--fit-preds FILE", "Predictions of the same model for the images of --fit, if PREDS lacks "
        "them.",
    ),
]  # fmt: skip
Seen = Annotated[
    float,
    RULE.option("--seen S", "Score from which a prediction is evidence.", show_default=True),
]
Eta = Annotated[
    float,
    RULE.option("--eta E", "Share of the likelihood ratio that counts.", show_default=True),
]
MinPredictions = Annotated[
    int,
    RULE.option(
        "--min-predictions N", "True predictions of a category that a rule needs, and false ones.",
        show_default=True,
    ),
]  # fmt: skip
Certainty = Annotated[
    float,
    RULE.option(
        "--certainty Z", "Standard errors by which the shares of both must differ.",
        show_default=True,
    ),
]  # fmt: skip
Apply = Annotated[
    Literal["top", "scale"],
    RULE.option(
        "--apply", "Raise the best row of a category in an image, or all of them alike.",
        show_default=True,
    ),
]  # fmt: skip
AsPrinted = Annotated[
    bool,
    RULE.option("--as-printed", "The paper's formula as printed, the wrong way round."),
]
FitOfSome = Annotated[
    str, FITTED.reading("--fit GT", "Ground truth of all or some images of PREDS.")
]
Method = Annotated[
    Literal["isotonic", "temperature", "linear"],
    RULE.option("--method", "The function that is fitted.", show_default=True),
]
CalibrationTarget = Annotated[
    Literal["precision", "iou"],
    RULE.option(
        "--target", "What scores shall equal: the share of true positives, or IoU.",
        show_default=True,
    ),
]  # fmt: skip
Field = Annotated[
    str,
    FITTED.option("--field NAME", "Field with the quality, from 0 to 1.", show_default=True),
]
Share = Annotated[
    float | None,
    RULE.option("--share G", "Take score^(1-G) times quality^G. Default: the product of both."),
]
