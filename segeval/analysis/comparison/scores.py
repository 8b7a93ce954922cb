"""The numbers of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.images import ImageChange
from segeval.analysis.comparison.names import named_path, number_name
from segeval.analysis.comparison.plan import Plan
from segeval.analysis.key_paths import KeyPath
from segeval.brief import Brief
from segeval.frozen import frozen

ONE_RUN = (
    "Intervals speak of other images like these and of these very files, not of another training "
    "run."
)
SEVERAL_RUNS = (
    "Intervals speak of other images like these and of other runs of the same recipes, as far as "
    "the runs given show them."
)


@frozen
class ModelAbout:
    """One side of a comparison.

    Attributes:
        name: what tables call it.
        files: its files, one for each run.
        value: its main number, a fraction; None if undefined.
    """

    name: str
    files: tuple[str, ...]
    value: float | None

    def to_dict(self) -> dict[str, Any]:
        """The model as plain values."""
        return {"name": self.name, "files": list(self.files), "value": self.value}


@frozen(repr=False)
class SliceScores(Brief):
    """Differences on a part of the images.

    Attributes:
        name: the label that its images have.
        images: their number.
        differences: the overall numbers, by their place in JSON.
    """

    name: str
    images: int
    differences: Mapping[KeyPath, Difference]


@frozen(repr=False)
class PairScores(Brief):
    """Differences between two models.

    Attributes:
        a: name of the first.
        b: name of the second.
        differences: by the place of the number in JSON.
        slices: on parts of the images; empty if there are none.
        images: what each image alone scores, the most changed first; empty if that would have
            taken too long.
        image_counts: how many images are better, worse and the same.
        plan: how many images a difference would take, None if not asked for.
    """

    a: str
    b: str
    differences: Mapping[KeyPath, Difference]
    slices: tuple[SliceScores, ...]
    images: tuple[ImageChange, ...]
    image_counts: Mapping[str, int]
    plan: Plan | None = None


def lowest(found: Mapping[str, Difference]) -> tuple[str, Difference]:
    """The name and the lowest of some differences, undefined ones last.

    Args:
        found: by name, at least one.
    """
    return min(
        found.items(), key=lambda each: (each[1].difference is None, each[1].difference or 0.0)
    )


@frozen(eq=False, repr=False)
class ComparisonScores(Brief):
    """All numbers of a comparison.

    Attributes:
        models: in the order given.
        pairs: every two of them, the first two first.
        first_share: share of the replicates in which each model is first by the main number.
        primary: place of the main number in JSON.
        judged_slices: labels of the slices whose main number the comparison is judged by; empty
            for that of all images.
        measured: what was measured and by which rules, in words; empty where that is not known.
        margin: differences up to this are of no interest, a fraction.
        paths: places of all numbers.
        categories: names of categories by id.
        kinds: kinds of IoU, empty where there are none.
        template: `results` of the evaluation of the first model.
        images: number of images.
        groups: number of groups of images that are drawn, None for the images themselves.
        replicates: numbers on every draw by name of the model, float64, shape (B, M) each.
    """

    models: tuple[ModelAbout, ...]
    pairs: tuple[PairScores, ...]
    first_share: tuple[float, ...]
    primary: KeyPath
    margin: float
    paths: tuple[KeyPath, ...]
    categories: Mapping[int | str, str]
    kinds: tuple[str, ...]
    template: Mapping[str, Any]
    images: int
    groups: int | None
    replicates: Mapping[str, NDArray[np.float64]]
    judged_slices: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()

    def judged(self, pair: PairScores) -> dict[str, Difference]:
        """The main number of a pair by name: of all images, or of each slice that is judged."""
        name = self.name_of(self.primary)
        if not self.judged_slices:
            return {name: pair.differences[self.primary]}
        return {
            f"{name} of {each.name}": each.differences[self.primary]
            for each in pair.slices
            if each.name in self.judged_slices
        }

    @property
    def plan(self) -> Plan | None:
        """How many images a difference between the first two models would take, if asked for."""
        return self.pairs[0].plan

    @property
    def footnote(self) -> str:
        """What the intervals do and do not speak of."""
        several = any(len(model.files) > 1 for model in self.models)
        return SEVERAL_RUNS if several else ONE_RUN

    def path_of(self, name: str) -> KeyPath:
        """The place of a number by its key path or short name; errors as in `named_path`."""
        return named_path(name, self.paths, self.categories)

    def name_of(self, path: KeyPath) -> str:
        """What tables call a number."""
        return number_name(path, self.paths, self.categories)
