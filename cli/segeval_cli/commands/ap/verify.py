"""`segeval ap --verify` as text: the official package's numbers beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.ap.request import ApRequest
from segeval_cli.flags import in_flags
from segeval_cli.tables import TextTable, text_table, wrapped

if TYPE_CHECKING:
    from segeval.analysis.verification import Verification
    from segeval.metrics.coco.result import APResult

HIDE_DIFFERENCE = 1


def check_verifiable(asked: ApRequest) -> None:
    """Refuse settings that the official packages lack, before reading any file."""
    arguments = asked.arguments
    has_boundary = (
        arguments.boundary_ratio or arguments.boundary_px or "boundary" in (arguments.iou or ())
    )
    if arguments.protocol not in (None, "coco", "lvis") or has_boundary or asked.pool:
        raise InputError(
            "--verify runs pycocotools and lvis, which have mask and box AP by the coco and lvis "
            "protocols only: no boundaries, no AP-pool.",
            code="verify",
        )


def verified(asked: ApRequest) -> Verification:
    """Run the official package and both of our modes on the same files."""
    from segeval.analysis.official import verified as verified_with

    asked.clock.say_loaded()
    verification = verified_with(asked.preds, asked.gt, asked.arguments, workers=asked.workers)
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
        parts.append(_rows_table(verification).text(width))
    parts.append(wrapped(_verdict(verification), width))
    parts.append(_default_mode(verification, width))
    return "\n\n".join(parts)


def _rows_table(verification: Verification) -> TextTable:
    """The package's summary, number by number."""
    from segeval.metrics.tables import Field, Table

    fields = (
        Field("key", "", "text"),
        Field("official", verification.package, "label"),
        Field("ours", f"--compat {verification.package}", "label"),
        Field("difference", "difference", "label", drop=HIDE_DIFFERENCE),
    )
    rows = tuple(
        (
            _name(row.iou, row.key, verification),
            _digits(row.official),
            _digits(row.ours),
            f"{row.difference:.1g}",
        )
        for row in verification.rows
    )
    return text_table(Table("number", fields, rows))


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
    from segeval.metrics.tables import Field, Table

    if verification.default_error is not None:
        reason = in_flags(verification.default_error.message)
        return wrapped(f"without --compat these files are refused: {reason}", width)
    reasons = [wrapped(f"why: {in_flags(reason)}", width) for reason in verification.reasons]
    if not verification.differing:
        return "\n".join(["without --compat the numbers are the same", *reasons])
    fields = (
        Field("key", "", "text"),
        Field("official", verification.package, "label"),
        Field("default", "without --compat", "label"),
    )
    rows = tuple(
        (
            _name(row.iou, row.key, verification),
            _digits(row.official),
            None if row.default is None else _digits(row.default),
        )
        for row in verification.differing
    )
    table = text_table(Table("number", fields, rows)).text(width)
    return "\n\n".join(filter(None, ["without --compat:", table, "\n".join(reasons)]))


def _name(iou: str, key: str, verification: Verification) -> str:
    """A number's name, with the kind of IoU if there are several."""
    from segeval.metrics.kinds import KINDS

    kinds = {row.iou for row in verification.rows}
    return key if len(kinds) < 2 else f"{KINDS[iou]} {key}"


def _digits(value: float) -> str:
    """All compared digits; -1 is the package's word for undefined."""
    return "-1" if value == -1 else f"{value:.15f}"
