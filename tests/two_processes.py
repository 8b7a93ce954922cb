"""What each of two processes does in the test of several of them; the first writes what it saw.

Arguments: a folder to write in, and how many processes there are altogether.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from segeval.errors import InputError
from segeval.models.files.weights import save_weights
from segeval.models.training.distributed import Processes, connected
from segeval.models.training.events import Progress, Stopped
from segeval.models.training.trainer import train
from tests.tiny_training import Noise, tiny_config, tiny_model


class Dealt:
    """A validation of numbers that are dealt to the processes."""

    metrics = ("AP",)

    def __init__(self, processes: Processes) -> None:
        self.processes = processes

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        own = list(range(7))[self.processes.rank :: self.processes.world]
        parts = self.processes.gather(own)
        if parts is None:
            return {}
        every = [parts[place % len(parts)][place // len(parts)] for place in range(7)]
        return {"AP": float("".join(map(str, every))) / 1e7}


def main(folder: Path) -> None:
    """Train, fail, and stop."""
    torch.set_num_threads(1)
    seen: dict[str, Any] = {}
    with connected(os.environ, torch.device("cpu")) as processes:
        model = tiny_model(seed=processes.rank, noise=0.0)  # the first one's count
        how: dict[str, Any] = {"processes": processes}
        config = tiny_config(4, clip=0.5)
        output, validation = folder / "run", Dealt(processes)
        events = list(train(model, config, Noise(), output=output, validation=validation, **how))
        seen["losses"] = [each.loss for each in events if isinstance(each, Progress)]
        seen["end"] = [each.best for each in events if isinstance(each, Stopped)]
        if processes.is_first:
            save_weights(folder / "weights.safetensors", model.state_dict(), {})
        try:
            bad = Noise(bad=processes.world)  # the last image of the other one's first two
            list(train(tiny_model(norm=False), config, bad, output=folder / "bad", **how))
        except InputError as problem:
            seen["problem"] = problem.message
        try:
            broken = Noise(broken=processes.world)
            list(train(tiny_model(norm=False), config, broken, output=folder / "broken", **how))
        except InputError as problem:
            seen["broken"] = problem.message
        events = list(
            train(
                tiny_model(norm=False), config, Noise(), output=folder / "stop", **how,
                should_stop=lambda: processes.rank == processes.world - 1,
            )
        )  # fmt: skip
        seen["stopped"] = [each.update for each in events if isinstance(each, Stopped)]
        if processes.is_first:
            (folder / "seen.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
