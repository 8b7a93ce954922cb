"""Configurations of models and their training: frozen values, from a name or a TOML file."""

from segeval.models.config.config import Config, changed, config_from_dict
from segeval.models.config.kinds import SemanticSettings, Settings
from segeval.models.config.parts.concat import ConcatConfig
from segeval.models.config.parts.crops import CropConfig
from segeval.models.config.parts.hrnet import HRNetConfig
from segeval.models.config.parts.res2net import Res2NetConfig
from segeval.models.config.parts.scoring import MaskIoUConfig
from segeval.models.config.parts.swin import SwinConfig
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
    "ConcatConfig",
    "Config",
    "CropConfig",
    "DetectorConfig",
    "HRNetConfig",
    "InputConfig",
    "MaskConfig",
    "MaskIoUConfig",
    "ProposalConfig",
    "PyramidConfig",
    "Res2NetConfig",
    "ScheduleConfig",
    "SemanticConfig",
    "SemanticSettings",
    "Settings",
    "SwinConfig",
    "changed",
    "config_from_dict",
    "read_config",
    "to_toml",
]
