"""Votes that are judged on ground truth, and what they say of the gain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.ensemble.label_maps.counting import Tally, Trial
from segeval.ensemble.label_maps.deciding import Decision
from segeval.ensemble.label_maps.evidence import Evidence
from segeval.ensemble.label_maps.gain import VoteGain
from segeval.ensemble.label_maps.run import Run

HELD_OUT, SEEN, EQUAL = "held out", "seen", "equal"
"""By what other images decide, by what the images decide themselves, and with equal votes."""


def trials_of(run: Run, decision: Decision) -> dict[str, Trial]:
    """The votes to judge, by name; none without ground truth, or with too few images of it."""
    judge, evidence = run.judge, decision.evidence
    if judge is None or evidence is None or len(judge.files) < FEWEST_IMAGES:
        return {}
    everywhere, equal = decision.ballot(), decision.equal_votes()
    if run.fit is not None and run.gt is not None:
        held_out = Trial.all_by(everywhere, run.gt)
        seen = Trial.all_by(everywhere, run.fit)
    else:
        fold = evidence.folds()
        ballots = [decision.ballot(fold != each) for each in range(int(fold.max()) + 1)]
        held_out = Trial(judge, ballots, fold)
        seen = Trial.all_by(everywhere, judge)
    found = {HELD_OUT: held_out, SEEN: seen}
    if any(each is not equal for each in held_out.ballots):
        found[EQUAL] = Trial.all_by(equal, judge)
    return found


def gain_of(
    run: Run, decision: Decision, tally: Tally, *, seed: int, workers: int | None
) -> VoteGain | None:
    """The gain over the best model and over equal votes, if votes were judged."""
    evidence, judge = decision.evidence, run.judge
    if evidence is None or judge is None or HELD_OUT not in tally.trials:
        return None
    if run.fit is not None and run.gt is not None and run.classes is not None:
        best = evidence.best()
        judged = Evidence.of(run.maps, [best], run.gt, run.classes, workers)
        single = judged.results[0]
        how = f"{Path(judge.source).name}, which chose nothing"
    else:
        fold = evidence.folds()
        folds = int(fold.max()) + 1
        chosen = np.array([evidence.best(fold != each) for each in range(folds)])
        best = int(np.bincount(chosen).argmax())
        judged, single = evidence, evidence.chosen(chosen[fold])
        how = f"{folds} folds of {Path(judge.source).name}"
    equal = tally.trials.get(EQUAL)
    alone = [each.miou for each in evidence.results if each.miou is not None]
    seen = evidence.counted(tally.trials[SEEN], "ensemble").miou
    return VoteGain.of(
        judged.counted(tally.trials[HELD_OUT], "ensemble"),
        single,
        None if equal is None else judged.counted(equal, "equal votes"),
        how=how,
        best=run.maps.names[best],
        seen=None if seen is None else seen - max(alone),
        seed=seed,
        workers=workers,
    )
