"""`segeval ap --verify` as text: the official package's numbers beside ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.ap.request import ApRequest
from segeval_cli.flags import in_flags
from segeval_cli.tables import TextTable, text_table, wrapped

if TYPE_CHECKING:
    from segeval.analysis.verification import Verification, VerifiedNumber
    from segeval.metrics.coco.result import APResult


def check_verifiable(asked: ApRequest) -> None:
    """Refuse settings that the official packages lack, before reading any file."""
    arguments = asked.arguments
    has_boundary = (
        arguments.boundary_ratio or arguments.boundary_px or "boundary" in (arguments.iou or ())
    )
    if arguments.score_field != "score":
        raise InputError(
            "--verify runs pycocotools and lvis, which read the field score: no --score-field.",
            code="verify",
        )
    if arguments.protocol not in (None, "coco", "lvis") or has_boundary or asked.pool:
        raise InputError(
            "--verify runs pycocotools and lvis, which have mask and box AP by the coco and lvis "
            "protocols only: no boundaries, no AP-pool.",
            code="verify",
        )


def verification_of(asked: ApRequest) -> Verification:
    """Run the official package and both of our modes on the same files."""
    from segeval.analysis.official import verify_with

    asked.clock.say_loaded()
    verification = verify_with(asked.preds, asked.gt, asked.arguments, workers=asked.workers)
    asked.clock.say("read, evaluated and verified")
    return verification


def chosen_mode(verification: Verification, compat: str | None) -> APResult:
    """The result of the requested mode, if it accepts the files."""
    if compat or verification.default is None:
        return verification.compat
    return verification.default


def verification_text(verification: Verification, width: int) -> str:
    """Both columns, the largest difference, and how the default mode differs."""
    package = verification.package
    parts = [f"Verified with {package} {verification.version}"]
    if verification.rows:
        columns = {
            f"--compat {package}": lambda row: _digits(row.ours),
            "difference": lambda row: f"{row.difference:.1g}",
        }
        parts.append(_table(verification, verification.rows, columns).text(width))
    parts.append(wrapped(_verdict(verification), width))
    parts.append(_default_mode(verification, width))
    return "\n\n".join(parts)


def _table(
    verification: Verification,
    rows: Sequence[VerifiedNumber],
    columns: Mapping[str, Callable[[VerifiedNumber], str | None]],
) -> TextTable:
    """Numbers of the package, and further columns by their titles; the later ones are dropped."""
    from segeval.metrics.kinds import KINDS
    from segeval.metrics.tables import Field, Table

    several = len({row.iou for row in verification.rows}) > 1
    more = [Field(title, title, "label", drop=place) for place, title in enumerate(columns)]
    return text_table(
        Table(
            "number",
            (Field("key", "", "text"), Field("official", verification.package, "label"), *more),
            tuple(
                (
                    f"{KINDS[row.iou]} {row.key}" if several else row.key,
                    _digits(row.official),
                    *(cell(row) for cell in columns.values()),
                )
                for row in rows
            ),
        )
    )


def _verdict(verification: Verification) -> str:
    """Whether the compat mode gives the package's numbers."""
    if verification.official_error is not None:
        return f"{verification.package} cannot score these files: {verification.official_error}"
    compared = counted(len(verification.rows), "number")
    if verification.curve_points:
        compared += f" and {counted(verification.curve_points, 'point')} of curves"
    verdict = "equal" if verification.agrees else "NOT EQUAL, please report it"
    return f"largest difference {verification.largest_difference:.1g} in {compared}: {verdict}"


def _default_mode(verification: Verification, width: int) -> str:
    """The numbers without --compat, and why they differ."""
    if verification.default_error is not None:
        reason = in_flags(verification.default_error.message)
        return wrapped(f"without --compat these files are refused: {reason}", width)
    reasons = [wrapped(f"why: {in_flags(reason)}", width) for reason in verification.reasons]
    if not verification.differing:
        return "\n".join(["without --compat the numbers are the same", *reasons])
    table = _table(
        verification,
        verification.differing,
        {"without --compat": lambda row: _digits(row.default)},
    )
    return "\n\n".join(filter(None, ["without --compat:", table.text(width), "\n".join(reasons)]))


def _digits(value: float | None) -> str | None:
    """All compared digits; -1 is the package's word for undefined."""
    if value is None:
        return None
    return "-1" if value == -1 else f"{value:.15f}"
