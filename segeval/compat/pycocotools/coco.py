"""`pycocotools.coco` with segeval behind it: a data set, or predictions on it, as records."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable
from itertools import chain
from os import PathLike
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools import drawing, results
from segeval.compat.pycocotools.files import read_json
from segeval.compat.pycocotools.mask import decode, frPyObjects, merge
from segeval.compat.pycocotools.records import Record, many_records
from segeval.errors import FormatError, InputError
from segeval.words import beginning

__all__ = ["COCO"]


class COCO:
    """A data set in COCO's format, or predictions on one.

    Args:
        annotation_file: a file of ground truth; None for an empty object, whose `dataset` the
            caller sets before `createIndex`.

    Attributes:
        dataset: the file as Python values.
        anns: annotations by id; of several with one id the last.
        cats: categories by id.
        imgs: images by id.
        imgToAnns: annotations of each image, by its id.
        catToImgs: ids of the images of each category, an entry for every annotation.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not JSON, or a record lacks an id.

    Example:
        >>> coco = COCO()
        >>> coco.dataset = {"images": [{"id": 7}], "annotations": [], "categories": []}
        >>> coco.createIndex()
        creating index...
        index created!
        >>> coco.getImgIds()
        [7]
    """

    def __init__(self, annotation_file: str | PathLike[str] | None = None) -> None:
        self.dataset: Record = {}
        self.anns: dict[Any, Record] = {}
        self.cats: dict[Any, Record] = {}
        self.imgs: dict[Any, Record] = {}
        self.imgToAnns: dict[Any, list[Record]] = defaultdict(list)
        self.catToImgs: dict[Any, list[Any]] = defaultdict(list)
        if annotation_file is not None:
            with many_records():
                self._read(annotation_file)

    def _read(self, path: str | PathLike[str]) -> None:
        """Read a file of ground truth."""
        print("loading annotations into memory...")
        started = time.time()
        self.dataset = read_json(
            path, dict, "Ground truth is an object with images, annotations and categories."
        )
        print(f"Done (t={time.time() - started:0.2f}s)")
        self.createIndex()

    def createIndex(self) -> None:
        """Make the tables by id from `dataset`.

        Raises:
            FormatError: if a record lacks an id.
        """
        print("creating index...")
        dataset = self.dataset
        if not isinstance(dataset, dict):
            raise FormatError(
                f"`dataset` is of the type {type(dataset).__name__}, expected a dict with images, "
                "annotations and categories.",
                code="type",
                option="dataset",
            )
        by_image, by_category = defaultdict(list), defaultdict(list)
        try:
            for ann in dataset.get("annotations", ()):
                by_image[ann["image_id"]].append(ann)
            anns = {ann["id"]: ann for ann in dataset.get("annotations", ())}
            imgs = {image["id"]: image for image in dataset.get("images", ())}
            cats = {category["id"]: category for category in dataset.get("categories", ())}
            if "annotations" in dataset and "categories" in dataset:
                for ann in dataset["annotations"]:
                    by_category[ann["category_id"]].append(ann["image_id"])
        except (KeyError, TypeError) as error:
            raise _without_id(dataset) or error from None
        print("index created!")
        self.anns, self.imgs, self.cats = anns, imgs, cats
        self.imgToAnns, self.catToImgs = by_image, by_category

    def info(self) -> None:
        """Print the fields of `info`."""
        for key, value in self.dataset["info"].items():
            print(f"{key}: {value}")

    def getAnnIds(
        self, imgIds: Any = (), catIds: Any = (), areaRng: Any = (), iscrowd: Any = None
    ) -> list[Any]:
        """Ids of annotations.

        Args:
            imgIds: ids of their images, or one; empty for all.
            catIds: ids of their categories, or one; empty for all.
            areaRng: two areas in pixels squared that theirs lies between; empty for any.
            iscrowd: whether they are crowd regions; None for both.
        """
        imgIds, catIds = _several(imgIds), _several(catIds)
        if len(imgIds):
            lists = [self.imgToAnns[each] for each in imgIds if each in self.imgToAnns]
            anns = list(chain.from_iterable(lists))
        else:
            anns = self.dataset["annotations"]
        if len(catIds):
            wanted = set(catIds)
            anns = [ann for ann in anns if ann["category_id"] in wanted]
        if len(areaRng):
            low, high = areaRng[0], areaRng[1]
            anns = [ann for ann in anns if low < ann["area"] < high]
        if iscrowd is not None:
            anns = [ann for ann in anns if ann["iscrowd"] == iscrowd]
        return [ann["id"] for ann in anns]

    def getCatIds(self, catNms: Any = (), supNms: Any = (), catIds: Any = ()) -> list[Any]:
        """Ids of categories.

        Args:
            catNms: their names, or one; empty for all.
            supNms: names of what they belong to, or one; empty for all.
            catIds: their ids, or one; empty for all.
        """
        cats = self.dataset["categories"]
        for field, wanted in (("name", catNms), ("supercategory", supNms), ("id", catIds)):
            chosen = _named(wanted) if field != "id" else _several(wanted)
            if len(chosen):
                cats = [cat for cat in cats if cat[field] in chosen]
        return [cat["id"] for cat in cats]

    def getImgIds(self, imgIds: Any = (), catIds: Any = ()) -> list[Any]:
        """Ids of images.

        Args:
            imgIds: ids to choose from, or one; empty for all.
            catIds: ids of categories, or one, each of which an image must have.
        """
        imgIds, catIds = _several(imgIds), _several(catIds)
        if not len(imgIds) and not len(catIds):
            return list(self.imgs.keys())
        ids = set(imgIds)
        for place, category in enumerate(catIds):
            own = set(self.catToImgs[category])
            ids = own if place == 0 and not ids else ids & own
        return list(ids)

    def loadAnns(self, ids: Any = ()) -> list[Record]:
        """Annotations by their ids, or by one."""
        return [self.anns[each] for each in _several(ids)]

    def loadCats(self, ids: Any = ()) -> list[Record]:
        """Categories by their ids, or by one."""
        return [self.cats[each] for each in _several(ids)]

    def loadImgs(self, ids: Any = ()) -> list[Record]:
        """Images by their ids, or by one."""
        return [self.imgs[each] for each in _several(ids)]

    def showAnns(self, anns: list[Record], draw_bbox: bool = False) -> int | None:
        """Draw annotations into the current axes of matplotlib, or print captions.

        Args:
            anns: the annotations.
            draw_bbox: draw their boxes, too.

        Raises:
            InputError: for annotations that have neither masks nor captions.
        """
        return drawing.show(self, anns, boxes=draw_bbox)

    def loadRes(self, resFile: Any) -> COCO:
        """Predictions on this data set.

        Records in memory get the fields `id`, `area`, `iscrowd`, and the box or mask that they
        lack, as with pycocotools.

        Args:
            resFile: a file of results, or a list of records, or an array (N, 7) of image id, x, y,
                width, height, score and category id.

        Raises:
            InputError: if the file cannot be read.
            FormatError: for anything else, and for a record without a field that others have.
            MismatchError: for a record of an image that the data set lacks.
        """
        found = COCO()
        print("Loading and preparing results...")
        started = time.time()
        with many_records():
            found.dataset = results.dataset_of(self.dataset, self.imgs, self._results(resFile))
            print(f"DONE (t={time.time() - started:0.2f}s)")
            found.createIndex()
        return found

    def _results(self, source: Any) -> Any:
        """Records of results, from what `loadRes` takes."""
        if isinstance(source, np.ndarray):
            return self.loadNumpyAnnotations(source)
        if isinstance(source, str | PathLike):
            return read_json(source, list, results.EXPECTED)
        return source

    def loadNumpyAnnotations(self, data: NDArray[Any]) -> list[Record]:
        """Records from an array.

        Args:
            data: shape (N, 7): image id, x, y, width, height in pixels, score, category id.

        Raises:
            ShapeError: for another shape.
        """
        print("Converting ndarray to lists...")
        print(data.shape)
        anns = results.from_array(data)
        for place in range(0, len(anns), 1_000_000):
            print(f"{place}/{len(anns)}")
        return anns

    def annToRLE(self, ann: Record) -> Any:
        """The mask of an annotation as a dict of `size` and `counts`."""
        image = self.imgs[ann["image_id"]]
        height, width = image["height"], image["width"]
        mask = ann["segmentation"]
        if not isinstance(mask, list | dict):
            raise FormatError(
                f"segmentation is {beginning(repr(mask), 60)}, expected polygons, or a dict with "
                "size and counts.",
                code="bad-segmentation",
                field="segmentation",
            )
        if isinstance(mask, list):
            return merge(frPyObjects(mask, height, width))
        if isinstance(mask["counts"], list):
            return frPyObjects(mask, height, width)
        return mask

    def annToMask(self, ann: Record) -> NDArray[np.uint8]:
        """The mask of an annotation, uint8, shape (H, W)."""
        return decode(self.annToRLE(ann))

    def download(self, tarDir: Any = None, imgIds: Any = ()) -> NoReturn:
        """Refuse to fetch images: segeval never goes to the network.

        Raises:
            InputError: always.
        """
        raise InputError(
            "`download` is not supported: segeval fetches nothing from the network.",
            code="unsupported",
        )


def _several(ids: Any) -> Any:
    """Ids as something with a length, also a single one."""
    is_several = hasattr(ids, "__iter__") and hasattr(ids, "__len__")
    return ids if is_several and not isinstance(ids, str | bytes) else [ids]


def _named(names: Any) -> Any:
    """Names; a single one counts for every name that is a part of it, as with pycocotools."""
    return names if hasattr(names, "__iter__") and hasattr(names, "__len__") else [names]


def _without_id(dataset: Record) -> FormatError | None:
    """The error for the first record that lacks an id; None if none does."""
    needed = {
        "annotations": ("image_id", "id", "category_id"),
        "images": ("id",),
        "categories": ("id",),
    }
    for section, fields in needed.items():
        records = dataset.get(section, ())
        if not isinstance(records, list | tuple):
            shown = beginning(repr(records), 40)
            return FormatError(f"{section} is {shown}, expected a list of records.", code="type")
        for index, record in enumerate(records):
            for field in fields:
                if not isinstance(record, dict) or field not in record:
                    return FormatError(
                        f"{section}[{index}] has no {field}.",
                        code="missing-field",
                        index=index,
                        field=field,
                    )
                if not isinstance(record[field], Hashable):
                    return FormatError(
                        f"{section}[{index}]: {field} is {beginning(repr(record[field]), 40)}, "
                        "expected a number or text.",
                        code="id-type",
                        index=index,
                        field=field,
                    )
    return None
