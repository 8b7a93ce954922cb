"""A model of any kind learns pictures in memory, and is measured on others."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import torch

from examples.rare_classes.scenes import CLASSES, Scenes
from segeval.data import Predictions
from segeval.masks import area, compress, encode
from segeval.models.config import Config
from segeval.models.images import normalise
from segeval.models.networks.protocols import Model
from segeval.models.predict.predictions import to_predictions
from segeval.models.training.data import TrainingData
from segeval.models.training.example import objects_of
from segeval.models.training.sampling import BatchRequest

BATCH, RATE = 8, 2e-3


def trained(
    make: Callable[[], Model], scenes: Scenes, config: Config, *, updates: int, seed: int
) -> Model:
    """A model after some updates, from random weights."""
    torch.manual_seed(seed)
    model = make().train()
    data = TrainingData(scenes, tuple((k, str(k)) for k in range(CLASSES)), "scenes")
    request = BatchRequest(seed=seed, batch=BATCH, workers=0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=updates)
    draws = torch.Generator().manual_seed(seed)
    for batch in islice(data.batches(config, request), updates):
        loss = torch.stack(list(model.losses(batch, generator=draws).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        cycle.step()
    return model.eval()


def predictions(model: Model, scenes: Scenes, config: Config) -> Predictions:
    """What a model finds in some pictures; image ids are their numbers."""
    outputs: list[Any] = []
    size = scenes.side, scenes.side
    for first in range(0, len(scenes), 20):
        some = scenes.pictures[first : first + 20]
        images = torch.stack([normalise(each.image, config.input) for each in some])
        found = model(images, (size,) * len(some))
        outputs += [each.in_photo(size, size) for each in found]
    return to_predictions(outputs, range(len(scenes)), category_ids=range(CLASSES))


def ground_truth(scenes: Scenes) -> dict[str, Any]:
    """The objects of some pictures as the contents of a COCO file."""
    image = scenes.images_of_objects
    masks = encode(torch.cat([objects_of(each).masks for each in scenes.pictures]).numpy())
    columns = zip(
        image.tolist(),
        scenes.classes.tolist(),
        area(masks).tolist(),
        compress(masks).strings(),
        strict=True,
    )
    return {
        "images": [
            {
                "id": number,
                "file_name": f"{number}.png",
                "height": scenes.side,
                "width": scenes.side,
            }
            for number in range(len(scenes))
        ],
        "categories": [{"id": kind, "name": str(kind)} for kind in range(CLASSES)],
        "annotations": [
            {
                "id": number,
                "image_id": of_image,
                "category_id": kind,
                "area": pixels,
                "iscrowd": 0,
                "segmentation": {"size": [scenes.side, scenes.side], "counts": counts},
            }
            for number, (of_image, kind, pixels, counts) in enumerate(columns, start=1)
        ],
    }
