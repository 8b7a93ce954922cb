"""One image after another: votes on it, the fused label map, and how this does on ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import read_labels
from segeval.data.label_maps.unknown_labels import unknown_label
from segeval.data.label_maps.write import write_label_map
from segeval.ensemble.label_maps.inputs import ModelMaps, TrueMaps, read_image
from segeval.ensemble.label_maps.mistakes import Mistakes
from segeval.ensemble.label_maps.voting import Ballot, VotedMap, count_votes
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.semantic.one_image import ImageCounts, Plan, count_image

VOID_IN_MANY = 255
"""The label of pixels without a class in many data sets."""


@frozen(eq=False)
class Trial:
    """A vote that is judged on ground truth.

    Attributes:
        gt: ground truth of I images.
        ballots: how votes count in some of them.
        which: place of the ballot of each image, int64, shape (I,).
    """

    gt: TrueMaps
    ballots: Sequence[Ballot]
    which: NDArray[np.int64]

    @classmethod
    def all_by(cls, ballot: Ballot, gt: TrueMaps) -> Trial:
        """One ballot for all images."""
        return cls(gt, (ballot,), np.zeros(len(gt.files), np.int64))


@dataclass(eq=False)
class Tally:
    """What is known once all images were voted on.

    Attributes:
        silent: pixels that are void in each of M models, int64, shape (M,).
        overruled: pixels where another label than that of each won, int64, shape (M,).
        pixels: number of all pixels.
        differing: number of pixels on which models differ.
        ties: number of those that only the order of the labels decides.
        palettes: number of files with a palette.
        has_255: whether that label occurs.
        trials: by name, what is counted in each image of its ground truth.
        mistakes: of each model beside the votes of one trial; None without it.
    """

    silent: NDArray[np.int64]
    overruled: NDArray[np.int64]
    pixels: int = 0
    differing: int = 0
    ties: int = 0
    palettes: int = 0
    has_255: bool = False
    trials: dict[str, list[ImageCounts]] = field(default_factory=dict)
    mistakes: Mistakes | None = None

    def add(self, voted: _Counted) -> None:
        """Add one image."""
        self.silent += voted.map.silent
        self.overruled += voted.map.overruled
        self.pixels += voted.pixels
        self.differing += voted.map.differing
        self.ties += voted.map.ties
        self.palettes += voted.palettes
        self.has_255 |= bool(voted.map.labels_seen[VOID_IN_MANY])
        for name, counts in voted.trials.items():
            self.trials[name].append(counts)
        if voted.mistakes is not None:
            before = self.mistakes
            self.mistakes = voted.mistakes if before is None else before + voted.mistakes


@frozen(eq=False)
class _Counted:
    """One image, whose label maps are gone."""

    map: VotedMap
    pixels: int
    palettes: int
    trials: dict[str, ImageCounts]
    mistakes: Mistakes | None


def voted_images(
    maps: ModelMaps,
    ballot: Ballot,
    classes: LabelClasses | None,
    folder: Path | None,
    trials: dict[str, Trial],
    *,
    explained: str = "",
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Tally:
    """Vote on every image.

    Args:
        maps: label maps of M models.
        ballot: how votes count.
        classes: classes of the run, None if any label is one.
        folder: where to write the fused label maps; None to write none.
        trials: further votes, which are judged, by name.
        explained: name of the trial of which mistakes are counted.
        workers: threads, None for all cores; each holds one image.
        on_progress: called with the number of images done, and of all.

    Raises:
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: if label maps of one image differ in size.
    """
    models = len(maps.folders)
    places = {
        name: {at: turn for turn, at in enumerate(each.gt.image.tolist())}
        for name, each in trials.items()
    }
    plan = None if classes is None else Plan(classes)

    def one(at: int) -> _Counted:
        labels, palettes = read_image(maps.files[at])
        voted = count_votes(labels, ballot)
        if classes is not None and ballot.are_unknown(voted.labels_seen):
            raise _unknown(labels, maps.files[at], classes)
        if folder is not None:
            write_label_map(folder / f"{maps.keys[at]}.png", voted.labels)
        found, mistakes = {}, None
        judged: dict[tuple[int, int], ImageCounts] = {}
        for name, trial in trials.items():
            turn = places[name].get(at)
            if turn is None or plan is None:
                continue
            own, true = trial.ballots[int(trial.which[turn])], trial.gt.files[turn]
            key = id(own), id(trial.gt)
            if key not in judged or name == explained:
                winners = voted if own is ballot else count_votes(labels, own)
                gt = read_labels(true, str(true)).labels
                pair = LabelPair(winners.labels, gt, str(maps.files[at][0]), str(true), "")
                judged[key] = count_image(pair, plan)
                if name == explained:
                    mistakes = Mistakes.of(labels, winners.labels, gt, plan.classes)
            found[name] = judged[key]
        return _Counted(_without_labels(voted), labels[0].size, palettes, found, mistakes)

    tally = Tally(np.zeros(models, np.int64), np.zeros(models, np.int64))
    tally.trials = {name: [] for name in trials}
    for each in in_order(one, range(len(maps.keys)), workers, on_progress=on_progress):
        tally.add(each)
    return tally


def _without_labels(voted: VotedMap) -> VotedMap:
    """The counts of a vote alone, which take no memory."""
    return VotedMap(
        voted.labels[:0], voted.silent, voted.overruled, voted.differing, voted.ties,
        voted.labels_seen,
    )  # fmt: skip


def _unknown(labels: list[NDArray[Any]], files: Sequence[Path], classes: LabelClasses) -> Exception:
    """The error for the first of several label maps with a label that is not a class."""
    table = classes.table(labels[0].dtype.type)
    first = next(place for place, each in enumerate(labels) if (table[each] > len(classes)).any())
    found = unknown_label(labels[first], str(files[first]), classes, is_gt=False, seen=None)
    return found.refusal()
