"""One schedule for all heads: AdamW, one cycle, 16 pictures per update, given boxes."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor

from examples.pointrend_vs_conv.make_data import SIDE, Pictures, load
from examples.pointrend_vs_conv.network import HeadName, MaskModel

BATCH = 16
RATE = 3e-3
UPDATES = 700
JITTER = 0.03


def jittered(boxes: Tensor, draws: torch.Generator) -> Tensor:
    """Boxes (N, 4) as from a detector: every side moved by up to 3 % of the extent."""
    extent = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    moved = boxes + JITTER * extent * (2 * torch.rand(boxes.shape, generator=draws) - 1)
    return moved.clamp(0, SIDE)


def train(
    model: MaskModel, pictures: Pictures, *, updates: int = UPDATES, seed: int = 0, name: str = ""
) -> list[float]:
    """Train a model in place; returns its loss at every update."""
    draws = torch.Generator().manual_seed(seed)  # the same pictures and boxes for every head
    points = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=updates)
    losses: list[float] = []
    started = time.perf_counter()
    model.train()
    order = torch.empty(0, dtype=torch.int64)
    for update in range(1, updates + 1):
        if len(order) < BATCH:
            order = torch.randperm(len(pictures), generator=draws)
        some, order = order[:BATCH], order[BATCH:]
        loss = torch.stack(
            list(
                model.losses(
                    pictures.images[some],
                    jittered(pictures.boxes[some], draws),
                    pictures.classes[some],
                    pictures.masks[some],
                    points,
                ).values()
            )
        ).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cycle.step()
        losses.append(loss.item())
        if name and update % 100 == 0:
            passed = time.perf_counter() - started
            recent = sum(losses[-50:]) / len(losses[-50:])
            print(f"{name:10} {update:5}/{updates}  loss {recent:.3f}  {passed:4.0f} s", flush=True)
    model.eval()
    return losses


def train_head(
    head: HeadName,
    folder: Path,
    seed: int,
    updates: int = UPDATES,
    *,
    classes: int = 1,
    dense: bool = False,
    start: str = "",
    name: str = "",
) -> Path:
    """Train one head on folder/train and write folder/<name>.pt; may run in its own process.

    Args:
        head: name of the head.
        folder: of the pictures.
        seed: of the initial weights, the order of the pictures, the boxes and the points.
        updates: of 16 pictures.
        classes: 1 for class-agnostic masks.
        dense: train the point head on all cells of 28 x 28 instead of 196 chosen points.
        start: name of a trained model in the folder, to start from its backbone.
        name: of the file; by default that of the head.
    """
    started = time.process_time()
    torch.set_num_threads(1)
    torch.manual_seed(seed)  # of the initial weights; the backbone's are the same under every head
    model = MaskModel(head, classes, dense=dense)
    if start:
        before = torch.load(folder / f"{start}.pt", weights_only=True)["model"]
        parts = {key.removeprefix("backbone."): value for key, value in before.items()}
        kept = model.backbone.state_dict().keys()
        model.backbone.load_state_dict({key: parts[key] for key in kept})
    pictures = load(folder / "train")
    losses = train(model, pictures, updates=updates, seed=seed, name=name or head)
    path = folder / f"{name or head}.pt"
    state = {"model": model.state_dict(), "classes": classes, "losses": losses}
    torch.save(state | {"cpu seconds": time.process_time() - started}, path)
    return path


def trained(head: HeadName, folder: Path, name: str = "") -> MaskModel:
    """Read what `train_head` wrote."""
    state = torch.load(folder / f"{name or head}.pt", weights_only=True)
    model = MaskModel(head, state["classes"])
    model.load_state_dict(state["model"])
    return model.eval()


def spent(name: str, folder: Path) -> float:
    """CPU seconds that `train_head` took."""
    seconds: float = torch.load(folder / f"{name}.pt", weights_only=True)["cpu seconds"]
    return seconds
