"""What a search asks of each step, and what it tells of the steps that it did not take."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from segeval.ensemble.search.candidates import Candidate, Paired
from segeval.ensemble.trees.tree import Leaf, Node
from segeval.frozen import frozen

MIN_GAIN = 0.0005
"""The least gain of AP, a fraction, for which a tree grows or changes."""

SURE = 0.9
"""The least share of drawn images in which a step must gain."""

Steps = Generator[str, None, None]
"""A search that pauses before each new candidate and names it."""


class Known(Protocol):
    """Tells how candidates do on the images that decide."""

    def ap(self, candidate: Candidate) -> float:
        """AP of a candidate, a fraction."""

    def paired(self, one: Candidate, other: Candidate) -> Paired:
        """What one candidate gains over another on drawn images."""


@frozen
class Rejected:
    """A step that was not taken although it seemed to help, or a model that was left out.

    Attributes:
        what: the step.
        gain: of AP on the images that decide, a fraction.
        probability: share of drawn images in which it gains; None if nobody asked.
        why: the reason, in words.
    """

    what: str
    gain: float
    probability: float | None
    why: str


@dataclass(eq=False)
class Progress:
    """What one search asked and found so far.

    Attributes:
        known: how candidates do.
        seen: AP of all candidates that were asked for, by their texts; models alone are no
            evaluations.
        rejected: steps that were not taken.
        evaluations: number of candidates that were asked for.
        best: the tree of several models with the highest AP so far.
    """

    known: Known
    seen: dict[str, float] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    evaluations: int = 0
    best: Node | None = None

    def ap(self, candidate: Candidate) -> Generator[str, None, float]:
        """AP of a candidate, after a pause if it is a new one."""
        text = str(candidate)
        if text not in self.seen:
            if not isinstance(candidate, Leaf):
                yield text
                self.evaluations += 1
            self.seen[text] = self.known.ap(candidate)
            if isinstance(candidate, Node):
                self._keep_best(candidate)
        return self.seen[text]

    def _keep_best(self, tree: Node) -> None:
        """Remember a tree if it is the best so far."""
        before = self.best
        own = -self.seen[str(tree)], str(tree)
        if before is None or own < (-self.seen[str(before)], str(before)):
            self.best = tree

    def each(self, candidates: Sequence[Candidate]) -> Generator[str, None, list[float]]:
        """AP of several candidates, one after the other."""
        found = []
        for candidate in candidates:
            ap = yield from self.ap(candidate)
            found.append(ap)
        return found

    def is_shown(self, one: Candidate, other: Candidate) -> bool:
        """Whether a candidate is shown to be better than another."""
        gain = self.seen[str(one)] - self.seen[str(other)]
        return gain >= MIN_GAIN and self.known.paired(one, other).probability >= SURE

    def accepts(self, one: Candidate, other: Candidate, what: str) -> bool:
        """Whether a step from one candidate to another is shown to gain; remembers if not."""
        gain = self.seen[str(one)] - self.seen[str(other)]
        if gain <= 0:
            return False
        if gain < MIN_GAIN:
            return self._reject(what, gain, None, "gains too little")
        found = self.known.paired(one, other)
        if found.probability < SURE:
            return self._reject(what, gain, found.probability, "not shown to gain")
        return True

    def _reject(self, what: str, gain: float, probability: float | None, why: str) -> bool:
        """Remember a step that is not taken."""
        self.rejected = [each for each in self.rejected if each.what != what]
        self.rejected.append(Rejected(what, gain, probability, why))
        return False
