"""`segeval ensemble --strategy help`: the strategies with a line each."""

from __future__ import annotations

from collections.abc import Sequence


def list_strategies(models: Sequence[str]) -> None:
    """Print the strategies for some models: those of label maps only for these."""
    from segeval.checks.label_map_report import are_label_maps
    from segeval.ensemble.label_maps.weighing import VOTE_STRATEGIES
    from segeval.ensemble.strategies import ALIASES, STRATEGIES
    from segeval_cli.streams import emit
    from segeval_cli.tables import terminal_width, wrapped

    known = VOTE_STRATEGIES if are_label_maps(*models) else STRATEGIES
    summaries = {name: each.summary for name, each in known.items()}
    if known is STRATEGIES:
        summaries |= {alias: f"another name of {name}" for alias, name in ALIASES.items()}
    width = max(map(len, summaries)) + 2
    emit(
        "\n".join(
            wrapped(f"{name:{width}}{summary}", terminal_width(), later_indent=width)
            for name, summary in summaries.items()
        )
    )
