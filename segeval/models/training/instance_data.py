"""Training images with objects, from a COCO file and a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.checks.ground_truth import missing_file_names
from segeval.checks.records import Records
from segeval.data import Format, GroundTruth, Segmentations, load_ground_truth
from segeval.data.folders import existing_folder
from segeval.data.keys import Key, written
from segeval.data.paths import is_file
from segeval.errors import InputError, Note
from segeval.findings import raise_first, refusal
from segeval.masks import Polygons, decode, rasterise
from segeval.masks import boxes as boxes_of
from segeval.masks.polygons import COORDINATE_LIMIT
from segeval.models.categories import numbered_categories, ordered_categories
from segeval.models.config import Config
from segeval.models.given_boxes import GivenBoxes, read_given_boxes
from segeval.models.images import read_image, resize
from segeval.models.networks.batches import Given, Objects
from segeval.models.ops.boxes import clip_boxes, move_boxes
from segeval.models.training.augment import augmented, draw_size
from segeval.models.training.box_masks import boxes_as_masks
from segeval.models.training.boxes_on_objects import boxes_on_objects
from segeval.models.training.data import TrainingData
from segeval.models.training.example import Example, boxes_around, resize_nearest
from segeval.models.training.rotate import long_classes
from segeval.models.training.usable import Usable, check_references, usable_annotations
from segeval.sampling import ClassLists, class_lists
from segeval.words import counted


@dataclass(frozen=True, eq=False)
class InstanceImages:
    """I training images with objects; masks are drawn when an image is loaded.

    Attributes:
        gt: the annotations of the file.
        files: of each image.
        names: of each image, for messages.
        sizes: (H, W) of each image in pixels, int32, shape (I, 2).
        rows: annotations of image i are `rows[offsets[i]:offsets[i + 1]]`, int64, shape (M,).
        offsets: int64, shape (I + 1,).
        classes: of the annotations in `rows`, 0 to K - 1, int64, shape (M,).
        ids: of each image, as the file writes them.
        given: boxes that a model learns to move; None for models that find their own.
    """

    gt: GroundTruth
    files: tuple[Path, ...]
    names: tuple[str, ...]
    sizes: NDArray[np.int32]
    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    classes: NDArray[np.int64]
    ids: tuple[Key, ...]
    given: GivenBoxes | None = None
    task: str = "instance"

    def __len__(self) -> int:
        """Number of images."""
        return len(self.files)

    def class_lists(self) -> ClassLists:
        """The classes in each image."""
        image = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        return class_lists(len(self), image, self.classes)

    @cached_property
    def long_classes(self) -> frozenset[int]:
        """The classes of long objects, by the boxes of the file, or of masks without one."""
        return long_classes(self.corners[:, 2:] - self.corners[:, :2], self.classes)

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """x0, y0, x1, y1 of the boxes of the file, or of masks without one, (M, 4)."""
        found = self.gt.boxes[self.rows].copy()
        missing = np.flatnonzero(~np.isfinite(found).all(axis=1))
        if len(missing):
            found[missing] = boxes_of(self.gt.masks.take(self.rows[missing]))
        found[:, 2:] += found[:, :2]
        return found

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        """An image and its objects, with the configured random changes.

        Args:
            index: of the image.
            config: its `input`.
            generator: of the random numbers.

        Raises:
            InputError: if the file cannot be read or has another size; the message names it.
        """
        height, width = self.sizes[index].tolist()
        size = draw_size((height, width), config.input, generator)
        long = self.long_classes if config.input.rotate else ()
        return augmented(self.example(index, size), config.input, generator, long=long)

    def example(self, index: int, size: tuple[int, int]) -> Example:
        """An image and its objects in another size.

        Args:
            index: of the image.
            size: new (H, W).

        Raises:
            InputError: as `load`.
        """
        height, width = self.sizes[index].tolist()
        image = read_image(self.files[index], (height, width))
        return Example(resize(image, size), self.objects(index, size), self.names[index])

    def objects(self, index: int, size: tuple[int, int]) -> Objects:
        """The objects of an image in another size.

        Args:
            index: of the image.
            size: new (H, W) of the image.

        Returns:
            The boxes of the file, or of the masks where it has none, clipped to the image. Polygons
            are drawn in the new size; runs are resized to the nearest pixel.
        """
        own = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        rows, shown = self.rows[own], np.array(size, np.int32)
        scale = shown / self.sizes[index]
        masks = _drawn(self.gt.segmentations.take(rows), self.sizes[index], shown)
        corners = self.gt.boxes[rows].copy()
        corners[:, 2:] += corners[:, :2]
        boxes = torch.from_numpy((corners * np.tile(scale[::-1], 2)).astype(np.float32))
        missing = boxes.isnan().any(1)
        if bool(missing.any()):
            boxes[missing] = boxes_around(masks[missing])
        classes = torch.from_numpy(self.classes[own].copy())
        given = None if self.given is None else self._shown(self.given, index, size)
        return Objects(clip_boxes(boxes, size), classes, masks, given)

    def mask(self, row: int) -> Tensor:
        """The mask of one of the objects of all images, in the size of its image, uint8, (H, W)."""
        size = self.sizes[self.image_of(np.array(row))]
        return _drawn(self.gt.segmentations.take(self.rows[row : row + 1]), size, size)[0]

    def image_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The image of some of the objects of all images."""
        return np.asarray(np.searchsorted(self.offsets, rows, side="right") - 1)

    def _shown(self, given: GivenBoxes, index: int, size: tuple[int, int]) -> Given:
        """The given boxes of an image in another size."""
        found = given.of(self.ids[index])
        height, width = self.sizes[index].tolist()
        boxes = move_boxes(torch.from_numpy(found.corners), (height, width), size)
        return Given(clip_boxes(boxes, size), torch.from_numpy(found.classes))


