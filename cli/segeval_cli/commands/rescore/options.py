"""Options of `segeval rescore` alone."""

from __future__ import annotations

from typing import Annotated, Literal

from segeval_cli.options import Panel

FITTED = Panel("What scores follow from")
RULE = Panel("When a score rises")
GAIN = Panel("Gain")

Fit = Annotated[
    str,
    FITTED.reading("--fit GT", "Ground truth of other images, such as those of training."),
]
Gt = Annotated[
    str | None, GAIN.reading("--gt GT", "Ground truth of PREDS, to measure the gain on.")
]
AllowFitOnTest = Annotated[
    bool,
    GAIN.option("--allow-fit-on-test", "Measure the gain on images of --fit as well."),
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
