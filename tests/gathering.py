"""What each of two gloo processes does in the test of `Metric.gather`, which prints what it saw.

Arguments: a file for the processes to meet at, the rank, and what the second process does: "half"
of the images, "none", a "bad" update, or the half "padded" with another copy of the first image,
which the first process has in "swapped".
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from hashlib import sha256
from typing import Any

import torch.distributed

from segeval import Metric
from segeval.errors import InputError
from tests.loop_batches import batch_items, numbers, updated
from tests.parity.scenes import clean_pair


class Counted:
    """A count of the calls of a function."""

    def __init__(self) -> None:
        self.calls = 0
        self.function = torch.distributed.all_gather_object

    def __call__(self, *args: object, **how: object) -> None:
        self.calls += 1
        self.function(*args, **how)


def main(meeting: str, rank: int, second: str) -> None:
    """Update, gather, and compute."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=2
    )
    counted = Counted()
    torch.distributed.all_gather_object = counted
    preds, gt = clean_pair(6)
    items = batch_items(preds, gt)
    key, found, truth = items[0]
    copy = (key, {**found, "scores": [score / 2 for score in found["scores"]]}, truth)
    one, other = (copy, items[0]) if second == "swapped" else (items[0], copy)
    half = items[1::2] if rank else [one, *items[2::2]]
    own = {"half": half, "none": [] if rank else items, "bad": half}.get(
        second, [*half, other] if rank else half
    )
    metric = updated(Metric(gt["categories"], box_format="xywh"), own)
    if rank and second == "bad":
        with suppress(InputError):  # as a loop whose other processes wait at `gather`
            metric.update([7], [{}], [{}])
    seen: dict[str, Any]
    try:
        gathered = metric.gather()
        result = gathered.compute()
        seen = {
            "numbers": numbers(result),
            "notes": [note.message for note in result.notes],
            "bytes": sha256(gathered.to_bytes()).hexdigest(),
        }
    except InputError as error:
        seen = {"error": f"{type(error).__name__}: {error.message}"}
    sys.stdout.write(json.dumps({**seen, "calls": counted.calls, "own": len(metric)}))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
