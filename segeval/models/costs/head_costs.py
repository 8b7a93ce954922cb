"""Table 2 of the PointRend paper, with time and memory of the mask heads."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor

from segeval.brief import Brief
from segeval.errors import InputError, Note
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table, Value
from segeval.models.arguments import require_least
from segeval.models.config import MaskConfig
from segeval.models.costs.allocations import peak_bytes
from segeval.models.costs.flops import Cost, head_cost, shapes_only
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.protocols import Levels
from segeval.words import counted

OUTPUTS = 28, 56, 112, 224
"""Sides of the masks."""

CLASSES, CHANNELS, IMAGE = 80, 256, (800, 1216)
"""Classes of COCO, channels of the pyramid, and (H, W) of a padded image in pixels."""

CONV, POINTREND = "4x conv", "PointRend"
"""Names of the heads."""


@dataclass(frozen=True)
class HeadCost:
    """A head of Table 2.

    Attributes:
        head: "4x conv" or "PointRend".
        output: side of its masks.
        cost: for one box.
        seconds: for all boxes; None if not measured.
        peak_bytes: of its tensors for a batch of boxes; None if not measured.
    """

    head: str
    output: int
    cost: Cost
    seconds: float | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Measured:
    """How time and memory were measured.

    Attributes:
        device: "cpu" or "cuda".
        hardware: its name.
        threads: CPU threads of torch.
        boxes: number that the seconds are for.
        batch: boxes at once, the same for all heads.
        rounds: timed batches per head; the heads take turns.
    """

    device: str
    hardware: str
    threads: int
    boxes: int
    batch: int
    rounds: int


@dataclass(frozen=True, repr=False)
class HeadCosts(Brief):
    """Mask heads side by side.

    Attributes:
        heads: 4x conv from the smallest output to the largest, then PointRend.
        measured: how; None if nothing was.
    """

    heads: tuple[HeadCost, ...]
    measured: Measured | None = None

    @property
    def ratios(self) -> dict[str, float]:
        """Cost of 4x conv divided by PointRend's, both at the largest output."""
        conv, pointrend = (self._largest(name) for name in (CONV, POINTREND))
        found = {
            "multiply_adds": conv.cost.multiply_adds / pointrend.cost.multiply_adds,
            "activations": conv.cost.activations / pointrend.cost.activations,
        }
        if conv.seconds is not None and pointrend.seconds is not None:
            found["seconds"] = conv.seconds / pointrend.seconds
        if conv.peak_bytes is not None and pointrend.peak_bytes is not None:
            found["peak_bytes"] = conv.peak_bytes / pointrend.peak_bytes
        return found

    def _largest(self, name: str) -> HeadCost:
        return max((head for head in self.heads if head.head == name), key=lambda head: head.output)


def _headline(result: Result[HeadCosts]) -> tuple[str, ...]:
    """What was counted and how it was measured."""
    first = ("Mask heads", f"{CLASSES} classes", "one box")
    how = result.scores.measured
    if how is None:
        return first
    threads = f", {how.threads} threads" if how.device == "cpu" else ""
    return (*first, f"time of {how.boxes} boxes on {how.hardware}{threads}")


def _summary(result: Result[HeadCosts]) -> str:
    """How the heads compare at the largest output."""
    words = {"multiply_adds": "multiply-adds", "peak_bytes": "memory", "seconds": "time"}
    ratios = result.scores.ratios.items()
    parts = [f"{words.get(key, key)} {ratio:.1f}" for key, ratio in ratios]
    side = max(head.output for head in result.scores.heads)
    return f"4x conv over PointRend at {side}x{side}: {', '.join(parts)};"


def _tables(result: Result[HeadCosts]) -> tuple[Table, ...]:
    """One table, a row per head and output."""
    fields = [
        Field("head", "head", "text"),
        Field("output", "output", "label"),
        Field("multiply_adds", "mult-adds M", "label"),
        Field("activations", "activations", "count"),
    ]
    how = result.scores.measured
    if how is not None:
        fields += [
            Field("seconds", "s", "label"),
            Field("peak_bytes", f"MB of {how.batch} boxes", "label"),
        ]
    return (Table("head", tuple(fields), tuple(map(_row, result.scores.heads))),)


def _row(head: HeadCost) -> tuple[Value, ...]:
    cost = head.cost
    row = head.head, f"{head.output}x{head.output}", f"{cost.multiply_adds / 1e6:,.1f}"
    if head.seconds is None or head.peak_bytes is None:
        return (*row, cost.activations)
    return (*row, cost.activations, f"{head.seconds:.3g}", f"{head.peak_bytes / 1e6:,.1f}")


def _values(costs: HeadCosts) -> dict[str, Any]:
    """The numbers as plain values."""
    heads = [
        {
            "head": head.head,
            "output": head.output,
            "multiply_adds": head.cost.multiply_adds,
            "activations": head.cost.activations,
            "seconds": head.seconds,
            "peak_bytes": head.peak_bytes,
        }
        for head in costs.heads
    ]
    return {"heads": heads, "ratios": costs.ratios}


HEAD_COSTS: Description[HeadCosts] = Description(
    place=f"{__name__}:HEAD_COSTS",
    schema="segeval/head-costs/1",
    brief=lambda costs: counted(len(costs.heads), "head"),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)


def head_costs(
    heads: Sequence[HeadCost], measured: Measured | None = None, seconds: float = 0.0
) -> Result[HeadCosts]:
    """The costs of mask heads as a result.

    Args:
        heads: 4x conv from the smallest output to the largest, then PointRend.
        measured: how; None if not measured.
        seconds: total wall time.
    """
    how = {} if measured is None else vars(measured)
    return Result(
        scores=HeadCosts(tuple(heads), measured),
        settings={"classes": CLASSES, "channels": CHANNELS, "image": list(IMAGE), **how},
        notes=() if measured is None else (_note(measured),),
        seconds=seconds,
        about=HEAD_COSTS,
    )


