"""Configurations of models and their training: frozen values, from a name or a TOML file."""

from segeval.models.config.config import Config, changed, config_from_dict
from segeval.models.config.kinds import SemanticSettings, Settings
from segeval.models.config.parts.cascade import CascadeConfig
from segeval.models.config.parts.concat import ConcatConfig
from segeval.models.config.parts.crops import CropConfig
from segeval.models.config.parts.hrnet import HRNetConfig
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.config.parts.no_masks import NoMaskConfig
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.config.parts.regressor import RegressorConfig
from segeval.models.config.parts.res2net import Res2NetConfig
from segeval.models.config.parts.scoring import MaskIoUConfig, NoScoringConfig
from segeval.models.config.parts.seesaw import SeesawConfig
from segeval.models.config.parts.softmax import SoftmaxConfig
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.config.parts.swin import SwinConfig
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.config.reading import read_config, to_toml
from segeval.models.config.sections import (
    BackboneConfig,
    BoxConfig,
    DetectorConfig,
    InputConfig,
    MaskConfig,
    ProposalConfig,
    PyramidConfig,
    ScheduleConfig,
    SemanticConfig,
)

__all__ = [
    "BackboneConfig",
    "BoxConfig",
    "CascadeConfig",
    "ConcatConfig",
    "Config",
    "CropConfig",
    "DetectorConfig",
    "HRNetConfig",
    "HTCConfig",
    "HTCMaskConfig",
    "InputConfig",
    "MaskConfig",
    "MaskIoUConfig",
    "NoMaskConfig",
    "NoScoringConfig",
    "ProposalConfig",
    "PyramidConfig",
    "RefineMaskConfig",
    "RegressorConfig",
    "Res2NetConfig",
    "SOLOConfig",
    "ScheduleConfig",
    "SeesawConfig",
    "SemanticConfig",
    "SemanticSettings",
    "Settings",
    "SoftmaxConfig",
    "SwinConfig",
    "TSDConfig",
    "changed",
    "config_from_dict",
    "read_config",
    "to_toml",
]
