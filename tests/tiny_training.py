"""A model of a few numbers and data of noise, for tests of everything around a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.config import Config, changed
from segeval.models.networks.backbone.norms import SyncBatchNorm
from segeval.models.networks.batches import Batch
from segeval.models.training.draws import generator_of
from segeval.models.training.sampling import BatchRequest

CATEGORIES = ((3, "chair"), (7, "sofa"))


class Tiny(nn.Module):
    """A convolution with a norm below, a linear layer above."""

    def __init__(self, *, norm: bool = True, noise: float = 0.1) -> None:
        super().__init__()
        self.noise = noise
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 4, 3), SyncBatchNorm(4) if norm else nn.Identity()
        )
        self.head = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images).relu().mean((2, 3)))
        return logits

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        logits = self(batch.images)
        drawn = self.noise * torch.randn(logits.shape, generator=generator)
        return {
            "loss_cls": (logits - 1 + drawn).square().mean(),
            "loss_mask": (logits[:, 0] - batch.images.mean((1, 2, 3))).abs().mean(),
        }


@dataclass
class Noise:
    """Images of noise; image `bad` is not a number, image `broken` cannot be read."""

    bad: int = -1
    broken: int = -1
    interrupt: int = -1
    categories: tuple[tuple[int, str], ...] = CATEGORIES

    def __len__(self) -> int:
        return 100

    def batches(self, config: Config, request: BatchRequest) -> Iterator[Batch]:
        seed, number, batch = request.seed, request.start, request.batch
        while True:
            if number == self.interrupt:
                raise KeyboardInterrupt
            first = (number * request.world + request.rank) * batch
            names = range(first, first + batch)
            if self.broken in names:
                raise InputError(f"{self.broken}.jpg: cannot be read.", path=f"{self.broken}.jpg")
            images = torch.stack(
                [torch.rand(3, 8, 8, generator=generator_of(seed, 0, each)) for each in names]
            )
            images[[each == self.bad for each in names]] = torch.nan
            yield Batch(images, ((8, 8),) * batch, (), tuple(f"{each}.jpg" for each in names))
            number += 1


class Measured:
    """A validation whose numbers are known before."""

    metrics = ("AP", "loss")

    def __init__(self, *values: float | None) -> None:
        self.values = list(values)
        self.seen: list[Tensor] = []

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        self.seen.append(model.state_dict()["head.weight"].clone())
        value = self.values[len(self.seen) - 1]
        return {"AP": value, "loss": value}


def tiny_config(updates: int = 8, **schedule: Any) -> Config:
    """So many updates of four images."""
    values = {"batch": 4, "updates": updates, "steps": (6,), "warmup_updates": 2} | schedule
    return changed(Config(), "tiny", classes=2, schedule={"learning_rate": 0.1} | values)


def tiny_model(seed: int = 0, **more: Any) -> Tiny:
    """The same weights every time."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Tiny(**more)
