"""Training images mixed with others of the data set: mosaic, and balanced copy-paste.

mosaic -> resize -> rotate -> mirror -> colours -> copy-paste -> crop

Every number is drawn with the generator of the image's place in the stream, which partners it gets
included. Two to five pictures are read for one example.

Source: the LVIS 2021 winner's report names both; what it leaves open is decided here and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError
from segeval.models.config import Config, InputConfig
from segeval.models.images import mean_colour, resize
from segeval.models.networks.batches import Objects
from segeval.models.networks.components import register_component
from segeval.models.training.augment import (
    cropped,
    draw_size,
    mirrored_or_not,
    with_changed_colours,
    with_seen_objects,
)
from segeval.models.training.copy_paste import copy_paste
from segeval.models.training.draws import number_between, whole_number
from segeval.models.training.example import Example, boxes_around, objects_of, resize_nearest
from segeval.models.training.mosaic import IMAGES, fit_into, mosaic
from segeval.models.training.rotate import rotated_or_not
from segeval.sampling import ClassLists, class_lists, repeat_factors
from segeval.words import counted

MOST_PASTED = 10
"""Most objects pasted into an image."""


@runtime_checkable
class MixableImages(Protocol):
    """I images with objects, of which each can be had in any size."""

    @property
    def sizes(self) -> NDArray[np.int32]:
        """(H, W) of each image in pixels, int32, shape (I, 2)."""
        ...

    @property
    def classes(self) -> NDArray[np.int64]:
        """The class of each object of all images, int64, shape (M,)."""
        ...

    def __len__(self) -> int:
        """I."""
        ...

    def class_lists(self) -> ClassLists:
        """The classes in each image."""
        ...

    def example(self, index: int, size: tuple[int, int]) -> Example:
        """An image and its objects in another size (H, W)."""
        ...


@dataclass(frozen=True, eq=False)
class BalancedSources:
    """Draws a class, then an image with it.

    Attributes:
        classes: that have objects, ascending, int64, shape (K',).
        until: weights of the classes, added up, float64, shape (K',).
        images: those of class `classes[k]` are `images[offsets[k]:offsets[k + 1]]`, int64.
        offsets: int64, shape (K' + 1,).
    """

    classes: NDArray[np.int64]
    until: NDArray[np.float64]
    images: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @classmethod
    def of(
        cls, lists: ClassLists, objects: NDArray[np.int64], *, alpha: float = 1.0
    ) -> BalancedSources:
        """The sources of a data set.

        Args:
            lists: the classes in each image.
            objects: the class of each object, 0 or more, int64, shape (M,).
            alpha: a class of n objects is drawn with the weight n^(1 - alpha): 1 for all classes
                equally often, 0 for as often as they have objects.

        Raises:
            InputError: if there are no objects.

        Example:
            >>> from segeval.sampling import class_lists
            >>> image, classes = [0, 1, 1, 2], np.array([0, 0, 0, 5])
            >>> lists = class_lists(3, image, classes)
            >>> BalancedSources.of(lists, classes).until
            array([1., 2.])
            >>> BalancedSources.of(lists, classes, alpha=0).until
            array([3., 4.])
        """
        kinds, numbers = np.unique(objects, return_counts=True)
        if not len(kinds):
            raise InputError(
                f"Copy-paste needs objects: none of {counted(len(lists), 'image')} has any.",
                code="sampler",
                field="input.copy_paste",
            )
        order = np.argsort(lists.classes, kind="stable")
        return cls(
            kinds,
            np.cumsum(numbers.astype(np.float64) ** (1 - alpha)),
            lists.images[order],
            np.append(np.searchsorted(lists.classes[order], kinds), len(order)),
        )

    def draw(self, generator: torch.Generator) -> tuple[int, int]:
        """A class by its weight, and one of its images, all equally likely."""
        place = weighted(self.until, generator)
        first, last = int(self.offsets[place]), int(self.offsets[place + 1]) - 1
        return int(self.classes[place]), int(self.images[whole_number(first, last, generator)])


@register_component("balanced-sources")
def balanced_sources(
    *, images: int, image: ArrayLike, classes: ArrayLike, alpha: float = 1.0
) -> BalancedSources:
    """The sources of a data set.

    Args:
        images: number of images.
        image: of each object, shape (M,).
        classes: of each object, shape (M,).
        alpha: as of `BalancedSources.of`.
    """
    return BalancedSources.of(
        class_lists(images, image, classes), np.asarray(classes, np.int64), alpha=alpha
    )


@dataclass(frozen=True, eq=False)
class MixedImages:
    """Images of a data set, mixed with others at random.

    Attributes:
        images: of the data set.
        sources: of pasted objects; None without copy-paste.
        until: repeat factors of the images, added up: weights of the partners in a mosaic,
            float64, shape (I,).
        long: classes of long objects, see `rotated_or_not`.
    """

    images: MixableImages
    sources: BalancedSources | None
    until: NDArray[np.float64]
    long: frozenset[int] = frozenset()

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        """An image with the configured random changes, perhaps with others on it.

        Args:
            index: of the image.
            config: its `input`.
            generator: of all random numbers.

        Raises:
            InputError: if a file cannot be read or has another size; the message names it.
        """
        settings = config.input
        if number_between(0, 1, generator) < settings.mosaic:
            example = self._mosaic(index, settings, generator)
        else:
            example = self._resized(index, settings, generator)
        example = self._as_seen(example, settings, generator)
        if self.sources is not None and number_between(0, 1, generator) < settings.copy_paste:
            example = self._with_pasted(example, self.sources, settings, generator)
        return with_seen_objects(cropped(example, settings, generator))

    def _resized(self, index: int, settings: InputConfig, generator: torch.Generator) -> Example:
        """An image in a random size."""
        height, width = self.images.sizes[index].tolist()
        return self.images.example(index, draw_size((height, width), settings, generator))

    def _mosaic(self, index: int, settings: InputConfig, generator: torch.Generator) -> Example:
        """An image beside three others, resized as a whole."""
        partners = [weighted(self.until, generator) for _ in range(IMAGES - 1)]
        sizes = [(int(high), int(wide)) for high, wide in self.images.sizes[[index, *partners]]]
        height, width = room = sizes[0]
        centre = (
            whole_number((width + 1) // 2, 3 * width // 2, generator),
            whole_number((height + 1) // 2, 3 * height // 2, generator),
        )
        parts = [
            self.images.example(each, fit_into(size, room))
            for each, size in zip([index, *partners], sizes, strict=True)
        ]
        whole = mosaic(parts, centre, fill=mean_colour(settings))
        return resized(whole, draw_size(whole.size, settings, generator))

    def _with_pasted(
        self,
        example: Example,
        sources: BalancedSources,
        settings: InputConfig,
        generator: torch.Generator,
    ) -> Example:
        """An example with objects of one class, from an image that is changed like any other."""
        kind, index = sources.draw(generator)
        whole = self._resized(index, settings, generator)
        source = self._as_seen(whole, settings, generator)
        found = objects_of(source)
        of_kind = torch.where(found.classes == kind)[0]
        order = torch.randperm(len(of_kind), generator=generator)[:MOST_PASTED]
        chosen = of_kind[order.sort().values]
        pasted = Objects(found.boxes[chosen], found.classes[chosen], found.masks[chosen])
        return copy_paste(example, Example(source.image, pasted, source.name))

    def _as_seen(
        self, example: Example, settings: InputConfig, generator: torch.Generator
    ) -> Example:
        """An example turned, mirrored and in other colours at random, as the settings say."""
        example = rotated_or_not(example, settings, generator, long=self.long)
        example = mirrored_or_not(example, settings, generator)
        return with_changed_colours(example, settings, generator)


def mixed(images: object, settings: InputConfig, threshold: float, source: str) -> MixedImages:
    """The images of a data set, to be mixed.

    Args:
        images: of the data set.
        settings: `copy_paste` and `mosaic`, shares of the images, not both of them 0.
        threshold: of the repeat factors, by which the partners in a mosaic are drawn.
        source: of the annotations, for messages.

    Raises:
        InputError: if there is no second image, nothing to paste, or boxes are given that a model
            learns to move.
    """
    shares = {"copy_paste": settings.copy_paste, "mosaic": settings.mosaic}
    name = f"input.{next(name for name, share in shares.items() if share)}"
    if not isinstance(images, MixableImages):
        raise InputError(
            f"{source}: `{name}` mixes images with objects in several sizes, which these are not. "
            f"Set it to 0, or give {type(images).__name__} what `MixableImages` names.",
            code="images",
            path=source,
            field=name,
        )
    if len(images) < 2:
        raise InputError(
            f"{source}: has {counted(len(images), 'image')} to train on, expected 2 or more: "
            f"`{name}` mixes each with others. Set it to 0, or add images.",
            code="images",
            path=source,
            field=name,
        )
    if getattr(images, "given", None) is not None:
        raise InputError(
            f"{source}: `{name}` mixes images, but boxes are given for each as it is. Set it to 0.",
            code="images",
            path=source,
            field=name,
        )
    lists = images.class_lists()
    sources = BalancedSources.of(lists, images.classes) if settings.copy_paste else None
    long: frozenset[int] = frozenset()
    if settings.rotate:
        long = getattr(images, "long_classes", long)
    return MixedImages(images, sources, np.cumsum(repeat_factors(lists, threshold)), long)


def weighted(until: NDArray[np.float64], generator: torch.Generator) -> int:
    """A place drawn by weights.

    Args:
        until: the weights, 0 or more, added up, shape (N,).
        generator: of the random number.
    """
    drawn = number_between(0, float(until[-1]), generator)
    return min(int(np.searchsorted(until, drawn, side="right")), len(until) - 1)


def resized(example: Example, size: tuple[int, int]) -> Example:
    """An example with objects in another size, with the tightest boxes around its masks."""
    found = objects_of(example)
    masks = resize_nearest(found.masks, size)
    objects = Objects(boxes_around(masks), found.classes, masks)
    return Example(resize(example.image, size), objects, example.name)
