"""Training data: images with objects or label maps, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from segeval.errors import MismatchError, Note
from segeval.models.categories import Categories
from segeval.models.config import Config
from segeval.models.networks.batches import Batch
from segeval.models.training.draws import generator_of
from segeval.models.training.example import Example, as_batch
from segeval.models.training.loading import loaded
from segeval.models.training.mixing import mixed
from segeval.models.training.sampling import (
    BatchRequest,
    Drawn,
    batches,
    epoch_of,
    left_out,
)
from segeval.sampling import ClassLists
from segeval.words import counted

IMAGE = 1
"""Purpose of random numbers: changing an image; 0 is for the order of the images."""


class TrainingSet(Protocol):
    """Data of a run, such as `TrainingData`."""

    @property
    def categories(self) -> Categories:
        """Id and name of each class."""

    def __len__(self) -> int:
        """Number of images."""

    def batches(self, config: Config, request: BatchRequest) -> Iterator[Batch]:
        """Batches without end, determined by the arguments."""


@runtime_checkable
class SampledSet(TrainingSet, Protocol):
    """Data that knows what a sampler leaves out."""

    def left_out(self, sampler: str) -> Iterator[Note]:
        """Notes on what `BatchRequest.sampler` never draws."""


class LoadableImages(Protocol):
    """Images that several threads can read one by one."""

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        """An image with the configured random changes."""
        ...


class TrainingImages(LoadableImages, Protocol):
    """I images of a training set."""

    @property
    def task(self) -> str:
        """Their task: "instance" or "semantic"."""
        ...

    @property
    def sizes(self) -> NDArray[np.int32]:
        """(H, W) of each image in pixels, int32, shape (I, 2)."""
        ...

    def __len__(self) -> int:
        """I."""
        ...

    def class_lists(self) -> ClassLists:
        """The classes in each image."""
        ...


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A training set.

    Attributes:
        images: to train on.
        categories: (id, name) of each class 0..K-1.
        source: the file or folder of the annotations, for messages.
        notes: what was left out, and what else the user should know.
    """

    images: TrainingImages
    categories: Categories
    source: str
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    @property
    def task(self) -> str:
        """Its task: "instance" or "semantic"."""
        return self.images.task

    @cached_property
    def _class_lists(self) -> ClassLists:
        """The classes in each image, for which every label map is read."""
        return self.images.class_lists()

    def left_out(self, sampler: str) -> Iterator[Note]:
        """Notes on what a sampler never draws."""
        return left_out(sampler, lambda: self._class_lists, len(self.categories))

    def batches(self, config: Config, request: BatchRequest) -> Iterator[Batch]:
        """Batches without end.

        They depend on the configuration and the request alone, whatever `start` and `workers` are.

        Args:
            config: how images are changed and normalised.
            request: which batches to make.

        Yields:
            Batches whose images are all wide or all high, unless they are to show every class.

        Raises:
            InputError: for an impossible sampler, a single image that is to be mixed with others,
                or an image that cannot be read; the message names it.
            MismatchError: if the configuration is for another task or number of classes.
        """
        self._check(config)
        epoch = epoch_of(request, len(self), lambda: self._class_lists)
        is_wide = np.asarray(self.images.sizes[:, 1] > self.images.sizes[:, 0])

        images = self._images(config, request)
        drawn = batches(epoch, is_wide, request)
        load = partial(_example, images, config=config, seed=request.seed)
        join = partial(as_batch, settings=config.input, ignore=config.semantic.ignore)
        return loaded(drawn, load, join, request.workers)

    def _images(self, config: Config, request: BatchRequest) -> LoadableImages:
        """The images, mixed if the configuration says so."""
        settings = config.input
        if settings.copy_paste or settings.mosaic:
            return mixed(self.images, settings, request.repeat_threshold, self.source)
        return self.images

    def _check(self, config: Config) -> None:
        """Refuse a configuration that does not fit."""
        if config.task != self.task:
            raise MismatchError(
                f"{self.source}: is for {self.task} segmentation, the configuration {config.name} "
                f"for {config.task} segmentation.",
                code="task",
                path=self.source,
            )
        if config.classes != len(self.categories):
            raise MismatchError(
                f"{self.source}: has {counted(len(self.categories), 'category', 'categories')}, "
                f"the configuration {config.name} {config.classes}. Set classes to "
                f"{len(self.categories)}.",
                code="categories",
                path=self.source,
            )


def _example(images: LoadableImages, drawn: Drawn, *, config: Config, seed: int) -> Example:
    """An image of a batch, changed at random with the seed of its place in the stream."""
    return images.load(drawn.image, config, generator_of(seed, IMAGE, drawn.place))
