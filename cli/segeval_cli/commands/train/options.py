"""Options of `segeval train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.model_settings import settings_option
from segeval_cli.options import RUNNING, Panel, output_option, readers_option

DATA = Panel("Data")
MODEL = Panel("Model")
SCHEDULE = Panel("Schedule")
VALIDATION = Panel("Validation")

ConfigName = Annotated[
    str | None,
    MODEL.reading("--config NAME", "A preset (`segeval models` lists them), or a .toml file."),
]
Init = Annotated[
    Path | None,
    MODEL.reading(
        "--init FILE",
        "Initial weights: a model of segeval, detectron2 or mmdetection, a ResNet of MSRA or "
        "torchvision, or the Res2Net, HRNet or Swin of its authors. Without them, nothing is "
        "frozen.",
    ),
]
Settings = Annotated[list[str] | None, settings_option(MODEL)]
Images = Annotated[Path, DATA.reading("--images DIR", "Folder of the training images.")]
Annotations = Annotated[
    Path | None, DATA.reading("--annotations FILE", "Objects to learn: a COCO file.")
]
Boxes = Annotated[
    Path | None,
    DATA.reading(
        "--boxes FILE",
        "Boxes for detector.kind=regressor, which learns to move them onto objects, or crops, "
        "which draws masks in them: a file of predictions.",
    ),
]
LabelMaps = Annotated[
    Path | None,
    DATA.reading("--label-maps DIR", "Label maps to learn: a folder of .png or .npy files."),
]
Classes = Annotated[
    str | None,
    DATA.reading(
        "--classes CLASSES",
        "Classes of the label maps: cityscapes, cityscapes-train, ade20k, camvid, voc; a "
        'number N for ids 0 to N-1; or a file with lines such as "7 road".',
    ),
]
Ignore = Annotated[
    list[str] | None,
    DATA.option(
        "--ignore IDS",
        "Ids of the label maps to leave out, such as 255 or 0-6,9. Default: 255, "
        "unless it is a class.",
    ),
]
Sampler = Annotated[
    Literal["uniform", "repeat-factor", "class-aware", "every-class"],
    DATA.option(
        "--sampler",
        "How images are drawn: equally often (uniform), those with rare categories more often "
        "(repeat-factor), every category equally often (class-aware), or all categories one "
        "after the other (every-class).",
    ),
]
RepeatThreshold = Annotated[
    float,
    DATA.option(
        "--repeat-threshold T",
        "For repeat-factor: categories in a smaller fraction of the images are rare. Default: "
        "0.001.",
    ),
]
ValImages = Annotated[
    Path | None,
    VALIDATION.reading("--val-images DIR", "Folder of the validation images. Default: --images."),
]
ValAnnotations = Annotated[
    Path | None,
    VALIDATION.reading("--val-annotations FILE", "Objects in the validation images: a COCO file."),
]
ValBoxes = Annotated[
    Path | None, VALIDATION.reading("--val-boxes FILE", "Boxes in the validation images.")
]
ValLabelMaps = Annotated[
    Path | None, VALIDATION.reading("--val-label-maps DIR", "Label maps of the validation images.")
]
ValLimit = Annotated[
    int | None,
    VALIDATION.option(
        "--val-limit N",
        "Evaluate on N of the validation images, spread evenly over the list. Default: all.",
        min=1,
    ),
]
EvalEvery = Annotated[
    int | None,
    VALIDATION.option(
        "--eval-every N",
        "Evaluate every N updates. Default: 20 times in all, at most every 10 updates.",
        min=1,
    ),
]
Metric = Annotated[
    str | None,
    VALIDATION.option(
        "--metric NAME",
        "The metric that decides which weights are best: AP (default), AP50, boundary_AP, ...; "
        "for label maps mIoU (default), trimap_3, ...",
    ),
]
Mode = Annotated[
    Literal["max", "min"],
    VALIDATION.option("--mode", "Whether a higher (max) or lower (min) metric is better."),
]
Patience = Annotated[
    int | None,
    VALIDATION.option("--patience N", "Stop after N evaluations without an improvement.", min=1),
]
Updates = Annotated[
    int | None,
    SCHEDULE.option(
        "--updates N",
        "Number of updates; steps and warm-up scale along. Default: the configuration's.",
        min=1,
    ),
]
BatchSize = Annotated[
    int | None,
    SCHEDULE.option(
        "--batch N",
        "Images per update, over all processes. The learning rate scales along unless "
        "--learning-rate is given. Default: the configuration's.",
        min=1,
    ),
]
LearningRate = Annotated[
    float | None,
    SCHEDULE.option("--learning-rate X", "Learning rate. Default: the configuration's.", min=0.0),
]
Accumulate = Annotated[
    int, SCHEDULE.option("--accumulate N", "Split each batch into N parts, to save memory.", min=1)
]
Average = Annotated[
    float | None,
    SCHEDULE.option(
        "--ema DECAY",
        "Evaluate and save an exponential average of the weights with this decay, such as 0.999.",
    ),
]
KeepEvery = Annotated[
    str | None,
    SCHEDULE.option(
        "--keep-every N",
        "Keep the weights of every N updates, or epochs (such as '1 epoch'), in the folder kept of "
        "the run, for segeval average-checkpoints. Default: none.",
    ),
]
Seed = Annotated[int, SCHEDULE.option("--seed N", "Seed of all random numbers. Default: 0.", min=0)]
Readers = Annotated[int, readers_option(0)]
RunFolder = Annotated[Path, output_option("Folder of the run.", "RUN")]
Resume = Annotated[bool, RUNNING.option("--resume", "Continue the run in the folder.")]
