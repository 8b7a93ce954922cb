"""Random changes of a training image: size, rotation, crop, colours and mirroring."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import torch
from torch import Tensor

from segeval.models.config import InputConfig
from segeval.models.image_sizes import resized_size
from segeval.models.networks.batches import Objects
from segeval.models.training.colour import change_colours
from segeval.models.training.draws import coin, number_between, whole_number
from segeval.models.training.example import Example, cut_out, mirrored, without_empty
from segeval.models.training.rotate import rotated_or_not

STEP = 32
"""Short sides drawn between two scales are multiples of this, in pixels."""

TRIES = 10
"""Places tried for a crop, as in detectron2."""


def draw_size(
    size: tuple[int, int], settings: InputConfig, generator: torch.Generator
) -> tuple[int, int]:
    """A random size for an image.

    Args:
        size: (H, W) of the image.
        settings: `crop_scales`, or else `train_sizes`, `train_range` and `train_max`.
        generator: of the random numbers.

    Returns:
        (H, W), both sides scaled by one factor. With `crop_scales` the short side is a multiple of
        32 between the two scales, if there is one, and the long side has no limit.

    Source:
        Kirillov et al. 2020, PointRend, supplement, sections 1 and 2.
    """
    if settings.crop_scales is not None:
        low, high = (factor * min(size) for factor in settings.crop_scales)
        first, last = math.ceil(low / STEP), math.floor(high / STEP)
        if first <= last:
            short = STEP * whole_number(first, last, generator)
        else:
            short = max(1, round(number_between(low, high, generator)))
        return resized_size(size, short, short * max(size))
    sizes = settings.train_sizes
    if settings.train_range:
        short = whole_number(min(sizes), max(sizes), generator)
    else:
        short = sizes[whole_number(0, len(sizes) - 1, generator)]
    return resized_size(size, short, settings.train_max)


def augmented(
    example: Example,
    settings: InputConfig,
    generator: torch.Generator,
    *,
    ignore: int = 255,
    long: Collection[int] = (),
) -> Example:
    """An example turned, cropped, recoloured and mirrored at random, as the settings say.

    Args:
        example: in its random size.
        settings: `rotate`, `crop`, `crop_max_share`, `colour` and `flip`.
        generator: of the random numbers.
        ignore: label of pixels without a class.
        long: classes of long objects, see `rotated_or_not`.

    Returns:
        The example, without objects that were turned or cropped away.
    """
    example = rotated_or_not(example, settings, generator, long=long, ignore=ignore)
    example = cropped(example, settings, generator, ignore=ignore)
    example = with_changed_colours(example, settings, generator)
    return with_seen_objects(mirrored_or_not(example, settings, generator))


def cropped(
    example: Example, settings: InputConfig, generator: torch.Generator, *, ignore: int = 255
) -> Example:
    """A random crop, if the settings say so; arguments as of `augmented`."""
    if settings.crop is None:
        return example
    return random_crop(
        example, settings.crop, generator, max_share=settings.crop_max_share, ignore=ignore
    )


def with_changed_colours(
    example: Example, settings: InputConfig, generator: torch.Generator
) -> Example:
    """An example in random colours, if the settings say so."""
    if not settings.colour:
        return example
    return replace(example, image=change_colours(example.image, generator))


def mirrored_or_not(example: Example, settings: InputConfig, generator: torch.Generator) -> Example:
    """An example, mirrored half of the time if the settings say so."""
    return mirrored(example) if settings.flip and coin(generator) else example


def with_seen_objects(example: Example) -> Example:
    """An example without the objects of which nothing is seen."""
    if not isinstance(example.target, Objects):
        return example
    return replace(example, target=without_empty(example.target))


def random_crop(
    example: Example,
    size: tuple[int, int],
    generator: torch.Generator,
    *,
    max_share: float = 1.0,
    ignore: int = 255,
) -> Example:
    """A crop of an example at a random place.

    Args:
        example: the whole.
        size: (H, W) of the crop, at most that of the image.
        generator: of the random numbers.
        max_share: a crop of a label map is drawn again, up to ten times, if it has a single class
            or one that covers this share of the labelled pixels; 1 takes the first.
        ignore: label of pixels without a class.

    Source:
        Rota Bulò et al. 2018, In-place activated BatchNorm, section 4.1, as in detectron2.
    """
    height, width = (min(side, whole) for side, whole in zip(size, example.size, strict=True))
    top = left = 0
    for _ in range(TRIES):
        top = whole_number(0, example.size[0] - height, generator)
        left = whole_number(0, example.size[1] - width, generator)
        if isinstance(example.target, Objects) or max_share >= 1:
            break
        if is_mixed(example.target[top : top + height, left : left + width], max_share, ignore):
            break
    return cut_out(example, top, left, (height, width))


def is_mixed(labels: Tensor, max_share: float, ignore: int) -> bool:
    """Whether there are several classes, none with `max_share` of the labelled pixels or more.

    Args:
        labels: whole numbers from 0, (H, W).
        max_share: 0 to 1.
        ignore: label of pixels without a class.

    Example:
        >>> is_mixed(torch.tensor([[0, 0, 1, 255]]), 0.75, 255)
        True
    """
    counts = torch.bincount(labels.flatten(), minlength=ignore + 1)
    counts[ignore] = 0
    return int((counts > 0).sum()) > 1 and float(counts.max()) < max_share * float(counts.sum())
