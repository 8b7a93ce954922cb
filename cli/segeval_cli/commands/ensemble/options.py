"""Options of `segeval ensemble` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval.frozen import frozen
from segeval_cli.commands.ensemble import per_model
from segeval_cli.label_map_options import classes_option
from segeval_cli.options import OUTPUT, Iou, Panel, argument

HOW = Panel("How to merge")
WORTH = Panel("What models are worth")
VIEWS = Panel("Views and tiles of images")
SETTINGS = Panel("Settings of strategies")
EXPERTS = Panel("Models that know different categories")

Models = Annotated[
    list[str] | None,
    argument(
        "A B [C ...]",
        "Predictions of two or more models: .json, .json.gz or .jsonl, folders of them, or "
        '"-" for standard input. Or folders of label maps.',
    ),
]
StrategyName = Annotated[
    str,
    HOW.option(
        "--strategy NAME",
        "How models are merged; help lists all with a line each. Of label maps it is vote unless "
        "another is named.",
        show_default=True,
    ),
]  # fmt: skip
IouKind = Annotated[
    Iou | None,
    HOW.option(
        "--iou",
        "What overlaps are measured by. Default: bbox for interp and reweight, else segm if every "
        "prediction has a mask.",
    ),
]
MaxDets = Annotated[
    int,
    HOW.option(
        "--max-dets N", "Best rows of an image, over all categories; 0 for all.", min=0,
        show_default=True,
    ),
]  # fmt: skip
MaskThreshold = Annotated[
    str,
    HOW.option(
        "--mask-threshold CUT",
        "Share of votes above which a pixel belongs to a fused mask, or expected-iou: the cut of "
        "each row that fits its members best.",
        show_default=True,
    ),
]
MaskVotes = Annotated[
    Literal["equal", "score", "model"],
    HOW.option(
        "--mask-votes",
        "What the vote of a mask for its pixels counts: equal, its weighted score, or the weight "
        "of its model.",
        show_default=True,
    ),
]
BoundScores = Annotated[
    bool,
    HOW.option(
        "--bound-scores",
        "Divide scores by 1 + alpha * k, so that votes raise none above 1; the order stays.",
    ),
]
Compat = Annotated[
    Literal["ensemble-boxes"] | None,
    HOW.option("--compat", "Give the numbers of the package ensemble-boxes 1.0.9 (nms, nmw, wbf)."),
]
Weigh = Annotated[
    Literal["none", "interp", "rank", "classwise", "tuned"] | None,
    WORTH.option(
        "--weigh",
        "How weights follow from what models are worth: not at all, by AP, by rank, by AP on each "
        "category, or by trying which give the best result. Default: the strategy's own.",
    ),
]
Calibrate = Annotated[
    Literal["none", "isotonic", "temperature", "linear"] | None,
    HOW.option(
        "--calibrate",
        "Make scores of all models mean the same first, by a function of each that is fitted to "
        "--fit. Default: isotonic for modern, else none.",
    ),
]
CalibrateTo = Annotated[
    Literal["iou", "precision"],
    HOW.option(
        "--calibrate-to", "What calibrated scores equal: the IoU with the object, or the share of "
        "true positives.", show_default=True,
    ),
]  # fmt: skip
Scores = Annotated[
    str | None,
    WORTH.option(
        "--scores S,S,...", "Validation AP, or mean IoU, of each model, such as 77.2,77.3,77.4."
    ),
]
Weights = Annotated[
    str | None,
    WORTH.option("--weights W,W,...", "What each model's scores are multiplied by, such as 1,0.9."),
]
SavedAP = Annotated[
    list[str] | None,
    WORTH.reading(
        "--ap FILE", "What segeval ap --json printed, once for each model, in their order."
    ),
]
Classes = Annotated[
    str | None, classes_option("Classes of label maps, which --fit and --gt need: ")
]
Fit = Annotated[
    str | None,
    WORTH.reading("--fit GT", "Ground truth to evaluate each model on, for the weights."),
]
Views = Annotated[
    list[str] | None,
    VIEWS.option(
        "--view V,V,...",
        "How the images of each file were changed: none, hflip, vflip, scale=S or offset=X,Y, "
        "joined by + where several were.",
    ),
]
TileTable = Annotated[
    str | None,
    VIEWS.reading(
        "--tiles CSV",
        "Where tiles lie in images: tile_id,image_id,x,y and perhaps width,height of the image. "
        "One file of predictions is enough then.",
    ),
]
CutObjects = Annotated[
    Literal["drop", "keep"],
    VIEWS.option(
        "--cut-objects",
        "What becomes of pieces of objects that the border of a tile cuts and another tile shows "
        "whole.",
        show_default=True,
    ),
]
ImageList = Annotated[
    str | None,
    VIEWS.reading(
        "--images FILE",
        "COCO file with the sizes of the images, where masks and ground truth do not tell.",
    ),
]
RecipeFile = Annotated[
    Path | None,
    HOW.reading(
        "--recipe FILE",
        "Merge as a recipe of --recipe-out says, to the same bytes; the models may come in any "
        "order.",
    ),
]
NewImages = Annotated[
    bool,
    HOW.option(
        "--new-images",
        "The files are others of the same models than those of --recipe, such as for test images: "
        "by the names in the recipe if all have these, else in its order.",
    ),
]
RecipeOut = Annotated[
    Path | None,
    OUTPUT.option(
        "--recipe-out FILE",
        "Also write all that decided how the models are merged, for --recipe: .json.",
    ),
]
PerCategory = Annotated[
    bool,
    OUTPUT.option("--per-category", "Also print the gain on each category over the best model."),
]
Explain = Annotated[
    Path | None,
    OUTPUT.option(
        "--explain FILE",
        "Also write why every row is there, a line of JSON for each: .jsonl.",
    ),
]
Maps = Annotated[
    list[str] | None,
    EXPERTS.option(
        "--map MODEL=FILE",
        "What the categories of a model are among those of the others: a JSON object from ids or "
        "names to ids; also one for each model in their order, or none.",
        callback=per_model.declared,
    ),
]
CoversOption = Annotated[
    list[str] | None,
    EXPERTS.option(
        "--covers MODEL=FILE",
        "The categories that a model knows, where its map does not say: a list of ids or names, or "
        "found for those in its file.",
        callback=per_model.declared,
    ),
]
Route = Annotated[
    Literal["add", "replace", "best", "topk"] | None,
    EXPERTS.option(
        "--route",
        "Who gives a category: all that know it (add), an expert that is better than the general "
        "model (replace), the best, the best few (topk). Default: add.",
    ),
]
RouteMargin = Annotated[
    float,
    EXPERTS.option(
        "--route-margin D", "Difference of AP from which an expert replaces the general model.",
        show_default=True,
    ),
]  # fmt: skip
RouteK = Annotated[
    int,
    EXPERTS.option(
        "--route-k N", "Number of models of a category (topk).", min=1, show_default=True
    ),
]
ClassScores = Annotated[
    str | None,
    EXPERTS.option(
        "--class-scores FIELD",
        "Leave out rows whose list of scores in this field has its highest for the background.",
    ),
]
BackgroundOption = Annotated[
    Literal["first", "last"],
    EXPERTS.option(
        "--background", "Where the score of the background stands in it.", show_default=True
    ),
]


@frozen(kw_only=True)
class Settings:
    """Settings of strategies; each has some of them, with defaults of its own."""

    kind: Annotated[
        Literal["linear", "gaussian"] | None,
        SETTINGS.option("--kind", "How scores fall with the overlap (soft-nms, matrix-nms)."),
    ] = None
    iou_threshold: Annotated[
        float | None,
        SETTINGS.option("--iou-threshold IOU", "Overlap above which predictions are one object."),
    ] = None
    sigma: Annotated[
        float | None, SETTINGS.option("--sigma S", "Width of the gaussian. Default: 0.5.")
    ] = None
    min_score: Annotated[
        float | None,
        SETTINGS.option("--min-score S", "Rows of a lower weighted score are left out."),
    ] = None
    inclusive: Annotated[
        bool | None,
        SETTINGS.option("--inclusive", "Also suppress at the threshold itself (nms)."),
    ] = None
    k: Annotated[
        int | None, SETTINGS.option("--k N", "Most supporters of a row (vote). Default: 4.")
    ] = None
    alpha: Annotated[
        float | None,
        SETTINGS.option("--alpha A", "Part of each supporter's score (vote). Default: 0.05."),
    ] = None
    beta: Annotated[
        float | None,
        SETTINGS.option("--beta B", "Part of the box that stays (vote). Default: 0.7."),
    ] = None
    min_iou: Annotated[
        float | None, SETTINGS.option("--min-iou IOU", "Least overlap of a supporter (vote).")
    ] = None
    max_per_model: Annotated[
        int | None,
        SETTINGS.option(
            "--max-per-model N",
            "Most supporters of a row by one model, 0 for any number (vote). Default: 1.",
        ),
    ] = None
    exclusive: Annotated[
        bool | None,
        SETTINGS.option(
            "--exclusive", "A prediction supports only the row that it overlaps most (vote)."
        ),
    ] = None
    anchors: Annotated[
        Literal["adj-nms", "nms", "soft-nms", "matrix-nms"] | None,
        SETTINGS.option("--anchors", "What chooses the rows to vote for. Default: adj-nms (vote)."),
    ] = None
    literal: Annotated[
        bool | None,
        SETTINGS.option("--literal", "The formulas as they are printed in the paper (vote)."),
    ] = None
    confidence: Annotated[
        Literal["absent_aware", "avg", "overflow", "model_avg", "max"] | None,
        SETTINGS.option("--confidence", "How scores of a cluster become one (wbf)."),
    ] = None
    min_votes: Annotated[
        int | None, SETTINGS.option("--min-votes N", "Models that a row needs (wbf).")
    ] = None
    theta_min: Annotated[
        float | None,
        SETTINGS.option(
            "--theta-min W", "Weight of the worst model (interp weights). Default: 0.6."
        ),
    ] = None
    theta_max: Annotated[
        float | None,
        SETTINGS.option("--theta-max W", "Weight of the best model (interp). Default: 1."),
    ] = None
    min_spread: Annotated[
        float | None,
        SETTINGS.option(
            "--min-spread S", "Least difference of scores that --theta-min stands for (interp)."
        ),
    ] = None
    theta_0: Annotated[
        float | None,
        SETTINGS.option("--theta-0 W", "Weight of the worst model (reweight). Default: 0.5."),
    ] = None
    mode: Annotated[
        Literal["relative", "interp", "rank", "cutoff", "topk"] | None,
        SETTINGS.option("--mode", "How AP on a category becomes a weight (classwise)."),
    ] = None
    kappa: Annotated[
        float | None,
        SETTINGS.option(
            "--kappa N", "Objects with which a category counts as much as all together (classwise)."
        ),
    ] = None
    rho: Annotated[
        float | None,
        SETTINGS.option("--rho SHARE", "Least share of the best AP (--mode cutoff). Default: 0.8."),
    ] = None
    top_models: Annotated[
        int | None,
        SETTINGS.option("--top-models N", "Models of a category (--mode topk). Default: 1."),
    ] = None
    min_gain: Annotated[
        float | None,
        SETTINGS.option("--min-gain AP", "Least gain of a weight (tuned). Default: 0.0005."),
    ] = None
    folds: Annotated[
        int | None,
        SETTINGS.option(
            "--folds K",
            "Folds of the images that are kept apart in turn (search). Default: 5; a fifth alone "
            "from 2,000 images.",
        ),
    ] = None
    beam: Annotated[
        int | None,
        SETTINGS.option(
            "--beam N", "Trees grown at a time, of over 5 models (search). Default: 1."
        ),
    ] = None
    max_evals: Annotated[
        int | None,
        SETTINGS.option("--max-evals N", "Candidates that each search may try (search)."),
    ] = None
    max_seconds: Annotated[
        float | None,
        SETTINGS.option("--max-seconds S", "Seconds that all searches may take (search)."),
    ] = None
