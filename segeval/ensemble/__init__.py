"""Better predictions from those of several models: weights, suppression, voting, fusion.

`segeval.fuse` does it all; the operators work on a `Pool` of predictions, which `pooled` makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.ensemble.by_recipe import apply_recipe
    from segeval.ensemble.categories.background import background_rule
    from segeval.ensemble.categories.routing import route
    from segeval.ensemble.experts.classes import (
        ExpertClasses,
        classifier_confusion,
        hierarchy_confusion,
        rate_confusion,
        select_expert_classes,
    )
    from segeval.ensemble.experts.proposing import propose_experts
    from segeval.ensemble.fusing import fuse
    from segeval.ensemble.gains.gain import Gain
    from segeval.ensemble.hierarchy.expanding import Expanded, ExpansionScores, expand_parents
    from segeval.ensemble.label_maps.fusing import fuse_label_maps
    from segeval.ensemble.label_maps.gain import VoteGain
    from segeval.ensemble.label_maps.result import LabelMapEnsemble, LabelMapScores, ModelVotes
    from segeval.ensemble.label_maps.voting import vote_labels
    from segeval.ensemble.label_maps.weighing import VOTE_STRATEGIES, VoteStrategy
    from segeval.ensemble.operators.fusion import nmw, wbf
    from segeval.ensemble.operators.mask_voting import agreement, fuse_masks
    from segeval.ensemble.operators.merged import Merged
    from segeval.ensemble.operators.suppression import (
        Suppressed,
        adj_nms,
        matrix_nms,
        nms,
        soft_nms,
    )
    from segeval.ensemble.operators.voting import vote
    from segeval.ensemble.pools.pool import Pool, pooled
    from segeval.ensemble.result import Ensemble, EnsembleScores, ModelShare
    from segeval.ensemble.search.leave_one_out import WithoutModel, leave_one_out
    from segeval.ensemble.strategies import STRATEGIES, Strategy
    from segeval.ensemble.views.image_space import to_image
    from segeval.ensemble.views.view import View
    from segeval.ensemble.weighing.class_weights import classwise
    from segeval.ensemble.weighing.weights import linear_interpolation, linear_reweight
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "categories.background": "background_rule",
            "weighing.class_weights": "classwise",
            "operators.fusion": "nmw wbf",
            "hierarchy.expanding": "Expanded ExpansionScores expand_parents",
            "experts.classes": "ExpertClasses classifier_confusion hierarchy_confusion "
            "rate_confusion select_expert_classes",
            "experts.proposing": "propose_experts",
            "fusing": "fuse",
            "gains.gain": "Gain",
            "views.image_space": "to_image",
            "label_maps.fusing": "fuse_label_maps",
            "label_maps.gain": "VoteGain",
            "label_maps.result": "LabelMapEnsemble LabelMapScores ModelVotes",
            "label_maps.voting": "vote_labels",
            "label_maps.weighing": "VOTE_STRATEGIES VoteStrategy",
            "operators.mask_voting": "agreement fuse_masks",
            "operators.merged": "Merged",
            "pools.pool": "Pool pooled",
            "by_recipe": "apply_recipe",
            "result": "Ensemble EnsembleScores ModelShare",
            "categories.routing": "route",
            "search.leave_one_out": "WithoutModel leave_one_out",
            "strategies": "STRATEGIES Strategy",
            "operators.suppression": "Suppressed adj_nms matrix_nms nms soft_nms",
            "views.view": "View",
            "operators.voting": "vote",
            "weighing.weights": "linear_interpolation linear_reweight",
        },
    )

__all__ = [
    "STRATEGIES",
    "VOTE_STRATEGIES",
    "Ensemble",
    "EnsembleScores",
    "Expanded",
    "ExpansionScores",
    "ExpertClasses",
    "Gain",
    "LabelMapEnsemble",
    "LabelMapScores",
    "Merged",
    "ModelShare",
    "ModelVotes",
    "Pool",
    "Strategy",
    "Suppressed",
    "View",
    "VoteGain",
    "VoteStrategy",
    "WithoutModel",
    "adj_nms",
    "agreement",
    "apply_recipe",
    "background_rule",
    "classifier_confusion",
    "classwise",
    "expand_parents",
    "fuse",
    "fuse_label_maps",
    "fuse_masks",
    "hierarchy_confusion",
    "leave_one_out",
    "linear_interpolation",
    "linear_reweight",
    "matrix_nms",
    "nms",
    "nmw",
    "pooled",
    "propose_experts",
    "rate_confusion",
    "route",
    "select_expert_classes",
    "soft_nms",
    "to_image",
    "vote",
    "vote_labels",
    "wbf",
]


def __dir__() -> list[str]:
    return __all__
