"""The options of an analysis of error kinds, beside the arguments of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.options import check_resamples
from segeval.analysis.comparison.slices import (
    ImageLabels,
    LabelSource,
    image_labels,
    named_source,
    slices_of,
    units_of,
    unlabelled_note,
)
from segeval.analysis.errors.tide import tide_arguments
from segeval.analysis.resampling.draws import Units, image_keys
from segeval.data.keys import written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.arguments import OTHER_PROTOCOLS, Arguments
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import BACKGROUND

THRESHOLDS = (0.5,)
"""IoU thresholds by default."""

TIDE = "tidecv"
"""The package whose numbers can be reproduced."""

CONFUSION = "confusion"
"""In place of a part: which categories are taken for which."""

PER = ("category", "size", "slice", CONFUSION)
"""Parts of the data that can be told apart, and what else can be asked for of one model."""


@frozen(kw_only=True)
class Resampling:
    """How intervals are made.

    Attributes:
        resamples: bootstrap replicates.
        seed: of the draws.
        groups: images that are drawn together, as in `segeval.compare`; None for single images.
    """

    resamples: int = 1000
    seed: int = 0
    groups: LabelSource | None = None

    def __post_init__(self) -> None:
        """Refuse impossible numbers.

        Raises:
            InputError: for these.
        """
        check_resamples(self.resamples, self.seed)

    def units(self, matches: Matches, gt: Any) -> tuple[Units, tuple[Note, ...]]:
        """What is drawn: the images of matches, or their groups; and what there is to say.

        Args:
            matches: whose images are drawn.
            gt: ground truth, as the caller gave it, for fields of its images.

        Raises:
            InputError: if there is no such field, or an image has no group.
        """
        labels = None if self.groups is None else labels_of(self.groups, matches, gt, "groups")
        ids = written(matches.image_ids, matches.image_keys)
        units = units_of(labels, image_keys(matches.image_ids, matches.image_keys), ids)
        return units, () if labels is None else labels.notes


@frozen(kw_only=True)
class ErrorOptions:
    """The options of an analysis, beside the arguments of the evaluation.

    Attributes:
        compat: "tidecv" for the numbers of that package, or None.
        per: parts of the data to tell apart, of `PER`.
        slices: where the labels of slices come from, as in `segeval.compare`; without "slice" in
            per, too, they are told apart.
        resampling: how intervals are made; None for none.
    """

    compat: str | None = None
    per: tuple[str, ...] = ()
    slices: LabelSource | None = None
    resampling: Resampling | None = None

    def __post_init__(self) -> None:
        """Refuse unknown choices, and what tidecv does not have.

        Raises:
            InputError: for these.
        """
        for each in self.per:
            check_choice("per", each, PER)
        check_choice("compat", self.compat, (TIDE,))
        if "slice" in self.per and self.slices is None:
            raise InputError(
                "`per='slice'` needs `slices`: a field of the images, or a CSV of image and label.",
                code="slices",
                option="slices",
            )
        beside = {"per": self.per, "slices": self.slices, "ci": self.resampling}
        for option, is_asked in beside.items():
            if self.compat is not None and is_asked:
                raise InputError(
                    f"`{option}` does not go with `compat='{TIDE}'`, whose numbers have no such "
                    "thing: leave one of them out.",
                    code="compat",
                    option=option,
                )

    def arguments(self, arguments: Arguments) -> Arguments:
        """The arguments of the evaluation, with our default threshold and tidecv's rules.

        Raises:
            InputError: for a protocol that has no such kinds.
        """
        if arguments.protocol in OTHER_PROTOCOLS:
            raise InputError(
                f"`protocol={arguments.protocol!r}` reads other files; error kinds need files in "
                "COCO's or LVIS's format.",
                code="protocol",
                option="protocol",
            )
        own = replace(arguments, thresholds=arguments.thresholds or THRESHOLDS)
        return own if self.compat is None else tide_arguments(own)

    def settings(self) -> dict[str, Any]:
        """The options as plain values."""
        return {
            "compat": self.compat,
            "background": BACKGROUND,
            "per": list(self.per),
            "slices": named_source(self.slices),
            **settings_of_draws(self.resampling),
        }


def settings_of_draws(drawn: Resampling | None) -> dict[str, Any]:
    """How intervals are made as plain values; all None for no intervals."""
    return {
        "groups": None if drawn is None else named_source(drawn.groups),
        "resamples": None if drawn is None else drawn.resamples,
        "seed": None if drawn is None else drawn.seed,
    }


def resampling_of(
    *, ci: bool, resamples: int, seed: int, groups: LabelSource | None
) -> Resampling | None:
    """How intervals are made, None for no intervals.

    Raises:
        InputError: for groups of images without intervals, and for impossible numbers.
    """
    if ci:
        return Resampling(resamples=resamples, seed=seed, groups=groups)
    if groups is not None:
        raise InputError(
            "`groups` says which images are drawn together, and none are drawn without `ci=True`.",
            code="groups",
            option="groups",
        )
    return None


def listed_parts(per: str | Sequence[str]) -> tuple[str, ...]:
    """The parts asked for, each once."""
    return (per,) if isinstance(per, str) else tuple(dict.fromkeys(per))


def labels_of(source: LabelSource, matches: Matches, gt: Any, option: str) -> ImageLabels:
    """The label of each image of matches."""
    ids = written(matches.image_ids, matches.image_keys)
    return image_labels(source, gt=gt, ids=ids, file_names=matches.file_names, option=option)


def images_by_slice(
    source: LabelSource | None, matches: Matches, gt: Any
) -> tuple[dict[str, NDArray[np.bool_]], list[Note]]:
    """The images of every slice, bool, shape (I,), and notes on labels."""
    if source is None:
        return {}, []
    labels = labels_of(source, matches, gt, "slices")
    without = sum(label is None for label in labels.of_images)
    unlabelled = [unlabelled_note(without)] if without else []
    return slices_of(labels.of_images), [*labels.notes, *unlabelled]