def instance_data(
    images: str | Path,
    annotations: str | Path | Mapping[str, Any],
    *,
    expected: Sequence[tuple[int, str]] | None = None,
    keep_empty: bool = False,
    boxes: str | Path | None = None,
    iou: float | None = None,
    needs_masks: bool = True,
) -> TrainingData:
    """A training set for instance segmentation.

    Crowd regions are left out, and so are annotations with a box outside the image or an empty box
    or mask. The notes count them.

    Args:
        images: folder of the images.
        annotations: a COCO file or dictionary.
        expected: (id, name) of the classes in order, such as a checkpoint's; None for those of the
            file by id.
        keep_empty: whether to keep images without usable annotations.
        boxes: a file of predictions whose boxes a model learns to move; None for other models.
        iou: with which such a box must overlap an object of its class to teach anything: a note
            counts the others. None for no such note.
        needs_masks: whether annotations must have masks; otherwise their boxes stand for them.

    Raises:
        InputError: if a file or a folder is missing.
        FormatError: if the file is not COCO ground truth, refers to unlisted images or categories,
            or has nothing to train on; or if none of the images has a box in the other file, or
            none of its boxes overlaps an object by `iou`.
        MismatchError: if its categories differ from the expected ones.
    """
    gt = load_ground_truth(annotations)
    if not needs_masks:
        gt = boxes_as_masks(gt)
    folder = existing_folder(images, " of images")
    image = check_references(gt)
    listed = list(zip(gt.categories.written_ids, gt.categories.names, strict=True))
    found = numbered_categories(listed, gt.source)
    categories = ordered_categories(found, expected, gt.source)
    counts = np.bincount(image[~gt.is_crowd], minlength=len(gt.images))
    wanted = np.flatnonzero((counts > 0) | keep_empty)
    files = _files(gt, folder, wanted)
    sizes = _sizes(gt, wanted, files)
    usable = usable_annotations(gt, image, sizes, keep_empty=keep_empty)
    chosen = usable.images
    rows = usable.rows[np.argsort(image[usable.rows], kind="stable")]
    places = np.searchsorted(chosen, image[rows])
    class_of = {key: place for place, (key, _) in enumerate(categories)}
    classes = [class_of[key] for key in gt.category_id[rows].tolist()]
    own_images = InstanceImages(
        gt=gt,
        files=tuple(files[i] for i in chosen.tolist()),
        names=tuple(f"{files[i].name} (image_id {gt.images.shown(i)})" for i in chosen.tolist()),
        sizes=sizes[chosen],
        rows=rows,
        offsets=np.searchsorted(places, np.arange(len(chosen) + 1)).astype(np.int64),
        classes=np.array(classes, np.int64),
        ids=tuple(written(gt.images.id[chosen], gt.images.keys)),
    )
    notes = _notes(gt, usable)
    if boxes is not None:
        known = written(gt.images.id, gt.images.keys)
        given = read_given_boxes(boxes, categories, dict(zip(known, _pairs(sizes), strict=True)))
        if not any(image in given.by_image for image in own_images.ids):
            raise refusal(
                given.source,
                f"has no box in {counted(len(own_images.ids), 'image')} of {gt.source}, expected "
                "some to train on",
                code="no-boxes",
                hint="Are these boxes of another set?",
                option="boxes",
            )
        notes = (*notes, *given.notes_on(own_images.ids))
        own_images = replace(own_images, given=given)
        if iou is not None:
            on_objects = boxes_on_objects(
                given, own_images.ids, own_images.offsets, own_images.corners, own_images.classes,
                iou=iou,
            )  # fmt: skip
            notes = (*notes, *on_objects.notes("not trained on"))
    return TrainingData(own_images, categories, gt.source, notes)


