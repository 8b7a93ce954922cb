"""What metrics that grow batch by batch have in common: merging, gathering, bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from segeval.errors import InputError
from segeval.metrics.loop import table_part
from segeval.metrics.loop.failures import Failure
from segeval.metrics.loop.gather import bytes_of_all
from segeval.metrics.loop.tables import Tables, TableState
from segeval.metrics.parts.alike import check_alike
from segeval.metrics.parts.statistics_part import StatisticsPart


class GrowingMetric(ABC):
    """A metric of images that come in batches, in any order, on any number of processes."""

    _state: Any
    """The images so far, as `State` or `TableState` hold them."""

    _workers: int | None
    _failure: Failure | None

    def __len__(self) -> int:
        """The number of images."""
        return len(self._state.images)

    @abstractmethod
    def update(self, image_ids: Any, preds: Any, targets: Any) -> None:
        """Take a batch of images."""

    @abstractmethod
    def compute(self) -> Any:
        """The numbers of all images so far; more may come."""

    def merge(self, other: Self) -> None:
        """Take the images of another metric with the same settings.

        Args:
            other: the other one, which stays as it is.

        Raises:
            MismatchError: for other settings, or for an image in both if repeats are refused.
        """
        if not isinstance(other, type(self)):
            raise InputError(
                f"`other` is of the type {type(other).__name__}, expected a {type(self).__name__}.",
                code="type",
                option="other",
            )
        check_alike([("this metric", self._told()), ("the other metric", other._told())])
        self._state.merge(other._state)
        self._failure = self._failure or other._failure

    def gather(self, group: Any = None) -> Self:
        """The metric of all processes, on each of them, by one call of `all_gather_object`.

        This metric stays as it is. Every process must call it, also one without images, and one
        whose update failed: then all of them raise its error.

        Args:
            group: a process group of torch; None for all of torch's processes, or this one alone
                where torch.distributed was not started; or a function that takes an object and
                returns those of all processes, such as `allgather` of mpi4py.

        Raises:
            InputError: if an update failed on any process.
        """
        every = bytes_of_all(self.to_bytes, self._failure, group)
        first, *others = (self.from_bytes(found, workers=self._workers) for found in every)
        for other in others:
            first.merge(other)
        return first

    @contextmanager
    def remembered(self) -> Iterator[None]:
        """Around code that makes a batch: what fails inside is raised by `gather` everywhere.

        `update` does so by itself.
        """
        try:
            yield
        except Exception as error:
            self._failure = self._failure or Failure.of(error)
            raise

    @abstractmethod
    def reset(self) -> None:
        """Forget all images; the settings stay."""

    def empty(self) -> Self:
        """A metric with the same settings, and no images."""
        found = type(self).__new__(type(self))
        vars(found).update(vars(self))
        found.reset()
        return found

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Settings and images as bytes for `from_bytes`; nothing in them is executed.

        The same images give the same bytes in whatever order and batches they came, but for notes
        that name an example. Errors as in `compute`.
        """

    @classmethod
    @abstractmethod
    def from_bytes(cls, data: bytes, *, workers: int | None = None) -> Self:
        """The metric of the bytes of `to_bytes`.

        Args:
            data: the bytes.
            workers: threads, None for all cores.

        Raises:
            FormatError: if the bytes are something else, or damaged.
        """

    def __getstate__(self) -> tuple[bytes, int | None]:
        """What pickle keeps."""
        return self.to_bytes(), self._workers

    def __setstate__(self, kept: tuple[bytes, int | None]) -> None:
        """Take what pickle kept."""
        vars(self).update(vars(self.from_bytes(kept[0], workers=kept[1])))

    @abstractmethod
    def _told(self) -> dict[str, Any]:
        """What metrics that merge must have in common, by its name in messages."""


class TableMetric(GrowingMetric):
    """A metric of statistics per image."""

    _state: TableState

    _task: ClassVar[str]
    """What is counted, as in part files."""

    def reset(self) -> None:
        """Forget all images; the settings stay."""
        self._state, self._failure = TableState(self._state.repeats), None

    def to_bytes(self) -> bytes:
        """Settings and images as bytes for `from_bytes`; nothing in them is executed."""
        with self._state.lock:
            part = self._part(self._tables())
            return table_part.to_bytes(self._state, part, self._task, self._failure)

    def _tables(self) -> Tables:
        """Statistics of all images."""
        return self._state.whole() or self._no_tables()

    def _told(self) -> dict[str, Any]:
        shared = table_part.settings_told(self._part(self._no_tables()))
        return {**shared, "repeats": self._state.repeats}

    @abstractmethod
    def _no_tables(self) -> Tables:
        """Statistics of no images."""

    @abstractmethod
    def _part(self, tables: Tables) -> StatisticsPart:
        """What a part file of some images holds."""
