"""Options that many commands share, declared once as the fields of a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


def unfolded(command: Callable[..., T]) -> Callable[..., T]:
    """A command whose parameters of dataclasses are replaced by options, one for each field.

    An option that the command declares itself takes the place of a field of the same name.

    Args:
        command: for Typer; each field of the dataclasses is annotated as an option.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Size:
        ...     width: int = 2
        >>> @unfolded
        ... def area(height: int, *, size: Size) -> int:
        ...     return height * size.width
        >>> str(inspect.signature(area)), area(3, width=5)
        ('(height: int, *, width: int = 2) -> int', 15)
    """
    return unfolded_but()(command)


def unfolded_but(*without: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """As `unfolded`, without the options of some fields, which keep their defaults.

    Args:
        without: fields that the command can do nothing with.
    """

    def decorated(command: Callable[..., T]) -> Callable[..., T]:
        signature = inspect.signature(command, eval_str=True)
        groups: dict[str, tuple[type[Any], list[inspect.Parameter]]] = {}
        parameters: list[inspect.Parameter] = []
        for each in signature.parameters.values():
            if is_dataclass(each.annotation) and isinstance(each.annotation, type):
                own = _options(each.annotation, {*signature.parameters, *without})
                groups[each.name] = (each.annotation, own)
                parameters += own
            else:
                parameters.append(each)

        @wraps(command)
        def run(*words: Any, **options: Any) -> T:
            folded = {
                name: group(
                    **{one.name: options.pop(one.name) for one in own if one.name in options}
                )
                for name, (group, own) in groups.items()
            }
            return command(*words, **folded, **options)

        changed: Any = run
        changed.__signature__ = signature.replace(parameters=parameters)
        changed.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorated


def _options(group: type[Any], taken: Collection[str]) -> list[inspect.Parameter]:
    """A parameter for each field of a dataclass, but for names that are taken."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
        if each.name not in taken
    ]
