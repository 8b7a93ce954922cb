"""Configurations, and variants of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

from segeval.errors import FormatError
from segeval.models.config.kinds import (
    SETTINGS,
    SemanticSettings,
    Settings,
    expected_kinds,
    kinds_with,
    settings_of_kind,
)
from segeval.models.config.parts.scoring import NoScoringConfig
from segeval.models.config.parts.softmax import SoftmaxConfig
from segeval.models.config.rules import require_possible, typed, wrong_value
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
from segeval.models.config.setting_types import Whole, types_of


@dataclass(frozen=True, kw_only=True)
class Config:
    """The configuration of a model and its training.

    Attributes:
        name: of the preset, or of the file.
        task: "instance" or "semantic".
        classes: K, without background; training takes it from the data set.
        detector: a `DetectorConfig`, or the settings of a registered kind.
        backbone: a `BackboneConfig`, or the settings of a registered kind.
        pyramid: a `PyramidConfig`, or the settings of a registered kind.
        classifier: a `SoftmaxConfig`, or the settings of a registered kind.
        mask: a `MaskConfig`, or the settings of a registered kind.
        scoring: a `NoScoringConfig`, or the settings of a registered kind.
        semantic: a `SemanticConfig`, or the settings of a registered kind.

    Raises:
        FormatError: for an impossible value.
    """

    name: str = "pointrend-r50"
    task: Literal["instance", "semantic"] = "instance"
    classes: Whole = 80
    detector: Settings = field(default_factory=DetectorConfig)
    backbone: Settings = field(default_factory=BackboneConfig)
    pyramid: Settings = field(default_factory=PyramidConfig)
    input: InputConfig = field(default_factory=InputConfig)
    proposals: ProposalConfig = field(default_factory=ProposalConfig)
    boxes: BoxConfig = field(default_factory=BoxConfig)
    classifier: Settings = field(default_factory=SoftmaxConfig)
    mask: Settings = field(default_factory=MaskConfig)
    scoring: Settings = field(default_factory=NoScoringConfig)
    semantic: SemanticSettings = field(default_factory=SemanticConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def __post_init__(self) -> None:
        require_possible(vars(self), self.name, types_of(Config, limits=True))

    def to_dict(self) -> dict[str, Any]:
        """Plain values by section, for `config_from_dict`."""
        return asdict(self)


Section = TypeVar("Section", bound=Any)


def changed(config: Config, name: str, /, **sections: Any) -> Config:
    """A variant of a configuration.

    Args:
        config: to start from.
        name: of the variant.
        **sections: changes: settings by name for a section, a value for a setting outside of
            sections.

    Raises:
        FormatError: for an unknown setting or an impossible value.

    Example:
        >>> config = changed(Config(), "longer", schedule={"updates": 270_000})
        >>> config.schedule.updates, config.schedule.batch
        (270000, 16)
    """
    return config_from_dict({"name": name, **sections}, base=config, source=name)


def config_from_dict(
    values: Mapping[str, Any], *, base: Config | None = None, source: str = "configuration"
) -> Config:
    """A configuration from plain values by section; absent settings keep their values.

    A section that names another `kind` starts from the defaults of that kind.

    Args:
        values: as from `Config.to_dict`.
        base: configuration to start from; None for the defaults.
        source: origin of the values, for messages: a file or an option.

    Raises:
        FormatError: for an unknown setting or an impossible value.

    Example:
        >>> config_from_dict({"backbone": {"depth": 101}}).backbone.depth
        101
    """
    base = base or Config()
    new = _new_values(base, values, source, "")
    # here, since a configuration's own check would name itself as the source
    require_possible({**vars(base), **new}, source, types_of(Config, limits=True))
    return replace(base, **new)


def settings_from(settings: type[Section], values: Mapping[str, Any], source: str) -> Section:
    """The settings of a part from plain values; absent ones have their defaults.

    Args:
        settings: class of a section, with a default for every setting.
        values: by name.
        source: origin of the values, for messages.

    Raises:
        FormatError: for an unknown setting, or a value of another type.

    Example:
        >>> settings_from(DetectorConfig, {"kind": "rcnn"}, "mine")
        DetectorConfig(kind='rcnn')
    """
    own = settings()
    section: Section = replace(own, **_new_values(own, values, source, ""))
    return section


def _new_values(own: Any, values: Mapping[str, Any], source: str, section: str) -> dict[str, Any]:
    """New values of a dataclass's fields, by name, in the fields' types."""
    kinds = types_of(type(own), limits=False)
    known = [each.name for each in fields(own)]
    new = {}
    for name, value in values.items():
        place = f"{section}{name}"
        if name not in known:
            close = get_close_matches(name, known, n=1)
            listed = f" Expected one of: {', '.join(known)}."
            hint = f" Did you mean {section}{close[0]}?" if close else listed
            hint = _hint_at_place(name, section.rstrip("."), own) or hint
            raise FormatError(
                f"{source}: there is no setting {place}.{hint}",
                code="config",
                path=source,
                field=place,
            )
        if is_dataclass(getattr(own, name)):
            if not isinstance(value, Mapping):
                raise wrong_value(source, place, value, "settings by name")
            new[name] = _changed_section(name, getattr(own, name), value, source)
        else:
            new[name] = typed(value, kinds[name], source, place)
    return new


def _hint_at_place(name: str, section: str, own: Any) -> str:
    """Where a setting is that was looked for in the wrong section or kind; "" if nowhere."""
    if kinds := kinds_with(section, name):
        listed = " and ".join(map(repr, kinds))
        return f" It is one of {section}.kind={listed}, and this is {own.kind!r}."
    places = [
        f"{each.name}.{name}"
        for each in fields(own)
        if name in getattr(getattr(own, each.name), "__dataclass_fields__", ())
    ]
    return f" Did you mean {' or '.join(places)}?" if places else ""


def _changed_section(name: str, own: Section, values: Mapping[str, Any], source: str) -> Section:
    """A section with new values."""
    if name in SETTINGS and "kind" in values:
        own = settings_of_kind(name, values["kind"], own)
        if own is None:
            raise wrong_value(source, f"{name}.kind", values["kind"], expected_kinds(name))
    section: Section = replace(own, **_new_values(own, values, source, f"{name}."))
    return section
