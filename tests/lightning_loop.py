"""A module of Lightning that finds what is known before, in a loop of two epochs."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader

from tests.loop_images import LoopImage, loop_images


class Loop(LightningModule):
    """Learns nothing; its outputs are the predictions of the images."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch: list[LoopImage]) -> torch.Tensor:
        return self.weight.square().sum()

    def validation_step(
        self, batch: list[LoopImage], batch_idx: int = 0, dataloader_idx: int = 0
    ) -> Any:
        return [each.pred for each in batch]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def unpack(outputs: Any, batch: list[LoopImage]) -> Any:
    """What `Metric.update` takes."""
    return [each.id for each in batch], outputs, [each.target for each in batch]


def loader(images: list[LoopImage] | None = None) -> DataLoader[LoopImage]:
    """Batches of two images."""
    return DataLoader(images or loop_images(), batch_size=2, collate_fn=list)  # type: ignore[arg-type]


def trainer_of(*callbacks: Callback, **how: Any) -> Trainer:
    """A trainer of two epochs that is silent."""
    return Trainer(
        max_epochs=2, accelerator="cpu", callbacks=list(callbacks), logger=False,
        enable_checkpointing=any("Checkpoint" in type(each).__name__ for each in callbacks),
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=2, **how,
    )  # fmt: skip
