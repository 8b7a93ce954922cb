"""Training images with label maps, from two folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.data.cityscapes.labels import frame_of
from segeval.data.folders import existing_folder
from segeval.data.label_maps.classes import LabelClasses, label_classes
from segeval.data.label_maps.pairs import label_maps_below
from segeval.data.label_maps.read import index_map, read_labels
from segeval.data.label_maps.unknown_labels import Seen, labels_of, unknown_label
from segeval.data.pictures.opening import PHOTOS, opened
from segeval.data.pictures.photos import photos_below
from segeval.errors import MismatchError, Note
from segeval.findings import refusal
from segeval.kernels.threads import in_order
from segeval.models.categories import ordered_categories
from segeval.models.config import Config
from segeval.models.images import read_image, resize
from segeval.models.training.augment import augmented, draw_size
from segeval.models.training.data import TrainingData
from segeval.models.training.example import Example, resize_nearest
from segeval.sampling import ClassLists, class_lists
from segeval.words import counted, size_text


@dataclass(frozen=True, eq=False)
class LabelMapImages:
    """I training images with label maps; both are read when an image is loaded.

    Attributes:
        files: of each image.
        label_maps: of each image.
        sizes: (H, W) of each image in pixels, int32, shape (I, 2).
        classes: the labels to train on, in order.
    """

    files: tuple[Path, ...]
    label_maps: tuple[Path, ...]
    sizes: NDArray[np.int32]
    classes: LabelClasses
    task: str = "semantic"

    def __len__(self) -> int:
        """Number of images."""
        return len(self.files)

    def class_lists(self) -> ClassLists:
        """The classes in each image; this reads every label map."""
        found = list(in_order(self._classes_of, range(len(self)), None))
        image = np.repeat(np.arange(len(self)), [len(each) for each in found])
        return class_lists(len(self), image, np.concatenate(found))

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        """An image and its label map, with the configured random changes.

        Args:
            index: of the image.
            config: its `input`, and the label of pixels without a class.
            generator: of the random numbers.

        Raises:
            InputError: if a file cannot be read or has changed; the message names it.
        """
        ignore = config.semantic.ignore
        labels = self.labels(index, ignore)
        height, width = (int(side) for side in labels.shape)
        image = read_image(self.files[index], (height, width))
        size = draw_size((height, width), config.input, generator)
        target = resize_nearest(labels, size)
        example = Example(resize(image, size), target, str(self.files[index]))
        return augmented(example, config.input, generator, ignore=ignore)

    def labels(self, index: int, ignore: int) -> Tensor:
        """The class of every pixel of an image, `ignore` without one, int32, (H, W).

        Raises:
            FormatError: if a pixel has an unknown label.
        """
        places = self._places(index).astype(np.int32)
        places[places == len(self.classes)] = ignore
        return torch.from_numpy(places)

    def _places(self, index: int) -> NDArray[np.integer]:
        """The class of every pixel, 0 to C - 1; C for pixels without one."""
        path = self.label_maps[index]
        labels = read_labels(path, str(path)).labels
        places: NDArray[np.integer] = index_map(labels, self.classes.table(labels.dtype.type))
        if int(places.max()) > len(self.classes):
            seen = Seen(labels_of(labels))
            raise unknown_label(labels, str(path), self.classes, is_gt=True, seen=seen).refusal()
        return places

    def _classes_of(self, index: int) -> NDArray[np.int64]:
        """The distinct classes of an image."""
        counts = np.bincount(self._places(index).ravel(), minlength=len(self.classes) + 1)
        return np.flatnonzero(counts[: len(self.classes)])


def label_map_data(
    images: str | Path,
    label_maps: str | Path,
    classes: str | int | Path | Mapping[int, str] | LabelClasses,
    *,
    ignore: Sequence[int] = (),
    expected: Sequence[tuple[int, str]] | None = None,
) -> TrainingData:
    """A training set for semantic segmentation.

    An image and its label map share their path within their folders (without suffix), their name,
    or their frame of Cityscapes.

    Args:
        images: the folder of the images.
        label_maps: the folder of the label maps (.png, .npy).
        classes: as for `segeval.data.label_classes`.
        ignore: further labels to leave out of training.
        expected: (id, name) of the classes in order, such as a checkpoint's; None for any.

    Raises:
        InputError: if a folder is missing or has no such files, or a file is not a picture.
        MismatchError: if a label map has no image or one of another size, or the classes differ
            from the expected ones.
    """
    labels = label_classes(classes, ignore)
    folders = existing_folder(images), existing_folder(label_maps)
    found = list(zip(labels.ids, labels.names, strict=True))
    categories = ordered_categories(found, expected, labels.source)
    ordered = LabelClasses(
        tuple(key for key, _ in categories),
        tuple(name for _, name in categories),
        labels.ignored,
        labels.source,
    )
    pairs, alone = _pairs(*folders, ordered)
    sizes = np.array([_size(*pair) for pair in pairs], np.int32)
    notes: tuple[Note, ...] = ()
    if alone:
        notes = (Note("unlabelled", f"{counted(alone, 'image')} left out: no label map", alone),)
    own_images = LabelMapImages(
        tuple(image for image, _ in pairs), tuple(label for _, label in pairs), sizes, ordered
    )
    return TrainingData(own_images, categories, str(label_maps), notes)


def _pairs(
    images: Path, label_maps: Path, classes: LabelClasses
) -> tuple[list[tuple[Path, Path]], int]:
    """Images with their label maps, in order, and the number of images without."""
    labels = label_maps_below(label_maps, classes.label_file)
    photos = [path for path in photos_below(images) if path not in set(labels)]
    ways: list[tuple[Callable[[Path], str | None], Callable[[Path], str | None]]] = [
        (lambda path: _path_in(images, path), lambda path: _path_in(label_maps, path)),
        (lambda path: path.stem, lambda path: path.stem),
        (frame_of, frame_of),
    ]
    most: dict[Path, list[Path]] = {}
    for photo_key, label_key in ways:
        by_key: dict[str | None, list[Path]] = {}
        for path in photos:
            by_key.setdefault(photo_key(path), []).append(path)
        by_key.pop(None, None)
        found = {path: by_key[key] for path in labels if (key := label_key(path)) in by_key}
        if len(found) > len(most):
            most = found
    lonely = [path for path in labels if path not in most]
    if lonely:
        raise refusal(
            str(images),
            f"has no image for {lonely[0]}, expected one for each of "
            f"{counted(len(labels), 'label map')}",
            code="unpaired",
            count=len(lonely),
            error=MismatchError,
            hint="Files are paired by their names.",
        )
    _check_single(most)
    return [(most[label][0], label) for label in labels], len(photos) - len(most)


def _check_single(found: Mapping[Path, list[Path]]) -> None:
    """Refuse two images for one label map, and two label maps for one image."""
    label_of: dict[Path, Path] = {}
    for label, photos in found.items():
        twice = ""
        if len(photos) > 1:
            twice = f"{photos[0]} and {photos[1]} are both images for {label}"
        elif photos[0] in label_of:
            twice = f"{label_of[photos[0]]} and {label} are both label maps of {photos[0]}"
        if twice:
            raise MismatchError(
                f"{twice}. Give folders with one file per image.",
                code="ambiguous",
                path=str(label),
            )
        label_of[photos[0]] = label


def _path_in(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder).with_suffix(""))


def _size(image: Path, label_map: Path) -> tuple[int, int]:
    """(H, W) of a label map, checked against its image.

    Only the headers of the files are read; orientation tags of the image count.

    Raises:
        MismatchError: if the image has another size.
    """
    if label_map.suffix.lower() == ".npy":
        size = read_labels(label_map, str(label_map)).labels.shape
    else:
        with opened(label_map) as picture:
            size = picture.height, picture.width
    with opened(image, PHOTOS) as picture:
        stored = picture.height, picture.width
    if sorted(stored) != sorted(size):
        raise MismatchError(
            f"{label_map}: has {size_text(size)} pixels, its image {image} {size_text(stored)} "
            "(H x W).",
            code="size-differs",
            path=str(label_map),
        )
    return size[0], size[1]
