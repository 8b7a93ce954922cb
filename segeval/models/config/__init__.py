"""What a model is made of, and how it is trained: frozen values, from a name or a TOML file."""

from segeval.models.config.merging import changed, config_from_dict
from segeval.models.config.reading import read_config, to_toml
from segeval.models.config.sections import (
    BackboneConfig,
    BoxConfig,
    Config,
    InputConfig,
    MaskConfig,
    ScheduleConfig,
    SemanticConfig,
)

__all__ = [
    "BackboneConfig",
    "BoxConfig",
    "Config",
    "InputConfig",
    "MaskConfig",
    "ScheduleConfig",
    "SemanticConfig",
    "changed",
    "config_from_dict",
    "read_config",
    "to_toml",
]
