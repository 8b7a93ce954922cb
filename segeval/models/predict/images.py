"""From a picture file to what a network sees: resized, normalised, padded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from segeval.data.pictures.photos import read_photo, resize_photo
from segeval.models.config import InputConfig

MULTIPLE = 32
"""Sides of a batch are multiples of the largest stride."""


def read_image(path: str | Path, size: tuple[int, int] | None = None) -> Tensor:
    """The colours of a picture file, red first, uint8, (3, H, W).

    Grey, palettes, transparency, 16 bits and turned cameras: see `read_photo`.

    Args:
        path: of the file.
        size: (H, W) that annotations say; None if there are none.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no picture, or a damaged one.
        MismatchError: if it has not the size of its annotations.
    """
    return torch.from_numpy(read_photo(path, size)).permute(2, 0, 1)


def resized_size(size: tuple[int, int], short: int, longest: int) -> tuple[int, int]:
    """(H, W) of an image after its sides have been scaled together.

    Args:
        size: (H, W) before, in pixels.
        short: what the short side becomes, if the long one is not too long then.
        longest: what the long side becomes otherwise.

    Source:
        detectron2's ResizeShortestEdge, down to how it rounds; no side becomes 0 here.

    Example:
        >>> resized_size((480, 640), 800, 1333), resized_size((427, 1000), 800, 1333)
        ((800, 1067), (569, 1333))
    """
    height, width = size
    scale = short / min(height, width)
    high, wide = (float(short), scale * width) if height < width else (scale * height, float(short))
    if max(high, wide) > longest:
        scale = longest / max(high, wide)
        high, wide = high * scale, wide * scale
    return max(1, int(high + 0.5)), max(1, int(wide + 0.5))


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """An image in another size, in whole numbers as the published models were trained.

    Args:
        image: uint8, (3, H, W).
        size: new (H, W).
    """
    photo = image.permute(1, 2, 0).contiguous().numpy()
    return torch.from_numpy(resize_photo(photo, size)).permute(2, 0, 1).contiguous()


def normalise(image: Tensor, settings: InputConfig) -> Tensor:
    """An image as the network takes it.

    Args:
        image: colours of 0 to 255, red first, (3, H, W), of any type.
        settings: the order of the colours, their mean and standard deviation in that order.

    Returns:
        float32, (3, H, W), on the image's device.
    """
    image = image.contiguous()  # of a picture's own order the arithmetic takes five times as long
    colours = image.flip(0) if settings.order == "BGR" else image
    mean = torch.tensor(settings.mean, device=image.device).view(3, 1, 1)
    std = torch.tensor(settings.std, device=image.device).view(3, 1, 1)
    return torch.sub(colours, mean).div_(std)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """(H, W) with room up to a multiple of 32.

    Example:
        >>> padded_size((800, 1067))
        (800, 1088)
    """
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in size)
    return height, width


def pad_batch(images: Sequence[Tensor]) -> tuple[Tensor, tuple[tuple[int, int], ...]]:
    """Images laid on each other, with 0 at the right and the bottom.

    Args:
        images: normalised, for 0 then is the mean colour, each (3, H, W); at least one.

    Returns:
        (B, 3, H, W), where H and W are multiples of 32, and (H, W) of each image.
    """
    sizes = tuple((int(image.shape[1]), int(image.shape[2])) for image in images)
    height, width = padded_size((max(high for high, _ in sizes), max(wide for _, wide in sizes)))
    batch = images[0].new_zeros(len(images), 3, height, width)
    for place, image, (high, wide) in zip(batch, images, sizes, strict=True):
        place[:, :high, :wide] = image
    return batch, sizes
