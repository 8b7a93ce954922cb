"""Options of `segeval check` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import FILES, OUTPUT, argument, output_option

Preds = Annotated[
    str,
    argument(
        "PREDS",
        'Predictions: COCO, LVIS or panoptic JSON ("-": standard input), label maps or id maps; '
        "or, alone, ground truth.",
    ),
]
GroundTruthPath = Annotated[
    list[str] | None,
    argument(
        "GT",
        "Ground truth; without it, the first file is checked alone. With --ensemble: predictions "
        "of the other models.",
    ),
]
Protocol = Annotated[
    Literal["id-maps"] | None,
    FILES.option(
        "--protocol NAME",
        "id-maps: folders of pictures or arrays in which every number but 0 is an object.",
    ),
]
Ensemble = Annotated[
    bool,
    FILES.option(
        "--ensemble",
        "All files are predictions of models to merge: check what they have together.",
    ),
]
EnsembleTruth = Annotated[str | None, FILES.reading("--gt GT", "Ground truth, with --ensemble.")]
Classes = Annotated[
    str | None,
    FILES.reading(
        "--classes CLASSES",
        "Classes of the label maps, which need them: cityscapes, a number, ... as in segeval miou.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    FILES.option("--ignore IDS", "Ids of label maps to leave out, such as 255 or 0-6,9."),
]
ScoreField = Annotated[
    str,
    FILES.option("--score-field NAME", "Field with the score, such as predicted_iou of SAM."),
]
Agnostic = Annotated[bool, FILES.option("--agnostic", "Look at no categories of predictions.")]
Strict = Annotated[
    bool, OUTPUT.option("--strict", "Exit with 1 if there are warnings, as with errors.")
]
Allow = Annotated[
    list[str] | None,
    OUTPUT.option(
        "--allow CODE", "Warnings that --strict lets pass, by their codes: ties,max-dets, ..."
    ),
]
MaxUnpredicted = Annotated[
    float | None,
    OUTPUT.option(
        "--max-unpredicted FRACTION",
        "Warn if more of the images with objects have no prediction, such as 0.05; by default a "
        "fifth, or fewer where others have many.",
    ),
]
Report = Annotated[Path | None, output_option("Also write the report to a file: .json.")]
