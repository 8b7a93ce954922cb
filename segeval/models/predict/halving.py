"""Batches that shrink when the device runs out of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import torch

from segeval.errors import InputError, Note
from segeval.models.devices import is_full_memory
from segeval.models.predict.photo_queue import Read

Result = TypeVar("Result")


class Halving(Generic[Result]):
    """Work on photographs in batches that are halved when the device runs out of memory.

    Args:
        work: from photographs to a result for each.
        batch: photographs per batch at first.
        device: of the work, "cuda" or "cpu".
        on_note: told when batches shrink.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Read]], Sequence[Result]],
        *,
        batch: int,
        device: str,
        on_note: Callable[[Note], None],
    ) -> None:
        self._work, self._batch, self._on_note = work, batch, on_note
        self._where = "" if device == "cpu" else " on the GPU"
        self._advice = "" if device == "cpu" else ', or use `device="cpu"`'

    def __call__(self, photos: Sequence[Read]) -> list[Result]:
        """The result of each photograph.

        Raises:
            InputError: if memory does not suffice for a single one.
        """
        results: list[Result] = []
        while len(results) < len(photos):
            part = photos[len(results) : len(results) + self._batch]
            try:
                results += self._work(part)
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_full_memory(error):
                    raise  # else leave this block first: it keeps the memory of the failed attempt
            self._halve(part)
        return results

    def _halve(self, part: Sequence[Read]) -> None:
        """Make batches smaller from now on, and free memory."""
        if len(part) == 1:
            name = str(part[0].photo.path)
            raise InputError(
                f"{name}: not enough memory{self._where} for this image alone. Free some"
                f"{self._advice}.",
                code="memory",
                path=name,
                option="device",
            )
        self._batch = len(part) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        message = (
            f"not enough memory{self._where} for a batch of {len(part)} images: batches have "
            f"{self._batch} from now on."
        )
        self._on_note(Note("batch-halved", message, self._batch))
