"""A model of any kind learns pictures in memory, and is measured on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import torch
from torch import Tensor

from examples.rare_classes.coco import annotations_of, image_record
from examples.rare_classes.scenes import CLASSES, Scenes
from segeval.data import Predictions
from segeval.models import to_predictions
from segeval.models.config import Config
from segeval.models.images import normalise
from segeval.models.networks.found import Found
from segeval.models.networks.protocols import Model, Sizes
from segeval.models.training.data import TrainingData
from segeval.models.training.example import Example
from segeval.models.training.sampling import BatchRequest

BATCH, RATE = 8, 2e-3
"""Pictures of an update, and the highest learning rate."""

M = TypeVar("M", bound=Model)


def trained(
    make: Callable[[], M],
    scenes: Scenes,
    config: Config,
    *,
    updates: int,
    seed: int,
    batch: int = BATCH,
) -> M:
    """A model after some updates of AdamW in one cycle, from random weights.

    Args:
        make: the model.
        scenes: to learn from.
        config: how they become input.
        updates: how many.
        seed: of the weights, of the order of the pictures, and of all other random numbers.
        batch: pictures of an update.
    """
    torch.manual_seed(seed)
    model = make().train()
    data = TrainingData(scenes, tuple((k, str(k)) for k in range(CLASSES)), "scenes")
    request = BatchRequest(seed=seed, batch=batch, workers=0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=updates)
    draws = torch.Generator().manual_seed(seed)
    for some in islice(data.batches(config, request), updates):
        loss = torch.stack(list(model.losses(some, generator=draws).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        cycle.step()
    return model.eval()


def in_batches(scenes: Scenes, config: Config) -> Iterator[tuple[list[Example], Tensor, Sizes]]:
    """Twenty pictures at a time: themselves, the input of a model, and their sizes."""
    for first in range(0, len(scenes), 20):
        some = scenes.pictures[first : first + 20]
        images = torch.stack([normalise(each.image, config.input) for each in some])
        yield some, images, ((scenes.side, scenes.side),) * len(some)


def predictions(model: Model, scenes: Scenes, config: Config) -> Predictions:
    """What a model finds in some pictures; image ids are their numbers."""
    found: list[Found] = []
    for _, images, sizes in in_batches(scenes, config):
        found += model(images, sizes)
    return as_predictions(found, scenes)


def as_predictions(found: Sequence[Found], scenes: Scenes) -> Predictions:
    """Predictions from what was found in each of some pictures."""
    size = scenes.side, scenes.side
    outputs = [each.in_photo(size, size) for each in found]
    return to_predictions(outputs, range(len(found)), category_ids=range(CLASSES))


def ground_truth(scenes: Scenes) -> dict[str, Any]:
    """The objects of some pictures as the contents of a COCO file."""
    annotations = [
        each
        for number, picture in enumerate(scenes.pictures)
        for each in annotations_of(picture, number, first_category=0)
    ]
    return {
        "images": [image_record(number, scenes.side) for number in range(len(scenes))],
        "categories": [{"id": kind, "name": str(kind)} for kind in range(CLASSES)],
        "annotations": [{"id": number} | each for number, each in enumerate(annotations, start=1)],
    }