def _pairs(sizes: NDArray[np.int32]) -> list[tuple[int, int]]:
    return [(height, width) for height, width in sizes.tolist()]


def _drawn(segments: Segmentations, own: NDArray[np.int32], shown: NDArray[np.int32]) -> Tensor:
    """M masks of an image of size `own`, drawn in size `shown`, uint8, (M, H, W)."""
    size = int(shown[0]), int(shown[1])
    is_polygon = segments.format == Format.POLYGON
    if is_polygon.all():
        return _of_polygons(segments, own, shown)
    if not is_polygon.any():
        runs = segments.run_lengths(np.tile(own, (len(segments), 1)), workers=1)
        return resize_nearest(torch.from_numpy(decode(runs)), size)
    masks = torch.empty(len(segments), *size, dtype=torch.uint8)
    for kind in (is_polygon, ~is_polygon):
        rows = np.flatnonzero(kind)
        masks[torch.from_numpy(rows)] = _drawn(segments.take(rows), own, shown)
    return masks


def _of_polygons(
    segments: Segmentations, own: NDArray[np.int32], shown: NDArray[np.int32]
) -> Tensor:
    """Masks of M polygons, likewise."""
    if not len(segments):
        return torch.zeros(0, int(shown[0]), int(shown[1]), dtype=torch.uint8)
    corners, _ = segments.polygons()
    points = np.clip(corners.points * (shown / own)[::-1], -COORDINATE_LIMIT, COORDINATE_LIMIT)
    scaled = Polygons(points, corners.part_offsets, corners.mask_offsets)
    runs = rasterise(scaled, np.tile(shown, (len(segments), 1)), workers=1)
    return torch.from_numpy(decode(runs))


def _files(gt: GroundTruth, folder: Path, wanted: NDArray[np.int64]) -> dict[int, Path]:
    """The file of each wanted image, by its index in the ground truth.

    Raises:
        InputError: if an image has no file name, or its file is missing.
    """
    raise_first(missing_file_names(Records(gt, gt), wanted))
    files: dict[int, Path] = {}
    missing: list[tuple[int, Path]] = []
    for place in wanted.tolist():
        # LVIS images are COCO images, with their ids
        name = gt.images.file_names[place] or f"{gt.images.id[place]:012d}.jpg"
        candidates = (folder / name, folder / Path(name).name)  # names may begin with a folder
        file = next((path for path in candidates if is_file(path)), None)
        if file is None:
            missing.append((place, folder / name))
        else:
            files[place] = file
    if missing:
        first, path = missing[0]
        raise refusal(
            str(path),
            f"no such file. It is image {gt.images.shown(first)} of {gt.source}",
            code="no-file",
            rows=first,
            count=len(missing),
            error=InputError,
        )
    return files


def _sizes(
    gt: GroundTruth, wanted: NDArray[np.int64], files: Mapping[int, Path]
) -> NDArray[np.int32]:
    """(H, W) of all images; from the picture if it is wanted and the file lacks its size."""
    sizes = gt.images.sizes.copy()
    for place in wanted[(sizes[wanted] < 1).any(axis=1)].tolist():
        sizes[place] = read_image(files[place]).shape[1:]
    return sizes


def _notes(gt: GroundTruth, usable: Usable) -> tuple[Note, ...]:
    """Notes of the reader that matter here, and what was left out."""
    notes = [note for note in gt.notes if note.code != "area-computed"]
    notes += usable.notes
    left_out = len(gt.images) - len(usable.images)
    if left_out:
        message = f"{counted(left_out, 'image')} left out: nothing to train on"
        notes.append(Note("no-objects", message, left_out))
    return tuple(notes)