def count_heads(outputs: Sequence[int] = OUTPUTS) -> Result[HeadCosts]:
    """Multiply-adds and activations of both heads, counted in a run of each.

    Args:
        outputs: sides of the masks, each 7 x 2^n.

    Source:
        Kirillov et al. 2020, PointRend, table 2.

    Example:
        >>> [(head.head, head.cost.multiply_adds) for head in count_heads([28]).scores.heads]
        [('4x conv', 529858560), ('PointRend', 254136320)]
    """
    start = time.perf_counter()
    with shapes_only():
        heads = [
            HeadCost(name, side, head_cost(head, Levels(CHANNELS)))
            for name, side, head in _heads(outputs)
        ]
    return head_costs(heads, seconds=time.perf_counter() - start)


@torch.no_grad()
def measure_heads(
    outputs: Sequence[int] = OUTPUTS,
    *,
    boxes: int = 100,
    batch: int = 10,
    rounds: int = 5,
    device: torch.device | str = "cpu",
    on_progress: Callable[[int, int], None] | None = None,
) -> Result[HeadCosts]:
    """The costs of both heads, with time and memory measured side by side.

    Every head first runs a batch to measure its memory, which also warms it up. Then the heads take
    turns: in a round each runs one batch of the same boxes; the next round has other boxes. Reading
    the features is included.

    Args:
        outputs: sides of the masks, each 7 x 2^n.
        boxes: number that the time is for, scaled from the median batch.
        batch: boxes at once, the same for all heads.
        rounds: batches per head.
        device: to run on.
        on_progress: told how many of how many runs are done.

    Raises:
        InputError: if boxes, batch or rounds are less than 1.
    """
    require_least([("boxes", boxes, 1), ("batch", batch, 1), ("rounds", rounds, 1)])
    start, device, batch = time.perf_counter(), torch.device(device), min(batch, boxes)
    generator = torch.Generator().manual_seed(0)
    features = _features(generator, device)
    batches = [_boxes(batch, generator, device) for _ in range(rounds)]
    heads = [head.to(device).eval() for _, _, head in _heads(outputs)]
    total, done = len(heads) * (1 + rounds), 0
    peaks: list[int] = []
    times: list[list[float]] = [[] for _ in heads]
    for turn in range(1 + rounds):
        some, classes = batches[max(0, turn - 1)]
        for place, head in enumerate(heads):
            work = partial(head.predict, features, [some], [classes])
            if turn == 0:
                peaks.append(peak_bytes(work, device))
            else:
                times[place].append(_seconds(work, device))
            done += 1
            if on_progress is not None:
                on_progress(done, total)
    counts = count_heads(outputs).scores.heads
    found = [
        HeadCost(head.head, head.output, head.cost, median(each) * boxes / batch, peak)
        for head, each, peak in zip(counts, times, peaks, strict=True)
    ]
    how = Measured(device.type, _hardware(device), torch.get_num_threads(), boxes, batch, rounds)
    return head_costs(found, how, time.perf_counter() - start)


def _heads(outputs: Sequence[int]) -> list[tuple[str, int, ConvHead | PointRendHead]]:
    """Name, output and module of both heads at every output, on torch's current device."""
    sides, pyramid = sorted(set(outputs)), Levels(CHANNELS)
    for side in sides:
        steps = max(0, side // 7).bit_length() - 1
        if steps < 1 or side != 7 << steps:
            raise InputError(
                f"The output is {side}x{side}, expected 7 x 2^n such as 28 or 224.",
                code="output",
                field="outputs",
            )
    heads: list[tuple[str, int, ConvHead | PointRendHead]] = []
    for side in sides:
        output: Any = side  # more sides than a configuration allows
        heads.append((CONV, side, ConvHead(MaskConfig(output=output), CLASSES, pyramid)))
    for side in sides:
        steps = (side // 7).bit_length() - 1
        config = MaskConfig(subdivision_steps=steps)
        heads.append((POINTREND, side, PointRendHead(config, CLASSES, pyramid)))
    return heads


def _features(generator: torch.Generator, device: torch.device) -> dict[str, Tensor]:
    """A pyramid of noise for one image."""
    height, width = IMAGE
    return {
        f"p{level}": torch.randn(
            1, CHANNELS, height >> level, width >> level, generator=generator
        ).to(device)
        for level in range(2, 6)
    }


def _boxes(number: int, generator: torch.Generator, device: torch.device) -> tuple[Tensor, Tensor]:
    """Boxes of 16 to 512 pixels a side inside the image, and their classes."""
    size = torch.tensor([IMAGE[1], IMAGE[0]])
    sides = 16 * 32 ** torch.rand(number, 2, generator=generator)
    corner = torch.rand(number, 2, generator=generator) * (size - sides)
    classes = torch.randint(CLASSES, (number,), generator=generator)
    return torch.cat([corner, corner + sides], dim=1).to(device), classes.to(device)


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Time until the device is done."""
    _wait(device)
    start = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _hardware(device: torch.device) -> str:
    """The device's name for people."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.machine() if device.type == "cpu" else device.type


def _note(how: Measured) -> Note:
    inside = "" if how.device == "cuda" else ", without buffers inside operators"
    return Note(
        "measured",
        f"{how.rounds} batches of {how.batch} boxes per head, in turn; the time is the "
        f"median batch's x {how.boxes / how.batch:g}. Memory: tensors that a batch allocates"
        f"{inside}.",
        how.rounds,
    )
