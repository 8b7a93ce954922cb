"""Network input from picture files: resized, normalised, padded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from segeval.data.pictures.photos import read_photo, resize_photo
from segeval.models.config import InputConfig

MULTIPLE = 32
"""Largest stride, in pixels; sides of a batch are multiples of it."""


def read_image(path: str | Path, size: tuple[int, int] | None = None) -> Tensor:
    """The colours of a picture file, red first, uint8, (3, H, W).

    `read_photo` defines how grey, palettes, transparency, 16 bits and orientation are handled.

    Args:
        path: of the file.
        size: (H, W) according to the annotations; None without any.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture, or damaged.
        MismatchError: if its size differs from the annotations.
    """
    return torch.from_numpy(read_photo(path, size)).permute(2, 0, 1)


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """An image in another size, in whole numbers, as the published models were trained.

    Args:
        image: uint8, (3, H, W).
        size: new (H, W).
    """
    photo = image.permute(1, 2, 0).contiguous().numpy()
    return torch.from_numpy(resize_photo(photo, size)).permute(2, 0, 1).contiguous()


def normalise(image: Tensor, settings: InputConfig) -> Tensor:
    """An image as input of a network.

    Args:
        image: colours from 0 to 255, red first, (3, H, W), of any type.
        settings: order, mean and standard deviation of the colours.

    Returns:
        float32, (3, H, W), on the image's device.
    """
    image = image.contiguous()  # five times as fast as in the order of a picture file
    colours = image.flip(0) if settings.order == "BGR" else image
    mean = torch.tensor(settings.mean, device=image.device).view(3, 1, 1)
    std = torch.tensor(settings.std, device=image.device).view(3, 1, 1)
    return torch.sub(colours, mean).div_(std)


def mean_colour(settings: InputConfig) -> tuple[int, int, int]:
    """Red, green and blue of the mean colour, in whole numbers: about 0 after normalising.

    Example:
        >>> mean_colour(InputConfig())
        (124, 116, 104)
    """
    first, second, third = (min(255, max(0, int(each + 0.5))) for each in settings.mean)
    return (third, second, first) if settings.order == "BGR" else (first, second, third)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """(H, W) rounded up to multiples of 32.

    Example:
        >>> padded_size((800, 1067))
        (800, 1088)
    """
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in size)
    return height, width


def pad_batch(images: Sequence[Tensor]) -> tuple[Tensor, tuple[tuple[int, int], ...]]:
    """Images stacked into a batch, padded with 0 at the right and the bottom.

    Args:
        images: at least one, normalised so that 0 is the mean colour, each (3, H, W).

    Returns:
        (B, 3, H, W), where H and W are multiples of 32; and (H, W) of each image.
    """
    sizes = tuple((int(image.shape[1]), int(image.shape[2])) for image in images)
    height, width = padded_size((max(high for high, _ in sizes), max(wide for _, wide in sizes)))
    batch = images[0].new_zeros(len(images), 3, height, width)
    for place, image, (high, wide) in zip(batch, images, sizes, strict=True):
        place[:, :high, :wide] = image
    return batch, sizes
