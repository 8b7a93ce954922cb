"""What training asks of data and of a validation: any object that has these will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from torch import nn

from segeval.models.config import Config
from segeval.models.networks.batches import Batch
from segeval.models.training.sampling import REPEAT_THRESHOLD


class Data(Protocol):
    """What is trained on, such as `TrainingData`."""

    @property
    def categories(self) -> tuple[tuple[int, str], ...]:
        """Id and name of each class."""

    def __len__(self) -> int:
        """Number of images."""

    def batches(
        self,
        config: Config,
        *,
        seed: int,
        start: int = 0,
        batch: int,
        rank: int = 0,
        world: int = 1,
        workers: int = 2,
        sampler: str = "uniform",
        repeat_threshold: float = REPEAT_THRESHOLD,
    ) -> Iterator[Batch]:
        """Batches without end, batch `start` first; a matter of these arguments alone."""


class Validation(Protocol):
    """Measures a model on data that it is not trained on."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured; the first counts, if nothing else is said."""

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; what the others return is not looked at."""
