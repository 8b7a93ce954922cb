"""Weights that a run keeps at regular intervals, so that they can be averaged later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segeval.errors import InputError

KEPT = "kept"
"""Folder of the files in that of the run."""

NAME = re.compile(r"update_(\d{7,})\.safetensors")

Unit = Literal["updates", "epochs"]


@dataclass(frozen=True)
class Interval:
    """How often weights are kept.

    Attributes:
        number: of units from one file to the next, 1 or more.
        unit: "updates"; or "epochs", each as many updates as it takes to draw as many images as the
            data set has. With a sampler that repeats images an epoch of these is longer.

    Raises:
        InputError: for a number below 1.
    """

    number: int
    unit: Unit = "updates"

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InputError(
                f"`keep_every` is {self.number}, expected 1 or more.",
                code="keep-every",
                option="keep_every",
            )

    def is_due(self, update: int, *, batch: int, images: int) -> bool:
        """Whether an interval ends with an update.

        Args:
            update: number of finished updates, 1 or more.
            batch: images of an update.
            images: of the data set.

        Example:
            >>> one = Interval(1, "epochs")  # 10 images are 2.5 updates of 4
            >>> [update for update in range(1, 9) if one.is_due(update, batch=4, images=10)]
            [3, 5, 8]
        """
        if self.unit == "updates":
            return update % self.number == 0
        whole = self.number * images
        return update * batch // whole > (update - 1) * batch // whole


def parsed_interval(text: str) -> Interval:
    """The interval that a text names: a number of updates, or of epochs.

    Args:
        text: such as "500", "500 updates", "1 epoch" or "2epochs".

    Raises:
        InputError: for any other text.

    Example:
        >>> parsed_interval("500"), parsed_interval("1 epoch")
        (Interval(number=500, unit='updates'), Interval(number=1, unit='epochs'))
    """
    found = re.fullmatch(r"\s*([0-9]{1,12})\s*(updates?|epochs?)?\s*", text)
    if found is None:
        raise InputError(
            f"`keep_every` is {text!r}, expected a number of updates such as 500, or of epochs "
            'such as "1 epoch".',
            code="keep-every",
            option="keep_every",
        )
    is_epochs = (found[2] or "").startswith("epoch")
    return Interval(int(found[1]), "epochs" if is_epochs else "updates")


def kept_file(folder: Path, update: int) -> Path:
    """The file for the weights after an update; names sort as updates do.

    Args:
        folder: of the run.
        update: number of finished updates.

    Example:
        >>> kept_file(Path("runs/a"), 500).as_posix()
        'runs/a/kept/update_0000500.safetensors'
    """
    return folder / KEPT / f"update_{update:07}.safetensors"


def drop_later(folder: Path, update: int) -> None:
    """Remove the files of later updates, and the folder if it is then empty; others stay.

    Args:
        folder: of the run.
        update: where it begins; 0 for a new one.
    """
    kept = folder / KEPT
    if not kept.is_dir():
        return
    for path in list(kept.iterdir()):
        found = NAME.fullmatch(path.name)
        if found is not None and int(found[1]) > update:
            path.unlink()
    if not any(kept.iterdir()):
        kept.rmdir()
