"""Masks in crops around given boxes, by a narrow HRNet trained on the same pictures.

python -m examples.pointrend_vs_conv.crops [FOLDER] [--updates 600] [--smoke]

It learns from true boxes, whose edges move by up to 10 %, and is measured in the boxes of the
comparison. It takes about nine minutes of one core.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from examples.pointrend_vs_conv.command import asked_of_one
from examples.pointrend_vs_conv.evaluate import measure, test_boxes, write
from examples.pointrend_vs_conv.make_data import SIDE, load
from segeval.models import build
from segeval.models.config import Config, changed
from segeval.models.config.presets import PRESETS
from segeval.models.crops import Window, window_of
from segeval.models.images import read_image
from segeval.models.predict.crops import crop_logits
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.views import Viewer, views_of
from segeval.models.training.crop_data import crop_data
from segeval.models.training.events import Progress
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.trainer import train

UPDATES = 600


def configuration(updates: int) -> Config:
    """HRNet-W6 for crops of about the size of the objects."""
    return changed(
        PRESETS["openimages-crop"],
        "crops-w6",
        classes=4,
        backbone={"width": 6},
        input={"train_sizes": (64, 96), "train_max": 128, "test_size": 80, "test_max": 128},
        schedule={"batch": 8, "updates": updates},
    )


def learn(config: Config, folder: Path, seed: int) -> nn.Module:
    """A trained model."""
    torch.manual_seed(seed)
    model = build(config)
    data = crop_data(folder / "train" / "images", folder / "train" / "gt.json")
    settings = RunSettings(seed=seed, workers=0)
    started = time.process_time()
    for event in train(
        model, config, data, output=folder / "crops", settings=settings, overwrite=True
    ):
        if isinstance(event, Progress) and event.update % 50 == 0:
            seconds = time.process_time() - started
            print(f"{event.update:5}  loss {event.loss:.3f}  {seconds:4.0f} s", flush=True)
    return model.eval()


def logits_in(
    model: nn.Module, config: Config, folder: Path, windows: Sequence[Window], *, flip: bool
) -> Tensor:
    """Logits (N, 1, SIDE, SIDE) in a window of each test picture."""
    options = PredictionOptions(device="cpu", flip=flip)
    viewer = Viewer(config.input, views_of(config.input, options), torch.device("cpu"))
    found = []
    for number, window in enumerate(windows, start=1):
        image = read_image(folder / "test" / "images" / f"{number:04}.png")
        (logits,) = crop_logits(image, [window], model, viewer)  # type: ignore[arg-type]
        found.append(functional.interpolate(logits, size=(SIDE, SIDE), mode="bilinear"))
    return torch.cat(found)


def main() -> None:
    arguments = asked_of_one(__doc__, "pointrend-crops", updates=UPDATES, few=(8, 1))
    folder, updates = arguments.folder, arguments.updates
    config = configuration(updates)
    model = learn(config, folder, arguments.seed)
    pictures = load(folder / "test")
    windows = [window_of(box) for box in test_boxes(pictures, arguments.seed).tolist()]
    for name, flip in (("crops", False), ("crops-flip", True)):
        logits = logits_in(model, config, folder, windows, flip=flip)
        write(logits, torch.tensor(windows).float(), pictures.classes, folder / "preds", name)
        preds = folder / "preds" / f"{name}.json"
        numbers = measure(preds, folder / "preds" / name, folder / "test")
        print(name, "  ".join(f"{key} {value:.1f}" for key, value in numbers.items()))


if __name__ == "__main__":
    main()
