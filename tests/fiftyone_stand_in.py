"""What the page on FiftyOne uses of that package, over lists in memory.

FiftyOne needs a MongoDB server, which no test of this project installs. Names and arguments
are those of FiftyOne 1.22, against which the page was run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from PIL import Image

FIELDS = {"label", "bounding_box", "confidence", "mask", "tags", "index"}
"""Fields that detections have from the start; others are added as they come."""


class Detection:
    """One label: fields by name, a box in fractions of the image."""

    def __init__(self, **fields: Any) -> None:
        box = fields["bounding_box"]
        assert len(box) == 4
        assert all(0 <= float(side) <= 1 for side in box), box
        assert isinstance(fields["label"], str)
        vars(self).update(dict.fromkeys(FIELDS), **fields)


@dataclass
class Detections:
    """The labels of one field."""

    detections: list[Any] = field(default_factory=list)


class Sample:
    """An image with its fields."""

    def __init__(self, filepath: str, fields: dict[str, Any]) -> None:
        self.filepath = filepath
        self.metadata: Any = None
        vars(self).update(fields)

    def __setitem__(self, name: str, value: Any) -> None:
        assert isinstance(value, Detections)
        setattr(self, name, value)


@dataclass(frozen=True)
class ViewField:
    """An expression: takes what it is applied to."""

    name: str | None = None
    apply: Callable[[Any], Any] | None = None

    def of(self, found: Any) -> Any:
        """The value of the expression."""
        if self.apply is not None:
            return self.apply(found)
        for part in (self.name or "").split("."):
            found = getattr(found, part)
        return found

    def __eq__(self, other: object) -> Any:
        return ViewField(apply=lambda found: self.of(found) == other)

    def __ne__(self, other: object) -> Any:
        return ViewField(apply=lambda found: self.of(found) != other)

    def __invert__(self) -> ViewField:
        return ViewField(apply=lambda found: not self.of(found))

    def is_in(self, values: list[Any]) -> ViewField:
        """Whether it is one of these."""
        return ViewField(apply=lambda found: self.of(found) in values)

    def length(self) -> ViewField:
        """How many there are."""
        return ViewField(apply=lambda found: len(self.of(found)))


@dataclass(frozen=True)
class Dataset:
    """Samples in their order."""

    samples: tuple[Sample, ...]

    @classmethod
    def from_dir(
        cls,
        *,
        dataset_type: Any,
        data_path: str,
        labels_path: str,
        label_types: str,
        include_annotation_id: bool,
    ) -> Dataset:
        """Samples of the images of a COCO file that are there."""
        assert (dataset_type, label_types) == (COCO, "segmentations")
        assert include_annotation_id
        images = json.loads(Path(labels_path).read_text())["images"]
        paths = [Path(data_path, image["file_name"]) for image in images]
        return cls(tuple(Sample(str(path), {}) for path in paths if path.exists()))

    def __len__(self) -> int:
        return len(self.samples)

    def first(self) -> Sample:
        """The first sample."""
        return self.samples[0]

    def compute_metadata(self) -> None:
        """The sizes of the images."""
        for sample in self.samples:
            with Image.open(sample.filepath) as picture:
                width, height = picture.size
            sample.metadata = SimpleNamespace(width=width, height=height)

    def iter_samples(self, *, autosave: bool) -> Iterator[Sample]:
        """The samples one by one, whose changes are kept."""
        assert autosave
        yield from self.samples

    def count_values(self, path: str) -> dict[Any, int]:
        """How often each value of a field of labels occurs."""
        name, _, key = path.split(".")
        return Counter(
            getattr(each, key) for one in self.samples for each in getattr(one, name).detections
        )

    def filter_labels(self, name: str, keep: ViewField) -> Dataset:
        """The samples with some of the labels, without those that have none."""
        found = []
        for one in self.samples:
            labels = [each for each in getattr(one, name).detections if keep.of(each)]
            if labels:
                found.append(Sample(one.filepath, {**vars(one), name: Detections(labels)}))
        return replace(self, samples=tuple(found))

    def sort_by(self, by: ViewField, *, reverse: bool) -> Dataset:
        """The samples in another order."""
        return replace(self, samples=tuple(sorted(self.samples, key=by.of, reverse=reverse)))


COCO = object()
"""The type of data sets of COCO."""


def fiftyone() -> ModuleType:
    """The package."""
    module: Any = ModuleType("fiftyone")
    module.Dataset, module.Detection, module.Detections = Dataset, Detection, Detections
    module.ViewField = ViewField
    module.types = SimpleNamespace(COCODetectionDataset=COCO)
    made: ModuleType = module
    return made
